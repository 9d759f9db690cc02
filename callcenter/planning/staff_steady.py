"""How many agents does a steady load need? The formula's answer, tried on the distributor and corrected."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from callcenter.planning.lone_queue import Measured, measure, steady
from callcenter.planning.staffing import Demand, Impossible, Target, agents_needed

STEADY_CALLS = 16_000  # so many calls are simulated at least
LEAST_HOURS = 4  # of a day: the first does not count


@dataclass(frozen=True, slots=True)
class Needed:
    """Agents needed: by formula, and as the simulation has it. `tried` by number of agents."""

    formula: int
    agents: int
    tried: Mapping[int, Measured]


def staff_steadily(
    demand: Demand,
    target: Target,
    distribution: str,
    told: Callable[[int, float], None],
    calls: int = STEADY_CALLS,
) -> Needed:
    """Agents needed under a steady load. `told` hears with how many agents is simulated, and how far it is;
    at least `calls` are simulated each time. Raises Impossible.
    """
    formula = agents_needed(demand, target)
    hours_in_all = calls / max(1.0, demand.rate * 3600)
    days = math.ceil(hours_in_all / 23)
    hours = min(24, max(LEAST_HOURS, math.ceil(hours_in_all) + 1))
    tried: dict[int, Measured] = {}

    def good(agents: int) -> bool:
        if agents not in tried:
            plan = steady(demand, agents, target.seconds, distribution, hours)
            tried[agents] = measure(plan, days, partial(told, agents))
        return tried[agents].meets(target)

    fewest = 1 if demand.patience is not None else math.floor(demand.rate * demand.aht) + 1
    agents = formula
    if demand.rate == 0:
        return Needed(0, 0, {})
    while not good(agents):
        agents += 1
        if agents > formula * 2 + 20:
            raise Impossible("no number of agents reaches this in the simulation", "模拟中无法达到这个目标")
    while agents > fewest and good(agents - 1):
        agents -= 1
    return Needed(formula, agents, tried)
