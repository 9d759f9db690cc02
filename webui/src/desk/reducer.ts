/** The desk as a pure function: what the server said, and what the agent typed, make what is on the screen. */

import type { AgentView, Pop, ServerMessage } from "../api/types";

/** What fills the stage. `incoming`: the pop stands, the phone rings or is about to. */
export type Phase = "idle" | "incoming" | "talking" | "wrap_up";

/** Why a pop went away without a talk. */
export type Notice = { kind: "caller_gone" | "not_answered" | "colleague"; callId: string; caller: string };

export interface Draft {
  callId: string;
  note: string;
  disposition: string;
  /** Typed since it was last saved. */
  dirty: boolean;
}

export interface DeskState {
  agent: AgentView | null;
  pop: Pop | null;
  phase: Phase;
  draft: Draft | null;
  notice: Notice | null;
  /** Grows each time a talk or wrap-up ended: lists of calls are stale. */
  finished: number;
}

export type DeskAction =
  | ServerMessage
  | { type: "note"; note: string }
  | { type: "note_saved"; callId: string; note: string }
  | { type: "disposition"; id: string }
  | { type: "dismiss_notice" };

export const EMPTY_DESK: DeskState = { agent: null, pop: null, phase: "idle", draft: null, notice: null, finished: 0 };

const BUSY = new Set(["reserved", "ringing", "talking", "wrap_up"]);

export function reduce(state: DeskState, action: DeskAction): DeskState {
  switch (action.type) {
    case "pop":
      return incoming(stage(state, action.pop));
    case "agent":
      return takeAgent(state, action.agent);
    case "note":
      return state.draft ? { ...state, draft: { ...state.draft, note: action.note, dirty: true } } : state;
    case "note_saved":
      return state.draft?.callId === action.callId && state.draft.note === action.note
        ? { ...state, draft: { ...state.draft, dirty: false } }
        : state;
    case "disposition":
      return state.draft ? { ...state, draft: { ...state.draft, disposition: action.id } } : state;
    case "dismiss_notice":
      return { ...state, notice: null };
    default:
      return state;
  }
}

function incoming(state: DeskState): DeskState {
  return state.phase === "idle" ? { ...state, phase: "incoming" } : state;
}

/** Puts a pop on the stage; what was typed for the same call stays. */
function stage(state: DeskState, pop: Pop): DeskState {
  const draft =
    state.draft?.callId === pop.call_id
      ? state.draft
      : { callId: pop.call_id, note: pop.note, disposition: "", dirty: false };
  const phase = state.pop?.call_id === pop.call_id ? state.phase : "idle";
  return { ...state, pop, draft, notice: null, phase };
}

function takeAgent(state: DeskState, agent: AgentView): DeskState {
  if (!BUSY.has(agent.state)) {
    // A message older than the pop (sent just before the reservation) must not take the pop off the screen.
    if (state.phase === "incoming" && state.pop && agent.since < state.pop.assigned_at) return { ...state, agent };
    return clear(state, agent);
  }
  const staged = agent.call ? stage(state, agent.call) : state;
  const phase: Phase = agent.state === "talking" ? "talking" : agent.state === "wrap_up" ? "wrap_up" : "incoming";
  const finished = state.phase === "talking" && phase === "wrap_up" ? state.finished + 1 : state.finished;
  return { ...staged, agent, phase: staged.pop || phase !== "incoming" ? phase : "idle", finished };
}

function clear(state: DeskState, agent: AgentView): DeskState {
  const next: DeskState = { ...state, agent, pop: null, phase: "idle", draft: null };
  if (state.phase === "idle" || !state.pop) return next;
  next.finished = state.finished + 1;
  if (state.phase === "incoming") next.notice = missed(state.pop, state.agent, agent);
  return next;
}

function missed(pop: Pop, before: AgentView | null, after: AgentView): Notice {
  const caller = pop.customer?.name || pop.caller.name || pop.caller.display_number || pop.caller.ani;
  if (after.answered_elsewhere === pop.call_id) return { kind: "colleague", callId: pop.call_id, caller };
  const unanswered = after.state === "not_ready" || (before !== null && after.today.missed > before.today.missed);
  return { kind: unanswered ? "not_answered" : "caller_gone", callId: pop.call_id, caller };
}
