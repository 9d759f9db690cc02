/** What a supervisor may do with an agent: his talk, his state, his skills. */

import { api } from "../api/endpoints";
import type { AgentBrief, SettableState } from "../api/types";
import { pick, t } from "../i18n";
import { ownReasons } from "../shell/session";
import { Icon, type IconName } from "../ui/Icon";
import { Menu } from "../ui/Menu";
import { showError } from "../ui/messages";
import { StateDot } from "../ui/parts";
import { beWith, skillsOf } from "./acts";

const TALK: readonly { act: "listen" | "whisper" | "barge" | "take-over"; icon: IconName; key: "sup.listen" | "sup.whisper" | "sup.barge" | "sup.takeOver" }[] = [
  { act: "listen", icon: "ear", key: "sup.listen" },
  { act: "whisper", icon: "whisper", key: "sup.whisper" },
  { act: "barge", icon: "join", key: "sup.barge" },
  { act: "take-over", icon: "takeOver", key: "sup.takeOver" },
];

export function AgentActions({ agent, name }: { agent: AgentBrief; name: string }) {
  const set = (state: SettableState, reason?: string) => void api.setAgentState(agent.id, state, reason).catch(showError);
  return (
    <Menu label={t("sup.agentActions", { name })} class="icon-button tiny" align="right" testid={`agent-actions-${agent.id}`} button={<Icon name="chevron" size={13} />}>
      {(close) => {
        const choose = (state: SettableState, reason?: string) => {
          close();
          set(state, reason);
        };
        return (
          <>
            {agent.state === "talking" && (
              <>
                <div class="menu-head">{t("sup.talk")}</div>
                {TALK.map((one) => (
                  <button
                    type="button"
                    role="menuitem"
                    key={one.act}
                    data-testid={`talk-${one.act}`}
                    onClick={() => {
                      close();
                      void beWith(agent.id, one.act);
                    }}
                  >
                    <Icon name={one.icon} size={16} />
                    {t(one.key)}
                  </button>
                ))}
              </>
            )}
            <div class="menu-head">{t("sup.stateOf")}</div>
            <button type="button" role="menuitem" onClick={() => choose("ready")}>
              <StateDot state="ready" />
              {t("state.ready")}
            </button>
            {ownReasons().map(([id, reason]) => (
              <button type="button" role="menuitem" key={id} onClick={() => choose("not_ready", id)}>
                <StateDot state="not_ready" />
                {pick(reason.name)}
              </button>
            ))}
            <button type="button" role="menuitem" onClick={() => choose("signed_out")}>
              <StateDot state="signed_out" />
              {t("state.signed_out")}
            </button>
            <div class="menu-line" />
            <button
              type="button"
              role="menuitem"
              data-testid="agent-skills"
              onClick={() => {
                close();
                skillsOf.value = agent.id;
              }}
            >
              <Icon name="edit" size={16} />
              {t("sup.skills")}
            </button>
          </>
        );
      }}
    </Menu>
  );
}
