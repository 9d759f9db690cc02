/** Texts in the reader's language. A key that a language lacks, or a parameter left out, does not compile. */

import { signal } from "@preact/signals";

import type { Label, Lang } from "../api/types";
import { en } from "./en";
import { zh } from "./zh";

export type Key = keyof typeof en;
export type Texts = Record<Key, string>;

/** Names of the `{parameters}` in a text. */
type Params<S extends string> = S extends `${string}{${infer P}}${infer Rest}` ? P | Params<Rest> : never;
type Arguments<K extends Key> = [Params<(typeof en)[K]>] extends [never]
  ? []
  : [Record<Params<(typeof en)[K]>, string | number>];

export const LANGUAGES: readonly Lang[] = ["zh-CN", "en"];
/** Each language's name in itself. */
export const OWN_NAMES: Record<Lang, string> = { "zh-CN": "中文", en: "English" };

const TABLES: Record<Lang, Texts> = { en, "zh-CN": zh };
const STORED = "callcenter.language";

export const language = signal<Lang>(firstLanguage());

function firstLanguage(): Lang {
  try {
    const stored = localStorage.getItem(STORED);
    if (stored === "en" || stored === "zh-CN") return stored;
  } catch {
    // Storage may be switched off; the browser's own language serves.
  }
  if (typeof navigator === "undefined") return "en";
  return navigator.language.toLowerCase().startsWith("zh") ? "zh-CN" : "en";
}

export function setLanguage(chosen: Lang): void {
  language.value = chosen;
  try {
    localStorage.setItem(STORED, chosen);
  } catch {
    // Then it lasts as long as the page.
  }
}

/** The text of a key, with its parameters put in. Parameters are plain text, never markup. */
export function t<K extends Key>(key: K, ...args: Arguments<K>): string {
  return fill(TABLES[language.value][key], args[0]);
}

export function fill(text: string, params?: Partial<Record<string, string | number>>): string {
  if (!params) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}

/** The text of a key made of a prefix and a word from the wire; the word itself when we have no text for it. */
export function tWord(prefix: string, word: string): string {
  return TABLES[language.value][`${prefix}.${word}` as Key] ?? word;
}

/** A label that came over the wire, in the reader's language or the next best. */
export function pick(label: Label | null | undefined): string {
  if (label === null || label === undefined) return "";
  if (typeof label === "string") return label;
  return label[language.value] ?? label.en ?? label["zh-CN"] ?? "";
}
