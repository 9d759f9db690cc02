"""A flow with mistakes: all are found, each where it stands."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from callcenter.center.check import load_center, parse_center
from callcenter.center.model import Center
from callcenter.center.problems import Problem
from callcenter.ivr.check import load_flows, parse_flow
from callcenter.ivr.model import flow_schema
from callcenter.ivr.nodes import NODE_TYPES
from tests.center.test_bad_files import GOOD as GOOD_CENTER

ROOT = Path(__file__).parents[2]
GOOD = """\
version: 1
name: {zh-CN: 热线, en: Hotline}
language: zh-CN
start: open
nodes:
  open: {type: hours, hours: office, open: welcome, closed: bye}
  welcome: {type: say, say: {zh-CN: 您好, en: Hello}, next: menu}
  menu:
    type: menu
    say: {zh-CN: 请按一, en: Press one}
    keys:
      "1": {go: orders, label: {zh-CN: 订单, en: Orders}}
      "9": {go: menu, language: en}
    on_timeout: orders
  orders: {type: queue, queue: orders, on_max_wait: message}
  message: {type: voicemail, say: {zh-CN: 请留言, en: Leave a message}}
  bye: {type: hangup, say: {zh-CN: 再见}}
"""

SAY_WHY = "type: record, say: {zh-CN: 请说, en: Speak}, into: why, next: menu"


@pytest.fixture(scope="module")
def center() -> Center:
    center, _ = parse_center(GOOD_CENTER.encode())
    assert center is not None
    return center


def problems_of(text: str, center: Center | None, folder: Path = ROOT) -> list[Problem]:
    return parse_flow(text.encode(), folder / "hotline.yaml", center)[1]


def test_a_good_flow_has_no_problems(center: Center) -> None:
    flow, problems = parse_flow(GOOD.encode(), ROOT / "hotline.yaml", center)
    assert problems == []
    assert flow is not None and flow.id == "hotline" and flow.overflow_queue == "orders"


@pytest.mark.parametrize(
    ("instead_of", "written", "line", "column", "message", "hint"),
    [
        ("next: menu", "next: mneu", 7, 59, "there is no node 'mneu'", "mean 'menu'"),
        ("go: orders", "go: order", 12, 17, "there is no node 'order'", "mean 'orders'"),
        ("start: open", "start: opne", 4, 8, "there is no node 'opne'", "mean 'open'"),
        ("start: open\n", "", 1, 1, "'start' is missing", ""),
        ("queue: orders", "queue: order", 15, 32, "there is no queue 'order'", "mean 'orders'"),
        ("hours: office", "hours: ofice", 6, 30, "there are no hours 'ofice'", "mean 'office'"),
        ("type: say", "type: syy", 7, 19, "unknown type 'syy'", "mean 'say'"),
        ("type: say, ", "", 7, 3, "'welcome' has no 'type'", "type: say"),
        (", next: menu", "", 7, 3, "'next' is missing in 'welcome'", "dead end"),
        ("next: menu", "nxt: menu", 7, 53, "unknown key 'nxt'", "mean 'next'"),
        (", en: Press one", "", 10, 5, "callers in English (en) come to 'menu'", "add `en: …`"),
        ('"1":', '"11":', 12, 7, "'11' cannot be a key here: must be one of the keys 0-9", ""),
        ('"9":', '"1":', 13, 7, "'1' stands twice", "line 12"),
        ("on_timeout: orders", "timeout_seconds: 90", 14, 22, "at most 60", ""),
        ("say: {zh-CN: 您好, en: Hello}", "audio: {zh-CN: no.wav}", 7, 39, "there is no file 'no.wav'", ""),
        ("say: {zh-CN: 您好, en: Hello}", "audio: {zh-CN: ../etc/passwd}", 7, 39, "not inside the", ""),
        ("say: {zh-CN: 您好, en: Hello}", "say: {}", 7, 3, "'welcome' says nothing", "say"),
        ("next: menu", "next: welcome", 7, 3, "a loop without an exit or a key press", "hangup"),
    ],
)  # fmt: skip
def test_each_mistake_is_an_error_where_it_stands(
    center: Center, instead_of: str, written: str, line: int, column: int, message: str, hint: str
) -> None:
    assert instead_of in GOOD
    errors = [p for p in problems_of(GOOD.replace(instead_of, written, 1), center) if p.severity == "error"]
    assert any(
        (p.line, p.column) == (line, column) and message in p.message and hint in p.hint for p in errors
    ), [p.render() for p in errors]


@pytest.mark.parametrize(
    ("instead_of", "written", "line", "message"),
    [
        ("next: menu", "next: orders", 8, "no way leads to 'menu'"),
        ("on_timeout: orders", "on_timeout: menu", 8, "a caller who presses nothing goes round for ever"),
        ("label: {zh-CN: 订单, en: Orders}", "label: {zh-CN: 订单}", 12, "the label has no text in English"),
        ("    say: {zh-CN: 请按一, en: Press one}\n", "", 8, "the menu 'menu' says nothing"),
        (
            "next: menu",
            f"next: why}}\n  why: {{{SAY_WHY}, label: {{en: Why}}",
            8,
            "the label has no text in Chinese",
        ),
        ("en: Hello", "en: Hello 您好", 7, "the English (en) voice cannot say 您"),
        ("closed: bye", "closed: night", 6, "callers go round here until hours or values change"),
    ],
)
def test_what_is_odd_but_harmless_is_a_warning_and_the_flow_loads(
    center: Center, instead_of: str, written: str, line: int, message: str
) -> None:
    assert instead_of in GOOD
    text = GOOD.replace(instead_of, written, 1)
    if "night" in written:
        text += "  night: {type: say, say: {zh-CN: 请稍候}, next: open}\n"
    flow, problems = parse_flow(text.encode(), ROOT / "hotline.yaml", center)
    assert flow is not None, [p.render() for p in problems]
    assert any(p.line == line and message in p.message and p.severity == "warning" for p in problems), (
        problems
    )


def test_menus_that_only_lead_to_each_other_are_an_error(center: Center) -> None:
    text = GOOD.replace("go: orders", "go: menu").replace("on_timeout: orders", "on_timeout: other")
    text += "  other: {type: say, say: {zh-CN: 请选择, en: Choose}, next: menu}\n"
    messages = [p.message for p in problems_of(text, center)]
    assert any("presses nothing goes round" in m for m in messages)
    assert not any(m.startswith("a loop") for m in messages)


def test_all_mistakes_come_at_once(center: Center) -> None:
    text = GOOD.replace("queue: orders", "queue: order").replace("next: menu", "next: mneu")
    text = text.replace("timeout:", "timeuot:").replace("type: voicemail", "type: voice")
    messages = " | ".join(p.message for p in problems_of(text, center))
    for part in ("no queue 'order'", "no node 'mneu'", "'on_timeuot'", "unknown type 'voice'"):
        assert part in messages
    assert "no node 'message'" not in messages, "it is there, only its type is misspelt"


def test_a_number_that_begins_in_english_needs_english_texts_from_the_first_node(center: Center) -> None:
    english = center.model_copy(update={"numbers": [center.numbers[0].model_copy(update={"language": "en"})]})
    assert any("English (en) come to 'bye'" in p.message for p in problems_of(GOOD, english))


def test_a_file_name_that_no_number_could_refer_to_is_refused() -> None:
    assert "cannot be called" in parse_flow(GOOD.encode(), Path("My Flow.yaml"))[1][0].message


def test_the_demos_flows_have_no_problems_not_even_warnings() -> None:
    center, _ = load_center(ROOT / "center.yaml")
    flows, problems = load_flows(ROOT / "ivr_flows", center)
    assert problems == []
    assert "hotline" in flows


def test_editors_get_a_schema_with_every_node_type_and_explanations() -> None:
    schema = flow_schema()
    kinds = schema["properties"]["nodes"]["patternProperties"].popitem()[1]["discriminator"]["mapping"]
    assert set(kinds) == {get_args(kind.model_fields["type"].annotation)[0] for kind in NODE_TYPES}
    assert schema["$defs"]["MenuNode"]["properties"]["on_timeout"]["description"]
