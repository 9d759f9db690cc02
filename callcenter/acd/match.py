"""Who gets whom: a pure matcher over plain data.

An agent may serve a call when he meets what it needs and has room on the queue's channel. A waiting call's
place is (its virtual time of entry, order of arrival): priority moves the entry back by `ageing` seconds a
point, so that who waits long enough passes everybody; without ageing a higher priority always comes first. A
freed agent gets the best head of all lines he serves (`Choice`); an arriving call gets the first of the free
agents by its queue's strategy (`Strategy`). The rules themselves stand in `strategy.py`.

Calls of a queue with the same needs stand in one line; the free agents who meet them are in a pool
(`pools.py`). Lines are sorted lists, pools are heaps. An event costs O(log n) for each line and pool an agent
is in, whatever the number of agents or calls.
"""

from __future__ import annotations

import random
from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from callcenter.acd.pools import Free, Pool, PoolKey
from callcenter.acd.strategy import (
    OUTBOUND,
    VOICE,
    Choice,
    QueueRule,
    Standing,
    Strategy,
    imbalance,
    urgency,
)
from callcenter.center.needs import Needs, Skills, meets, who_meets

Place = tuple[float, float, int]  # rank (0 with ageing), virtual time of entry, order of arrival

_VOICE_ONLY = frozenset({VOICE})
#: more phones than this do not ring for one call
RING_ALL_MOST = 30
#: lines of needs that no queue declares, kept for the next call that has them
_UNDECLARED_MOST = 2_000


class Match(NamedTuple):
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

    __slots__ = ("calls", "channel", "is_first", "needs", "pool", "queue", "rule")

    def __init__(self, queue: str, rule: QueueRule, needs: Needs, pool: Pool) -> None:
        self.queue = queue
        self.rule = rule
        self.channel = rule.channel
        self.needs = needs
        self.is_first = needs == rule.needs  # those of the queue itself
        self.pool = pool
        self.calls: list[tuple[Place, str]] = []


_Head = tuple[tuple[Place, str], _Line]  # the call of a line whose turn is next


