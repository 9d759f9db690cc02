/** What a queue's figures mean at a glance. */

import type { AgentBrief, AgentState, QueueFigures, ServiceLevel } from "../api/types";

export type Heat = "calm" | "warm" | "hot";

/** Warm from half the queue's own threshold on, hot beyond it. */
export function urgency(queue: Pick<QueueFigures, "waiting" | "longest_wait">, goal: ServiceLevel | undefined): Heat {
  if (queue.waiting === 0) return "calm";
  const threshold = goal?.seconds ?? 20;
  if (queue.longest_wait >= threshold) return "hot";
  return queue.longest_wait >= threshold / 2 ? "warm" : "calm";
}

/** How a service level stands against its target: within ten points below is a warning. */
export function levelHeat(level: number | null, goal: ServiceLevel | undefined): Heat {
  if (level === null) return "calm";
  const target = goal?.target ?? 0.8;
  if (level >= target) return "calm";
  return level >= target - 0.1 ? "warm" : "hot";
}

const ORDER: readonly AgentState[] = ["talking", "ringing", "reserved", "wrap_up", "ready", "not_ready", "signed_out"];

/** Those at work first; within a state the longest first. */
export function sorted(agents: readonly AgentBrief[]): AgentBrief[] {
  return [...agents].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.since - b.since);
}

export function countStates(agents: readonly AgentBrief[]): Map<AgentState, number> {
  const counts = new Map<AgentState, number>(ORDER.map((state) => [state, 0]));
  for (const agent of agents) counts.set(agent.state, (counts.get(agent.state) ?? 0) + 1);
  return counts;
}
