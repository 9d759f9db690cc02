import { describe, expect, it } from "vitest";

import type { FlowNames } from "../src/api/types";
import { complete, type Schema } from "../src/admin/flows/complete";
import { readDiff, sideBySide } from "../src/admin/flows/diff";
import { begun, fitted, reaching, resized, zoomed } from "../src/admin/flows/picture";
import { nodeAt, nodeLines, placeAt } from "../src/admin/flows/place";

const FLOW = `# the shop's hotline
version: 1
name: {zh-CN: 热线, en: Hotline}
language: zh-CN
start: welcome

nodes:
  welcome:
    type: play
    say:
      en: |
        Hello: welcome
        to the shop
    next: choice
  choice:
    type: menu
    keys:
      "1": {go: welcome, label: {en: Orders}}
      "2":
        go: 
    on_timeout: welcome
  line:
    type: queue
    
    skills: {orders: 3}
tests:
  - name: a caller
    caller: ["1"]
  - name: another
    expect:
      path: [welcome]
`;

const lines = FLOW.split("\n");

/** The place right after a piece of the text. */
function after(piece: string, text = FLOW) {
  const at = text.indexOf(piece) + piece.length;
  const before = text.slice(0, at).split("\n");
  return placeAt(text.split("\n"), before.length - 1, before.at(-1)?.length ?? 0);
}

