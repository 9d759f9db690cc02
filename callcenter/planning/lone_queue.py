"""One queue by itself with like agents, who serve no other: simulated days of it, and of a steady load."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from callcenter.center.model import Agent, Center, Named, Number, Queue, ServiceLevel
from callcenter.planning.check import QUARTER
from callcenter.planning.plan import LONGEST_WRAP_UP, Calls, Duty, Plan
from callcenter.planning.scenario_model import Length, Patience
from callcenter.planning.simulate import simulate
from callcenter.planning.staffing import Demand, Target
from callcenter.planning.tally import Count, Time, summed

ONE = "one"
DAY = 24 * 60
WARM_UP = 4  # quarter hours of a steady day that do not count: it begins empty

Told = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Measured:
    """What simulated days came to, as a whole and hour by hour."""

    calls: Count
    time: Time
    hours: Sequence[tuple[Count, Time]]

    def meets(self, target: Target) -> bool:
        """Whether they were good enough. What was missed by less than a standard error (of batch means, the
        hours) counts as met: chance explains it."""
        level, left, busy = self.calls.service_level, self.calls.abandonment, self.time.occupancy
        return target.met(
            None if level is None else level + self.error(lambda count, time: count.service_level),
            None if left is None else left - self.error(lambda count, time: count.abandonment),
            None if busy is None else busy - self.error(lambda count, time: time.occupancy),
        )

    def error(self, figure: Callable[[Count, Time], float | None]) -> float:
        """The standard error of a figure, from hour to hour."""
        values = [value for hour in self.hours if (value := figure(*hour)) is not None]
        return statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0


def lone_queue(calls: Calls, level: ServiceLevel, agents: int, opens: int = 0, closes: int = DAY) -> Plan:
    """A center of one queue and like agents, at work the whole time."""
    text = {"en": ONE, "zh-CN": ONE}
    wrap_up = LONGEST_WRAP_UP if calls.wrap_up is not None else 0.0
    center = Center.model_validate(
        {
            "name": text,
            "numbers": [Number(did="1000000", name=text, flow=ONE)],
            "skills": {ONE: Named(name=text)},
            "queues": {ONE: Queue(name=text, skills={ONE: 1}, service_level=level, wrap_up_seconds=wrap_up)},
            "agents": {
                f"agent-{n}": Agent(name=str(n), extension=str(800_000_000 + n), skills={ONE: 1})
                for n in range(1, agents + 1)
            },
        }
    )
    return Plan(
        center=center,
        midnight=1_798_675_200.0,
        opens=opens,
        closes=closes,
        calls={ONE: calls},
        duties={agent: Duty(opens, closes) for agent in center.agents},
    )


def steady(
    demand: Demand, agents: int, seconds: float, distribution: str = "exponential", hours: int = 24
) -> Plan:
    """A day under a steady load. `distribution` is that of the calls' lengths."""
    patience = Patience(distribution="none") if demand.patience is None else Patience(mean=demand.patience)
    talk = Length.model_validate({"mean": demand.aht, "distribution": distribution})
    per_quarter = (demand.rate * QUARTER * 60.0,) * (hours * 60 // QUARTER)
    level = ServiceLevel(seconds=max(1, round(seconds)))
    calls = Calls(per_quarter, patience, talk, None, None, None)
    return lone_queue(calls, level, agents, closes=hours * 60)


def measure(plan: Plan, days: int, told: Told = lambda share: None) -> Measured:
    """Days of a steady load, without their first hour."""
    hours: list[tuple[Count, Time]] = []
    for day in range(days):
        counted = simulate(plan, day, partial(_of_all, told, day, days))
        quarters = counted.calls[ONE]
        for first in range(WARM_UP, len(quarters), 4):
            time = Time()
            for each in counted.times[first : first + 4]:
                time.add(each)
            hours.append((summed(quarters[first : first + 4]), time))
    whole = Time()
    for _, time in hours:
        whole.add(time)
    return Measured(summed(count for count, _ in hours), whole, hours)


def _of_all(told: Told, day: int, days: int, share: float) -> None:
    told((day + share) / days)
