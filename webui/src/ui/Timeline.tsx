/** Contacts of one person, newest first, each with its outcome, note and recording. */

import { useState } from "preact/hooks";

import { api } from "../api/endpoints";
import type { TimelineEntry } from "../api/types";
import { pick, t } from "../i18n";
import { spoken, when } from "../i18n/format";
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
            {entry.has_recording && mayListen(entry) && (
              <button type="button" class="link" aria-expanded={open === entry.call_id} onClick={() => setOpen(open === entry.call_id ? "" : entry.call_id)}>
                <Icon name="play" size={13} />
                {t("calls.recording")}
              </button>
            )}
          </div>
          {open === entry.call_id && <Player src={api.recordingAddress(entry.call_id)} length={entry.talk_seconds} twoSides autoplay />}
        </li>
      ))}
    </ol>
  );
}
