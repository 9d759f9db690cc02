"""Erlang's formulas: values from the books, sums by brute force, and what must hold at any size."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.planning.erlang import ErlangA, ErlangC, erlang, erlang_b

rates = st.floats(0.0005, 20.0)
lengths = st.floats(10.0, 900.0)
patiences = st.floats(2.0, 600.0)
at_any_size = settings(deadline=None, max_examples=60)


def test_the_loss_of_ten_erlang_on_ten_trunks_is_that_of_the_tables() -> None:
    assert erlang_b(10, 10) == pytest.approx(0.2146, abs=5e-5)
    assert erlang_b(20, 30) == pytest.approx(0.0085, abs=5e-5)
    assert erlang_b(0, 3) == 0 and erlang_b(5, 0) == 1


def test_a_hundred_calls_in_half_an_hour_of_three_minutes_each_before_fourteen_agents() -> None:
    line = ErlangC(100 / 1800, 180, 14)
    assert line.waits == pytest.approx(0.174, abs=5e-4)
    assert line.service_level(20) == pytest.approx(0.888, abs=5e-4)
    assert line.asa == pytest.approx(7.8, abs=0.05)
    assert line.occupancy == pytest.approx(10 / 14)


def test_fifty_agents_as_garnett_mandelbaum_and_reiman_have_them_in_their_first_table() -> None:
    """48 calls a minute of a minute each; 2 minutes of patience, or none at all."""
    endless, patient = ErlangC(48 / 60, 60, 50), ErlangA(48 / 60, 60, 50, 120)
    assert endless.asa == pytest.approx(20.8, abs=0.05)
    assert endless.answered_within(58.1) == pytest.approx(0.9, abs=1e-3)
    assert endless.occupancy == pytest.approx(0.96)
    assert patient.abandoned == pytest.approx(0.031, abs=5e-4)
    mean_wait = patient.abandoned * 120
    assert mean_wait == pytest.approx(3.7, abs=0.05)
    assert patient.answered_within(12.5) + patient.abandoned_within(12.5) == pytest.approx(0.9, abs=2e-3)
    assert patient.occupancy == pytest.approx(0.93, abs=5e-3)


def states(line: ErlangA, highest: int = 4000) -> list[float]:
    """Probability of each number of callers in the system, one by one."""
    weights = [1.0]
    for k in range(1, highest):
        deaths = min(k, line.agents) / line.aht + max(0, k - line.agents) / line.patience
        weights.append(weights[-1] * line.rate / deaths)
        if weights[-1] > 1e200:
            weights = [w / 1e200 for w in weights]
    whole = math.fsum(weights)
    return [w / whole for w in weights]


@at_any_size
@given(rate=st.floats(0.001, 1.0), aht=lengths, agents=st.integers(1, 60), patience=st.floats(2.0, 600.0))
def test_erlang_a_is_what_its_states_sum_up_to(rate: float, aht: float, agents: int, patience: float) -> None:
    line = ErlangA(rate, aht, agents, patience)
    chance = states(line)
    waiting = math.fsum(p * (k - agents) for k, p in enumerate(chance) if k > agents)
    assert line.waits == pytest.approx(math.fsum(chance[agents:]), rel=1e-9, abs=1e-12)
    assert line.abandoned == pytest.approx(waiting / patience / rate, rel=1e-8, abs=1e-12)
    busy = math.fsum(p * min(k, agents) for k, p in enumerate(chance))
    assert line.occupancy == pytest.approx(busy / agents, rel=1e-9)


@at_any_size
@given(
    rate=st.floats(0.01, 1.0), aht=st.floats(60, 300), load=st.floats(0.7, 1.3),
    patience=st.floats(20.0, 400.0), seconds=st.floats(1.0, 60.0),
)  # fmt: skip
def test_the_wait_is_distributed_as_the_integral_over_it_says(
    rate: float, aht: float, load: float, patience: float, seconds: float
) -> None:
    agents = max(1, round(rate * aht / load))
    line = ErlangA(rate, aht, agents, patience)

    def density(x: float) -> float:
        patient = (1 - math.exp(-x / patience)) * patience
        return math.exp(rate * patient - agents / aht * x)

    def integral(of: object, start: float, end: float, parts: int = 2000) -> float:
        assert callable(of)
        width = (end - start) / parts
        inner = sum((4 if i % 2 else 2) * of(start + i * width) for i in range(1, parts))
        return float(width / 3 * (of(start) + inner + of(end)))

    far = seconds
    while density(far) > 1e-13 * density(min(far, 1.0)):
        far *= 1.5
    whole = integral(density, 0, far, 20_000)
    over = integral(density, seconds, far, 20_000)
    served = integral(lambda x: math.exp(-x / patience) * density(x), 0, seconds)
    waited = integral(lambda x: x * math.exp(-x / patience) * density(x), 0, far, 20_000)
    assert line.offered_wait_over(seconds) == pytest.approx(line.waits * over / whole, rel=1e-4, abs=1e-9)
    assert line.answered_within(seconds) == pytest.approx(1 - line.waits * (1 - served / whole), rel=1e-6)
    assert line.asa == pytest.approx(line.waits * waited / whole / (1 - line.abandoned), rel=1e-4)


@at_any_size
@given(rate=rates, aht=lengths, agents=st.integers(0, 4000), patience=patiences, seconds=st.floats(0, 300))
def test_whoever_calls_is_answered_or_gives_up_at_any_size(
    rate: float, aht: float, agents: int, patience: float, seconds: float
) -> None:
    line = ErlangA(rate, aht, agents, patience)
    shares = (
        line.waits, line.abandoned, line.occupancy, line.answered_within(seconds),
        line.abandoned_within(seconds), line.service_level(seconds), line.offered_wait_over(seconds),
    )  # fmt: skip
    assert all(0 <= share <= 1 + 1e-9 for share in shares), shares
    assert line.answered_within(1e7) + line.abandoned_within(1e7) == pytest.approx(1, abs=1e-7)
    assert line.abandoned_within(1e7) == pytest.approx(line.abandoned, rel=1e-6, abs=1e-9)
    assert line.asa >= 0


@at_any_size
@given(rate=rates, aht=lengths, more=st.integers(1, 200), seconds=st.floats(0, 300))
def test_one_agent_more_never_makes_it_worse(rate: float, aht: float, more: int, seconds: float) -> None:
    agents = int(rate * aht) + more
    for patience in (None, 60.0):
        few, many = erlang(rate, aht, agents, patience), erlang(rate, aht, agents + 1, patience)
        assert many.waits <= few.waits + 1e-12 and many.asa <= few.asa + 1e-9
        assert many.answered_within(seconds) >= few.answered_within(seconds) - 1e-9
        assert many.abandoned <= few.abandoned + 1e-12 and many.occupancy <= few.occupancy + 1e-12


@at_any_size
@given(rate=st.floats(0.01, 5.0), aht=lengths, more=st.integers(1, 60), seconds=st.floats(0, 100))
def test_with_endless_patience_erlang_a_becomes_erlang_c(
    rate: float, aht: float, more: int, seconds: float
) -> None:
    agents = math.ceil(rate * aht * 1.05) + more
    patient, endless = ErlangA(rate, aht, agents, 1e9), ErlangC(rate, aht, agents)
    assert patient.waits == pytest.approx(endless.waits, rel=1e-4, abs=1e-12)
    assert patient.answered_within(seconds) == pytest.approx(endless.answered_within(seconds), abs=1e-5)
    assert patient.asa == pytest.approx(endless.asa, rel=1e-3, abs=1e-9)


def test_a_line_that_grows_without_end_has_no_average() -> None:
    line = ErlangC(0.1, 180, 18)
    assert not line.stable and line.asa == math.inf and line.service_level(20) == 0 and line.waits == 1


def test_with_nobody_at_work_all_give_up() -> None:
    line = ErlangA(0.1, 180, 0, 60)
    assert line.abandoned == 1 and line.service_level(20) == 0 and line.asa == math.inf and line.waits == 1


def test_without_callers_nobody_waits() -> None:
    for patience in (None, 60.0):
        line = erlang(0, 180, 3, patience)
        assert (line.waits, line.occupancy, line.service_level(20), line.asa) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("rate", "aht", "agents", "patience", "told"),
    [
        (-1, 180, 3, None, "callers a second"), (math.nan, 180, 3, 60, "callers a second"),
        (1, 0, 3, None, "length"), (1, math.inf, 3, 60, "length"), (1, 180, -1, None, "agents"),
        (1, 180, 3, 0, "patience"), (1, 180, 3, math.inf, "patience"), (1, 180, 10**9, None, "agents"),
    ],
)  # fmt: skip
def test_values_that_mean_nothing_are_refused(
    rate: float, aht: float, agents: int, patience: float | None, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        erlang(rate, aht, agents, patience)
