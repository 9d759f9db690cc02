/** The agent's side of the call: its clock, the note, what came of it, and the buttons that move it on. */

import { t } from "../i18n";
import { clockTime } from "../i18n/format";
import { now } from "../live/clock";
import { Icon } from "../ui/Icon";
import { Dispositions } from "./Dispositions";
import { NoteField } from "./NoteField";
import { busy, desk, hangUp } from "./store";
import { WrapUpFoot, WrapUpHead } from "./WrapUp";

export function TalkPanel() {
  const { phase } = desk.value;
  return (
    <section class={`talk panel phase-${phase}`} aria-label={t("desk.note")}>
      {phase === "incoming" && <RingingHead />}
      {phase === "talking" && <TalkingHead />}
      {phase === "wrap_up" && <WrapUpHead />}
      <NoteField />
      {phase !== "incoming" && <Dispositions />}
      {phase === "wrap_up" && <WrapUpFoot />}
    </section>
  );
}

function RingingHead() {
  const { agent, pop } = desk.value;
  const ringing = agent?.state === "ringing";
  const dialing = !ringing && pop?.callback;
  return (
    <div class="talk-head ringing">
      <span class="ring-icon">
        <Icon name="calls" size={24} />
      </span>
      <div>
        <strong>{t(ringing ? "desk.ringing" : dialing ? "desk.dialing" : "desk.coming")}</strong>
        <p>{agent && t(dialing ? "desk.dialingHint" : "desk.answerHint", { extension: agent.extension })}</p>
      </div>
    </div>
  );
}

function TalkingHead() {
  const { agent, pop } = desk.value;
  const start = pop?.answered_at ?? agent?.since ?? now.value;
  return (
    <div class="talk-head talking">
      <div>
        <span class="talk-label">
          <span class="dot is-talking" aria-hidden="true" />
          {t("desk.talking")}
        </span>
        <span class="talk-clock num" role="timer" data-testid="talk-timer">
          {clockTime(now.value - start)}
        </span>
      </div>
      <button type="button" class="button hang-up" disabled={busy.value !== ""} title="Alt+H" data-testid="hang-up" onClick={() => void hangUp()}>
        <Icon name="hangup" size={20} />
        {t("desk.hangUp")}
      </button>
    </div>
  );
}