@dataclass(slots=True)
class _Waiting:
    queue: str
    place: Place
    line: _Line
    only: str = ""  # the one agent it waits for: it stands in his list, not in the line


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
        self._levels_of = {agent_id: sum(skills.values()) for agent_id, skills in agents.items()}
        self._found: dict[Needs, set[str]] = {}  # who meets what; forgotten when a skill changes
        self._serves: dict[str, list[_Line]] = {agent_id: [] for agent_id in agents}
        self._first_lines: dict[str, list[_Line]] = {agent_id: [] for agent_id in agents}
        self._lines: dict[tuple[str, Needs], _Line] = {}
        self._pools: dict[PoolKey, Pool] = {}
        self._in_pools: dict[str, list[Pool]] = {agent_id: [] for agent_id in agents}
        self._rings: dict[str, list[_Line]] = {name: [] for name in queues}  # each queue's lines
        self._undeclared = 0
        self._places: dict[str, list[Place]] = {name: [] for name in queues}
        self._only: dict[str, list[tuple[Place, str]]] = {}
        self._calls: dict[str, _Waiting] = {}
        self._free: dict[str, Free] = {}
        self._alive: set[int] = set()  # the seqs of `_free`
        self._free_for: dict[str, int] = dict.fromkeys(queues, 0)  # how many, by queue
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
        self._levels_of[agent_id] = sum(skills.values())
        mine = self._serves[agent_id] = [line for line in self._lines.values() if meets(skills, line.needs)]
        self._first_lines[agent_id] = [line for line in mine if line.is_first]
        for pool in self._in_pools.get(agent_id, ()):
            pool.members -= 1
        self._in_pools[agent_id] = [pool for pool in self._pools.values() if meets(skills, pool.needs)]
        for pool in self._in_pools[agent_id]:
            pool.members += 1

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

    def take(self, call_id: str, agent_id: str) -> Match:
        """This agent gets this waiting call, whatever both need: somebody has decided so. Raises KeyError
        when it does not wait, or he is not free for its channel."""
        waiting, free = self._calls[call_id], self._free[agent_id]
        if waiting.line.channel not in free.channels:
            raise KeyError(agent_id)
        return self._matched(call_id, waiting.line, (agent_id,), "taken")

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
        best = self._best(agent_id, channels, standing.since if now is None else now)
        self._seq += 1
        if best is not None:
            call_id, line, heads = best
            why = self._choice.value if heads > 1 else "next_in_line"
            return self._matched(call_id, line, (agent_id,), why)
        free = self._free[agent_id] = Free(standing, self._seq, channels, self._levels_of[agent_id])
        self._alive.add(free.seq)
        self._count(agent_id, channels, 1)
        for pool in self._in_pools[agent_id]:
            if pool.channel in channels:
                pool.add(agent_id, free)
        return None

    def agent_busy(self, agent_id: str) -> bool:
        """The agent can take nothing. False when he could not before."""
        free = self._free.pop(agent_id, None)
        if free is None:
            return False
        self._alive.remove(free.seq)
        self._count(agent_id, free.channels, -1)
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
        return self._free_for[queue]

    def is_free(self, agent_id: str) -> bool:
        return agent_id in self._free

    def may_serve(self, agent_id: str, needs: Needs) -> bool:
        """Whether the agent meets these needs."""
        return meets(self._skills.get(agent_id, {}), needs)

    def waits_for(self, call_id: str) -> tuple[Needs, str]:
        """What a waiting call is content with now, and the one agent it waits for or ''. Raises KeyError."""
        waiting = self._calls[call_id]
        return waiting.line.needs, waiting.only

    # --- deciding -----------------------------------------------------------------------------------

    def _best(self, agent_id: str, channels: frozenset[str], now: float) -> tuple[str, _Line, int] | None:
        """The call an agent gets, its line, and from how many lines it was chosen. Inbound comes first:
        outbound work is given when no caller waits whom he may serve."""
        heads: list[_Head] = []
        best: tuple[Place, str] | None = None
        chosen: _Line | None = None
        for line in self._serves[agent_id]:
            if line.calls and line.channel in channels:
                head = line.calls[0]
                heads.append((head, line))
                if best is None or head < best:
                    best, chosen = head, line
        for head in self._only.get(agent_id, ()):
            line = self._calls[head[1]].line
            if line.channel in channels and meets(self._skills[agent_id], line.needs):
                heads.append((head, line))
                if best is None or head < best:
                    best, chosen = head, line
        if best is None or chosen is None:
            return None
        if len(heads) > 1 and (OUTBOUND in channels or self._choice is not Choice.LONGEST_WAIT):
            heads = [head for head in heads if head[1].channel != OUTBOUND] or heads
            best, chosen = min(heads, key=self._order(now))
        return best[1], chosen, len(heads)

    def _order(self, now: float) -> Callable[[_Head], tuple[float, ...]]:
        """The order of heads of lines: smallest first."""

        def by_place(head: _Head) -> tuple[float, ...]:
            return head[0][0]

        def by_urgency(head: _Head) -> tuple[float, ...]:
            ((rank, entered, order), _), line = head
            return rank, -urgency(now, entered, line.rule.threshold), entered, order

        def by_imbalance(head: _Head) -> tuple[float, ...]:
            ((rank, entered, order), _), line = head
            above = imbalance(len(self._places[line.queue]), self._shares[line.queue], self._all_waiting)
            return rank, -above, entered, order

        if self._choice is Choice.LONGEST_WAIT:
            return by_place
        return by_urgency if self._choice is Choice.SERVICE_LEVEL else by_imbalance

    def _to_free(
        self, call_id: str, line: _Line, avoid: Collection[str], *, arriving: bool = False
    ) -> Match | None:
        """Give a call to the free agents of a line, if there are any."""
        agents: tuple[str, ...]
        why = line.rule.strategy.value
        match line.rule.strategy:
            case Strategy.RING_ALL:
                agents = tuple(line.pool.all(avoid, RING_ALL_MOST))
            case Strategy.RANDOM:
                agents = (line.pool.draw(avoid, self._chance),)
            case _:
                agents = (line.pool.first(avoid),)
        if not agents or not agents[0]:
            return None
        if len(agents) == 1 and self._free_for[line.queue] <= 1:
            why = "only_free"
        return self._matched(call_id, line, agents, why, arriving=arriving)

    def _matched(
        self, call_id: str, line: _Line, agents: tuple[str, ...], why: str, *, arriving: bool = False
    ) -> Match:
        waiting, free = len(self._places[line.queue]) + arriving, max(self._free_for[line.queue], 1)
        self.call_gone(call_id)
        for agent_id in agents:
            self.agent_busy(agent_id)
            if line.rule.strategy is Strategy.ROUND_ROBIN:
                self._seq += 1
                for ring in self._rings[line.queue]:
                    ring.pool.offered(agent_id, self._seq)
        return Match(call_id, agents[0], line.queue, waiting, free, why, agents[1:])

    # --- inside -------------------------------------------------------------------------------------

    def _place(self, priority: int, since: float, *, last: bool = False) -> Place:
        seq = self._seq + 1 if last else self._seq
        if self._ageing is None:
            return (-priority, since, seq)
        return (0, since - priority * self._ageing, seq)

    def _line(self, queue: str, needs: Needs) -> _Line:
        for line in self._rings[queue]:  # few, and usually the very same object: cheaper than its hash
            if line.needs is needs:
                return line
        found = self._lines.get((queue, needs))
        if found is not None:
            return found
        if self._undeclared >= _UNDECLARED_MOST:
            self._forget_empty()
        self._undeclared += 1
        return self._add_line(queue, needs)

    def _add_line(self, queue: str, needs: Needs) -> _Line:
        rule, who = self._rules[queue], self._who(needs)
        line = self._lines[queue, needs] = _Line(queue, rule, needs, self._pool(queue, rule, needs, who))
        for agent_id in who:
            self._serves[agent_id].append(line)
            if line.is_first:
                self._first_lines[agent_id].append(line)
        self._rings[queue].append(line)
        return line

    def _count(self, agent_id: str, channels: frozenset[str], one: int) -> None:
        """Keep count of who is free for what a queue itself needs."""
        counts = self._free_for
        for line in self._first_lines[agent_id]:
            if line.channel in channels:
                counts[line.queue] += one

    def _pool(self, queue: str, rule: QueueRule, needs: Needs, who: set[str]) -> Pool:
        key = Pool.key(queue, rule, needs)
        pool = self._pools.get(key)
        if pool is None:
            pool = self._pools[key] = Pool(needs, rule, self._alive, len(who))
            for agent_id in who:
                self._in_pools[agent_id].append(pool)
                free = self._free.get(agent_id)
                if free is not None and pool.channel in free.channels:
                    pool.add(agent_id, free)
        return pool

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
        """Drop lines that no queue declares and nobody waits in, with the pools that are theirs alone."""
        declared = {
            (name, needs) for name, rule in self._rules.items() for needs in (rule.needs, *rule.rings)
        }
        self._lines = {key: line for key, line in self._lines.items() if key in declared or line.calls}
        kept = {id(line) for line in self._lines.values()}
        pools = {id(line.pool) for line in self._lines.values()}
        self._pools = {key: pool for key, pool in self._pools.items() if id(pool) in pools}
        for by_name in (self._serves, self._rings):
            for name, lines in by_name.items():
                by_name[name] = [line for line in lines if id(line) in kept]
        for agent_id, mine in self._in_pools.items():
            self._in_pools[agent_id] = [pool for pool in mine if id(pool) in pools]
        self._undeclared = len(self._lines) - len(declared)

    def _out_of_line(self, call_id: str, waiting: _Waiting) -> None:
        calls = self._only[waiting.only] if waiting.only else waiting.line.calls
        del calls[bisect_left(calls, (waiting.place, call_id))]
        if waiting.only and not calls:
            del self._only[waiting.only]
