"""Who gets whom: a pure matcher over plain data.

An agent may serve a call when he meets what it needs and has room on the queue's channel. A waiting call's
place is (its virtual time of entry, order of arrival): priority moves the entry back by `ageing` seconds a
point, so that who waits long enough passes everybody; without ageing a higher priority always comes first. A
freed agent gets the best head of all lines he serves (`Choice`); an arriving call gets the first of the free
agents by its queue's strategy (`Strategy`). The rules themselves stand in `strategy.py`.

Calls of a queue with the same needs stand in one line: a sorted list of calls, and a heap of the free agents
who meet the needs. Entries of agents who are no longer free are left in the heap and dropped when they come
to the top; a heap with more dead entries than live ones is rebuilt. So an event costs O(log n) for each line
an agent serves, whatever the number of agents or calls.
"""

from __future__ import annotations

import random
from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from callcenter.acd.strategy import (
    OUTBOUND,
    VOICE,
    Choice,
    QueueRule,
    Standing,
    Strategy,
    imbalance,
    sort_key,
    urgency,
)
from callcenter.center.needs import Needs, Skills, meets, who_meets

Place = tuple[float, float, int]  # rank (0 with ageing), virtual time of entry, order of arrival
_FreeEntry = tuple[float, float, int, str]  # strategy's key, ready since, order, agent

_VOICE_ONLY = frozenset({VOICE})
#: more phones than this do not ring for one call
RING_ALL_MOST = 30
#: lines of needs that no queue declares, kept for the next call that has them
_UNDECLARED_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Match:
    """A decision: this call to this agent."""

    call_id: str
    agent_id: str
    queue: str
    waiting: int  # calls waiting in the queue at that moment, this one included
    free: int  # agents who were free for it, this one included
    why: str  # the strategy or choice that decided; `last_agent`; `only_free`, `next_in_line` without any
    also: tuple[str, ...] = ()  # ring_all: further agents whose phones ring

    @property
    def agents(self) -> tuple[str, ...]:
        return (self.agent_id, *self.also)


class _Line:
    """Calls of one queue with the same needs, and the free agents who meet them."""

    __slots__ = ("calls", "free", "heap", "needs", "queue", "rule")

    def __init__(self, queue: str, rule: QueueRule, needs: Needs) -> None:
        self.queue = queue
        self.rule = rule
        self.needs = needs
        self.calls: list[tuple[Place, str]] = []
        self.heap: list[_FreeEntry] = []
        self.free = 0


_Head = tuple[Place, str, _Line]  # the call of a line whose turn is next


@dataclass(slots=True)
class _Waiting:
    queue: str
    place: Place
    line: _Line
    only: str = ""  # the one agent it waits for: it stands in his list, not in the line


@dataclass(frozen=True, slots=True)
class _Free:
    standing: Standing
    seq: int
    channels: frozenset[str]


