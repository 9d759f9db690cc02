import { t } from "../i18n";
import { Icon } from "../ui/Icon";
import { desk, saveNote, typeNote } from "./store";

/** Saved while it is typed: closing the page loses nothing. */
export function NoteField() {
  const draft = desk.value.draft;
  return (
    <div class="note-field">
      <label for="note">
        {t("desk.note")}
        <kbd>N</kbd>
        <span class="grow" />
        {draft && draft.note !== "" && (
          <span class="note-state" role="status">
            {!draft.dirty && <Icon name="check" size={13} />}
            {t(draft.dirty ? "desk.note.saving" : "desk.note.saved")}
          </span>
        )}
      </label>
      <textarea
        id="note"
        maxLength={4000}
        data-testid="note"
        placeholder={t("desk.note.placeholder")}
        value={draft?.note ?? ""}
        disabled={!draft}
        onInput={(event) => typeNote(event.currentTarget.value)}
        onBlur={() => void saveNote()}
      />
    </div>
  );
}
