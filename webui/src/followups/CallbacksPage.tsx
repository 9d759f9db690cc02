/** Callers of record who are owed a call. */

import { useState } from "preact/hooks";

import { api } from "../api/endpoints";
import type { Callback } from "../api/types";
import { t, tWord } from "../i18n";
import { phoneNumber, when } from "../i18n/format";
import { queueName } from "../shell/session";
import { href } from "../shell/router";
import { Icon } from "../ui/Icon";
import { showError } from "../ui/messages";
import { Avatar, Empty, Problem, Segments, Spinner } from "../ui/parts";
import { useLoad } from "../ui/useLoad";

type Status = Callback["status"];

export function CallbacksPage() {
  const [status, setStatus] = useState<Status>("open");
  const loaded = useLoad(() => api.callbacks(), []);
  const all = loaded.value?.callbacks ?? [];
  const count = (which: Status) => all.filter((one) => one.status === which).length;
  const shown = all.filter((one) => one.status === status);
  const set = (one: Callback, next: Status) => void api.setCallback(one.id, next).then(loaded.reload, showError);
  return (
    <div class="page">
      <div class="page-main">
        <div class="toolbar">
          <Segments
            label={t("callbacks.title")}
            value={status}
            options={(["open", "done"] as const).map((value) => ({ value, text: `${t(`callbacks.${value}`)}  ${count(value)}` }))}
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
          <Empty icon="callbacks" title={t("callbacks.none")} hint={t("callbacks.none.hint")} />
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

function Row({ one, set }: { one: Callback; set: (one: Callback, next: Status) => void }) {
  const name = one.customer_name || phoneNumber(one.ani) || t("common.withheld");
  return (
    <li class="follow" data-testid="callback-row">
      <Avatar name={name} />
      <div class="follow-who">
        <span class="clip strong">{name}</span>
        <span class="faint small num">{when(one.at)}</span>
      </div>
      <span class="follow-number num">{phoneNumber(one.ani)}</span>
      {one.queue && <span class="badge tone-plain">{queueName(one.queue)}</span>}
      <span class="faint grow">{tWord("callbacks.why", one.why)}</span>
      <a class="link" href={href("calls", one.call_id)}>
        {t("callbacks.openCall")}
      </a>
      <button type="button" class="button" data-testid={`callback-done-${one.id}`} onClick={() => set(one, one.status === "open" ? "done" : "open")}>
        {one.status === "open" && <Icon name="check" size={16} />}
        {t(one.status === "open" ? "callbacks.done" : "common.reopen")}
      </button>
    </li>
  );
}
