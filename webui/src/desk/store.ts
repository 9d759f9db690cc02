/** The desk's state, fed by the live link, and what the agent's buttons do. */

import { computed, signal } from "@preact/signals";

import { api } from "../api/endpoints";
import type { AgentView, SettableState } from "../api/types";
import { link, listen } from "../live/live";
import { showError } from "../ui/messages";
import { EMPTY_DESK, reduce, type DeskAction } from "./reducer";

const NOTE_SAVE_MS = 800;

export const desk = signal(EMPTY_DESK);
export const myself = computed(() => desk.value.agent);
/** The button under way, so that it can say so and cannot be pressed twice. */
export const busy = signal("");

let noteTimer: ReturnType<typeof setTimeout> | undefined;

export function dispatch(action: DeskAction): void {
  desk.value = reduce(desk.value, action);
}

/** Begins following the agent. Returns what ends it. */
export function startDesk(): () => void {
  desk.value = EMPTY_DESK;
  const stop = listen(dispatch);
  void api.agent().then(
    // The link may have been faster, and what it says is newer.
    (agent) => desk.value.agent ?? dispatch({ type: "agent", agent }),
    showError,
  );
  return () => {
    stop();
    clearTimeout(noteTimer);
    desk.value = EMPTY_DESK;
  };
}

async function act(name: string, question: () => Promise<AgentView>): Promise<boolean> {
  if (busy.value) return false;
  busy.value = name;
  try {
    const agent = await question();
    // The live link has told it already, and perhaps what came after: an answer that was longer on its way is old news.
    if (link.value !== "open") dispatch({ type: "agent", agent });
    return true;
  } catch (error) {
    showError(error);
    return false;
  } finally {
    busy.value = "";
  }
}

export const setState = (state: SettableState, reason?: string) => act(`state-${state}`, () => api.setState(state, reason));
export const hangUp = () => act("hang-up", () => api.hangUp());
export const extendWrapUp = () => act("extend", () => api.extendWrapUp());

export async function finishWrapUp(): Promise<boolean> {
  const draft = desk.value.draft;
  if (!draft) return false;
  clearTimeout(noteTimer);
  return act("done", () => api.finishWrapUp(draft.callId, draft.disposition, draft.note));
}

export function typeNote(note: string): void {
  dispatch({ type: "note", note });
  clearTimeout(noteTimer);
  noteTimer = setTimeout(() => void saveNote(), NOTE_SAVE_MS);
}

export async function saveNote(): Promise<void> {
  clearTimeout(noteTimer);
  const draft = desk.value.draft;
  if (!draft?.dirty) return;
  try {
    await api.saveNote(draft.callId, draft.note);
    dispatch({ type: "note_saved", callId: draft.callId, note: draft.note });
  } catch {
    // What was typed is still here, marked unsaved; the next stroke or wrap-up sends it again.
    noteTimer = setTimeout(() => void saveNote(), NOTE_SAVE_MS * 5);
  }
}
