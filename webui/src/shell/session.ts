/** Who is signed in, and the center's names, which every page needs. */

import { computed, signal } from "@preact/signals";

import { setCsrf, whenSignedOut } from "../api/client";
import { api } from "../api/endpoints";
import type { Center, ReasonInfo, Role, SessionAnswer, User } from "../api/types";
import { startDesk } from "../desk/store";
import { pick } from "../i18n";
import { startLive, stopLive } from "../live/live";
import { showError } from "../ui/messages";

/** `undefined`: not asked yet. */
export const user = signal<User | null | undefined>(undefined);
export const center = signal<Center | null>(null);
export const isAgent = computed(() => user.value?.role === "agent");

let stopDesk: (() => void) | null = null;

export function may(...roles: Role[]): boolean {
  return user.value ? roles.includes(user.value.role) : false;
}

export async function startSession(): Promise<void> {
  whenSignedOut(leave);
  try {
    enter(await api.session());
  } catch {
    user.value = null;
  }
}

export async function signIn(name: string, password: string): Promise<void> {
  enter(await api.signIn(name, password));
}

export async function signOut(): Promise<void> {
  try {
    await api.signOut();
  } catch (error) {
    showError(error);
  }
  leave();
}

function enter(answer: SessionAnswer): void {
  setCsrf(answer.csrf);
  user.value = answer.user;
  void loadCenter();
  startLive();
  stopDesk?.();
  stopDesk = answer.user.role === "agent" ? startDesk() : null;
}

function leave(): void {
  stopDesk?.();
  stopDesk = null;
  stopLive();
  setCsrf("");
  center.value = null;
  user.value = null;
}

export async function loadCenter(): Promise<void> {
  try {
    center.value = await api.center();
  } catch (error) {
    showError(error);
  }
}

export function queueName(id: string | null | undefined): string {
  return id ? pick(center.value?.queues[id]?.name) || id : "";
}

export function agentName(id: string | null | undefined): string {
  return id ? pick(center.value?.agents[id]?.name) || id : "";
}

export function reasonName(id: string | null | undefined): string {
  return id ? pick(center.value?.not_ready_reasons[id]?.name) || id : "";
}

/** Reasons a person may choose. */
export function ownReasons(): [string, ReasonInfo][] {
  return Object.entries(center.value?.not_ready_reasons ?? {}).filter(([, reason]) => reason.own);
}

export function dispositionName(id: string | null | undefined): string {
  return id ? pick(center.value?.dispositions[id]?.name) || id : "";
}

export function numberName(did: string | null | undefined): string {
  return pick(center.value?.numbers.find((number) => number.did === did)?.name);
}
