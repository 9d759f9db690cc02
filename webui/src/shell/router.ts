/** Pages by the part of the address behind `#`: works from any folder and needs nothing of the server. */

import { signal } from "@preact/signals";

import type { Role } from "../api/types";
import type { IconName } from "../ui/Icon";

export type Page = "desk" | "wallboard" | "calls" | "customers" | "voicemails" | "callbacks" | "admin";

export interface Route {
  page: Page | "";
  /** What is opened on the page: a call's or customer's id. */
  item: string;
}

export const PAGES: readonly { page: Page; icon: IconName; roles: readonly Role[] }[] = [
  { page: "desk", icon: "desk", roles: ["agent"] },
  { page: "wallboard", icon: "wallboard", roles: ["agent", "supervisor", "campaign_manager", "admin", "inspector"] },
  { page: "calls", icon: "calls", roles: ["agent", "supervisor", "admin", "inspector"] },
  { page: "customers", icon: "customers", roles: ["agent", "supervisor", "campaign_manager", "admin", "inspector"] },
  { page: "voicemails", icon: "voicemails", roles: ["agent", "supervisor", "admin"] },
  { page: "callbacks", icon: "callbacks", roles: ["agent", "supervisor", "admin"] },
  { page: "admin", icon: "admin", roles: ["admin"] },
];

export const route = signal<Route>(read());

function read(): Route {
  if (typeof location === "undefined") return { page: "", item: "" };
  const [page = "", item = ""] = location.hash.replace(/^#\/?/, "").split("/");
  const known = PAGES.find((one) => one.page === page);
  let opened = "";
  try {
    opened = decodeURIComponent(item);
  } catch {
    // A mangled address opens the page itself.
  }
  return { page: known?.page ?? "", item: opened };
}

export function startRouter(): void {
  window.addEventListener("hashchange", () => (route.value = read()));
}

export function href(page: Page, item: string | number = ""): string {
  return `#/${page}${item === "" ? "" : `/${encodeURIComponent(item)}`}`;
}

export function go(page: Page, item: string | number = ""): void {
  location.hash = href(page, item);
  route.value = read(); // at once: the browser's own event comes a little later
}

/** The page to show to this role: what the address says if allowed, else the role's first. */
export function pageFor(role: Role): Page {
  const allowed = PAGES.filter((one) => one.roles.includes(role));
  return (allowed.find((one) => one.page === route.value.page) ?? allowed[0])?.page ?? "wallboard";
}
