/** Mistakes in a file, as an editor would show them: place, line, caret, hint. */

import type { Problem } from "../api/types";
import { t } from "../i18n";
import { Icon } from "../ui/Icon";
import { hintOf, messageOf } from "./words";

export function Problems({ problems }: { problems: readonly Problem[] }) {
  if (problems.length === 0) {
    return (
      <p class="all-good">
        <Icon name="check" size={16} />
        {t("admin.problems.none")}
      </p>
    );
  }
  const errors = problems.filter((problem) => problem.severity === "error").length;
  return (
    <>
      <p class="faint">{t("admin.problems.count", { errors, warnings: problems.length - errors })}</p>
      <ol class="problems">
        {problems.map((problem, index) => (
          <One key={index} problem={problem} />
        ))}
      </ol>
    </>
  );
}

function One({ problem }: { problem: Problem }) {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== "" && part !== 0).join(":");
  return (
    <li class={`problem problem-${problem.severity}`} data-testid="problem">
      <div class="problem-head">
        <span class={`badge tone-${problem.severity === "error" ? "bad" : "warm"}`}>{t(`admin.${problem.severity}`)}</span>
        <strong>{messageOf(problem)}</strong>
        <span class="grow" />
        <code>{place}</code>
      </div>
      {problem.source_line && (
        <pre class="source">
          <span class="source-number">{margin(problem)}</span>
          {problem.source_line}
          {problem.column ? `\n${caret(problem)}` : ""}
        </pre>
      )}
      {problem.hint && (
        <p class="problem-hint">
          <strong>{t("admin.hint")}</strong> {hintOf(problem)}
        </p>
      )}
    </li>
  );
}

function margin(problem: Problem): string {
  return problem.line ? `${problem.line}  ` : "";
}

/** Spaces up to the column (counted from 1), tabs kept so that the caret stands under its character. */
function caret(problem: Problem): string {
  const before = problem.source_line.slice(0, Math.max(0, problem.column - 1));
  return " ".repeat(margin(problem).length) + before.replace(/[^\t]/g, (char) => (/[\u1100-\uffdc]/.test(char) ? "\u3000" : " ")) + "^";
}
