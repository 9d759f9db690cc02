"""Who gets whom: a pure matcher over plain data.

A queue asks for skills at levels; an agent serves a queue when he has each of them at that level or above.
A waiting call's place is (higher priority first, earlier entry first, order of arrival). A free agent gets
the best placed call of all queues he serves; an arriving call gets the one of them who is longest
ready (docs/metrics.md).

A call may need further skills beside its queue's; calls of a queue that need the same stand in one line. Each
line keeps a heap of its waiting calls and a heap of the free agents who serve it. Entries that no
longer hold are left in the heaps and dropped when they come to the top, so that every event costs
O(log n), whatever the number of agents or calls. A heap with more dead entries than live ones is rebuilt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from types import MappingProxyType

Skills = Mapping[str, int]
Key = tuple[str, tuple[tuple[str, int], ...]]  # a queue, and the skills needed beside its own
Place = tuple[int, float, int]


def serves(agent: Skills, required: Skills) -> bool:
    """True when the agent has every required skill at its level or above."""
    return all(agent.get(skill, 0) >= level for skill, level in required.items())


@dataclass(frozen=True, slots=True)
class Match:
    """A decision: this call to this agent."""

    call_id: str
    agent_id: str
    queue: str
    waiting: int  # calls waiting in the queue at that moment, this one included
    free: int  # agents who were free for the queue, this one included


class _Line:
    """One queue: its waiting calls and the free agents who serve it."""

    __slots__ = ("agents", "calls", "free", "ranks", "required", "waiting")

    def __init__(self, required: Skills) -> None:
        self.required = required
        self.calls: list[tuple[Place, str]] = []
        self.agents: list[tuple[float, int, str]] = []
        self.ranks: dict[int, int] = {}  # priority: how many calls of it wait
        self.waiting = 0
        self.free = 0


class Matcher:
    """Holds who waits and who is free. It decides at once: no free agent stays beside a call he may serve."""

    def __init__(self, queues: Mapping[str, Skills]) -> None:
        self._lines: dict[Key, _Line] = {(name, ()): _Line(required) for name, required in queues.items()}
        self._of_queue: dict[str, list[_Line]] = {name: [self._lines[name, ()]] for name in queues}
        self._calls: dict[str, tuple[Key, Place]] = {}
        self._free: dict[str, tuple[float, int]] = {}
        self._skills: dict[str, Skills] = {}
        self._serves: dict[str, list[Key]] = {}
        self._seq = 0

    # --- what the center declares -------------------------------------------------------------------

    def set_agent(self, agent_id: str, skills: Skills) -> None:
        """Declare an agent, or change his skills; he is not free until `agent_free`."""
        self.agent_busy(agent_id)
        self._skills[agent_id] = skills
        self._serves[agent_id] = [k for k, line in self._lines.items() if serves(skills, line.required)]

    def queues_of(self, agent_id: str) -> list[str]:
        """The queues the agent serves."""
        return [queue for queue, more in self._serves.get(agent_id, ()) if not more]

    # --- what happens -------------------------------------------------------------------------------

    def call_waits(
        self, call_id: str, queue: str, priority: int, since: float, skills: Skills = MappingProxyType({})
    ) -> Match | None:
        """A call enters (or comes back to) a queue; it gets a free agent at once if there is one.

        `since` decides its place among calls of equal priority: a call that comes back brings its first
        entry time and so its old place. `skills` are needed beside those of the queue. Raises KeyError for an
        unknown queue and ValueError when it waits.
        """
        key: Key = (queue, tuple(sorted(skills.items())))
        line = self._lines.get(key) or self._new_line(key)
        if call_id in self._calls:
            raise ValueError(f"call {call_id} waits already")
        agent_id = self._longest_free(line)
        if agent_id is not None:
            free = line.free
            self.agent_busy(agent_id)
            return Match(call_id, agent_id, queue, self.waiting(queue) + 1, free)
        self._seq += 1
        place = (-priority, since, self._seq)
        self._calls[call_id] = (key, place)
        heappush(line.calls, (place, call_id))
        line.waiting += 1
        line.ranks[priority] = line.ranks.get(priority, 0) + 1
        return None

    def call_gone(self, call_id: str) -> bool:
        """The call no longer waits. False when it did not."""
        entry = self._calls.pop(call_id, None)
        if entry is None:
            return False
        line = self._lines[entry[0]]
        line.waiting -= 1
        rank = -entry[1][0]
        line.ranks[rank] -= 1
        if not line.ranks[rank]:
            del line.ranks[rank]
        if len(line.calls) > 64 and line.waiting * 2 < len(line.calls):
            line.calls = [(p, c) for p, c in line.calls if self._is_waiting(c, p)]
            heapify(line.calls)
        return True

    def agent_free(self, agent_id: str, since: float) -> Match | None:
        """The agent can take a call, free since `since`; he gets the best placed call he serves."""
        if agent_id in self._free:
            raise ValueError(f"agent {agent_id} is free already")
        keys = self._serves[agent_id]
        best: tuple[Place, str] | None = None
        for line_key in keys:
            head = self._head(self._lines[line_key])
            if head is not None and (best is None or head < best):
                best = head
        if best is not None:
            call_id = best[1]
            queue = self._calls[call_id][0][0]
            waiting = self.waiting(queue)
            self.call_gone(call_id)
            return Match(call_id, agent_id, queue, waiting, 1)
        self._seq += 1
        key = (since, self._seq)
        self._free[agent_id] = key
        for line_key in keys:
            line = self._lines[line_key]
            line.free += 1
            heappush(line.agents, (since, key[1], agent_id))
        return None

    def agent_busy(self, agent_id: str) -> bool:
        """The agent can take no call. False when he could not before."""
        if self._free.pop(agent_id, None) is None:
            return False
        for line_key in self._serves[agent_id]:
            line = self._lines[line_key]
            line.free -= 1
            if len(line.agents) > 64 and line.free * 2 < len(line.agents):
                line.agents = [e for e in line.agents if self._is_free(e)]
                heapify(line.agents)
        return True

    # --- questions ----------------------------------------------------------------------------------

    def waiting(self, queue: str) -> int:
        """How many calls wait in the queue."""
        return sum(line.waiting for line in self._of_queue[queue])

    def next_position(self, queue: str, priority: int) -> int:
        """The position a new call of this priority will have in the queue: behind all of its rank and above.
        Costs a step for each priority that waits, not for each call."""
        lines = self._of_queue[queue]
        return 1 + sum(n for line in lines for rank, n in line.ranks.items() if rank >= priority)

    def free(self, queue: str) -> int:
        """How many agents are free for the queue."""
        return self._lines[queue, ()].free

    def is_free(self, agent_id: str) -> bool:
        return agent_id in self._free

    def position(self, call_id: str) -> int:
        """The call's position in its queue, 1 is next; 0 when it does not wait. Costs a scan."""
        entry = self._calls.get(call_id)
        if entry is None:
            return 0
        (queue, _), place = entry
        return sum(
            1
            for line in self._of_queue[queue]
            for p, c in line.calls
            if p <= place and self._is_waiting(c, p)
        )

    # --- inside -------------------------------------------------------------------------------------

    def _new_line(self, key: Key) -> _Line:
        """The line of a queue's calls that need more. Raises KeyError for an unknown queue."""
        queue, more = key
        required = dict(self._lines[queue, ()].required)
        for skill, level in more:
            required[skill] = max(level, required.get(skill, 0))
        line = self._lines[key] = _Line(required)
        self._of_queue[queue].append(line)
        for agent_id, skills in self._skills.items():
            if serves(skills, required):
                self._serves[agent_id].append(key)
                if agent_id in self._free:
                    line.free += 1
                    since, seq = self._free[agent_id]
                    heappush(line.agents, (since, seq, agent_id))
        return line

    def _is_waiting(self, call_id: str, place: Place) -> bool:
        entry = self._calls.get(call_id)
        return entry is not None and entry[1] == place

    def _is_free(self, entry: tuple[float, int, str]) -> bool:
        return self._free.get(entry[2]) == entry[:2]

    def _head(self, line: _Line) -> tuple[Place, str] | None:
        calls = line.calls
        while calls:
            place, call_id = calls[0]
            if self._is_waiting(call_id, place):
                return calls[0]
            heappop(calls)
        return None

    def _longest_free(self, line: _Line) -> str | None:
        agents = line.agents
        while agents:
            if self._is_free(agents[0]):
                return agents[0][2]
            heappop(agents)
        return None
