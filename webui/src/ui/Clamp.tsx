/** Text from outside, whole but never wider or taller than its place: cut to some lines, opened on demand. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";

import { t } from "../i18n";

interface Props {
  text: string;
  lines?: number;
  class?: string;
  testid?: string;
  /** Without a button: the whole text is in the tooltip only. */
  quiet?: boolean;
}

export function Clamp({ text, lines = 1, class: cls = "", testid, quiet = false }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const [cut, setCut] = useState(false);
  useLayoutEffect(() => {
    const box = element.current;
    if (box && !open) setCut(box.scrollHeight > box.clientHeight + 2);
  }, [text, open]);
  return (
    <div class={`clamp ${cls}`}>
      <div
        ref={element}
        class={open ? "clamp-text open" : "clamp-text"}
        style={open ? undefined : { WebkitLineClamp: lines }}
        title={cut && !open ? text : undefined}
        data-testid={testid}
      >
        {text}
      </div>
      {cut && !quiet && (
        <button type="button" class="link small" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? t("common.less") : t("common.more")}
        </button>
      )}
    </div>
  );
}
