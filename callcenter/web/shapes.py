"""The shapes of docs/contracts.md as pydantic models: bodies are checked with them, OpenAPI is made of them.

Answers are not checked when they are sent (the rooms make them, and tests hold them to these models).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

Label = str | dict[str, str]
Role = Literal["agent", "supervisor", "campaign_manager", "admin", "inspector"]
StateName = Literal["signed_out", "not_ready", "ready", "reserved", "ringing", "talking", "wrap_up"]


def _storable(value: str) -> str:
    """Text every database can hold: no NUL, no half characters."""
    if "\x00" in value:
        raise ValueError("must not contain a NUL character")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("must be valid text") from error
    return value


Words = Annotated[str, StringConstraints(max_length=200), AfterValidator(_storable)]
Note = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_storable)]
Document = Annotated[str, StringConstraints(max_length=1_500_000), AfterValidator(_storable)]


class Asked(BaseModel):
    """What pages send: unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid")


class Answered(BaseModel):
    """What pages get: fields may be added."""

    model_config = ConfigDict(extra="allow")


# -- asked ---------------------------------------------------------------------------------------------


class SignIn(Asked):
    name: Words
    password: Annotated[str, StringConstraints(max_length=1024)]


class StateWish(Asked):
    state: Literal["ready", "not_ready", "signed_out"]
    reason: Words = ""


class WrapUp(Asked):
    call_id: Words
    disposition: Words = ""
    note: Note = ""


class NoteDraft(Asked):
    call_id: Words
    note: Note


class CallsQuery(Asked):
    limit: Annotated[int, Field(ge=1, le=500)] = 50
    before: Words = ""
    since: Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)] = 0
    queue: Words = ""
    agent: Words = ""
    outcome: Words = ""
    ani: Words = ""


class CustomersQuery(Asked):
    q: Words = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class CustomerChange(Asked):
    name: Words | None = None
    level: Literal["normal", "vip", "gold"] | None = None
    language: Literal["", "zh-CN", "en"] | None = None
    note: Note | None = None


class VoicemailChange(Asked):
    status: Literal["new", "done"]


class CallbackChange(Asked):
    status: Literal["open", "done"]


class CenterText(Asked):
    text: Document


# -- answered ------------------------------------------------------------------------------------------


class ErrorDetail(Answered):
    code: str
    message: dict[str, str]
    field: str = ""


class Error(Answered):
    error: ErrorDetail


class User(Answered):
    name: str
    role: Role
    agent_id: str | None
    display_name: str


class SessionAnswer(Answered):
    user: User
    csrf: str


class ServiceLevel(Answered):
    seconds: float
    target: float


class QueueInfo(Answered):
    name: Label
    wrap_up_seconds: float
    service_level: ServiceLevel
    dispositions: list[str]


class NamedInfo(Answered):
    name: Label


class ReasonInfo(NamedInfo):
    own: bool  # the center's own: people choose only from these; the engine sets the others by itself


class AgentInfo(Answered):
    name: Label
    extension: str
    skills: dict[str, int]


class DispositionInfo(Answered):
    name: Label
    resolved: bool


class NumberInfo(Answered):
    did: str
    name: Label
    flow: str


class CenterInfo(Answered):
    name: Label
    languages: list[str]
    default_language: str
    queues: dict[str, QueueInfo]
    skills: dict[str, NamedInfo]
    agents: dict[str, AgentInfo]
    not_ready_reasons: dict[str, ReasonInfo]
    dispositions: dict[str, DispositionInfo]
    numbers: list[NumberInfo]


class Customer(Answered):
    id: int
    name: str
    level: str
    language: str | None
    numbers: list[str]
    note: str | None
    since: float | None


class TimelineEntry(Answered):
    call_id: str
    at: float
    channel: str
    direction: str
    queue: str | None
    queue_name: Label | None
    agent: str | None
    agent_name: Label | None
    outcome: str
    disposition: str | None
    note: str | None
    wait_seconds: float | None
    talk_seconds: float | None
    has_recording: bool


