/** Messages that callers left. */

import { api } from "../api/endpoints";
import type { Voicemail } from "../api/types";
import { t, tWord } from "../i18n";
import { clockTime, phoneNumber, when } from "../i18n/format";
import { Player } from "../ui/Player";
import { FollowupList } from "./FollowupList";

export function VoicemailsPage() {
  return (
    <FollowupList<Voicemail>
      kind="voicemail"
      icon="voicemails"
      title={t("voicemails.title")}
      none={{ title: t("voicemails.none"), hint: t("voicemails.none.hint") }}
      states={[
        { status: "new", text: t("voicemails.new"), button: t("common.done") },
        { status: "done", text: t("voicemails.done"), button: t("common.reopen") },
      ]}
      load={async () => (await api.voicemails()).voicemails}
      set={(one, status) => api.setVoicemail(one.id, status)}
      under={under}
      middle={(one) => (
        <>
          <span class="badge tone-plain">{one.box}</span>
          <Player src={api.voicemailAddress(one.id)} length={one.seconds} />
          <span class="unseen">{clockTime(one.seconds)}</span>
        </>
      )}
    />
  );
}

/** The number (where a name stands above it), the time and the language. */
function under(one: Voicemail): string {
  const language = one.language ? tWord("language", one.language) : "";
  return [one.customer_name ? phoneNumber(one.ani) : "", when(one.at), language].filter(Boolean).join(" · ");
}
