import type { StoryLine } from "../api/types";
import { pick } from "../i18n";
import { preciseTime } from "../i18n/format";

const TONES: Record<string, string> = {
  call: "call",
  ivr: "ivr",
  queue: "queue",
  pop: "queue",
  phone: "ring",
  talk: "talk",
  recording: "talk",
  wrap_up: "wrap",
  note: "wrap",
  voicemail: "wrap",
  callback: "queue",
};

/** What happened, line by line, with the time of day and the seconds since the call began. */
export function Story({ lines }: { lines: readonly StoryLine[] }) {
  return (
    <ol class="story">
      {lines.map((line, index) => (
        <li key={index} class={`story-${TONES[line.kind.split(".")[0] ?? ""] ?? "call"}`} data-testid="story-line" data-kind={line.kind}>
          <time class="num faint">{preciseTime(line.at)}</time>
          <span class="story-mark" aria-hidden="true" />
          <span class="story-text">{pick(line.text)}</span>
          <span class="num faint small">+{line.offset.toFixed(1)} s</span>
        </li>
      ))}
    </ol>
  );
}
