import { useState } from "preact/hooks";

import { t } from "../i18n";
import { notifyOn, setNotify, setSound, soundOn } from "./alerts";

/** How this computer tells of a call, and the desk's keys. */
export function AlertSettings() {
  const [denied, setDenied] = useState(false);
  return (
    <section class="panel alerts">
      <h2>{t("alerts.title")}</h2>
      <label class="switch">
        <input type="checkbox" checked={soundOn.value} onChange={(event) => setSound(event.currentTarget.checked)} />
        <span>{t("alerts.sound")}</span>
      </label>
      <label class="switch">
        <input
          type="checkbox"
          checked={notifyOn.value}
          onChange={(event) => {
            const box = event.currentTarget;
            void setNotify(box.checked).then((allowed) => {
              setDenied(!allowed);
              box.checked = notifyOn.value;
            });
          }}
        />
        <span>{t("alerts.notify")}</span>
      </label>
      {denied && <p class="faint small">{t("alerts.denied")}</p>}
      <h2>{t("desk.keys")}</h2>
      <dl class="keys">
        <Key keys="R" text={t("desk.key.ready")} />
        <Key keys="N" text={t("desk.key.note")} />
        <Key keys="1 – 9" text={t("desk.key.disposition")} />
        <Key keys="Alt H" text={t("desk.key.hangUp")} />
        <Key keys="Ctrl ↵" text={t("desk.key.done")} />
      </dl>
    </section>
  );
}

function Key({ keys, text }: { keys: string; text: string }) {
  return (
    <div>
      <dt>
        <kbd>{keys}</kbd>
      </dt>
      <dd>{text}</dd>
    </div>
  );
}
