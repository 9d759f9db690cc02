"""A variable that may have no value yet is found by the checker, on whatever way it is come to."""

from __future__ import annotations

from pathlib import Path

from callcenter.ivr.check import parse_flow

HEAD = "version: 1\nname: {zh-CN: 一, en: One}\nlanguage: en\n"


def warned(nodes: str, head: str = "") -> list[str]:
    """The warnings about missing values: where, and of what."""
    text = f"{HEAD}{head}start: a\nnodes:\n{nodes}  bye: {{type: hangup}}\n"
    flow, problems = parse_flow(text.encode(), Path("one.yaml"))
    assert flow is not None, [p.render() for p in problems]
    return [f"{p.line}: {p.message}" for p in problems if "no value here yet" in p.message]


COUNT = "  a: {type: set, values: {tries: '{tries + 1}'}, next: bye}\n"


def test_a_count_that_begins_nowhere() -> None:
    assert warned(COUNT) == ["6: 'tries' may have no value here yet"]
    assert warned(COUNT, "variables: {tries: 0}\n") == []


def test_digits_that_were_never_keyed_in() -> None:
    failed = (
        "  a: {type: collect, say: {en: Number}, into: number, next: b, on_failed: c}\n"
        "  b: {type: say, say: {en: 'Thanks, {number|digits}'}, next: c}\n"
        "  c: {type: say, say: {en: 'Your number {number|digits}'}, next: bye}\n"
    )
    assert warned(failed) == ["8: 'number' may have no value here yet"]
    assert warned(failed.replace("on_failed: c", "on_failed: bye")) == []


def test_both_ways_set_it_and_one_value_follows_the_other() -> None:
    nodes = (
        "  a: {type: if, when: caller.number == '1', then: b, else: c}\n"
        "  b: {type: set, values: {x: one, y: '{x} more'}, next: d}\n"
        "  c: {type: set, values: {x: two}, next: d}\n"
        "  d: {type: if, when: x == 'one', then: a, else: bye}\n"
    )
    assert warned(nodes) == []
    assert warned(nodes.replace("{x: two}", "{z: two}")) == ["9: 'x' may have no value here yet"]
