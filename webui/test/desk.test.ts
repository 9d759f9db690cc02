import { describe, expect, it } from "vitest";

import type { AgentView, Pop } from "../src/api/types";
import { EMPTY_DESK, reduce, type DeskAction, type DeskState } from "../src/desk/reducer";
import { anAgent, aPop, NOTHING_YET } from "./kit";

const agent = (view: AgentView): DeskAction => ({ type: "agent", agent: view });
const pops = (pop: Pop): DeskAction => ({ type: "pop", pop });
const after = (...actions: DeskAction[]): DeskState => actions.reduce(reduce, EMPTY_DESK);

const call = aPop("c1");
const ready = agent(anAgent("ready", { since: 900 }));
const reserved = agent(anAgent("reserved", { call }));
const ringing = agent(anAgent("ringing", { since: 1001, call }));
const talking = agent(anAgent("talking", { since: 1005, call: { ...call, answered_at: 1005 } }));
const wrapUp = agent(anAgent("wrap_up", { since: 1100, until: 1130, call: { ...call, answered_at: 1005 } }));
const readyAgain = agent(anAgent("ready", { since: 1120 }));

describe("a call comes to the desk", () => {
  it("shows the caller before the phone rings, whichever message is first", () => {
    for (const state of [after(ready, pops(call), reserved), after(ready, reserved, pops(call)), after(ready, pops(call))]) {
      expect(state.phase).toBe("incoming");
      expect(state.pop?.call_id).toBe("c1");
    }
  });

  it("goes from ringing to talk to wrap-up to the next", () => {
    expect(after(ready, pops(call), reserved, ringing).phase).toBe("incoming");
    expect(after(ready, pops(call), reserved, ringing, talking).phase).toBe("talking");
    expect(after(ready, pops(call), ringing, talking, wrapUp).phase).toBe("wrap_up");
    const done = after(ready, pops(call), ringing, talking, wrapUp, readyAgain);
    expect(done.phase).toBe("idle");
    expect(done.pop).toBeNull();
    expect(done.draft).toBeNull();
    expect(done.notice).toBeNull();
  });

  it("keeps the pop when an older message says the agent is ready", () => {
    const state = after(pops(call), ready);
    expect(state.phase).toBe("incoming");
    expect(state.pop?.call_id).toBe("c1");
  });

  it("stays in the talk when the pop is sent once more", () => {
    expect(after(ready, reserved, talking, pops(call)).phase).toBe("talking");
  });

  it("takes a caller who comes right after wrap-up", () => {
    const next = aPop("c2", { assigned_at: 1121 });
    const state = after(ready, reserved, talking, wrapUp, readyAgain, pops(next));
    expect(state.phase).toBe("incoming");
    expect(state.pop?.call_id).toBe("c2");
  });

  it("tells lists of calls that a call is over, after the talk and after wrap-up", () => {
    const talk = after(ready, reserved, talking);
    const wrap = reduce(talk, wrapUp);
    expect(wrap.finished).toBe(talk.finished + 1);
    expect(reduce(wrap, readyAgain).finished).toBe(wrap.finished + 1);
  });
});

describe("a call goes away", () => {
  it("says that the caller hung up", () => {
    const state = after(ready, pops(call), ringing, agent(anAgent("ready", { since: 1010 })));
    expect(state.phase).toBe("idle");
    expect(state.notice).toEqual({ kind: "caller_gone", callId: "c1", caller: "ZHANG" });
  });

  it("says that the agent did not answer", () => {
    const missed = anAgent("not_ready", { since: 1016, today: { ...NOTHING_YET, missed: 1 } });
    expect(after(ready, pops(call), ringing, agent(missed)).notice?.kind).toBe("not_answered");
  });

  it("says that a colleague answered a call that rang at several desks", () => {
    const freed = anAgent("ready", { since: 1010, answered_elsewhere: "c1" });
    const state = after(ready, pops(call), ringing, agent(freed));
    expect(state.phase).toBe("idle");
    expect(state.notice).toEqual({ kind: "colleague", callId: "c1", caller: "ZHANG" });
  });

  it("does not take the colleague's call of before for this one", () => {
    const freed = anAgent("ready", { since: 1010, answered_elsewhere: "c0" });
    expect(after(ready, pops(call), ringing, agent(freed)).notice?.kind).toBe("caller_gone");
  });

  it("forgets the notice when read, and when the next caller comes", () => {
    const gone = after(ready, pops(call), ringing, agent(anAgent("ready", { since: 1010 })));
    expect(reduce(gone, { type: "dismiss_notice" }).notice).toBeNull();
    expect(reduce(gone, pops(aPop("c2", { assigned_at: 1011 }))).notice).toBeNull();
  });
});

describe("what the agent types", () => {
  it("stays through ringing, talk and wrap-up of the same call", () => {
    const typed = reduce(after(ready, pops(call), ringing), { type: "note", note: "has no water" });
    const state = [talking, { type: "disposition", id: "solved" } as const, wrapUp].reduce(reduce, typed);
    expect(state.draft).toEqual({ callId: "c1", note: "has no water", disposition: "solved", dirty: true });
  });

  it("is not overwritten by the server's older draft", () => {
    const typed = reduce(after(ready, talking), { type: "note", note: "newer" });
    const state = reduce(typed, agent(anAgent("talking", { call: aPop("c1", { note: "older" }) })));
    expect(state.draft?.note).toBe("newer");
  });

  it("begins with the saved draft when the page was opened anew", () => {
    const state = after(agent(anAgent("talking", { call: aPop("c1", { note: "saved before" }) })));
    expect(state.phase).toBe("talking");
    expect(state.draft).toMatchObject({ note: "saved before", dirty: false });
  });

  it("counts as saved only when nothing was typed since", () => {
    const first = reduce(after(ready, talking), { type: "note", note: "a" });
    const second = reduce(first, { type: "note", note: "ab" });
    expect(reduce(second, { type: "note_saved", callId: "c1", note: "a" }).draft?.dirty).toBe(true);
    expect(reduce(second, { type: "note_saved", callId: "c1", note: "ab" }).draft?.dirty).toBe(false);
  });

  it("begins empty with the next caller", () => {
    const typed = reduce(after(ready, talking), { type: "note", note: "for c1" });
    expect(reduce(typed, pops(aPop("c2"))).draft).toMatchObject({ callId: "c2", note: "", disposition: "" });
  });
});

describe("a page that reconnects", () => {
  it("shows the call at its present stage from one message", () => {
    expect(after(ringing).phase).toBe("incoming");
    expect(after(talking).phase).toBe("talking");
    expect(after(wrapUp).phase).toBe("wrap_up");
  });

  it("clears a call that ended meanwhile", () => {
    expect(after(ready, reserved, talking, readyAgain).phase).toBe("idle");
  });
});
