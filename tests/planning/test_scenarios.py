"""A scenario is written by hand: whatever it holds, the supervisor is told what is wrong and where."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.center.problems import Problem, has_errors
from callcenter.planning.check import load_scenario, parse_scenario
from callcenter.planning.plan import Duty, on_duty, plan_of
from tests.center.told_in_chinese import lacking, watched
from tests.planning.kit import DAY, ROOT, planned


def problems_of(text: str) -> list[Problem]:
    return parse_scenario(text.encode())[1]


def test_a_good_scenario_has_no_problems() -> None:
    assert problems_of(DAY) == []


@pytest.mark.parametrize("file", sorted((ROOT / "scenarios").glob("*.yaml")), ids=lambda file: file.stem)
def test_the_examples_have_no_problems(file: Path) -> None:
    checked, problems = load_scenario(file)
    assert problems == [] and checked is not None
    assert plan_of(checked).duties


@pytest.mark.parametrize(
    ("instead_of", "written", "line", "column", "message", "hint"),
    [
        ('date: "2026-11-30"', 'date: "2026-11-31"', 3, 7, "there is no day 2026-11-31", ""),
        ("Asia/Shanghai", "Asia/Shangai", 4, 12, "unknown time zone", "mean 'Asia/Shanghai'"),
        ('"09:00-12:00"', '"12:00-09:00"', 5, 7, "ends before it begins", "one day"),
        ('"09:00-12:00"', '"09:05-12:00"', 5, 7, "begin and end on a quarter hour", "08:30"),
        ('"10:30": 30', '"10:40": 30', 11, 29, "10:40 does not begin a quarter hour", "09:15"),
        ('"10:30": 30', '"12:00": 30', 11, 29, "nobody can call at 12:00", "09:00-12:00"),
        ('{"09:00": 20, "10:30": 30}', '{"09:00": 0}', 11, 5, "nobody calls in the whole day", ""),
        ('{"09:00": 20, "10:30": 30}', "{}", 8, 3, "how many callers come is not said", "calls: 800"),
        ('"10:30": 30', '"10:30": -3', 11, 38, "must be at least 0", ""),
        ("patience: {mean: 120}", "patience: {}", 12, 5, "the patience has no 'mean'", "none"),
        ("patience: {mean: 120}", "patience: none", 12, 15, "must be a block of", ""),
        ("    patience: {mean: 120}\n", "", 8, 3, "'patience' is missing in 'orders'", ""),
        ("mean: 180", "mean: 180, distribution: normal", 13, 37, "cannot be 'normal'", "lognormal"),
        ("shift: morning, skills: {orders: 5}", "shift: mornin", 18, 17, "no shift 'mornin'", "'morning'"),
        ("count: 6", "count: 0", 19, 19, "must be at least 1", ""),
        ('between: "10:00-11:00"', 'between: "08:00-09:00"', 16, 53, "not within the shift", ""),
        ("minutes: 15", "minutes: 90", 16, 77, "90 minutes do not fit between 10:00-11:00", ""),
        ("volume: 1.5", "without: [others-9]", 21, 49, "no agent 'others-9'", "others-"),
        ("volume: 1.5", "ill: 7", 21, 3, "nobody is left", ""),
        ("  wang:", "  others-3:", 19, 3, "two agents 'others-3'", ""),
        ("what_if:", "whatif:", 20, 1, "unknown key 'whatif'", "mean 'what_if'"),
        ("agents:\n", "center: nowhere.yaml\nagents:\n", 0, 0, "there is no such file", ""),
    ],
)  # fmt: skip
def test_each_mistake_is_shown_where_it_stands(
    instead_of: str, written: str, line: int, column: int, message: str, hint: str
) -> None:
    assert instead_of in DAY
    with watched() as made:
        errors = [p for p in problems_of(DAY.replace(instead_of, written, 1)) if p.severity == "error"]
    assert any(
        (p.line, p.column) == (line, column) and message in p.message and hint in p.hint for p in errors
    ), [p.render() for p in errors]
    assert lacking(made) == [], "it has no Chinese"


def test_a_queue_nobody_serves_is_a_warning() -> None:
    checked, problems = parse_scenario(
        DAY.replace("skills: {orders: 3}\n", "skills: {orders: 9}\n", 1).encode()
    )
    assert checked is not None
    assert [(p.severity, p.line, p.message) for p in problems] == [
        ("warning", 8, "no agent can serve queue 'orders'")
    ]


def of_the_center(text: str) -> list[Problem]:
    return parse_scenario(text.encode(), "scenarios/monday.yaml", ROOT / "scenarios")[1]


def test_a_scenario_of_a_center_is_checked_against_it() -> None:
    text = DAY.replace("open:", "center: ../center.yaml\nopen:").replace("    skills: {orders: 3}\n", "")
    text = text.replace("    service_level: {seconds: 20, target: 0.8}\n", "").replace(
        "  wang:", "  wangwei:"
    )
    assert of_the_center(text) == []
    for instead_of, written, line, message, hint in (
        ("  orders:", "  order:", 9, "there is no queue 'order'", "mean 'orders'"),
        ("  wangwei: {shift: morning, skills: {orders: 5}}", "  wangwie: {shift: morning}", 17,
         "there is no agent 'wangwie' in the center", "mean 'wangwei'"),
        ("skills: {orders: 5}", "skills: {order: 5}", 17, "unknown skill 'order'", "mean 'orders'"),
        ("wangwei: {", "wangwei: {count: 3, ", 17, "'wangwei' is one agent of the center", "count"),
        ("    talk:", "    priority: 3\n    talk:", 12,
         "'priority' of this queue stands in the center", "remove"),
    ):  # fmt: skip
        assert instead_of in text
        with watched() as made:
            found = of_the_center(text.replace(instead_of, written, 1))
        assert [(p.line, p.message) for p in found] == [(line, message)], [p.render() for p in found]
        assert hint in found[0].hint
        assert lacking(made) == []


def test_a_queue_of_the_center_nobody_in_the_scenario_serves_is_a_warning() -> None:
    file = ROOT / "scenarios" / "galaxy_mall.yaml"
    text = file.read_text().replace("vip: 4", "orders: 4").replace("orders: 4, orders: 4", "orders: 4")
    for agent in ("wangwei", "chenjing", "zhaolei"):
        text = text.replace(f"  {agent}: {{shift", f"  {agent}: {{skills: {{orders: 3}}, shift")
    found = [
        (p.severity, p.message) for p in of_the_center(text.replace("refunds: 3, orders: 4", "refunds: 3"))
    ]
    assert found == [("warning", "no agent can serve queue 'vip'")]


def test_a_center_with_mistakes_is_told_with_its_own_places(tmp_path: Path) -> None:
    (tmp_path / "center.yaml").write_text("version: 1\nname: {en: Mall\n")
    text = DAY.replace("open:", "center: center.yaml\nopen:")
    _, problems = parse_scenario(text.encode(), str(tmp_path / "monday.yaml"), tmp_path)
    assert {Path(p.file).name for p in problems} == {"center.yaml", "monday.yaml"}
    assert any(p.message == "the center cannot be used" and p.line == 5 for p in problems)


words = st.sampled_from(
    ["queues", "agents", "shifts", "orders", "arrivals", "patience", "mean", "none", "morning", "[", "]", "{",
     "}", ":", "- ", "\n", "\n  ", "'", '"', "*a", "&a", "09:00", "-", "1e400", "null", "中", "|"]
)  # fmt: skip
damaged = st.tuples(
    st.integers(0, len(DAY)), st.integers(0, 30), st.one_of(words, st.text(string.printable, max_size=9))
).map(lambda cut: (DAY[: cut[0]] + cut[2] + DAY[cut[0] + cut[1] :]).encode())


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=300).map(str.encode),
        st.lists(words, max_size=60).map(lambda parts: "".join(parts).encode()),
        damaged,
    )
)
def test_any_text_loads_or_says_what_is_wrong_and_where(data: bytes) -> None:
    with watched() as made:
        checked, problems = parse_scenario(data)
    assert (checked is None) == has_errors(problems)
    lines = (
        data.decode("utf-8", errors="replace").count("\n") + data.count(b"\r") + data.count(b"\xc2\x85") + 1
    )
    for problem in problems:
        assert problem.message and 0 <= problem.line <= lines + 1
        assert problem.file == "scenario.yaml" or checked is None
    assert lacking(made) == []
    if checked is not None:
        plan_of(checked)


# --- what it comes to -----------------------------------------------------------------------------------


def test_arrivals_hold_until_the_next_entry() -> None:
    calls = planned().calls["orders"].per_quarter
    assert calls == (20,) * 6 + (30,) * 6
    assert planned(arrivals='{"09:30": 4, "09:45": 1}').calls["orders"].per_quarter == (0, 0, 4) + (1,) * 9


def test_the_calls_of_a_day_are_spread_as_the_arrivals_are() -> None:
    plan = planned(DAY.replace("    patience:", "    calls: 1200\n    patience:"))
    assert sum(plan.calls["orders"].per_quarter) == pytest.approx(1200)
    assert plan.calls["orders"].per_quarter[11] == pytest.approx(plan.calls["orders"].per_quarter[0] * 1.5)
    even = planned(DAY.replace('arrivals: {"09:00": 20, "10:30": 30}', "calls: 240")).calls["orders"]
    assert even.per_quarter == (20,) * 12


def test_agents_of_a_shift_take_their_break_one_after_another() -> None:
    plan = planned()
    starts = [duty.breaks[0][0] for duty in plan.duties.values()]
    assert starts == [600, 608, 615, 622, 630, 638, 645]
    assert plan.duties["wang"] == Duty(525, 720, ((600, 615),))
    serves = {agent: ["orders"] for agent in plan.duties}
    assert on_duty(plan, "orders", serves)[:5] == [7, 7, 7, 7, 6]


def test_agents_of_the_center_bring_their_skills_and_phones() -> None:
    checked, _ = load_scenario(ROOT / "scenarios" / "galaxy_mall.yaml")
    assert checked is not None
    center = plan_of(checked).center
    assert center.agents["wangwei"].extension == "1001" and center.agents["wangwei"].skills["vip"] == 6
    assert len({agent.extension for agent in center.agents.values()}) == len(center.agents)
    assert center.queues["vip"].priority == 10
