/** A call on the desk: who it is, how they came here, what was before, and what the agent does about it. */

import { useLayoutEffect } from "preact/hooks";

import type { Pop } from "../api/types";
import { t } from "../i18n";
import { popShown } from "../live/live";
import { CallerHead } from "./CallerHead";
import { Context } from "./Context";
import { desk } from "./store";
import { TalkPanel } from "./TalkPanel";
import { TimelinePanel } from "./TimelinePanel";

/** Should a window in sight not be painted for this long, the pop counts as shown. */
const PAINT_MS = 500;

let reported = "";

export function Stage() {
  const { pop, phase } = desk.value;
  // Whatever the phase: a page too busy to draw before the agent answered reports late, but it reports.
  useLayoutEffect(() => (pop ? reportShown(pop) : undefined), [pop?.call_id]);
  return (
    <section class={`stage phase-${phase}`} aria-label={t("desk.stage")} data-testid={pop ? "pop" : undefined} data-phase={phase} data-call={pop?.call_id}>
      {pop && <CallerHead pop={pop} phase={phase} />}
      {pop && <Context pop={pop} />}
      {pop && <TimelinePanel entries={pop.timeline} />}
      <TalkPanel />
    </section>
  );
}

/** Tells the server, once a call, when the pop stands on the screen: when the browser has done its frame. */
function reportShown(pop: Pop): () => void {
  let done = pop.call_id === reported;
  const report = () => {
    if (done) return;
    done = true;
    reported = pop.call_id;
    popShown(pop.call_id);
  };
  if (document.hidden) report(); // a hidden tab is never painted
  const frame = requestAnimationFrame(() => afterFrame(report));
  const fallback = setTimeout(report, PAINT_MS);
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(fallback);
  };
}

/** Called while a frame is prepared: `then` runs as soon as it is laid out and painted. */
function afterFrame(then: () => void): void {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => {
    channel.port1.close();
    then();
  };
  channel.port2.postMessage(null);
}
