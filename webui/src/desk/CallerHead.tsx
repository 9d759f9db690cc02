import type { Pop } from "../api/types";
import { pick, t, tWord } from "../i18n";
import { phoneNumber, spoken } from "../i18n/format";
import { Clamp } from "../ui/Clamp";
import { Avatar, LevelBadge } from "../ui/parts";
import { callerName, callerNumber } from "./people";
import type { Phase } from "./reducer";

/** Who calls, and through which door. */
export function CallerHead({ pop, phase }: { pop: Pop; phase: Phase }) {
  const name = callerName(pop);
  const language = pop.language || pop.customer?.language;
  return (
    <header class={`caller phase-${phase}`}>
      <Avatar name={name} size="l" />
      <div class="caller-who">
        <div class="caller-line">
          <Clamp text={name} class="caller-name" testid="pop-caller-name" />
          {pop.customer && <LevelBadge level={pop.customer.level} />}
          {pop.callback && (
            <span class="badge tone-warm" data-testid="pop-callback">
              {t("desk.callback")}
            </span>
          )}
        </div>
        <div class="caller-sub">
          <span class="num caller-number" data-testid="pop-number">
            {callerNumber(pop)}
          </span>
          {pick(pop.caller.region) && <span>{pick(pop.caller.region)}</span>}
          {language && <span>{tWord("language", language)}</span>}
        </div>
      </div>
      <dl class="caller-facts">
        <div>
          <dt>{t("desk.queue")}</dt>
          <dd data-testid="pop-queue">{pick(pop.queue.name) || pop.queue.id}</dd>
        </div>
        {pop.did?.number && (
          <div>
            <dt>{t("desk.called")}</dt>
            <dd data-testid="pop-did">
              {pick(pop.did.name) || phoneNumber(pop.did.number)}
              {pick(pop.did.name) && <small class="num">{phoneNumber(pop.did.number)}</small>}
            </dd>
          </div>
        )}
        <div>
          <dt>{t("desk.waited")}</dt>
          <dd class="num" data-testid="pop-waited">
            {spoken(pop.waited_seconds)}
          </dd>
        </div>
      </dl>
    </header>
  );
}
