/** Times as the center's clock shows them, for the field of a pretended call. */

import { center } from "../../shell/session";

function parts(at: number): Record<string, string> {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone: center.value?.time_zone || undefined, hourCycle: "h23",
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
  }); // prettier-ignore
  return Object.fromEntries(format.formatToParts(new Date(at * 1000)).map((part) => [part.type, part.value]));
}

/** `2026-11-22T10:15` at the center, for a time in seconds since the epoch. */
export function localTime(at: number): string {
  const { year, month, day, hour, minute } = parts(at);
  return `${year}-${month}-${day}T${hour}:${minute}`;
}

/** The seconds since the epoch when the center's clock shows this. */
export function pretended(local: string): number {
  const asUtc = Date.parse(`${local}:00Z`) / 1000;
  if (!Number.isFinite(asUtc)) return 0;
  // Twice, for days on which the clocks change.
  let at = asUtc;
  for (let turn = 0; turn < 2; turn++) at += asUtc - Date.parse(`${localTime(at)}:00Z`) / 1000;
  return Math.max(0, at);
}
