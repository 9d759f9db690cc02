/** Wrap-up: how long is left, a little more when needed, and the way on. */

import { useEffect } from "preact/hooks";

import { t } from "../i18n";
import { clockTime } from "../i18n/format";
import { now } from "../live/clock";
import { Icon } from "../ui/Icon";
import { offered } from "./offered";
import { busy, desk, extendWrapUp, finishWrapUp } from "./store";

const RADIUS = 25;
const AROUND = 2 * Math.PI * RADIUS;
/** With so little left, what was chosen is sent rather than lost. */
const LAST_SECONDS = 1.2;
const HURRY_SECONDS = 10;

export function WrapUpHead() {
  const agent = desk.value.agent;
  const until = agent?.until ?? null;
  // The page's clock ticks once a second: at first it may show a moment before wrap-up began.
  const left = until === null ? null : Math.min(until - now.value, until - (agent?.since ?? 0));
  const chosen = desk.value.draft?.disposition;
  useEffect(() => {
    if (left !== null && left > 0 && left <= LAST_SECONDS && chosen) void finishWrapUp();
  }, [left, chosen]);
  const whole = agent && until !== null ? Math.max(1, until - agent.since) : 1;
  const share = left === null ? 1 : Math.max(0, Math.min(1, left / whole));
  const hurry = left !== null && left <= HURRY_SECONDS;
  return (
    <div class={hurry ? "talk-head wrap-up hurry" : "talk-head wrap-up"}>
      <span class="countdown" data-testid="wrap-up-timer">
        <svg viewBox="0 0 60 60" width="60" height="60" aria-hidden="true">
          <circle class="countdown-track" cx="30" cy="30" r={RADIUS} />
          <circle class="countdown-left" cx="30" cy="30" r={RADIUS} stroke-dasharray={AROUND} stroke-dashoffset={AROUND * (1 - share)} />
        </svg>
        <span class="num" role="timer">
          {left === null ? "∞" : clockTime(Math.ceil(left))}
        </span>
      </span>
      <div class="grow">
        <strong>{t("desk.wrapUp")}</strong>
        <p>{chosen ? "" : t("desk.wrapUp.choose")}</p>
      </div>
      {until !== null && (
        <button
          type="button"
          class="button"
          data-testid="wrap-up-extend"
          title={t("desk.wrapUp.extend.label", { left: agent?.wrap_up_extensions_left ?? 0 })}
          aria-label={t("desk.wrapUp.extend.label", { left: agent?.wrap_up_extensions_left ?? 0 })}
          disabled={busy.value !== "" || !agent?.wrap_up_extensions_left}
          onClick={() => void extendWrapUp()}
        >
          {t("desk.wrapUp.extend", { seconds: agent?.wrap_up_extend_seconds ?? 0 })}
        </button>
      )}
    </div>
  );
}

export function WrapUpFoot() {
  const state = desk.value;
  const next = state.agent?.next_state;
  const missing = offered(state).length > 0 && !state.draft?.disposition;
  const text = next === "not_ready" ? t("desk.wrapUp.finishNotReady") : next === "signed_out" ? t("desk.wrapUp.finishSignedOut") : t("desk.wrapUp.finish");
  return (
    <button type="button" class="button primary large finish" data-testid="wrap-up-done" disabled={missing || busy.value !== ""} onClick={() => void finishWrapUp()}>
      <Icon name="check" />
      {text}
      <kbd>Ctrl ↵</kbd>
    </button>
  );
}
