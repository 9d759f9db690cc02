"""What a day came to, by quarter hour: counted from the journal's facts, as docs/metrics.md has it. Pure.

A call counts in the quarter hour in which it entered its queue; an agent's time in the one it passes in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields

from callcenter.planning.erlang import SHORT_ABANDON
from callcenter.storage.facts import Fact

QUARTER_SECONDS = 900.0


@dataclass(slots=True)
class Count:
    """Calls of a queue in a quarter hour, or a sum of such."""

    offered: int = 0
    at_once: int = 0  # an agent was free
    answered: int = 0
    in_time: int = 0  # answered within the queue's threshold
    abandoned: int = 0
    short: int = 0  # of those, within 5 s
    timed_out: int = 0
    overflowed: int = 0
    late: int = 0  # of those, after the threshold
    turned_away: int = 0  # the queue was full or closed
    wait: float = 0.0  # of the answered, seconds
    longest: float = 0.0  # wait of anybody

    def add(self, other: Count) -> None:
        """Sum up."""
        for field in fields(self):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            setattr(self, field.name, max(mine, theirs) if field.name == "longest" else mine + theirs)

    @property
    def service_level(self) -> float | None:
        """None while there is nothing to divide by; so below."""
        counted = self.answered + self.abandoned - self.short + self.timed_out + self.late
        return _share(self.in_time, counted)

    @property
    def asa(self) -> float | None:
        return self.wait / self.answered if self.answered else None

    @property
    def abandonment(self) -> float | None:
        return _share(self.abandoned, self.offered)

    @property
    def waited(self) -> float | None:
        """Share of callers for whom no agent was free."""
        return _share(self.offered - self.at_once, self.offered)


@dataclass(slots=True)
class Time:
    """Agents' seconds in a quarter hour, or a sum of such."""

    busy: float = 0.0  # on calls and in wrap-up
    ready: float = 0.0

    def add(self, other: Time) -> None:
        """Sum up."""
        self.busy += other.busy
        self.ready += other.ready

    @property
    def occupancy(self) -> float | None:
        return _share(self.busy, self.busy + self.ready)


@dataclass(frozen=True, slots=True)
class DayCount:
    """One day."""

    calls: Mapping[str, list[Count]]  # by queue, then quarter hour
    times: list[Time]

    def whole(self, queues: Iterable[str] | None = None) -> Count:
        """The day's sum over queues (all unless given)."""
        return summed(count for q in (queues or self.calls) for count in self.calls[q])

    @property
    def time(self) -> Time:
        """All agents' time of the day."""
        whole = Time()
        for time in self.times:
            whole.add(time)
        return whole


def summed(counts: Iterable[Count]) -> Count:
    """The sum of counts."""
    whole = Count()
    for count in counts:
        whole.add(count)
    return whole


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


class Tally:
    """Counts one day. To be told each fact as it is written."""

    def __init__(self, thresholds: Mapping[str, float], opens: float, quarters: int) -> None:
        """`thresholds` are the service levels' seconds by queue; `opens` is seconds since the epoch."""
        self._opens = opens
        self._thresholds = thresholds
        self._calls = {queue: [Count() for _ in range(quarters)] for queue in thresholds}
        self._times = [Time() for _ in range(quarters)]
        self._open: dict[str, tuple[Count, float]] = {}  # call: where it counts, its queue's threshold
        self._agents: dict[str, tuple[str, float]] = {}  # agent: what he does, since
        self._learn: dict[str, Callable[[Fact], None]] = {
            "queue.entered": self._entered,
            "queue.assigned": self._assigned,
            "queue.left": self._left,
            "talk.started": self._talks,
            "agent.state": self._state,
        }

    def on_fact(self, fact: Fact) -> None:
        """A listener for the journal."""
        learn = self._learn.get(fact.kind)
        if learn is not None:
            learn(fact)

    def close(self, at: float) -> DayCount:
        """The day is over: what is still going on counts up to here."""
        for agent in list(self._agents):
            self._does(agent, "", at)
        return DayCount(self._calls, self._times)

    # --- calls ----------------------------------------------------------------------------------------

    def _entered(self, fact: Fact) -> None:
        queue = str(fact.data["queue"])
        quarters = self._calls[queue]
        place = int((fact.at - self._opens) // QUARTER_SECONDS)
        count = quarters[min(max(place, 0), len(quarters) - 1)]
        count.offered += 1
        self._open[fact.call_id] = (count, self._thresholds[queue])

    def _assigned(self, fact: Fact) -> None:
        entry = self._open.get(fact.call_id)
        if entry is not None and fact.data["wait"] == 0:
            entry[0].at_once += 1
        self._does(fact.agent, "busy", fact.at)

    def _talks(self, fact: Fact) -> None:
        entry = self._open.pop(fact.call_id, None)
        if entry is not None:
            count, threshold = entry
            wait = float(fact.data["wait"])
            count.answered += 1
            count.wait += wait
            count.longest = max(count.longest, wait)
            if wait <= threshold:
                count.in_time += 1

    def _left(self, fact: Fact) -> None:
        entry = self._open.pop(fact.call_id, None)
        if entry is not None:
            (count, threshold), wait, why = entry, float(fact.data["wait"]), fact.data["why"]
            count.longest = max(count.longest, wait)
            if why == "abandoned":
                count.abandoned += 1
                count.short += wait < SHORT_ABANDON
            elif why == "overflow":
                count.overflowed += 1
                count.late += wait > threshold
            elif why in ("full", "closed"):
                count.turned_away += 1
            else:
                count.timed_out += 1

    # --- agents ---------------------------------------------------------------------------------------

    def _state(self, fact: Fact) -> None:
        state = fact.data["state"]
        self._does(fact.agent, {"ready": "ready", "wrap_up": "busy"}.get(str(state), ""), fact.at)

    def _does(self, agent: str, what: str, at: float) -> None:
        before, since = self._agents.get(agent, ("", at))
        if what == before:
            return
        if before:
            self._spread(before, since - self._opens, at - self._opens)
        self._agents[agent] = (what, at)

    def _spread(self, what: str, start: float, end: float) -> None:
        """Seconds to the quarter hours they passed in; those outside the opening count nowhere."""
        start, end = max(0.0, start), min(end, len(self._times) * QUARTER_SECONDS)
        while start < end:
            place = int(start // QUARTER_SECONDS)
            until = min(end, (place + 1) * QUARTER_SECONDS)
            time = self._times[place]
            if what == "busy":
                time.busy += until - start
            else:
                time.ready += until - start
            start = until
