/** An agent's skills and queues, changed from the next call on. */

import { useState } from "preact/hooks";

import { api } from "../api/endpoints";
import type { AgentBrief, AgentSkills } from "../api/types";
import { pick, t } from "../i18n";
import { timeOfDay } from "../i18n/format";
import { supervision } from "../live/live";
import { center } from "../shell/session";
import { Drawer } from "../ui/Drawer";
import { toast } from "../ui/messages";
import { act, skillsOf } from "./acts";

const LEVELS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

export function SkillsDrawer({ agents }: { agents: readonly AgentBrief[] }) {
  const agent = agents.find((one) => one.id === skillsOf.value);
  const told = supervision.value?.agents[skillsOf.value];
  if (!agent || !told) return null;
  return <Editor key={`${agent.id} ${told.changed_at}`} agent={agent} told={told} />;
}

function Editor({ agent, told }: { agent: AgentBrief; told: AgentSkills }) {
  const [skills, setSkills] = useState<Record<string, number>>({ ...told.skills });
  const [without, setWithout] = useState<string[]>(told.without);
  const [working, setWorking] = useState(false);
  const name = pick(agent.name) || agent.id;
  const close = () => (skillsOf.value = "");
  const level = (skill: string, value: number) => {
    const { [skill]: _, ...others } = skills;
    setSkills(value ? { ...others, [skill]: value } : others);
  };
  const finish = async (work: Promise<unknown>) => {
    setWorking(true);
    if (await act(work)) {
      toast("good", t("sup.done"));
      close();
    }
    setWorking(false);
  };
  return (
    <div class="drawer-over">
      <Drawer label={t("sup.skills.title", { name })} close={close} head={<strong class="drawer-title">{t("sup.skills.title", { name })}</strong>}>
        {told.changed_by && told.changed_at !== null && (
          <p class="skills-changed">
            <span class="changed-mark" /> {t("sup.skills.changed", { by: told.changed_by, time: timeOfDay(told.changed_at) })}
          </p>
        )}
        <ul class="skill-list">
          {Object.entries(center.value?.skills ?? {}).map(([skill, info]) => (
            <li key={skill} class={skills[skill] ? "" : "faint"}>
              <span class="clip grow">{pick(info.name) || skill}</span>
              <select class="pick" value={skills[skill] ?? 0} aria-label={t("sup.skills.level", { skill: pick(info.name) || skill })} data-testid={`skill-${skill}`} onChange={(event) => level(skill, Number(event.currentTarget.value))}>
                {LEVELS.map((one) => (
                  <option key={one} value={one}>
                    {one || t("sup.skills.none")}
                  </option>
                ))}
              </select>
            </li>
          ))}
        </ul>
        <h3 class="skills-queues">{t("sup.skills.queues")}</h3>
        {Object.entries(center.value?.queues ?? {}).map(([queue, info]) => {
          const kept = without.includes(queue);
          const serves = told.queues.includes(queue);
          return (
            <label key={queue} class="switch">
              <input type="checkbox" checked={!kept} data-testid={`serves-${queue}`} onChange={() => setWithout(kept ? without.filter((one) => one !== queue) : [...without, queue])} />
              <span class="grow">{pick(info.name) || queue}</span>
              <span class="faint small">{kept ? t("sup.skills.kept") : serves || told.without.includes(queue) ? t("sup.skills.serves") : t("sup.skills.cannot")}</span>
            </label>
          );
        })}
        <p class="faint small skills-hint">{t("sup.skills.hint")}</p>
        <div class="skills-foot">
          {told.changed_by && (
            <button type="button" class="button" disabled={working} data-testid="skills-reset" onClick={() => void finish(api.resetSkills(agent.id))}>
              {t("sup.skills.reset")}
            </button>
          )}
          <span class="grow" />
          <button type="button" class="button primary" disabled={working} data-testid="skills-save" onClick={() => void finish(api.setSkills(agent.id, skills, without))}>
            {t("sup.skills.save")}
          </button>
        </div>
      </Drawer>
    </div>
  );
}
