"""How an agent's time is counted: occupancy as docs/metrics.md has it, calls taken, and the day's reasons."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callcenter.acd.workload import Workload
from callcenter.storage.facts import Fact

ZONE = "Asia/Shanghai"
NINE = dt.datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo(ZONE)).timestamp()


class Shift:
    """Amy's facts, told to her workload as they happen; times in seconds after nine o'clock."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.load = Workload(lambda: ZONE)

    def at(self, second: float, kind: str, **data: Any) -> None:
        fact = Fact(len(self.facts) + 1, NINE + second, kind, "call-1", "amy", data)
        self.facts.append(fact)
        self.load.on_fact(fact)

    def is_now(self, second: float, state: str, reason: str = "") -> None:
        self.at(second, "agent.state", state=state, reason=reason)

    def occupancy(self, second: float) -> float:
        return self.load.occupancy("amy", NINE + second)

    def today(self, second: float) -> dict[str, Any]:
        return self.load.today("amy", NINE + second)


def a_morning() -> Shift:
    """100 s ready, a call of 60 s with its ringing and 40 s of wrap-up, 300 s of lunch, ready."""
    amy = Shift()
    amy.is_now(0, "ready")
    amy.at(100, "queue.assigned")
    amy.at(105, "talk.started")
    amy.is_now(160, "wrap_up")
    amy.is_now(200, "not_ready", "lunch")
    amy.is_now(500, "ready")
    return amy


def test_occupancy_is_calls_and_wrap_up_over_the_same_and_ready() -> None:
    amy = a_morning()
    assert amy.occupancy(500) == pytest.approx(0.5)  # 100 / (100 + 100): lunch counts in neither
    assert amy.occupancy(700) == pytest.approx(100 / 400)  # the running state counts
    assert amy.load.idle_share("amy", NINE + 700) == pytest.approx(0.75)
    assert amy.load.calls("amy") == 1


def test_who_signs_in_begins_anew_but_the_day_goes_on() -> None:
    amy = a_morning()
    amy.is_now(600, "signed_out")
    assert amy.occupancy(900) == pytest.approx(100 / 300)  # signed out, no time passes
    amy.is_now(1000, "not_ready", "meeting")
    assert (amy.occupancy(1100), amy.load.calls("amy")) == (0.0, 0)
    assert amy.today(1060) == {
        "busy_seconds": 100.0,
        "ready_seconds": 200.0,
        "occupancy": pytest.approx(1 / 3, abs=1e-4),
        "reasons": {"lunch": 300.0, "meeting": 60.0},
    }


def test_nobody_knows_anything_of_an_agent_who_never_signed_in() -> None:
    load = Workload(lambda: ZONE)
    assert (load.occupancy("zoe", NINE), load.calls("zoe"), load.missed_in_a_row("zoe")) == (0.0, 0, 0)
    assert load.today("zoe", NINE)["occupancy"] is None


def test_at_midnight_the_day_begins_anew_and_the_shift_goes_on() -> None:
    amy = a_morning()
    midnight = 15 * 3600  # after nine
    amy.is_now(midnight - 100, "not_ready", "lunch")
    assert amy.load.reason_today("amy", "lunch", NINE + midnight - 1) == pytest.approx(399)
    assert amy.load.reason_today("amy", "lunch", NINE + midnight + 50) == pytest.approx(50)
    assert amy.today(midnight + 50)["busy_seconds"] == 0
    assert amy.load.calls("amy") == 1


def test_misses_count_in_a_row_until_a_call_is_answered_or_he_was_not_ready() -> None:
    amy = Shift()
    amy.is_now(0, "ready")
    for second, (kind, missed) in zip(
        itertools.count(10, 10),
        [("queue.returned", 1), ("queue.returned", 2), ("talk.started", 0), ("queue.returned", 1)],
        strict=False,
    ):
        amy.at(second, kind)
        assert amy.load.missed_in_a_row("amy") == missed
        amy.is_now(second + 1, "ready")
    amy.is_now(100, "not_ready", "no_answer")
    assert amy.load.missed_in_a_row("amy") == 0


def test_who_rang_with_others_was_busy_meanwhile_and_missed_nothing() -> None:
    amy = Shift()
    amy.is_now(0, "ready")
    bo = Fact(2, NINE, "agent.state", "", "bo", {"state": "ready", "reason": ""})
    amy.load.on_fact(bo)
    amy.at(10, "queue.assigned", also=["bo"])
    amy.load.on_fact(Fact(8, NINE + 20, "queue.returned"))  # of nobody in particular
    amy.is_now(20, "ready")
    amy.load.on_fact(Fact(9, NINE + 20, "agent.state", "", "bo", {"state": "ready", "reason": ""}))
    for agent in ("amy", "bo"):
        assert amy.load.occupancy(agent, NINE + 20) == pytest.approx(0.5)
        assert amy.load.missed_in_a_row(agent) == 0


def test_a_restart_counts_the_same_from_the_journal() -> None:
    before = a_morning()
    after = Workload(lambda: ZONE)
    after.prime(before.facts)
    assert after.today("amy", NINE + 700) == before.today(700)
    assert after.occupancy("amy", NINE + 700) == before.occupancy(700)


def test_whoever_did_the_same_since_long_is_known_by_his_last_state() -> None:
    amy = Shift()
    amy.is_now(0, "ready")
    later = Workload(lambda: ZONE)
    other = Fact(2, NINE + 50_000, "agent.state", "", "bo", {"state": "ready", "reason": ""})
    later.prime([other], [other, amy.facts[0]])
    assert later.occupancy("amy", NINE + 50_000) == 0
    later.on_fact(Fact(3, NINE + 50_000, "queue.assigned", "c", "amy", {}))
    assert later.occupancy("amy", NINE + 100_000) == pytest.approx(0.5)
