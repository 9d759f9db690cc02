"""An admin in China reads in Chinese what is wrong with his files: every message and hint, none forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import ruamel.yaml
from hypothesis import given
from hypothesis import strategies as st

import callcenter
from callcenter.center.check import LANGUAGE_NAMES, parse_center
from callcenter.center.problem_words import _HOLE, all_phrases, in_chinese
from callcenter.center.problems import Problem, did_you_mean
from callcenter.center.source import parse_document
from callcenter.center.validate import _PATTERNS
from callcenter.ivr import fields
from callcenter.ivr.check import parse_flow
from tests.center.test_bad_files import GOOD as GOOD_CENTER
from tests.center.told_in_chinese import NAME, choices, is_chinese, lacking, raised, sayings

PACKAGE = Path(callcenter.__file__).parent
READER = Path(ruamel.yaml.__file__).parent
CHECKERS = sorted(
    [
        *PACKAGE.glob("center/*.py"),
        *PACKAGE.glob("ivr/*.py"),
        *PACKAGE.glob("ivr/nodes/*.py"),
        PACKAGE / "speech" / "command_template.py",
        PACKAGE / "planning" / "check.py",
    ]
)
WHAT_FLOWS_NAME = [
    marker.what
    for name, marker in vars(fields).items()
    if name.endswith("Ref") and marker not in (fields.NodeRef, fields.HoursRef)
]
COMPOSED = {
    # what a value is, behind its name
    "f\"'{label}' {message}\" if label else message": ["'x1' is empty", "is empty"],
    "f\"'{name}' cannot be a key here: {message}\"": ["'x1' cannot be a key here: must be a text"],
    "f\"must be {_PATTERNS.get(str(context.get('pattern')), 'of another form')}\"": [
        "must be of another form", *(f"must be {meant}" for meant in _PATTERNS.values())
    ],
    "f\"'{name}' is missing{owner}\"": ["'x1' is missing", "'x1' is missing in 'x2'"],
    # expressions
    "f\"'{text[:60]}' {error}\"": ["'x1' cannot be read as an expression"],
    "f\"'{text.strip()[:60]}' {error}\"": ["'x1' only functions can be called"],
    # what a flow refers to
    "f\"'{word}' is said for {where} already\"": ["'x1' is said for 'x1' already"],
    "f\"there {verb} {what} '{value}'\"": [
        "there are no hours 'x1'", *(f"there is no {what} 'x1'" for what in WHAT_FLOWS_NAME)
    ],
    "f\"callers in {told} come to '{name}', but there {verb} in it\"": [
        f"callers in {language} come to 'x1', but there {verb} in it"
        for language in LANGUAGE_NAMES.values()
        for verb in ("is no text", "are no words")
    ],
}  # fmt: skip
"""Sentences put together from others: how they are written, and samples of what comes of it."""


def every_saying() -> Iterator[tuple[str, str]]:
    for file in CHECKERS:
        for written, samples in sayings(file).items():
            for sample in COMPOSED.get(written, samples):
                yield f"{file.relative_to(PACKAGE)}: {written}", sample


def test_each_message_and_hint_of_the_checkers_source_has_chinese() -> None:
    said = list(every_saying())
    assert len(said) > 150, "they are not found any more where they were"
    forgotten = [f"{where} ({sample})" for where, sample in said if not is_chinese(sample)]
    assert forgotten == [], "add them to center/problem_phrases.py or center/flow_phrases.py"
    for where, sample in said:
        assert in_chinese(sample).count(NAME) == sample.count(NAME), (where, in_chinese(sample))


def test_every_composed_sentence_is_still_written_so() -> None:
    written = {each for file in CHECKERS for each in sayings(file)}
    assert set(COMPOSED) - written == set()


def test_all_that_the_yaml_reader_says_has_chinese() -> None:
    said = [text for name in ("scanner.py", "parser.py") for text in raised(READER / name)]
    assert len(said) > 30
    assert [text for text in said if not is_chinese(text)] == []


def test_what_there_is_to_choose_from_is_said_in_chinese() -> None:
    plurals = {"hours": "hours", "emergency switch": "emergency switches", "mailbox": "mailboxes"}
    for what in ("hours", *WHAT_FLOWS_NAME):
        for hint in choices(plurals.get(what, f"{what}s")):
            assert is_chinese(hint), hint
    assert in_chinese(did_you_mean("zzz", ["orders", "sales"], "queues")) == "现有的队列：orders, sales"
    assert in_chinese(did_you_mean("zzz", [], "queues")) == "现有的队列：还一个都没有"


@pytest.mark.parametrize(("english", "chinese"), sorted(set(all_phrases())))
def test_no_sentence_is_taken_for_another_and_each_keeps_what_it_names(english: str, chinese: str) -> None:
    names = {name: f"n{number}" for number, name in enumerate(_HOLE.findall(english))}
    assert set(names) == set(_HOLE.findall(chinese))
    said = _HOLE.sub(lambda hole: names[hole[1]], english)
    assert in_chinese(said) == _HOLE.sub(lambda hole: names[hole[1]], chinese)


def test_a_mistake_reads_as_an_admin_would_say_it() -> None:
    center, _ = parse_center(GOOD_CENTER.encode())
    flow = """\
