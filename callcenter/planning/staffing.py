"""How many agents does a target need, by Erlang's formulas? Pure.

With patience Erlang A, without Erlang C. More agents are never worse in any of the aims, so that the fewest
that meet all of them are found by halving.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from callcenter.planning.erlang import Model, erlang

MOST_AGENTS = 5_000


class Impossible(ValueError):
    """No number of agents meets a target. Says why, in English and Chinese."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.chinese = chinese


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reached, all of it."""

    share: float  # of the callers is answered …
    seconds: float  # … within so long
    max_abandon: float | None = None  # share of the callers
    max_occupancy: float | None = None

    def met(self, level: float | None, abandoned: float | None, occupancy: float | None) -> bool:
        """Whether figures are good enough. None (nothing happened) is good."""
        return (
            (level is None or level >= self.share)
            and (self.max_abandon is None or abandoned is None or abandoned <= self.max_abandon)
            and (self.max_occupancy is None or occupancy is None or occupancy <= self.max_occupancy)
        )


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked of agents in an interval."""

    rate: float  # callers a second
    aht: float  # seconds that bind the agent: ringing, talk and wrap-up
    patience: float | None = None  # mean seconds; None: nobody gives up
    ring: float = 0.0  # of these, seconds until he answers: they count as waiting

    def model(self, agents: int) -> Model:
        """The line before so many agents."""
        return erlang(self.rate, self.aht, agents, self.patience)


def formula_meets(demand: Demand, target: Target, agents: int) -> bool:
    """Whether so many agents meet the target, by formula."""
    model = demand.model(agents)
    return target.met(model.service_level(target.seconds - demand.ring), model.abandoned, model.occupancy)


def agents_needed(demand: Demand, target: Target) -> int:
    """The fewest agents who meet the target; 0 when nobody calls. Raises Impossible."""
    check_target(demand, target)
    if demand.rate == 0:
        return 0
    most = max(1, math.ceil(demand.rate * demand.aht))
    while most <= MOST_AGENTS and not formula_meets(demand, target, most):
        most = math.ceil(most * 1.3) + 1
    if most > MOST_AGENTS and not formula_meets(demand, target, MOST_AGENTS):
        raise Impossible(
            f"more than {MOST_AGENTS} agents would be needed", f"需要的坐席超过 {MOST_AGENTS} 位"
        )
    most = min(most, MOST_AGENTS)
    fewest = 0
    while most - fewest > 1:
        middle = (most + fewest) // 2
        if formula_meets(demand, target, middle):
            most = middle
        else:
            fewest = middle
    return most


def check_target(demand: Demand, target: Target) -> None:
    """Raises Impossible for what no number of agents can reach."""
    if target.share >= 1:
        raise Impossible(
            "no number of agents answers every single caller in time: aim at 99 % or less",
            "再多坐席也不能保证每个来电都及时接听：目标请设为 99% 或更低",
        )
    if target.seconds < demand.ring:
        raise Impossible(
            f"the phone alone rings {demand.ring:g} s, longer than the {target.seconds:g} s of the target",
            f"仅振铃就要 {demand.ring:g} 秒，超过了目标的 {target.seconds:g} 秒",
        )
    if target.max_abandon is not None:
        if demand.patience is None:
            raise Impossible(
                "without a patience nobody abandons: give one, or leave the abandonment out",
                "没有耐心时长就不会有人放弃：请写明耐心时长，或去掉放弃率目标",
            )
        if target.max_abandon <= 0:
            raise Impossible(
                "some callers always abandon: allow more than 0 %", "总会有来电者放弃：放弃率目标必须大于 0%"
            )
    if target.max_occupancy is not None and target.max_occupancy <= 0:
        raise Impossible("the occupancy must be allowed more than 0 %", "占用率上限必须大于 0%")


def with_shrinkage(agents: float, shrinkage: float) -> int:
    """How many are to be scheduled so that so many are at the phones: agents / (1 - shrinkage), rounded up.

    Shrinkage is the share of paid time away from the phones: leave, illness, training, breaks.
    """
    return math.ceil(round(agents / (1.0 - shrinkage), 9))
