"""The distributor: joins callers, agents, journal and clock.

A call waits in `callers.py`, as a `Ticket`, and in the matcher; the agents' states are in `roster.py`. Here
is what joins them: the story of a call asks for a ticket, awaits `ticket.assigned`, and tells the offer
(`offers.py`) what came of it. What goes on without us after a restart is taken over by `adoption.py`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection

from callcenter.acd.adoption import Adoption
from callcenter.acd.agents import SYSTEM_REASONS, AgentAtWork, AgentState
from callcenter.acd.blending import RecentService
from callcenter.acd.callers import Callers, Surroundings
from callcenter.acd.free_agents import FreeAgents
from callcenter.acd.kept_out import kept_out_of, marked
from callcenter.acd.offers import Offers
from callcenter.acd.roster import Roster, Told
from callcenter.acd.tickets import Assignment, Place, Ticket, Wants
from callcenter.acd.waits import WaitEstimates
from callcenter.acd.workload import Workload
from callcenter.center.model import Center, Queue
from callcenter.center.needs import Skills
from callcenter.storage.facts import Journal
from callcenter.telephony.clock import Clock


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
            assign=lambda match, ticket: self.offers.make(match, ticket),
            around=Surroundings(is_open, emergency, self.estimated_wait, self.signed_in, self._reachable),
            chance=chance or random.Random(),
        )
        self.free_agents = FreeAgents(clock, self.callers, self.workload, self.recent)
        self.offers = Offers(
            clock=clock,
            journal=journal,
            callers=self.callers,
            roster=self.roster,
            free_agents=self.free_agents,
            workload=self.workload,
            recent=self.recent,
            missed_limit=lambda: self._center.missed_limit,
        )
        self.adoption = Adoption(
            clock=clock, journal=journal, callers=self.callers, roster=self.roster, offers=self.offers
        )
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
        self.free_agents.apply(self._center, skills)
        self.callers.apply(self._center, skills)

    # --- callers ------------------------------------------------------------------------------------

    def enter(self, call_id: str, queue: str, wants: Wants | None = None) -> Ticket:
        """A caller enters a queue; see `Callers.enter`. Raises KeyError for an unknown queue."""
        return self.callers.enter(call_id, queue, wants or Wants())

    def expect(
        self,
        call_id: str,
        queue: str,
        priority: int,
        since: float,
        entered: float | None = None,
        came_from: Collection[str] = (),
    ) -> None:
        """A caller who waited, and whose leg is out of our hands until it knocks again: his place is kept."""
        self.callers.expect(call_id, queue, priority, since, entered, came_from)

    def enter_held(self, call_id: str, queue: str, place: Place) -> Ticket:
        """A call-back's place enters the line without its owner; see `Callers.enter_held`."""
        return self.callers.enter_held(call_id, queue, place)

    def leave(self, call_id: str, why: str, **more: str) -> None:
        """A caller leaves the line: `abandoned`, `max_wait`, `cut` and so on. Agents reserved for him are
        free."""
        ticket = self.callers.leave(call_id, why, **more)
        if ticket is None:
            return
        if why in ("abandoned", "max_wait") and not ticket.held:
            self.recent.count(ticket.queue, self._clock.now(), in_time=False)
        settled = ticket.assigned.result() if ticket.assigned.done() else None
        if isinstance(settled, Assignment):
            self.offers.release_agents(settled)

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

    def assign_to(self, call_id: str, agent_id: str) -> None:
        """Somebody has decided that this agent gets this caller, whatever both need. Raises KeyError when the
        caller does not wait, or the agent is not ready."""
        self.callers.matched(self.callers.matcher.take(call_id, agent_id))

    def over(self, agent_id: str, interaction: str) -> None:
        """Something beside calls, such as a chat, is over: the agent has room again."""
        if self.free_agents.ends(agent_id, interaction) and agent_id in self.agents:
            self._availability(self.agents[agent_id])

    # --- questions ----------------------------------------------------------------------------------

    def waiting(self, queue: str) -> list[Ticket]:
        """Those in line (also those expected back), in the order of their places."""
        return sorted(
            (t for t in self.callers.tickets.values() if t.queue == queue and not t.assigned.done()),
            key=self._place,
        )

    def _place(self, ticket: Ticket) -> tuple[float, float]:
        """As the matcher orders them, also for those it does not know yet."""
        ageing = self._center.distribution.ageing_seconds
        if ageing is None:
            return -ticket.priority, ticket.since
        return 0, ticket.since - ticket.priority * ageing

    def on_the_line(self, queue: str) -> list[Ticket]:
        """Those of them who hear the music: not the places of call-backs."""
        return [ticket for ticket in self.waiting(queue) if not ticket.absent]

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
