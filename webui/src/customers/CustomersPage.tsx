/** Search on the left, the person on the right. */

import { useEffect, useState } from "preact/hooks";

import { api } from "../api/endpoints";
import type { Customer } from "../api/types";
import { t } from "../i18n";
import { phoneNumber } from "../i18n/format";
import { go, route } from "../shell/router";
import { Icon } from "../ui/Icon";
import { Avatar, Empty, LevelBadge, Problem, Spinner } from "../ui/parts";
import { useLoad } from "../ui/useLoad";
import { CustomerDetail } from "./CustomerDetail";

const TYPING_MS = 250;

export function CustomersPage() {
  const [typed, setTyped] = useState("");
  const [q, setQ] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setQ(typed.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const found = useLoad(() => api.customers(q), [q]);
  const opened = Number(route.value.item) || null;
  return (
    <div class="customers">
      <section class="panel customer-list" aria-label={t("customers.title")}>
        <label class="search wide">
          <Icon name="search" size={16} />
          <input type="search" aria-label={t("customers.search")} placeholder={t("customers.search")} value={typed} data-testid="customer-search" onInput={(event) => setTyped(event.currentTarget.value)} />
        </label>
        {found.error ? (
          <Problem error={found.error} retry={found.reload} />
        ) : !found.value ? (
          <div class="curtain">
            <Spinner />
          </div>
        ) : found.value.customers.length === 0 ? (
          <Empty icon="customers" title={t("customers.none")} hint={t("customers.none.hint")} />
        ) : (
          <ul>
            {found.value.customers.map((customer) => (
              <Item key={customer.id} customer={customer} opened={customer.id === opened} />
            ))}
          </ul>
        )}
      </section>
      {opened ? (
        <CustomerDetail key={opened} id={opened} changed={found.reload} />
      ) : (
        <section class="panel">
          <Empty icon="customers" title={t("customers.pick")} hint={t("customers.pick.hint")} />
        </section>
      )}
    </div>
  );
}

function Item({ customer, opened }: { customer: Customer; opened: boolean }) {
  return (
    <li>
      <button type="button" aria-current={opened} data-testid="customer-row" onClick={() => go("customers", customer.id)}>
        <Avatar name={customer.name} size="s" />
        <span class="contact">
          <span class="clip strong">{customer.name}</span>
          <span class="clip faint small num">{phoneNumber(customer.numbers[0])}</span>
        </span>
        <LevelBadge level={customer.level} />
      </button>
    </li>
  );
}
