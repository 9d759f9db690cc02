import { percent } from "../i18n/format";
import type { Heat } from "./figures";

const RADIUS = 40;
const HALF = Math.PI * RADIUS;

/** A share as a half circle, with a notch where it should be. */
export function Gauge({ value, target, heat, label }: { value: number | null; target: number | null; heat: Heat; label: string }) {
  const share = Math.max(0, Math.min(1, value ?? 0));
  const angle = target === null ? null : Math.PI * (1 - target);
  const notch = (radius: number) => (angle === null ? "" : `${50 + radius * Math.cos(angle)} ${50 - radius * Math.sin(angle)}`);
  return (
    <div class={`gauge heat-${heat}`} role="img" aria-label={`${label} ${percent(value)}`}>
      <svg viewBox="0 0 100 58" aria-hidden="true">
        <path class="gauge-track" d="M10 50a40 40 0 0 1 80 0" />
        {value !== null && <path class="gauge-value" d="M10 50a40 40 0 0 1 80 0" stroke-dasharray={`${HALF * share} ${HALF * 2}`} />}
        {angle !== null && <path class="gauge-notch" d={`M${notch(33.5)}L${notch(46.5)}`} />}
      </svg>
      <span class="gauge-number num">{percent(value)}</span>
      <span class="gauge-label">{label}</span>
    </div>
  );
}
