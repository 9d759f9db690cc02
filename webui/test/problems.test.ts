import { afterEach, describe, expect, it } from "vitest";

import { hintOf, messageOf } from "../src/admin/words";
import type { Problem } from "../src/api/types";
import { language } from "../src/i18n";

const PROBLEM: Problem = {
  file: "hotline.yaml", line: 4, column: 8, severity: "error", source_line: "start: opne",
  message: "there is no node 'opne'", message_zh: "没有节点 'opne'", hint: "did you mean 'open'?", hint_zh: "您要写的是 'open' 吗？",
}; // prettier-ignore

describe("what the checker says", () => {
  const before = language.value;
  afterEach(() => void (language.value = before));

  it("is read in the language of the page", () => {
    language.value = "zh-CN";
    expect(`${messageOf(PROBLEM)} ${hintOf(PROBLEM)}`).toBe("没有节点 'opne' 您要写的是 'open' 吗？");
    language.value = "en";
    expect(`${messageOf(PROBLEM)} ${hintOf(PROBLEM)}`).toBe("there is no node 'opne' did you mean 'open'?");
  });
});
