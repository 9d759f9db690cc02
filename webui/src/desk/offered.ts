/** What may come of the call at hand. */

import { pick } from "../i18n";
import { center } from "../shell/session";
import type { DeskState } from "./reducer";

export interface Choice {
  id: string;
  name: string;
  resolved: boolean;
}

/** The queue's dispositions in their order; all of the center's when the queue names none. */
export function offered(state: DeskState): Choice[] {
  const all = center.value?.dispositions ?? {};
  const queue = state.pop?.queue.id ?? state.agent?.queue ?? "";
  const named = center.value?.queues[queue]?.dispositions ?? [];
  const ids = named.length > 0 ? named : Object.keys(all);
  return ids.flatMap((id) => {
    const found = all[id];
    return found ? [{ id, name: pick(found.name) || id, resolved: found.resolved }] : [];
  });
}
