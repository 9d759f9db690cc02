/** A name for a new flow; it begins as a small one that works. */

import { useState } from "preact/hooks";

import { api } from "../../api/endpoints";
import { language, t } from "../../i18n";
import { go } from "../../shell/router";
import { showError, toast } from "../../ui/messages";
import { messageOf } from "../words";

const ID = /^[a-z][a-z0-9_-]{0,39}$/;

const BEGINNING = (id: string, lang: string) => `version: 1
name: {zh-CN: ${id}, en: ${id}}
language: ${lang}
start: goodbye

nodes:
  goodbye:
    type: hangup
    say:
      zh-CN: 感谢您的来电，再见。
      en: Thank you for calling. Goodbye.
`;

export function NewFlow({ taken, close }: { taken: readonly string[]; close: () => void }) {
  const [id, setId] = useState("");
  const [working, setWorking] = useState(false);
  const wrong = id !== "" && !ID.test(id) ? t("flows.new.wrong") : taken.includes(id) ? t("flows.new.taken") : "";
  const make = async () => {
    setWorking(true);
    try {
      const answer = await api.saveFlow(id, BEGINNING(id, language.value), "");
      if (answer.saved) go("admin", `flow.${id}`);
      else toast("error", answer.problems[0] ? messageOf(answer.problems[0]) : "");
    } catch (error) {
      showError(error);
    } finally {
      setWorking(false);
    }
  };
  return (
    <form
      class="panel flow-new"
      onSubmit={(event) => {
        event.preventDefault();
        if (ID.test(id) && !wrong) void make();
      }}
    >
      <label>
        <span class="field-label">{t("flows.new.name")}</span>
        <input class="mono" value={id} placeholder="after-sales" data-testid="flow-new-id" ref={(input) => input?.focus()} onInput={(event) => setId(event.currentTarget.value.trim())} />
      </label>
      <span class={wrong ? "bad" : "faint"}>{wrong || t("flows.new.hint")}</span>
      <span class="grow" />
      <button type="button" class="button" onClick={close}>
        {t("common.cancel")}
      </button>
      <button type="submit" class="button primary" disabled={working || wrong !== "" || !ID.test(id)} data-testid="flow-new-make">
        {t("flows.new.make")}
      </button>
    </form>
  );
}
