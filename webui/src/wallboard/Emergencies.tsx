/** The switches a supervisor may throw. Each asks once more, as every caller feels it at once. */

import { useState } from "preact/hooks";

import { api } from "../api/endpoints";
import type { Emergency } from "../api/types";
import { pick, t } from "../i18n";
import { emergencies } from "../live/live";
import { may } from "../shell/session";
import { showError } from "../ui/messages";

export function Emergencies() {
  const [chosen, setChosen] = useState("");
  if (!may("supervisor", "admin") || emergencies.value.length === 0) return null;
  const asked = emergencies.value.find((one) => one.id === chosen);
  return (
    <section class="emergencies" aria-label={t("emergency.title")}>
      <h2>{t("emergency.title")}</h2>
      {emergencies.value.map((one) => (
        <button type="button" key={one.id} class={one.on ? "emergency is-on" : "emergency"} aria-pressed={one.on} aria-expanded={one.id === chosen} data-testid={`emergency-${one.id}`} onClick={() => setChosen(one.id === chosen ? "" : one.id)}>
          {pick(one.name) || one.id}
          <span class={`badge ${one.on ? "tone-bad" : "tone-calm"}`}>{t(one.on ? "emergency.thrown" : "emergency.off")}</span>
        </button>
      ))}
      {asked && <Sure key={`${asked.id}-${asked.on}`} asked={asked} close={() => setChosen("")} />}
    </section>
  );
}

function Sure({ asked, close }: { asked: Emergency; close: () => void }) {
  const [note, setNote] = useState("");
  const [working, setWorking] = useState(false);
  const turn = async (event: Event) => {
    event.preventDefault();
    setWorking(true);
    try {
      await api.switchEmergency(asked.id, !asked.on, note.trim());
      close();
    } catch (error) {
      showError(error);
      setWorking(false);
    }
  };
  return (
    <form class="emergency-sure" onSubmit={(event) => void turn(event)}>
      <p>{t(asked.on ? "emergency.sure.off" : "emergency.sure.on")}</p>
      <input value={note} maxLength={200} placeholder={t("emergency.note")} aria-label={t("emergency.note")} data-testid="emergency-note" ref={(input) => input?.focus()} onInput={(event) => setNote(event.currentTarget.value)} />
      <button type="button" class="button" onClick={close}>
        {t("common.cancel")}
      </button>
      <button type="submit" class={asked.on ? "button primary" : "button danger"} disabled={working} data-testid="emergency-sure">
        {t(asked.on ? "emergency.back" : "emergency.throw")}
      </button>
    </form>
  );
}
