"""An admin edits in production: whatever the file holds, he is told what is wrong and where, all at once."""

from __future__ import annotations

import string
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.center.check import load_center, parse_center
from callcenter.center.model import Center
from callcenter.center.problems import Problem, has_errors

GOOD = """\
version: 1
name: {zh-CN: 商城, en: Mall}
numbers:
  - {did: "4001", name: {zh-CN: 热线, en: Hotline}, flow: hotline}
hours:
  office:
    weekly: {mon: ["09:00-12:00", "13:00-18:00"]}
    holidays: CN
skills:
  orders: {name: {zh-CN: 订单, en: Orders}}
queues:
  orders:
    name: {zh-CN: 订单, en: Orders}
    skills: {orders: 3}
    dispositions: [solved]
agents:
  wang: {name: 王伟, extension: "1001", skills: {orders: 5}}
dispositions:
  solved: {name: {zh-CN: 已解决, en: Solved}}
not_ready_reasons:
  lunch: {name: {zh-CN: 午餐, en: Lunch}, limit_minutes: 45, at_once: 2, at_limit: ready}
"""


def problems_of(text: str) -> list[Problem]:
    return parse_center(text.encode(), "center.yaml", flows=["hotline"])[1]


def the_problem(text: str) -> Problem:
    found = problems_of(text)
    assert len(found) == 1, [p.render() for p in found]
    return found[0]


def test_a_good_center_has_no_problems() -> None:
    center, problems = parse_center(GOOD.encode(), flows=["hotline"])
    assert problems == []
    assert isinstance(center, Center)
    assert center.queues["orders"].skills == {"orders": 3}


@pytest.mark.parametrize(
    ("instead_of", "written", "line", "column", "message", "hint"),
    [
        ("    skills: {orders: 3}", "    skils: {orders: 3}", 14, 5, "unknown key 'skils'", "mean 'skills'"),
        ('did: "4001"', "did: 0755123", 4, 11, "YAML reads this as a number", 'quotes: "0755123"'),
        ("skills: {orders: 3}", "skills: {order: 3}", 14, 14, "unknown skill 'order'", "mean 'orders'"),
        ("orders: 5", "orders: 11", 17, 56, "at most 10", ""),
        ("flow: hotline", "flow: hotlin", 4, 57, "no flow 'hotlin'", "mean 'hotline'"),
        ("[solved]", "[solvd]", 15, 20, "unknown disposition 'solvd'", "mean 'solved'"),
        ("holidays: CN", "holidays: XX", 8, 15, "no public holidays are known for 'XX'", "CN"),
        ('"13:00-18:00"', '"11:00-18:00"', 7, 35, "overlaps '09:00-12:00'", ""),
        ('"13:00-18:00"', '"22:00-06:00"', 7, 35, "ends before it begins", "24:00"),
        ("holidays: CN", 'time_zone: "Asia/Shangai"', 8, 16, "unknown time zone", "mean 'Asia/Shanghai'"),
        ("holidays: CN", 'closed: ["2026-02-30"]', 8, 14, "there is no day 2026-02-30", ""),
        ("mon:", "mond:", 7, 14, "'mond' cannot", "mean 'mon'"),
        ("name: {zh-CN: 商城, en: Mall}", "name: {en: Mall}", 2, 1, "no text in Chinese", "zh-CN"),
        ("version: 1", "version: 2", 1, 10, "cannot be '2'", "1"),
        ("wang:", "Wang:", 17, 3, "lower-case letters", ""),
        ("numbers:", "numbers: &a\n  - *a", 4, 5, "contains itself", ""),
        ("numbers:", "numbers: *", 3, 11, "must be in quotes", '"*"'),
        ("skills:\n  orders:", "skills:\n\torders:", 10, 1, "a tab", "spaces"),
        ("orders: 3", "orders: 3, orders: 4", 14, 25, "stands twice", "line 14"),
        ("version: 1", "version: !!python/object:os.system 1", 1, 10, "type tags", "quotes"),
        ("lunch:", "no_answer:", 21, 3, "'no_answer' is a reason the engine itself gives", "another id"),
        ("at_once: 2", "at_once: 1.5", 21, 69, "a whole number, or a share below 1", "0.2"),
        ("at_limit: ready", "at_limit: redy", 21, 82, "cannot be 'redy'", "mean 'ready'"),
        ("at_once: 2", "at_once: 0", 21, 69, "must be more than 0", ""),
        ("    skills: {o", "    wrap_up_seconds: 5\n    wrap_up: {}\n    skills: {o", 14, 5, "the same", ""),
        ("Mall}", "Mall", 3, 8, "expected ',' or '}'", "line 2 is not closed"),
    ],
)  # fmt: skip
def test_each_mistake_is_shown_where_it_stands(
    instead_of: str, written: str, line: int, column: int, message: str, hint: str
) -> None:
    assert instead_of in GOOD
    text = GOOD.replace(instead_of, written, 1)
    errors = [p for p in problems_of(text) if p.severity == "error"]
    assert any(
        (p.line, p.column) == (line, column) and message in p.message and hint in p.hint for p in errors
    ), [p.render() for p in errors]


