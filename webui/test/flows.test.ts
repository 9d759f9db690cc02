import { describe, expect, it } from "vitest";

import type { FlowNames } from "../src/api/types";
import { complete, type Schema } from "../src/admin/flows/complete";
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
