/** What the checker says, in the reader's language. */

import type { Problem } from "../api/types";
import { language } from "../i18n";

export function messageOf(problem: Problem): string {
  return language.value === "zh-CN" ? problem.message_zh : problem.message;
}

export function hintOf(problem: Problem): string {
  return language.value === "zh-CN" ? problem.hint_zh : problem.hint;
}
