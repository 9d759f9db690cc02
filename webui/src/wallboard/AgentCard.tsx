import type { AgentBrief } from "../api/types";
import { stateText } from "../desk/AgentBar";
import { limitText } from "../desk/limits";
import { pick, t } from "../i18n";
import { now } from "../live/clock";
import { clockTime } from "../i18n/format";
import { may, queueName } from "../shell/session";
import { AgentActions } from "../supervision/AgentActions";
import { AgentMore } from "../supervision/AgentMore";
import { Icon } from "../ui/Icon";
import { Since, StateDot } from "../ui/parts";

/** One agent: state, since when, phone; supervisors see and may do more. */
export function AgentCard({ agent }: { agent: AgentBrief }) {
  const name = pick(agent.name) || agent.id;
  const deaf = agent.phone === "unregistered" && agent.state !== "signed_out";
  const leads = may("supervisor", "admin");
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
        {leads && <AgentActions agent={agent} name={name} />}
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
      {leads && <AgentMore agent={agent} />}
    </article>
  );
}