name: {zh-CN: 热线, en: Hotline}
language: zh-CN
start: menu
nodes:
  menu:
    type: menu
    say: {zh-CN: "您好{custmer.name}"}
    keys: {"11": {go: orders}, "2": {go: order}}
    timeout_seconds: 90
  orders: {type: queue, queue: order, skills: {vipp: 3}}
  office: {type: hours, hours: ofice, switch: fire, emergency: menu, open: menu, closed: menu}
  lost: {type: if, when: tries = 3, then: orders, else: orders}
  stuck: {type: say, say: {zh-CN: 您好}}
"""
    _, problems = parse_flow(flow.encode(), Path("/nowhere/hotline.yaml"), center)
    assert [(p.line, in_chinese(p.message), in_chinese(p.hint)) for p in problems] == [
        (7, "这个流程里没有变量 'custmer'", "您要写的是 'customer' 吗？"),
        (8, "'11' 不能用作这里的键：必须是按键 0-9、*、# 之一，并加引号", ""),
        (8, "没有节点 'order'", "您要写的是 'orders' 吗？"),
        (9, "'timeout_seconds' 不能大于 60", ""),
        (10, "没有队列 'order'", "您要写的是 'orders' 吗？"),
        (10, "没有技能 'vipp'", "现有的技能：orders"),
        (11, "没有营业时间 'ofice'", "您要写的是 'office' 吗？"),
        (11, "没有应急开关 'fire'", "现有的应急开关：还一个都没有"),
        (12, "'tries = 3' 不是正确的表达式；比较是否相等请写 ==", ""),
        (
            13,
            "'stuck' 中缺少 'next'",
            "走到这里就没有下一步了：请写明下一个节点；要结束通话，请转到 hangup 类型的节点",
        ),
    ]


def test_a_quotation_mark_that_is_never_closed_is_shown_where_it_begins() -> None:
    _, [problem] = parse_document(b'name: "Mall\nversion: 1\n', "center.yaml")
    assert (problem.line, problem.column) == (1, 7)
    assert in_chinese(problem.message) == "这个引号没有闭合"
    assert in_chinese(problem.hint) == "请补上另一半引号"


def test_the_pages_get_both_languages_and_what_is_unknown_stays_english() -> None:
    problem = Problem("center.yaml", 3, 1, "error", "there is no queue 'vip'", "did you mean 'vips'?")
    told = problem.as_dict()
    assert (told["message"], told["message_zh"]) == ("there is no queue 'vip'", "没有队列 'vip'")
    assert (told["hint"], told["hint_zh"]) == ("did you mean 'vips'?", "您要写的是 'vips' 吗？")
    assert Problem.from_dict(told) == problem
    assert in_chinese("the moon is full") == "the moon is full"
    assert in_chinese("") == ""


def test_a_problem_is_rendered_in_chinese_for_a_chinese_terminal() -> None:
    problem = Problem("c.yaml", 1, 10, "error", "'level' must be at most 10", "queues: a, b", "{level: 11}")
    assert problem.render(chinese=True).splitlines() == [
        "c.yaml:1:10: 错误：'level' 不能大于 10",
        "    {level: 11}",
        "             ^",
        "    提示：现有的队列：a, b",
    ]


@given(st.text(max_size=40))
def test_names_stay_as_they_are_whatever_they_are(name: str) -> None:
    assert in_chinese(f"there is no node '{name}'") == f"没有节点 '{name}'"
    assert in_chinese(f"'{name}' stands twice") == f"'{name}' 重复出现"
    assert in_chinese(name) == name or is_chinese(name)


def test_the_stories_problems_that_lack_chinese_are_noticed() -> None:
    assert lacking([Problem("f", 1, 1, "error", "the moon is full", "look up")]) == [
        "the moon is full", "look up"
    ]  # fmt: skip
