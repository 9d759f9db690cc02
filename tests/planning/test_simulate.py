"""A day on the real distributor, in virtual time: callers are served as in the living center, and counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from callcenter.planning.check import parse_scenario
from callcenter.planning.outcome import Outcome, half_width
from callcenter.planning.plan import changed, plan_of
from callcenter.planning.scenario_model import WhatIf
from callcenter.planning.simulate import callers, simulate, simulate_days
from callcenter.planning.tally import DayCount
from tests.planning.kit import DAY, planned

FIXED = DAY.replace("talk: {mean: 180}", "talk: {mean: 300, distribution: fixed}").replace(
    "wrap_up: {mean: 20}", "wrap_up: {mean: 60, distribution: fixed}"
)


def test_one_seed_gives_the_same_day_twice_and_another_a_different_one() -> None:
    plan = planned()
    assert simulate(plan) == simulate(plan)
    assert simulate(plan) != simulate(plan, day=1)
    assert simulate(plan) != simulate(replace(plan, seed=2))


def test_everybody_who_calls_is_answered_gives_up_or_is_led_elsewhere() -> None:
    plan = planned()
    whole = simulate(plan).whole()
    assert whole.offered == len(list(callers(plan, 0))) > 250
    assert whole.offered == whole.answered + whole.abandoned + whole.timed_out
    assert 0 < whole.abandoned < whole.answered
    assert 0 < whole.in_time <= whole.answered and whole.at_once <= whole.in_time


def test_agents_are_busy_as_long_as_talks_and_wrap_ups_take() -> None:
    plan = planned(FIXED, arrivals='{"09:00": 4, "09:15": 0}')
    day = simulate(plan)
    assert day.whole().answered == day.whole().offered
    assert day.time.busy == pytest.approx(day.whole().answered * 360, abs=0.1)


def test_agents_are_at_work_from_opening_less_their_breaks() -> None:
    plan = planned(FIXED, arrivals='{"09:00": 0.01}')
    day = simulate(plan)
    whole = day.time.ready + day.time.busy
    assert whole == pytest.approx(7 * (180 - 15) * 60, abs=0.1)
    at_ten = day.times[4]
    assert at_ten.ready == pytest.approx(900 * 7 - (15 + 7) * 60, abs=0.1), (
        "wang is away, others-1 from 10:08 on"
    )


def test_a_break_begins_after_the_call() -> None:
    """The only agent talks from soon after nine until a quarter past ten; his break began at ten."""
    plan = planned(
        FIXED.replace("  others: {count: 6, shift: morning, skills: {orders: 3}}\n", ""),
        arrivals='{"09:00": 1000, "09:15": 0}', talk="{mean: 4500, distribution: fixed}",
        wrap_up="", patience="{mean: 1}",
        morning='{time: "08:45-12:00", breaks: [{between: "10:00-10:30", minutes: 30}]}',
    )  # fmt: skip
    day = simulate(plan)
    assert day.whole().answered == 1
    assert day.times[4].busy == pytest.approx(900, abs=30)
    assert day.times[5].busy + day.times[5].ready == pytest.approx(0, abs=30), "the rest of his break"
    assert day.times[6].ready == pytest.approx(900)


def test_with_two_ill_the_same_callers_wait_longer() -> None:
    plan = planned()
    sick = changed(plan, WhatIf(ill=2))
    usual, short = Outcome(plan, simulate_days(plan)), Outcome(sick, simulate_days(sick))
    assert short.whole().offered == usual.whole().offered
    assert short.agents(0) == pytest.approx(usual.agents(0) - 2)
    assert (short.whole().service_level or 0) < (usual.whole().service_level or 0) - 0.1
    assert (short.time.occupancy or 0) > (usual.time.occupancy or 1)


def test_who_is_ill_changes_from_day_to_day() -> None:
    rare = DAY.replace(
        "  wang: {shift: morning, skills: {orders: 5}}", "  wang: {shift: morning, skills: {orders: 9}}"
    )
    rare = rare.replace("    skills: {orders: 3}\n", "    skills: {orders: 9}\n")
    alone = changed(planned(rare), WhatIf(ill=3))
    there = [simulate(alone, day).whole().answered > 0 for day in range(12)]
    assert True in there and False in there, "some days the only one who can is among the ill"


def test_without_an_agent_by_name_he_is_missing() -> None:
    plan = changed(planned(), WhatIf(without=["wang", "others-2"]))
    assert set(plan.duties) == {"others-1", "others-3", "others-4", "others-5", "others-6"}


def test_a_fifth_more_calls() -> None:
    plan = planned(DAY, days="20")
    more = changed(plan, WhatIf(volume=1.2))
    usual, many = (sum(len(list(callers(p, day))) for day in range(20)) for p in (plan, more))
    assert many / usual == pytest.approx(1.2, rel=0.05)


def test_nobody_is_sent_home_while_callers_wait_at_closing_time() -> None:
    plan = planned(FIXED, arrivals='{"09:00": 0, "11:45": 40}', patience="{distribution: none}")
    whole = simulate(plan).whole()
    assert whole.offered == whole.answered > 25
    assert whole.longest > 900, "the last ones were served well after twelve"


def test_callers_of_endless_patience_do_not_wait_for_ever_when_all_have_gone() -> None:
    text = DAY.replace('"08:45-12:00", breaks: [{between: "10:00-11:00", minutes: 15}]', '"09:00-11:00"')
    whole = simulate(planned(text, patience="{distribution: none}")).whole()
    assert whole.timed_out > 0 and whole.abandoned == 0
    assert whole.offered == whole.answered + whole.timed_out
    assert whole.longest > 3600


def test_the_longest_wait_of_a_queue_ends_it() -> None:
    plan = planned(
        DAY.replace("    patience:", "    max_wait: 30\n    patience:"), patience="{distribution: none}"
    )
    whole = simulate(changed(plan, WhatIf(ill=4))).whole()
    assert whole.timed_out > 50 and whole.longest <= 30.001


def test_ringing_counts_as_waiting_and_who_hangs_up_meanwhile_frees_the_agent() -> None:
    text = DAY.replace("    talk:", "    answer: {mean: 10, distribution: fixed}\n    talk:")
    whole = simulate(planned(text, patience="{mean: 40}")).whole()
    assert whole.answered and (whole.asa or 0) >= 10
    assert whole.offered == whole.answered + whole.abandoned
    assert whole.abandoned > 0.2 * whole.offered, "one in five does not last ten seconds"


def test_those_with_priority_wait_less_at_the_cost_of_the_others() -> None:
    vip = "  vip: {skills: {vip: 5}, priority: 10, calls: 40, patience: {mean: 300}, talk: {mean: 180}}"
    text = DAY.replace("shifts:", f"{vip}\nshifts:").replace(
        "skills: {orders: 3}}", "skills: {orders: 3, vip: 5}}"
    )
    first, equal = planned(text, days="4"), planned(text.replace("priority: 10, ", ""), days="4")
    preferred, usual = Outcome(first, simulate_days(first)), Outcome(equal, simulate_days(equal))
    assert (preferred.whole("vip").asa or 0) < 0.8 * (usual.whole("vip").asa or 0)
    assert (preferred.whole("orders").asa or 0) > (usual.whole("orders").asa or 0)
    assert preferred.whole().offered == usual.whole().offered


CENTER = """\
name: {zh-CN: 商城, en: Mall}
numbers: [{did: "4001", name: {zh-CN: 热线, en: Hotline}, flow: hotline}]
skills: {orders: {name: {zh-CN: 订单, en: Orders}}, help: {name: {zh-CN: 帮助, en: Help}}}
mailboxes: {main: {name: {zh-CN: 留言, en: Mailbox}}}
hours: {mornings: {weekly: {mon: ["08:00-11:00"]}}}
queues:
  orders:
    name: {zh-CN: 订单, en: Orders}
    skills: {orders: 3}
    service_level: {seconds: 20}
    OVERFLOW
  help: {name: {zh-CN: 帮助, en: Help}, skills: {help: 1}}
