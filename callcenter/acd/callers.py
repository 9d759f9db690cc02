"""The callers in line: their tickets, with whom each is content as time passes, and where he goes else.

A caller waits here as a `Ticket` and, unless his leg is out of our hands, in the matcher. Who gets him the
matcher says; what an assignment means for an agent is the distributor's business (`service.py`).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import floor
from typing import Any

from callcenter.acd.kept_out import heeding, kept_out_by
from callcenter.acd.match import Match, Matcher
from callcenter.acd.overflow import Moment, next_look, overflows
from callcenter.acd.rules import matcher_of
from callcenter.acd.tickets import Assignment, Elsewhere, Place, Ticket, Wants
from callcenter.center.model import Center, Queue
from callcenter.center.needs import ANYBODY, Needs, Skills, both
from callcenter.center.routing_model import OverflowTarget
from callcenter.storage.facts import Journal
from callcenter.telephony.clock import Clock

#: so long after phones stopped to ring they are all known to be free, seconds
PHONES_SETTLE_S = 0.3


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the callers' ways depend on beyond the line itself."""

    is_open: Callable[[str], bool]  # are these hours of the center open?
    emergency: Callable[[str], bool]  # is this switch on?
    estimate: Callable[[str, int], float | None]  # seconds at a position of a queue; None: unknown
    signed_in: Callable[[str], int]  # agents at work who may serve a queue, if only in a later ring
    reachable: Callable[[str], bool]  # is this agent at work, and to be had before long?


