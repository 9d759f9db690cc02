/** Hearing one track of a two-track recording in both ears. */

export type Side = "both" | "caller" | "agent";

interface Wiring {
  source: MediaElementAudioSourceNode;
  splitter: ChannelSplitterNode;
  context: AudioContext;
}

const wired = new WeakMap<HTMLMediaElement, Wiring>();

/** The caller is on the first track, the agent on the second. Wires the element up only when a side is first asked for. */
export function listenTo(element: HTMLMediaElement, side: Side): void {
  let wiring = wired.get(element);
  if (!wiring) {
    if (side === "both") return;
    const context = new AudioContext();
    wiring = { context, source: context.createMediaElementSource(element), splitter: context.createChannelSplitter(2) };
    wired.set(element, wiring);
  }
  void wiring.context.resume();
  wiring.source.disconnect();
  wiring.splitter.disconnect();
  if (side === "both") {
    wiring.source.connect(wiring.context.destination);
  } else {
    wiring.source.connect(wiring.splitter);
    wiring.splitter.connect(wiring.context.destination, side === "caller" ? 0 : 1);
  }
}
