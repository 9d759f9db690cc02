"""Each agent's figures of the local day, counted from facts."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Callable, Iterable
from typing import Any

from callcenter.storage.facts import Fact

#: the facts that count
KINDS = ("talk.ended", "queue.returned", "phone.missed")


class AgentFigures:
    """Calls answered, seconds talked and calls missed by each agent since local midnight."""

    def __init__(self, time_zone: Callable[[], str]) -> None:
        self._time_zone = time_zone
        self._day_ends = 0.0
        self._counts: dict[str, list[float]] = {}

    def on_fact(self, fact: Fact) -> None:
        """Count a fact."""
        if fact.kind == "talk.ended":
            self.count_talk(fact.agent, fact.at, float(fact.data.get("seconds", 0)))
        elif fact.kind in KINDS and fact.agent:  # else all rang, and nobody in particular missed him
            self._of(fact.agent, fact.at)[2] += 1

    def prime(self, facts: Iterable[Fact]) -> None:
        """Begin with today's facts of `KINDS`, before any is heard."""
        for fact in facts:
            self.on_fact(fact)

    def count_talk(self, agent: str, at: float, seconds: float) -> None:
        """Count a talk."""
        counts = self._of(agent, at)
        counts[0] += 1
        counts[1] += seconds

    def today(self, agent: str, now: float) -> dict[str, Any]:
        """`today` of an AgentView."""
        answered, seconds, missed = self._of(agent, now)
        return {"answered": int(answered), "talk_seconds": round(seconds, 1), "missed": int(missed)}

    def _of(self, agent: str, at: float) -> list[float]:
        if at >= self._day_ends:
            self._counts.clear()
            self._day_ends = next_midnight(at, self._time_zone())
        return self._counts.setdefault(agent, [0, 0.0, 0])


def next_midnight(now: float, time_zone: str) -> float:
    """The end of the local day `now` is in, seconds since the epoch."""
    zone = zoneinfo.ZoneInfo(time_zone)
    day = dt.datetime.fromtimestamp(now, zone).date() + dt.timedelta(days=1)
    return dt.datetime.combine(day, dt.time(), zone).timestamp()


def last_midnight(now: float, time_zone: str) -> float:
    """The beginning of the local day `now` is in, seconds since the epoch."""
    zone = zoneinfo.ZoneInfo(time_zone)
    day = dt.datetime.fromtimestamp(now, zone).date()
    return dt.datetime.combine(day, dt.time(), zone).timestamp()
