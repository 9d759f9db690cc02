/** How much of a reason's time is left, in words. */

import type { AgentBrief } from "../api/types";
import { t } from "../i18n";
import { clockTime } from "../i18n/format";
import { center } from "../shell/session";

/** `12:30 left`, `2:13 over`; '' where the reason has no limit. */
export function limitText(agent: AgentBrief, now: number): string {
  if (agent.limit_at === null) return "";
  const left = agent.limit_at - now;
  return agent.over_limit || left <= 0 ? t("limit.over", { time: clockTime(-left) }) : t("limit.left", { time: clockTime(Math.ceil(left)) });
}

/** A supervisor must decide: he cannot go on by himself. */
export function mustAsk(agent: AgentBrief): boolean {
  return agent.over_limit && center.value?.not_ready_reasons[agent.reason]?.at_limit === "ask";
}

/** What going ready needs that is not there. */
export function mayGoReady(agent: AgentBrief): boolean {
  return agent.phone !== "unregistered" && !mustAsk(agent);
}
