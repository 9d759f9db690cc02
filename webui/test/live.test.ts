import { describe, expect, it } from "vitest";

import { retryDelay } from "../src/live/backoff";
import { countStates, levelHeat, sorted, urgency } from "../src/wallboard/figures";
import { anAgent } from "./kit";

describe("reconnecting", () => {
  it("waits longer each time, up to a limit", () => {
    const delays = [0, 1, 2, 3, 4, 5, 6, 50, 5000].map((attempt) => retryDelay(attempt, 0.5));
    expect(delays).toEqual([...delays].sort((a, b) => a - b));
    expect(delays[0]).toBe(300);
    expect(retryDelay(5000, 0.999)).toBeLessThanOrEqual(15_000);
  });

  it("is spread, so that not all desks knock at once", () => {
    expect(retryDelay(5, 0)).toBe(6400);
    expect(retryDelay(5, 0.999)).toBeGreaterThan(12_000);
  });
});

describe("the wallboard's colours", () => {
  const goal = { seconds: 20, target: 0.8 };
  it("warm up as the longest wait nears the threshold", () => {
    expect(urgency({ waiting: 0, longest_wait: 0 }, goal)).toBe("calm");
    expect(urgency({ waiting: 2, longest_wait: 9 }, goal)).toBe("calm");
    expect(urgency({ waiting: 2, longest_wait: 12 }, goal)).toBe("warm");
    expect(urgency({ waiting: 1, longest_wait: 20 }, goal)).toBe("hot");
  });

  it("follow the service level's target; no calls yet is calm", () => {
    expect(levelHeat(0.8, goal)).toBe("calm");
    expect(levelHeat(0.75, goal)).toBe("warm");
    expect(levelHeat(0.5, goal)).toBe("hot");
    expect(levelHeat(null, goal)).toBe("calm");
  });
});

describe("the agent grid", () => {
  it("puts those at work first, the longest in front", () => {
    const agents = [anAgent("signed_out", { id: "d" }), anAgent("ready", { id: "c" }), anAgent("talking", { id: "b", since: 200 }), anAgent("talking", { id: "a", since: 100 })];
    expect(sorted(agents).map((one) => one.id)).toEqual(["a", "b", "c", "d"]);
    expect(countStates(agents).get("talking")).toBe(2);
  });
});
