/** A slim player: seek, speed, and each side of the talk by itself. Keys: space, left and right. */

import { useEffect, useRef, useState } from "preact/hooks";

import { t } from "../i18n";
import { clockTime } from "../i18n/format";
import { Icon } from "./Icon";
import { listenTo, type Side } from "./sides";

const SPEEDS = [1, 1.25, 1.5, 2] as const;
const SIDES: readonly Side[] = ["both", "caller", "agent"];

interface Props {
  src: string;
  /** Seconds, when known before the file is read. */
  length?: number | null;
  /** The file has the caller on its left and the agent on its right track. */
  twoSides?: boolean;
  autoplay?: boolean;
  /** For a narrow place: to play and to seek, no more. */
  small?: boolean;
}

export function Player({ src, length, twoSides = false, autoplay = false, small = false }: Props) {
  const audio = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [total, setTotal] = useState(length ?? 0);
  const [speed, setSpeed] = useState(0);
  const [side, setSide] = useState<Side>("both");
  const [failed, setFailed] = useState(false);

  useEffect(() => {
    setFailed(false);
    setAt(0);
    setTotal(length ?? 0);
    if (autoplay) void audio.current?.play().catch(() => undefined);
  }, [src]);

  const toggle = () => {
    const element = audio.current;
    if (!element) return;
    if (element.paused) void element.play().catch(() => undefined);
    else element.pause();
  };
  const seek = (seconds: number) => {
    if (audio.current) audio.current.currentTime = Math.max(0, Math.min(total || 0, seconds));
  };
  const faster = () => {
    const next = (speed + 1) % SPEEDS.length;
    setSpeed(next);
    if (audio.current) audio.current.playbackRate = SPEEDS[next] ?? 1;
  };
  const choose = (chosen: Side) => {
    setSide(chosen);
    if (audio.current) listenTo(audio.current, chosen);
  };

  return (
    <div class={`player${failed ? " failed" : ""}${small ? " small" : ""}`} data-testid="player">
      <audio
        ref={audio}
        src={src}
        preload={autoplay ? "auto" : "metadata"}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onLoadedMetadata={(event) => {
          if (Number.isFinite(event.currentTarget.duration)) setTotal(event.currentTarget.duration);
        }}
        onError={() => setFailed(true)}
      />
      <button type="button" class="player-play" disabled={failed} aria-label={playing ? t("player.pause") : t("player.play")} onClick={toggle}>
        <Icon name={playing ? "pause" : "play"} size={18} />
      </button>
      {!small && (
        <button type="button" class="icon-button" disabled={failed} aria-label={t("player.back")} title={t("player.back")} onClick={() => seek(at - 10)}>
          <Icon name="back10" size={17} />
        </button>
      )}
      {failed ? (
        <span class="player-failed" role="alert">
          {t("player.failed")}
        </span>
      ) : (
        <>
          {!small && <span class="num player-time">{clockTime(at)}</span>}
          <input
            type="range"
            min={0}
            max={total || 1}
            step={0.1}
            value={at}
            aria-label={t("player.seek")}
            aria-valuetext={clockTime(at)}
            style={{ "--at": `${total ? (at / total) * 100 : 0}%` }}
            onInput={(event) => seek(Number(event.currentTarget.value))}
          />
          <span class="num player-time faint">{clockTime(small && at > 0 ? at : total)}</span>
          {!small && (
            <button type="button" class="player-speed num" aria-label={t("player.speed")} title={t("player.speed")} onClick={faster}>
              {SPEEDS[speed]}×
            </button>
          )}
        </>
      )}
      {twoSides && !failed && (
        <div class="segments small" role="group" aria-label={t("player.channel")}>
          {SIDES.map((one) => (
            <button type="button" key={one} class={`side-${one}`} aria-pressed={one === side} onClick={() => choose(one)}>
              {t(`player.${one}`)}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