def test_all_mistakes_come_at_once_also_cross_references_beside_misspelt_keys() -> None:
    text = GOOD.replace("holidays", "holliday").replace("orders: 3", "order: 3").replace("1001", "one")
    text += "  Bad id: {name: {zh-CN: 甲, en: A}}\nagent: 3\n"
    messages = " | ".join(p.message for p in problems_of(text))
    for part in (
        "'holliday'",
        "unknown skill 'order'",
        "an extension of 2 to 10 digits",
        "'Bad id'",
        "key 'agent'",
    ):
        assert part in messages


def test_a_supervisors_phone_is_nobody_elses_and_his_name_one_that_signs_in() -> None:
    def supervised(phones: str, listen: str = "silent") -> str:
        return f"{GOOD}\nsupervision: {{listen: {listen}, phones: {{{phones}}}}}\n"

    assert parse_center(supervised('sam: "1900"', "tone").encode())[0] is not None
    assert "extension 1001 is already that of 'wang'" in the_problem(supervised('sam: "1001"')).message
    assert (
        "extension 1900 is already that of 'sam'"
        in the_problem(supervised('sam: "1900", sue: "1900"')).message
    )
    assert "the name a user signs in with" in the_problem(supervised('"sam!": "1900"')).message
    assert "listen" in the_problem(supervised("", "loud")).message


def test_two_agents_cannot_have_one_extension_nor_two_numbers_one_did() -> None:
    text = GOOD.replace("agents:", 'agents:\n  li: {name: 李, extension: "1001", skills: {orders: 4}}')
    assert "extension 1001 is already that of 'li'" in the_problem(text).message
    text = GOOD.replace("hours:", '  - {did: "+4001", name: {zh-CN: 甲, en: A}, flow: hotline}\nhours:', 1)
    assert "+4001 stands twice" in the_problem(text).message


def test_what_comes_at_a_limit_where_there_is_none_is_a_warning() -> None:
    problem = the_problem(GOOD.replace("limit_minutes: 45, ", ""))
    assert (problem.severity, problem.line) == ("warning", 21)
    assert "there is none" in problem.message


def test_a_queue_nobody_can_serve_is_a_warning_and_the_center_still_loads() -> None:
    text = GOOD.replace("orders: 5", "orders: 2")
    center, problems = parse_center(text.encode(), flows=["hotline"])
    assert center is not None
    assert [(p.severity, p.line) for p in problems] == [("warning", 12)]
    assert "no agent can serve queue 'orders'" in problems[0].message


def test_values_that_other_yaml_tools_read_otherwise_are_warned_of() -> None:
    problem = the_problem(GOOD.replace("en: Orders}}", "en: no}}"))
    assert problem.severity == "warning"
    assert '"no"' in problem.hint


def test_a_problem_is_rendered_as_a_compiler_does_with_the_caret_under_the_word_also_after_chinese() -> None:
    problem = the_problem(GOOD.replace("王伟, extension:", "王伟, extention:").replace('"1001"', '"1001"', 1))
    shown = problem.render().splitlines()
    assert shown[0].startswith("center.yaml:17:20: error: ")
    line, caret = shown[1], shown[2]
    before = line[: line.index("extention")]
    assert len(caret) - 1 == len(before) + sum(char in "王伟" for char in before)


