import { language, LANGUAGES, OWN_NAMES, setLanguage, t } from "../i18n";

/** One press changes to the other language; its button is named in that language. */
export function LanguageSwitch({ class: cls = "" }: { class?: string }) {
  const at = LANGUAGES.indexOf(language.value);
  const other = LANGUAGES[(at + 1) % LANGUAGES.length] ?? "en";
  return (
    <button type="button" class={`quiet-button ${cls}`} lang={other} title={t("language.switch")} data-testid="language-switch" onClick={() => setLanguage(other)}>
      {OWN_NAMES[other]}
    </button>
  );
}
