"""The distributor: joins the matcher, the roster, the journal and the clock.

A call waits here, as a `Ticket` in `_tickets` and (unless its leg is out of our hands) in the matcher. The
story of a call asks for a ticket, awaits `ticket.assigned`, and tells what came of the assignment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Container, Mapping
from typing import Any

from callcenter.acd.agents import ON_CALL, SYSTEM_REASONS, AgentAtWork, AgentState
from callcenter.acd.match import Match, Matcher
from callcenter.acd.roster import Roster, Told
from callcenter.acd.tickets import Assignment, Ticket
from callcenter.acd.waits import WaitEstimates
from callcenter.acd.workload import Workload
from callcenter.center.model import Center, Queue
from callcenter.storage.facts import Journal
from callcenter.telephony.clock import Clock
from callcenter.telephony.legs import ConnectResult

#: beyond the ring time: how long a reservation may last before the reconciler takes it back, seconds
LEASE_GRACE = 10.0

_MISSED = {
    ConnectResult.NO_ANSWER: "no_answer",
    ConnectResult.BUSY: "rejected",
    ConnectResult.UNREACHABLE: "unreachable",
}


class Distributor:
    """Callers in line, and who is given to whom."""

    def __init__(self, center: Center, *, clock: Clock, journal: Journal, changed: Told) -> None:
        """`changed` is told of each agent whose state, phone or call changed; it must not wait. `workload`
        must be told each fact."""
        self._clock = clock
        self._journal = journal
        self._tickets: dict[str, Ticket] = {}
        self._held = False
        self._matcher = Matcher({})
        self._time_zone = center.time_zone
        self.workload = Workload(lambda: self._time_zone)
        self.roster = Roster(
            clock=clock,
            journal=journal,
            workload=self.workload,
            changed=changed,
            available=self._availability,
        )
        self.estimates = WaitEstimates(clock, self.serves)
        self.queues: dict[str, Queue] = {}
        self.mended = 0
        self.decisions = 0
        self.apply(center)

    @property
    def agents(self) -> dict[str, AgentAtWork]:
        return self.roster.agents

    # --- the declared center ------------------------------------------------------------------------

    def apply(self, center: Center) -> None:
        """Put a center in force. Nobody is dropped: a removed agent leaves after his call, a removed queue
        stays until the last caller in it is served."""
        self._time_zone = center.time_zone
        self._missed_limit = center.missed_limit
        in_use = {t.queue for t in self._tickets.values()} - center.queues.keys()
        self.queues = {**center.queues, **{name: self.queues[name] for name in in_use & self.queues.keys()}}
        self._matcher = Matcher({name: q.skills for name, q in self.queues.items()})
        for agent_id, declared in center.agents.items():
            self._matcher.set_agent(agent_id, dict(declared.skills))
        self.roster.apply(center.agents, center.not_ready_reasons)
        for ticket in sorted(self._tickets.values(), key=lambda t: t.since):
            if not ticket.assigned.done() and not ticket.expected:
                self._line_up(ticket)
        self._free_all()
        self.estimates.staff_changed(self.at_work())

    # --- callers ------------------------------------------------------------------------------------

    def enter(
        self, call_id: str, queue: str, priority: int = 0, skills: Mapping[str, int] | None = None
    ) -> Ticket:
        """A caller enters a queue. One who is known in it (`expect`) takes his old place.

        `priority` is added to the queue's own; `skills` are needed beside it. Raises KeyError for an unknown
        queue.
        """
        known = self._tickets.pop(call_id, None)
        if known is not None:
            self._matcher.call_gone(call_id)
        future: asyncio.Future[Assignment] = asyncio.get_running_loop().create_future()
        if known is not None and known.queue == queue:
            ticket = Ticket(call_id, queue, known.priority, known.since, future, skills or {})
        else:
            rank = priority + self.queues[queue].priority
            ticket = Ticket(call_id, queue, rank, self._clock.now(), future, skills or {})
            position = self._matcher.next_position(queue, rank)
            self._journal.write(
                "queue.entered",
                call_id=call_id,
                queue=queue,
                priority=rank,
                position=position,
                estimate=self.estimated_wait(queue, position),
            )
        self._tickets[call_id] = ticket
        self._line_up(ticket)
        return ticket

    def expect(self, call_id: str, queue: str, priority: int, since: float) -> None:
        """A caller who waited, and whose leg is out of our hands until it knocks again: his place is kept.

        `priority` is the whole one, as the journal has it.
        """
        self._matcher.call_gone(call_id)
        future: asyncio.Future[Assignment] = asyncio.get_running_loop().create_future()
        self._tickets[call_id] = Ticket(call_id, queue, priority, since, future, expected=True)

    def leave(self, call_id: str, why: str) -> None:
        """A caller leaves the line: `abandoned`, `max_wait` or `cut`. An agent reserved for him is free."""
        ticket = self._tickets.pop(call_id, None)
        if ticket is None:
            return
        self._matcher.call_gone(call_id)
        wait = round(self._clock.now() - ticket.since, 3)
        self._journal.write("queue.left", call_id=call_id, queue=ticket.queue, why=why, wait=wait)
        if ticket.assigned.done():
            self.release_agent(ticket.assigned.result().agent_id, call_id)

    def hold(self) -> None:
        """Serve nobody for now: after a restart, until those who waited before have knocked again."""
        self._held = True
        for agent_id in self.agents:
            self._matcher.agent_busy(agent_id)

    def release(self) -> None:
        """Serve again: those with the best places first, the agents free longest first."""
        if self._held:
            self._held = False
            self._free_all()

    def _line_up(self, ticket: Ticket) -> None:
        match = self._matcher.call_waits(
            ticket.call_id, ticket.queue, ticket.priority, ticket.since, ticket.skills
        )
        if match is not None:
            self._assign(match, ticket)

    def _availability(self, agent: AgentAtWork) -> None:
        """An agent's ability to take a call may have changed."""
        agent_id = agent.agent_id
        if self._held or not agent.may_take_calls() or agent_id not in self.agents:
            self._matcher.agent_busy(agent_id)
        elif not self._matcher.is_free(agent_id):
            match = self._matcher.agent_free(agent_id, agent.since)
            if match is not None:
                self._assign(match, self._tickets[match.call_id])

    def _free_all(self) -> None:
        for agent in sorted(self.agents.values(), key=lambda a: a.since):
            self._availability(agent)

    def _assign(self, match: Match, ticket: Ticket) -> None:
        """Reserve the agent. His page hears of it together with the caller (`attach_pop`), moments later:
        told alone, it would spend a frame on drawing it, and draw the caller that much later."""
        now = self._clock.now()
        self.decisions += 1
        agent = self.agents[match.agent_id]
        ring_seconds = self.queues[ticket.queue].ring_seconds
        waited = max(0.0, now - ticket.since)
        self.roster.take(agent, AgentState.RESERVED, ticket.call_id, ticket.queue, now)
        agent.lease_until = now + ring_seconds + LEASE_GRACE
        self._journal.write(
            "queue.assigned",
            call_id=ticket.call_id,
            agent=agent.agent_id,
            queue=ticket.queue,
            wait=round(waited, 3),
            phone=agent.extension,
            looked_at=match.free,
            why="longest_ready" if match.free > 1 or match.waiting <= 1 else "next_in_line",
        )
        ticket.assigned.set_result(
            Assignment(
                ticket.call_id, agent.agent_id, agent.extension, ticket.queue, now, waited, ring_seconds
            )
        )

    # --- what came of an assignment -----------------------------------------------------------------

    def attach_pop(self, assignment: Assignment, pop: dict[str, Any]) -> None:
        """Keep the screen pop with the agent, for pages that connect later; and tell of the reservation."""
        agent = self.roster.on_call(assignment.agent_id, assignment.call_id)
        if agent is not None:
            agent.pop = pop
            self.roster.changed(agent)

    def ringing(self, call_id: str, phone: str) -> None:
        """The agent's phone rings."""
        agent = self._called(call_id, phone)
        if agent is not None and agent.call_id == call_id and agent.state is AgentState.RESERVED:
            agent.state, agent.since = AgentState.RINGING, self._clock.now()
            self._journal.write("phone.ringing", call_id=call_id, agent=agent.agent_id)
            self.roster.changed(agent)

    def answered(self, call_id: str, phone: str) -> None:
        """The agent answered; the talk begins and the caller's ticket is used up. Told twice, counts once."""
        agent = self._called(call_id, phone)
        if (
            agent is not None
            and agent.call_id == call_id
            and agent.state in (AgentState.RESERVED, AgentState.RINGING)
        ):
            self._begin_talk(agent, call_id, agent.queue, self._clock.now())

    def _called(self, call_id: str, phone: str) -> AgentAtWork | None:
        """Who is called: the one the caller was given to. The phone tells only when he was not given by us
        (before a restart), for a new center may have given it to somebody else by now."""
        ticket = self._tickets.get(call_id)
        if ticket is not None and ticket.assigned.done():
            return self.agents.get(ticket.assigned.result().agent_id)
        return self.roster.of_phone(phone)

    def _begin_talk(self, agent: AgentAtWork, call_id: str, queue: str, now: float) -> None:
        ticket = self._tickets.pop(call_id, None)
        wait = round(now - ticket.since, 3) if ticket is not None else 0.0
        self.roster.take(agent, AgentState.TALKING, call_id, queue, now)
        if agent.pop is not None:
            agent.pop["answered_at"] = now
        self._journal.write("talk.started", call_id=call_id, agent=agent.agent_id, queue=queue, wait=wait)
        self.roster.changed(agent)

    def not_answered(self, assignment: Assignment, result: ConnectResult) -> Ticket | None:
        """The phone did not answer: the agent becomes not ready with that reason (once he missed as many as
        the queue allows), the caller is back at his place. Returns the caller's ticket, to wait anew;
        None when he is no longer in line."""
        self._journal.write(
            "queue.returned",
            call_id=assignment.call_id,
            agent=assignment.agent_id,
            queue=assignment.queue,
            result=result.value,
        )
        agent = self.roster.on_call(assignment.agent_id, assignment.call_id)
        if agent is not None:
            queue = self.queues.get(assignment.queue)
            own = queue.missed_limit if queue is not None else None
            self.roster.missed(agent, _MISSED[result], own or self._missed_limit)
        ticket = self._tickets.get(assignment.call_id)
        if ticket is not None:
            ticket.missed_by.add(assignment.agent_id)
            ticket.assigned = asyncio.get_running_loop().create_future()
            self._line_up(ticket)
        return ticket

    def release_agent(self, agent_id: str, call_id: str) -> None:
        """The reservation came to nothing (the caller left first, or a restart lost the ring)."""
        agent = self.roster.on_call(agent_id, call_id)
        if agent is not None:
            self.roster.drop_call(agent)

    def talk_ended(self, call_id: str, agent_id: str, by: str, seconds: float | None = None) -> None:
        """The talk is over; wrap-up begins. `by`: caller, agent, switch or unknown."""
        self._tickets.pop(call_id, None)
        agent = self.roster.on_call(agent_id, call_id)
        queue = agent.queue if agent is not None else ""
        if seconds is None:
            seconds = self._clock.now() - agent.talk_since if agent is not None else 0.0
        self._journal.write(
            "talk.ended", call_id=call_id, agent=agent_id, queue=queue, seconds=round(seconds, 3), by=by
        )
        if agent is not None:
            definition = self.queues.get(queue)
            self.roster.begin_wrap_up(
                agent, definition.wrap_up_rule().seconds if definition is not None else 0.0
            )

    # --- after a restart ----------------------------------------------------------------------------

    def adopt_talk(self, call_id: str, agent_id: str, queue: str, since: float | None) -> None:
        """This talk goes on at the switch without us. `since` is None when the answer was not seen: then it
        is journaled now."""
        agent = self.agents.get(agent_id)
        if agent is None or (agent.state is AgentState.TALKING and agent.call_id == call_id):
            return
        if since is None:
            self._begin_talk(agent, call_id, queue, self._clock.now())
            return
        self._tickets.pop(call_id, None)
        self.roster.take(agent, AgentState.TALKING, call_id, queue, since)
        self.roster.changed(agent)

    def adopt_ringing(self, call_id: str, agent_id: str, queue: str) -> None:
        """This agent's phone rings at the switch without us; the reservation is renewed."""
        agent = self.agents.get(agent_id)
        if agent is None or agent.call_id == call_id or queue not in self.queues:
            return
        now = self._clock.now()
        self.roster.take(agent, AgentState.RINGING, call_id, queue, now)
        agent.lease_until = now + self.queues[queue].ring_seconds + LEASE_GRACE
        self.roster.changed(agent)

    def reconcile(self, open_calls: Container[str]) -> list[str]:
        """Take back reservations whose lease has run out, and free agents on calls that are over. Returns
        what was mended: it should be nothing."""
        now = self._clock.now()
        mends = []
        for agent in list(self.agents.values()):
            if agent.state not in ON_CALL:
                continue
            what = f"{agent.agent_id}: {agent.state.value} for call {agent.call_id}"
            if agent.call_id not in open_calls:
                what += ", which is over"
            elif agent.state is not AgentState.TALKING and 0 < agent.lease_until < now:
                what += " outlived its lease"
                agent.goes_next(AgentState.NOT_READY, "no_answer")
            else:
                continue
            self._journal.write("mended", call_id=agent.call_id, agent=agent.agent_id, what=what)
            self.mended += 1
            mends.append(what)
            self.roster.drop_call(agent)
        return mends

    # --- questions ----------------------------------------------------------------------------------

    def waiting(self, queue: str) -> list[Ticket]:
        """Those in line (also those expected back), in the order of their places."""
        return sorted(
            (t for t in self._tickets.values() if t.queue == queue and not t.assigned.done()),
            key=lambda t: (-t.priority, t.since),
        )

    def expected(self) -> int:
        """How many legs are expected to knock again."""
        return sum(1 for t in self._tickets.values() if t.expected)

    def ticket(self, call_id: str) -> Ticket | None:
        return self._tickets.get(call_id)

    def estimated_wait(self, queue: str, position: int) -> float | None:
        """Seconds until the caller at this position (1 is next) talks with an agent, None while unknown. Who
        finds an agent free waits for his answer alone."""
        if self._matcher.free(queue):
            seconds: float | None = self.estimates.history(queue).answer_seconds()
        else:
            seconds = self.estimates.wait(queue, position)
        return None if seconds is None else round(seconds, 1)

    def at_work(self) -> list[str]:
        """Agents who take calls, or are on one."""
        away = (AgentState.SIGNED_OUT, AgentState.NOT_READY)
        return [agent_id for agent_id, agent in self.agents.items() if agent.state not in away]

    def position(self, call_id: str) -> int:
        """The caller's position in line, 1 is next; 0 when he does not wait."""
        return self._matcher.position(call_id)

    def serves(self, agent_id: str) -> list[str]:
        """Queues the agent serves."""
        return self._matcher.queues_of(agent_id)

    def free(self, queue: str) -> int:
        """Agents free for the queue."""
        return self._matcher.free(queue)


def reason_texts(center: Center) -> dict[str, dict[str, str]]:
    """Names of all not-ready reasons: the admin's own and the engine's."""
    own = {k: {str(lang): text for lang, text in v.name.items()} for k, v in center.not_ready_reasons.items()}
    return {**SYSTEM_REASONS, **own}
