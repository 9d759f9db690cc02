/** Telling the agent of a call when the page is not in sight: title, icon, sound, notification. */

import { effect, signal } from "@preact/signals";

import { t } from "../i18n";
import { go } from "../shell/router";
import { callerName } from "./people";
import { ringOnce } from "./ring";
import { desk } from "./store";

const SOUND = "callcenter.alert.sound";
const NOTIFY = "callcenter.alert.notify";
const FLASH_MS = 900;
const RING_MS = 3000;
/** The caller is painted first; opening the sound device may take its time. */
const PAINT_MS = 150;

export const soundOn = signal(stored(SOUND, true));
export const notifyOn = signal(stored(NOTIFY, false));

function stored(key: string, usual: boolean): boolean {
  try {
    const value = localStorage.getItem(key);
    return value === null ? usual : value === "on";
  } catch {
    return usual;
  }
}

function store(key: string, on: boolean): void {
  try {
    localStorage.setItem(key, on ? "on" : "off");
  } catch {
    // Then it lasts as long as the page.
  }
}

export function setSound(on: boolean): void {
  soundOn.value = on;
  store(SOUND, on);
  if (on) ringOnce();
}

/** Asks the browser's leave when needed. False when it is refused. */
export async function setNotify(on: boolean): Promise<boolean> {
  if (on && (typeof Notification === "undefined" || (await Notification.requestPermission()) !== "granted")) return false;
  notifyOn.value = on;
  store(NOTIFY, on);
  return true;
}

export function startAlerts(): void {
  const icon = document.getElementById("favicon") as HTMLLinkElement | null;
  let ringing = "";
  let stop: () => void = () => undefined;
  effect(() => {
    const { phase, pop } = desk.value;
    const call = phase === "incoming" && pop ? pop.call_id : "";
    if (call === ringing) return;
    ringing = call;
    stop();
    if (call) go("desk"); // whatever page was open, the caller takes the stage
    stop = call && pop ? alertOf(callerName(pop), icon) : () => undefined;
  });
  effect(() => {
    const agent = desk.value.agent;
    if (desk.value.phase !== "incoming") document.title = agent ? `${t(`state.${agent.state}`)} · ${t("app.name")}` : t("app.name");
  });
}

/** Begins all alerts. Returns what ends them. */
function alertOf(name: string, icon: HTMLLinkElement | null): () => void {
  const line = t("alerts.incoming", { name: name.replace(/\s+/g, " ").slice(0, 60) });
  let on = true;
  const flash = () => {
    document.title = on ? `● ${line}` : line;
    if (icon) icon.href = on ? "./favicon-call.svg" : "./favicon.svg";
    on = !on;
  };
  flash();
  const flashing = setInterval(flash, FLASH_MS);
  const ring = () => {
    if (soundOn.value) ringOnce();
  };
  const first = setTimeout(ring, PAINT_MS);
  const sounding = setInterval(ring, RING_MS);
  const note = notifyOn.value && document.hidden && Notification.permission === "granted" ? new Notification(line, { tag: "incoming", icon: "./favicon-call.svg" }) : null;
  if (note) note.onclick = () => window.focus();
  return () => {
    clearInterval(flashing);
    clearTimeout(first);
    clearInterval(sounding);
    note?.close();
    if (icon) icon.href = "./favicon.svg";
    const agent = desk.peek().agent;
    document.title = agent ? `${t(`state.${agent.state}`)} · ${t("app.name")}` : t("app.name");
  };
}
