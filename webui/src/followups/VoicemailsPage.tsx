/** Messages that callers left. */

import { useState } from "preact/hooks";

import { api } from "../api/endpoints";
import type { Voicemail } from "../api/types";
import { t, tWord } from "../i18n";
import { clockTime, phoneNumber, when } from "../i18n/format";
import { href } from "../shell/router";
import { Icon } from "../ui/Icon";
import { showError } from "../ui/messages";
import { Avatar, Empty, Problem, Segments, Spinner } from "../ui/parts";
import { Player } from "../ui/Player";
import { useLoad } from "../ui/useLoad";

type Status = Voicemail["status"];

export function VoicemailsPage() {
  const [status, setStatus] = useState<Status>("new");
  const loaded = useLoad(() => api.voicemails(), []);
  const all = loaded.value?.voicemails ?? [];
  const count = (which: Status) => all.filter((one) => one.status === which).length;
  const shown = all.filter((one) => one.status === status);
  const set = (one: Voicemail, next: Status) => void api.setVoicemail(one.id, next).then(loaded.reload, showError);
  return (
    <div class="page">
      <div class="page-main">
        <div class="toolbar">
          <Segments
            label={t("voicemails.title")}
            value={status}
            options={(["new", "done"] as const).map((value) => ({ value, text: `${t(`voicemails.${value}`)}  ${count(value)}` }))}
            choose={setStatus}
          />
        </div>
        {loaded.error ? (
          <Problem error={loaded.error} retry={loaded.reload} />
        ) : !loaded.value ? (
          <div class="curtain">
            <Spinner />
          </div>
        ) : shown.length === 0 ? (
          <Empty icon="voicemails" title={t("voicemails.none")} hint={t("voicemails.none.hint")} />
        ) : (
          <ul class="follow-list">
            {shown.map((one) => (
              <Row key={one.id} one={one} set={set} />
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

function Row({ one, set }: { one: Voicemail; set: (one: Voicemail, next: Status) => void }) {
  const name = one.customer_name || phoneNumber(one.ani) || t("common.withheld");
  return (
    <li class="follow" data-testid="voicemail-row">
      <Avatar name={name} />
      <div class="follow-who">
        <span class="clip strong">{name}</span>
        <span class="faint small num">{[one.customer_name ? phoneNumber(one.ani) : "", when(one.at), one.language ? tWord("language", one.language) : ""].filter(Boolean).join(" · ")}</span>
      </div>
      <span class="badge tone-plain">{one.box}</span>
      <Player src={api.voicemailAddress(one.id)} length={one.seconds} />
      <span class="unseen">{clockTime(one.seconds)}</span>
      <a class="link" href={href("calls", one.call_id)}>
        {t("callbacks.openCall")}
      </a>
      <button type="button" class="button" data-testid={`voicemail-done-${one.id}`} onClick={() => set(one, one.status === "new" ? "done" : "new")}>
        {one.status === "new" && <Icon name="check" size={16} />}
        {t(one.status === "new" ? "common.done" : "common.reopen")}
      </button>
    </li>
  );
}
