/** What everybody on the page must know at once. */

import { useEffect, useState } from "preact/hooks";

import { myself } from "../desk/store";
import { pick, t } from "../i18n";
import { when } from "../i18n/format";
import { emergencies, link, wallboard } from "../live/live";
import { Icon } from "../ui/Icon";

/** A link that is back within this time was not worth a word. */
const PATIENCE_MS = 1200;

export function Banners() {
  const lost = useDelayed(link.value === "lost", PATIENCE_MS);
  const agent = myself.value;
  const deaf = agent?.phone === "unregistered" && agent.state !== "signed_out";
  return (
    <div aria-live="polite">
      {lost && (
        <div class="banner banner-bad" role="status" data-testid="reconnecting">
          <span class="spinner" />
          <strong>{t("link.lost")}</strong>
          <span>{t("link.lost.hint")}</span>
        </div>
      )}
      {!lost && wallboard.value?.switch_up === false && (
        <div class="banner banner-bad" role="status">
          <Icon name="alert" />
          <strong>{t("switch.down")}</strong>
        </div>
      )}
      {emergencies.value
        .filter((one) => one.on)
        .map((one) => (
          <div key={one.id} class="banner banner-bad" role="status" data-testid={`emergency-on-${one.id}`}>
            <Icon name="alert" />
            <strong>{t("emergency.on", { name: pick(one.name) || one.id })}</strong>
            <span>
              {one.note && `${one.note} · `}
              {one.at !== null && t("emergency.since", { time: when(one.at), by: one.by })}
            </span>
          </div>
        ))}
      {!lost && deaf && (
        <div class="banner banner-warn" role="status" data-testid="phone-unregistered">
          <Icon name="phone" />
          <span>{t("phone.unregistered.hint", { extension: agent.extension })}</span>
        </div>
      )}
    </div>
  );
}

function useDelayed(on: boolean, after: number): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!on) {
      setLate(false);
      return;
    }
    const timer = setTimeout(() => setLate(true), after);
    return () => clearTimeout(timer);
  }, [on, after]);
  return on && late;
}