class Caller(Answered):
    ani: str
    display_number: str
    name: str | None
    region: Label | None


class Did(Answered):
    number: str
    name: Label


class QueueName(Answered):
    id: str
    name: Label


class PathStep(Answered):
    node: str
    key: str
    label: Label


class Pop(Answered):
    call_id: str
    assigned_at: float
    answered_at: float | None
    caller: Caller
    customer: Customer | None
    did: Did | None
    queue: QueueName
    language: str | None
    path: list[PathStep]
    collected: dict[str, Any]
    waited_seconds: float
    timeline: list[TimelineEntry]
    note: str | None


class AgentToday(Answered):
    answered: int
    talk_seconds: float
    missed: int


class AgentBrief(Answered):
    id: str
    name: Label
    extension: str
    state: StateName
    reason: str | None
    since: float
    until: float | None
    next_state: str | None
    next_reason: str | None
    phone: str
    call_id: str | None
    queue: str | None
    wrap_up_extensions: int
    today: AgentToday


class AgentView(AgentBrief):
    call: Pop | None = None


class Agents(Answered):
    agents: list[AgentBrief]


class QueueFigures(Answered):
    id: str
    name: Label
    waiting: int
    longest_wait: float
    agents_ready: int
    agents_talking: int
    agents_signed_in: int
    offered: int
    answered: int
    abandoned: int
    service_level: float | None
    asa: float | None
    aht: float | None


class TodayFigures(Answered):
    offered: int
    answered: int
    abandoned: int
    ivr: int
    voicemail: int
    cut: int
    service_level: float | None
    asa: float | None


class Wallboard(Answered):
    at: float
    switch_up: bool
    queues: list[QueueFigures]
    agents: list[AgentBrief]
    today: TodayFigures
    callbacks_open: int


class CallRow(Answered):
    id: str
    at: float
    ended_at: float | None
    ani: str
    caller_name: str | None
    did: str
    flow: str | None
    queue: str | None
    agent: str | None
    language: str | None
    path: str | None
    wait_seconds: float | None
    talk_seconds: float | None
    outcome: str | None
    disposition: str | None
    note: str | None
    has_recording: bool
    customer_id: int | None
    customer_name: str | None


class Calls(Answered):
    calls: list[CallRow]
    next: str | None


class StoryLine(Answered):
    at: float
    offset: float
    kind: str
    text: dict[str, str]


class CallStory(Answered):
    call: CallRow
    story: list[StoryLine]


class Customers(Answered):
    customers: list[Customer]


class CustomerFile(Answered):
    customer: Customer
    timeline: list[TimelineEntry]


class Voicemail(Answered):
    id: int
    call_id: str
    at: float
    ani: str
    box: str
    seconds: float
    language: str | None
    status: Literal["new", "done"]
    customer_name: str | None


class Voicemails(Answered):
    voicemails: list[Voicemail]


class Callback(Answered):
    id: int
    call_id: str
    at: float
    ani: str
    queue: str | None
    why: str
    status: Literal["open", "done"]
    customer_name: str | None


class Callbacks(Answered):
    callbacks: list[Callback]


class Problem(Answered):
    file: str
    line: int | None
    column: int | None
    severity: Literal["error", "warning"]
    message: Label
    hint: Label | None
    source_line: str | None


class Change(Answered):
    what: str
    kind: Literal["added", "changed", "removed"]
    detail: Label | None


class Plan(Answered):
    changes: list[Change]
    problems: list[Problem]


class InForce(Answered):
    version: str | int
    at: float
    by: str


class CenterInForce(Answered):
    in_force: InForce
    problems: list[Problem]


class FlowInForce(Answered):
    id: str
    version: str | int
    at: float
    problems: list[Problem]


class Flows(Answered):
    flows: list[FlowInForce]
