"""A caller's ticket in line, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from callcenter.center.needs import ANYBODY, Needs
from callcenter.center.routing_model import OverflowTarget


@dataclass(frozen=True, slots=True)
class Assignment:
    """A caller given to an agent, who is reserved for him."""

    call_id: str
    agent_id: str
    phone: str  # extension
    queue: str
    at: float
    waited: float  # seconds since the caller entered the line
    ring_seconds: float
    also: tuple[tuple[str, str], ...] = ()  # ring_all: further agents reserved for him, with their phones

    @property
    def rung(self) -> tuple[tuple[str, str], ...]:
        """All whose phones ring for him: agent and phone."""
        return ((self.agent_id, self.phone), *self.also)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A caller who is not to wait (any longer)."""

    why: str  # the condition of the overflow rule; `full` or `closed` without one
    to: OverflowTarget | None  # None: the flow knows where


@dataclass(frozen=True, slots=True)
class Place:
    """A place in line, to be taken by who was promised it."""

    priority: int  # in all
    since: float


@dataclass(frozen=True, slots=True)
class Wants:
    """What a caller wants of a queue, beyond what the queue itself says."""

    priority: int = 0  # added to the queue's own
    needs: Needs = ANYBODY  # beside those of the queue, in every ring
    level: str = ""  # of the customer, for the priority the center gives it
    last_agent: str = ""  # who talked with him last
    place: Place | None = None  # that was kept for him
    callable: bool = True  # he shows a number
    called_back: bool = False  # he did not call, we called him: see `Ticket.held`


@dataclass(slots=True)
class Ticket:
    """A place in line. `assigned` is done when an agent is reserved for the caller, or he goes elsewhere."""

    call_id: str
    queue: str
    priority: int  # in all: the queue's, the customer's level's and his own
    since: float
    assigned: asyncio.Future[Assignment | Elsewhere] = field(repr=False)
    wants: Wants = field(default_factory=Wants)
    expected: bool = False
    """His place is kept and he is not served: his leg has not knocked yet after a restart, or the phones that
    rang for him are not free yet."""
    entered: float = 0.0  # into this queue: later than `since` when he came from another
    rings: int = 0  # how many of the queue's rings have been opened for him
    only: str = ""  # the one agent he waits for at first
    avoid: set[str] = field(default_factory=set)  # who missed him: offered again only when no other is free
    held: bool = False  # of a call-back: no rule sends it elsewhere, and no figure of waiting counts it
    absent: bool = False  # its owner is not on the line
    visited: set[str] = field(default_factory=set)  # queues he has overflowed from
    timer: asyncio.TimerHandle | None = field(default=None, repr=False)
    told: bool = False  # something is being said to him
    moved: Callable[[], None] | None = field(default=None, repr=False)  # told of another queue
