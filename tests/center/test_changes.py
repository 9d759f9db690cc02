"""Before an edit is put in force, the admin reads what it changes."""

from __future__ import annotations

from pathlib import Path

from callcenter.center.check import load_center, parse_center
from callcenter.center.diff import Change, changes
from callcenter.center.model import Center

DEMO = Path(__file__).parents[2] / "center.yaml"


def edited(*edits: tuple[str, str]) -> Center:
    text = DEMO.read_text()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    center, problems = parse_center(text.encode())
    assert center is not None, [p.render() for p in problems]
    return center


def test_the_same_file_changes_nothing() -> None:
    assert changes(edited(), edited()) == []


def test_a_new_agent_a_longer_wrap_up_a_renamed_queue_and_a_dropped_number_are_told_in_words() -> None:
    after = edited(
        ("agents:\n", 'agents:\n  heping: {name: 何平, extension: "1009", skills: {orders: 3}}\n'),
        ("wrap_up_seconds: 20", "wrap_up_seconds: 45"),
        ("en: VIP line", "en: Gold line"),
        ("  lina: {name: 李娜, extension: \"1002\", skills: {orders: 7, refunds: 4}}\n", ""),
        ("zhangmin: {name: 张敏, extension: \"1003\", skills: {orders: 5}}",
         "zhangmin: {name: 张敏, extension: \"1003\", skills: {orders: 6, vip: 2}}"),
        ("time_zone: Asia/Shanghai", "time_zone: Asia/Hong_Kong"),
    )  # fmt: skip
    assert changes(edited(), after) == [
        Change("center", "changed", "time_zone: Asia/Shanghai → Asia/Hong_Kong"),
        Change("queue orders", "changed", "wrap_up_seconds: 20 → 45"),
        Change("queue vip", "changed", "name.en: VIP line → Gold line"),
        Change("agent lina", "removed"),
        Change("agent heping", "added", "何平"),
        Change("agent zhangmin", "changed", "skills.orders: 5 → 6; skills.vip added: 2"),
    ]


def test_the_demo_center_has_no_problems_not_even_warnings() -> None:
    center, problems = load_center(
        DEMO, flows=[path.stem for path in (DEMO.parent / "ivr_flows").glob("*.yaml")]
    )
    assert problems == []
    assert center is not None
    assert sorted(agent.extension for agent in center.agents.values()) == [str(n) for n in range(1001, 1009)]
