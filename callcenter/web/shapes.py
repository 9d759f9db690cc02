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
    """What pages get: fields may be added. A text that is not there is ''; a time, number or object, None."""

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


Moment = Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]


class CallbackWish(Asked):
    """A call-back in place. Times are seconds since the epoch; 0: as soon as its turn comes, as long as the
    queue's rules say."""

    number: Annotated[str, StringConstraints(min_length=3, max_length=40)]
    queue: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    name: Annotated[str, StringConstraints(max_length=100)] = ""
    language: Literal["", "zh-CN", "en"] = ""
    not_before: Moment = 0
    not_after: Moment = 0


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
    agent_id: str
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
    limit_minutes: float | None  # at a time
    per_day_minutes: float | None
    at_once: float | None  # agents; below 1: a share of those signed in
    at_limit: Literal["remind", "ready", "ask"]


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
    time_zone: str
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
    language: str
    numbers: list[str]
    note: str
    since: float


class SaidInfo(Answered):
    """What a caller said at a node of type record."""

    name: str
    seconds: float
    label: dict[str, str]


class TimelineEntry(Answered):
    call_id: str
    at: float
    channel: str
    direction: str
    queue: str
    queue_name: Label
    agent: str
    agent_name: Label
    outcome: str
    disposition: str
    note: str
    wait_seconds: float
    talk_seconds: float
    has_recording: bool
    recorded: list[SaidInfo]


class Caller(Answered):
    ani: str
    display_number: str
    name: str
    region: Label


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


class CalledBack(Answered):
    """A call-back in place: the customer is dialed while the agent reads this."""

    promised_at: float
    since: float
    by: str
    of: str
    tries: int
    on_the_line: bool  # he has answered


class Pop(Answered):
    call_id: str
    assigned_at: float
    answered_at: float | None
    caller: Caller
    customer: Customer | None
    did: Did
    queue: QueueName
    language: str
    path: list[PathStep]
    collected: dict[str, Any]
    labels: dict[str, dict[str, str]]
    recorded: list[SaidInfo]
    waited_seconds: float
    callback: CalledBack | None
    timeline: list[TimelineEntry]
    note: str


class AgentToday(Answered):
    answered: int
    talk_seconds: float
    missed: int
    busy_seconds: float
    ready_seconds: float
    occupancy: float | None
    reasons: dict[str, float]


class AgentBrief(Answered):
    id: str
    name: Label
    extension: str
    state: StateName
    reason: str
    since: float
    until: float | None
    next_state: Literal["", "signed_out", "not_ready", "ready"]
    next_reason: str
    phone: Literal["unknown", "unregistered", "idle", "ringing", "in_use"]
    call_id: str
    queue: str
    answered_elsewhere: str  # the call he was rung for that another answered
    wrap_up_extensions: int
    wrap_up_extensions_left: int
    wrap_up_extend_seconds: float
    limit_at: float | None
    over_limit: bool
    today: AgentToday


class AgentView(AgentBrief):
    call: Pop | None


class Agents(Answered):
    agents: list[AgentBrief]


class CallbackFigures(Answered):
    """Call-backs in place: those that are kept now, and what came of those promised today."""

    in_line: int
    promised: int
    reached: int
    unreached: int
    cancelled: int


class QueueFigures(Answered):
    id: str
    name: Label
    waiting: int
    longest_wait: float
    estimated_wait: float | None  # of a caller who comes now
    agents_ready: int
    agents_talking: int
    agents_signed_in: int
    offered: int
    answered: int
    abandoned: int
    service_level: float | None
    asa: float | None
    aht: float | None
    callbacks: CallbackFigures


class TodayFigures(Answered):
    offered: int
    answered: int
    abandoned: int
    ivr: int
    voicemail: int
    callback: int
    refused: int
    transferred: int
    cut: int
    service_level: float | None
    asa: float | None
    aht: float | None


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
    caller_name: str
    did: str
    flow: str
    queue: str
    agent: str
    language: str
    path: str
    wait_seconds: float
    talk_seconds: float
    outcome: str
    disposition: str
    note: str
    has_recording: bool
    customer_id: int | None
    customer_name: str
    direction: Literal["in", "out"]


class Calls(Answered):
    calls: list[CallRow]
    next: str


class StoryLine(Answered):
    at: float
    offset: float
    kind: str
    text: dict[str, str]


class Score(Answered):
    question: str
    score: float
    label: dict[str, str]


class CallStory(Answered):
    call: CallRow
    story: list[StoryLine]
    recorded: list[SaidInfo]
    scores: list[Score]


class ScoreCount(Answered):
    score: float
    answers: int


class RatingOf(Answered):
    id: str
    answers: int
    mean: float


class Rating(Answered):
    question: str
    label: dict[str, str]
    answers: int
    mean: float
    scores: list[ScoreCount]
    queues: list[RatingOf]
    agents: list[RatingOf]


class Ratings(Answered):
    ratings: list[Rating]


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
    language: str
    status: Literal["new", "done"]
    customer_name: str


class Voicemails(Answered):
    voicemails: list[Voicemail]


class Callback(Answered):
    id: int
    call_id: str
    at: float
    ani: str
    queue: str
    why: str
    not_before: float | None
    status: Literal["open", "done"]
    customer_name: str


class CallbackInPlace(Answered):
    call_id: str
    of: str  # the call it was promised in
    at: float
    since: float  # of the place in line
    number: str
    name: str
    queue: str
    by: str  # caller, or the user who asked for it
    stage: Literal["resting", "in_line", "reserved", "dialing"]
    agent: str
    position: int  # 0 while it is not in line
    estimated_wait: float | None
    tries: int
    tries_at_most: int
    last_result: str
    due_at: float | None  # not before; None: people must see to it


class Callbacks(Answered):
    callbacks: list[Callback]
    in_place: list[CallbackInPlace]


class Problem(Answered):
    file: str
    line: int  # from 1; 0 when the file as a whole is meant
    column: int
    severity: Literal["error", "warning"]
    message: str
    hint: str
    source_line: str
    message_zh: str
    hint_zh: str


class Change(Answered):
    what: str
    kind: Literal["added", "changed", "removed"]
    detail: str


class Plan(Answered):
    changes: list[Change]
    problems: list[Problem]


class InForce(Answered):
    version: str
    at: float
    by: str
    text: str


class CenterInForce(Answered):
    in_force: InForce
    problems: list[Problem]
