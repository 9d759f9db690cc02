import { useState } from "preact/hooks";

import { api } from "../api/endpoints";
import type { Customer } from "../api/types";
import { t, tWord } from "../i18n";
import { date, phoneNumber } from "../i18n/format";
import { may, user } from "../shell/session";
import { Clamp } from "../ui/Clamp";
import { Icon } from "../ui/Icon";
import { Avatar, Empty, LevelBadge, Problem, Spinner } from "../ui/parts";
import { Timeline } from "../ui/Timeline";
import { useLoad } from "../ui/useLoad";
import { CustomerForm } from "./CustomerForm";

export function CustomerDetail({ id, changed }: { id: number; changed: () => void }) {
  const loaded = useLoad(() => api.customer(id), [id]);
  const [editing, setEditing] = useState(false);
  if (loaded.error) {
    return (
      <section class="panel">
        <Problem error={loaded.error} retry={loaded.reload} />
      </section>
    );
  }
  if (!loaded.value) {
    return (
      <section class="panel curtain">
        <Spinner />
      </section>
    );
  }
  const { customer, timeline } = loaded.value;
  const saved = () => {
    setEditing(false);
    loaded.reload();
    changed();
  };
  return (
    <section class="panel customer-detail" aria-label={customer.name} data-testid="customer-detail">
      <header class="customer-head">
        <Avatar name={customer.name} size="l" />
        <div class="grow shrink">
          <div class="caller-line">
            <Clamp text={customer.name} class="caller-name" />
            <LevelBadge level={customer.level} />
          </div>
          <p class="caller-sub">
            {customer.numbers.map((number) => (
              <span class="num" key={number}>
                {phoneNumber(number)}
              </span>
            ))}
          </p>
        </div>
        {may("agent", "supervisor", "admin") && !editing && (
          <button type="button" class="button" data-testid="customer-edit" onClick={() => setEditing(true)}>
            <Icon name="edit" size={16} />
            {t("common.edit")}
          </button>
        )}
      </header>
      {editing ? <CustomerForm customer={customer} saved={saved} cancel={() => setEditing(false)} /> : <Facts customer={customer} />}
      <h3 class="section-title">{t("customers.contacts")}</h3>
      {timeline.length > 0 ? (
        <Timeline entries={timeline} mayListen={(entry) => may("supervisor", "inspector", "admin") || entry.agent === user.value?.agent_id} />
      ) : (
        <Empty icon="note" title={t("customers.contacts.none")} />
      )}
    </section>
  );
}

function Facts({ customer }: { customer: Customer }) {
  return (
    <dl class="customer-facts">
      <div>
        <dt>{t("customers.level")}</dt>
        <dd>{t(`level.${customer.level}`)}</dd>
      </div>
      <div>
        <dt>{t("customers.language")}</dt>
        <dd>{customer.language ? tWord("language", customer.language) : "–"}</dd>
      </div>
      <div>
        <dt>{t("customers.since")}</dt>
        <dd>{date(customer.since)}</dd>
      </div>
      <div class="fact-note">
        <dt>{t("customers.note")}</dt>
        <dd>{customer.note ? <Clamp text={customer.note} lines={4} /> : <span class="faint">{t("customers.note.none")}</span>}</dd>
      </div>
    </dl>
  );
}
