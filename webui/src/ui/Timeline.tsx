/** Contacts of one person, newest first, each with its outcome, note and recording. */

import { useState } from "preact/hooks";

import { api } from "../api/endpoints";
import type { TimelineEntry } from "../api/types";
import { pick, t } from "../i18n";
import { labelOr, spoken, when } from "../i18n/format";
import { dispositionName } from "../shell/session";
import { Clamp } from "./Clamp";
import { Icon } from "./Icon";
import { OutcomeBadge } from "./parts";
import { Player } from "./Player";

interface Props {
  entries: readonly TimelineEntry[];
  /** Whose recordings the reader may hear. */
  mayListen: (entry: TimelineEntry) => boolean;
}

export function Timeline({ entries, mayListen }: Props) {
  const [open, setOpen] = useState("");
  return (
    <ol class="timeline">
      {entries.map((entry) => (
        <li key={entry.call_id} class={`entry outcome-${entry.outcome}`} data-testid="timeline-entry">
          <div class="entry-head">
            <strong>{pick(entry.queue_name) || entry.queue || t(`direction.${entry.direction}`)}</strong>
            <OutcomeBadge outcome={entry.outcome} />
            {entry.disposition && <span class="badge tone-plain">{dispositionName(entry.disposition)}</span>}
            <span class="grow" />
            <time class="faint num">{when(entry.at)}</time>
          </div>
          {entry.note && <Clamp text={entry.note} lines={2} class="entry-note" />}
          <div class="entry-foot">
            {(entry.agent_name || entry.agent) && <span>{pick(entry.agent_name) || entry.agent}</span>}
            {entry.talk_seconds > 0 && (
              <span>
                {t("calls.talk")} <span class="num">{spoken(entry.talk_seconds)}</span>
              </span>
            )}
            {entry.wait_seconds > 0 && (
              <span>
                {t("calls.wait")} <span class="num">{spoken(entry.wait_seconds)}</span>
              </span>
            )}
            {mayListen(entry) && sounds(entry).map((sound) => (
              <button type="button" class="link" key={sound.src} aria-expanded={open === sound.src} onClick={() => setOpen(open === sound.src ? "" : sound.src)}>
                <Icon name="play" size={13} />
                {sound.name}
              </button>
            ))}
          </div>
          {mayListen(entry) && sounds(entry).map((sound) => open === sound.src && <Player key={sound.src} src={sound.src} length={sound.seconds} twoSides={sound.talk} autoplay />)}
        </li>
      ))}
    </ol>
  );
}

interface Sound {
  name: string;
  src: string;
  seconds: number;
  /** The talk, with a side for each; otherwise what the caller said in a flow. */
  talk: boolean;
}

function sounds(entry: TimelineEntry): Sound[] {
  const talk = { name: t("calls.recording"), src: api.recordingAddress(entry.call_id), seconds: entry.talk_seconds, talk: true };
  const said = entry.recorded.map((one) => ({ name: labelOr(one.label, one.name), src: api.recordedAddress(entry.call_id, one.name), seconds: one.seconds, talk: false }));
  return entry.has_recording ? [talk, ...said] : said;
}
