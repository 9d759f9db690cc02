/** The drawing's SVG made safe for the page, and the arithmetic of looking at a part of it. */

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Units of the drawing a pixel may hold: beyond, texts can not be read or are larger than the page's own. */
const READABLE = 1.35;
const NEAREST = 0.4;
const FARTHEST = 1.3; // of the whole

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

/** The whole picture in a frame of that size, never larger than drawn. */
export function fitted(whole: Box, width: number, height: number): Box {
  const scale = Math.max(whole.width / Math.max(1, width), whole.height / Math.max(1, height), 1);
  return centred(whole, width * scale, height * scale);
}

/** Where looking begins: at the whole if its texts can be read then, else at its beginning. */
export function begun(whole: Box, start: Box, width: number, height: number): Box {
  const all = fitted(whole, width, height);
  if (all.width / Math.max(1, width) <= READABLE) return all;
  const seen = { width: width * READABLE, height: height * READABLE };
  const y = seen.height >= whole.height ? centred(whole, 0, seen.height).y : clamp(start.y + start.height / 2 - seen.height / 2, whole.y, whole.y + whole.height - seen.height);
  return { x: whole.x, y, ...seen };
}

/** The same scale and middle in a frame of another size. */
export function resized(view: Box, from: number, width: number, height: number): Box {
  const scale = view.width / Math.max(1, from);
  return centred(view, width * scale, height * scale);
}

/** Moved just so far that `wanted` and a margin around it are in sight. */
export function reaching(view: Box, wanted: Box): Box {
  const margin = { x: Math.min(60, view.width / 8), y: Math.min(40, view.height / 8) };
  const along = (at: number, size: number, from: number, length: number, edge: number) => {
    const low = from - edge;
    const high = from + length + edge - size;
    return low < high ? low : clamp(at, high, low);
  };
  return {
    ...view,
    x: along(view.x, view.width, wanted.x, wanted.width, margin.x),
    y: along(view.y, view.height, wanted.y, wanted.height, margin.y),
  };
}

function centred(box: Box, width: number, height: number): Box {
  return { x: box.x + (box.width - width) / 2, y: box.y + (box.height - height) / 2, width, height };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), Math.max(low, high));
}

/** By shares of what is seen. */
export function moved(view: Box, dx: number, dy: number): Box {
  return { ...view, x: view.x + dx * view.width, y: view.y + dy * view.height };
}

/** Nearer (`factor` below 1) or farther, keeping the point at these shares of the frame where it is. */
export function zoomed(view: Box, factor: number, atX: number, atY: number, frame: number, whole: Box): Box {
  const smallest = Math.min(view.width, frame * NEAREST);
  const largest = Math.max(view.width, fitted(whole, frame, (frame * view.height) / view.width).width * FARTHEST);
  const by = clamp(view.width * factor, smallest, largest) / view.width;
  return { x: view.x + view.width * (1 - by) * atX, y: view.y + view.height * (1 - by) * atY, width: view.width * by, height: view.height * by };
}
