import type { Wallboard } from "../api/types";
import { t } from "../i18n";
import { clockTime, count, percent } from "../i18n/format";
import { BigButton } from "./BigButton";

/** The day so far, over all queues. */
export function Totals({ board }: { board: Wallboard }) {
  const today = board.today;
  const waiting = board.queues.reduce((sum, queue) => sum + queue.waiting, 0);
  return (
    <section class="totals" aria-label={t("wall.today")}>
      <dl>
        <Total label={t("idle.queues")} value={count(waiting)} tone={waiting > 0 ? "hot" : ""} />
        <Total label={t("wall.serviceLevel")} value={percent(today.service_level)} />
        <Total label={t("wall.asa")} value={clockTime(today.asa)} />
        <Total label={t("wall.offered")} value={count(today.offered)} />
        <Total label={t("wall.answered")} value={count(today.answered)} />
        <Total label={t("wall.abandoned")} value={count(today.abandoned)} tone={today.abandoned > 0 ? "bad" : ""} />
        <Total label={t("wall.ivr")} value={count(today.ivr)} />
        <Total label={t("wall.voicemail")} value={count(today.voicemail)} />
        <Total label={t("wall.cut")} value={count(today.cut)} tone={today.cut > 0 ? "bad" : ""} />
        <Total label={t("wall.callbacks")} value={count(board.callbacks_open)} tone={board.callbacks_open > 0 ? "warm" : ""} />
      </dl>
      <BigButton />
    </section>
  );
}

function Total({ label, value, tone = "" }: { label: string; value: string; tone?: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd class={`num ${tone}`}>{value}</dd>
    </div>
  );
}
