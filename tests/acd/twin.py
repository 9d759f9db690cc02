"""The matcher's twin: the same rules, by scanning everybody each time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from callcenter.acd.strategy import OUTBOUND, Choice, QueueRule, Standing, Strategy
from callcenter.center.needs import Needs, Skills, meets

Decided = tuple[str, tuple[str, ...]]


@dataclass
class WaitingCall:
    queue: str
    place: tuple[float, float, int]
    needs: Needs
    only: str = ""


@dataclass
class FreeAgent:
    standing: Standing
    seq: int
    channels: frozenset[str]


@dataclass
class Twin:
    """Not for strategies that draw: those are asked who might have got it (`able`)."""

    queues: dict[str, QueueRule]
    agents: dict[str, Skills]
    ageing: float | None
    choice: Choice
    calls: dict[str, WaitingCall] = field(default_factory=dict)
    free: dict[str, FreeAgent] = field(default_factory=dict)
    offers: list[tuple[str, str]] = field(default_factory=list)  # (queue, agent), the latest last
    seq: int = 0

    def able(self, queue: str, needs: Needs, only: str = "") -> list[str]:
        channel = self.queues[queue].channel
        return [
            agent
            for agent, free in self.free.items()
            if channel in free.channels and meets(self.agents[agent], needs) and only in ("", agent)
        ]

    def call_waits(
        self,
        call: str,
        queue: str,
        priority: int,
        since: float,
        needs: Needs,
        only: str,
        avoid: Collection[str],
    ) -> Decided | None:
        self.seq += 1
        if self.ageing is None:
            place = (-priority, since, self.seq)
        else:
            place = (0, since - priority * self.ageing, self.seq)
        only = only if only in self.agents and meets(self.agents[only], needs) else ""
        self.calls[call] = WaitingCall(queue, place, needs, only)
        return self.offer(call, avoid)

    def widen(self, call: str, needs: Needs) -> Decided | None:
        self.calls[call].needs, self.calls[call].only = needs, ""
        return self.offer(call, ())

    def offer(self, call: str, avoid: Collection[str]) -> Decided | None:
        waiting = self.calls[call]
        able = self.able(waiting.queue, waiting.needs, waiting.only)
        if not waiting.only:
            able = [agent for agent in able if agent not in avoid] or able
        if not able:
            return None
        able.sort(key=lambda agent: self.key(waiting.queue, agent))
        ring_all = self.queues[waiting.queue].strategy is Strategy.RING_ALL and not waiting.only
        if ring_all and len(able) == 1 and able[0] in avoid:
            # of several who would be avoided one is rung, the first
            everyone = self.able(waiting.queue, waiting.needs)
            able = [min(everyone, key=lambda agent: self.key(waiting.queue, agent))]
        return self.decide(call, tuple(able) if ring_all else (able[0],))

    def key(self, queue: str, agent: str) -> tuple[float, float, int]:
        rule, free = self.queues[queue], self.free[agent]
        offers = [n for n, offer in enumerate(self.offers, 1) if offer == (queue, agent)]
        first = {
            Strategy.OCCUPANCY: free.standing.occupancy,
            Strategy.FEWEST_CALLS: free.standing.calls,
            Strategy.LEAST_SKILLED: sum(self.agents[agent].values()),
            Strategy.RANKED: rule.ranks.get(agent, 10**9),
            Strategy.ROUND_ROBIN: max(offers, default=0),
            Strategy.LONGEST_IDLE: 0,
            Strategy.RANDOM: 0,
            Strategy.RING_ALL: 0,
        }[rule.strategy]
        return first, free.standing.since, free.seq

    def agent_free(
        self, agent: str, standing: Standing, now: float, channels: frozenset[str]
    ) -> Decided | None:
        self.seq += 1
        self.free[agent] = FreeAgent(standing, self.seq, channels)
        mine = [
            call
            for call, waiting in self.calls.items()
            if agent in self.able(waiting.queue, waiting.needs, waiting.only)
        ]
        inbound = [call for call in mine if self.queues[self.calls[call].queue].channel != OUTBOUND]
        # of each line only the first is looked at
        heads: dict[object, str] = {}
        for call in sorted(inbound or mine, key=lambda c: self.calls[c].place):
            waiting = self.calls[call]
            heads.setdefault(call if waiting.only else (waiting.queue, waiting.needs), call)
        if not heads:
            return None
        return self.decide(min(heads.values(), key=lambda call: self.order(call, now)), (agent,))

    def order(self, call: str, now: float) -> tuple[float, ...]:
        waiting = self.calls[call]
        rank, entered, order = waiting.place
        rule = self.queues[waiting.queue]
        if self.choice is Choice.SERVICE_LEVEL:
            return rank, -(now - entered) / rule.threshold, entered, order
        if self.choice is Choice.QUEUE_RATIO:
            here = sum(w.queue == waiting.queue for w in self.calls.values())
            share = rule.share / sum(r.share for r in self.queues.values())
            return rank, -(here - share * len(self.calls)), entered, order
        return waiting.place

    def decide(self, call: str, agents: tuple[str, ...]) -> Decided:
        waiting = self.calls.pop(call)
        for agent in agents:
            del self.free[agent]
            self.offers.append((waiting.queue, agent))
        return call, agents
