/** A list of things to be worked off: two states to choose from, and a row for each. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { t } from "../i18n";
import { phoneNumber } from "../i18n/format";
import { href } from "../shell/router";
import { Icon, type IconName } from "../ui/Icon";
import { showError } from "../ui/messages";
import { Avatar, Empty, Problem, Segments, Spinner } from "../ui/parts";
import { useLoad } from "../ui/useLoad";

interface Followup {
  id: number;
  call_id: string;
  ani: string;
  status: string;
  customer_name: string;
}

interface Props<Item extends Followup> {
  /** Names the rows for tests, and the empty list's icon. */
  kind: "voicemail" | "callback";
  icon: IconName;
  title: string;
  none: { title: string; hint: string };
  /** Not worked off yet, with its name; then worked off. */
  states: readonly [Choice<Item>, Choice<Item>];
  load: () => Promise<Item[]>;
  set: (item: Item, status: Item["status"]) => Promise<unknown>;
  /** What is said under the caller's name. */
  under: (item: Item) => string;
  /** What stands above the list. */
  above?: ComponentChildren;
  /** What stands between the caller and the buttons. */
  middle: (item: Item) => ComponentChildren;
}

interface Choice<Item extends Followup> {
  status: Item["status"];
  /** The tab's name. */
  text: string;
  /** What the button that leads to the other state says. */
  button: string;
}

export function FollowupList<Item extends Followup>(props: Props<Item>) {
  const { kind, icon, title, none, states, load, set } = props;
  const [waiting, done] = states;
  const [status, setStatus] = useState<Item["status"]>(waiting.status);
  const loaded = useLoad(load, []);
  const all = loaded.value ?? [];
  const count = (which: Item["status"]) => all.filter((one) => one.status === which).length;
  const shown = all.filter((one) => one.status === status);
  const turn = (one: Item) =>
    void set(one, one.status === waiting.status ? done.status : waiting.status).then(loaded.reload, showError);
  return (
    <div class="page">
      <div class="page-main">
        {props.above}
        <div class="toolbar">
          <Segments
            label={title}
            value={status}
            options={states.map((state) => ({ value: state.status, text: `${state.text}  ${count(state.status)}` }))}
            choose={setStatus}
          />
        </div>
        {loaded.error ? (
          <Problem error={loaded.error} retry={loaded.reload} />
        ) : !loaded.value ? (
          <div class="curtain">
            <Spinner />
          </div>
        ) : shown.length === 0 ? (
          <Empty icon={icon} title={none.title} hint={none.hint} />
        ) : (
          <ul class="follow-list">
            {shown.map((one) => {
              const name = one.customer_name || phoneNumber(one.ani) || t("common.withheld");
              const open = one.status === waiting.status;
              return (
                <li key={one.id} class="follow" data-testid={`${kind}-row`}>
                  <Avatar name={name} />
                  <div class="follow-who">
                    <span class="clip strong">{name}</span>
                    <span class="faint small num">{props.under(one)}</span>
                  </div>
                  {props.middle(one)}
                  <a class="link" href={href("calls", one.call_id)}>
                    {t("callbacks.openCall")}
                  </a>
                  <button type="button" class="button" data-testid={`${kind}-done-${one.id}`} onClick={() => turn(one)}>
                    {open && <Icon name="check" size={16} />}
                    {open ? waiting.button : done.button}
                  </button>
                </li>
              );
            })}
          </ul>
        )}
      </div>
    </div>
  );
}
