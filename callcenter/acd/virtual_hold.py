"""Call-back in place (virtual hold): a place in line whose owner has hung up. Pure.

A place is folded from the facts of its call, so that a controller that starts again knows what the one before
knew. Its owner is dialed only when an agent is reserved for him, and only within the hours of the queue's
rules; what a try came to decides when the next one is due.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from callcenter.center.callback_model import CallbackRules
from callcenter.center.hours import closes_at, opens_at
from callcenter.center.model import Center, Hours
from callcenter.storage.facts import Fact

#: results of a try that do not count as one: nothing was dialed
NOT_DIALED = frozenset({"not_sent"})

#: nobody is called at night, whatever is declared
BY_DAY = Hours(
    weekly={day: ["08:00-21:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
)


class PlaceStage(StrEnum):
    """Where a place is in its story."""

    RESTING = "resting"  # kept, but not to be served now: before its time, or between two tries
    IN_LINE = "in_line"
    RESERVED = "reserved"  # an agent is reserved, the number is not dialed yet
    DIALING = "dialing"
    CONNECTED = "connected"  # its owner has answered: it is a call like any other
    OVER = "over"


@dataclass(slots=True)
class HeldPlace:
    """One place. Times are seconds since the epoch."""

    call_id: str
    number: str = ""  # as it is dialed
    name: str = ""
    queue: str = ""
    priority: int = 0  # in all, as in a ticket
    since: float = 0.0  # when its owner entered the line
    promised_at: float = 0.0
    of: str = ""  # the call it was promised in; '' for one that was asked for otherwise
    by: str = ""  # caller, or the user who asked for it
    language: str = ""
    shows: str = ""  # the number the owner had called
    not_before: float = 0.0
    not_after: float = 0.0  # 0: as long as the queue's rules say
    stage: PlaceStage = PlaceStage.RESTING
    agent: str = ""
    attempt: int = 0  # numbers of legs: the last one used
    leg_id: str = ""  # of the attempt under way
    node: str = ""
    tries: int = 0  # that count
    last_result: str = ""
    next_at: float = 0.0  # not before, after a try in vain

    @property
    def open(self) -> bool:
        """Still to be kept: its owner has not been reached, and nobody has cancelled it."""
        return self.stage not in (PlaceStage.CONNECTED, PlaceStage.OVER)

    def apply(self, fact: Fact) -> None:
        """Take a fact of this call into account. Unknown kinds change nothing."""
        change = _CHANGES.get(fact.kind)
        if change is not None:
            change(self, fact, fact.data)

    def due_at(self, rules: CallbackRules, center: Center, now: float) -> float | None:
        """When its owner may be called, `now` at the earliest; None: no more, people must see to it."""
        if self.tries >= rules.tries:
            return None
        at = opens_at(hours_of(rules, center), center.time_zone, max(now, self.next_at, self.not_before))
        return at if at is not None and at < self.kept_until(rules) else None

    def kept_until(self, rules: CallbackRules) -> float:
        """From when on nobody tries any more."""
        begun = max(self.promised_at, self.not_before)
        return self.not_after or begun + rules.keep_hours * 3600

    def leaves_line_at(self, rules: CallbackRules, center: Center, now: float) -> float:
        """Until when it may stand in line, from `now`, when it is due."""
        return min(closes_at(hours_of(rules, center), center.time_zone, now), self.kept_until(rules))


def hours_of(rules: CallbackRules, center: Center) -> Hours:
    """When people may be called back."""
    return center.hours.get(rules.hours or "", BY_DAY)


Data = dict[str, Any]


def _promised(p: HeldPlace, fact: Fact, data: Data) -> None:
    p.promised_at = fact.at
    p.number, p.queue, p.priority = str(data["number"]), str(data["queue"]), int(data["priority"])
    p.since = float(data["since"])
    for name in ("name", "of", "by", "language", "shows"):
        setattr(p, name, str(data.get(name) or ""))
    p.not_before, p.not_after = float(data.get("not_before") or 0), float(data.get("not_after") or 0)


def _in_line(p: HeldPlace, fact: Fact, data: Data) -> None:
    if p.open:
        p.stage, p.agent = PlaceStage.IN_LINE, ""
        p.queue = str(data.get("queue") or p.queue)  # another when a supervisor has moved it
        _ranked(p, fact, data)


def _ranked(p: HeldPlace, fact: Fact, data: Data) -> None:
    p.priority = int(data.get("priority", p.priority))


def _reserved(p: HeldPlace, fact: Fact, data: Data) -> None:
    if p.open:
        p.stage, p.agent = PlaceStage.RESERVED, fact.agent


def _dialed(p: HeldPlace, fact: Fact, data: Data) -> None:
    p.stage, p.attempt = PlaceStage.DIALING, int(data["attempt"])
    p.leg_id, p.node = str(data["leg_id"]), str(data["node"])


def _answered(p: HeldPlace, fact: Fact, data: Data) -> None:
    p.stage = PlaceStage.CONNECTED


def _unanswered(p: HeldPlace, fact: Fact, data: Data) -> None:
    p.last_result = str(data["result"])
    p.tries += p.last_result not in NOT_DIALED
    p.next_at, p.leg_id = float(data.get("next_at") or 0), ""
    p.stage = PlaceStage.RESTING


def _left(p: HeldPlace, fact: Fact, data: Data) -> None:
    p.agent = ""
    if p.open:
        p.stage = PlaceStage.RESTING


def _over(p: HeldPlace, fact: Fact, data: Data) -> None:
    p.stage = PlaceStage.OVER


_CHANGES: dict[str, Callable[[HeldPlace, Fact, Data], None]] = {
    "callback.promised": _promised,
    "queue.entered": _in_line,
    "queue.prioritised": _ranked,
    "queue.assigned": _reserved,
    "call.dialed": _dialed,
    "call.answered": _answered,
    "callback.unanswered": _unanswered,
    "queue.left": _left,
    "call.ended": _over,
}
