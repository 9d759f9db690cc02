"""How many agents does a queue need in each quarter hour? The formula's answer, tried and corrected."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from callcenter.center.model import ServiceLevel
from callcenter.planning.check import QUARTER
from callcenter.planning.lone_queue import ONE, lone_queue
from callcenter.planning.plan import Calls, Duty, Plan
from callcenter.planning.scenario_model import Length
from callcenter.planning.simulate import simulate
from callcenter.planning.staffing import Demand, Target, agents_needed
from callcenter.planning.tally import Count, Time, summed

DAYS_CALLS, MOST_DAYS = 5_000, 100  # so many calls are simulated, but not of more days than these
_UP_ROUNDS, _DOWN_ROUNDS, _USUAL_TRIALS = 8, 4, 8

Told = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class StaffedDay:
    """Agents needed in each quarter hour of a day, and what they reached in the simulation."""

    formula: Sequence[int]
    agents: Sequence[int]
    days: int
    calls: Sequence[Count]  # all days
    times: Sequence[Time]
    missed: Sequence[int]  # quarter hours in which the target was not reached


def demands(calls: Calls, wrap_up: float) -> list[Demand]:
    """What a queue asks of agents in each quarter hour, with the means of its lengths. `wrap_up` is what the
    queue itself allows, where the calls do not say."""
    ring = calls.answer.mean if calls.answer is not None else 0.0
    after = calls.wrap_up.mean if calls.wrap_up is not None else wrap_up
    patience = calls.patience.mean if calls.patience.distribution != "none" else None
    return [
        Demand(expected / (QUARTER * 60.0), ring + calls.talk.mean + after, patience, ring)
        for expected in calls.per_quarter
    ]


def staff_day(
    plan: Plan, queue: str, target: Target, told: Told, least_calls: int = DAYS_CALLS
) -> StaffedDay:
    """Agents needed by quarter hour for one queue of a plan; the days of the plan are simulated each time, or
    so many that there are `least_calls`. Raises Impossible.

    Quarter hours in a row for which the formula has the same number are corrected together: a quarter hour
    alone has too few calls to tell need from chance. Agents are added where the simulated target was
    missed, and then taken away where it is met without them, every second stretch at a time: its line is
    also its neighbour's. What was missed by less than chance explains (one standard error) counts as met.
    """
    declared = plan.center.queues[queue]
    after = declared.wrap_up_rule().seconds
    formula = [agents_needed(demand, target) for demand in demands(plan.calls[queue], after)]
    calls = plan.calls[queue]
    if calls.wrap_up is None and after:
        calls = replace(calls, wrap_up=Length(mean=after, distribution="fixed"))
    level = ServiceLevel(seconds=max(1, round(target.seconds)), target=target.share)
    days = max(plan.days, min(MOST_DAYS, math.ceil(least_calls / max(1.0, sum(calls.per_quarter)))))
    base = replace(
        lone_queue(calls, level, 0, plan.opens, plan.closes),
        seed=plan.seed,
        days=days,
        midnight=plan.midnight,
    )
    trial = _Trial(base, target, _stretches(formula), told)
    agents = _corrected(trial, formula)
    counts, times = trial.result(agents)
    missed = [place for stretch in trial.missed(agents) for place in trial.stretches[stretch]]
    return StaffedDay(formula, agents, days, counts, times, missed)


def _stretches(formula: Sequence[int]) -> list[range]:
    """Quarter hours in a row with the same number."""
    found, start = [], 0
    for _, members in itertools.groupby(formula):
        end = start + len(list(members))
        found.append(range(start, end))
        start = end
    return found


def _corrected(trial: _Trial, formula: Sequence[int]) -> list[int]:
    stretches = trial.stretches
    agents = list(formula)
    for _ in range(_UP_ROUNDS):
        missed = trial.missed(agents)
        for stretch in missed:
            _add(agents, stretches[stretch], 1)
        if not missed:
            break
    known = set(trial.missed(agents))  # what more agents did not mend
    for turn in range(_DOWN_ROUNDS):
        tried = [n for n in range(turn % 2, len(stretches), 2) if agents[stretches[n].start] > 1]
        fewer = list(agents)
        for stretch in tried:
            _add(fewer, stretches[stretch], -1)
        worse = set(trial.missed(fewer)) - known
        back = [stretch for stretch in tried if {stretch, stretch + 1} & worse]
        for stretch in back:
            _add(fewer, stretches[stretch], 1)
        if not set(trial.missed(fewer)) - known:
            agents = fewer
    return agents


def _add(agents: list[int], places: range, more: int) -> None:
    for place in places:
        agents[place] += more


class _Trial:
    """Simulates staffings of a day, each once."""

    def __init__(self, base: Plan, target: Target, stretches: Sequence[range], told: Told) -> None:
        self.stretches = stretches
        self._base = base
        self._target = target
        self._told = told
        self._done: dict[tuple[int, ...], tuple[list[Count], list[Time]]] = {}

    def result(self, agents: Sequence[int]) -> tuple[list[Count], list[Time]]:
        """Calls and time by quarter hour, of all days."""
        key = tuple(agents)
        if key not in self._done:
            plan = _staffed(self._base, agents)
            calls, times = [Count() for _ in agents], [Time() for _ in agents]
            for day in range(plan.days):
                counted = simulate(plan, day)
                for place, (count, time) in enumerate(zip(counted.calls[ONE], counted.times, strict=True)):
                    calls[place].add(count)
                    times[place].add(time)
                self._told(min(1.0, (len(self._done) + (day + 1) / plan.days) / _USUAL_TRIALS))
            self._done[key] = (calls, times)
        return self._done[key]

    def missed(self, agents: Sequence[int]) -> list[int]:
        """Stretches in which the target was missed by more than chance explains."""
        calls, times = self.result(agents)
        found = []
        for stretch, places in enumerate(self.stretches):
            count, time = summed(calls[place] for place in places), Time()
            for place in places:
                time.add(times[place])
            level, left = count.service_level, count.abandonment
            if not self._target.met(
                None if level is None else level + _error(level, count.offered),
                None if left is None else left - _error(left, count.offered),
                time.occupancy,
            ):
                found.append(stretch)
        return found


def _error(share: float, of: int) -> float:
    """The standard error of a share."""
    return math.sqrt(max(0.0, share * (1.0 - share)) / of) if of else 0.0


def _staffed(base: Plan, agents: Sequence[int]) -> Plan:
    """The plan with so many agents in each quarter hour: who came last goes first."""
    most = max([*agents, 1])
    center = lone_queue(
        base.calls[ONE], base.center.queues[ONE].service_level, most, base.opens, base.closes
    ).center
    duties = {}
    for number, name in enumerate(center.agents, start=1):
        there = [place for place, n in enumerate(agents) if n >= number]
        if not there:
            continue
        gaps = [
            (base.opens + before * QUARTER + QUARTER, base.opens + after * QUARTER)
            for before, after in itertools.pairwise(there)
            if after > before + 1
        ]
        starts, ends = base.opens + there[0] * QUARTER, base.opens + (there[-1] + 1) * QUARTER
        duties[name] = Duty(starts, ends, tuple(gaps))
    return replace(base, center=center, duties=duties)
