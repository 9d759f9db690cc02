import type { QueueFigures, ServiceLevel } from "../api/types";
import { pick, t } from "../i18n";
import { clockTime, count, percent } from "../i18n/format";
import { now } from "../live/clock";
import { levelHeat, urgency } from "./figures";
import { Gauge } from "./Gauge";

/** One queue. Between two pictures from the server the longest wait goes on growing. */
export function QueueCard({ queue, goal, at }: { queue: QueueFigures; goal: ServiceLevel | undefined; at: number }) {
  const longest = queue.waiting > 0 ? queue.longest_wait + Math.max(0, now.value - at) : 0;
  const heat = urgency({ waiting: queue.waiting, longest_wait: longest }, goal);
  const name = pick(queue.name) || queue.id;
  return (
    <article class={`queue-card heat-${heat}`} aria-label={name} data-testid={`queue-card-${queue.id}`}>
      <header>
        <h3 class="clip" title={name}>
          {name}
        </h3>
        <span class="faint small num">
          {goal && t("wall.target", { share: percent(goal.target), seconds: goal.seconds })}
        </span>
      </header>
      <div class="queue-main">
        <div class="queue-waiting">
          <span class="queue-number num" data-testid={`queue-waiting-${queue.id}`}>
            {queue.waiting}
          </span>
          <span>{t("wall.waiting")}</span>
          <span class="queue-longest">
            {queue.waiting > 0 ? (
              <>
                {t("wall.longest")} <strong class="num">{clockTime(longest)}</strong>
              </>
            ) : (
              t("wall.calm")
            )}
          </span>
          {queue.agents_ready === 0 && queue.estimated_wait !== null && (
            <span class="queue-longest" data-testid={`queue-estimate-${queue.id}`}>
              {t("wall.estimate")} <strong class="num">{clockTime(queue.estimated_wait)}</strong>
            </span>
          )}
          {queue.callbacks.in_line > 0 && (
            <span class="queue-longest" data-testid={`queue-callbacks-${queue.id}`}>
              {t("wall.inPlace")} <strong class="num">{count(queue.callbacks.in_line)}</strong>
            </span>
          )}
        </div>
        <Gauge value={queue.service_level} target={goal?.target ?? null} heat={levelHeat(queue.service_level, goal)} label={t("wall.serviceLevel")} />
      </div>
      <dl class="queue-figures">
        <Figure label={t("wall.offered")} value={count(queue.offered)} />
        <Figure label={t("wall.answered")} value={count(queue.answered)} />
        <Figure label={t("wall.abandoned")} value={count(queue.abandoned)} bad={queue.abandoned > 0} />
        <Figure label={t("wall.asa")} value={clockTime(queue.asa)} />
        <Figure label={t("wall.aht")} value={clockTime(queue.aht)} />
      </dl>
      <footer>
        <span class="staff">
          <span class="dot is-ready" aria-hidden="true" />
          <strong class="num">{queue.agents_ready}</strong> {t("wall.ready")}
        </span>
        <span class="staff">
          <span class="dot is-talking" aria-hidden="true" />
          <strong class="num">{queue.agents_talking}</strong> {t("wall.talking")}
        </span>
        <span class="staff faint">
          <strong class="num">{queue.agents_signed_in}</strong> {t("wall.signedIn")}
        </span>
      </footer>
    </article>
  );
}

function Figure({ label, value, bad = false }: { label: string; value: string; bad?: boolean }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd class={bad ? "num bad" : "num"}>{value}</dd>
    </div>
  );
}
