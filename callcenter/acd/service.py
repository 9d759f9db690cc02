"""The distributor: joins the matcher, the agents' states, the journal and the clock.

Only this room changes an agent's state or a place in line. The story of a call asks it for a ticket, waits
for the assignment, and tells what came of it; the desk asks for state changes through `desk.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from callcenter.acd.agents import ON_CALL, SYSTEM_REASONS, AgentAtWork, AgentState
from callcenter.acd.match import Match, Matcher
from callcenter.acd.tickets import Assignment, Ticket
from callcenter.center.model import Center, Queue
from callcenter.storage.facts import Journal
from callcenter.telephony.clock import Clock
from callcenter.telephony.events import PhoneState
from callcenter.telephony.legs import ConnectResult

#: beyond the ring time: how long a reservation may last before the reconciler takes it back, seconds
LEASE_GRACE = 10.0

_MISSED = {
    ConnectResult.NO_ANSWER: "no_answer",
    ConnectResult.BUSY: "rejected",
    ConnectResult.UNREACHABLE: "unreachable",
}

Changed = Callable[[AgentAtWork], None]


class Distributor:
    """Agents at work and callers in line."""

    def __init__(self, center: Center, *, clock: Clock, journal: Journal, changed: Changed) -> None:
        """`changed` is told of each agent whose state, phone or call changed; it must not wait."""
        self._clock = clock
        self._journal = journal
        self._changed = changed
        self._tickets: dict[str, Ticket] = {}
        self._held = False
        self.queues: dict[str, Queue] = {}
        self.agents: dict[str, AgentAtWork] = {}
        self._by_phone: dict[str, AgentAtWork] = {}
        self._matcher = Matcher({})
        self.mended = 0
        self.decisions = 0
        self.apply(center)

    # --- the declared center ------------------------------------------------------------------------

    def apply(self, center: Center) -> None:
        """Put a center in force. Nobody is dropped: a removed agent leaves after his call, a removed queue
        stays until the last caller in it is served."""
        retained = {
            t.queue: self.queues[t.queue] for t in self._tickets.values() if t.queue not in center.queues
        }
        self.queues = {**center.queues, **retained}
        skills = {agent_id: dict(a.skills) for agent_id, a in center.agents.items()}
        for agent_id, declared in center.agents.items():
            agent = self.agents.get(agent_id)
            if agent is None:
                self.agents[agent_id] = AgentAtWork(
                    agent_id, declared.name, declared.extension, since=self._clock.now()
                )
            else:
                agent.name, agent.deleted = declared.name, False
                if agent.extension != declared.extension:
                    agent.extension, agent.phone = declared.extension, PhoneState.UNKNOWN
        for agent in list(self.agents.values()):
            if agent.agent_id not in center.agents:
                agent.deleted = True
                if agent.state not in ON_CALL:
                    self._forget(agent)
        self._by_phone = {a.extension: a for a in self.agents.values()}
        self._rebuild(skills)

    def _rebuild(self, skills: dict[str, dict[str, int]]) -> None:
        self._matcher = Matcher({name: q.skills for name, q in self.queues.items()})
        for agent_id, levels in skills.items():
            self._matcher.set_agent(agent_id, levels)
        waiting = [t for t in self._tickets.values() if not t.assigned.done() and not t.expected]
        for ticket in sorted(waiting, key=lambda t: t.since):
            self._line_up(ticket)
        self._free_all()

    def _forget(self, agent: AgentAtWork) -> None:
        self._matcher.remove_agent(agent.agent_id)
        if agent.timer is not None:
            agent.timer.cancel()
        del self.agents[agent.agent_id]
        self._by_phone.pop(agent.extension, None)

    # --- callers ------------------------------------------------------------------------------------

    def enter(self, call_id: str, queue: str, priority: int = 0, since: float | None = None) -> Ticket:
        """A caller enters a queue. With `since` (one known from before a restart) he takes his old place.

        `priority` is added to the queue's own. Raises KeyError for an unknown queue.
        """
        resumed = self._tickets.pop(call_id, None)
        if resumed is not None:
            self._matcher.call_gone(call_id)
        now = self._clock.now()
        entered = now if since is None else since
        rank = resumed.priority if resumed is not None else priority + self.queues[queue].priority
        ticket = Ticket(call_id, queue, rank, entered, asyncio.get_running_loop().create_future())
        self._tickets[call_id] = ticket
        if since is None:
            self._journal.write(
                "queue.entered",
                call_id=call_id,
                queue=queue,
                priority=ticket.priority,
                position=self._matcher.waiting(queue) + 1,
            )
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
        """A caller leaves the line: `abandoned`, `max_wait` or `cut`."""
        ticket = self._tickets.pop(call_id, None)
        if ticket is None:
            return
        self._matcher.call_gone(call_id)
        wait = round(self._clock.now() - ticket.since, 3)
        self._journal.write("queue.left", call_id=call_id, queue=ticket.queue, why=why, wait=wait)

    def hold(self) -> None:
        """Serve nobody for now: after a restart, until those who waited before have knocked again."""
        self._held = True
        for agent in self.agents.values():
            self._matcher.agent_busy(agent.agent_id)

    def release(self) -> None:
        """Serve again, those with the oldest places first."""
        if self._held:
            self._held = False
            self._free_all()

    def expected(self) -> int:
        """How many legs are still expected to knock again."""
        return sum(1 for t in self._tickets.values() if t.expected)

    def _line_up(self, ticket: Ticket) -> None:
        if ticket.expected:
            return
        match = self._matcher.call_waits(ticket.call_id, ticket.queue, ticket.priority, ticket.since)
        if match is not None:
            self._assign(match, ticket)

    def _assign(self, match: Match, ticket: Ticket) -> None:
        now = self._clock.now()
        self.decisions += 1
        agent = self.agents[match.agent_id]
        queue = self.queues[ticket.queue]
        waited = max(0.0, now - ticket.since)
        agent.state, agent.reason, agent.since = AgentState.RESERVED, "", now
        agent.call_id, agent.queue = ticket.call_id, ticket.queue
        agent.lease_until = now + queue.ring_seconds + LEASE_GRACE
        ticket.attempts += 1
        self._journal.write(
            "queue.assigned",
            call_id=ticket.call_id,
            agent=agent.agent_id,
            queue=ticket.queue,
            wait=round(waited, 3),
            phone=agent.extension,
            looked_at=match.free,
            why="longest_ready" if match.waiting <= 1 or match.free > 1 else "next_in_line",
        )
        if not ticket.assigned.done():
            ticket.assigned.set_result(
                Assignment(
                    ticket.call_id,
                    agent.agent_id,
                    agent.extension,
                    ticket.queue,
                    now,
                    waited,
                    queue.ring_seconds,
                )
            )
        self._changed(agent)

    # --- what came of an assignment -----------------------------------------------------------------

    def ringing(self, call_id: str, phone: str) -> None:
        """The agent's phone rings."""
        agent = self._agent_on(call_id, phone)
        if agent is not None and agent.state is AgentState.RESERVED:
            agent.state, agent.since = AgentState.RINGING, self._clock.now()
            self._journal.write("phone.ringing", call_id=call_id, agent=agent.agent_id)
            self._changed(agent)

    def answered(self, call_id: str, phone: str) -> None:
        """The agent answered; the talk begins and the caller's ticket is used up."""
        agent = self._agent_on(call_id, phone)
        if agent is None or agent.state not in (AgentState.RESERVED, AgentState.RINGING):
            return
        now = self._clock.now()
        ticket = self._tickets.pop(call_id, None)
        wait = round(now - ticket.since, 3) if ticket is not None else 0.0
        agent.state, agent.since, agent.talk_since = AgentState.TALKING, now, now
        agent.lease_until = 0.0
        if agent.pop is not None:
            agent.pop["answered_at"] = now
        self._journal.write(
            "talk.started", call_id=call_id, agent=agent.agent_id, queue=agent.queue, wait=wait
        )
        self._changed(agent)

    def not_answered(self, assignment: Assignment, result: ConnectResult) -> Ticket | None:
        """The phone did not answer: the agent becomes not ready with that reason, the caller is back at his
        place. Returns the caller's new ticket, or None when he has left the line meanwhile."""
        self._journal.write(
            "queue.returned",
            call_id=assignment.call_id,
            agent=assignment.agent_id,
            queue=assignment.queue,
            result=result.value,
        )
        agent = self.agents.get(assignment.agent_id)
        if agent is not None and agent.call_id == assignment.call_id and agent.state in ON_CALL:
            self._clear_call(agent)
            agent.next_state, agent.next_reason = agent.next_state or AgentState.NOT_READY, _MISSED[result]
            self._after_call(agent)
        old = self._tickets.get(assignment.call_id)
        if old is None:
            return None
        old.assigned = asyncio.get_running_loop().create_future()
        self._line_up(old)
        return old

    def withdrawn(self, assignment: Assignment) -> None:
        """The caller left before the agent answered: the agent is free again, as long as he was before."""
        self.release_agent(assignment.agent_id, assignment.call_id)

    def talk_ended(self, call_id: str, agent_id: str, by: str, seconds: float | None = None) -> None:
        """The talk is over; wrap-up begins. `by`: caller, agent, switch or unknown."""
        self._tickets.pop(call_id, None)
        agent = self.agents.get(agent_id)
        now = self._clock.now()
        mine = agent is not None and agent.call_id == call_id and agent.state in ON_CALL
        queue = agent.queue if agent is not None and mine else ""
        if seconds is None:
            seconds = now - agent.talk_since if agent is not None and mine else 0.0
        self._journal.write(
            "talk.ended", call_id=call_id, agent=agent_id, queue=queue, seconds=round(seconds, 3), by=by
        )
        if agent is None or not mine:
            return
        definition = self.queues.get(queue)
        wrap_up = definition.wrap_up_seconds if definition is not None else 0.0
        if wrap_up <= 0 or agent.deleted:
            self._clear_call(agent)
            self._after_call(agent)
            return
        self._enter_wrap_up(agent, now, now + wrap_up)
        self._changed(agent)

    def attach_pop(self, assignment: Assignment, pop: dict[str, Any]) -> None:
        """Keep the screen pop with the agent, for pages that connect later."""
        agent = self.agents.get(assignment.agent_id)
        if agent is not None and agent.call_id == assignment.call_id:
            agent.pop = pop

    # --- after a restart ----------------------------------------------------------------------------

    def adopt_talk(self, call_id: str, agent_id: str, queue: str, since: float | None) -> None:
        """This talk goes on at the switch without us. `since` is None when the answer was not seen: then it
        is journaled now."""
        agent = self.agents.get(agent_id)
        if agent is None or (agent.state is AgentState.TALKING and agent.call_id == call_id):
            return
        ticket = self._tickets.pop(call_id, None)
        now = self._clock.now()
        self._take(agent, AgentState.TALKING, call_id, queue, now if since is None else since)
        agent.talk_since = agent.since
        if since is None:
            wait = round(now - ticket.since, 3) if ticket is not None else 0.0
            self._journal.write("talk.started", call_id=call_id, agent=agent_id, queue=queue, wait=wait)
        self._changed(agent)

    def adopt_ringing(self, call_id: str, agent_id: str, queue: str) -> None:
        """This agent's phone rings at the switch without us; the reservation is renewed."""
        agent = self.agents.get(agent_id)
        if agent is None or agent.call_id == call_id:
            return
        now = self._clock.now()
        self._take(agent, AgentState.RINGING, call_id, queue, now)
        agent.lease_until = now + self.queues[queue].ring_seconds + LEASE_GRACE
        self._changed(agent)

    def release_agent(self, agent_id: str, call_id: str) -> None:
        """The reservation for this call came to nothing."""
        agent = self.agents.get(agent_id)
        if agent is not None and agent.call_id == call_id and agent.state in ON_CALL:
            self._clear_call(agent)
            self._after_call(agent)

    def _take(self, agent: AgentAtWork, state: AgentState, call_id: str, queue: str, since: float) -> None:
        self._matcher.agent_busy(agent.agent_id)
        self._stop_timer(agent)
        agent.state, agent.reason, agent.since, agent.until = state, "", since, 0.0
        agent.call_id, agent.queue = call_id, queue

    def _agent_on(self, call_id: str, phone: str) -> AgentAtWork | None:
        agent = self._by_phone.get(phone)
        return agent if agent is not None and agent.call_id == call_id else None

    # --- agents' states -----------------------------------------------------------------------------

    def enter_state(self, agent: AgentAtWork, state: AgentState, reason: str = "") -> None:
        """Put an agent who has no call into a state he may ask for."""
        now = self._clock.now()
        self._stop_timer(agent)
        self._matcher.agent_busy(agent.agent_id)
        if (agent.state, agent.reason) != (state, reason):
            agent.since = now
        agent.state, agent.reason, agent.until = state, reason, 0.0
        agent.next_state, agent.next_reason = None, ""
        self._journal.write("agent.state", agent=agent.agent_id, state=state.value, reason=reason)
        self._free(agent)
        self._changed(agent)

    def restore_state(
        self, agent: AgentAtWork, state: AgentState, reason: str, since: float, until: float
    ) -> None:
        """After a restart: the state he was last known in."""
        now = self._clock.now()
        agent.state, agent.reason, agent.since = state, reason, since
        if state is AgentState.WRAP_UP:
            if until > now:
                self._enter_wrap_up(agent, since, until)
            else:
                agent.state = AgentState.READY
        self._free(agent)
        self._changed(agent)

    def end_wrap_up(self, agent: AgentAtWork, disposition: str = "", note: str = "") -> None:
        """Wrap-up is over: with what the agent entered, or by the clock."""
        self._stop_timer(agent)
        self._journal.write(
            "wrap_up.ended",
            call_id=agent.call_id,
            agent=agent.agent_id,
            disposition=disposition,
            note=note or agent.note,
            seconds=round(self._clock.now() - agent.wrap_up_since, 3),
        )
        self._clear_call(agent)
        self._after_call(agent)

    def extend_wrap_up(self, agent: AgentAtWork, seconds: float) -> None:
        agent.extensions += 1
        self._set_wrap_up_end(agent, agent.until + seconds)
        self._changed(agent)

    def show(self, agent: AgentAtWork) -> None:
        """Tell the screens of an agent whose details changed."""
        self._changed(agent)

    def phone_changed(self, phone: str, state: PhoneState) -> None:
        """The switch reports what a phone is doing."""
        agent = self._by_phone.get(phone)
        if agent is None or agent.phone is state:
            return
        agent.phone = state
        if agent.may_take_calls():
            self._free(agent)
        else:
            self._matcher.agent_busy(agent.agent_id)
        self._changed(agent)

    def reconcile(self) -> list[str]:
        """Take back reservations whose lease has run out. Returns what was mended: it should be nothing."""
        now = self._clock.now()
        mends = []
        for agent in list(self.agents.values()):
            if agent.state in (AgentState.RESERVED, AgentState.RINGING) and 0 < agent.lease_until < now:
                what = f"{agent.agent_id}: {agent.state.value} for call {agent.call_id} outlived its lease"
                self._journal.write("mended", call_id=agent.call_id, agent=agent.agent_id, what=what)
                self.mended += 1
                mends.append(what)
                self._clear_call(agent)
                self.enter_state(agent, AgentState.NOT_READY, "no_answer")
        return mends

    def _enter_wrap_up(self, agent: AgentAtWork, since: float, until: float) -> None:
        agent.state, agent.reason, agent.since, agent.extensions = AgentState.WRAP_UP, "", since, 0
        agent.wrap_up_since = since
        agent.lease_until = 0.0
        self._set_wrap_up_end(agent, until)
        self._journal.write(
            "agent.state",
            call_id=agent.call_id,
            agent=agent.agent_id,
            state="wrap_up",
            reason="",
            until=until,
        )

    def _set_wrap_up_end(self, agent: AgentAtWork, until: float) -> None:
        self._stop_timer(agent)
        agent.until = until
        delay = max(0.0, until - self._clock.now())
        agent.timer = asyncio.get_running_loop().call_later(delay, self.end_wrap_up, agent)

    def _after_call(self, agent: AgentAtWork) -> None:
        """What comes after a call: the state asked for during it, else ready."""
        state, reason = agent.next_state or AgentState.READY, agent.next_reason
        if agent.deleted:
            self._journal.write("agent.state", agent=agent.agent_id, state="signed_out", reason="")
            self._forget(agent)
            return
        self.enter_state(agent, state, reason if state is AgentState.NOT_READY else "")

    def _clear_call(self, agent: AgentAtWork) -> None:
        agent.call_id, agent.queue, agent.pop, agent.note = "", "", None, ""
        agent.pop_shown = False
        agent.lease_until, agent.talk_since = 0.0, 0.0

    def _stop_timer(self, agent: AgentAtWork) -> None:
        if agent.timer is not None:
            agent.timer.cancel()
            agent.timer = None

    def _free(self, agent: AgentAtWork) -> None:
        if self._held or not agent.may_take_calls() or self._matcher.is_free(agent.agent_id):
            return
        match = self._matcher.agent_free(agent.agent_id, agent.since)
        if match is not None:
            self._assign(match, self._tickets[match.call_id])

    def _free_all(self) -> None:
        for agent in sorted(self.agents.values(), key=lambda a: a.since):
            self._free(agent)

    # --- questions ----------------------------------------------------------------------------------

    def waiting(self, queue: str) -> list[Ticket]:
        """Those in line (also those expected back), in the order of their places."""
        return sorted(
            (t for t in self._tickets.values() if t.queue == queue and not t.assigned.done()),
            key=lambda t: (-t.priority, t.since),
        )

    def ticket(self, call_id: str) -> Ticket | None:
        return self._tickets.get(call_id)

    def serves(self, agent_id: str) -> list[str]:
        """Queues the agent serves."""
        return self._matcher.queues_of(agent_id)

    def free(self, queue: str) -> int:
        return self._matcher.free(queue) if queue in self.queues else 0


def reason_texts(center: Center) -> dict[str, dict[str, str]]:
    """Names of all not-ready reasons: the admin's own and the engine's."""
    own: dict[str, Any] = {k: dict(v.name) for k, v in center.not_ready_reasons.items()}
    return {**SYSTEM_REASONS, **own}
