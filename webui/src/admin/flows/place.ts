/**
 * Where the cursor stands in a YAML text: the keys that lead there, and whether a key or a value is being written.
 * Goes by indentation and by the braces of short maps, as flows are written; a text half typed is the usual case.
 */

export interface Place {
  /** Keys from the top down to the map or value the cursor is in; list items are numbers. */
  path: (string | number)[];
  /** `key`: a key of the map at `path` is being written; `value`: the value at `path`. */
  writing: "key" | "value";
  /** What is written of it up to the cursor, and where that begins in the line (from 0). */
  word: string;
  from: number;
  /** Keys that stand beside the one being written, with their plain values. */
  siblings: Record<string, string>;
}

interface Line {
  indent: number;
  /** `- ` at the line's beginning: an item of a list. */
  item: boolean;
  key: string;
  value: string;
}

const KEY = /^(?:"([^"]*)"|'([^']*)'|([^\s#:{}[\],"'&*!|>%@`][^:#{}[\],]*?|[*#]))\s*:(?=\s|$)/;

/** `row` from 0, `column` from 0. Null inside comments and texts over several lines. */
export function placeAt(lines: readonly string[], row: number, column: number): Place | null {
  const text = (lines[row] ?? "").slice(0, column);
  if (inComment(text) || inBlock(lines, row)) return null;
  const brace = openBrace(text);
  if (brace !== null) return inBraces(lines, row, text, brace);
  const body = text.trimStart();
  const indent = text.length - body.length;
  const item = /^- +/.exec(body);
  const rest = item ? body.slice(item[0].length) : body;
  const own = indent + (item?.[0].length ?? 0);
  const path = pathOf(lines, row, item ? indent : own, item !== null);
  const key = KEY.exec(rest);
  if (!key) return { path, writing: body.startsWith("-") && !item ? "value" : "key", word: rest, from: own, siblings: siblingsOf(lines, row, own) };
  const after = rest.slice(key[0].length);
  const word = after.trimStart();
  return { path: [...path, name(key)], writing: "value", word, from: text.length - word.length, siblings: siblingsOf(lines, row, own) };
}

function name(found: RegExpExecArray): string {
  return (found[1] ?? found[2] ?? found[3] ?? "").trim();
}

function parse(line: string): Line | null {
  const body = line.trimStart();
  if (body === "" || body.startsWith("#")) return null;
  const item = /^- +/.exec(body)?.[0] ?? (body === "-" ? "-" : "");
  const rest = body.slice(item.length);
  const found = KEY.exec(rest);
  return {
    indent: line.length - body.length,
    item: item !== "",
    key: found ? name(found) : "",
    value: found ? rest.slice(found[0].length).trim() : "",
  };
}

/** The keys above a line, from the top. `indent` is that of the key, or of the list's dash. */
function pathOf(lines: readonly string[], row: number, indent: number, isItem: boolean): (string | number)[] {
  const path: (string | number)[] = [];
  let level = indent;
  let counting = isItem;
  let index = 0;
  for (let above = row - 1; above >= 0 && (level > 0 || counting); above--) {
    const line = parse(lines[above] ?? "");
    if (!line) continue;
    if (counting) {
      if (line.item && line.indent === level) index += 1;
      else if (line.indent < level || (line.indent === level && line.key)) {
        path.unshift(index);
        counting = false;
        path.unshift(line.key);
        level = line.indent;
        if (line.item) {
          counting = true;
          index = 0;
        }
      }
      continue;
    }
    const start = line.indent + (line.item ? 2 : 0);
    if (line.item && start === level) {
      counting = true; // the map is this list's item
      index = 0;
      level = line.indent;
      continue;
    }
    if (line.indent < level && line.key) {
      path.unshift(line.key);
      level = line.indent;
      if (line.item) {
        counting = true;
        index = 0;
      }
    }
  }
  return path;
}

