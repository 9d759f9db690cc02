/** Pops and agents for the desk's stories. */

import type { AgentState, AgentView, Pop } from "../src/api/types";

export const NOTHING_YET: AgentView["today"] = {
  answered: 0,
  talk_seconds: 0,
  missed: 0,
  busy_seconds: 0,
  ready_seconds: 0,
  occupancy: null,
  reasons: {},
};

export function aPop(callId: string, more: Partial<Pop> = {}): Pop {
  return {
    call_id: callId,
    assigned_at: 1000,
    answered_at: null,
    caller: { ani: "13800138000", display_number: "138 0013 8000", name: "ZHANG", region: "Guangzhou" },
    customer: null,
    did: { number: "4008001234", name: { en: "Hotline", "zh-CN": "热线" } },
    queue: { id: "support", name: { en: "Support", "zh-CN": "支持" } },
    language: "zh-CN",
    path: [],
    collected: {},
    labels: {},
    recorded: [],
    waited_seconds: 12,
    callback: null,
    timeline: [],
    note: "",
    ...more,
  };
}

export function anAgent(state: AgentState, more: Partial<AgentView> = {}): AgentView {
  return {
    id: "li",
    name: "Li Wei",
    extension: "1001",
    state,
    reason: "",
    since: 1000,
    until: null,
    next_state: "",
    next_reason: "",
    phone: "idle",
    call_id: more.call?.call_id ?? "",
    queue: more.call?.queue.id ?? "",
    call: null,
    answered_elsewhere: "",
    wrap_up_extensions: 0,
    wrap_up_extensions_left: 4,
    wrap_up_extend_seconds: 30,
    limit_at: null,
    over_limit: false,
    today: NOTHING_YET,
    ...more,
  };
}
