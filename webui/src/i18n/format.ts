/** Numbers, times and durations as people read them, in the reader's language and time zone. */

import type { Label } from "../api/types";
import { language, pick, t } from "./index";

export const DASH = "–";

/** `0:07`, `12:34`, `1:02:03`. Seconds; negative counts as zero. */
export function clockTime(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return DASH;
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** `42 s`, `3 min`, `2 h 05`: a duration in words, for reading rather than watching. */
export function spoken(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return DASH;
  const whole = Math.max(0, Math.round(seconds));
  const zh = language.value === "zh-CN";
  if (whole < 60) return zh ? `${whole} 秒` : `${whole} s`;
  const minutes = Math.floor(whole / 60);
  const rest = whole % 60;
  if (minutes < 60) {
    if (rest === 0) return zh ? `${minutes} 分` : `${minutes} min`;
    return zh ? `${minutes} 分 ${rest} 秒` : `${minutes} min ${rest} s`;
  }
  const hours = Math.floor(minutes / 60);
  return zh ? `${hours} 小时 ${minutes % 60} 分` : `${hours} h ${minutes % 60} min`;
}

/** A share between 0 and 1 as `83 %`; a dash when there is none yet. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return DASH;
  return `${Math.round(share * 100)}%`;
}

export function count(n: number | null | undefined): string {
  return n === null || n === undefined ? DASH : n.toLocaleString(language.value);
}

/** `14:03`. */
export function timeOfDay(at: number): string {
  return format(at, { hour: "2-digit", minute: "2-digit", hour12: false });
}

/** `14:03:21`. */
export function preciseTime(at: number): string {
  return format(at, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
}

export function date(at: number): string {
  return format(at, { year: "numeric", month: "short", day: "numeric" });
}

/** `Today 14:03`, `Yesterday 09:12`, `Tomorrow 10:00`, `3 May, 14:03`, with the year when it is another. */
export function when(at: number, now: number = Date.now() / 1000): string {
  const days = dayNumber(now) - dayNumber(at);
  if (days === 0) return `${t("common.today")} ${timeOfDay(at)}`;
  if (days === 1) return `${t("common.yesterday")} ${timeOfDay(at)}`;
  if (days === -1) return `${t("common.tomorrow")} ${timeOfDay(at)}`;
  const sameYear = new Date(at * 1000).getFullYear() === new Date(now * 1000).getFullYear();
  const day = format(at, sameYear ? { month: "short", day: "numeric" } : { year: "numeric", month: "short", day: "numeric" });
  return `${day} ${timeOfDay(at)}`;
}

/** Local midnight before `at`, in seconds. */
export function startOfDay(at: number): number {
  return new Date(at * 1000).setHours(0, 0, 0, 0) / 1000;
}

/** Counts local days, so that two times of one day differ by zero, also when the clocks change. */
function dayNumber(at: number): number {
  const day = new Date(at * 1000);
  return Math.floor(Date.UTC(day.getFullYear(), day.getMonth(), day.getDate()) / 86_400_000);
}

function format(at: number, options: Intl.DateTimeFormatOptions): string {
  const zh = language.value === "zh-CN";
  return new Intl.DateTimeFormat(zh ? "zh-CN" : "en-GB", options).format(new Date(at * 1000));
}

/** Groups digits of a number that came without formatting; anything else is left as it is. */
export function phoneNumber(text: string | null | undefined): string {
  if (!text) return "";
  if (/^1\d{10}$/.test(text)) return `${text.slice(0, 3)} ${text.slice(3, 7)} ${text.slice(7)}`;
  if (/^\+861\d{10}$/.test(text)) return `+86 ${text.slice(3, 6)} ${text.slice(6, 10)} ${text.slice(10)}`;
  if (/^\+1\d{10}$/.test(text)) return `+1 ${text.slice(2, 5)} ${text.slice(5, 8)} ${text.slice(8)}`;
  if (/^400\d{7}$/.test(text)) return `400 ${text.slice(3, 6)} ${text.slice(6)}`;
  if (/^0(10|2\d)\d{8}$/.test(text)) return `${text.slice(0, 3)} ${text.slice(3, 7)} ${text.slice(7)}`;
  if (/^0[3-9]\d{2}\d{7,8}$/.test(text)) return `${text.slice(0, 4)} ${text.slice(4, 8)} ${text.slice(8)}`;
  return text;
}

/** A variable's name as an agent reads it: `order_no` is "order no". */
export function plainName(name: string): string {
  return name.replaceAll("_", " ").trim() || name;
}

/** What a flow calls a thing, in the reader's language; its plain name where the flow does not say. */
export function labelOr(label: Label | undefined, name: string): string {
  return pick(label) || plainName(name);
}

/** A mean of scores: `4.3`, `4.0`. */
export function meanScore(mean: number): string {
  return mean.toLocaleString(language.value, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

/** The first letters that stand for a person in a small round picture; '' where there are none. */
export function initials(name: string): string {
  const clean = name.replace(/[\s"'<>]+/g, " ").trim();
  if (!/\p{L}/u.test(clean)) return ""; // a number, or nothing to read
  const first = [...clean].find((char) => /\p{L}/u.test(char)) ?? "";
  if (/[\u3400-\u9fff]/.test(clean)) return [...clean.replace(/\s/g, "")].slice(-2).join("");
  const words = clean.split(" ").filter(Boolean);
  const last = words.length > 1 ? ([...(words.at(-1) ?? "")][0] ?? "") : "";
  const second = /\p{L}/u.test(last) ? last : "";
  return (first + second).toUpperCase();
}