/** Keys of the same map, around the line. */
function siblingsOf(lines: readonly string[], row: number, indent: number): Record<string, string> {
  const found: Record<string, string> = {};
  const look = (from: number, step: 1 | -1) => {
    for (let at = from; at >= 0 && at < lines.length; at += step) {
      const line = parse(lines[at] ?? "");
      if (!line) continue;
      const start = line.indent + (line.item ? 2 : 0);
      if (start < indent || (line.item && step === 1)) return;
      if (start === indent && line.key) found[line.key] = plain(line.value);
      if (line.item && start === indent) return;
    }
  };
  look(row - 1, -1);
  look(row + 1, 1);
  return found;
}

function plain(value: string): string {
  return value.replace(/\s+#.*$/, "").replace(/^["']|["']$/g, "");
}

function inComment(text: string): boolean {
  return /(^|\s)#/.test(text.replace(/"[^"]*"|'[^']*'/g, "_"));
}

/** Is the line part of a text begun with `|` or `>` above? */
function inBlock(lines: readonly string[], row: number): boolean {
  const line = lines[row] ?? "";
  let level = line.trim() === "" ? Infinity : line.length - line.trimStart().length;
  for (let above = row - 1; above >= 0; above--) {
    const text = lines[above] ?? "";
    if (text.trim() === "") continue;
    const indent = text.length - text.trimStart().length;
    if (indent >= level) continue;
    if (/[:-]\s+[|>][-+0-9]*\s*$/.test(text)) return level !== Infinity;
    level = indent;
    if (level === 0) return false;
  }
  return false;
}

/** The column of the innermost brace or bracket still open at the end of `text`; null when none is. */
function openBrace(text: string): number | null {
  const open: number[] = [];
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? "";
    if (quote) {
      if (char === quote) quote = "";
    } else if (char === '"' || char === "'") {
      if (/[\s:{[,]/.test(text[at - 1] ?? " ")) quote = char;
    } else if (char === "{" || char === "[") {
      if (/[\s:{[,-]/.test(text[at - 1] ?? " ")) open.push(at);
    } else if (char === "}" || char === "]") open.pop();
  }
  return open.at(-1) ?? null;
}

function inBraces(lines: readonly string[], row: number, text: string, brace: number): Place | null {
  const outer = placeAt(lines, row, brace);
  if (!outer) return null;
  const parts = split(text.slice(brace + 1));
  const last = parts.at(-1) ?? "";
  const written = last.trimStart();
  const list = text[brace] === "[";
  const siblings: Record<string, string> = {};
  for (const part of parts.slice(0, -1)) {
    const found = KEY.exec(part.trim());
    if (found) siblings[name(found)] = plain(part.trim().slice(found[0].length).trim());
  }
  if (list) return { path: [...outer.path, parts.length - 1], writing: "value", word: written, from: text.length - written.length, siblings };
  const key = KEY.exec(written);
  if (!key) return { path: outer.path, writing: "key", word: written, from: text.length - written.length, siblings };
  const word = written.slice(key[0].length).trimStart();
  return { path: [...outer.path, name(key)], writing: "value", word, from: text.length - word.length, siblings };
}

/** The parts between commas, not looking into inner braces or quotes. */
function split(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = "";
  let part = "";
  for (const char of text) {
    if (quote) {
      if (char === quote) quote = "";
    } else if (char === '"' || char === "'") quote = char;
    else if (char === "{" || char === "[") depth += 1;
    else if (char === "}" || char === "]") depth -= 1;
    if (char === "," && depth === 0 && !quote) {
      parts.push(part);
      part = "";
    } else part += char;
  }
  return [...parts, part];
}

/** The names of the flow's nodes with their lines (from 0), in order. */
export function nodeLines(lines: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  let within = false;
  let level = 0;
  lines.forEach((text, row) => {
    const line = parse(text);
    if (!line?.key) return;
    if (line.indent === 0) {
      within = line.key === "nodes";
      level = 0;
    } else if (within && (level === 0 || line.indent === level)) {
      level = line.indent;
      if (!found.has(line.key)) found.set(line.key, row);
    }
  });
  return found;
}

/** The node whose part of the text a line is in. */
export function nodeAt(lines: readonly string[], row: number): string {
  let name = "";
  for (const [node, at] of nodeLines(lines)) if (at <= row) name = node;
  const top = lines.findIndex((line, at) => at > (nodeLines(lines).get(name) ?? 0) && /^[^\s#]/.test(line));
  return top !== -1 && row >= top ? "" : name;
}
