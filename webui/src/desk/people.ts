/** How a caller is called on screen. */

import type { CallRow, Pop } from "../api/types";
import { t } from "../i18n";
import { phoneNumber } from "../i18n/format";

/** The name on file, else what the network told, else that we know none. Shown as it came, line breaks and all. */
export function callerName(pop: Pop): string {
  return pop.customer?.name || pop.caller.name || t("common.unknownCaller");
}

export function callerNumber(pop: Pop): string {
  return phoneNumber(pop.caller.display_number || pop.caller.ani) || t("common.withheld");
}

export function rowName(row: CallRow): string {
  return row.customer_name || row.caller_name || phoneNumber(row.ani) || t("common.withheld");
}
