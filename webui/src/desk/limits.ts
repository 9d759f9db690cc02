/** How much of a reason's time is left, in words. */

import type { AgentBrief } from "../api/types";
import { t } from "../i18n";
import { clockTime } from "../i18n/format";
import { center } from "../shell/session";

/** `12:30 left`, `2:13 over`; '' where the reason has no limit. */
export function limitText(agent: AgentBrief, now: number): string {
  if (agent.limit_at === null) return "";
  // The page's clock ticks once a second: at first it may show a moment before he went.
  const left = Math.min(agent.limit_at - now, agent.limit_at - agent.since);
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
