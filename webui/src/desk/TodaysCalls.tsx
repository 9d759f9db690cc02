import type { CallRow } from "../api/types";
import { t } from "../i18n";
import { clockTime, phoneNumber, timeOfDay } from "../i18n/format";
import { dispositionName, queueName } from "../shell/session";
import { go } from "../shell/router";
import { Empty, OutcomeBadge, Panel } from "../ui/parts";
import { rowName } from "./people";

export function TodaysCalls({ rows }: { rows: readonly CallRow[] }) {
  return (
    <Panel title={t("idle.calls")} class="todays-calls" side={rows.length > 0 && <span class="tally num">{rows.length}</span>}>
      {rows.length === 0 ? (
        <Empty icon="calls" title={t("idle.calls.none")} hint={t("idle.calls.none.hint")} />
      ) : (
        <ul class="call-list">
          {rows.map((row) => (
            <li key={row.id}>
              <button type="button" onClick={() => go("calls", row.id)}>
                <time class="num faint">{timeOfDay(row.at)}</time>
                <span class="call-who">
                  <span class="clip strong">{rowName(row)}</span>
                  <span class="clip faint small">{[queueName(row.queue), phoneNumber(row.ani)].filter(Boolean).join(" · ")}</span>
                </span>
                <span class="call-result">
                  {row.disposition ? <span class="badge tone-plain">{dispositionName(row.disposition)}</span> : <OutcomeBadge outcome={row.outcome} />}
                  {row.note && <span class="clip faint small">{row.note}</span>}
                </span>
                <span class="num call-talk">{clockTime(row.talk_seconds)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
