/** Something opened beside a list. Escape closes it. */

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

import { t } from "../i18n";
import { Icon } from "./Icon";

interface Props {
  label: string;
  head: ComponentChildren;
  close: () => void;
  children: ComponentChildren;
}

export function Drawer({ label, head, close, children }: Props) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !event.defaultPrevented) close();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [close]);
  return (
    <aside class="drawer" aria-label={label} data-testid="drawer">
      <header class="drawer-head">
        {head}
        <button type="button" class="icon-button" aria-label={t("common.close")} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <div class="drawer-body">{children}</div>
    </aside>
  );
}
