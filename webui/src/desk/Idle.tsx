/** The desk between calls. */

import { useMemo } from "preact/hooks";

import type { AgentView, CallRow } from "../api/types";
import { api } from "../api/endpoints";
import { t } from "../i18n";
import { clockTime, count, percent, spoken, startOfDay } from "../i18n/format";
import { now, serverNow } from "../live/clock";
import { center, reasonName } from "../shell/session";
import { Problem, Since, Spinner, StateDot } from "../ui/parts";
import { useLoad } from "../ui/useLoad";
import { AlertSettings } from "./AlertSettings";
import { stateText } from "./AgentBar";
import { limitText, mayGoReady } from "./limits";
import { LastContacts } from "./LastContacts";
import { QueueGlance } from "./QueueGlance";
import { busy, desk, setState } from "./store";
import { TodaysCalls } from "./TodaysCalls";

const LOOK_BACK = 60;

export function Idle({ agent }: { agent: AgentView }) {
  const calls = useLoad(() => api.calls({ agent: agent.id, limit: LOOK_BACK }), [agent.id, desk.value.finished]);
  const rows: CallRow[] = calls.value?.calls ?? [];
  const midnight = startOfDay(serverNow());
  return (
    <div class="idle">
      <div class="idle-left">
        <StateCard agent={agent} />
        <DayCard agent={agent} />
        <AlertSettings />
      </div>
      {calls.error && !calls.value ? (
        <section class="panel">
          <Problem error={calls.error} retry={calls.reload} />
        </section>
      ) : calls.value ? (
        <TodaysCalls rows={rows.filter((row) => row.at >= midnight)} />
      ) : (
        <section class="panel curtain">
          <Spinner />
        </section>
      )}
      <div class="idle-right">
        <QueueGlance agent={agent} />
        <LastContacts rows={rows} />
      </div>
    </div>
  );
}

function StateCard({ agent }: { agent: AgentView }) {
  const state = agent.state === "ready" || agent.state === "signed_out" ? agent.state : "not_ready";
  const over = agent.over_limit && center.value?.not_ready_reasons[agent.reason]?.at_limit;
  return (
    <section class={`panel state-card is-${agent.state}${agent.over_limit ? " over" : ""}`}>
      <div class="state-card-top">
        <StateDot state={agent.state} />
        <span>{stateText(agent.state, agent.reason)}</span>
        <span class="grow" />
        {agent.limit_at === null ? <Since at={agent.since} /> : <strong class="num">{limitText(agent, now.value)}</strong>}
      </div>
      <h2>{t(`idle.${state}`)}</h2>
      <p>{over ? t(`limit.${over}`) : agent.reason === "phone_unregistered" ? t("idle.phone.hint") : t(`idle.${state}.hint`)}</p>
      {agent.state !== "ready" && (
        <button type="button" class="button primary large" data-testid="go-ready" disabled={busy.value !== "" || !mayGoReady(agent)} onClick={() => void setState("ready")}>
          {t("state.goReady")}
          <kbd>R</kbd>
        </button>
      )}
    </section>
  );
}

function DayCard({ agent }: { agent: AgentView }) {
  const { answered, talk_seconds, missed, occupancy } = agent.today;
  const told = useMemo(() => serverNow(), [agent]); // the figures are of the moment the desk was told
  const reasons = Object.entries(agent.today.reasons).filter(([, seconds]) => seconds >= 1);
  return (
    <section class="panel day-card" aria-label={t("figures.today")}>
      <h2>{t("figures.today")}</h2>
      <dl>
        <div>
          <dd class="num">{count(answered)}</dd>
          <dt>{t("figures.answered")}</dt>
        </div>
        <div>
          <dd class="num">{clockTime(talk_seconds)}</dd>
          <dt>{t("figures.talk")}</dt>
        </div>
        <div>
          <dd class="num">{answered > 0 ? clockTime(talk_seconds / answered) : spoken(null)}</dd>
          <dt>{t("figures.average")}</dt>
        </div>
        <div>
          <dd class={missed > 0 ? "num bad" : "num"}>{count(missed)}</dd>
          <dt>{t("figures.missed")}</dt>
        </div>
        <div>
          <dd class="num" data-testid="occupancy">
            {percent(occupancy)}
          </dd>
          <dt>{t("figures.occupancy")}</dt>
        </div>
      </dl>
      {reasons.length > 0 && (
        <>
          <h3>{t("figures.reasons")}</h3>
          <ul class="day-reasons" data-testid="day-reasons">
            {reasons.map(([id, seconds]) => (
              <li key={id}>
                <span class="clip">{reasonName(id)}</span>
                <span class="num">{clockTime(seconds + (agent.state === "not_ready" && agent.reason === id ? Math.max(0, now.value - told) : 0))}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
