"""A caller offered to an agent: reserved, ringing, answered, talked, or come to nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from callcenter.acd.agents import AgentAtWork, AgentState
from callcenter.acd.blending import RecentService
from callcenter.acd.callers import Callers
from callcenter.acd.free_agents import FreeAgents
from callcenter.acd.match import Match
from callcenter.acd.roster import Roster
from callcenter.acd.strategy import OUTBOUND, VOICE, Strategy
from callcenter.acd.tickets import Assignment, Ticket
from callcenter.acd.workload import Workload
from callcenter.center.model import Queue
from callcenter.storage.facts import Journal
from callcenter.telephony.clock import Clock
from callcenter.telephony.legs import ConnectResult

#: beyond the ring time: how long a reservation may last before the reconciler takes it back, seconds
LEASE_GRACE = 10.0

#: beyond the ring times: what is said to a customer who is called back and has answered, seconds
GREETING_SECONDS = 30.0

_MISSED = {
    ConnectResult.NO_ANSWER: "no_answer",
    ConnectResult.BUSY: "rejected",
    ConnectResult.UNREACHABLE: "unreachable",
}


class Offers:
    """What an assignment means for its agents, and what comes of it."""

    def __init__(
        self,
        *,
        clock: Clock,
        journal: Journal,
        callers: Callers,
        roster: Roster,
        free_agents: FreeAgents,
        workload: Workload,
        recent: RecentService,
        missed_limit: Callable[[], int],
    ) -> None:
        """`missed_limit` is the center's, for queues without one of their own. `recent` is told how long
        each answered caller waited."""
        self._clock = clock
        self._journal = journal
        self._callers = callers
        self._roster = roster
        self._free_agents = free_agents
        self._workload = workload
        self._recent = recent
        self._missed_limit = missed_limit
        self.decisions = 0

    def make(self, match: Match, ticket: Ticket) -> None:
        """Reserve the agent. His page hears of it together with the caller (`attach_pop`), moments later:
        told alone, it would spend a frame on drawing it, and draw the caller that much later."""
        now = self._clock.now()
        self.decisions += 1
        queue = self._callers.queues[ticket.queue]
        waited = max(0.0, now - ticket.since)
        told = self._told_of(match, ticket, now)
        for agent_id in match.agents:
            agent = self._roster.agents[agent_id]
            if queue.channel in (VOICE, OUTBOUND):
                self._roster.take(agent, AgentState.RESERVED, ticket.call_id, ticket.queue, now)
                agent.lease_until = now + self.lease(queue, ticket)
            else:
                self._free_agents.begins(agent_id, ticket.call_id, queue.channel)
        agent = self._roster.agents[match.agent_id]
        also = tuple((agent_id, self._roster.agents[agent_id].extension) for agent_id in match.also)
        self._journal.write(
            "queue.assigned",
            call_id=ticket.call_id,
            agent=agent.agent_id,
            queue=ticket.queue,
            wait=round(waited, 3),
            phone=agent.extension,
            looked_at=match.free,
            why=match.why,
            **told,
        )
        ticket.assigned.set_result(
            Assignment(
                ticket.call_id,
                agent.agent_id,
                agent.extension,
                ticket.queue,
                now,
                waited,
                queue.ring_seconds,
                also,
            )
        )
        for agent_id in match.agents:  # who is not filled by it may have room for more
            if self._roster.agents[agent_id].state is AgentState.READY:
                self._free_agents.look_at(self._roster.agents[agent_id])

    def _told_of(self, match: Match, ticket: Ticket, now: float) -> dict[str, Any]:
        """What else is journaled of an assignment, so that it can be asked why it was this agent."""
        agent = self._roster.agents[match.agent_id]
        told: dict[str, Any] = {"ready": round(max(0.0, now - agent.since), 1)}
        if match.why == Strategy.OCCUPANCY:
            told["occupancy"] = round(self._workload.occupancy(match.agent_id, now), 4)
        elif match.why == Strategy.FEWEST_CALLS:
            told["calls"] = self._workload.calls(match.agent_id)
        elif match.why == Strategy.RANKED:
            told["rank"] = self._callers.queues[ticket.queue].ranks.get(match.agent_id, 0)
        if match.also:
            told["also"] = list(match.also)
        if ticket.rings:
            told["ring"] = ticket.rings
        return told

    def lease(self, queue: Queue, ticket: Ticket) -> float:
        """How long a reservation may last, seconds. Who is called back has to answer first."""
        ringing = queue.callback.ring_seconds + GREETING_SECONDS if ticket.absent else 0.0
        return ringing + queue.ring_seconds + LEASE_GRACE

    # --- what comes of it -----------------------------------------------------------------------------

    def attach_pop(self, agent_id: str, call_id: str, pop: dict[str, Any]) -> None:
        """Keep the screen pop with the agent, for pages that connect later; and tell of the reservation."""
        agent = self._roster.on_call(agent_id, call_id)
        if agent is not None:
            agent.pop = pop
            self._roster.changed(agent)

    def shows(self, assignment: Assignment) -> bool:
        """Whether the agent has the caller on his screen already."""
        agent = self._roster.on_call(assignment.agent_id, assignment.call_id)
        return agent is not None and agent.pop is not None and agent.pop["call_id"] == assignment.call_id

    def ringing(self, call_id: str, phone: str) -> None:
        """The agent's phone rings."""
        agent = self._called(call_id, phone)
        if agent is not None and agent.call_id == call_id and agent.state is AgentState.RESERVED:
            agent.state, agent.since = AgentState.RINGING, self._clock.now()
            self._journal.write("phone.ringing", call_id=call_id, agent=agent.agent_id)
            self._roster.changed(agent)

    def answered(self, call_id: str, phone: str) -> None:
        """The agent answered; the talk begins and the caller's ticket is used up. Told twice, counts once."""
        agent = self._called(call_id, phone)
        if (
            agent is not None
            and agent.call_id == call_id
            and agent.state in (AgentState.RESERVED, AgentState.RINGING)
        ):
            self.begin_talk(agent, call_id, agent.queue, self._clock.now())

    def stopped(self, call_id: str, phone: str, *, rejected: bool) -> None:
        """One of several phones rung for a caller rings no more, while nobody talks yet: its agent rejected
        the call, and that is his own affair; or a colleague picked up."""
        called = self._called(call_id, phone)
        agent = self._roster.on_call(called.agent_id, call_id) if called is not None else None
        if agent is None or agent.state is AgentState.TALKING:
            return
        if rejected:
            self._missed(agent, ConnectResult.BUSY)
        else:
            self._had_by_another(agent)

    def _missed(self, agent: AgentAtWork, result: ConnectResult) -> None:
        """One of several who were rung will not be the one."""
        call_id, queue = agent.call_id, self._callers.queues.get(agent.queue)
        self._journal.write("phone.missed", call_id=call_id, agent=agent.agent_id, result=result.value)
        ticket = self._callers.tickets.get(call_id)
        if ticket is not None:
            ticket.avoid.add(agent.agent_id)
        own = queue.missed_limit if queue is not None else None
        self._roster.missed(agent, _MISSED[result], own or self._missed_limit())

    def _had_by_another(self, agent: AgentAtWork) -> None:
        agent.answered_elsewhere = agent.call_id
        self._roster.drop_call(agent)

    def _called(self, call_id: str, phone: str) -> AgentAtWork | None:
        """Who is called: the one the caller was given to. The phone tells only when he was not given by us
        (before a restart), for a new center may have given it to somebody else by now."""
        assignment = self._assignment(call_id)
        if assignment is None:
            return self._roster.of_phone(phone)
        also = next((agent_id for agent_id, extension in assignment.also if extension == phone), None)
        return self._roster.agents.get(also or assignment.agent_id)

    def _assignment(self, call_id: str) -> Assignment | None:
        ticket = self._callers.tickets.get(call_id)
        settled = ticket.assigned.result() if ticket is not None and ticket.assigned.done() else None
        return settled if isinstance(settled, Assignment) else None

    def begin_talk(self, agent: AgentAtWork, call_id: str, queue: str, now: float) -> None:
        assignment = self._assignment(call_id)
        ticket = self._callers.served(call_id)
        wait = round(now - ticket.entered, 3) if ticket is not None else 0.0
        if ticket is not None and queue in self._callers.queues and not ticket.held:
            self._recent.count(queue, now, wait <= self._callers.queues[queue].service_level.seconds)
        self._roster.take(agent, AgentState.TALKING, call_id, queue, now)
        if agent.pop is not None:
            agent.pop["answered_at"] = now
        self._journal.write("talk.started", call_id=call_id, agent=agent.agent_id, queue=queue, wait=wait)
        self._roster.changed(agent)
        rung = list(self._roster.agents) if assignment is None else [other for other, _ in assignment.rung]
        for other_id in rung:  # ring_all: he was the first, the others are free
            other = self._roster.on_call(other_id, call_id)
            if other is not None and other is not agent:
                self._had_by_another(other)

    def not_answered(self, assignment: Assignment, result: ConnectResult) -> Ticket | None:
        """The phone did not answer: the agent becomes not ready with that reason (once he missed as many as
        the queue allows), the caller is back at his place. Where all who are free are rung, nobody in
        particular had to answer: only who rejected, or has no phone, missed him. Returns the caller's ticket,
        to wait anew; None when he is no longer in line."""
        call_id, queue = assignment.call_id, self._callers.queues.get(assignment.queue)
        shared = bool(assignment.also) or (queue is not None and queue.strategy == "ring_all")
        self._journal.write(
            "queue.returned",
            call_id=call_id,
            agent="" if shared else assignment.agent_id,
            queue=assignment.queue,
            result=result.value,
        )
        ticket = self._callers.tickets.get(call_id)
        if ticket is not None and shared:  # before anybody of them can be given to those behind him
            self._callers.back_in_line(ticket, all_rang=True)
        for agent_id, _ in assignment.rung:
            agent = self._roster.on_call(agent_id, call_id)
            if agent is None:
                continue  # he rejected while the others rang on
            if not shared:
                if ticket is not None:
                    ticket.avoid.add(agent_id)
                own = queue.missed_limit if queue is not None else None
                self._roster.missed(agent, _MISSED[result], own or self._missed_limit())
            elif result is ConnectResult.NO_ANSWER:
                self._roster.drop_call(agent)
            else:  # all stopped by themselves; who never rang could not be reached
                rang = agent.state is AgentState.RINGING
                self._missed(agent, ConnectResult.BUSY if rang else ConnectResult.UNREACHABLE)
        if ticket is not None and not shared:
            self._callers.back_in_line(ticket)
        return ticket

    def release_agent(self, agent_id: str, call_id: str) -> None:
        """The reservation came to nothing (the caller left first, or a restart lost the ring)."""
        agent = self._roster.on_call(agent_id, call_id)
        if agent is not None:
            self._roster.drop_call(agent)
        elif self._free_agents.ends(agent_id, call_id) and agent_id in self._roster.agents:
            self._free_agents.look_at(self._roster.agents[agent_id])  # it was something beside calls

    def renew(self, assignment: Assignment) -> None:
        """Only now the phone is rung (what the caller was being told is over): the lease begins anew."""
        for agent_id, _ in assignment.rung:
            agent = self._roster.on_call(agent_id, assignment.call_id)
            if agent is not None and agent.state is AgentState.RESERVED:
                agent.lease_until = self._clock.now() + assignment.ring_seconds + LEASE_GRACE

    def release_agents(self, assignment: Assignment) -> None:
        """An assignment came to nothing, and nobody is to blame."""
        for agent_id, _ in assignment.rung:
            self.release_agent(agent_id, assignment.call_id)

    def talk_ended(self, call_id: str, agent_id: str, by: str, seconds: float | None = None) -> None:
        """The talk is over; wrap-up begins. `by`: caller, agent, switch or unknown."""
        self._callers.served(call_id)
        agent = self._roster.on_call(agent_id, call_id)
        queue = agent.queue if agent is not None else ""
        if seconds is None:
            seconds = self._clock.now() - agent.talk_since if agent is not None else 0.0
        self._journal.write(
            "talk.ended", call_id=call_id, agent=agent_id, queue=queue, seconds=round(seconds, 3), by=by
        )
        if agent is not None:
            definition = self._callers.queues.get(queue)
            self._roster.begin_wrap_up(
                agent, definition.wrap_up_rule().seconds if definition is not None else 0.0
            )
