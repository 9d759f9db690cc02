/** All flows: which numbers lead to them, what is in force since when, and what is wrong with their files. */

import { useState } from "preact/hooks";

import { api } from "../../api/endpoints";
import type { FlowInForce } from "../../api/types";
import { pick, t } from "../../i18n";
import { when } from "../../i18n/format";
import { problemsVersion } from "../../live/live";
import { go, href } from "../../shell/router";
import { Icon } from "../../ui/Icon";
import { Empty, Problem, Spinner } from "../../ui/parts";
import { useLoad } from "../../ui/useLoad";
import { author } from "./author";
import { NewFlow } from "./NewFlow";

export function FlowList() {
  const loaded = useLoad(() => api.adminFlows(), [problemsVersion.value]);
  const [adding, setAdding] = useState(false);
  if (loaded.error) return <Problem error={loaded.error} retry={loaded.reload} />;
  if (!loaded.value) {
    return (
      <div class="curtain">
        <Spinner />
      </div>
    );
  }
  const flows = loaded.value.flows;
  return (
    <>
      <div class="toolbar flow-tools">
        <span class="faint">{t("flows.hint")}</span>
        <span class="grow" />
        <button type="button" class="button" data-testid="flow-new" onClick={() => setAdding(true)}>
          {t("flows.new")}
        </button>
      </div>
      {adding && <NewFlow taken={flows.map((flow) => flow.id)} close={() => setAdding(false)} />}
      {flows.length === 0 ? (
        <Empty icon="admin" title={t("admin.flows.none")} />
      ) : (
        <div class="table-box">
          <table class="table flow-table">
            <thead>
              <tr>
                <th>{t("flows.flow")}</th>
                <th>{t("flows.numbers")}</th>
                <th>{t("admin.version")}</th>
                <th>{t("admin.at")}</th>
                <th>{t("flows.state")}</th>
              </tr>
            </thead>
            <tbody>
              {flows.map((flow) => (
                <Row key={flow.id} flow={flow} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function Row({ flow }: { flow: FlowInForce }) {
  return (
    <tr data-testid={`flow-${flow.id}`} onClick={() => go("admin", `flow.${flow.id}`)}>
      <td>
        <a class="strong clip" href={href("admin", `flow.${flow.id}`)} onClick={(event) => event.stopPropagation()}>
          {pick(flow.name) || flow.id}
        </a>
        <span class="mono faint clip">{flow.id}</span>
      </td>
      <td>
        {flow.numbers.length === 0 && <span class="faint">{t("flows.numbers.none")}</span>}
        {flow.numbers.slice(0, 2).map((number) => (
          <span class="clip" key={number.did} title={`${number.did} ${pick(number.name)}`}>
            <span class="num">{number.did}</span> <span class="faint">{pick(number.name)}</span>
          </span>
        ))}
        {flow.numbers.length > 2 && <span class="faint small">{t("flows.numbers.more", { count: flow.numbers.length - 2 })}</span>}
      </td>
      <td class="mono">{flow.version || "–"}</td>
      <td>
        <span class="clip num">{flow.at === null ? "–" : when(flow.at)}</span>
        <span class="clip faint small">{flow.at === null ? "" : author(flow.by)}</span>
      </td>
      <td>
        <State flow={flow} />
      </td>
    </tr>
  );
}

export function State({ flow }: { flow: Pick<FlowInForce, "version" | "problems"> }) {
  const errors = flow.problems.filter((problem) => problem.severity === "error").length;
  const warnings = flow.problems.length - errors;
  if (errors > 0) {
    return (
      <span class="flow-state">
        <span class="badge tone-bad">{t("flows.errors", { count: errors })}</span>
        <span class="faint small">{flow.version ? t("flows.oldInForce") : t("flows.notInForce")}</span>
      </span>
    );
  }
  return (
    <span class="flow-state">
      <span class="badge tone-good">
        <Icon name="check" size={12} />
        {t("admin.inForce")}
      </span>
      {warnings > 0 && <span class="badge tone-warm">{t("flows.warnings", { count: warnings })}</span>}
    </span>
  );
}
