import { t } from "../i18n";
import { Icon } from "./Icon";
import { dismiss, toasts } from "./messages";

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((one) => (
        <div key={one.id} class={`toast toast-${one.tone}`}>
          <Icon name={one.tone === "error" ? "alert" : one.tone === "good" ? "check" : "bell"} />
          <span>{one.text}</span>
          <button type="button" class="icon-button" aria-label={t("common.dismiss")} onClick={() => dismiss(one.id)}>
            <Icon name="close" size={14} />
          </button>
        </div>
      ))}
    </div>
  );
}
