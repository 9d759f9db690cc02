/** The live link against a socket that the test holds the other end of. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { ServerMessage } from "../src/api/types";
import { LiveSocket, type LinkState } from "../src/live/socket";

class OtherEnd {
  static readonly OPEN = 1;
  static all: OtherEnd[] = [];
  static get last(): OtherEnd {
    const last = OtherEnd.all.at(-1);
    if (!last) throw new Error("nobody knocked");
    return last;
  }
  readyState = 0;
  sent: { type: string; topic?: string }[] = [];
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  constructor(readonly url: string) {
    OtherEnd.all.push(this);
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as { type: string });
  }
  close(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
  greet(): void {
    this.readyState = 1;
    this.say({ type: "hello", at: Date.now() / 1000, user: { name: "li", role: "agent", agent_id: "li", display_name: "Li" } });
  }
  say(message: ServerMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  types(): string[] {
    return this.sent.map((one) => one.type);
  }
}

let states: LinkState[];
let messages: ServerMessage[];
let stillSignedIn: boolean;
let socket: LiveSocket;
let page: EventTarget & { hidden: boolean };

beforeEach(() => {
  vi.useFakeTimers();
  OtherEnd.all = [];
  states = [];
  messages = [];
  stillSignedIn = true;
  page = Object.assign(new EventTarget(), { hidden: false });
  vi.stubGlobal("document", page);
  vi.stubGlobal("window", new EventTarget());
  vi.stubGlobal("WebSocket", OtherEnd);
  socket = new LiveSocket(() => "ws://center/api/v1/ws", {
    message: (message) => messages.push(message),
    state: (state) => states.push(state),
    refused: () => Promise.resolve(stillSignedIn),
  });
  socket.start();
});

afterEach(() => {
  socket.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the live link", () => {
  it("is open from the server's hello on", () => {
    expect(states).toEqual(["connecting"]);
    OtherEnd.last.greet();
    expect(states.at(-1)).toBe("open");
  });

  it("comes back after a loss and asks again for what it watched", async () => {
    OtherEnd.last.greet();
    socket.subscribe("wallboard");
    OtherEnd.last.close();
    expect(states.at(-1)).toBe("lost");
    await vi.advanceTimersByTimeAsync(500);
    expect(OtherEnd.all).toHaveLength(2);
    OtherEnd.last.greet();
    expect(OtherEnd.last.types()).toEqual(["subscribe"]);
    expect(states.at(-1)).toBe("open");
  });

  it("notices a link that is open and silent", async () => {
    OtherEnd.last.greet();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(OtherEnd.last.types()).toEqual(["ping"]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(states).toContain("lost");
  });

  it("stays while the server answers its pings", async () => {
    OtherEnd.last.greet();
    for (let minute = 0; minute < 6; minute++) {
      await vi.advanceTimersByTimeAsync(20_000);
      OtherEnd.last.say({ type: "pong" });
    }
    expect(OtherEnd.all).toHaveLength(1);
    expect(states).not.toContain("lost");
  });

  it("knocks at once when the tab is shown again", async () => {
    OtherEnd.last.greet();
    for (let loss = 0; loss < 8; loss++) {
      OtherEnd.last.close();
      await vi.advanceTimersByTimeAsync(15_000);
    }
    OtherEnd.last.close();
    const before = OtherEnd.all.length;
    page.dispatchEvent(new Event("visibilitychange"));
    expect(OtherEnd.all).toHaveLength(before + 1);
  });

  it("probes an open link when the tab is shown again", () => {
    OtherEnd.last.greet();
    page.dispatchEvent(new Event("visibilitychange"));
    expect(OtherEnd.last.types()).toEqual(["ping"]);
  });

  it("gives up when the session is over", async () => {
    stillSignedIn = false;
    OtherEnd.last.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(states.at(-1)).toBe("closed");
    expect(OtherEnd.all.length).toBeLessThanOrEqual(2);
  });

  it("gives up when the server says that the session is over", async () => {
    OtherEnd.last.greet();
    stillSignedIn = false;
    OtherEnd.last.close(4401);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(states.at(-1)).toBe("closed");
    expect(OtherEnd.all).toHaveLength(1);
  });

  it("ends a subscription with its last holder", () => {
    OtherEnd.last.greet();
    const first = socket.subscribe("wallboard");
    const second = socket.subscribe("wallboard");
    first();
    first();
    expect(OtherEnd.last.types()).toEqual(["subscribe"]);
    second();
    expect(OtherEnd.last.types()).toEqual(["subscribe", "unsubscribe"]);
  });

  it("passes over what it cannot read", () => {
    OtherEnd.last.greet();
    OtherEnd.last.onmessage?.({ data: "{broken" });
    OtherEnd.last.onmessage?.({ data: "42" });
    expect(messages.map((message) => message.type)).toEqual(["hello"]);
  });
});
