import { t } from "../i18n";
import { offered } from "./offered";
import { desk, dispatch } from "./store";

/** What came of the call: one of a few, by button or by its digit. */
export function Dispositions() {
  const choices = offered(desk.value);
  const chosen = desk.value.draft?.disposition;
  if (choices.length === 0) return null;
  return (
    <div class="dispositions">
      <span class="field-label" id="disposition-label">
        {t("desk.disposition")}
      </span>
      <div class="disposition-list" role="radiogroup" aria-labelledby="disposition-label">
        {choices.map((choice, index) => (
          <button
            type="button"
            key={choice.id}
            role="radio"
            aria-checked={choice.id === chosen}
            class={choice.resolved ? "disposition resolved" : "disposition"}
            data-testid={`disposition-${choice.id}`}
            onClick={() => dispatch({ type: "disposition", id: choice.id })}
          >
            {index < 9 && <kbd>{index + 1}</kbd>}
            <span>{choice.name}</span>
          </button>
        ))}
      </div>
    </div>
  );
}
