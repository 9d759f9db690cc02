/** Light or dark colours. Light unless this browser chose otherwise. */

import { effect, signal } from "@preact/signals";

const STORED = "callcenter.theme";

export const theme = signal<"light" | "dark">(stored());

function stored(): "light" | "dark" {
  try {
    return localStorage.getItem(STORED) === "dark" ? "dark" : "light";
  } catch {
    return "light";
  }
}

export function startTheme(): void {
  effect(() => {
    document.documentElement.dataset["theme"] = theme.value;
  });
}

export function toggleTheme(): void {
  theme.value = theme.value === "dark" ? "light" : "dark";
  try {
    localStorage.setItem(STORED, theme.value);
  } catch {
    // Then it lasts as long as the page.
  }
}
