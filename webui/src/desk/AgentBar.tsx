/** The agent's part of the top bar: state and its menu, phone, today's figures. */

import type { AgentView, ReasonInfo, SettableState } from "../api/types";
import { t } from "../i18n";
import { clockTime, count } from "../i18n/format";
import { ownReasons, reasonName } from "../shell/session";
import { pick } from "../i18n";
import { Icon } from "../ui/Icon";
import { Menu } from "../ui/Menu";
import { now } from "../live/clock";
import { Since, StateDot } from "../ui/parts";
import { limitText, mayGoReady } from "./limits";
import { busy, myself, setState } from "./store";

export function AgentBar() {
  const agent = myself.value;
  if (!agent) return null;
  return (
    <>
      <StatePill agent={agent} />
      <Phone agent={agent} />
      <span class="grow" />
      <Today agent={agent} />
    </>
  );
}

/** `Lunch` for a not-ready agent, else the state's own name. */
export function stateText(state: AgentView["state"], reason: string | null): string {
  return state === "not_ready" && reason ? reasonName(reason) : t(`state.${state}`);
}

function StatePill({ agent }: { agent: AgentView }) {
  const limit = limitText(agent, now.value);
  const next = agent.next_state && t("state.next", { state: stateText(agent.next_state, agent.next_reason) });
  return (
    <Menu
      label={`${t("state.menu")}: ${stateText(agent.state, agent.reason)}`}
      class={`state-pill is-${agent.state}${agent.over_limit ? " over" : ""}`}
      testid="agent-state"
      button={
        <>
          <StateDot state={agent.state} />
          <span class="state-name" data-state={agent.state}>
            {stateText(agent.state, agent.reason)}
          </span>
          <Since at={agent.since} class="state-time" />
          {limit && (
            <span class="state-limit num" data-testid="limit">
              {limit}
            </span>
          )}
          {next && <span class="state-next">{next}</span>}
          <Icon name="chevron" size={14} />
        </>
      }
    >
      {(close) => <StateMenu agent={agent} close={close} />}
    </Menu>
  );
}

function StateMenu({ agent, close }: { agent: AgentView; close: () => void }) {
  const reasons = ownReasons();
  const inCall = agent.state === "talking" || agent.state === "wrap_up";
  const choose = (state: SettableState, reason?: string) => {
    close();
    void setState(state, reason);
  };
  return (
    <div class="state-menu" data-testid="state-menu">
      {inCall && <p class="menu-hint">{t("state.afterTalk")}</p>}
      <button type="button" role="menuitem" data-testid="state-ready" disabled={busy.value !== "" || !mayGoReady(agent)} onClick={() => choose("ready")}>
        <StateDot state="ready" />
        {t("state.ready")}
        <kbd>R</kbd>
      </button>
      <p class="menu-head">{t("state.reasons")}</p>
      {reasons.map(([id, reason]) => (
        <button type="button" role="menuitem" key={id} data-testid={`state-not-ready-${id}`} onClick={() => choose("not_ready", id)}>
          <StateDot state="not_ready" />
          <span class="grow">{pick(reason.name)}</span>
          <ReasonLimit reason={reason} used={agent.today.reasons[id] ?? 0} />
        </button>
      ))}
      {reasons.length === 0 && (
        <button type="button" role="menuitem" data-testid="state-not-ready-" onClick={() => choose("not_ready")}>
          <StateDot state="not_ready" />
          {t("state.not_ready")}
        </button>
      )}
      <hr />
      <button type="button" role="menuitem" data-testid="state-sign-out" onClick={() => choose("signed_out")}>
        <StateDot state="signed_out" />
        {t("state.signOut")}
      </button>
    </div>
  );
}

/** `45 min`, or `20 / 60 min a day`. */
function ReasonLimit({ reason, used }: { reason: ReasonInfo; used: number }) {
  const day = reason.per_day_minutes;
  if (day === null && reason.limit_minutes === null) return null;
  const spent = day !== null && used >= day * 60;
  return (
    <span class={`num small ${spent ? "bad" : "faint"}`}>
      {day !== null ? `${Math.floor(used / 60)} / ${t("limit.day", { minutes: day })}` : t("limit.minutes", { minutes: reason.limit_minutes ?? 0 })}
    </span>
  );
}

function Phone({ agent }: { agent: AgentView }) {
  return (
    <span class={`phone phone-${agent.phone}`} title={t(`phone.${agent.phone}`)} data-testid="phone" data-phone={agent.phone}>
      <Icon name="phone" size={16} />
      <span class="num">{agent.extension}</span>
      <span class="phone-text">{t(`phone.${agent.phone}`)}</span>
    </span>
  );
}

function Today({ agent }: { agent: AgentView }) {
  const { answered, talk_seconds, missed } = agent.today;
  return (
    <dl class="today" aria-label={t("figures.today")}>
      <Figure label={t("figures.answered")} value={count(answered)} />
      <Figure label={t("figures.talk")} value={clockTime(talk_seconds)} />
      <Figure label={t("figures.missed")} value={count(missed)} bad={missed > 0} />
    </dl>
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
