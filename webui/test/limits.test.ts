import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Center } from "../src/api/types";
import { limitText, mayGoReady, mustAsk } from "../src/desk/limits";
import { setLanguage } from "../src/i18n";
import { center } from "../src/shell/session";
import { anAgent } from "./kit";

const lunch = (at_limit: "remind" | "ready" | "ask") => ({
  lunch: { name: "Lunch", own: true, limit_minutes: 30, per_day_minutes: null, at_once: null, at_limit },
});
const away = (more = {}) => anAgent("not_ready", { reason: "lunch", since: 1000, limit_at: 2800, ...more });

describe("the time for a reason", () => {
  beforeEach(() => setLanguage("en"));
  afterEach(() => (center.value = null));

  it("counts down, and then up", () => {
    expect(limitText(away({ limit_at: null }), 1000)).toBe("");
    expect(limitText(away(), 2000)).toBe("13:20 left");
    expect(limitText(away({ over_limit: true }), 2933)).toBe("2:13 over");
    setLanguage("zh-CN");
    expect(limitText(away({ over_limit: true }), 2933)).toBe("已超时 2:13");
  });

  it("is never more than there was, though the page's clock is a moment behind", () => {
    expect(limitText(away(), 999.2)).toBe("30:00 left");
  });

  it("keeps from going ready only where a supervisor is to be asked", () => {
    for (const [at, asks] of [["remind", false], ["ready", false], ["ask", true]] as const) {
      center.value = { not_ready_reasons: lunch(at) } as unknown as Center;
      expect(mustAsk(away({ over_limit: true }))).toBe(asks);
      expect(mustAsk(away())).toBe(false);
      expect(mayGoReady(away({ over_limit: true }))).toBe(!asks);
    }
  });

  it("has nothing to do with a phone that is not there: without it nobody goes ready", () => {
    expect(mayGoReady(anAgent("signed_out", { phone: "unregistered" }))).toBe(false);
    expect(mayGoReady(anAgent("signed_out", { phone: "unknown" }))).toBe(true);
  });
});
