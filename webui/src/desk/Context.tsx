/** What is known before the first word: the caller's way through the menus, what they entered, the customer on file. */

import type { Customer, PathStep, Pop } from "../api/types";
import { pick, t } from "../i18n";
import { date, labelOr, phoneNumber } from "../i18n/format";
import { href } from "../shell/router";
import { Clamp } from "../ui/Clamp";
import { Icon } from "../ui/Icon";
import { SaidList } from "../ui/SaidList";

export function Context({ pop }: { pop: Pop }) {
  const collected = Object.entries(pop.collected);
  return (
    <div class="context panel">
      <section>
        <h2>{t("desk.path")}</h2>
        <Path steps={pop.path} />
      </section>
      {collected.length > 0 && (
        <section>
          <h2>{t("desk.collected")}</h2>
          <dl class="pairs" data-testid="pop-collected">
            {collected.map(([name, value]) => (
              <div key={name}>
                <dt title={name}>{labelOr(pop.labels[name], name)}</dt>
                <dd>
                  <Clamp text={value === null ? "" : String(value)} lines={2} quiet />
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {pop.recorded.length > 0 && (
        <section>
          <h2>{t("desk.recorded")}</h2>
          <SaidList call={pop.call_id} said={pop.recorded} small />
        </section>
      )}
      <section>
        <h2>{t("desk.customer")}</h2>
        {pop.customer ? <OnFile customer={pop.customer} /> : <p class="faint">{t("desk.customer.unknown")}</p>}
      </section>
    </div>
  );
}

function Path({ steps }: { steps: readonly PathStep[] }) {
  if (steps.length === 0) {
    return (
      <p class="faint" data-testid="pop-path">
        {t("desk.path.none")}
      </p>
    );
  }
  return (
    <ol class="path" data-testid="pop-path">
      {steps.map((step, index) => (
        <li key={index}>
          <kbd>{step.key}</kbd>
          <span>{pick(step.label) || step.node}</span>
        </li>
      ))}
    </ol>
  );
}

function OnFile({ customer }: { customer: Customer }) {
  return (
    <div class="on-file">
      {customer.note && (
        <div class="standing-note">
          <Icon name="note" size={15} />
          <Clamp text={customer.note} lines={4} />
        </div>
      )}
      <dl class="pairs">
        {customer.numbers.length > 0 && (
          <div>
            <dt>{t("desk.numbers")}</dt>
            <dd class="num">
              {customer.numbers.slice(0, 3).map((number) => (
                <span class="block" key={number}>
                  {phoneNumber(number)}
                </span>
              ))}
            </dd>
          </div>
        )}
        <div>
          <dt>{t("customers.since")}</dt>
          <dd>{date(customer.since)}</dd>
        </div>
      </dl>
      <a class="link" href={href("customers", customer.id)}>
        {t("desk.customer.open")}
      </a>
    </div>
  );
}
