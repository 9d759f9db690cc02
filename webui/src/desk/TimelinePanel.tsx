import type { TimelineEntry } from "../api/types";
import { t } from "../i18n";
import { user } from "../shell/session";
import { Empty, Panel } from "../ui/parts";
import { Timeline } from "../ui/Timeline";

export function TimelinePanel({ entries }: { entries: readonly TimelineEntry[] }) {
  const me = user.value?.agent_id;
  return (
    <Panel title={t("desk.timeline")} class="timeline-panel" side={entries.length > 0 && <span class="tally num">{entries.length}</span>}>
      {entries.length > 0 ? (
        <Timeline entries={entries} mayListen={(entry) => entry.agent === me} />
      ) : (
        <Empty icon="note" title={t("desk.timeline.none")} hint={t("desk.timeline.none.hint")} />
      )}
    </Panel>
  );
}
