"""How many agents are needed: by formula, and as the simulation corrects it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.planning.erlang import ErlangC
from callcenter.planning.lone_queue import measure, steady
from callcenter.planning.plan import changed
from callcenter.planning.scenario_model import WhatIf
from callcenter.planning.staff_day import _stretches, demands, staff_day
from callcenter.planning.staff_steady import staff_steadily
from callcenter.planning.staffing import (
    Demand,
    Impossible,
    Target,
    agents_needed,
    formula_meets,
    with_shrinkage,
)
from tests.planning.kit import DAY, planned


def test_a_hundred_calls_in_half_an_hour_at_80_20_need_fourteen_agents() -> None:
    """The example of the textbooks: 180 s a call, 10 Erlang."""
    assert agents_needed(Demand(100 / 1800, 180), Target(0.8, 20)) == 14
    assert ErlangC(100 / 1800, 180, 13).service_level(20) < 0.8


def test_each_further_aim_can_only_need_more() -> None:
    demand = Demand(240 / 1800, 180, 60)
    level = agents_needed(demand, Target(0.8, 20))
    abandon = agents_needed(demand, Target(0.8, 20, max_abandon=0.05))
    both = agents_needed(demand, Target(0.8, 20, max_abandon=0.05, max_occupancy=0.8))
    assert level < abandon < both


targets = st.builds(
    Target, st.floats(0.05, 0.99), st.floats(0, 120), max_occupancy=st.none() | st.floats(0.3, 0.99)
)


@settings(deadline=None, max_examples=60)
@given(st.floats(0.001, 2.0), st.floats(20, 600), st.none() | st.floats(10, 300), targets)
def test_one_less_than_needed_is_too_few(
    rate: float, aht: float, patience: float | None, target: Target
) -> None:
    demand = Demand(rate, aht, patience)
    agents = agents_needed(demand, target)
    assert formula_meets(demand, target, agents)
    assert agents == 1 or not formula_meets(demand, target, agents - 1)


def test_when_nobody_calls_nobody_is_needed() -> None:
    assert agents_needed(Demand(0, 180, 60), Target(0.8, 20)) == 0


@pytest.mark.parametrize(
    ("demand", "target", "told"),
    [
        (Demand(0.1, 180), Target(1.0, 20), "99 %"),
        (Demand(0.1, 180), Target(0.8, 20, max_abandon=0.05), "without a patience"),
        (Demand(0.1, 180, 60), Target(0.8, 20, max_abandon=0.0), "more than 0 %"),
        (Demand(0.1, 180, 60), Target(0.8, 20, max_occupancy=0.0), "more than 0 %"),
        (Demand(0.1, 180, 60, ring=25), Target(0.8, 20), "rings 25 s"),
        (Demand(300, 180, 60), Target(0.8, 20), "more than 5000"),
        (Demand(1, 180, 60), Target(0.8, 20, max_occupancy=0.001), "more than 5000"),
    ],
)
def test_what_no_number_of_agents_reaches_is_said(demand: Demand, target: Target, told: str) -> None:
    with pytest.raises(Impossible, match=told) as refused:
        agents_needed(demand, target)
    assert any("\u4e00" <= char <= "\u9fff" for char in refused.value.chinese)


def test_shrinkage_is_the_share_of_those_scheduled_who_are_away() -> None:
    assert with_shrinkage(28, 0.3) == 40
    assert with_shrinkage(7, 0.3) == 10
    assert with_shrinkage(5, 0) == 5


def test_the_simulation_agrees_where_the_formula_holds() -> None:
    heard: list[tuple[int, float]] = []
    demand = Demand(120 / 1800, 180, 60)
    needed = staff_steadily(
        demand, Target(0.8, 20), "exponential", lambda n, share: heard.append((n, share)), calls=4000
    )
    assert abs(needed.agents - needed.formula) <= 1
    assert needed.tried[needed.agents].meets(Target(0.8, 20))
    assert {n for n, _ in heard} == set(needed.tried)


def test_one_agent_less_is_simulated_before_it_is_said_how_many_are_needed() -> None:
    target = Target(0.8, 20, max_abandon=0.1)
    needed = staff_steadily(Demand(40 / 1800, 180, 60), target, "lognormal", lambda n, share: None, 3000)
    assert not needed.tried[needed.agents - 1].meets(target)


def test_a_missed_target_counts_only_beyond_chance() -> None:
    day = measure(steady(Demand(40 / 1800, 180, 60), 6, 20), days=2)
    level, error = day.calls.service_level, day.error(lambda count, time: count.service_level)
    assert level is not None and 0 < error < 0.1
    assert day.meets(Target(level + error / 2, 20)) and not day.meets(Target(level + 2 * error, 20))


def test_quarter_hours_staffed_alike_are_corrected_together() -> None:
    assert _stretches([5, 5, 7, 7, 7, 5]) == [range(0, 2), range(2, 5), range(5, 6)]


def test_a_day_is_staffed_by_quarter_hour_and_the_target_is_met() -> None:
    plan = planned(DAY, days="8", arrivals='{"09:00": 10, "10:30": 30}')
    day = staff_day(plan, "orders", Target(0.8, 20), lambda share: None, least_calls=0)
    assert day.formula[0] < day.formula[8]
    assert all(abs(agents - formula) <= 2 for agents, formula in zip(day.agents, day.formula, strict=True))
    assert day.agents[0] < day.agents[8] and day.missed == []
    whole = sum(count.offered for count in day.calls)
    assert whole / day.days == pytest.approx(240, rel=0.05)
    rest = sum(time.busy + time.ready for time in day.times) / 900 / day.days
    assert rest == pytest.approx(sum(day.agents), rel=0.02), "so many were really there"


def test_twice_the_calls_need_less_than_twice_the_agents() -> None:
    plan = planned(DAY, arrivals='{"09:00": 12}')
    double = changed(plan, WhatIf(volume=2))
    one, two = (staff_day(p, "orders", Target(0.8, 20), lambda share: None, 0) for p in (plan, double))
    assert sum(one.agents) < sum(two.agents) < 2 * sum(one.agents)


def test_ringing_binds_the_agent_and_counts_as_waiting() -> None:
    text = DAY.replace("    talk:", "    answer: {mean: 5, distribution: fixed}\n    talk:")
    calls = planned(text).calls["orders"]
    [first, *_] = demands(calls, 0)
    assert (first.aht, first.ring, first.patience) == (205, 5, 120)
    assert demands(replace(calls, wrap_up=None), 30)[0].aht == 215