class Callers:
    """Everybody in line."""

    def __init__(
        self,
        *,
        clock: Clock,
        journal: Journal,
        assign: Callable[[Match, Ticket], None],
        around: Surroundings,
        chance: random.Random,
    ) -> None:
        """`assign` reserves the agent of a match and settles the ticket."""
        self._clock = clock
        self._journal = journal
        self._assign = assign
        self._around = around
        self._chance = chance
        self._levels: Mapping[str, int] = {}
        self._ageing: float | None = None
        self._kept_out: frozenset[str] = frozenset()  # queues that somebody is kept out of
        self._settling: set[str] = set()  # who are back in line, once the phones that rang are free
        self.tickets: dict[str, Ticket] = {}
        self.queues: dict[str, Queue] = {}
        self.matcher = Matcher({}, {})

    def apply(self, center: Center, skills: Mapping[str, Skills]) -> None:
        """Put a center in force; everybody keeps his place. A queue that is gone stays until the last caller
        in it is served. Nobody is free in the new matcher until he is said to be."""
        in_use = {t.queue for t in self.tickets.values()} - center.queues.keys()
        self.queues = {**center.queues, **{name: self.queues[name] for name in in_use & self.queues.keys()}}
        self._levels = center.distribution.levels
        self._ageing = center.distribution.ageing_seconds
        self._kept_out = kept_out_by(skills)
        self.matcher = matcher_of(center, self.queues, skills, self._chance)
        for ticket in sorted(self.tickets.values(), key=lambda t: t.since):
            ticket.rings = 0
            if not ticket.assigned.done() and not ticket.expected:
                self.line_up(ticket)

    # --- coming and going ---------------------------------------------------------------------------

    def enter(self, call_id: str, queue: str, wants: Wants) -> Ticket:
        """A caller enters a queue. One who is known in it (`expect`) takes his old place.

        His ticket is settled at once when somebody is free, or when an overflow rule sends him elsewhere.
        Raises KeyError for an unknown queue.
        """
        known = self.tickets.pop(call_id, None)
        if known is not None:
            self._out(known)
            if known.held and known.queue == queue and known.assigned.done():
                known.absent = False  # the owner of a place has come, and an agent waits for him
                self.tickets[call_id] = known
                return known
        now = self._clock.now()
        if known is not None and known.queue == queue:
            ticket = Ticket(
                call_id, queue, known.priority, known.since, _future(), wants,
                entered=known.entered, visited=known.visited, held=wants.called_back,
            )  # fmt: skip
        elif wants.place is not None:
            place = wants.place
            ticket = Ticket(
                call_id, queue, place.priority, place.since, _future(), wants,
                entered=place.since if wants.called_back else now, held=wants.called_back,
            )  # fmt: skip
        else:
            rank = self.queues[queue].priority + wants.priority + self._levels.get(wants.level, 0)
            ticket = Ticket(call_id, queue, rank, now, _future(), wants, entered=now)
        ticket.only = self._last_agent(ticket)
        self.tickets[call_id] = ticket
        if known is None or known.queue != queue:
            self._journal_entry(ticket)
            if wants.place is None and self._look_elsewhere(ticket, entering=True):
                return ticket
        for other in [self.tickets[c] for c in sorted(self._settling) if self.tickets[c].queue == queue]:
            self.line_up(other)  # he was here first
        self.line_up(ticket)
        return ticket

    def enter_held(self, call_id: str, queue: str, place: Place) -> Ticket:
        """The place of somebody who is not on the line: an agent is reserved before he is called. Raises
        KeyError for an unknown queue."""
        known = self.tickets.pop(call_id, None)
        if known is not None:
            self._out(known)
        ticket = self.held(call_id, queue, place)
        if known is None:
            self._journal_entry(ticket)
        self.line_up(ticket)
        return ticket

    def held(self, call_id: str, queue: str, place: Place) -> Ticket:
        """The ticket of such a place; not in line yet."""
        ticket = self.tickets[call_id] = Ticket(
            call_id, queue, place.priority, place.since, _future(),
            entered=place.since, held=True, absent=True,
        )  # fmt: skip
        return ticket

    def expect(
        self,
        call_id: str,
        queue: str,
        priority: int,
        since: float,
        entered: float | None = None,
        came_from: Collection[str] = (),
    ) -> None:
        """A caller who waited, and whose leg is out of our hands until it knocks again: his place is kept.

        `priority` is the whole one, as the journal has it; `entered` is when he came into this queue, if he
        came from others (`came_from`).
        """
        if known := self.tickets.get(call_id):
            self._out(known)
        self.tickets[call_id] = Ticket(
            call_id,
            queue,
            priority,
            since,
            _future(),
            expected=True,
            entered=since if entered is None else entered,
            visited=set(came_from),
        )

    def leave(self, call_id: str, why: str, **more: str) -> Ticket | None:
        """A caller leaves the line: `abandoned`, `max_wait`, `cut`, `overflow`, `full`, `closed`. Returns his
        ticket; None when he has none."""
        ticket = self.tickets.pop(call_id, None)
        if ticket is None:
            return None
        self._out(ticket)
        wait = round(self._clock.now() - ticket.entered, 3)
        self._journal.write("queue.left", call_id=call_id, queue=ticket.queue, why=why, wait=wait, **more)
        return ticket

    def served(self, call_id: str) -> Ticket | None:
        """A caller talks with an agent: his ticket is used up."""
        ticket = self.tickets.pop(call_id, None)
        if ticket is not None:
            self._out(ticket)
        return ticket

    def line_up(self, ticket: Ticket) -> None:
        """Put a ticket at its place, or give it to somebody who is free."""
        self._settling.discard(ticket.call_id)
        ticket.expected = False
        if ticket.only and not self._own_agent_comes(ticket):
            ticket.only = ""
        match = self.matcher.call_waits(
            ticket.call_id, ticket.queue, ticket.priority, ticket.since, self._needs(ticket),
            only=ticket.only, avoid=ticket.avoid,
        )  # fmt: skip
        if match is not None:
            self.matched(match)
        else:
            self._wake_when_due(ticket)

    def back_in_line(self, ticket: Ticket, *, all_rang: bool = False) -> None:
        """Nobody answered: the caller waits anew at his old place. Where all phones rang, and nobody else
        waits, a moment later: so that all are free to be rung again, and not the first one alone."""
        ticket.assigned = _future()
        if all_rang and not self.matcher.waiting(ticket.queue):
            self._settling.add(ticket.call_id)
            ticket.expected = True
            ticket.timer = asyncio.get_running_loop().call_later(PHONES_SETTLE_S, self.line_up, ticket)
        else:
            self.line_up(ticket)

    def matched(self, match: Match) -> None:
        """An agent is found for a caller."""
        ticket = self.tickets[match.call_id]
        self._stop_timer(ticket)
        self._assign(match, ticket)

    # --- what somebody decides ----------------------------------------------------------------------

    def move(self, ticket: Ticket, queue: str, by: str) -> None:
        """Put a caller into another queue, with the time he has waited; no rule of it sends him on at once.
        Raises KeyError for an unknown queue."""
        if queue not in self.queues:
            raise KeyError(queue)
        self._leave_for(ticket, queue, why="moved", by=by)
        self.line_up(ticket)

    def to_head(self, ticket: Ticket, by: str) -> None:
        """Give a caller the priority that makes him the next of his queue."""
        ahead = [
            self.needed_to_pass(ticket, other)
            for other in self.tickets.values()
            if other is not ticket and other.queue == ticket.queue and not other.assigned.done()
        ]
        ticket.priority = max([ticket.priority, *ahead])
        self._journal.write(
            "queue.prioritised", call_id=ticket.call_id, queue=ticket.queue, priority=ticket.priority, by=by
        )
        self._out(ticket)
        self.line_up(ticket)

    def needed_to_pass(self, ticket: Ticket, other: Ticket) -> int:
        """The priority with which a caller stands before another (`Distribution.ageing_seconds`)."""
        if self._ageing is None:
            return other.priority + 1
        behind = ticket.since - (other.since - other.priority * self._ageing)
        return floor(behind / self._ageing) + 1

    def asked(self, queue: str) -> Needs:
        """What a queue needs of an agent at first; nobody who is kept out of it. Raises KeyError."""
        return heeding(self.queues[queue].asked, queue, self._kept_out)

    # --- as time passes -----------------------------------------------------------------------------

    def look_around(self) -> None:
        """To be called every second or two: what is not told by events may send callers elsewhere now (the
        last agent has signed out, an emergency switch is on, a full queue has room again), and who waits for
        one agent alone may wait in vain."""
        signed_in: dict[str, int] = {}
        for ticket in list(self.tickets.values()):
            if ticket.assigned.done() or ticket.expected:
                continue
            rules = self.queues[ticket.queue].overflow
            if any(rule.wait is not None or rule.no_agents or rule.emergency for rule in rules):
                if ticket.queue not in signed_in:
                    signed_in[ticket.queue] = self._around.signed_in(ticket.queue)
                if self._look_elsewhere(ticket, signed_in=signed_in[ticket.queue]):
                    continue
            if ticket.only and not self._own_agent_comes(ticket):
                self._due(ticket)

    def _due(self, ticket: Ticket) -> None:
        """Time has passed for a caller: he is content with more agents, or goes elsewhere."""
        ticket.timer = None
        if ticket.assigned.done() or self._look_elsewhere(ticket):
            return
        now, queue = self._clock.now(), self.queues[ticket.queue]
        waited = now - ticket.entered
        if ticket.only and (
            queue.last_agent is None
            or waited >= queue.last_agent.seconds
            or not self._own_agent_comes(ticket)
        ):
            self._journal.write(
                "queue.widened",
                call_id=ticket.call_id,
                queue=ticket.queue,
                ring=ticket.rings,
                why="last_agent",
            )
            ticket.only = ""
        match = None if ticket.only else self.matcher.widen(ticket.call_id, self._needs(ticket))
        if match is not None:
            self.matched(match)
        else:
            self._wake_when_due(ticket)

    def _needs(self, ticket: Ticket) -> Needs:
        """What he needs in all by now; each ring that opens is journaled."""
        queue = self.queues[ticket.queue]
        waited, needs, rings = self._clock.now() - ticket.entered, queue.asked, 0
        for after, wider in queue.widened:
            if waited + 1e-6 >= after:
                needs, rings = wider, rings + 1
        if rings > ticket.rings:
            self._journal.write(
                "queue.widened",
                call_id=ticket.call_id,
                queue=ticket.queue,
                ring=rings,
                why="ring",
                needs=str(needs),
            )
        ticket.rings = rings
        needs = heeding(needs, ticket.queue, self._kept_out)
        return needs if ticket.wants.needs == ANYBODY else both(needs, ticket.wants.needs)

    def _wake_when_due(self, ticket: Ticket) -> None:
        self._stop_timer(ticket)
        queue, waited = self.queues[ticket.queue], self._clock.now() - ticket.entered
        due = [after for after, _ in queue.widened if after > waited + 1e-6]
        if ticket.only and queue.last_agent is not None:
            due.append(max(waited, queue.last_agent.seconds))
        if (look := next_look(queue.overflow, waited)) is not None:
            due.append(look)
        if due:
            loop = asyncio.get_running_loop()
            ticket.timer = loop.call_later(max(0.0, min(due) - waited), self._due, ticket)

    # --- going elsewhere ----------------------------------------------------------------------------

    def _look_elsewhere(
        self, ticket: Ticket, *, entering: bool = False, signed_in: int | None = None
    ) -> bool:
        """Send a caller elsewhere if a rule says so. True when he does not wait (on) here."""
        if ticket.held:
            return False
        queue = self.queues[ticket.queue]
        if entering:
            ahead = self.matcher.next_position(ticket.queue, ticket.priority, ticket.since) - 1
        else:
            ahead = max(0, self.matcher.position(ticket.call_id) - 1)
        is_open = self._is_open(queue)
        rules = [rule for rule in queue.overflow if self._takes(ticket, rule.to)]
        if signed_in is None:
            signed_in = self._around.signed_in(ticket.queue) if any(r.no_agents for r in rules) else 1
        moment = Moment(
            entering=entering,
            waited=self._clock.now() - ticket.entered,
            ahead=ahead,
            estimate=self._around.estimate(ticket.queue, ahead + 1) if entering and rules else None,
            signed_in=signed_in,
            open=is_open,
        )
        rule = overflows(rules, moment, self._around.emergency)
        if rule is not None:
            return self._send(ticket, rule.condition, rule.to)
        if entering and not is_open:
            return self._send(ticket, "closed", None)
        if entering and self._is_full(ticket.queue):
            return self._send(ticket, "full", None)
        return False

    def _is_open(self, queue: Queue) -> bool:
        return queue.hours is None or self._around.is_open(queue.hours)

    def _is_full(self, queue: str) -> bool:
        most = self.queues[queue].max_length
        return most is not None and self.matcher.waiting(queue) >= most

    def _takes(self, ticket: Ticket, to: OverflowTarget) -> bool:
        """Whether a rule may send him there. Never twice into the same queue; and a queue that is closed or
        full, and does not know where else, must not take him his place here. Who shows no number is not
        called back."""
        if to.queue is None:
            return ticket.wants.callable or not to.callback
        target = self.queues.get(to.queue)
        if target is None or to.queue in ticket.visited or to.queue == ticket.queue:
            return False
        closed, full = not self._is_open(target), self._is_full(to.queue)
        knows = {rule.condition for rule in target.overflow if rule.to.queue is None}
        return not ((closed and "closed" not in knows) or (full and "length" not in knows))

    def _send(self, ticket: Ticket, why: str, to: OverflowTarget | None) -> bool:
        """Send a caller elsewhere. To another queue he goes at once, with the time he has waited; but never
        twice into the same."""
        if to is not None and to.queue is not None:
            self._leave_for(ticket, to.queue, why="overflow", condition=why)
            if not self._look_elsewhere(ticket, entering=True):
                self.line_up(ticket)
            return True
        self._out(ticket)
        ticket.assigned.set_result(Elsewhere(why, to))
        return True

    def _leave_for(self, ticket: Ticket, queue: str, **why: str) -> None:
        """Into another queue, with the time he has waited; not yet into its line."""
        now = self._clock.now()
        self._out(ticket)
        self._journal.write(
            "queue.left", call_id=ticket.call_id, queue=ticket.queue,
            wait=round(now - ticket.entered, 3), to=f"queue {queue}", **why,
        )  # fmt: skip
        ticket.priority += self.queues[queue].priority - self.queues[ticket.queue].priority
        ticket.visited.add(ticket.queue)
        ticket.queue, ticket.entered, ticket.rings, ticket.only = queue, now, 0, ""
        self._journal_entry(ticket)
        if ticket.moved is not None:
            ticket.moved()

    # --- inside -------------------------------------------------------------------------------------

    def _journal_entry(self, ticket: Ticket) -> None:
        more: dict[str, Any] = {"only": ticket.only} if ticket.only else {}
        if ticket.visited:
            more |= {"since": ticket.since, "came_from": sorted(ticket.visited)}
        elif ticket.held or ticket.wants.place is not None:
            more |= {"since": ticket.since, "kept": True}
        if ticket.absent:
            more["virtual"] = True
        position = self.matcher.next_position(ticket.queue, ticket.priority, ticket.since)
        self._journal.write(
            "queue.entered",
            call_id=ticket.call_id,
            queue=ticket.queue,
            priority=ticket.priority,
            position=position,
            estimate=self._around.estimate(ticket.queue, position),
            **more,
        )

    def _own_agent_comes(self, ticket: Ticket) -> bool:
        """Whether the one agent he waits for may still be had: at work, not the one who missed him, and able
        to serve him as he is asked for now."""
        return (
            ticket.only not in ticket.avoid
            and self._around.reachable(ticket.only)
            and self.matcher.may_serve(ticket.only, both(self.asked(ticket.queue), ticket.wants.needs))
        )

    def _last_agent(self, ticket: Ticket) -> str:
        """Who knows the caller, if he is waited for."""
        queue, agent_id = self.queues[ticket.queue], ticket.wants.last_agent
        if queue.last_agent is None or not agent_id or not self._around.reachable(agent_id):
            return ""
        waited = self._clock.now() - ticket.entered
        return agent_id if waited < queue.last_agent.seconds else ""

    def _out(self, ticket: Ticket) -> None:
        self._settling.discard(ticket.call_id)
        self.matcher.call_gone(ticket.call_id)
        self._stop_timer(ticket)

    @staticmethod
    def _stop_timer(ticket: Ticket) -> None:
        if ticket.timer is not None:
            ticket.timer.cancel()
            ticket.timer = None


def _future() -> asyncio.Future[Assignment | Elsewhere]:
    return asyncio.get_running_loop().create_future()
