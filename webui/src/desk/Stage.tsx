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
  useLayoutEffect(() => {
    if (pop && phase === "incoming") return reportShown(pop);
    return undefined;
  }, [pop?.call_id, phase]);
  return (
    <section class={`stage phase-${phase}`} aria-label={t("desk.stage")} data-testid={pop ? "pop" : undefined} data-phase={phase} data-call={pop?.call_id}>
      {pop && <CallerHead pop={pop} phase={phase} />}
      {pop && <Context pop={pop} />}
      {pop && <TimelinePanel entries={pop.timeline} />}
      <TalkPanel />
    </section>
  );
}

/** Tells the server, once a call, when the pop stands on the screen: at the second frame after it was drawn. */
function reportShown(pop: Pop): () => void {
  let done = pop.call_id === reported;
  const report = () => {
    if (done) return;
    done = true;
    reported = pop.call_id;
    popShown(pop.call_id);
  };
  if (document.hidden) report(); // a hidden tab is never painted
  const frame = requestAnimationFrame(() => requestAnimationFrame(report));
  const fallback = setTimeout(report, PAINT_MS);
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(fallback);
    report();
  };
}
