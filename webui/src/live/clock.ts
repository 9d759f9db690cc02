/** The server's time as this page knows it, and one tick a second for every timer on the page. */

import { signal } from "@preact/signals";

/** Below this, what `hello` shows is the way through the network rather than a wrong clock. */
const TRUSTED_SECONDS = 1;

let offset = 0;

/** Told by each `hello`: the server's clock when it was sent. */
export function setServerClock(at: number): void {
  const difference = at - Date.now() / 1000;
  offset = Math.abs(difference) < TRUSTED_SECONDS ? 0 : difference;
}

/** Seconds since the epoch, by the server's clock. */
export function serverNow(): number {
  return Date.now() / 1000 + offset;
}

/** `serverNow()`, renewed every second: read it in a component to be drawn again each second. */
export const now = signal(serverNow());

let ticking: ReturnType<typeof setInterval> | undefined;

export function startClock(): void {
  ticking ??= setInterval(() => (now.value = serverNow()), 1000);
}
