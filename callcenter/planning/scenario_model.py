"""A scenario as data: one day of a center, as it is planned. Cross references are checked in `check.py`.

Times of day are local; lengths are in seconds.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from callcenter.center.base import Day, Id, Level, Model, Text, TimeRange
from callcenter.center.model import ServiceLevel

MAX_CALLS = 500_000
MAX_AGENTS = 5_000
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Seconds = Annotated[float, Field(gt=0, le=14400)]
Variation = Annotated[float, Field(ge=0.05, le=5)]


class Length(Model):
    """How long something takes, from one call to the next."""

    mean: Seconds
    distribution: Literal["lognormal", "exponential", "fixed"] = "lognormal"
    variation: Variation = 1.0  # lognormal: standard deviation over mean


class Patience(Model):
    """How long a caller waits before he hangs up. `none`: as long as it takes."""

    distribution: Literal["exponential", "lognormal", "none"] = "exponential"
    mean: Seconds | None = None
    variation: Variation = 1.0


class Traffic(Model):
    """A queue, and the calls it gets."""

    calls: Annotated[int, Field(ge=1, le=MAX_CALLS)] | None = (
        None  # of the whole day; None: as `arrivals` say
    )
    arrivals: dict[
        TimeOfDay, Annotated[float, Field(ge=0, le=100_000)]
    ] = {}  # calls a quarter hour, from then
    patience: Patience
    talk: Length
    wrap_up: Length | None = None  # None: the center's longest, or none
    answer: Length | None = None  # how long the agent's phone rings; None: he answers at once
    max_wait: Seconds | None = (
        None  # then the caller is led elsewhere; None: the center's, or as long as he likes
    )
    # what a queue of center.yaml brings with it
    name: Text = {}
    skills: dict[Id, Level] = {}
    priority: Annotated[int, Field(ge=-100, le=100)] = 0
    service_level: ServiceLevel = ServiceLevel()


class Break(Model):
    """A break of some minutes. In a longer range the agents of a shift take it one after another."""

    between: TimeRange
    minutes: Annotated[int, Field(ge=1, le=480)]


class Shift(Model):
    """When agents work."""

    time: TimeRange
    breaks: list[Break] = []


class Staff(Model):
    """One agent, or some alike (`early` with a count of 3: early-1, early-2, early-3)."""

    shift: Id
    count: Annotated[int, Field(ge=1, le=MAX_AGENTS)] | None = None
    name: str = ""
    skills: dict[Id, Level] = {}


class WhatIf(Model):
    """A day that goes otherwise than planned."""

    name: Text = {}
    without: list[Id] = []  # agents who do not come
    ill: Annotated[int, Field(ge=0, le=MAX_AGENTS)] = 0  # so many more, a different choice each day
    volume: Annotated[float, Field(gt=0, le=20)] = 1.0  # calls, as a multiple


class Scenario(Model):
    """The whole day."""

    version: Literal[1] = 1
    name: Text
    center: str = ""  # a center.yaml, seen from this file: queues, skills and agents come from there
    date: Day
    time_zone: str = ""  # IANA name; '' is the center's
    open: TimeRange
    days: Annotated[int, Field(ge=1, le=1000)] = 10  # how often the day is simulated, by other chance
    seed: int = 1
    queues: Annotated[dict[Id, Traffic], Field(min_length=1)]
    shifts: Annotated[dict[Id, Shift], Field(min_length=1)]
    agents: Annotated[dict[Id, Staff], Field(min_length=1)]
    what_if: dict[Id, WhatIf] = {}
