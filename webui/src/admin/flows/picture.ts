/** The drawing's SVG made safe for the page, and the arithmetic of looking at a part of it. */

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const NEAREST = 0.12;
const FARTHEST = 1.6;

/** The picture as an element with nothing in it that could run or load; null when it is none. */
export function parsePicture(text: string): { svg: SVGSVGElement; box: Box } | null {
  if (!text) return null;
  const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  if (root.nodeName !== "svg") return null;
  for (const element of root.querySelectorAll("script, style, foreignObject, image, a, use, animate, set")) element.remove();
  for (const element of [root, ...root.querySelectorAll("*")]) {
    for (const { name } of [...element.attributes]) if (/^(on|style$|href$|xlink:)/i.test(name)) element.removeAttribute(name);
  }
  const svg = document.importNode(root, true) as unknown as SVGSVGElement;
  const [x = 0, y = 0, width = 100, height = 100] = (svg.getAttribute("viewBox") ?? `0 0 ${svg.getAttribute("width")} ${svg.getAttribute("height")}`).split(/[\s,]+/).map(parseFloat);
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  return { svg, box: { x, y, width, height } };
}

/** The whole picture in a frame of that size, never larger than drawn by half. */
export function fitted(whole: Box, width: number, height: number): Box {
  const scale = Math.max(whole.width / Math.max(1, width), whole.height / Math.max(1, height), 1 / 1.2);
  const seen = { width: width * scale, height: height * scale };
  return { x: whole.x - (seen.width - whole.width) / 2, y: whole.y - (seen.height - whole.height) / 2, ...seen };
}

/** By shares of what is seen. */
export function moved(view: Box, dx: number, dy: number): Box {
  return { ...view, x: view.x + dx * view.width, y: view.y + dy * view.height };
}

/** Nearer (`factor` below 1) or farther, keeping the point at these shares of the frame where it is. */
export function zoomed(view: Box, factor: number, atX: number, atY: number, whole: Box): Box {
  const largest = Math.max(whole.width, whole.height);
  const now = Math.max(view.width, view.height);
  const wanted = Math.min(largest * FARTHEST, Math.max(Math.min(largest, 600) * NEAREST * 4, now * factor));
  const by = wanted / now;
  return { x: view.x + view.width * (1 - by) * atX, y: view.y + view.height * (1 - by) * atY, width: view.width * by, height: view.height * by };
}
