/** Small pieces used on every page. */

import type { ComponentChildren } from "preact";

import type { AgentState, CustomerLevel } from "../api/types";
import { t, tWord } from "../i18n";
import { clockTime, initials } from "../i18n/format";
import { now } from "../live/clock";
import { Icon, type IconName } from "./Icon";

/** Time since `at`, ticking. */
export function Since({ at, class: cls = "" }: { at: number; class?: string }) {
  return <span class={`num ${cls}`}>{clockTime(now.value - at)}</span>;
}

export function StateDot({ state }: { state: AgentState }) {
  return <span class={`dot is-${state}`} aria-hidden="true" />;
}

export function LevelBadge({ level }: { level: CustomerLevel }) {
  if (level === "normal") return null;
  return <span class={`level level-${level}`}>{t(`level.${level}`)}</span>;
}

const OUTCOME_TONE: Record<string, string> = {
  answered: "good",
  abandoned: "bad",
  cut: "bad",
  refused: "bad",
  transferred: "ok",
  voicemail: "violet",
  ivr: "calm",
  callback: "violet",
  unreached: "bad",
};

export function OutcomeBadge({ outcome }: { outcome: string | null }) {
  if (!outcome) return <span class="badge tone-info">{t("outcome.running")}</span>;
  return <span class={`badge tone-${OUTCOME_TONE[outcome] ?? "calm"}`}>{tWord("outcome", outcome)}</span>;
}

/** A stable hue for a person, so that the same one looks the same everywhere. */
function hue(text: string): number {
  let sum = 0;
  for (const char of text) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 6;
  return sum;
}

export function Avatar({ name, size = "m" }: { name: string; size?: "s" | "m" | "l" }) {
  return (
    <span class={`avatar avatar-${size} hue-${hue(name)}`} aria-hidden="true">
      {initials(name) || <Icon name="calls" size={size === "l" ? 24 : 15} />}
    </span>
  );
}

export function Empty({ icon, title, hint, children }: { icon: IconName; title: string; hint?: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={icon} size={24} />
      </span>
      <strong>{title}</strong>
      {hint && <p>{hint}</p>}
      {children}
    </div>
  );
}

export function Spinner() {
  return <span class="spinner" role="status" aria-label={t("common.loading")} />;
}

export function Panel({ title, side, children, class: cls = "" }: { title: string; side?: ComponentChildren; children: ComponentChildren; class?: string }) {
  return (
    <section class={`panel ${cls}`} aria-label={title}>
      <header class="panel-head">
        <h2>{title}</h2>
        {side}
      </header>
      <div class="panel-body">{children}</div>
    </section>
  );
}

export function Problem({ error, retry }: { error: string; retry: () => void }) {
  return (
    <div class="empty" role="alert">
      <span class="empty-icon bad">
        <Icon name="alert" size={24} />
      </span>
      <strong>{error}</strong>
      <button type="button" class="button" onClick={retry}>
        {t("error.retry")}
      </button>
    </div>
  );
}

/** A choice of a few, all in sight. */
export function Segments<T extends string>(props: {
  label: string;
  value: T;
  options: readonly { value: T; text: string }[];
  choose: (value: T) => void;
}) {
  return (
    <div class="segments" role="group" aria-label={props.label}>
      {props.options.map((option) => (
        <button type="button" key={option.value} aria-pressed={option.value === props.value} onClick={() => props.choose(option.value)}>
          {option.text}
        </button>
      ))}
    </div>
  );
}
