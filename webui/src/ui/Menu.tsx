/** A button that opens a small menu: closes on choice, Escape and clicks elsewhere; arrows move through it. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** Pixels below a button that a menu wants; with fewer it opens upwards. */
const ROOM_BELOW = 360;

interface Props {
  button: ComponentChildren;
  label: string;
  class?: string;
  testid?: string;
  align?: "left" | "right";
  children: (close: () => void) => ComponentChildren;
}

export function Menu({ button, label, class: cls = "", testid, align = "left", children }: Props) {
  const [open, setOpen] = useState(false);
  const [up, setUp] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const close = () => setOpen(false);

  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) close();
    };
    document.addEventListener("pointerdown", outside);
    root.current?.querySelector<HTMLElement>(".menu button")?.focus();
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);

  const keys = (event: KeyboardEvent) => {
    if (!open) return;
    if (event.key === "Escape") {
      close();
      root.current?.querySelector<HTMLElement>(".menu-button")?.focus();
      event.stopPropagation();
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const items = [...(root.current?.querySelectorAll<HTMLElement>(".menu button:not(:disabled)") ?? [])];
    const at = items.indexOf(document.activeElement as HTMLElement);
    items[(at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length]?.focus();
  };

  return (
    <div class="menu-root" ref={root} onKeyDown={keys}>
      <button
        type="button"
        class={`menu-button ${cls}`}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={label}
        data-testid={testid}
        onClick={(event) => {
          const place = event.currentTarget.getBoundingClientRect();
          setUp(innerHeight - place.bottom < ROOM_BELOW && place.top > innerHeight / 2);
          setOpen(!open);
        }}
      >
        {button}
      </button>
      {open && (
        <div class={`menu menu-${align}${up ? " menu-up" : ""}`} role="menu">
          {children(close)}
        </div>
      )}
    </div>
  );
}
