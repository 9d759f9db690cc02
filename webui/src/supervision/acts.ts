/** What a supervisor has in hand: his own session with a talk, his phone, and whose skills are open. */

import { computed, signal } from "@preact/signals";

import { ApiError } from "../api/client";
import { api } from "../api/endpoints";
import type { Monitor, MonitorMode } from "../api/types";
import { supervision } from "../live/live";
import { user } from "../shell/session";
import { showError } from "../ui/messages";

const STORED_PHONE = "callcenter.supervisorPhone";

/** Whose skills are being edited; "" for nobody. */
export const skillsOf = signal("");
/** What is to be done as soon as it is known which phone shall ring. */
export const wantsPhone = signal<{ agent: string; act: MonitorMode | "take-over" } | null>(null);

/** The signed-in supervisor's own session with a talk. */
export const own = computed<Monitor | null>(
  () => supervision.value?.monitors.find((one) => one.by === user.value?.name) ?? null,
);

export function storedPhone(): string {
  try {
    return localStorage.getItem(STORED_PHONE) ?? "";
  } catch {
    return "";
  }
}

function storePhone(phone: string): void {
  try {
    localStorage.setItem(STORED_PHONE, phone);
  } catch {
    // Then he is asked again next time.
  }
}

/** Do it, and see at once what came of it. */
export async function act(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    supervision.value = await api.supervision();
    return true;
  } catch (error) {
    showError(error);
    return false;
  }
}

/** Be with an agent's talk, or take it over. Who has no phone of his own is asked which one shall ring. */
export async function beWith(agent: string, doing: MonitorMode | "take-over", phone = ""): Promise<void> {
  const rung = phone || "";
  try {
    await (doing === "take-over" ? api.takeOver(agent, rung) : api.monitor(agent, doing, rung));
    if (phone) storePhone(phone);
    wantsPhone.value = null;
    supervision.value = await api.supervision();
  } catch (error) {
    if (error instanceof ApiError && error.code === "no_phone") wantsPhone.value = { agent, act: doing };
    else showError(error);
  }
}
