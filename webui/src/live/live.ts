/** What the controller tells this page, as signals; and the way back to it. */

import { signal } from "@preact/signals";

import { ApiError } from "../api/client";
import { api } from "../api/endpoints";
import type { ClientMessage, Emergency, ServerMessage, SupervisionPicture, Wallboard } from "../api/types";
import { setServerClock } from "./clock";
import { LiveSocket, type LinkState } from "./socket";

export const link = signal<LinkState>("closed");
/** The agent works at another place: this page has stopped. */
export const elsewhere = signal(false);
export const wallboard = signal<Wallboard | null>(null);
/** What supervisors see beside it; null for everybody else. */
export const supervision = signal<SupervisionPicture | null>(null);
/** The center's emergency switches; empty when none is declared. */
export const emergencies = signal<Emergency[]>([]);
/** Grows when center or flow problems changed. */
export const problemsVersion = signal(0);

type Listener = (message: ServerMessage) => void;

const listeners = new Set<Listener>();
let socket: LiveSocket | null = null;

export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function send(message: ClientMessage): boolean {
  return socket?.send(message) ?? false;
}

export function popShown(callId: string): void {
  send({ type: "pop_shown", call_id: callId });
}

export function subscribeWallboard(): () => void {
  return socket?.subscribe("wallboard") ?? (() => undefined);
}

export function startLive(): void {
  if (socket) return;
  const url = new URL("/api/v1/ws", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  // A page that was taken over from stays so when its link comes back: it must not take over by that.
  const address = () => (elsewhere.value ? `${url.href}?elsewhere=1` : url.href);
  socket = new LiveSocket(address, { message: take, state: (state) => (link.value = state), refused: stillSignedIn });
  socket.start();
}

export function stopLive(): void {
  socket?.stop();
  socket = null;
  wallboard.value = null;
  supervision.value = null;
  elsewhere.value = false;
  emergencies.value = [];
}

function take(message: ServerMessage): void {
  if (message.type === "hello") setServerClock(message.at);
  if (message.type === "elsewhere") elsewhere.value = true;
  if (message.type === "agent") elsewhere.value = false;
  if (message.type === "wallboard") wallboard.value = message.wallboard;
  if (message.type === "supervision") supervision.value = message.supervision;
  if (message.type === "emergencies") emergencies.value = message.emergencies;
  if (message.type === "problems") problemsVersion.value += 1;
  for (const listener of listeners) listener(message);
}

/** A refused handshake may mean that the session is over: asking tells (and a 401 leads to the sign-in page). */
async function stillSignedIn(): Promise<boolean> {
  try {
    await api.session();
    return true;
  } catch (error) {
    return !(error instanceof ApiError && error.status === 401);
  }
}
