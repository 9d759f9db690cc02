/** Changing the center: paste or open the file, look at what would change, then apply it. */

import { useEffect, useState } from "preact/hooks";

import { api } from "../api/endpoints";
import type { Change, PlanAnswer } from "../api/types";
import { pick, t } from "../i18n";
import { loadCenter } from "../shell/session";
import { Icon } from "../ui/Icon";
import { showError, toast } from "../ui/messages";
import { Empty, Panel } from "../ui/parts";
import { Problems } from "./Problems";

export function ApplyCenter() {
  const [text, setText] = useState("");
  const [plan, setPlan] = useState<{ text: string; answer: PlanAnswer } | null>(null);
  const [working, setWorking] = useState(false);

  useEffect(() => {
    // Editing starts from what is in force.
    void api.adminCenter().then((center) => setText((typed) => typed || center.in_force.text), showError);
  }, []);

  const ask = async (question: () => Promise<PlanAnswer>): Promise<PlanAnswer | null> => {
    setWorking(true);
    try {
      const answer = await question();
      setPlan({ text, answer });
      return answer;
    } catch (error) {
      showError(error);
      return null;
    } finally {
      setWorking(false);
    }
  };
  const apply = async () => {
    const answer = await ask(() => api.applyCenter(text));
    if (!answer || answer.problems.some((problem) => problem.severity === "error")) return;
    toast("good", t("admin.apply.done"));
    setPlan(null);
    void loadCenter();
  };

  const current = plan?.text === text ? plan.answer : null;
  const ready = current !== null && current.changes.length > 0 && !current.problems.some((problem) => problem.severity === "error");
  return (
    <div class="apply">
      <section class="panel apply-text">
        <header class="panel-head">
          <h2 class="mono">{t("admin.apply.text")}</h2>
          <OpenFile take={setText} />
        </header>
        <textarea class="code" spellcheck={false} wrap="off" aria-label={t("admin.apply.text")} placeholder={t("admin.apply.placeholder")} value={text} data-testid="center-text" onInput={(event) => setText(event.currentTarget.value)} />
      </section>
      <Panel title={t("admin.apply.changes")} class="apply-plan">
        <p class="faint">{t("admin.apply.intro")}</p>
        <div class="form-buttons">
          <button type="button" class={ready ? "button" : "button primary"} disabled={working || text.trim() === ""} data-testid="center-plan" onClick={() => void ask(() => api.planCenter(text))}>
            {t("admin.apply.plan")}
          </button>
          <button type="button" class="button primary" disabled={working || !ready} data-testid="center-apply" onClick={() => void apply()}>
            {t("admin.apply.apply")}
          </button>
        </div>
        {plan && !current && <p class="flow-broken">{t("admin.apply.replan")}</p>}
        {current && <Changes changes={current.changes} quiet={current.problems.length > 0} />}
        {current && current.problems.length > 0 && <Problems problems={current.problems} />}
      </Panel>
    </div>
  );
}

function Changes({ changes, quiet }: { changes: readonly Change[]; quiet: boolean }) {
  if (changes.length === 0) return quiet ? null : <Empty icon="check" title={t("admin.apply.none")} />;
  return (
    <ul class="changes" data-testid="changes">
      {changes.map((change, index) => (
        <li key={index} class={`change-${change.kind}`}>
          <span class="change-kind">{t(`admin.change.${change.kind}`)}</span>
          <strong>{change.what}</strong>
          <span class="faint">{pick(change.detail)}</span>
        </li>
      ))}
    </ul>
  );
}

function OpenFile({ take }: { take: (text: string) => void }) {
  return (
    <label class="button small-button">
      <Icon name="file" size={15} />
      {t("admin.apply.open")}
      <input
        type="file"
        accept=".yaml,.yml"
        class="unseen"
        onChange={(event) => {
          const input = event.currentTarget;
          const file = input.files?.[0];
          if (file) void file.text().then(take);
          input.value = "";
        }}
      />
    </label>
  );
}
