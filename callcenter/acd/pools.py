"""The free agents who meet some needs, in the order of a strategy.

Lines of calls with the same needs share a pool, also those of different queues, unless the order is a
queue's own (ranks, round robin). A pool is a heap. Who is no longer free is not taken out: his entry is
dropped when it comes to the top, or when the heap has twice as many entries as there are agents who could be
in it. So becoming free costs O(log n) a pool, and ceasing to be costs nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from callcenter.acd.strategy import QueueRule, Standing, Strategy
from callcenter.center.needs import Needs

#: the rank of an agent who has none
LAST_RANK = 1_000_000
#: a heap of no more entries is not worth a rebuild
_SMALL = 64


class Free(NamedTuple):
    """An agent who has room for one more on each of `channels`."""

    standing: Standing
    seq: int  # of becoming free: tells a live entry from a dead one
    channels: frozenset[str]
    skill: int  # the sum of his levels


Measure = Callable[[str, Free], float]
Entry = tuple[float, float, int, str]  # the strategy's key, ready since, seq, agent
PoolKey = tuple[Needs, Strategy, str, str]


class Pool:
    """Free agents in one order."""

    __slots__ = ("_alive", "_heap", "_measure", "_offers", "channel", "members", "needs")

    def __init__(self, needs: Needs, rule: QueueRule, alive: set[int], members: int) -> None:
        """`alive` are the seqs of all who are free anywhere, as the matcher has them; `members` is how many
        agents meet the needs."""
        self.needs = needs
        self.channel = rule.channel
        self.members = members
        self._measure = self._measures(rule)[rule.strategy]
        self._alive = alive
        self._heap: list[Entry] = []
        self._offers: dict[str, int] = {}  # round robin: when each was made his last offer

    def _measures(self, rule: QueueRule) -> dict[Strategy, Measure | None]:
        """What each strategy compares; None: nothing but how long they are ready."""
        return {
            Strategy.LONGEST_IDLE: None,
            Strategy.OCCUPANCY: lambda agent_id, free: free.standing.occupancy,
            Strategy.FEWEST_CALLS: lambda agent_id, free: free.standing.calls,
            Strategy.LEAST_SKILLED: lambda agent_id, free: free.skill,
            Strategy.RANKED: lambda agent_id, free: rule.ranks.get(agent_id, LAST_RANK),
            Strategy.ROUND_ROBIN: lambda agent_id, free: self._offers.get(agent_id, 0),
            Strategy.RANDOM: None,
            Strategy.RING_ALL: None,
        }

    @staticmethod
    def key(queue: str, rule: QueueRule, needs: Needs) -> PoolKey:
        """Lines with the same key share a pool."""
        own = rule.strategy in (Strategy.RANKED, Strategy.ROUND_ROBIN)
        return needs, rule.strategy, rule.channel, queue if own else ""

    def __len__(self) -> int:
        """Entries, the dead ones included."""
        return len(self._heap)

    def add(self, agent_id: str, free: Free) -> None:
        """An agent became free."""
        # who is ready longest comes first, as among all whom the measure finds equal
        key = 0.0 if self._measure is None else self._measure(agent_id, free)
        heap = self._heap
        heappush(heap, (key, free.standing.since, free.seq, agent_id))
        if len(heap) > 2 * self.members and len(heap) > _SMALL:
            alive = self._alive
            heap[:] = [entry for entry in heap if entry[2] in alive]
            heapify(heap)

    def offered(self, agent_id: str, seq: int) -> None:
        """A call of this pool's queue was offered to an agent, who is not free now."""
        self._offers[agent_id] = seq

    # --- who gets a call ----------------------------------------------------------------------------------

    def first(self, avoid: Collection[str]) -> str:
        """The first in the strategy's order, '' when nobody is free; one of `avoid` only when there is no
        other."""
        heap, alive = self._heap, self._alive
        passed: list[Entry] = []
        found = ""
        while heap:
            entry = heap[0]
            if entry[2] not in alive:
                heappop(heap)
            elif entry[3] in avoid:
                passed.append(heappop(heap))
            else:
                found = entry[3]
                break
        for entry in passed:
            heappush(heap, entry)
        return found or (passed[0][3] if passed else "")

    def draw(self, avoid: Collection[str], chance: random.Random) -> str:
        """One by chance, each with the same; '' when nobody is free."""
        first = self.first(avoid)
        if not first or avoid:
            ready = [entry[3] for entry in self._heap if entry[2] in self._alive]
            return chance.choice([agent for agent in ready if agent not in avoid] or ready) if ready else ""
        heap, alive = self._heap, self._alive
        while True:
            entry = heap[int(chance.random() * len(heap))]
            if entry[2] in alive:
                return entry[3]

    def all(self, avoid: Collection[str], most: int) -> list[str]:
        """Up to `most`, ready longest first, without those of `avoid` if there are others."""
        heap = self._heap
        found: list[Entry] = []
        passed: list[Entry] = []
        while heap and len(found) < most:
            entry = heappop(heap)
            if entry[2] in self._alive:
                (passed if entry[3] in avoid else found).append(entry)
        for entry in (*found, *passed):
            heappush(heap, entry)
        return [entry[3] for entry in (found or passed[:most])]
