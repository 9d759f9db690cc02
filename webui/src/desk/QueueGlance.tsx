import { useEffect } from "preact/hooks";

import type { AgentView } from "../api/types";
import { pick, t } from "../i18n";
import { clockTime, count } from "../i18n/format";
import { subscribeWallboard, wallboard } from "../live/live";
import { center } from "../shell/session";
import { Panel } from "../ui/parts";
import { urgency } from "../wallboard/figures";

const MOST = 6;

/** How many wait in each queue now; the longest first. */
export function QueueGlance({ agent }: { agent: AgentView }) {
  useEffect(() => subscribeWallboard(), [agent.id]);
  const queues = [...(wallboard.value?.queues ?? [])].sort((a, b) => b.waiting - a.waiting || b.longest_wait - a.longest_wait);
  const waiting = queues.reduce((sum, queue) => sum + queue.waiting, 0);
  return (
    <Panel title={t("idle.queues")} class="glance" side={<span class="tally num">{count(waiting)}</span>}>
      {queues.length === 0 && <p class="faint">{t("idle.queues.none")}</p>}
      <ul>
        {queues.slice(0, MOST).map((queue) => (
          <li key={queue.id} class={queue.waiting > 0 ? "" : "faint"}>
            <span class="clip">{pick(queue.name)}</span>
            <span class="num">{queue.waiting > 0 ? clockTime(queue.longest_wait) : ""}</span>
            <strong class={`num heat-${urgency(queue, center.value?.queues[queue.id]?.service_level)}`}>{queue.waiting}</strong>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
