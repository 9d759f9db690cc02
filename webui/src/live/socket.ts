/**
 * The WebSocket to the controller.
 *
 * Theory of operation: one socket at a time. It is `open` from the server's `hello` on. When it closes, or stays silent
 * for too long after a ping, it is thrown away and a new one is tried after `retryDelay`. Timers of tabs in the background
 * run late, so whenever the tab is shown, focused or the network returns, the link is probed at once: waiting retries are
 * cut short and an open socket must answer a ping within a few seconds. The server sends the whole state after each
 * `hello`, so nothing is remembered here but the topics subscribed to.
 */

import type { ClientMessage, ServerMessage } from "../api/types";
import { retryDelay } from "./backoff";

const PING_EVERY_MS = 20_000;
const SILENCE_MS = 10_000;
const PROBE_MS = 3_000;
/** The server's close code for a session that is over. */
const SESSION_OVER = 4401;

export type LinkState = "connecting" | "open" | "lost" | "closed";

export interface SocketHooks {
  message(message: ServerMessage): void;
  state(state: LinkState): void;
  /** A connection was refused; the reason is hidden from pages. Returns whether to go on trying. */
  refused(): Promise<boolean>;
}

export class LiveSocket {
  private socket: WebSocket | null = null;
  private attempt = 0;
  private ended = false;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private pingTimer: ReturnType<typeof setInterval> | undefined;
  private silenceTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly topics = new Map<"wallboard", number>();

  constructor(
    private readonly url: () => string,
    private readonly hooks: SocketHooks,
  ) {}

  start(): void {
    document.addEventListener("visibilitychange", this.wake);
    window.addEventListener("focus", this.wake);
    window.addEventListener("online", this.wake);
    this.hooks.state("connecting");
    this.connect();
  }

  stop(): void {
    this.ended = true;
    document.removeEventListener("visibilitychange", this.wake);
    window.removeEventListener("focus", this.wake);
    window.removeEventListener("online", this.wake);
    clearTimeout(this.retryTimer);
    this.drop();
    this.hooks.state("closed");
  }

  /** True when the message left; false when there is no link now. */
  send(message: ClientMessage): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /** Several components may want one topic; the last to leave ends it. */
  subscribe(topic: "wallboard"): () => void {
    const holders = this.topics.get(topic) ?? 0;
    this.topics.set(topic, holders + 1);
    if (holders === 0) this.send({ type: "subscribe", topic });
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = (this.topics.get(topic) ?? 1) - 1;
      this.topics.set(topic, left);
      if (left === 0) this.send({ type: "unsubscribe", topic });
    };
  }

  private readonly wake = (): void => {
    if (this.ended || document.hidden) return;
    if (!this.socket) {
      clearTimeout(this.retryTimer);
      this.connect();
    } else if (this.socket.readyState === WebSocket.OPEN) {
      this.ping(PROBE_MS);
    }
  };

  private connect(): void {
    const socket = new WebSocket(this.url());
    this.socket = socket;
    let greeted = false;
    this.expectWord(SILENCE_MS);
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (this.socket !== socket) return;
      clearTimeout(this.silenceTimer);
      const message = parse(event.data);
      if (!message) return;
      if (message.type === "hello") {
        greeted = true;
        this.attempt = 0;
        this.hooks.state("open");
        for (const [topic, holders] of this.topics) if (holders > 0) this.send({ type: "subscribe", topic });
        clearInterval(this.pingTimer);
        this.pingTimer = setInterval(() => this.ping(SILENCE_MS), PING_EVERY_MS);
      }
      this.hooks.message(message);
    };
    socket.onclose = (event) => {
      if (this.socket === socket) void this.lost(!greeted || event.code === SESSION_OVER);
    };
  }

  private ping(deadline: number): void {
    if (this.send({ type: "ping" })) this.expectWord(deadline);
  }

  private expectWord(deadline: number): void {
    clearTimeout(this.silenceTimer);
    this.silenceTimer = setTimeout(() => void this.lost(false), deadline);
  }

  private drop(): void {
    clearTimeout(this.silenceTimer);
    clearInterval(this.pingTimer);
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  }

  private async lost(refused: boolean): Promise<void> {
    this.drop();
    if (this.ended) return;
    this.hooks.state("lost");
    const delay = retryDelay(this.attempt++, Math.random());
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.socket ?? this.connect(), delay);
    if (refused && !(await this.hooks.refused())) this.stop();
  }
}

function parse(data: unknown): ServerMessage | null {
  if (typeof data !== "string") return null;
  try {
    const message: unknown = JSON.parse(data);
    return typeof message === "object" && message !== null && "type" in message ? (message as ServerMessage) : null;
  } catch {
    return null; // not a message of ours; the next one may be
  }
}
