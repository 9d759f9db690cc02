"""A caller's ticket in line, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field


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


@dataclass(slots=True)
class Ticket:
    """A place in line. `assigned` is done when an agent is reserved for the caller."""

    call_id: str
    queue: str
    priority: int
    since: float
    assigned: asyncio.Future[Assignment] = field(repr=False)
    skills: Mapping[str, int] = field(default_factory=dict)  # needed beside those of the queue
    missed_by: set[str] = field(
        default_factory=set
    )  # agents not to be offered him again while others are free
    expected: bool = False  # the caller's leg has not knocked yet after a restart: place kept, not served
