import type { CallRow } from "../api/types";
import { rowName } from "../desk/people";
import { t } from "../i18n";
import { clockTime, phoneNumber, when } from "../i18n/format";
import { agentName, dispositionName, queueName } from "../shell/session";
import { Icon } from "../ui/Icon";
import { OutcomeBadge } from "../ui/parts";

interface Props {
  rows: readonly CallRow[];
  opened: string;
  open: (id: string) => void;
  /** A drawer stands beside: the columns that it repeats are left out. */
  narrow: boolean;
}

export function CallTable({ rows, opened, open, narrow }: Props) {
  return (
    <table class={narrow ? "table narrow" : "table"}>
      <thead>
        <tr>
          <th>{t("calls.when")}</th>
          <th>{t("calls.caller")}</th>
          <th>{t("calls.queue")}</th>
          <th class="wide-only">{t("calls.agent")}</th>
          <th>{t("calls.outcome")}</th>
          <th class="wide-only">{t("calls.note")}</th>
          <th class="right wide-only">{t("calls.wait")}</th>
          <th class="right">{t("calls.talk")}</th>
          <th class="wide-only" aria-label={t("calls.recording")} />
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.id} row={row} opened={row.id === opened} open={() => open(row.id)} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row, opened, open }: { row: CallRow; opened: boolean; open: () => void }) {
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      open();
    }
    const step = event.key === "ArrowDown" ? "nextElementSibling" : event.key === "ArrowUp" ? "previousElementSibling" : null;
    if (step) {
      event.preventDefault();
      ((event.currentTarget as HTMLElement)[step] as HTMLElement | null)?.focus();
    }
  };
  return (
    <tr tabIndex={0} aria-selected={opened} data-testid="call-row" data-call={row.id} onClick={open} onKeyDown={keys}>
      <td class="num nowrap">{when(row.at)}</td>
      <td class="cell-who">
        <span class="clip strong">{rowName(row)}</span>
        {(row.customer_name || row.caller_name) && <span class="clip faint small num">{phoneNumber(row.ani)}</span>}
      </td>
      <td>
        <span class="clip">{queueName(row.queue) || <span class="faint">–</span>}</span>
      </td>
      <td class="wide-only">
        <span class="clip">{agentName(row.agent) || <span class="faint">–</span>}</span>
      </td>
      <td class="nowrap">
        <OutcomeBadge outcome={row.outcome} />
      </td>
      <td class="cell-note wide-only">
        {row.disposition && <span class="strong">{dispositionName(row.disposition)}</span>}
        {row.note && <span class="clip faint">{row.note}</span>}
      </td>
      <td class="num right wide-only">{clockTime(row.wait_seconds)}</td>
      <td class="num right">{clockTime(row.talk_seconds)}</td>
      <td class="wide-only faint">{row.has_recording && <Icon name="play" size={14} />}</td>
    </tr>
  );
}
