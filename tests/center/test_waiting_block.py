"""What callers are to hear in line is checked before one hears it: each mistake where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.calls.waiting_words import all_words
from callcenter.center.check import parse_center
from callcenter.center.diff import changes
from callcenter.center.model import Center
from callcenter.center.problems import Problem
from tests.center.test_bad_files import GOOD
from tests.center.told_in_chinese import lacking

PLAN = """\
    waiting:
      announce: {after: 20, every: 60, position_at_most: 3, wait_at_least: 60, wait_at_most: 300}
      messages:
        after: 30
        every: 45
        order: shuffled
        items:
          - {say: {zh-CN: 请稍候, en: Please hold on}}
          - audio: {zh-CN: tip.wav, en: tip.wav}
      offers:
        "1": {offer: callback, after: 40}
        "2": {offer: voicemail, mailbox: main, after: 60, every: null}
"""
WITH_PLAN = GOOD.replace("    dispositions: [solved]\n", "    dispositions: [solved]\n" + PLAN, 1) + (
    "mailboxes:\n  main: {name: {zh-CN: 留言, en: Messages}}\n"
)


def parsed(folder: Path, *edits: tuple[str, str]) -> tuple[Center | None, list[Problem]]:
    (folder / "tip.wav").write_bytes(b"RIFF")
    text = WITH_PLAN
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return parse_center(text.encode(), "center.yaml", flows=["hotline"], folder=folder)


def test_a_good_plan_has_no_problems(tmp_path: Path) -> None:
    center, problems = parsed(tmp_path)
    assert problems == []
    assert center is not None
    waiting = center.queues["orders"].waiting
    assert waiting.announce is not None and waiting.announce.after == 20
    assert [offer.offer for offer in waiting.offers.values()] == ["callback", "voicemail"]


@pytest.mark.parametrize(
    ("instead_of", "written", "line", "column", "message", "hint"),
    [
        ("mailbox: main", "mailbox: mian", 27, 42, "there is no mailbox 'mian'", "mean 'main'"),
        ("mailbox: main, ", "", 27, 9, "needs a 'mailbox'", "mailboxes: main"),
        ("callback, after: 40", "callback, mailbox: main", 26, 32, "for the offer 'voicemail' alone", ""),
        ('"2":', '"1":', 27, 9, "'1' stands twice", "line 26"),
        ('"2":', '"22":', 27, 9, "'22' cannot be a key here: must be one of the keys 0-9", ""),
        ("{offer: voicemail, mailbox: main", "{offer: callback", 27, 9, "offered on key 1 already", "remove"),
        ("offer: callback", "offer: calback", 26, 22, "'offer' cannot be 'calback'", "mean 'callback'"),
        ("{zh-CN: 请稍候, en: Please hold on}", "{en: Please hold on}", 23, 14, "no text in Chinese",
         "zh-CN"),
        ("{say: {zh-CN: 请稍候, en: Please hold on}}", "{say: {}}", 23, 13, "this message says nothing",
         "say"),
        ("zh-CN: tip.wav", "zh-CN: tipp.wav", 24, 28, "there is no file 'tipp.wav'", "mean 'tip.wav'"),
        ("zh-CN: tip.wav", "zh-CN: ../tip.wav", 24, 28, "is not inside the folder of the center", "copy"),
        ("wait_at_most: 300", "wait_at_most: 30", 17, 94, "less than 'wait_at_least'", ""),
        ("position_at_most: 3, wait_at_least: 60, wait_at_most: 300", "position: false, wait: false", 17, 7,
         "nothing is announced", "`position` or `wait`"),
        ("every: 45", "every: 4", 20, 16, "'every' must be at least 10", ""),
        ("order: shuffled", "order: random", 21, 16, "'order' cannot be 'random'", "listed, shuffled"),
        ("announce:", "anounce:", 17, 7, "unknown key 'anounce'", "mean 'announce'"),
    ],
)  # fmt: skip
def test_each_mistake_is_shown_where_it_stands(
    tmp_path: Path, instead_of: str, written: str, line: int, column: int, message: str, hint: str
) -> None:
    center, problems = parsed(tmp_path, (instead_of, written))
    assert center is None
    assert any(
        (p.line, p.column) == (line, column) and message in p.message and hint in p.hint for p in problems
    ), [p.render() for p in problems]
    assert lacking(problems) == []


@pytest.mark.parametrize(
    ("instead_of", "written", "message"),
    [
        ("en: Please hold on", "en: 请稍候", "the English (en) voice cannot say"),
        (", en: Please hold on", "", "there is no text in English"),
        ("after: 60, every: null", "after: 900", "nobody waits so long: 'max_wait_seconds' is 900"),
        ("after: 30", "after: 1000", "nobody waits so long"),
    ],
)
def test_what_is_only_strange_is_warned_of(
    tmp_path: Path, instead_of: str, written: str, message: str
) -> None:
    center, problems = parsed(tmp_path, (instead_of, written))
    assert center is not None
    assert [p.severity for p in problems] == ["warning"]
    assert message in problems[0].message
    assert lacking(problems) == []


def test_a_music_class_asterisk_would_not_take_is_refused(tmp_path: Path) -> None:
    _, problems = parsed(tmp_path, ("    waiting:", "    music: soft music\n    waiting:"))
    assert [p.message for p in problems] == ["'music' must be a music class: letters, digits, '_' and '-'"]


def test_an_edited_plan_is_told_in_words(tmp_path: Path) -> None:
    old, _ = parsed(tmp_path)
    new, _ = parsed(tmp_path, ("every: 60", "every: 90"))
    assert old is not None and new is not None
    assert [(c.what, c.detail) for c in changes(old, new)] == [
        ("queue orders", "waiting.announce.every: 60 → 90")
    ]


def test_all_that_may_be_heard_is_rendered_beforehand(tmp_path: Path) -> None:
    center, _ = parsed(tmp_path)
    assert center is not None
    heard = {(u.language, u.text or Path(u.audio).name) for u in all_words(center, tmp_path)}
    for wanted in [
        ("en", "You are next in line."), ("en", "You are third in line."), ("zh-CN", "您目前排在第三位。"),
        ("en", "We expect to answer you in about one minute."), ("zh-CN", "预计还需等待约五分钟。"),
        ("en", "Please hold on"), ("en", "tip.wav"), ("zh-CN", "留言请按二。"),
        ("en", "To be called back without losing your place in line, press one."),
    ]:  # fmt: skip
        assert wanted in heard
    assert ("en", "You are fourth in line.") not in heard
    assert ("en", "We expect to answer you in about six minutes.") not in heard
