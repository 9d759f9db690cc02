import { beforeEach, describe, expect, it } from "vitest";

import { toFilter, EMPTY_CHOICE } from "../src/calls/FilterBar";
import { language } from "../src/i18n";
import { clockTime, initials, labelOr, percent, phoneNumber, spoken, startOfDay, when } from "../src/i18n/format";

/** Seconds of a local time. */
const local = (...parts: [number, number, number, number, number]) => new Date(...parts).getTime() / 1000;

beforeEach(() => {
  language.value = "en";
});

describe("durations", () => {
  it("read like a clock", () => {
    expect(clockTime(0)).toBe("0:00");
    expect(clockTime(7.9)).toBe("0:07");
    expect(clockTime(754)).toBe("12:34");
    expect(clockTime(3723)).toBe("1:02:03");
  });

  it("never show a negative or broken time", () => {
    expect(clockTime(-3)).toBe("0:00");
    expect(clockTime(null)).toBe("–");
    expect(clockTime(Number.NaN)).toBe("–");
  });

  it("are told in words in both languages", () => {
    expect(spoken(42.4)).toBe("42 s");
    expect(spoken(59.7)).toBe("1 min");
    expect(spoken(312)).toBe("5 min 12 s");
    expect(spoken(7500)).toBe("2 h 5 min");
    language.value = "zh-CN";
    expect(spoken(312)).toBe("5 分 12 秒");
  });
});

describe("what callers enter", () => {
  it("is called as the flow calls it, in the reader's language", () => {
    const label = { "zh-CN": "订单号", en: "Order number" };
    expect(labelOr(label, "order_no")).toBe("Order number");
    language.value = "zh-CN";
    expect(labelOr(label, "order_no")).toBe("订单号");
    expect(labelOr({ en: "Order number" }, "order_no")).toBe("Order number");
  });

  it("goes by its plain name where the flow does not say", () => {
    expect(labelOr({}, "order_no")).toBe("order no");
    expect(labelOr(undefined, "order_no")).toBe("order no");
  });
});

describe("shares", () => {
  it("are whole percents, and a dash while there is none", () => {
    expect(percent(0.826)).toBe("83%");
    expect(percent(0)).toBe("0%");
    expect(percent(null)).toBe("–");
  });
});

describe("times", () => {
  const now = local(2026, 6, 22, 14, 0);
  it("name the day when it is near", () => {
    expect(when(local(2026, 6, 22, 9, 5), now)).toBe("Today 09:05");
    expect(when(local(2026, 6, 21, 23, 59), now)).toBe("Yesterday 23:59");
    expect(when(local(2026, 6, 23, 0, 1), now)).toBe("Tomorrow 00:01");
    expect(when(local(2026, 4, 3, 8, 0), now)).toBe("3 May 08:00");
    expect(when(local(2025, 4, 3, 8, 0), now)).toBe("3 May 2025 08:00");
  });

  it("call midnight 00:00", () => {
    expect(when(local(2026, 6, 22, 0, 0), now)).toBe("Today 00:00");
  });

  it("begin a period of seven days at the midnight six days ago", () => {
    expect(toFilter({ ...EMPTY_CHOICE, period: "week" }, now).since).toBe(local(2026, 6, 16, 0, 0));
    expect(toFilter({ ...EMPTY_CHOICE, period: "today" }, now).since).toBe(startOfDay(now));
    expect(toFilter({ ...EMPTY_CHOICE, period: "all" }, now).since).toBeUndefined();
  });
});

describe("phone numbers", () => {
  it("are grouped as people say them", () => {
    expect(phoneNumber("13800138000")).toBe("138 0013 8000");
    expect(phoneNumber("+8613800138000")).toBe("+86 138 0013 8000");
    expect(phoneNumber("4008001234")).toBe("400 800 1234");
    expect(phoneNumber("01087654321")).toBe("010 8765 4321");
    expect(phoneNumber("075588886666")).toBe("0755 8888 6666");
  });

  it("stay as they are when they are already formatted or unknown", () => {
    expect(phoneNumber("+44 1632 960961")).toBe("+44 1632 960961");
    expect(phoneNumber("anonymous")).toBe("anonymous");
    expect(phoneNumber(null)).toBe("");
  });
});

describe("initials", () => {
  it("stand for a person in either script", () => {
    expect(initials("张建国")).toBe("建国");
    expect(initials("Emily Carter")).toBe("EC");
    expect(initials("\"O'Neil\"\n<b>")).toBe("OB");
  });

  it("are left out for a bare number or an emoji", () => {
    expect(initials("138 0013 8000")).toBe("");
    expect(initials("😀")).toBe("");
  });
});
