/** What the checker says, below the text. A click goes to the line. */

import type { Problem } from "../../api/types";
import { t } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { hintOf, messageOf } from "../words";

export function ProblemList({ problems, checking, jump }: { problems: readonly Problem[]; checking: boolean; jump: (problem: Problem) => void }) {
  const errors = problems.filter((problem) => problem.severity === "error").length;
  return (
    <section class="flow-problems" aria-label={t("admin.problems")} aria-live="polite">
      <header class={checking ? "is-checking" : ""}>
        {problems.length === 0 ? (
          <span class="all-good" data-testid="flow-good">
            <Icon name="check" size={15} />
            {t("admin.problems.none")}
          </span>
        ) : (
          <span data-testid="flow-count">{t("admin.problems.count", { errors, warnings: problems.length - errors })}</span>
        )}
        <span class="grow" />
        <span class="faint small">
          <kbd>Ctrl</kbd> <kbd>Enter</kbd> {t("flow.check")}
        </span>
      </header>
      {problems.length > 0 && (
        <ol>
          {problems.map((problem, index) => (
            <li key={index}>
              <button type="button" data-testid="flow-problem" data-line={problem.line} onClick={() => jump(problem)}>
                <span class={`problem-dot ${problem.severity}`} title={t(`admin.${problem.severity}`)} />
                <span class="num problem-line">{problem.line || ""}</span>
                <span class="problem-text">
                  {messageOf(problem)}
                  {problem.hint && <span class="faint"> {hintOf(problem)}</span>}
                </span>
              </button>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
