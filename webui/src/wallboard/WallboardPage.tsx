/** Queues and agents as they are this second. */

import { useEffect } from "preact/hooks";

import { api } from "../api/endpoints";
import type { Wallboard } from "../api/types";
import { pick, t } from "../i18n";
import { preciseTime } from "../i18n/format";
import { now } from "../live/clock";
import { subscribeWallboard, wallboard } from "../live/live";
import { bigScreen, leaveBigScreen } from "../shell/bigScreen";
import { center } from "../shell/session";
import { MonitorBar } from "../supervision/MonitorBar";
import { SkillsDrawer } from "../supervision/SkillsDrawer";
import { WaitingList } from "../supervision/WaitingList";
import { Icon } from "../ui/Icon";
import { showError } from "../ui/messages";
import { Empty, Spinner } from "../ui/parts";
import { AgentGrid } from "./AgentGrid";
import { Emergencies } from "./Emergencies";
import { QueueCard } from "./QueueCard";
import { Ratings } from "./Ratings";
import { Totals } from "./Totals";

export function WallboardPage() {
  useEffect(() => {
    void api.wallboard().then((board) => (wallboard.value ??= board), showError);
    return subscribeWallboard();
  }, []);
  useEffect(() => {
    const leave = (event: KeyboardEvent) => {
      if (event.key === "Escape") leaveBigScreen();
    };
    document.addEventListener("keydown", leave);
    return () => {
      document.removeEventListener("keydown", leave);
      leaveBigScreen();
    };
  }, []);
  const board = wallboard.value;
  if (!board) {
    return (
      <div class="curtain">
        <Spinner />
      </div>
    );
  }
  return (
    <div class="wallboard" data-testid="wallboard">
      {bigScreen.value && <BigHead />}
      <Totals board={board} />
      {!bigScreen.value && <Emergencies />}
      {!bigScreen.value && <MonitorBar />}
      <Queues board={board} />
      {!bigScreen.value && <WaitingList agents={board.agents} />}
      {!bigScreen.value && <Ratings />}
      <AgentGrid agents={board.agents} />
      <SkillsDrawer agents={board.agents} />
    </div>
  );
}

function Queues({ board }: { board: Wallboard }) {
  if (board.queues.length === 0) return <Empty icon="wallboard" title={t("wall.noQueues")} hint={t("wall.noQueues.hint")} />;
  return (
    <section aria-label={t("wall.queues")} class={board.queues.length > 6 ? "queue-grid dense" : "queue-grid"}>
      {board.queues.map((queue) => (
        <QueueCard key={queue.id} queue={queue} goal={center.value?.queues[queue.id]?.service_level} at={board.at} />
      ))}
    </section>
  );
}

function BigHead() {
  return (
    <header class="big-head">
      <strong>{pick(center.value?.name)}</strong>
      <span class="grow" />
      <span class="num">{preciseTime(now.value)}</span>
      <button type="button" class="icon-button" aria-label={t("wall.big.leave")} title={t("wall.big.leave")} onClick={leaveBigScreen}>
        <Icon name="close" />
      </button>
    </header>
  );
}
