"""Calling somebody: what is ordered of a switch, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

#: how the ids of legs begin that we dialed; the legs of callers have ids of the switch's own
LEG_PREFIX = "cc-"


class CallOutResult(StrEnum):
    """How a call out ended, or began."""

    ANSWERED = "answered"  # the leg has knocked or will in a moment
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"  # no such number, phone or trunk, or no way through
    LOST = "lost"  # the link broke meanwhile; it is over, and nobody knows how it ended


@dataclass(frozen=True, slots=True)
class CallOutOrder:
    """Dial a number outside through the trunk, or an extension of ours.

    `call_id` and `attempt` together make the leg's id: no two orders may share it, ever.
    """

    number: str  # digits, with a + before them if the trunk takes it so
    ring_seconds: float
    call_id: str
    attempt: int = 1
    caller_id: str = ""  # the number shown to the called party; '': whatever the trunk shows

    @property
    def leg_id(self) -> str:
        """The id of the leg, under which it knocks and stands in the switch's picture."""
        return leg_id_of(self.call_id, self.attempt)


def leg_id_of(call_id: str, attempt: int) -> str:
    """The leg of an attempt to dial for a call."""
    return f"{LEG_PREFIX}{call_id}-{attempt}"
