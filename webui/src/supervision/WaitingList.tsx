/** Every caller in line, and what a supervisor may do for him. */

import { api } from "../api/endpoints";
import type { AgentBrief, WaitingCaller } from "../api/types";
import { pick, t } from "../i18n";
import { clockTime, phoneNumber } from "../i18n/format";
import { now } from "../live/clock";
import { supervision } from "../live/live";
import { agentName, center, queueName } from "../shell/session";
import { Icon } from "../ui/Icon";
import { Menu } from "../ui/Menu";
import { StateDot } from "../ui/parts";
import { urgency } from "../wallboard/figures";
import { act } from "./acts";

export function WaitingList({ agents }: { agents: readonly AgentBrief[] }) {
  const picture = supervision.value;
  if (!picture) return null;
  const callers = [...picture.callers].sort((a, b) => a.since - b.since);
  return (
    <section class="line" aria-label={t("sup.line")} data-testid="waiting-list">
      <header class="agents-head">
        <h2>{t("sup.line")}</h2>
        <span class="tally num">{callers.length}</span>
        {callers.length === 0 && <span class="faint small">{t("sup.line.none")}</span>}
      </header>
      {callers.length > 0 && (
        <div class="line-box">
          <table class="line-table">
            <thead>
              <tr>
                <th>{t("sup.caller")}</th>
                <th>{t("sup.queue")}</th>
                <th class="right">{t("sup.place")}</th>
                <th class="right">{t("sup.waited")}</th>
                <th class="right">{t("sup.priority")}</th>
                <th>{t("sup.needs")}</th>
                <th class="right" />
              </tr>
            </thead>
            <tbody>
              {callers.map((caller) => (
                <Row key={caller.call_id} caller={caller} agents={agents} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Row({ caller, agents }: { caller: WaitingCaller; agents: readonly AgentBrief[] }) {
  const waited = now.value - caller.since;
  const heat = urgency({ waiting: 1, longest_wait: waited }, center.value?.queues[caller.queue]?.service_level);
  const who = phoneNumber(caller.ani) || t("common.withheld");
  return (
    <tr class={`heat-${heat}`} data-testid="waiting-row" data-call={caller.call_id} data-queue={caller.queue}>
      <td>
        <strong class="num">{who}</strong>
        {caller.name && caller.name !== caller.ani && <span class="faint line-name">{caller.name}</span>}
      </td>
      <td>{queueName(caller.queue)}</td>
      <td class="right num">{caller.position}</td>
      <td class="right num line-waited">{clockTime(waited)}</td>
      <td class="right num">{caller.priority}</td>
      <td class="faint" title={caller.needs}>
        {caller.away ? t("sup.away") : caller.for_agent ? t("sup.forAgent", { name: agentName(caller.for_agent) }) : needsText(caller.needs)}
      </td>
      <td class="right line-do">
        <Actions caller={caller} who={who} agents={agents} />
      </td>
    </tr>
  );
}

const WORDS = { and: "sup.and", or: "sup.or", not: "sup.not", anybody: "sup.anybody" } as const;

/** An expression over skills with the skills' names in the reader's language. */
function needsText(needs: string): string {
  const named = needs.replace(/[A-Za-z][A-Za-z0-9_-]*/g, (word) =>
    word in WORDS ? t(WORDS[word as keyof typeof WORDS]) : pick(center.value?.skills[word]?.name) || word,
  );
  return named.replaceAll(">=", "≥").replaceAll("<=", "≤");
}

function Actions({ caller, who, agents }: { caller: WaitingCaller; who: string; agents: readonly AgentBrief[] }) {
  const skills = supervision.value?.agents ?? {};
  const ready = agents.filter((agent) => agent.state === "ready");
  const fits = (agent: AgentBrief) => skills[agent.id]?.queues.includes(caller.queue) ?? false;
  const queues = Object.keys(center.value?.queues ?? {}).filter((queue) => queue !== caller.queue);
  return (
    <Menu label={t("sup.actions", { caller: who })} class="icon-button tiny" align="right" testid="waiting-actions" button={<Icon name="chevron" size={13} />}>
      {(close) => {
        const choose = (work: () => Promise<unknown>) => {
          close();
          void act(work());
        };
        return (
          <>
            <button type="button" role="menuitem" data-testid="waiting-head" onClick={() => choose(() => api.moveCaller(caller.call_id, { head: true }))}>
              <Icon name="up" size={16} />
              {t("sup.head")}
            </button>
            {queues.length > 0 && <div class="menu-head">{t("sup.moveTo")}</div>}
            {queues.map((queue) => (
              <button type="button" role="menuitem" key={queue} data-testid={`waiting-to-${queue}`} onClick={() => choose(() => api.moveCaller(caller.call_id, { queue }))}>
                <Icon name="right" size={16} />
                {queueName(queue)}
              </button>
            ))}
            <div class="menu-head">{t("sup.giveTo")}</div>
            {ready.length === 0 && <div class="menu-empty">{t("sup.noneReady")}</div>}
            {[...ready].sort((a, b) => Number(fits(b)) - Number(fits(a))).map((agent) => (
              <button type="button" role="menuitem" key={agent.id} data-testid={`waiting-give-${agent.id}`} onClick={() => choose(() => api.assignCaller(caller.call_id, agent.id, !fits(agent)))}>
                <StateDot state="ready" />
                {pick(agent.name) || agent.id}
                {!fits(agent) && <span class="menu-side">{t("sup.lacks")}</span>}
              </button>
            ))}
          </>
        );
      }}
    </Menu>
  );
}