class Matcher:
    """Holds who waits and who is free. It decides at once: no free agent stays beside a call he may serve."""

    def __init__(
        self,
        queues: Mapping[str, QueueRule],
        agents: Mapping[str, Skills],
        *,
        ageing: float | None = None,
        choice: Choice = Choice.LONGEST_WAIT,
        chance: random.Random | None = None,
    ) -> None:
        """`ageing`: how many seconds of waiting a point of priority is worth, None for more than any.
        `chance` draws for Strategy.RANDOM."""
        self._rules = dict(queues)
        self._ageing = ageing
        self._choice = choice
        self._chance = chance or random.Random(0)
        self._skills: dict[str, Skills] = dict(agents)
        self._levels: dict[str, dict[str, int]] = {}  # skill: agent: level
        self._found: dict[Needs, set[str]] = {}  # who meets what; forgotten when a skill changes
        self._serves: dict[str, list[_Line]] = {agent_id: [] for agent_id in agents}
        self._lines: dict[tuple[str, Needs], _Line] = {}
        self._undeclared = 0
        self._places: dict[str, list[Place]] = {name: [] for name in queues}
        self._only: dict[str, list[tuple[Place, str]]] = {}
        self._calls: dict[str, _Waiting] = {}
        self._free: dict[str, _Free] = {}
        self._offered: dict[tuple[str, str], int] = {}
        self._all_waiting = 0
        self._seq = 0
        shares = sum(rule.share for rule in queues.values()) or 1.0
        self._shares = {name: rule.share / shares for name, rule in queues.items()}
        for agent_id, skills in agents.items():
            for skill, level in skills.items():
                self._levels.setdefault(skill, {})[agent_id] = level
        for name, rule in queues.items():
            for needs in dict.fromkeys((rule.needs, *rule.rings)):
                self._add_line(name, needs)

    # --- what the center declares -------------------------------------------------------------------

    def set_agent(self, agent_id: str, skills: Skills) -> None:
        """Declare an agent, or change his skills; he is not free until `agent_free`."""
        self.agent_busy(agent_id)
        for skill in self._skills.get(agent_id, ()):
            self._levels[skill].pop(agent_id, None)
        for skill, level in skills.items():
            self._levels.setdefault(skill, {})[agent_id] = level
        self._found.clear()
        self._skills[agent_id] = skills
        self._serves[agent_id] = [line for line in self._lines.values() if meets(skills, line.needs)]

    def queues_of(self, agent_id: str) -> list[str]:
        """The queues whose calls the agent may serve, if only in a later ring."""
        return list(dict.fromkeys(line.queue for line in self._serves.get(agent_id, ())))

    # --- what happens -------------------------------------------------------------------------------

    def call_waits(
        self,
        call_id: str,
        queue: str,
        priority: int,
        since: float,
        needs: Needs | None = None,
        *,
        only: str = "",
        avoid: Collection[str] = (),
    ) -> Match | None:
        """A call enters (or comes back to) a queue; it gets a free agent at once if there is one.

        `since` decides its place: a call that comes back brings its first entry time and so its old place.
        `needs` are what it needs in all (None: what its queue says); `only` the one agent it waits for, until
        it is widened; `avoid` are agents who get it only when no other is free. Raises KeyError for an
        unknown queue and ValueError when it waits.
        """
        rule = self._rules[queue]
        if call_id in self._calls:
            raise ValueError(f"call {call_id} waits already")
        line = self._line(queue, rule.needs if needs is None else needs)
        self._seq += 1
        place = self._place(priority, since)
        if only and any(served is line for served in self._serves.get(only, ())):
            free = self._free.get(only)
            if free is not None and rule.channel in free.channels:
                return self._matched(call_id, line, (only,), "last_agent", arriving=True)
            self._calls[call_id] = _Waiting(queue, place, line, only)
            insort(self._only.setdefault(only, []), (place, call_id))
        else:
            match = self._to_free(call_id, line, avoid, arriving=True)
            if match is not None:
                return match
            self._calls[call_id] = _Waiting(queue, place, line)
            insort(line.calls, (place, call_id))
        insort(self._places[queue], place)
        self._all_waiting += 1
        return None

    def widen(self, call_id: str, needs: Needs) -> Match | None:
        """A waiting call is content with `needs` from now on, and with anybody who meets them; its place is
        kept. Raises KeyError when it does not wait."""
        waiting = self._calls[call_id]
        line = self._line(waiting.queue, needs)
        if waiting.line is line and not waiting.only:
            return None
        match = self._to_free(call_id, line, ())
        if match is not None:
            return match
        self._out_of_line(call_id, waiting)
        waiting.line, waiting.only = line, ""
        insort(line.calls, (waiting.place, call_id))
        return None

    def call_gone(self, call_id: str) -> bool:
        """The call no longer waits. False when it did not."""
        waiting = self._calls.pop(call_id, None)
        if waiting is None:
            return False
        self._out_of_line(call_id, waiting)
        places = self._places[waiting.queue]
        del places[bisect_left(places, waiting.place)]
        self._all_waiting -= 1
        return True

    def agent_free(
        self,
        agent_id: str,
        standing: Standing,
        now: float | None = None,
        channels: frozenset[str] = _VOICE_ONLY,
    ) -> Match | None:
        """The agent has room for one more on each of `channels`; he gets the best placed call he may serve.

        `now` is for Choice.SERVICE_LEVEL; left out: when he became ready.
        """
        if agent_id in self._free:
            raise ValueError(f"agent {agent_id} is free already")
        lines = self._serves[agent_id]
        best = self._best(agent_id, lines, channels, standing.since if now is None else now)
        self._seq += 1
        self._free[agent_id] = _Free(standing, self._seq, channels)
        if best is not None:
            call_id, line, heads = best
            for served in lines:
                served.free += served.rule.channel in channels
            return self._matched(
                call_id, line, (agent_id,), self._choice.value if heads > 1 else "next_in_line"
            )
        for line in lines:
            if line.rule.channel in channels:
                self._make_free(line, agent_id)
        return None

    def agent_busy(self, agent_id: str) -> bool:
        """The agent can take nothing. False when he could not before."""
        free = self._free.pop(agent_id, None)
        if free is None:
            return False
        for line in self._serves[agent_id]:
            if line.rule.channel in free.channels:
                line.free -= 1
                if len(line.heap) > 64 and line.free * 2 < len(line.heap):
                    line.heap = [entry for entry in line.heap if self._is_free(entry)]
                    heapify(line.heap)
        return True

    # --- questions ----------------------------------------------------------------------------------

    def waiting(self, queue: str) -> int:
        """How many calls wait in the queue."""
        return len(self._places[queue])

    def next_position(self, queue: str, priority: int, now: float) -> int:
        """The position in the queue of a call that enters it now."""
        return bisect_left(self._places[queue], self._place(priority, now, last=True)) + 1

    def position(self, call_id: str) -> int:
        """The call's position in its queue, 1 is next; 0 when it does not wait."""
        waiting = self._calls.get(call_id)
        return 0 if waiting is None else bisect_left(self._places[waiting.queue], waiting.place) + 1

    def free(self, queue: str) -> int:
        """How many agents are free for the queue's calls, those of later rings not included."""
        return self._lines[queue, self._rules[queue].needs].free

    def is_free(self, agent_id: str) -> bool:
        return agent_id in self._free

    def waits_for(self, call_id: str) -> tuple[Needs, str]:
        """What a waiting call is content with now, and the one agent it waits for or ''. Raises KeyError."""
        waiting = self._calls[call_id]
        return waiting.line.needs, waiting.only

    # --- deciding -----------------------------------------------------------------------------------

    def _best(
        self, agent_id: str, lines: Iterable[_Line], channels: frozenset[str], now: float
    ) -> tuple[str, _Line, int] | None:
        """The call an agent gets, its line, and from how many lines it was chosen. Inbound comes first:
        outbound work is given when no caller waits whom he may serve."""
        heads: list[_Head] = [
            (*line.calls[0], line) for line in lines if line.calls and line.rule.channel in channels
        ]
        for place, call_id in self._only.get(agent_id, ()):
            line = self._calls[call_id].line
            if line.rule.channel in channels and meets(self._skills[agent_id], line.needs):
                heads.append((place, call_id, line))
        if not heads:
            return None
        if len(heads) > 1 and OUTBOUND in channels:
            heads = [head for head in heads if head[2].rule.channel != OUTBOUND] or heads
        place, call_id, line = heads[0] if len(heads) == 1 else min(heads, key=self._order(now))
        return call_id, line, len(heads)

    def _order(self, now: float) -> Callable[[_Head], tuple[float, ...]]:
        """The order of heads of lines: smallest first."""
        match self._choice:
            case Choice.LONGEST_WAIT:
                return lambda head: head[0]
            case Choice.SERVICE_LEVEL:

                def by_urgency(head: _Head) -> tuple[float, ...]:
                    (rank, entered, order), _, line = head
                    return rank, -urgency(now, entered, line.rule.threshold), entered, order

                return by_urgency
            case Choice.QUEUE_RATIO:

                def by_imbalance(head: _Head) -> tuple[float, ...]:
                    (rank, entered, order), _, line = head
                    above = imbalance(
                        len(self._places[line.queue]), self._shares[line.queue], self._all_waiting
                    )
                    return rank, -above, entered, order

                return by_imbalance

    def _to_free(
        self, call_id: str, line: _Line, avoid: Collection[str], *, arriving: bool = False
    ) -> Match | None:
        """Give a call to the free agents of a line, if there are any."""
        if not line.free:
            return None
        strategy = line.rule.strategy
        if strategy is Strategy.RING_ALL:
            ready = sorted(entry for entry in line.heap if self._is_free(entry))
            agents = [entry[3] for entry in ready if entry[3] not in avoid] or [ready[0][3]]
            return self._matched(
                call_id, line, tuple(agents[:RING_ALL_MOST]), strategy.value, arriving=arriving
            )
        agent_id = self._draw(line, avoid) if strategy is Strategy.RANDOM else self._first(line, avoid)
        why = strategy.value if line.free > 1 else "only_free"
        return self._matched(call_id, line, (agent_id,), why, arriving=arriving)

    def _first(self, line: _Line, avoid: Collection[str]) -> str:
        """The first free agent; one of `avoid` only when there is no other."""
        heap, passed = line.heap, []
        while heap:
            if not self._is_free(heap[0]):
                heappop(heap)
            elif heap[0][3] in avoid:
                passed.append(heappop(heap))
            else:
                break
        found = heap[0][3] if heap else passed[0][3]
        for entry in passed:
            heappush(heap, entry)
        return found

    def _draw(self, line: _Line, avoid: Collection[str]) -> str:
        """A free agent by chance: each with the same. At most half of the entries are dead."""
        ready = [e[3] for e in line.heap if self._is_free(e)] if avoid or len(line.heap) <= 64 else []
        if ready:
            return self._chance.choice([a for a in ready if a not in avoid] or ready)
        while True:
            entry = line.heap[self._chance.randrange(len(line.heap))]
            if self._is_free(entry):
                return entry[3]

    def _matched(
        self, call_id: str, line: _Line, agents: tuple[str, ...], why: str, *, arriving: bool = False
    ) -> Match:
        waiting, free = len(self._places[line.queue]) + arriving, max(line.free, 1)
        self.call_gone(call_id)
        for agent_id in agents:
            self.agent_busy(agent_id)
            self._seq += 1
            self._offered[line.queue, agent_id] = self._seq
        return Match(call_id, agents[0], line.queue, waiting, free, why, agents[1:])

    # --- inside -------------------------------------------------------------------------------------

    def _place(self, priority: int, since: float, *, last: bool = False) -> Place:
        seq = self._seq + 1 if last else self._seq
        if self._ageing is None:
            return (-priority, since, seq)
        return (0, since - priority * self._ageing, seq)

    def _line(self, queue: str, needs: Needs) -> _Line:
        line = self._lines.get((queue, needs))
        if line is None:
            if self._undeclared >= _UNDECLARED_MOST:
                self._forget_empty()
            self._undeclared += 1
            line = self._add_line(queue, needs)
        return line

    def _add_line(self, queue: str, needs: Needs) -> _Line:
        line = self._lines[queue, needs] = _Line(queue, self._rules[queue], needs)
        for agent_id in self._who(needs):
            self._serves[agent_id].append(line)
            free = self._free.get(agent_id)
            if free is not None and line.rule.channel in free.channels:
                self._make_free(line, agent_id)
        return line

    def _who(self, needs: Needs) -> set[str]:
        found = self._found.get(needs)
        if found is None:
            found = who_meets(needs, lambda: set(self._skills), self._with_level)
            if len(self._found) < _UNDECLARED_MOST:
                self._found[needs] = found
        return found

    def _with_level(self, skill: str, lowest: int, highest: int) -> set[str]:
        return {a for a, level in self._levels.get(skill, {}).items() if lowest <= level <= highest}

    def _forget_empty(self) -> None:
        """Drop lines that no queue declares and nobody waits in."""
        declared = {
            (name, needs) for name, rule in self._rules.items() for needs in (rule.needs, *rule.rings)
        }
        gone = {id(line) for key, line in self._lines.items() if key not in declared and not line.calls}
        self._lines = {key: line for key, line in self._lines.items() if id(line) not in gone}
        for agent_id, lines in self._serves.items():
            self._serves[agent_id] = [line for line in lines if id(line) not in gone]
        self._undeclared = len(self._lines) - len(declared)

    def _make_free(self, line: _Line, agent_id: str) -> None:
        free = self._free[agent_id]
        offered = self._offered.get((line.queue, agent_id), 0)
        key = sort_key(line.rule, agent_id, free.standing, self._skills[agent_id], offered)
        heappush(line.heap, (key, free.standing.since, free.seq, agent_id))
        line.free += 1

    def _is_free(self, entry: _FreeEntry) -> bool:
        free = self._free.get(entry[3])
        return free is not None and free.seq == entry[2]

    def _out_of_line(self, call_id: str, waiting: _Waiting) -> None:
        calls = self._only[waiting.only] if waiting.only else waiting.line.calls
        del calls[bisect_left(calls, (waiting.place, call_id))]
        if waiting.only and not calls:
            del self._only[waiting.only]
