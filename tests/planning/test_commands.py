"""`callcenter simulate` and `callcenter staff`, as a supervisor types them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from callcenter.cli import staffing
from callcenter.cli.main import app
from callcenter.planning import staff_steady
from tests.planning.kit import DAY


@pytest.fixture
def scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    file = tmp_path / "day.yaml"
    file.write_text(DAY)
    return file


def told(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_two_are_ill_in_tables_and_in_a_drawing(scenario: Path) -> None:
    said = told("simulate", scenario, "--ill", "2")
    assert said.exit_code == 0, said.output
    for part in ("A day", "As planned", "2 ill", "Service level", "Occupancy", "09:00", "11:45", "7.0 → 5.0"):
        assert part in said.output
    picture = scenario.with_suffix(".svg")
    assert str(picture) in said.output
    texts = [element.text for element in ET.fromstring(picture.read_text()).iter() if element.text]
    assert {"A day", "As planned", "2 ill", "Target", "Service level", "10:00", "100 %"} <= set(texts)


def test_the_same_in_chinese_with_a_name_that_is_no_markup(scenario: Path, tmp_path: Path) -> None:
    scenario.write_text(DAY.replace("zh-CN: 一天", 'zh-CN: "<b>周一 & [red]"'))
    picture = tmp_path / "zh.svg"
    said = told("simulate", scenario, "--what-if", "busy", "-o", picture, "--language", "zh-CN")
    assert said.exit_code == 0, said.output
    assert "<b>周一 & [red]" in said.output and "按计划 → 繁忙" in said.output and "服务水平" in said.output
    texts = [element.text for element in ET.fromstring(picture.read_text()).iter() if element.text]
    assert {"<b>周一 & [red]", "按计划", "繁忙", "服务水平", "占用率", "每刻钟来电"} <= set(texts)


def test_json_tells_all_of_it_and_draws_only_when_asked(scenario: Path) -> None:
    said = told("simulate", scenario, "--without", "wang", "--volume", "1.2", "--json", "--days", "1")
    found = json.loads(said.stdout)
    assert [variant["name"] for variant in found["variants"]] == [
        "As planned",
        "without wang, 120 % of the calls",
    ]
    planned, changed = found["variants"]
    assert planned["quarters"][0]["from"] == "09:00" and len(planned["quarters"]) == 12
    assert changed["total"]["service_level"] < planned["total"]["service_level"] <= 1
    assert planned["quarters"][0]["agents"] == 7 and changed["quarters"][0]["agents"] == 6
    assert sum(q["offered"] for q in planned["quarters"]) == planned["total"]["offered"]
    assert not scenario.with_suffix(".svg").exists()


def test_one_seed_prints_the_same_twice(scenario: Path) -> None:
    once, again = (told("simulate", scenario, "--json", "--seed", "7").stdout for _ in range(2))
    assert once == again != told("simulate", scenario, "--json", "--seed", "8").stdout


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--without", "wong"], "no agent 'wong': did you mean 'wang'?"),
        (["--ill", "7"], "nobody is left"),
        (["--volume", "0"], "--volume must be more than 0"),
        (["--volume", "nan"], "--volume must be more than 0"),
        (["--what-if", "bussy"], "did you mean 'busy'?"),
        (["--language", "fr"], "language must be one of zh-CN, en"),
        (["-o", "/nowhere/at/all.svg"], "cannot be written"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_line(scenario: Path, words: list[str], part: str) -> None:
    said = told("simulate", scenario, "--days", "1", *words)
    assert said.exit_code == 1 and part in said.output and "Traceback" not in said.output


def test_a_scenario_with_a_mistake_is_shown_with_its_place(scenario: Path) -> None:
    scenario.write_text(DAY.replace("shift: morning, skills: {orders: 5}", "shift: mornin"))
    for command in ("simulate", "staff"):
        said = told(command, scenario)
        assert said.exit_code == 1
        assert "day.yaml:18:17: error: there is no shift 'mornin'" in said.output
        assert "did you mean 'morning'?" in said.output


# --- staff ----------------------------------------------------------------------------------------------


@pytest.fixture
def few_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulated as ever, with fewer calls."""
    whole = staff_steady.staff_steadily
    monkeypatch.setattr(staffing, "staff_steadily", lambda *asked: whole(*asked, 1500))


def test_how_many_agents_a_target_needs(scenario: Path, few_calls: None) -> None:
    asked = ["--calls", "30", "--per", "30m", "--aht", "180", "--patience", "60", "--target", "80/20"]
    said = told("staff", *asked, "--max-abandon", "15%", "--shrinkage", "30%")
    assert said.exit_code == 0, said.output
    assert "4 agents at the phones for 30 calls of 180 s in 30m" in said.output
    assert "6 to be scheduled, with 30 % shrinkage" in said.output
    found = json.loads(told("staff", *asked, "--json").stdout)
    assert found["model"] == "erlang_a" and found["load"] == pytest.approx(3)
    rows = {row["agents"]: row for row in found["by_agents"]}
    assert rows[found["agents"]]["simulated"]["service_level"] > 0.75


def test_agents_by_quarter_hour_of_a_scenario(scenario: Path) -> None:
    scenario.write_text(DAY.replace('{"09:00": 20, "10:30": 30}', '{"09:00": 3}'))
    said = told("staff", scenario, "--target", "70/30")
    assert said.exit_code == 0, said.output
    assert "70 % / 30 s" in said.output and "11:45" in said.output and "Agent hours a day" in said.output
    found = json.loads(told("staff", scenario, "--target", "70/30", "--json").stdout)["queues"]["orders"]
    assert len(found) == 12 and found[0]["planned"] == 7 and found[0]["agents"] in (1, 2, 3)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ([], "give a scenario, or --calls and --aht"),
        (["--calls", "30"], "give a scenario, or --calls and --aht"),
        (["--calls", "30", "--aht", "180", "--per", "soon"], "--per must be a time from 1m to 24h"),
        (["--calls", "30", "--aht", "180", "--target", "80"], "must be percent/seconds such as 80/20"),
        (["--calls", "30", "--aht", "180", "--target", "100/20"], "no number of agents answers every single"),
        (["--calls", "30", "--aht", "180", "--max-abandon", "5%"], "without a patience nobody abandons"),
        (["--calls", "30", "--aht", "180", "--max-occupancy", "85"], "must be a percentage such as 5%"),
        (["--calls", "30", "--aht", "180", "--shrinkage", "100%"], "must be less than 100 %"),
        (["--calls", "1000000", "--aht", "9999"], "more than 5000 agents would be needed"),
        (["--calls", "nan", "--aht", "180"], "--calls must be more than 0"),
        (["--calls", "30", "--aht", "180", "--patience", "0"], "--patience must be more than 0"),
    ],
)  # fmt: skip
def test_what_no_number_reaches_is_said(scenario: Path, words: list[str], part: str) -> None:
    said = told("staff", *words)
    assert said.exit_code == 1 and part in said.output.replace("\n", " ")


def test_an_impossible_target_is_told_in_chinese_too(scenario: Path) -> None:
    asked = ["--calls", "30", "--aht", "180", "--target", "100/20", "--language", "zh-CN"]
    assert "目标请设为 99% 或更低" in told("staff", *asked).output


def test_a_scenario_and_calls_are_one_too_many(scenario: Path) -> None:
    assert "give one or the other" in told("staff", scenario, "--calls", "30", "--aht", "180").output
