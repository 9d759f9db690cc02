/** All calls, newest first, filtered; one opened beside the list. */

import { useEffect, useState } from "preact/hooks";

import { api, type CallFilter } from "../api/endpoints";
import type { CallRow } from "../api/types";
import { t } from "../i18n";
import { go, route } from "../shell/router";
import { showError } from "../ui/messages";
import { Empty, Problem, Spinner } from "../ui/parts";
import { useLoad } from "../ui/useLoad";
import { CallDrawer } from "./CallDrawer";
import { CallTable } from "./CallTable";
import { EMPTY_CHOICE, FilterBar, toFilter, type FilterChoice } from "./FilterBar";

const PAGE = 50;

export function CallsPage() {
  const [choice, setChoice] = useState<FilterChoice>(EMPTY_CHOICE);
  const filter = toFilter(choice);
  const first = useLoad(() => api.calls({ ...filter, limit: PAGE }), [JSON.stringify(choice)]);
  const { rows, more, loadMore } = useFurther(first.value, filter);
  const opened = route.value.item;
  return (
    <div class={opened ? "page with-drawer" : "page"}>
      <div class="page-main">
        <FilterBar choice={choice} change={setChoice} refresh={first.reload} />
        {first.error ? (
          <Problem error={first.error} retry={first.reload} />
        ) : !first.value ? (
          <div class="curtain">
            <Spinner />
          </div>
        ) : rows.length === 0 ? (
          <Empty icon="calls" title={t("calls.none")} hint={t("calls.none.hint")}>
            <button type="button" class="button" onClick={() => setChoice({ ...EMPTY_CHOICE, period: "all" })}>
              {t("calls.clear")}
            </button>
          </Empty>
        ) : (
          <div class="table-box">
            <CallTable rows={rows} opened={opened} open={(id) => go("calls", id === opened ? "" : id)} narrow={opened !== ""} />
            {more && (
              <button type="button" class="button load-more" onClick={loadMore}>
                {t("common.loadMore")}
              </button>
            )}
          </div>
        )}
      </div>
      {opened && <CallDrawer id={opened} close={() => go("calls")} />}
    </div>
  );
}

interface Batch {
  calls: CallRow[];
  next: string | null;
}

/** The first page with those loaded after it; a new first page begins anew. */
function useFurther(first: Batch | null, filter: CallFilter): { rows: CallRow[]; more: boolean; loadMore: () => void } {
  const [further, setFurther] = useState<Batch[]>([]);
  useEffect(() => setFurther([]), [first]);
  const batches = first ? [first, ...further] : [];
  const next = batches.at(-1)?.next ?? "";
  return {
    rows: batches.flatMap((batch) => batch.calls),
    more: next !== "",
    loadMore: () => {
      if (next) void api.calls({ ...filter, before: next, limit: PAGE }).then((batch) => setFurther((former) => [...former, batch]), showError);
    },
  };
}
