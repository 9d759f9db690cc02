import type { CallRow } from "../api/types";
import { t } from "../i18n";
import { when } from "../i18n/format";
import { href } from "../shell/router";
import { Avatar, Panel } from "../ui/parts";
import { rowName } from "./people";

const MOST = 8;

/** The last people the agent talked to, each once. */
export function LastContacts({ rows }: { rows: readonly CallRow[] }) {
  const seen = new Map<string, CallRow>();
  for (const row of rows) {
    const person = row.customer_id !== null ? `c${row.customer_id}` : row.ani;
    if (!seen.has(person)) seen.set(person, row);
  }
  const people = [...seen.values()].slice(0, MOST);
  return (
    <Panel title={t("idle.contacts")} class="contacts">
      {people.length === 0 && <p class="faint pad">{t("idle.contacts.none")}</p>}
      <ul>
        {people.map((row) => (
          <li key={row.id}>
            <a href={row.customer_id !== null ? href("customers", row.customer_id) : href("calls", row.id)}>
              <Avatar name={rowName(row)} size="s" />
              <span class="contact">
                <span class="clip">{rowName(row)}</span>
                <span class="faint small num">{when(row.at)}</span>
              </span>
            </a>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
