/** Callers of record who are owed a call. */

import { api } from "../api/endpoints";
import type { Callback } from "../api/types";
import { t, tWord } from "../i18n";
import { phoneNumber, when } from "../i18n/format";
import { queueName } from "../shell/session";
import { FollowupList } from "./FollowupList";

export function CallbacksPage() {
  return (
    <FollowupList<Callback>
      kind="callback"
      icon="callbacks"
      title={t("callbacks.title")}
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
          {one.not_before !== null && (
            <span class="badge tone-busy">{t("callbacks.not_before", { time: when(one.not_before) })}</span>
          )}
          <span class="faint grow">{tWord("callbacks.why", one.why)}</span>
        </>
      )}
    />
  );
}
