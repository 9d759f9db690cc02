import { useState } from "preact/hooks";

import type { AgentBrief, AgentState } from "../api/types";
import { t } from "../i18n";
import { AgentCard } from "./AgentCard";
import { countStates, sorted } from "./figures";

/** Everybody, those at work first; the counts above filter. */
export function AgentGrid({ agents }: { agents: readonly AgentBrief[] }) {
  const [only, setOnly] = useState<AgentState | "">("");
  const counts = countStates(agents);
  const shown = sorted(only ? agents.filter((agent) => agent.state === only) : agents);
  return (
    <section class="agents" aria-label={t("wall.agents")}>
      <header class="agents-head">
        <h2>{t("wall.agents")}</h2>
        <span class="tally num">{agents.length}</span>
        <span class="grow" />
        <div class="state-filter" role="group">
          {[...counts].filter(([, n]) => n > 0).map(([state, n]) => (
            <button type="button" key={state} aria-pressed={only === state} onClick={() => setOnly(only === state ? "" : state)}>
              <span class={`dot is-${state}`} aria-hidden="true" />
              {t(`state.${state}`)} <strong class="num">{n}</strong>
            </button>
          ))}
        </div>
      </header>
      {shown.length === 0 && <p class="faint pad">{t("wall.noAgents")}</p>}
      <div class="agent-grid">
        {shown.map((agent) => (
          <AgentCard key={agent.id} agent={agent} />
        ))}
      </div>
    </section>
  );
}
