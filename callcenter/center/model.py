"""`center.yaml` as data. Cross references are checked in `check.py`; here only each value's own shape.

Ids are short lower-case words. Texts shown or spoken to people are given per language. What belongs to how a
queue's callers are routed stands in `routing_model.py`, what they hear meanwhile in `waiting_model.py`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from callcenter.center.base import (
    LANGUAGES,
    Day,
    Did,
    Extension,
    Id,
    Language,
    Level,
    Model,
    Text,
    TimeRange,
    Weekday,
)
from callcenter.center.callback_model import CallbackRules
from callcenter.center.needs import Needs, at_levels, both, either, parsed
from callcenter.center.routing_model import (
    Distribution,
    LastAgent,
    NeedsText,
    Overflow,
    Ring,
    StrategyName,
)
from callcenter.center.waiting_model import Waiting

__all__ = [
    "LANGUAGES", "Agent", "Center", "Did", "Disposition", "Hours", "Id", "Language", "Level", "Mailbox",
    "Model", "Named", "Number", "Queue", "Reason", "ServiceLevel", "Text",
]  # fmt: skip


class Number(Model):
    """A dialed number and the flow that answers it."""

    did: Did
    name: Text
    flow: Id
    language: Language | None = None  # its callers begin in this language; None: the flow's own


class Hours(Model):
    """When something is open, in local time of `time_zone`."""

    time_zone: str = ""  # IANA name; '' is the center's
    weekly: dict[Weekday, list[TimeRange]]
    holidays: str = ""  # country such as CN: closed on its holidays, open on its make-up working days
    closed: list[Day] = []  # further closed dates
    open: dict[Day, list[TimeRange]] = {}  # dates with their own ranges; they win over everything else


class ServiceLevel(Model):
    """Share `target` of the callers is to be answered within `seconds`."""

    seconds: Annotated[int, Field(ge=1, le=3600)] = 20
    target: Annotated[float, Field(gt=0, le=1)] = 0.8


class WrapUp(Model):
    """The time after a talk for what is to be written down, and how much more may be asked for."""

    seconds: Annotated[float, Field(ge=0, le=3600)] = 30
    extend_seconds: Annotated[float, Field(ge=5, le=3600)] = 30  # what one extension adds
    extensions: Annotated[int, Field(ge=0, le=100)] = 4  # how often it may be extended; 0: never


MissedLimit = Annotated[int, Field(ge=1, le=100)]


class Queue(Model):
    """Where callers wait for agents with certain skills."""

    name: Text
    skills: dict[Id, Level] = {}  # an agent needs each of these at this level or above,
    needs: NeedsText | None = None  # and meets this expression
    rings: list[Ring] = []  # with what a caller is content later
    strategy: StrategyName = "longest_idle"
    ranks: dict[Id, Annotated[int, Field(ge=1, le=1000)]] = {}  # by agent, for the strategy `ranked`
    last_agent: LastAgent | None = None
    channel: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")] = "voice"
    share: Annotated[float, Field(gt=0, le=1000)] = 1  # of all who wait, for the choice `queue_ratio`
    priority: Annotated[int, Field(ge=-100, le=100)] = 0  # added to a caller's own; higher is served first
    hours: Id | None = None  # when callers may enter; None: always
    max_length: Annotated[int, Field(ge=1, le=10000)] | None = None  # more may not enter
    overflow: list[Overflow] = []
    callback: CallbackRules = CallbackRules()
    service_level: ServiceLevel = ServiceLevel()
    ring_seconds: Annotated[float, Field(ge=3, le=120)] = 15
    missed_limit: MissedLimit | None = None  # None: the center's
    wrap_up_seconds: Annotated[float, Field(ge=0, le=3600)] = 30
    wrap_up: WrapUp | None = None  # in place of wrap_up_seconds, where extensions are to differ
    max_wait_seconds: Annotated[float, Field(ge=5, le=14400)] = 900
    music: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,79}$")] = "default"
    waiting: Waiting = Waiting()  # what callers hear and may choose beside the music
    record: bool = True
    dispositions: list[Id] = []  # offered in wrap-up; empty: all

    def wrap_up_rule(self) -> WrapUp:
        """The rule of its wrap-ups, whichever key says it."""
        return self.wrap_up or WrapUp(seconds=self.wrap_up_seconds)

    @property
    def asked(self) -> Needs:
        """What a caller needs of an agent at first: `skills` and `needs` together."""
        levels = at_levels(self.skills)
        return levels if self.needs is None else both(levels, parsed(self.needs))

    @property
    def widened(self) -> tuple[tuple[float, Needs], ...]:
        """With whom a caller is content after how many seconds: each ring adds agents to those before."""
        found, needs = [], self.asked
        for ring in sorted(self.rings, key=lambda ring: ring.after):
            needs = either(needs, parsed(ring.needs))
            found.append((ring.after, needs))
        return tuple(found)


class Agent(Model):
    """A person who takes calls."""

    name: str
    extension: Extension
    skills: dict[Id, Level] = {}
    capacity: dict[Id, Annotated[int, Field(ge=0, le=50)]] = {}  # by channel; see `acd/capacity.py`
    webrtc: bool = False  # the phone is the browser


class Named(Model):
    """Something that only needs a name."""

    name: Text


#: reasons the engine itself gives, so that an admin's own can not be taken for them
ENGINE_REASONS = ("no_answer", "rejected", "unreachable", "phone_unregistered", "desk_closed")


class Reason(Named):
    """Why an agent is not ready, and how much of it there may be."""

    limit_minutes: Annotated[float, Field(gt=0, le=1440)] | None = None  # at a time
    per_day_minutes: Annotated[float, Field(gt=0, le=1440)] | None = None
    at_once: Annotated[float, Field(gt=0, le=10000)] | None = None  # agents; below 1: a share of them
    at_limit: Literal["remind", "ready", "ask"] = "remind"  # what comes when the time is over


class Disposition(Named):
    """What came of a call, chosen in wrap-up."""

    resolved: bool = True


class Mailbox(Named):
    """Where voicemail is listed; the messages are mailed to its addresses as well."""

    mail: list[Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$", max_length=200)]] = []


UserName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._@-]{1,80}$")]


class Supervision(Model):
    """What supervisors may do to talks, and from which phones."""

    #: silent: nobody hears that a supervisor listens; tone: caller and agent hear a tone; off: nobody listens
    listen: Literal["silent", "tone", "off"] = "silent"
    phones: dict[UserName, Extension] = {}  # of supervisors who are no agents, by the name they sign in with


class Center(Model):
    """The whole center."""

    version: Literal[1] = 1
    name: Text
    time_zone: str = "Asia/Shanghai"
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = "CN"  # how callers' numbers are read
    default_language: Language = "zh-CN"
    numbers: list[Number]
    hours: dict[Id, Hours] = {}
    skills: dict[Id, Named]
    queues: dict[Id, Queue]
    agents: dict[Id, Agent] = {}
    missed_limit: MissedLimit = 1  # after so many missed calls in a row an agent is not ready
    sign_in: Literal["take_over", "refuse"] = "take_over"  # an agent who signs in at a second place
    not_ready_reasons: dict[Id, Reason] = {}
    dispositions: dict[Id, Disposition] = {}
    mailboxes: dict[Id, Mailbox] = {}
    distribution: Distribution = Distribution()
    supervision: Supervision = Supervision()
    emergencies: dict[Id, Named] = {}  # switches a supervisor may throw; flows ask whether one is on
