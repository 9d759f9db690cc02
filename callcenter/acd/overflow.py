"""When a caller does not wait, or no longer, and where he goes then. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from callcenter.center.routing_model import Overflow


@dataclass(frozen=True, slots=True)
class Moment:
    """What is looked at when a caller enters a queue, and from time to time while he waits."""

    entering: bool
    waited: float  # seconds
    ahead: int  # callers with better places
    estimate: float | None  # his estimated wait in seconds; None: nobody knows
    signed_in: int  # agents who serve the queue, if only in a later ring, and are signed in (ready or not)
    open: bool


def overflows(rules: Sequence[Overflow], moment: Moment, emergency: Callable[[str], bool]) -> Overflow | None:
    """The first rule that holds, None to wait (on). `emergency` tells whether a switch is on."""
    return next((rule for rule in rules if _holds(rule, moment, emergency)), None)


def next_look(rules: Sequence[Overflow], waited: float) -> float | None:
    """After how many seconds of waiting in all a rule about the wait will hold; None for never."""
    return min((rule.wait for rule in rules if rule.wait is not None and rule.wait > waited), default=None)


def _holds(rule: Overflow, moment: Moment, emergency: Callable[[str], bool]) -> bool:
    if rule.wait is not None:
        return moment.waited >= rule.wait
    if rule.emergency is not None:
        return emergency(rule.emergency)
    if rule.no_agents:
        return moment.signed_in == 0
    if not moment.entering:
        return False
    if rule.estimated_wait is not None:
        return moment.estimate is not None and moment.estimate > rule.estimated_wait
    if rule.length is not None:
        return moment.ahead >= rule.length
    if rule.closed:
        return not moment.open
    raise ValueError(f"a condition nobody looks at: {rule}")
