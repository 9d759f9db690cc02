/** The declared center: what is in force, what is wrong with the files, and changing it. */

import { api } from "../api/endpoints";
import { t } from "../i18n";
import { when } from "../i18n/format";
import { problemsVersion } from "../live/live";
import { go, route } from "../shell/router";
import { Panel, Problem, Segments, Spinner } from "../ui/parts";
import { useLoad } from "../ui/useLoad";
import { ApplyCenter } from "./ApplyCenter";
import { FlowList } from "./flows/FlowList";
import { FlowPage } from "./flows/FlowPage";
import { Problems } from "./Problems";

const TABS = ["center", "flows", "apply"] as const;
type Tab = (typeof TABS)[number];

const FLOW = "flow.";

export function AdminPage() {
  const item = route.value.item;
  if (item.startsWith(FLOW)) return <FlowPage key={item} flow={item.slice(FLOW.length)} />;
  const tab: Tab = TABS.find((one) => one === item) ?? "center";
  const setTab = (chosen: Tab) => go("admin", chosen);
  return (
    <div class="page">
      <div class="page-main">
        <div class="toolbar">
          <Segments label={t("admin.title")} value={tab} options={TABS.map((value) => ({ value, text: t(`admin.tab.${value}`) }))} choose={setTab} />
        </div>
        {tab === "center" && <CenterInForce />}
        {tab === "flows" && <FlowList />}
        {tab === "apply" && <ApplyCenter />}
      </div>
    </div>
  );
}

function CenterInForce() {
  const loaded = useLoad(() => api.adminCenter(), [problemsVersion.value]);
  if (loaded.error) return <Problem error={loaded.error} retry={loaded.reload} />;
  if (!loaded.value) {
    return (
      <div class="curtain">
        <Spinner />
      </div>
    );
  }
  const { in_force, problems } = loaded.value;
  return (
    <div class="admin-scroll">
      <Panel title={t("admin.inForce")}>
        <dl class="customer-facts">
          <div>
            <dt>{t("admin.version")}</dt>
            <dd class="mono">{in_force.version}</dd>
          </div>
          <div>
            <dt>{t("admin.at")}</dt>
            <dd class="num">{when(in_force.at)}</dd>
          </div>
          <div>
            <dt>{t("admin.by")}</dt>
            <dd>{in_force.by || "–"}</dd>
          </div>
        </dl>
      </Panel>
      <Panel title={t("admin.problems")}>
        <Problems problems={problems} />
      </Panel>
    </div>
  );
}
