"""What several simulated days came to together, and how sure that is. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from callcenter.planning.check import QUARTER
from callcenter.planning.plan import Plan
from callcenter.planning.tally import QUARTER_SECONDS, Count, DayCount, Time, summed

#: Student's t for 95 %, by degrees of freedom; beyond, the normal distribution's
_T95 = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13)


def half_width(values: Sequence[float]) -> float | None:
    """Half the width of the mean's 95 % confidence interval (Student's t); None for less than two values."""
    if len(values) < 2:
        return None
    t = _T95[len(values) - 2] if len(values) - 2 < len(_T95) else 1.96 + 2.5 / (len(values) - 1)
    return t * statistics.stdev(values) / math.sqrt(len(values))


@dataclass(frozen=True)
class Outcome:
    """A plan's days, simulated. Sums go over all days; `clock` names the quarter hours."""

    plan: Plan
    days: Sequence[DayCount]

    @cached_property
    def queues(self) -> list[str]:
        """Those that get calls, also by overflow from another."""
        called = [name for name in self.plan.center.queues if self.whole(name).offered]
        return [*self.plan.calls, *(name for name in called if name not in self.plan.calls)]

    def whole(self, queue: str = "") -> Count:
        """All days' calls of a queue, or of all."""
        return summed(day.whole([queue] if queue else None) for day in self.days)

    def spread(self, figure: Callable[[Count], float | None], queue: str = "") -> float | None:
        """Half the 95 % confidence interval of a figure, from day to day."""
        values = [figure(day.whole([queue] if queue else None)) for day in self.days]
        return half_width([value for value in values if value is not None])

    @property
    def time(self) -> Time:
        whole = Time()
        for day in self.days:
            whole.add(day.time)
        return whole

    def quarter(self, place: int, queue: str = "") -> Count:
        """All days' calls of a quarter hour."""
        queues = [queue] if queue else self.queues
        return summed(day.calls[name][place] for day in self.days for name in queues)

    def quarter_time(self, place: int) -> Time:
        whole = Time()
        for day in self.days:
            whole.add(day.times[place])
        return whole

    def agents(self, place: int) -> float:
        """Agents at work in a quarter hour, on average: ready, on calls or in wrap-up."""
        time = self.quarter_time(place)
        return (time.busy + time.ready) / QUARTER_SECONDS / len(self.days)

    def clock(self, place: int) -> str:
        """When a quarter hour begins."""
        minute = self.plan.opens + place * QUARTER
        return f"{minute // 60:02d}:{minute % 60:02d}"

    def target(self, queue: str = "") -> float:
        """The service level asked for; over all queues, the mean by their calls."""
        levels = {name: self.plan.center.queues[name].service_level.target for name in self.queues}
        if queue:
            return levels[queue]
        weights = {name: self.whole(name).offered for name in self.queues}
        return sum(levels[n] * weights[n] for n in self.queues) / (sum(weights.values()) or 1.0)

    def as_dict(self) -> dict[str, Any]:
        """Everything, for programs. Shares are 0 to 1, times seconds, calls a day's mean."""
        return {
            "days": len(self.days),
            "total": {
                **self._figures(self.whole()),
                **self._level_spread(),
                "occupancy": self.time.occupancy,
            },
            "queues": {
                name: {
                    **self._figures(self.whole(name)),
                    **self._level_spread(name),
                    "target": self.target(name),
                }
                for name in self.queues
            },
            "quarters": [
                {
                    "from": self.clock(place),
                    **self._figures(self.quarter(place)),
                    "agents": round(self.agents(place), 2),
                    "occupancy": self.quarter_time(place).occupancy,
                    "queues": {name: self._figures(self.quarter(place, name)) for name in self.queues},
                }
                for place in range(self.plan.quarters)
            ],
        }

    def _level_spread(self, queue: str = "") -> dict[str, float | None]:
        return {"service_level_plus_minus": self.spread(lambda count: count.service_level, queue)}

    def _figures(self, count: Count) -> Mapping[str, float | None]:
        days = len(self.days)
        return {
            "offered": count.offered / days,
            "answered": count.answered / days,
            "abandoned": count.abandoned / days,
            "timed_out": count.timed_out / days,
            "overflowed": count.overflowed / days,
            "turned_away": count.turned_away / days,
            "service_level": count.service_level,
            "abandonment": count.abandonment,
            "asa": count.asa,
            "longest_wait": count.longest,
        }
