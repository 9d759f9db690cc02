import { useEffect, useState } from "preact/hooks";

import type { CallFilter } from "../api/endpoints";
import { pick, t } from "../i18n";
import { startOfDay } from "../i18n/format";
import { center, isAgent } from "../shell/session";
import { Icon } from "../ui/Icon";
import { Segments } from "../ui/parts";

export type Period = "today" | "week" | "month" | "all";

export interface FilterChoice {
  period: Period;
  queue: string;
  agent: string;
  outcome: string;
  ani: string;
}

export const EMPTY_CHOICE: FilterChoice = { period: "today", queue: "", agent: "", outcome: "", ani: "" };

const OUTCOMES = ["answered", "abandoned", "ivr", "voicemail", "transferred", "callback", "unreached", "cancelled", "cut", "refused"] as const;
const PERIODS: readonly Period[] = ["today", "week", "month", "all"];
const DAYS: Record<Period, number> = { today: 0, week: 6, month: 29, all: -1 };
const TYPING_MS = 300;

/** What the server is asked for. A period of n days begins at the local midnight n-1 days ago. */
export function toFilter(choice: FilterChoice, now: number = Date.now() / 1000): CallFilter {
  const days = DAYS[choice.period];
  const since = days < 0 ? undefined : startOfDay(startOfDay(now) - days * 86_400 + 7_200);
  return { queue: choice.queue, agent: choice.agent, outcome: choice.outcome, ani: choice.ani, since };
}

interface Props {
  choice: FilterChoice;
  change: (choice: FilterChoice) => void;
  refresh: () => void;
}

export function FilterBar({ choice, change, refresh }: Props) {
  const [number, setNumber] = useState(choice.ani);
  useEffect(() => setNumber(choice.ani), [choice.ani]);
  useEffect(() => {
    const timer = setTimeout(() => {
      const ani = number.replace(/[\s()-]/g, "");
      if (ani !== choice.ani) change({ ...choice, ani });
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [number]);
  const { queues = {}, agents = {} } = center.value ?? {};
  return (
    <div class="toolbar">
      <Segments
        label={t("calls.filter.period")}
        value={choice.period}
        options={PERIODS.map((value) => ({ value, text: t(`calls.period.${value}`) }))}
        choose={(period) => change({ ...choice, period })}
      />
      <label class="search">
        <Icon name="search" size={16} />
        <input type="search" inputMode="tel" aria-label={t("calls.filter.number")} placeholder={t("calls.filter.number.hint")} value={number} onInput={(event) => setNumber(event.currentTarget.value)} />
      </label>
      <Pick label={t("calls.queue")} value={choice.queue} options={Object.entries(queues).map(([id, queue]) => [id, pick(queue.name)])} choose={(queue) => change({ ...choice, queue })} />
      {!isAgent.value && (
        <Pick label={t("calls.agent")} value={choice.agent} options={Object.entries(agents).map(([id, agent]) => [id, pick(agent.name)])} choose={(agent) => change({ ...choice, agent })} />
      )}
      <Pick label={t("calls.outcome")} value={choice.outcome} options={OUTCOMES.map((outcome) => [outcome, t(`outcome.${outcome}`)])} choose={(outcome) => change({ ...choice, outcome })} />
      <span class="grow" />
      <button type="button" class="icon-button" aria-label={t("calls.refresh")} title={t("calls.refresh")} onClick={refresh}>
        <Icon name="refresh" />
      </button>
    </div>
  );
}

function Pick(props: { label: string; value: string; options: (readonly [string, string])[]; choose: (value: string) => void }) {
  return (
    <select class={props.value ? "pick chosen" : "pick"} aria-label={props.label} value={props.value} onChange={(event) => props.choose(event.currentTarget.value)}>
      <option value="">{`${props.label}: ${t("common.all")}`}</option>
      {props.options.map(([id, name]) => (
        <option key={id} value={id}>
          {name || id}
        </option>
      ))}
    </select>
  );
}
