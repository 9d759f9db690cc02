import { api } from "../api/endpoints";
import type { AgentBrief, SettableState } from "../api/types";
import { stateText } from "../desk/AgentBar";
import { limitText } from "../desk/limits";
import { pick, t } from "../i18n";
import { now } from "../live/clock";
import { clockTime } from "../i18n/format";
import { may, ownReasons, queueName } from "../shell/session";
import { Icon } from "../ui/Icon";
import { Menu } from "../ui/Menu";
import { showError } from "../ui/messages";
import { Since, StateDot } from "../ui/parts";

/** One agent: state, since when, phone; supervisors may change the state. */
export function AgentCard({ agent }: { agent: AgentBrief }) {
  const name = pick(agent.name) || agent.id;
  const deaf = agent.phone === "unregistered" && agent.state !== "signed_out";
  const limit = limitText(agent, now.value);
  return (
    <article class={`agent-card is-${agent.state}${agent.over_limit ? " over" : ""}`} data-over={agent.over_limit} data-testid={`agent-card-${agent.id}`} data-state={agent.state}>
      <div class="agent-line">
        <strong class="clip" title={name}>
          {name}
        </strong>
        {deaf && (
          <span class="deaf" title={t("phone.unregistered")}>
            <Icon name="phone" size={14} />
          </span>
        )}
        <span class="num faint small">{agent.extension}</span>
        {may("supervisor") && <SetState agent={agent} name={name} />}
      </div>
      <div class="agent-line">
        <StateDot state={agent.state} />
        <span class="agent-state clip">{stateText(agent.state, agent.reason)}</span>
        {agent.queue && agent.state !== "ready" && (
          <span class="agent-queue clip" title={queueName(agent.queue)}>
            {queueName(agent.queue)}
          </span>
        )}
        {limit ? (
          <span class="num" title={clockTime(now.value - agent.since)}>
            {limit}
          </span>
        ) : (
          agent.state !== "signed_out" && <Since at={agent.since} />
        )}
      </div>
    </article>
  );
}

function SetState({ agent, name }: { agent: AgentBrief; name: string }) {
  const set = (state: SettableState, reason?: string) => void api.setAgentState(agent.id, state, reason).catch(showError);
  const reasons = ownReasons();
  return (
    <Menu label={t("wall.setState", { name })} class="icon-button tiny" align="right" button={<Icon name="chevron" size={13} />}>
      {(close) => {
        const choose = (state: SettableState, reason?: string) => {
          close();
          set(state, reason);
        };
        return (
          <>
            <button type="button" role="menuitem" onClick={() => choose("ready")}>
              <StateDot state="ready" />
              {t("state.ready")}
            </button>
            {reasons.map(([id, reason]) => (
              <button type="button" role="menuitem" key={id} onClick={() => choose("not_ready", id)}>
                <StateDot state="not_ready" />
                {pick(reason.name)}
              </button>
            ))}
            <button type="button" role="menuitem" onClick={() => choose("signed_out")}>
              <StateDot state="signed_out" />
              {t("state.signed_out")}
            </button>
          </>
        );
      }}
    </Menu>
  );
}
