"""The distributor: joins callers, agents, journal and clock.

A call waits in `callers.py`, as a `Ticket`, and in the matcher; the agents' states are in `roster.py`. Here
is what happens between them: the story of a call asks for a ticket, awaits `ticket.assigned`, and tells what
came of the assignment.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Container
from typing import Any

from callcenter.acd.agents import ON_CALL, SYSTEM_REASONS, AgentAtWork, AgentState
from callcenter.acd.blending import RecentService
from callcenter.acd.callers import Callers, Surroundings
from callcenter.acd.free_agents import FreeAgents
from callcenter.acd.kept_out import heeding, kept_out_of, marked
from callcenter.acd.match import Match
from callcenter.acd.roster import Roster, Told
from callcenter.acd.strategy import OUTBOUND, VOICE, Strategy
from callcenter.acd.tickets import Assignment, Place, Ticket, Wants
from callcenter.acd.waits import WaitEstimates
from callcenter.acd.workload import Workload
from callcenter.center.model import Center, Queue
from callcenter.center.needs import Skills
from callcenter.storage.facts import Journal
from callcenter.telephony.clock import Clock
from callcenter.telephony.legs import ConnectResult

#: beyond the ring times: what is said to a customer who is called back and has answered, seconds
GREETING_SECONDS = 30.0
#: beyond the ring time: how long a reservation may last before the reconciler takes it back, seconds
LEASE_GRACE = 10.0

_MISSED = {
    ConnectResult.NO_ANSWER: "no_answer",
    ConnectResult.BUSY: "rejected",
    ConnectResult.UNREACHABLE: "unreachable",
}


class Distributor:
    """Callers in line, and who is given to whom."""

    def __init__(
        self,
        center: Center,
        *,
        clock: Clock,
        journal: Journal,
        changed: Told,
        is_open: Callable[[str], bool] = lambda hours: True,
        emergency: Callable[[str], bool] = lambda switch: False,
        chance: random.Random | None = None,
    ) -> None:
        """`changed` is told of each agent whose state, phone or call changed; it must not wait. `workload`
        must be told each fact. `is_open` and `emergency` tell of hours and switches of the center."""
        self._clock = clock
        self._journal = journal
        self._time_zone = center.time_zone
        self._center = center
        self.recent = RecentService()
        self.workload = Workload(lambda: self._time_zone)
        self.roster = Roster(
            clock=clock,
            journal=journal,
            workload=self.workload,
            changed=changed,
            available=self._availability,
        )
        self.estimates = WaitEstimates(clock, self.serves)
        self.callers = Callers(
            clock=clock,
            journal=journal,
            assign=self._assign,
            around=Surroundings(is_open, emergency, self.estimated_wait, self.signed_in, self._reachable),
            chance=chance or random.Random(),
        )
        self.free_agents = FreeAgents(clock, self.callers, self.workload, self.recent)
        self.mended = 0
        self.decisions = 0
        self.apply(center)

    @property
    def agents(self) -> dict[str, AgentAtWork]:
        return self.roster.agents

    @property
    def queues(self) -> dict[str, Queue]:
        return self.callers.queues

    # --- the declared center ------------------------------------------------------------------------

    def apply(self, center: Center) -> None:
        """Put a center in force. Nobody is dropped: a removed agent leaves after his call, a removed queue
        stays until the last caller in it is served."""
        self._time_zone = center.time_zone
        self._center = center
        self._skilled({a: dict(declared.skills) for a, declared in center.agents.items()})
        self.roster.apply(center.agents, center.not_ready_reasons)
        self._free_all()
        self.estimates.staff_changed(self.at_work())

    def set_skills(self, agent_id: str, skills: Skills, without: Collection[str] = ()) -> None:
        """Change an agent's skills, and the queues he is kept out of, from the next decision on until a
        center is applied. Raises KeyError for an unknown agent."""
        agent = self.agents[agent_id]
        before = kept_out_of(self.free_agents.skills.get(agent_id, {}))
        if sorted(without) == before:
            self.free_agents.set_skills(agent, marked(skills, without))
        else:
            self._skilled({**self.free_agents.skills, agent_id: marked(skills, without)})
            self._free_all()
        self.estimates.staff_changed(self.at_work())

    def _skilled(self, skills: dict[str, Skills]) -> None:
        """Everybody is in line anew, for agents with these skills; nobody is free yet."""
        center = heeding(self._center, skills)
        self.free_agents.apply(center, skills)
        self.callers.apply(center, skills)

    # --- callers ------------------------------------------------------------------------------------

    def enter(self, call_id: str, queue: str, wants: Wants | None = None) -> Ticket:
        """A caller enters a queue; see `Callers.enter`. Raises KeyError for an unknown queue."""
        return self.callers.enter(call_id, queue, wants or Wants())

    def expect(
        self, call_id: str, queue: str, priority: int, since: float, entered: float | None = None
    ) -> None:
        """A caller who waited, and whose leg is out of our hands until it knocks again: his place is kept."""
        self.callers.expect(call_id, queue, priority, since, entered)

    def enter_held(self, call_id: str, queue: str, place: Place) -> Ticket:
        """A call-back's place enters the line without its owner; see `Callers.enter_held`."""
        return self.callers.enter_held(call_id, queue, place)

    def leave(self, call_id: str, why: str, **more: str) -> None:
        """A caller leaves the line: `abandoned`, `max_wait`, `cut` and so on. Agents reserved for him are
        free."""
        ticket = self.callers.leave(call_id, why, **more)
        if ticket is None:
            return
        if why in ("abandoned", "max_wait"):
            self.recent.count(ticket.queue, self._clock.now(), in_time=False)
        settled = ticket.assigned.result() if ticket.assigned.done() else None
        if isinstance(settled, Assignment):
            self.release_agents(settled)

    def hold(self) -> None:
        """Serve nobody for now: after a restart, until those who waited before have knocked again."""
        self.free_agents.hold(self.agents)

    def release(self) -> None:
        """Serve again: those with the best places first, the agents free longest first."""
        if self.free_agents.held:
            self.free_agents.held = False
            self._free_all()

    def look_around(self) -> None:
        """To be called every second or two: callers whose queue lost its last agent, and outbound work that
        may be given now or not any more."""
        self.callers.look_around()
        for agent in list(self.agents.values()):
            if self.free_agents.blended(agent.agent_id):
                self._availability(agent)

    def _availability(self, agent: AgentAtWork) -> None:
        """What an agent can take may have changed."""
        self.free_agents.look_at(agent)

    def _free_all(self) -> None:
        for agent in sorted(self.agents.values(), key=lambda a: a.since):
            self._availability(agent)

    def _reachable(self, agent_id: str) -> bool:
        agent = self.agents.get(agent_id)
        away = (AgentState.SIGNED_OUT, AgentState.NOT_READY)
        return agent is not None and agent.state not in away and agent.next_state not in away

    # --- assigning ----------------------------------------------------------------------------------

    def _assign(self, match: Match, ticket: Ticket) -> None:
        """Reserve the agent. His page hears of it together with the caller (`attach_pop`), moments later:
        told alone, it would spend a frame on drawing it, and draw the caller that much later."""
        now = self._clock.now()
        self.decisions += 1
        queue = self.queues[ticket.queue]
        waited = max(0.0, now - ticket.since)
        told = self._told_of(match, ticket, now)
        for agent_id in match.agents:
            agent = self.agents[agent_id]
            if queue.channel in (VOICE, OUTBOUND):
                self.roster.take(agent, AgentState.RESERVED, ticket.call_id, ticket.queue, now)
                agent.lease_until = now + self._lease(queue, ticket)
            else:
                self.free_agents.begins(agent_id, ticket.call_id, queue.channel)
        agent = self.agents[match.agent_id]
        also = tuple((agent_id, self.agents[agent_id].extension) for agent_id in match.also)
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
            if self.agents[agent_id].state is AgentState.READY:
                self._availability(self.agents[agent_id])

    def assign_to(self, call_id: str, agent_id: str) -> None:
        """Somebody has decided that this agent gets this caller, whatever both need. Raises KeyError when the
        caller does not wait, or the agent is not ready."""
        self.callers.matched(self.callers.matcher.take(call_id, agent_id))

    def _told_of(self, match: Match, ticket: Ticket, now: float) -> dict[str, Any]:
        """What else is journaled of an assignment, so that it can be asked why it was this agent."""
        agent = self.agents[match.agent_id]
        told: dict[str, Any] = {"ready": round(max(0.0, now - agent.since), 1)}
        if match.why == Strategy.OCCUPANCY:
            told["occupancy"] = round(self.workload.occupancy(match.agent_id, now), 4)
        elif match.why == Strategy.FEWEST_CALLS:
            told["calls"] = self.workload.calls(match.agent_id)
        elif match.why == Strategy.RANKED:
            told["rank"] = self.queues[ticket.queue].ranks.get(match.agent_id, 0)
        if match.also:
            told["also"] = list(match.also)
        if ticket.rings:
            told["ring"] = ticket.rings
        return told

    def _lease(self, queue: Queue, ticket: Ticket) -> float:
        """How long a reservation may last, seconds. Who is called back has to answer first."""
        ringing = queue.callback.ring_seconds + GREETING_SECONDS if ticket.absent else 0.0
        return ringing + queue.ring_seconds + LEASE_GRACE

    def over(self, agent_id: str, interaction: str) -> None:
        """Something beside calls, such as a chat, is over: the agent has room again."""
        if self.free_agents.ends(agent_id, interaction) and agent_id in self.agents:
            self._availability(self.agents[agent_id])

    # --- what came of an assignment -----------------------------------------------------------------

    def attach_pop(self, agent_id: str, call_id: str, pop: dict[str, Any]) -> None:
        """Keep the screen pop with the agent, for pages that connect later; and tell of the reservation."""
        agent = self.roster.on_call(agent_id, call_id)
        if agent is not None:
            agent.pop = pop
            self.roster.changed(agent)

    def shows(self, assignment: Assignment) -> bool:
        """Whether the agent has the caller on his screen already."""
        agent = self.roster.on_call(assignment.agent_id, assignment.call_id)
        return agent is not None and agent.pop is not None and agent.pop["call_id"] == assignment.call_id

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

    def stopped(self, call_id: str, phone: str, *, rejected: bool) -> None:
        """One of several phones rung for a caller rings no more, while nobody talks yet: its agent rejected
        the call, and that is his own affair; or a colleague picked up."""
        called = self._called(call_id, phone)
        agent = self.roster.on_call(called.agent_id, call_id) if called is not None else None
        if agent is None or agent.state is AgentState.TALKING:
            return
        if rejected:
            self._missed(agent, ConnectResult.BUSY)
        else:
            self._had_by_another(agent)

    def _missed(self, agent: AgentAtWork, result: ConnectResult) -> None:
        """One of several who were rung will not be the one."""
        call_id, queue = agent.call_id, self.queues.get(agent.queue)
        self._journal.write("phone.missed", call_id=call_id, agent=agent.agent_id, result=result.value)
        ticket = self.callers.tickets.get(call_id)
        if ticket is not None:
            ticket.avoid.add(agent.agent_id)
        own = queue.missed_limit if queue is not None else None
        self.roster.missed(agent, _MISSED[result], own or self._center.missed_limit)

    def _had_by_another(self, agent: AgentAtWork) -> None:
        agent.answered_elsewhere = agent.call_id
        self.roster.drop_call(agent)

    def _called(self, call_id: str, phone: str) -> AgentAtWork | None:
        """Who is called: the one the caller was given to. The phone tells only when he was not given by us
        (before a restart), for a new center may have given it to somebody else by now."""
        assignment = self._assignment(call_id)
        if assignment is None:
            return self.roster.of_phone(phone)
        also = next((agent_id for agent_id, extension in assignment.also if extension == phone), None)
        return self.agents.get(also or assignment.agent_id)

    def _assignment(self, call_id: str) -> Assignment | None:
        ticket = self.callers.tickets.get(call_id)
        settled = ticket.assigned.result() if ticket is not None and ticket.assigned.done() else None
        return settled if isinstance(settled, Assignment) else None

    def _begin_talk(self, agent: AgentAtWork, call_id: str, queue: str, now: float) -> None:
        assignment = self._assignment(call_id)
        ticket = self.callers.served(call_id)
        wait = round(now - ticket.entered, 3) if ticket is not None else 0.0
        if ticket is not None and queue in self.queues and not ticket.held:
            self.recent.count(queue, now, wait <= self.queues[queue].service_level.seconds)
        self.roster.take(agent, AgentState.TALKING, call_id, queue, now)
        if agent.pop is not None:
            agent.pop["answered_at"] = now
        self._journal.write("talk.started", call_id=call_id, agent=agent.agent_id, queue=queue, wait=wait)
        self.roster.changed(agent)
        rung = [other for other, _ in assignment.rung] if assignment is not None else list(self.agents)
        for other_id in rung:  # ring_all: he was the first, the others are free
            other = self.roster.on_call(other_id, call_id)
            if other is not None and other is not agent:
                self._had_by_another(other)

    def not_answered(self, assignment: Assignment, result: ConnectResult) -> Ticket | None:
        """The phone did not answer: the agent becomes not ready with that reason (once he missed as many as
        the queue allows), the caller is back at his place. Where all who are free are rung, nobody in
        particular had to answer: only who rejected, or has no phone, missed him. Returns the caller's ticket,
        to wait anew; None when he is no longer in line."""
        call_id, queue = assignment.call_id, self.queues.get(assignment.queue)
        shared = bool(assignment.also) or (queue is not None and queue.strategy == "ring_all")
        self._journal.write(
            "queue.returned",
            call_id=call_id,
            agent="" if shared else assignment.agent_id,
            queue=assignment.queue,
            result=result.value,
        )
        ticket = self.callers.tickets.get(call_id)
        if ticket is not None and shared:  # before anybody of them can be given to those behind him
            self.callers.back_in_line(ticket, all_rang=True)
        for agent_id, _ in assignment.rung:
            agent = self.roster.on_call(agent_id, call_id)
            if agent is None:
                continue  # he rejected while the others rang on
            if not shared:
                if ticket is not None:
                    ticket.avoid.add(agent_id)
                own = queue.missed_limit if queue is not None else None
                self.roster.missed(agent, _MISSED[result], own or self._center.missed_limit)
            elif result is ConnectResult.NO_ANSWER:
                self.roster.drop_call(agent)
            else:  # all stopped by themselves; who never rang could not be reached
                rang = agent.state is AgentState.RINGING
                self._missed(agent, ConnectResult.BUSY if rang else ConnectResult.UNREACHABLE)
        if ticket is not None and not shared:
            self.callers.back_in_line(ticket)
        return ticket

    def release_agent(self, agent_id: str, call_id: str) -> None:
        """The reservation came to nothing (the caller left first, or a restart lost the ring)."""
        agent = self.roster.on_call(agent_id, call_id)
        if agent is not None:
            self.roster.drop_call(agent)

    def renew(self, assignment: Assignment) -> None:
        """Only now the phone is rung (what the caller was being told is over): the lease begins anew."""
        for agent_id, _ in assignment.rung:
            agent = self.roster.on_call(agent_id, assignment.call_id)
            if agent is not None and agent.state is AgentState.RESERVED:
                agent.lease_until = self._clock.now() + assignment.ring_seconds + LEASE_GRACE

    def release_agents(self, assignment: Assignment) -> None:
        """An assignment came to nothing, and nobody is to blame."""
        for agent_id, _ in assignment.rung:
            self.release_agent(agent_id, assignment.call_id)

    def talk_ended(self, call_id: str, agent_id: str, by: str, seconds: float | None = None) -> None:
        """The talk is over; wrap-up begins. `by`: caller, agent, switch or unknown."""
        self.callers.served(call_id)
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
        self.callers.served(call_id)
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

    def adopt_reserved(self, call_id: str, agent_id: str, queue: str, place: Place) -> None:
        """An agent was reserved for a call-back, and its owner is being dialed without us: so he stays."""
        ticket = self.callers.held(call_id, queue, place)
        agent, now = self.agents.get(agent_id), self._clock.now()
        definition = self.queues[queue]
        if agent is None or agent.call_id or agent.state is AgentState.SIGNED_OUT:
            return
        self.roster.take(agent, AgentState.RESERVED, call_id, queue, now)
        agent.lease_until = now + self._lease(definition, ticket)
        waited = max(0.0, now - place.since)
        ticket.assigned.set_result(
            Assignment(call_id, agent_id, agent.extension, queue, now, waited, definition.ring_seconds)
        )
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
            self.roster.drop_call(agent)
        return mends

    def _is_told(self, call_id: str) -> bool:
        """Something is being said to the caller, for whose end an agent reserved for him waits."""
        ticket = self.callers.tickets.get(call_id)
        return ticket is not None and ticket.told

    # --- questions ----------------------------------------------------------------------------------

    def waiting(self, queue: str) -> list[Ticket]:
        """Those in line (also those expected back), in the order of their places."""
        return sorted(
            (t for t in self.callers.tickets.values() if t.queue == queue and not t.assigned.done()),
            key=lambda t: (-t.priority, t.since),
        )

    def expected(self) -> int:
        """How many legs are expected to knock again."""
        return sum(1 for t in self.callers.tickets.values() if t.expected)

    def ticket(self, call_id: str) -> Ticket | None:
        return self.callers.tickets.get(call_id)

    def estimated_wait(self, queue: str, position: int) -> float | None:
        """Seconds until the caller at this position (1 is next) talks with an agent, None while unknown. Who
        finds an agent free waits for his answer alone."""
        if self.callers.matcher.free(queue):
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
        return self.callers.matcher.position(call_id)

    def serves(self, agent_id: str) -> list[str]:
        """Queues the agent serves."""
        return self.callers.matcher.queues_of(agent_id)

    def signed_in(self, queue: str) -> int:
        """Agents at work who serve the queue, if only in a later ring."""
        return sum(
            agent.state is not AgentState.SIGNED_OUT and queue in self.serves(agent.agent_id)
            for agent in self.agents.values()
        )

    def free(self, queue: str) -> int:
        """Agents free for the queue."""
        return self.callers.matcher.free(queue)


def reason_texts(center: Center) -> dict[str, dict[str, str]]:
    """Names of all not-ready reasons: the admin's own and the engine's."""
    own = {k: {str(lang): text for lang, text in v.name.items()} for k, v in center.not_ready_reasons.items()}
    return {**SYSTEM_REASONS, **own}