agents:
  wang: {name: 王伟, extension: "1001", skills: {orders: 5}}
"""


def of_a_center(folder: Path, overflow: str) -> DayCount:
    """A day of a center whose queue of orders has a rule, with one agent for it and one to help."""
    (folder / "center.yaml").write_text(CENTER.replace("OVERFLOW", overflow))
    text = DAY.replace("open:", "center: center.yaml\nopen:").replace("    skills: {orders: 3}\n", "")
    text = text.replace("    service_level: {seconds: 20, target: 0.8}\n", "")
    text = text.replace(
        "count: 6, shift: morning, skills: {orders: 3}", "count: 1, shift: morning, skills: {help: 3}"
    )
    checked, problems = parse_scenario(text.encode(), folder=folder)
    assert checked is not None, [problem.render() for problem in problems]
    return simulate(plan_of(checked))


def test_who_is_led_to_the_mailbox_counts_when_he_waited_longer_than_the_threshold(tmp_path: Path) -> None:
    late = of_a_center(tmp_path, "overflow: [{wait: 40, to: {voicemail: main}}]").whole()
    assert late.late == late.overflowed > 50 and late.longest <= 40.001
    soon = of_a_center(tmp_path, "overflow: [{wait: 10, to: {voicemail: main}}]").whole()
    assert soon.late == 0 and soon.overflowed > late.overflowed
    assert soon.offered == soon.answered + soon.abandoned + soon.overflowed
    assert (late.service_level or 0) < (soon.service_level or 0)


def test_an_overflow_to_another_queue_goes_on_there(tmp_path: Path) -> None:
    day = of_a_center(tmp_path, "overflow: [{length: 1, to: {queue: help}}]")
    orders, help_ = day.whole(["orders"]), day.whole(["help"])
    assert help_.offered == orders.overflowed > 20 and help_.answered > 10
    assert orders.offered == orders.answered + orders.abandoned + orders.overflowed


def test_a_queue_that_closes_lets_nobody_in_any_more(tmp_path: Path) -> None:
    orders = of_a_center(tmp_path, "hours: mornings").calls["orders"]
    assert sum(count.turned_away for count in orders[:8]) == 0
    assert all(count.turned_away == count.offered > 0 for count in orders[8:]), "the day is a Monday"


def test_progress_is_told() -> None:
    heard: list[float] = []
    simulate_days(planned(), heard.append)
    assert heard == sorted(heard) and heard[-1] == 1 and len(heard) > 4


def test_how_sure_a_mean_is_is_students() -> None:
    assert half_width([1.0]) is None
    assert half_width([1.0, 3.0]) == pytest.approx(12.71, abs=0.01)
    assert half_width([0.0, 1.0] * 50) == pytest.approx(0.0997, abs=1e-3)
