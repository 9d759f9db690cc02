"""Talks, rings and reservations that go on without us are taken over, and what cannot be is mended."""

from __future__ import annotations

from collections.abc import Container

from callcenter.acd.agents import ON_CALL, AgentState
from callcenter.acd.callers import Callers
from callcenter.acd.offers import LEASE_GRACE, Offers
from callcenter.acd.roster import Roster
from callcenter.acd.tickets import Assignment, Place
from callcenter.storage.facts import Journal
from callcenter.telephony.clock import Clock


class Adoption:
    """After a restart, and every few seconds: our picture of agents on calls, made to fit what is."""

    def __init__(
        self, *, clock: Clock, journal: Journal, callers: Callers, roster: Roster, offers: Offers
    ) -> None:
        self._clock = clock
        self._journal = journal
        self._callers = callers
        self._roster = roster
        self._offers = offers
        self.mended = 0

    def talk(self, call_id: str, agent_id: str, queue: str, since: float | None) -> None:
        """This talk goes on at the switch without us. `since` is None when the answer was not seen: then it
        is journaled now."""
        agent = self._roster.agents.get(agent_id)
        if agent is None or (agent.state is AgentState.TALKING and agent.call_id == call_id):
            return
        if since is None:
            self._offers.begin_talk(agent, call_id, queue, self._clock.now())
            return
        self._callers.served(call_id)
        self._roster.take(agent, AgentState.TALKING, call_id, queue, since)
        self._roster.changed(agent)

    def ringing(self, call_id: str, agent_id: str, queue: str) -> None:
        """This agent's phone rings at the switch without us; the reservation is renewed."""
        agent = self._roster.agents.get(agent_id)
        if agent is None or agent.call_id == call_id or queue not in self._callers.queues:
            return
        now = self._clock.now()
        self._roster.take(agent, AgentState.RINGING, call_id, queue, now)
        agent.lease_until = now + self._callers.queues[queue].ring_seconds + LEASE_GRACE
        self._roster.changed(agent)

    def reserved(self, call_id: str, agent_id: str, queue: str, place: Place) -> None:
        """An agent was reserved for a call-back, and its owner is being dialed without us: so he stays."""
        ticket = self._callers.held(call_id, queue, place)
        agent, now = self._roster.agents.get(agent_id), self._clock.now()
        definition = self._callers.queues[queue]
        ticket.expected = True  # until somebody is reserved for it again
        if agent is None or agent.call_id or agent.state is AgentState.SIGNED_OUT:
            return
        self._roster.take(agent, AgentState.RESERVED, call_id, queue, now)
        agent.lease_until = now + self._offers.lease(definition, ticket)
        waited, ticket.expected = max(0.0, now - place.since), False
        ticket.assigned.set_result(
            Assignment(call_id, agent_id, agent.extension, queue, now, waited, definition.ring_seconds)
        )
        self._roster.changed(agent)

    def reconcile(self, open_calls: Container[str]) -> list[str]:
        """Take back reservations whose lease has run out, and free agents on calls that are over. Returns
        what was mended: it should be nothing."""
        now = self._clock.now()
        mends = []
        for agent in list(self._roster.agents.values()):
            if agent.state not in ON_CALL:
                continue
            what = f"{agent.agent_id}: {agent.state.value} for call {agent.call_id}"
            if agent.call_id not in open_calls:
                what += ", which is over"
            elif agent.state is AgentState.RESERVED and self._is_told(agent.call_id):
                continue
            elif agent.state is not AgentState.TALKING and 0 < agent.lease_until < now:
                what += " outlived its lease"
                agent.goes_next(AgentState.NOT_READY, "no_answer")
            else:
                continue
            self._journal.write("mended", call_id=agent.call_id, agent=agent.agent_id, what=what)
            self.mended += 1
            mends.append(what)
            self._roster.drop_call(agent)
        return mends

    def _is_told(self, call_id: str) -> bool:
        """Something is being said to the caller, for whose end an agent reserved for him waits."""
        ticket = self._callers.tickets.get(call_id)
        return ticket is not None and ticket.told
