import { useState } from "preact/hooks";

import { api, type CustomerChanges } from "../api/endpoints";
import type { Customer, CustomerLevel } from "../api/types";
import { LANGUAGES, t, tWord } from "../i18n";
import { showError, toast } from "../ui/messages";
import { Segments } from "../ui/parts";

const LEVELS: readonly CustomerLevel[] = ["normal", "gold", "vip"];

export function CustomerForm({ customer, saved, cancel }: { customer: Customer; saved: () => void; cancel: () => void }) {
  const [name, setName] = useState(customer.name);
  const [level, setLevel] = useState(customer.level);
  const [language, setLanguage] = useState(customer.language);
  const [note, setNote] = useState(customer.note);
  const [working, setWorking] = useState(false);

  const submit = async (event: Event) => {
    event.preventDefault();
    const changes: CustomerChanges = {};
    if (name !== customer.name) changes.name = name;
    if (level !== customer.level) changes.level = level;
    if (language && language !== customer.language) changes.language = language;
    if (note !== customer.note) changes.note = note;
    if (Object.keys(changes).length === 0) return cancel();
    setWorking(true);
    try {
      await api.changeCustomer(customer.id, changes);
      toast("good", t("common.saved"));
      saved();
    } catch (error) {
      showError(error);
      setWorking(false);
    }
  };

  return (
    <form class="customer-form" onSubmit={(event) => void submit(event)}>
      <label>
        <span class="field-label">{t("customers.name")}</span>
        <input value={name} required maxLength={200} onInput={(event) => setName(event.currentTarget.value)} />
      </label>
      <div>
        <span class="field-label">{t("customers.level")}</span>
        <Segments label={t("customers.level")} value={level} options={LEVELS.map((value) => ({ value, text: t(`level.${value}`) }))} choose={setLevel} />
      </div>
      <div>
        <span class="field-label">{t("customers.language")}</span>
        <Segments label={t("customers.language")} value={language} options={LANGUAGES.map((value) => ({ value: value as string, text: tWord("language", value) }))} choose={setLanguage} />
      </div>
      <label class="form-wide">
        <span class="field-label">{t("customers.note")}</span>
        <textarea rows={3} maxLength={4000} value={note} data-testid="customer-note" onInput={(event) => setNote(event.currentTarget.value)} />
      </label>
      <div class="form-buttons form-wide">
        <button type="submit" class="button primary" disabled={working} data-testid="customer-save">
          {t("common.save")}
        </button>
        <button type="button" class="button" onClick={cancel}>
          {t("common.cancel")}
        </button>
      </div>
    </form>
  );
}
