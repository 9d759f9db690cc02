/**
 * What crosses the wire, as written in docs/contracts.md. Times are seconds since the epoch. A text that is not there
 * is ""; a time, number or object that is not there is null.
 */

export type Lang = "zh-CN" | "en";

/** A text for people: one string, or one per language. */
export type Label = string | Partial<Record<Lang, string>>;

export type Role = "agent" | "supervisor" | "campaign_manager" | "admin" | "inspector";

export interface User {
  name: string;
  role: Role;
  agent_id: string;
  display_name: string;
}

export interface SessionAnswer {
  user: User;
  csrf: string;
}

export interface ServiceLevel {
  seconds: number;
  target: number;
}

export interface QueueInfo {
  name: Label;
  wrap_up_seconds: number;
  service_level: ServiceLevel;
  dispositions: string[];
}

export interface ReasonInfo {
  name: Label;
  own: boolean;
  limit_minutes: number | null; // at a time
  per_day_minutes: number | null;
  at_once: number | null;
  at_limit: "remind" | "ready" | "ask";
}

export interface Center {
  name: Label;
  languages: Lang[];
  default_language: Lang;
  time_zone: string;
  queues: Record<string, QueueInfo>;
  skills: Record<string, { name: Label }>;
  agents: Record<string, { name: Label; extension: string; skills: Record<string, number> }>;
  /** Those of the center are its `own`; the others the engine sets by itself. */
  not_ready_reasons: Record<string, ReasonInfo>;
  dispositions: Record<string, { name: Label; resolved: boolean }>;
  numbers: { did: string; name: Label; flow: string }[];
}

export type AgentState = "signed_out" | "not_ready" | "ready" | "reserved" | "ringing" | "talking" | "wrap_up";
export type SettableState = "ready" | "not_ready" | "signed_out";
export type PhoneState = "unknown" | "unregistered" | "idle" | "ringing" | "in_use";

export interface AgentBrief {
  id: string;
  name: Label;
  extension: string;
  state: AgentState;
  reason: string;
  since: number;
  until: number | null;
  next_state: SettableState | "";
  next_reason: string;
  phone: PhoneState;
  call_id: string;
  queue: string;
  wrap_up_extensions: number;
  wrap_up_extensions_left: number;
  /** The call he was rung for that a colleague answered; "" once a call is his again. */
  answered_elsewhere: string;
  wrap_up_extend_seconds: number;
  limit_at: number | null; // when the time for the reason is over
  over_limit: boolean;
  today: {
    answered: number;
    talk_seconds: number;
    missed: number;
    busy_seconds: number; // on calls and in wrap-up
    ready_seconds: number;
    occupancy: number | null;
    reasons: Record<string, number>; // seconds not ready, by reason
  };
}

export interface AgentView extends AgentBrief {
  call: Pop | null;
}

export type CustomerLevel = "normal" | "vip" | "gold";

export interface Customer {
  id: number;
  name: string;
  level: CustomerLevel;
  language: string;
  numbers: string[];
  note: string;
  since: number;
}

export interface PathStep {
  node: string;
  key: string;
  label: Label;
}

/** What a caller recorded at a node of a flow, under a name of the flow's. */
export interface Said {
  name: string;
  seconds: number;
  label: Label;
}

/** A caller's answer to a question of a survey. */
export interface Score {
  question: string;
  score: number;
  label: Label;
}

export interface RatingOf {
  id: string;
  answers: number;
  mean: number;
}

/** How a question was answered today. */
export interface Rating {
  question: string;
  label: Label;
  answers: number;
  mean: number;
  scores: { score: number; answers: number }[];
  queues: RatingOf[];
  agents: RatingOf[];
}

export interface CallAnswer {
  call: CallRow;
  story: StoryLine[];
  recorded: Said[];
  scores: Score[];
}

export interface TimelineEntry {
  call_id: string;
  at: number;
  channel: string;
  direction: "in" | "out";
  queue: string;
  queue_name: Label;
  agent: string;
  agent_name: Label;
  outcome: string;
  disposition: string;
  note: string;
  wait_seconds: number;
  talk_seconds: number;
  has_recording: boolean;
  recorded: Said[];
}

export interface Pop {
  call_id: string;
  assigned_at: number;
  answered_at: number | null;
  caller: { ani: string; display_number: string; name: string; region: Label };
  customer: Customer | null;
  did: { number: string; name: Label };
  queue: { id: string; name: Label };
  language: string;
  path: PathStep[];
  collected: Record<string, string | number | boolean | null>;
  /** What `collected` is called, by name, where the flow says so. */
  labels: Record<string, Label>;
  recorded: Said[];
  waited_seconds: number;
  /** Of a call-back in place; null for somebody who called. */
  callback: CalledBack | null;
  timeline: TimelineEntry[];
  note: string;
}

export interface CalledBack {
  promised_at: number;
  /** Of the place in line. */
  since: number;
  by: string;
  of: string;
  tries: number;
  /** The customer has answered; until then he is being dialed. */
  on_the_line: boolean;
}

export interface CallRow {
  id: string;
  at: number;
  ended_at: number | null;
  ani: string;
  caller_name: string;
  did: string;
  flow: string;
  queue: string;
  agent: string;
  language: string;
  path: string;
  wait_seconds: number;
  talk_seconds: number;
  outcome: string;
  disposition: string;
  note: string;
  has_recording: boolean;
  customer_id: number | null;
  customer_name: string;
  direction: "in" | "out";
}

export interface StoryLine {
  at: number;
  offset: number;
  kind: string;
  text: Label;
}

