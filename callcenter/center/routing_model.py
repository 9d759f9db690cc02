"""`center.yaml`: how a queue's callers find their agent, and what becomes of them when they do not."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from callcenter.center.base import Did, Id, Model

NeedsText = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Seconds = Annotated[float, Field(ge=0, le=14400)]
StrategyName = Literal[
    "longest_idle",
    "occupancy",
    "fewest_calls",
    "least_skilled",
    "ranked",
    "round_robin",
    "random",
    "ring_all",
]
ChoiceName = Literal["longest_wait", "service_level", "queue_ratio"]


class Ring(Model):
    """After so long in line a caller is content with these agents, too."""

    after: Annotated[float, Field(ge=1, le=14400)]  # seconds since he entered
    needs: NeedsText


class LastAgent(Model):
    """Who knows the caller already is waited for first."""

    seconds: Annotated[float, Field(gt=0, le=3600)] = 20
    within_days: Annotated[float, Field(gt=0, le=365)] = 7


class OverflowTarget(Model):
    """Where a caller goes. One of these."""

    queue: Id | None = None  # he keeps the time he has waited
    flow: Id | None = None
    voicemail: Id | None = None  # a mailbox
    callback: bool = False  # he is called back in his place
    number: Did | None = None  # a number outside, or an extension

    @model_validator(mode="after")
    def _one(self) -> OverflowTarget:
        if (
            sum(
                bool(target) for target in (self.queue, self.flow, self.voicemail, self.callback, self.number)
            )
            != 1
        ):
            raise ValueError("must name one target: queue, flow, voicemail, callback or number")
        return self

    @property
    def named(self) -> str:
        """As facts and pages write it: `queue refunds`, `callback`."""
        for what in ("queue", "flow", "voicemail", "number"):
            if value := getattr(self, what):
                return f"{what} {value}"
        return "callback"


class Overflow(Model):
    """One condition, and where a caller goes when it holds. The first rule that holds counts."""

    wait: Seconds | None = None  # he has waited so long
    estimated_wait: Seconds | None = None  # his estimated wait is longer; looked at when he enters
    length: Annotated[int, Field(ge=0, le=10000)] | None = None  # so many wait already; when he enters
    no_agents: bool = False  # nobody who may serve him is signed in
    closed: bool = False  # the queue's hours are over; when he enters
    emergency: Id | None = None  # this switch is on
    to: OverflowTarget

    @model_validator(mode="after")
    def _one(self) -> Overflow:
        numbers = sum(
            limit is not None for limit in (self.wait, self.estimated_wait, self.length, self.emergency)
        )
        if numbers + self.no_agents + self.closed != 1:
            raise ValueError(
                "must have one condition: wait, estimated_wait, length, no_agents, closed or emergency"
            )
        return self

    @property
    def condition(self) -> str:
        """The condition's name."""
        for what in ("wait", "estimated_wait", "length", "emergency"):
            if getattr(self, what) is not None:
                return what
        return next(what for what in ("no_agents", "closed") if getattr(self, what))


class Blending(Model):
    """When agents who also do outbound work get it."""

    service_level_at_least: Annotated[float, Field(ge=0, le=1)] = 0.8  # of their inbound queues
    minutes: Annotated[float, Field(ge=1, le=240)] = 15  # over so long
    keep_ready: Annotated[int, Field(ge=0, le=1000)] = 1  # so many of a queue's agents stay free for callers


class Distribution(Model):
    """What holds for all queues together."""

    #: how many seconds of waiting a point of priority is worth; null: a higher priority always comes first
    ageing_seconds: Annotated[float, Field(gt=0, le=36000)] | None = 60
    choice: ChoiceName = "longest_wait"
    #: priority by the customer's level, added to the others
    levels: dict[Id, Annotated[int, Field(ge=-100, le=100)]] = {}
    blending: Blending = Blending()
