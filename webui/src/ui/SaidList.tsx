/** What a caller recorded in a flow, each under its name, to be heard. */

import { api } from "../api/endpoints";
import type { Said } from "../api/types";
import { labelOr } from "../i18n/format";
import { Player } from "./Player";

export function SaidList({ call, said, small = false }: { call: string; said: readonly Said[]; small?: boolean }) {
  return (
    <dl class="said">
      {said.map((one) => (
        <div key={one.name} data-testid={`said-${one.name}`}>
          <dt title={one.name}>{labelOr(one.label, one.name)}</dt>
          <dd>
            <Player src={api.recordedAddress(call, one.name)} length={one.seconds} small={small} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
