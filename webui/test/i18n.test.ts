import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";

import { fill, language, pick, t, tWord } from "../src/i18n";
import { en } from "../src/i18n/en";
import { zh } from "../src/i18n/zh";

const keys = Object.keys(en) as (keyof typeof en)[];
const parameters = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((one) => {
    const path = join(folder, one.name);
    if (one.isDirectory()) return sources(path);
    return /\.tsx?$/.test(one.name) && !/i18n[/\\](en|zh)\.ts$/.test(path) ? [readFileSync(path, "utf8")] : [];
  });
}

describe("texts", () => {
  beforeEach(() => {
    language.value = "en";
  });

  it("are there in both languages, and none is empty", () => {
    expect(Object.keys(zh).sort()).toEqual([...keys].sort());
    for (const key of keys) {
      expect(en[key].trim(), key).not.toBe("");
      expect(zh[key].trim(), key).not.toBe("");
    }
  });

  it("have the same parameters in both languages", () => {
    for (const key of keys) expect(parameters(zh[key]), key).toEqual(parameters(en[key]));
  });

  it("are Chinese in Chinese", () => {
    const sameInBoth = new Set(["level.vip", "admin.apply.text"]);
    for (const key of keys) if (!sameInBoth.has(key)) expect(zh[key], key).toMatch(/[\u4e00-\u9fff]/);
  });

  it("are all used by a page", () => {
    const code = sources(join(__dirname, "../src")).join("\n");
    // Keys made of a prefix and a word (`state.${state}`) count as used by their prefix.
    const prefixes = [...code.matchAll(/[`"]((?:\w+\.)+)\$\{/g)].map((found) => found[1] ?? "");
    const words = [...code.matchAll(/tWord\("([\w.]+)"/g)].map((found) => `${found[1]}.`);
    const unused = keys.filter((key) => !code.includes(`"${key}"`) && ![...prefixes, ...words].some((prefix) => key.startsWith(prefix)));
    expect(unused).toEqual([]);
  });

  it("put parameters in as they are, whatever they contain", () => {
    expect(t("desk.notice.caller_gone", { caller: "<b>$& {caller}" })).toBe("<b>$& {caller} hung up before you could answer.");
    expect(fill("{a} {b}", { a: 1 })).toBe("1 {b}");
  });

  it("change with the language", () => {
    expect(t("state.ready")).toBe("Ready");
    language.value = "zh-CN";
    expect(t("state.ready")).toBe("示闲");
  });

  it("show a word from the wire as it is when there is no text for it", () => {
    expect(tWord("outcome", "answered")).toBe("Answered");
    expect(tWord("outcome", "something_new")).toBe("something_new");
  });

  it("pick the reader's label, or the next best", () => {
    const label = { en: "Sales", "zh-CN": "销售" };
    expect(pick(label)).toBe("Sales");
    language.value = "zh-CN";
    expect(pick(label)).toBe("销售");
    expect(pick({ en: "Only English" })).toBe("Only English");
    expect(pick("plain")).toBe("plain");
    expect(pick(null)).toBe("");
  });
});
