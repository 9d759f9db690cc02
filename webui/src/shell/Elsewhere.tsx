/** Stands over everything on a page whose agent went on at another place. */

import { api } from "../api/endpoints";
import { t } from "../i18n";
import { elsewhere } from "../live/live";
import { showError } from "../ui/messages";

export function Elsewhere() {
  if (!elsewhere.value) return null;
  return (
    <div class="elsewhere" role="alertdialog" aria-modal="true" aria-label={t("elsewhere.title")} data-testid="elsewhere">
      <section>
        <h2>{t("elsewhere.title")}</h2>
        <p>{t("elsewhere.text")}</p>
        <button type="button" class="button primary large" data-testid="work-here" onClick={() => void api.workHere().catch(showError)}>
          {t("elsewhere.here")}
        </button>
      </section>
    </div>
  );
}
