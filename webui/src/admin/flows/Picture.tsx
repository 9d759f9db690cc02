/** The flow as a picture: moved by dragging, zoomed by the wheel; a click on a node leads to its text. */

import { useEffect, useRef } from "preact/hooks";

import type { HeatPeriod } from "../../api/types";
import { t } from "../../i18n";
import { count } from "../../i18n/format";
import { Icon } from "../../ui/Icon";
import { Segments } from "../../ui/parts";
import { begun, type Box, fitted, moved, parsePicture, reaching, resized, zoomed } from "./picture";

const GLIDE_MS = 220;

interface Props {
  svg: string;
  /** The text has errors: what is shown is the last good one. */
  old: boolean;
  /** The node the cursor is in. */
  current: string;
  /** The node a rehearsing caller is in. */
  lit: string;
  heat: HeatPeriod;
  entered: number;
  chooseHeat: (heat: HeatPeriod) => void;
  choose: (node: string) => void;
}

export function Picture(props: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const picture = useRef<SVGSVGElement | null>(null);
  const whole = useRef<Box>({ x: 0, y: 0, width: 1, height: 1 });
  const view = useRef<Box | null>(null);
  const width = useRef(1);
  const gliding = useRef(0);

  const show = (box: Box) => {
    cancelAnimationFrame(gliding.current);
    view.current = box;
    picture.current?.setAttribute("viewBox", `${box.x} ${box.y} ${box.width} ${box.height}`);
  };
  const size = () => frame.current?.getBoundingClientRect() ?? new DOMRect(0, 0, 1, 1);
  const fit = () => glide(fitted(whole.current, size().width, size().height));
  /** To another part of the picture, so that the eye can follow. */
  const glide = (to: Box) => {
    const from = view.current;
    if (!from || matchMedia("(prefers-reduced-motion: reduce)").matches) return show(to);
    const start = performance.now();
    const step = (now: number) => {
      const share = Math.min(1, (now - start) / GLIDE_MS);
      const eased = 1 - (1 - share) ** 3;
      const between = (a: number, b: number) => a + (b - a) * eased;
      show({ x: between(from.x, to.x), y: between(from.y, to.y), width: between(from.width, to.width), height: between(from.height, to.height) });
      if (share < 1) gliding.current = requestAnimationFrame(step);
    };
    cancelAnimationFrame(gliding.current);
    gliding.current = requestAnimationFrame(step);
  };
  /** Where an element of the picture is, in the picture's own units. */
  const placeOf = (element: Element): Box => {
    const [area, seen] = [size(), view.current ?? whole.current];
    const rect = element.getBoundingClientRect();
    const scale = seen.width / Math.max(1, area.width);
    return { x: seen.x + (rect.left - area.left) * scale, y: seen.y + (rect.top - area.top) * scale, width: rect.width * scale, height: rect.height * scale };
  };

  useEffect(() => {
    const parsed = parsePicture(props.svg);
    if (!parsed || !frame.current) return;
    picture.current = parsed.svg;
    whole.current = parsed.box;
    frame.current.replaceChildren(parsed.svg);
    const area = size();
    width.current = area.width;
    if (view.current) show(view.current);
    else {
      show(fitted(parsed.box, area.width, area.height));
      show(begun(parsed.box, placeOf(parsed.svg.querySelector(".start circle") ?? parsed.svg), area.width, area.height));
    }
  }, [props.svg]);

  const nodes = () => [...(picture.current?.querySelectorAll("[data-node]") ?? [])];
  useEffect(() => {
    for (const node of nodes()) {
      const name = node.getAttribute("data-node");
      node.classList.toggle("is-current", name === props.current);
      node.classList.toggle("is-lit", name === props.lit);
    }
  }, [props.svg, props.current, props.lit]);
  useEffect(() => {
    const wanted = props.lit || props.current;
    const node = nodes().find((one) => one.getAttribute("data-node") === wanted);
    if (!node || !view.current) return;
    const there = reaching(view.current, placeOf(node));
    if (there.x !== view.current.x || there.y !== view.current.y) glide(there);
  }, [props.current, props.lit, props.svg === ""]);

  useEffect(() => {
    const box = frame.current;
    if (!box) return;
    const wheel = (event: WheelEvent) => {
      if (!view.current) return;
      event.preventDefault();
      const area = size();
      show(zoomed(view.current, Math.exp(event.deltaY * 0.0015), (event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height, area.width, whole.current));
    };
    box.addEventListener("wheel", wheel, { passive: false });
    const watch = new ResizeObserver(() => {
      const area = size();
      if (view.current && area.width > 0) show(resized(view.current, width.current, area.width, area.height));
      width.current = area.width;
    });
    watch.observe(box);
    return () => {
      cancelAnimationFrame(gliding.current);
      box.removeEventListener("wheel", wheel);
      watch.disconnect();
    };
  }, []);

  const drag = (down: PointerEvent) => {
    const start = view.current;
    const box = frame.current;
    if (!start || !box || down.button !== 0) return;
    const area = size();
    let far = false;
    const move = (event: PointerEvent) => {
      const dx = event.clientX - down.clientX;
      const dy = event.clientY - down.clientY;
      if (!far && Math.hypot(dx, dy) < 4) return;
      far = true;
      show(moved(start, -dx / area.width, -dy / area.height));
    };
    const up = () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", up);
      if (far) return;
      const node = (down.target as Element | null)?.closest("[data-node]")?.getAttribute("data-node");
      if (node) props.choose(node);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", up);
  };
  const zoom = (factor: number) => view.current && glide(zoomed(view.current, factor, 0.5, 0.5, size().width, whole.current));

  return (
    <section class={props.old ? "flow-picture is-old" : "flow-picture"} aria-label={t("flow.picture")}>
      <header>
        <Segments label={t("flow.heat")} value={props.heat} options={(["", "day", "week"] as const).map((value) => ({ value, text: t(`flow.heat.${value || "off"}`) }))} choose={props.chooseHeat} />
        {props.heat && (
          <span class="faint small" data-testid="flow-entered">
            {t("flow.heat.entered", { count: count(props.entered) })}
          </span>
        )}
        <span class="grow" />
        {props.old && <span class="badge tone-warm">{t("flow.picture.old")}</span>}
        <button type="button" class="icon-button" aria-label={t("flow.zoomOut")} title={t("flow.zoomOut")} onClick={() => zoom(1.25)}>
          <Icon name="minus" />
        </button>
        <button type="button" class="icon-button" aria-label={t("flow.zoomIn")} title={t("flow.zoomIn")} onClick={() => zoom(0.8)}>
          <Icon name="plus" />
        </button>
        <button type="button" class="icon-button" aria-label={t("flow.fit")} title={t("flow.fit")} onClick={fit}>
          <Icon name="expand" />
        </button>
      </header>
      <div class="flow-canvas" ref={frame} data-testid="flow-picture" onPointerDown={drag} />
      {!props.svg && <p class="flow-nothing faint">{t("flow.picture.none")}</p>}
    </section>
  );
}
