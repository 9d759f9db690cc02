/** Callers of record who are owed a call; above them those whose place in line is kept. */

import { api } from "../api/endpoints";
import type { Callback } from "../api/types";
import { t, tWord } from "../i18n";
import { phoneNumber, spoken, when } from "../i18n/format";
import { now } from "../live/clock";
import { queueName } from "../shell/session";
import { FollowupList } from "./FollowupList";
import { InPlace } from "./InPlace";

const MINUTE = 60;

export function CallbacksPage() {
  return (
    <FollowupList<Callback>
      kind="callback"
      icon="callbacks"
      title={t("callbacks.title")}
      above={<InPlace />}
      none={{ title: t("callbacks.none"), hint: t("callbacks.none.hint") }}
      states={[
        { status: "open", text: t("callbacks.open"), button: t("callbacks.done") },
        { status: "done", text: t("callbacks.done"), button: t("common.reopen") },
      ]}
      load={async () => (await api.callbacks()).callbacks}
      set={(one, status) => api.setCallback(one.id, status)}
      under={(one) => when(one.at)}
      middle={(one) => (
        <>
          <span class="follow-number num">{phoneNumber(one.ani)}</span>
          {one.queue && <span class="badge tone-plain">{queueName(one.queue)}</span>}
          {one.status === "open" && <Due at={one.not_before ?? one.at} />}
          <span class="faint grow">{tWord("callbacks.why", one.why)}</span>
        </>
      )}
    />
  );
}

/** From when on the caller may be called; once that is past, for how long he has been waiting for it. */
function Due({ at }: { at: number }) {
  const minutes = Math.floor((now.value - at) / MINUTE);
  return minutes < 0 ? (
    <span class="badge tone-calm">{t("callbacks.later", { time: when(at) })}</span>
  ) : (
    <span class="badge tone-warm">{t("callbacks.due", { time: spoken(Math.max(1, minutes) * MINUTE) })}</span>
  );
}
