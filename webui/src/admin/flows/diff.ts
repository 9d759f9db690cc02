/** A unified diff as rows, for one column or two. */

export interface DiffRow {
  kind: "same" | "added" | "removed" | "gap";
  /** Line numbers from 1; 0 where the side has no such line. */
  before: number;
  after: number;
  text: string;
}

/** Rows of a unified diff. What is no diff gives none. */
export function readDiff(diff: string): DiffRow[] {
  const rows: DiffRow[] = [];
  let before = 0;
  let after = 0;
  for (const line of diff.split("\n")) {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line);
    if (hunk) {
      before = Number(hunk[1]);
      after = Number(hunk[2]);
      rows.push({ kind: "gap", before, after, text: "" });
    } else if (before === 0 && after === 0) continue; // the heads
    else if (line.startsWith("+")) rows.push({ kind: "added", before: 0, after: after++, text: line.slice(1) });
    else if (line.startsWith("-")) rows.push({ kind: "removed", before: before++, after: 0, text: line.slice(1) });
    else if (line.startsWith(" ")) rows.push({ kind: "same", before: before++, after: after++, text: line.slice(1) });
  }
  return rows;
}

export type Pair = [DiffRow | null, DiffRow | null];

/** The rows side by side: what was removed beside what came in its place. */
export function sideBySide(rows: readonly DiffRow[]): Pair[] {
  const pairs: Pair[] = [];
  let removed: DiffRow[] = [];
  let added: DiffRow[] = [];
  const flush = () => {
    for (let at = 0; at < Math.max(removed.length, added.length); at++) pairs.push([removed[at] ?? null, added[at] ?? null]);
    removed = [];
    added = [];
  };
  for (const row of rows) {
    if (row.kind === "removed") removed.push(row);
    else if (row.kind === "added") added.push(row);
    else {
      flush();
      pairs.push([row, row]);
    }
  }
  flush();
  return pairs;
}
