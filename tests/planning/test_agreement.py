"""The simulated distributor against the formulas, where those hold: one queue, no skills, exponential times,
a steady load. The whole comparison is `make bench-erlang`; here are two of its lines, with fewer calls."""

from __future__ import annotations

import pytest

from callcenter.planning.erlang import SHORT_ABANDON, ErlangA
from callcenter.planning.lone_queue import measure, steady
from callcenter.planning.staffing import Demand


def test_twenty_agents_whose_callers_wait_as_long_as_it_takes_are_erlang_c() -> None:
    demand, agents = Demand(16 / 180, 180), 20
    formula, day = demand.model(agents), measure(steady(demand, agents, 20), days=2)
    assert day.calls.offered > 14_000 and day.calls.abandoned == 0
    assert day.calls.service_level == pytest.approx(formula.service_level(20), rel=0.03)
    assert day.time.occupancy == pytest.approx(formula.occupancy, rel=0.03)
    assert day.calls.waited == pytest.approx(formula.waits, rel=0.1)


def test_twenty_agents_under_too_many_callers_who_give_up_are_erlang_a() -> None:
    demand, agents = Demand(22 / 180, 180, 90), 20
    formula, day = demand.model(agents), measure(steady(demand, agents, 20), days=2)
    assert isinstance(formula, ErlangA)
    assert day.calls.abandonment == pytest.approx(formula.abandoned, rel=0.06)
    assert day.calls.service_level == pytest.approx(formula.service_level(20), rel=0.03)
    assert day.time.occupancy == pytest.approx(formula.occupancy, rel=0.03)
    assert day.calls.asa == pytest.approx(formula.asa, rel=0.06)
    assert day.calls.waited == pytest.approx(formula.waits, rel=0.03)
    short = day.calls.short / day.calls.offered
    assert short == pytest.approx(formula.abandoned_within(SHORT_ABANDON), rel=0.06)
