/** Above the wallboard while a supervisor is with a talk: how, since when, and what he may do next. */

import { useState } from "preact/hooks";

import { api } from "../api/endpoints";
import type { Monitor, MonitorMode } from "../api/types";
import { t } from "../i18n";
import { phoneNumber } from "../i18n/format";
import { supervision } from "../live/live";
import { agentName } from "../shell/session";
import { Icon } from "../ui/Icon";
import { Segments, Since } from "../ui/parts";
import { act, beWith, own, storedPhone, wantsPhone } from "./acts";

const MODES: readonly MonitorMode[] = ["listen", "whisper", "barge"];

export function MonitorBar() {
  if (wantsPhone.value) return <AskPhone />;
  const session = own.value;
  if (!session) return null;
  const ringing = session.state === "ringing";
  const taken = session.mode === "taken_over";
  return (
    <section class={`monitor-bar is-${session.mode}`} data-testid="monitor-bar" data-mode={session.mode} data-state={session.state} aria-live="polite">
      <span class="monitor-icon">
        <Icon name={iconOf(session)} size={20} />
      </span>
      <span class="monitor-what">
        <strong>{taken ? t("sup.tookOver", { name: agentName(session.agent) }) : t("sup.with", { name: agentName(session.agent) })}</strong>
        <span class="faint">
          <CallerOf session={session} /> <Since at={session.since} />
        </span>
      </span>
      <span class="monitor-hint">{ringing ? t("sup.ringing", { phone: session.phone }) : hint(session)}</span>
      <span class="grow" />
      {!ringing && !taken && session.mode !== "hold" && (
        <Segments
          label={t("sup.mode")}
          value={session.mode as MonitorMode}
          options={MODES.map((mode) => ({ value: mode, text: t(`sup.mode.${mode}`) }))}
          choose={(mode) => void beWith(session.agent, mode)}
        />
      )}
      {!ringing && !taken && (
        <button type="button" class="button" data-testid="take-over" onClick={() => void beWith(session.agent, "take-over")}>
          <Icon name="takeOver" size={16} />
          {t("sup.takeOver")}
        </button>
      )}
      {!taken && (
        <button type="button" class="button" data-testid="monitor-leave" onClick={() => void act(api.stopMonitoring())}>
          {t("sup.leave")}
        </button>
      )}
    </section>
  );
}

function iconOf(session: Monitor) {
  if (session.state === "ringing") return "phone" as const;
  if (session.mode === "listen") return "ear" as const;
  if (session.mode === "whisper") return "whisper" as const;
  return session.mode === "barge" ? ("join" as const) : ("takeOver" as const);
}

function hint(session: Monitor): string {
  if (session.mode === "hold") return "";
  if (session.mode === "taken_over") return t("sup.hint.taken_over");
  if (session.mode === "whisper") return t("sup.hint.whisper", { name: agentName(session.agent) });
  return t(`sup.hint.${session.mode}`);
}

function CallerOf({ session }: { session: Monitor }) {
  const caller = supervision.value?.talks[session.call_id];
  return <span class="num">{caller ? phoneNumber(caller.ani) || caller.name : ""}</span>;
}

function AskPhone() {
  const [phone, setPhone] = useState(storedPhone());
  const wanted = wantsPhone.value;
  if (!wanted) return null;
  const ring = (event: Event) => {
    event.preventDefault();
    if (phone.trim()) void beWith(wanted.agent, wanted.act, phone.trim());
  };
  return (
    <form class="monitor-bar is-asking" data-testid="monitor-phone" onSubmit={ring}>
      <span class="monitor-icon">
        <Icon name="phone" size={20} />
      </span>
      <strong>{t("sup.phone")}</strong>
      <input class="num" inputMode="numeric" value={phone} maxLength={10} placeholder={t("sup.phone.hint")} aria-label={t("sup.phone.hint")} ref={(input) => input?.focus()} onInput={(event) => setPhone(event.currentTarget.value)} />
      <button type="submit" class="button primary">
        {t("sup.phone.ring")}
      </button>
      <button type="button" class="button" onClick={() => (wantsPhone.value = null)}>
        {t("common.cancel")}
      </button>
    </form>
  );
}
