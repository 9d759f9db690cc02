"""The agents who are free, as the matcher knows them: on which channels, with which standing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from callcenter.acd.agents import AgentAtWork, AgentState
from callcenter.acd.blending import RecentService, may_do_outbound
from callcenter.acd.callers import Callers
from callcenter.acd.capacity import ONE_CALL, open_channels
from callcenter.acd.strategy import OUTBOUND, VOICE, Standing
from callcenter.acd.workload import Workload
from callcenter.center.model import Center
from callcenter.center.needs import Skills
from callcenter.center.routing_model import Blending
from callcenter.telephony.clock import Clock

_NOTHING: frozenset[str] = frozenset()


class FreeAgents:
    """Tells the matcher who can take what. While `held`, nobody can take anything."""

    def __init__(self, clock: Clock, callers: Callers, workload: Workload, recent: RecentService) -> None:
        """`recent` is the service level of the last minutes, for outbound work."""
        self._clock = clock
        self._callers = callers
        self._workload = workload
        self._recent = recent
        self._blending = Blending()
        self._capacity: dict[str, Mapping[str, int]] = {}
        self._beside: dict[str, dict[str, str]] = {}  # by agent: what he does beside calls, and its channel
        self._open: dict[str, frozenset[str]] = {}  # by agent: the channels the matcher knows him free on
        self.skills: dict[str, Skills] = {}
        self.held = False

    def apply(self, center: Center, skills: dict[str, Skills]) -> None:
        """Put a center in force, before its callers are: nobody is free in the new matcher yet."""
        self._blending = center.distribution.blending
        self._capacity = {
            agent_id: declared.capacity or ONE_CALL for agent_id, declared in center.agents.items()
        }
        self._open.clear()
        self.skills = skills

    def set_skills(self, agent: AgentAtWork, skills: Skills) -> None:
        """Change an agent's skills from the next decision on."""
        self.skills[agent.agent_id] = skills
        self._callers.matcher.set_agent(agent.agent_id, skills)
        self.look_at(agent)

    def hold(self, agents: Iterable[str]) -> None:
        """Nobody takes anything until `held` is False, and each is looked at anew."""
        self.held = True
        for agent_id in agents:
            self._callers.matcher.agent_busy(agent_id)

    def look_at(self, agent: AgentAtWork) -> None:
        """What an agent can take may have changed."""
        agent_id, matcher = agent.agent_id, self._callers.matcher
        channels = self._channels(agent)
        if matcher.is_free(agent_id):
            if channels == self._open.get(agent_id):
                return
            matcher.agent_busy(agent_id)
        if not channels:
            return
        now = self._clock.now()
        standing = Standing(
            agent.since, self._workload.occupancy(agent_id, now), self._workload.calls(agent_id)
        )
        self._open[agent_id] = channels
        match = matcher.agent_free(agent_id, standing, now, channels)
        if match is not None:
            self._callers.matched(match)

    # --- beside calls ---------------------------------------------------------------------------------

    def begins(self, agent_id: str, interaction: str, channel: str) -> None:
        """The agent has something to do beside calls, such as a chat."""
        self._beside.setdefault(agent_id, {})[interaction] = channel

    def ends(self, agent_id: str, interaction: str) -> bool:
        """It is over. False when he did not have it."""
        return self._beside.get(agent_id, {}).pop(interaction, None) is not None

    def load(self, agent_id: str) -> dict[str, int]:
        """What an agent does beside calls: how much, by channel."""
        load: dict[str, int] = {}
        for channel in self._beside.get(agent_id, {}).values():
            load[channel] = load.get(channel, 0) + 1
        return load

    def capacity(self, agent_id: str) -> Mapping[str, int]:
        """How much an agent may do at a time, by channel."""
        return self._capacity.get(agent_id, ONE_CALL)

    def blended(self, agent_id: str) -> bool:
        """Whether he does outbound work, when callers leave him time."""
        return OUTBOUND in self._capacity.get(agent_id, ())

    # --- inside ---------------------------------------------------------------------------------------

    def _channels(self, agent: AgentAtWork) -> frozenset[str]:
        """On what an agent can take one more now."""
        agent_id = agent.agent_id
        if self.held or agent.state is not AgentState.READY or agent_id not in self.skills or agent.deleted:
            return _NOTHING
        channels = open_channels(self._capacity[agent_id], self.load(agent_id))
        if not agent.may_take_calls():
            channels -= {VOICE, OUTBOUND}
        if OUTBOUND in channels and not self._may_do_outbound(agent_id):
            channels -= {OUTBOUND}
        return channels

    def _may_do_outbound(self, agent_id: str) -> bool:
        rules, now, matcher = self._blending, self._clock.now(), self._callers.matcher
        queues = self._callers.queues
        inbound = [name for name in matcher.queues_of(agent_id) if queues[name].channel == VOICE]
        counted = matcher.is_free(agent_id) and VOICE in self._open.get(agent_id, _NOTHING)
        return may_do_outbound(
            rules,
            [self._recent.level(name, now, rules.minutes * 60) for name in inbound],
            [matcher.free(name) - counted for name in inbound],
            [matcher.waiting(name) for name in inbound],
        )
