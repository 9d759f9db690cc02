/** What only supervisors see on an agent's card: with whom he talks, who listens, and what he is good at. */

import type { AgentBrief } from "../api/types";
import { pick, t } from "../i18n";
import { phoneNumber } from "../i18n/format";
import { supervision } from "../live/live";
import { center } from "../shell/session";
import { Icon } from "../ui/Icon";

export function AgentMore({ agent }: { agent: AgentBrief }) {
  const picture = supervision.value;
  if (!picture) return null;
  const caller = picture.talks[agent.call_id];
  const told = picture.agents[agent.id];
  const doing = picture.monitors.find((one) => one.agent === agent.id && one.state === "joined");
  return (
    <>
      {(caller || doing) && (
        <div class="agent-line agent-call">
          {caller && <span class="num">{phoneNumber(caller.ani) || caller.name || t("common.withheld")}</span>}
          {doing && (
            <span class="agent-monitor clip" data-testid={`monitored-${agent.id}`} title={t(`sup.doing.${doing.mode}`, { by: doing.by })}>
              <Icon name={doing.mode === "listen" ? "ear" : doing.mode === "whisper" ? "whisper" : "join"} size={13} />
              <span class="clip">{doing.by}</span>
            </span>
          )}
        </div>
      )}
      {told && (
        <div class="agent-skills" data-changed={told.changed_by !== ""} title={told.changed_by ? t("sup.skills.changedShort", { by: told.changed_by }) : undefined}>
          {told.changed_by && <span class="changed-mark" aria-label={t("sup.skills.changedShort", { by: told.changed_by })} />}
          {Object.entries(told.skills)
            .sort(([, a], [, b]) => b - a)
            .map(([skill, level]) => (
              <span key={skill}>
                {pick(center.value?.skills[skill]?.name) || skill} <b class="num">{level}</b>
              </span>
            ))}
          {told.without.map((queue) => (
            <s key={queue}>{pick(center.value?.queues[queue]?.name) || queue}</s>
          ))}
        </div>
      )}
    </>
  );
}
