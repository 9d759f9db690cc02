/** Keys of the desk. Single letters and digits work while nothing is being typed. */

import { useEffect } from "preact/hooks";

import { elsewhere } from "../live/live";
import { desk, dispatch, finishWrapUp, hangUp, setState } from "./store";
import { offered } from "./offered";

export function useShortcuts(): void {
  useEffect(() => {
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function onKey(event: KeyboardEvent): void {
  if (event.isComposing || event.repeat) return; // an input method is at work, or the key is held
  if (elsewhere.value) return;
  const { phase, agent } = desk.value;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && phase === "wrap_up") return take(event, () => finishIfChosen());
  if (event.altKey && event.code === "KeyH" && phase === "talking") return take(event, () => void hangUp());
  if (event.key === "Escape" && typing(event.target)) return (event.target as HTMLElement).blur();
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (/^[1-9]$/.test(event.key) && (phase === "talking" || phase === "wrap_up")) {
    const chosen = offered(desk.value)[Number(event.key) - 1];
    if (chosen) take(event, () => dispatch({ type: "disposition", id: chosen.id }));
  } else if (event.key === "n" && phase !== "idle") {
    take(event, () => document.getElementById("note")?.focus());
  } else if (event.key === "r" && phase === "idle" && agent && agent.state !== "ready") {
    take(event, () => void setState("ready"));
  }
}

function take(event: Event, action: () => void): void {
  event.preventDefault();
  action();
}

function finishIfChosen(): void {
  const state = desk.value;
  if (state.draft?.disposition || offered(state).length === 0) void finishWrapUp();
}
