/** One function for each question the pages ask of the server. */

import { address, http } from "./client";
import type {
  AgentView, Callback, CallbackInPlace, CallAnswer, CallRow, Center, CenterInForce, Customer, Drawing, Emergency, FlowInForce, FlowNames,
  FlowOpened, FlowSaved, FlowVersion, HeatPeriod, Lang, PlanAnswer, Problem, Rating, Rehearsal,
  Monitor, MonitorMode, RehearsalWish, SessionAnswer, SupervisionPicture, SettableState, TimelineEntry, Voicemail, Wallboard,
} from "./types";

const id = encodeURIComponent;

export interface CallFilter {
  queue?: string;
  agent?: string;
  outcome?: string;
  ani?: string;
  since?: number;
  before?: string;
  limit?: number;
}

export type CustomerChanges = Partial<Pick<Customer, "name" | "level" | "language" | "note">>;

export const api = {
  signIn: (name: string, password: string) => http.post<SessionAnswer>("/session", { name, password }),
  session: () => http.get<SessionAnswer>("/session"),
  signOut: () => http.delete<void>("/session"),
  center: () => http.get<Center>("/center"),

  agent: () => http.get<AgentView>("/me/agent"),
  setState: (state: SettableState, reason?: string) => http.post<AgentView>("/me/agent/state", reason ? { state, reason } : { state }),
  workHere: () => http.post<AgentView>("/me/agent/here"),
  hangUp: () => http.post<AgentView>("/me/agent/hang-up"),
  finishWrapUp: (call_id: string, disposition: string, note: string) =>
    http.post<AgentView>("/me/agent/wrap-up", { call_id, disposition, note }),
  extendWrapUp: () => http.post<AgentView>("/me/agent/wrap-up/extend"),
  saveNote: (call_id: string, note: string) => http.put<void>("/me/agent/note", { call_id, note }),
  setAgentState: (agent: string, state: SettableState, reason?: string) =>
    http.post<AgentView>(`/agents/${id(agent)}/state`, reason ? { state, reason } : { state }),

  supervision: () => http.get<SupervisionPicture & { phone: string }>("/supervision"),
  moveCaller: (callId: string, to: { queue?: string; head?: boolean }) => http.post<void>(`/waiting/${id(callId)}/move`, to),
  assignCaller: (callId: string, agent: string, override: boolean) =>
    http.post<void>(`/waiting/${id(callId)}/assign`, { agent, override }),
  setSkills: (agent: string, skills: Record<string, number>, without: string[]) =>
    http.put<void>(`/agents/${id(agent)}/skills`, { skills, without }),
  resetSkills: (agent: string) => http.delete<void>(`/agents/${id(agent)}/skills`),
  monitor: (agent: string, mode: MonitorMode, phone: string) =>
    http.post<Monitor>(`/agents/${id(agent)}/monitor`, { mode, phone }),
  stopMonitoring: () => http.delete<void>("/monitor"),
  takeOver: (agent: string, phone: string) => http.post<Monitor>(`/agents/${id(agent)}/take-over`, { phone }),

  wallboard: () => http.get<Wallboard>("/wallboard"),
  calls: (filter: CallFilter) => http.get<{ calls: CallRow[]; next: string | null }>("/calls", { ...filter }),
  call: (callId: string) => http.get<CallAnswer>(`/calls/${id(callId)}`),
  recordingAddress: (callId: string) => address(`/calls/${id(callId)}/recording`),
  recordedAddress: (callId: string, name: string) => address(`/calls/${id(callId)}/recorded/${id(name)}`),
  ratings: () => http.get<{ ratings: Rating[] }>("/ratings"),

  customers: (q: string, limit = 50) => http.get<{ customers: Customer[] }>("/customers", { q, limit }),
  customer: (customerId: number) => http.get<{ customer: Customer; timeline: TimelineEntry[] }>(`/customers/${customerId}`),
  changeCustomer: (customerId: number, changes: CustomerChanges) => http.patch<Customer>(`/customers/${customerId}`, changes),

  voicemails: () => http.get<{ voicemails: Voicemail[] }>("/voicemails"),
  voicemailAddress: (voicemailId: number) => address(`/voicemails/${voicemailId}/audio`),
  setVoicemail: (voicemailId: number, status: Voicemail["status"]) => http.post<unknown>(`/voicemails/${voicemailId}`, { status }),
  callbacks: () => http.get<{ callbacks: Callback[]; in_place: CallbackInPlace[] }>("/callbacks"),
  askForCallback: (wish: { number: string; queue: string }) => http.post<CallbackInPlace>("/callbacks", wish),
  cancelCallback: (callId: string) => http.delete<void>(`/callbacks/in-place/${id(callId)}`),
  setCallback: (callbackId: number, status: Callback["status"]) => http.post<unknown>(`/callbacks/${callbackId}`, { status }),

  adminCenter: () => http.get<CenterInForce>("/admin/center"),
  adminFlows: () => http.get<{ flows: FlowInForce[] }>("/admin/flows"),
  flow: (flow: string) => http.get<FlowOpened>(`/admin/flows/${id(flow)}`),
  flowSchema: () => http.get<{ schema: object; names: FlowNames }>("/admin/flow-schema"),
  checkFlow: (flow: string, text: string) => http.post<{ problems: Problem[] }>("/admin/flows/check", { id: flow, text }),
  drawFlow: (flow: string, text: string, language: Lang, heat: HeatPeriod) =>
    http.post<Drawing>("/admin/flows/draw", { id: flow, text, language, heat }),
  rehearseFlow: (wish: RehearsalWish) => http.post<Rehearsal>("/admin/flows/rehearse", wish),
  saveFlow: (flow: string, text: string, base_version: string) => http.put<FlowSaved>(`/admin/flows/${id(flow)}`, { text, base_version }),
  deleteFlow: (flow: string) => http.delete<void>(`/admin/flows/${id(flow)}`),
  flowVersions: (flow: string) => http.get<{ versions: FlowVersion[] }>(`/admin/flows/${id(flow)}/versions`),
  flowDiff: (flow: string, from: string, to: string) => http.get<{ diff: string }>(`/admin/flows/${id(flow)}/diff`, { from, to }),
  restoreFlow: (flow: string, version: string, base_version: string) =>
    http.post<FlowSaved>(`/admin/flows/${id(flow)}/versions/${id(version)}/restore`, { base_version }),

  emergencies: () => http.get<{ emergencies: Emergency[] }>("/emergencies"),
  switchEmergency: (emergency: string, on: boolean, note: string) => http.post<Emergency>(`/emergencies/${id(emergency)}`, { on, note }),

  planCenter: (text: string) => http.post<PlanAnswer>("/admin/center/plan", { text }),
  applyCenter: (text: string) => http.post<PlanAnswer>("/admin/center/apply", { text }),
};
