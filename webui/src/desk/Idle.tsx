/** The desk between calls. */

import type { AgentView, CallRow } from "../api/types";
import { api } from "../api/endpoints";
import { t } from "../i18n";
import { clockTime, count, spoken, startOfDay } from "../i18n/format";
import { serverNow } from "../live/clock";
import { Problem, Since, Spinner, StateDot } from "../ui/parts";
import { useLoad } from "../ui/useLoad";
import { AlertSettings } from "./AlertSettings";
import { stateText } from "./AgentBar";
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
  return (
    <section class={`panel state-card is-${agent.state}`}>
      <div class="state-card-top">
        <StateDot state={agent.state} />
        <span>{stateText(agent.state, agent.reason)}</span>
        <span class="grow" />
        <Since at={agent.since} />
      </div>
      <h2>{t(`idle.${state}`)}</h2>
      <p>{t(`idle.${state}.hint`)}</p>
      {agent.state !== "ready" && (
        <button type="button" class="button primary large" data-testid="go-ready" disabled={busy.value !== ""} onClick={() => void setState("ready")}>
          {t("state.goReady")}
          <kbd>R</kbd>
        </button>
      )}
    </section>
  );
}

function DayCard({ agent }: { agent: AgentView }) {
  const { answered, talk_seconds, missed } = agent.today;
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
      </dl>
    </section>
  );
}
