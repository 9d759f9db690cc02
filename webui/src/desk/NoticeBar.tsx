import { useEffect } from "preact/hooks";

import { t } from "../i18n";
import { Icon } from "../ui/Icon";
import { desk, dispatch } from "./store";

/** What a colleague took over asks for nothing: it goes by itself. */
const PASSING_MS = 6000;

/** Says why a call that was announced is no longer there. */
export function NoticeBar() {
  const notice = desk.value.notice;
  useEffect(() => {
    if (notice?.kind !== "colleague") return;
    const timer = setTimeout(() => dispatch({ type: "dismiss_notice" }), PASSING_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  if (!notice) return null;
  const caller = notice.caller.replace(/\s+/g, " ").slice(0, 80);
  return (
    <div class={`notice notice-${notice.kind}`} role="status" data-testid="notice">
      <Icon name={notice.kind === "not_answered" ? "alert" : "calls"} size={17} />
      <span>{t(`desk.notice.${notice.kind}`, { caller })}</span>
      <button type="button" class="link" onClick={() => dispatch({ type: "dismiss_notice" })}>
        {t("common.dismiss")}
      </button>
    </div>
  );
}