describe("the place of the cursor", () => {
  it("is told by the keys above it", () => {
    expect(after("    next: cho")).toMatchObject({ path: ["nodes", "welcome", "next"], writing: "value", word: "cho" });
    expect(after("        go: ")).toMatchObject({ path: ["nodes", "choice", "keys", "2", "go"], writing: "value", word: "" });
    expect(after("\n    typ")).toMatchObject({ path: ["nodes", "welcome"], writing: "key", word: "typ" });
    expect(after("star")).toMatchObject({ path: [], writing: "key", word: "star" });
  });

  it("knows what stands beside it", () => {
    expect(after("    type: queue\n    ")).toMatchObject({ path: ["nodes", "line"], writing: "key", siblings: { type: "queue", skills: "{orders: 3}" } });
    expect(after("on_timeout: wel")?.siblings).toMatchObject({ type: "menu" });
  });

  it("goes into short maps and lists", () => {
    expect(after('"1": {go: wel')).toMatchObject({ path: ["nodes", "choice", "keys", "1", "go"], writing: "value", word: "wel" });
    expect(after('"1": {go: welcome, lab')).toMatchObject({ path: ["nodes", "choice", "keys", "1"], writing: "key", word: "lab", siblings: { go: "welcome" } });
    expect(after("{go: welcome, label: {e")).toMatchObject({ path: ["nodes", "choice", "keys", "1", "label"], writing: "key", word: "e" });
    expect(after("      path: [welc")).toMatchObject({ path: ["tests", 1, "expect", "path", 0], writing: "value", word: "welc" });
  });

  it("counts the items of a list", () => {
    expect(after("- name: a call")).toMatchObject({ path: ["tests", 0, "name"], writing: "value" });
    expect(after("- name: anoth")).toMatchObject({ path: ["tests", 1, "name"], writing: "value" });
    expect(after("    caller: [")).toMatchObject({ path: ["tests", 0, "caller", 0] });
  });

  it("is nowhere in comments and long texts", () => {
    expect(after("# the sh")).toBeNull();
    expect(after("        Hello: wel")).toBeNull();
    expect(after("        to the")).toBeNull();
  });

  it("is found in any text, however broken", () => {
    const pieces = ["nodes:", "  a:", "- ", "{", "}", "[", '"', "'", "x: ", "#", "|", "\t", ",", "  ", "…", ""];
    let seed = 7;
    const next = (n: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
    for (let turn = 0; turn < 3000; turn++) {
      const text = Array.from({ length: 1 + next(6) }, () => Array.from({ length: next(6) }, () => pieces[next(pieces.length)]).join(""));
      const row = next(text.length);
      const column = next((text[row]?.length ?? 0) + 1);
      const place = placeAt(text, row, column);
      if (place) expect(place.from).toBeLessThanOrEqual(column);
      nodeAt(text, row);
    }
  });
});

describe("nodes in the text", () => {
  it("have their lines", () => {
    expect([...nodeLines(lines)]).toEqual([["welcome", 7], ["choice", 14], ["line", 21]]);
  });

  it("are found from a line within them", () => {
    expect(nodeAt(lines, 10)).toBe("welcome");
    expect(nodeAt(lines, 17)).toBe("choice");
    expect(nodeAt(lines, 2)).toBe("");
    expect(nodeAt(lines, 26)).toBe("");
  });
});

const SCHEMA: Schema = {
  properties: {
    start: { type: "string" },
    language: { enum: ["zh-CN", "en"] },
    nodes: { additionalProperties: { oneOf: [{ $ref: "#/$defs/Menu" }, { $ref: "#/$defs/Queue" }] } },
  },
  required: ["start"],
  $defs: {
    Menu: {
      description: "Say the choices and wait for a key.\nMore.",
      properties: {
        type: { const: "menu" },
        keys: { additionalProperties: { $ref: "#/$defs/Key" } },
        say: { $ref: "#/$defs/Spoken" },
        on_timeout: { anyOf: [{ type: "string" }, { const: "" }], description: "Where to go when no key came." },
        barge_in: { type: "boolean" },
      },
      required: ["type", "keys"],
    },
    Key: { properties: { go: { type: "string" }, language: { anyOf: [{ enum: ["zh-CN", "en"] }, { type: "null" }] } } },
    Queue: { properties: { type: { const: "queue" }, queue: { type: "string" }, skills: { additionalProperties: { type: "integer" } } } },
    Spoken: { propertyNames: { enum: ["zh-CN", "en"] }, additionalProperties: { type: "string" } },
  },
};
const NAMES: FlowNames = { queues: { orders: { en: "Orders" } }, skills: { vip: "VIP" }, hours: {}, emergencies: { storm: "Storm" }, flows: {} };

function offered(text: string): string[] {
  const at = text.split("\n");
  const place = placeAt(at, at.length - 1, at.at(-1)?.length ?? 0);
  if (!place) return [];
  const typeOf = (path: readonly (string | number)[]) => (path[0] === "nodes" && path.length === 2 ? /type: (\w+)/.exec(text)?.[1] ?? "" : "");
  return complete(SCHEMA, NAMES, place, { nodes: ["welcome", "bye"], typeOf }).map((one) => one.label);
}

describe("what may be written", () => {
  it("at the top are the flow's own keys, without those that are there", () => {
    expect(offered("start: a\nl")).toEqual(["language", "nodes"]);
    expect(offered("language: ")).toEqual(["zh-CN", "en"]);
  });

  it("in a node is what its type has", () => {
    expect(offered("nodes:\n  a:\n    type: ")).toEqual(["menu", "queue"]);
    expect(offered("nodes:\n  a:\n    type: menu\n    o")).toEqual(["keys", "say", "on_timeout", "barge_in"]);
    expect(offered("nodes:\n  a:\n    type: queue\n    s")).toEqual(["queue", "skills"]);
    expect(offered("nodes:\n  a:\n    type: menu\n    barge_in: ")).toEqual(["true", "false"]);
    expect(offered("nodes:\n  a:\n    type: menu\n    say:\n      ")).toEqual(["zh-CN", "en"]);
  });

  it("are nodes where one follows, and the center's names", () => {
    expect(offered("nodes:\n  a:\n    type: menu\n    on_timeout: b")).toEqual(["welcome", "bye"]);
    expect(offered('nodes:\n  a:\n    type: menu\n    keys:\n      "1": {go: ')).toEqual(["welcome", "bye"]);
    expect(offered("nodes:\n  a:\n    type: queue\n    queue: ")).toEqual(["orders"]);
    expect(offered("nodes:\n  a:\n    type: queue\n    skills:\n      ")).toEqual(["vip"]);
  });
});

describe("looking at the picture", () => {
  const whole = { x: 0, y: 0, width: 4000, height: 1000 };
  const start = { x: 10, y: 700, width: 40, height: 40 };

  it("begins at the whole when that can be read, else at the start", () => {
    const small = { x: 0, y: 0, width: 400, height: 300 };
    expect(begun(small, start, 600, 500)).toEqual(fitted(small, 600, 500));
    const seen = begun(whole, start, 600, 500);
    expect(seen.x).toBe(0);
    expect(seen.width / 600).toBeCloseTo(seen.height / 500);
    expect(seen.y).toBeLessThanOrEqual(700);
    expect(seen.y + seen.height).toBeGreaterThanOrEqual(740);
  });

  it("keeps the point under the wheel where it is", () => {
    const view = begun(whole, start, 600, 500);
    const near = zoomed(view, 0.5, 0.25, 0.75, 600, whole);
    expect(near.x + near.width * 0.25).toBeCloseTo(view.x + view.width * 0.25);
    expect(near.y + near.height * 0.75).toBeCloseTo(view.y + view.height * 0.75);
    let far = view;
    for (let turn = 0; turn < 50; turn++) far = zoomed(far, 2, 0.5, 0.5, 600, whole);
    expect(far.width).toBeLessThan(10_000);
  });

  it("moves no farther than needed to show a node", () => {
    const view = { x: 0, y: 0, width: 800, height: 600 };
    expect(reaching(view, { x: 300, y: 200, width: 200, height: 100 })).toEqual(view);
    const right = reaching(view, { x: 900, y: 200, width: 200, height: 100 });
    expect(right.x + right.width).toBe(1160);
    expect(right.y).toBe(0);
  });

  it("keeps scale and middle when the frame changes", () => {
    const view = { x: 100, y: 100, width: 800, height: 600 };
    expect(resized(view, 400, 200, 300)).toEqual({ x: 300, y: 100, width: 400, height: 600 });
  });
});

describe("a unified diff", () => {
  const diff = "--- a\n+++ b\n@@ -2,3 +2,4 @@\n same\n-old: 1\n+new: 1\n+more\n -- not a head\n@@ -9 +10 @@\n-x\n+y";

  it("becomes rows with their numbers", () => {
    expect(readDiff(diff).map((row) => [row.kind, row.before, row.after, row.text])).toEqual([
      ["gap", 2, 2, ""], ["same", 2, 2, "same"], ["removed", 3, 0, "old: 1"], ["added", 0, 3, "new: 1"], ["added", 0, 4, "more"],
      ["same", 4, 5, "-- not a head"], ["gap", 9, 10, ""], ["removed", 9, 0, "x"], ["added", 0, 10, "y"],
    ]);
    expect(readDiff("")).toEqual([]);
  });

  it("stands side by side", () => {
    expect(sideBySide(readDiff(diff)).map(([old, now]) => [old?.text, now?.text])).toEqual([
      ["", ""], ["same", "same"], ["old: 1", "new: 1"], [undefined, "more"], ["-- not a head", "-- not a head"], ["", ""], ["x", "y"],
    ]);
  });
});