export interface QueueFigures {
  id: string;
  name: Label;
  waiting: number;
  longest_wait: number;
  estimated_wait: number | null;
  agents_ready: number;
  agents_talking: number;
  agents_signed_in: number;
  offered: number;
  answered: number;
  abandoned: number;
  service_level: number | null;
  asa: number | null;
  aht: number | null;
  /** In place: kept now, and what came of those promised today. */
  callbacks: { in_line: number; promised: number; reached: number; unreached: number; cancelled: number };
}

export interface Wallboard {
  at: number;
  switch_up: boolean;
  queues: QueueFigures[];
  agents: AgentBrief[];
  today: {
    offered: number;
    answered: number;
    abandoned: number;
    ivr: number;
    voicemail: number;
    refused: number;
    transferred: number;
    cut: number;
    service_level: number | null;
    asa: number | null;
    aht: number | null;
  };
  callbacks_open: number;
}

export type MonitorMode = "listen" | "whisper" | "barge";

/** A caller in line. */
export interface WaitingCaller {
  call_id: string;
  ani: string;
  name: string;
  queue: string;
  position: number;
  since: number;
  entered: number;
  priority: number;
  needs: string;
  ring: number;
  for_agent: string;
  away: boolean;
}

/** A supervisor who is with a talk, is rung for one, or has taken a caller over. */
export interface Monitor {
  by: string;
  agent: string;
  call_id: string;
  phone: string;
  mode: MonitorMode | "hold" | "taken_over";
  state: "ringing" | "joined";
  since: number;
}

export interface AgentSkills {
  skills: Record<string, number>;
  queues: string[];
  without: string[];
  changed_by: string;
  changed_at: number | null;
}

/** What supervisors see beside the wallboard. */
export interface SupervisionPicture {
  callers: WaitingCaller[];
  talks: Record<string, { ani: string; name: string }>;
  monitors: Monitor[];
  agents: Record<string, AgentSkills>;
}

export interface Voicemail {
  id: number;
  call_id: string;
  at: number;
  ani: string;
  box: string;
  seconds: number;
  language: string;
  status: "new" | "done";
  customer_name: string;
}

/** A place in line whose owner has hung up. */
export interface CallbackInPlace {
  call_id: string;
  of: string;
  at: number;
  since: number;
  number: string;
  name: string;
  queue: string;
  by: string;
  stage: "resting" | "in_line" | "reserved" | "dialing";
  agent: string;
  /** 0 while it is not in line. */
  position: number;
  estimated_wait: number | null;
  tries: number;
  tries_at_most: number;
  last_result: string;
  due_at: number | null;
}

export interface Callback {
  id: number;
  call_id: string;
  at: number;
  ani: string;
  queue: string;
  why: string;
  not_before: number | null;
  status: "open" | "done";
  customer_name: string;
}

export interface Problem {
  file: string;
  /** From 1; 0 when the file as a whole is meant. */
  line: number;
  column: number;
  severity: "error" | "warning";
  /** In English, and in Chinese. */
  message: string;
  message_zh: string;
  hint: string;
  hint_zh: string;
  source_line: string;
}

export interface FlowInForce {
  id: string;
  name: Label;
  /** Empty, and `at` null, while no version of it is in force. */
  version: string;
  at: number | null;
  /** The user who saved it; "file" when it was saved outside the page. */
  by: string;
  numbers: { did: string; name: Label }[];
  problems: Problem[];
}

export interface FlowOpened extends FlowInForce {
  /** Of the file, which may be newer than what is in force. */
  text: string;
  /** Of that text; sent along when saving, so that nobody's work is overwritten. */
  base_version: string;
}

export interface FlowSaved {
  /** False when there are errors: then nothing was written. */
  saved: boolean;
  base_version: string;
  problems: Problem[];
}

export interface FlowVersion {
  version: string;
  at: number;
  by: string;
}

/** What a flow may refer to, by id. */
export interface FlowNames {
  queues: Record<string, Label>;
  skills: Record<string, Label>;
  hours: Record<string, Label>;
  emergencies: Record<string, Label>;
  flows: Record<string, Label>;
}

export type HeatPeriod = "" | "day" | "week";

export interface Drawing {
  /** Empty while the text has errors. */
  svg: string;
  entered: number;
}

export interface RehearsalWish {
  id: string;
  text: string;
  language: Lang | "";
  at: number;
  ani: string;
  did: string;
  notes_in: Lang;
  emergencies: string[];
  /** Everything since the call began: the server remembers nothing. */
  inputs: string[];
}

export interface Rehearsal {
  lines: { who: "system" | "caller" | "note"; text: string; node: string }[];
  /** keys | speech | http | queue | transfer; empty when the call is over. */
  waits_for: string;
  node: string;
  outcome: string;
}

export interface Emergency {
  id: string;
  name: Label;
  on: boolean;
  /** When it was last switched. */
  at: number | null;
  by: string;
  note: string;
}

export interface CenterInForce {
  in_force: { version: string; at: number; by: string; text: string };
  problems: Problem[];
}

export interface Change {
  what: string;
  kind: "added" | "changed" | "removed";
  detail: string;
}

export interface PlanAnswer {
  changes: Change[];
  problems: Problem[];
}

export type ServerMessage =
  | { type: "hello"; at: number; user: User }
  | { type: "agent"; agent: AgentView }
  | { type: "pop"; pop: Pop }
  | { type: "wallboard"; wallboard: Wallboard }
  | { type: "supervision"; supervision: SupervisionPicture }
  | { type: "problems" }
  | { type: "emergencies"; emergencies: Emergency[] }
  | { type: "elsewhere" } // the agent works at another place: this page has stopped
  | { type: "pong" };

export type ClientMessage =
  | { type: "subscribe"; topic: "wallboard" }
  | { type: "unsubscribe"; topic: "wallboard" }
  | { type: "pop_shown"; call_id: string }
  | { type: "ping" };
