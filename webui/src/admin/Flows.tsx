import { api } from "../api/endpoints";
import type { FlowInForce } from "../api/types";
import { t } from "../i18n";
import { when } from "../i18n/format";
import { problemsVersion } from "../live/live";
import { Empty, Problem, Spinner } from "../ui/parts";
import { useLoad } from "../ui/useLoad";
import { Problems } from "./Problems";

export function Flows() {
  const loaded = useLoad(() => api.adminFlows(), [problemsVersion.value]);
  if (loaded.error) return <Problem error={loaded.error} retry={loaded.reload} />;
  if (!loaded.value) {
    return (
      <div class="curtain">
        <Spinner />
      </div>
    );
  }
  if (loaded.value.flows.length === 0) return <Empty icon="admin" title={t("admin.flows.none")} />;
  return (
    <div class="admin-scroll">
      {loaded.value.flows.map((flow) => (
        <One key={flow.id} flow={flow} />
      ))}
    </div>
  );
}

function One({ flow }: { flow: FlowInForce }) {
  const broken = flow.problems.some((problem) => problem.severity === "error");
  return (
    <section class="panel" aria-label={flow.id} data-testid={`flow-${flow.id}`}>
      <header class="panel-head">
        <h2 class="mono">{flow.id}</h2>
        <span class="faint small num">
          {t("admin.version")} <span class="mono">{flow.version || "–"}</span>
          {flow.at !== null && <> · {when(flow.at)}</>}
        </span>
      </header>
      <div class="panel-body">
        {broken && <p class="flow-broken">{t("admin.flow.broken")}</p>}
        <Problems problems={flow.problems} />
      </div>
    </section>
  );
}
