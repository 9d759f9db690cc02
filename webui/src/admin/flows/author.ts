import { t } from "../../i18n";

/** Who brought a version into force, in words. */
export function author(by: string): string {
  return by === "file" || by === "" ? t("flows.byFile") : t("flows.by", { name: by });
}