def test_a_file_from_a_windows_editor_is_read_or_refused_with_advice(tmp_path: Path) -> None:
    file = tmp_path / "center.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    center, problems = load_center(file)
    assert center is not None and problems == []
    file.write_bytes(GOOD.encode("gbk"))
    center, problems = load_center(file)
    assert center is None and problems[0].line == 2 and "UTF-8" in problems[0].hint
    file.write_bytes(GOOD.encode("utf-16"))
    assert "UTF-16" in load_center(file)[1][0].message


def test_what_is_no_file_or_too_large_is_said_plainly(tmp_path: Path) -> None:
    assert "no such file" in load_center(tmp_path / "center.yaml")[1][0].message
    assert "not a file" in load_center(tmp_path)[1][0].message
    large = tmp_path / "large.yaml"
    large.write_bytes(b"# " + b"x" * 2_000_001)
    assert "larger than 2 MB" in load_center(large)[1][0].message
    assert "the file is empty" in parse_center(b"")[1][0].message
    assert "the file is empty" in parse_center(b"# nothing\n")[1][0].message
    assert "'key: value'" in parse_center(b"- a\n")[1][0].message


@pytest.mark.parametrize(
    "bomb",
    [
        b"a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        + b"".join(b"a%d: &a%d [%s]\n" % (n + 1, n + 1, b", ".join([b"*a%d" % n] * 9)) for n in range(12)),
        b"[" * 500_000,
        b"{" * 500_000,
        b"- " * 200_000,
        b"a: " + b"9" * 500_000,
        b'"' + b"\\x41" * 200_000 + b'": 1',
    ],
    ids=["billion-laughs", "brackets", "braces", "dashes", "digits", "escapes"],
)
def test_a_file_made_to_hurt_is_refused_quickly(bomb: bytes) -> None:
    began = time.monotonic()
    center, problems = parse_center(bomb)
    assert center is None
    assert has_errors(problems)
    assert time.monotonic() - began < 10


def test_a_terminal_cannot_be_attacked_through_a_shown_line() -> None:
    problem = Problem("c.yaml", 1, 1, "error", "bad", source_line="\x1b[31mred\x07 \u202e")
    assert "\x1b" not in problem.render() and "\x07" not in problem.render()


def test_a_garbage_file_does_not_drown_the_reader() -> None:
    text = GOOD + "".join(f"junk{n}: 1\n" for n in range(5000))
    problems = problems_of(text)
    assert len(problems) == 101
    assert "more problems than are shown" in problems[-1].message


PIECES = [
    *(
        "version: 1\n",
        "queues:\n",
        "  orders:\n",
        "    skills: {orders: 3}\n",
        "- ",
        "&a ",
        "*a ",
        ": ",
        "? ",
        "!!int ",
    ),
    *("'", '"', "|\n", ">-\n", "\t", "{", "}", "[", "]", "<<: *a\n", "---\n", "...\n", "#", "%YAML 1.1\n"),
    *("\ufeff", "\x85", "\u2028", "name: {zh-CN: 甲}\n", "numbers: [{did: 1}]\n", "agents: {a: {}}\n"),
    "hours: {x: {weekly: {mon: [1, '09:00-08:00']}, open: {2026-13-01: []}}}\n",
]
YAML_TEXTS = st.lists(
    st.one_of(st.sampled_from(PIECES), st.text(max_size=6), st.text(string.printable, max_size=6)),
    max_size=25,
).map("".join)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.binary(max_size=200), YAML_TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass"))))
def test_any_bytes_give_a_center_or_problems_with_places(data: bytes) -> None:
    center, problems = parse_center(data)
    assert (center is None) == has_errors(problems)
    for problem in problems:
        assert problem.line >= 0 and problem.column >= 0
        assert problem.render().startswith("center.yaml")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_good_center_with_some_bytes_changed_never_fails_otherwise_than_by_problems(
    data: st.DataObject,
) -> None:
    content = bytearray(GOOD.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            del content[place : place + data.draw(st.integers(1, 12))]
        else:
            content[place:place] = data.draw(
                st.one_of(st.binary(max_size=3), st.sampled_from([b": ", b"\n", b"- ", b"*a", b"{"]))
            )
    center, problems = parse_center(bytes(content), flows=["hotline"])
    assert (center is None) == has_errors(problems)
