/** The agent's desk: the call that is here, or what there is to know while none is. */

import { t } from "../i18n";
import { Spinner } from "../ui/parts";
import { Idle } from "./Idle";
import { NoticeBar } from "./NoticeBar";
import { callerName } from "./people";
import { Stage } from "./Stage";
import { desk } from "./store";
import { useShortcuts } from "./shortcuts";
import { pick } from "../i18n";

export function Desk() {
  useShortcuts();
  const { agent, pop, phase } = desk.value;
  const announcement =
    phase === "incoming" && pop ? t("desk.incomingAnnounce", { name: callerName(pop), queue: pick(pop.queue.name) }) : "";
  return (
    <div class="desk">
      <div class="unseen" role="alert" aria-live="assertive">
        {announcement}
      </div>
      <NoticeBar />
      {phase !== "idle" ? <Stage /> : agent ? <Idle agent={agent} /> : <Waiting />}
    </div>
  );
}

function Waiting() {
  return (
    <div class="curtain">
      <Spinner />
    </div>
  );
}
