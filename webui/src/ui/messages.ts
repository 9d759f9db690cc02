/** Short messages at the screen's edge. */

import { signal } from "@preact/signals";

import { ApiError } from "../api/client";
import { pick, t } from "../i18n";

export interface Toast {
  id: number;
  tone: "error" | "good" | "info";
  text: string;
}

const STAY_MS = 6000;

export const toasts = signal<Toast[]>([]);

let last = 0;

export function toast(tone: Toast["tone"], text: string): void {
  const id = ++last;
  toasts.value = [...toasts.value.slice(-3), { id, tone, text }];
  setTimeout(() => dismiss(id), STAY_MS);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

/** An error in words for people. */
export function explain(error: unknown): string {
  if (error instanceof ApiError) {
    if (error.status === 0) return t("error.unreachable");
    if (error.code === "wrong_credentials") return t("signin.wrong");
    const text = error.text ? pick(error.text) : "";
    if (text) return text;
    if (error.status === 403) return t("error.forbidden");
    if (error.status === 404) return t("error.notFound");
    return t("error.server", { code: error.code });
  }
  return t("error.unexpected");
}

export function showError(error: unknown): void {
  if (error instanceof ApiError && error.status === 401) return; // the sign-in page comes up
  toast("error", explain(error));
}
