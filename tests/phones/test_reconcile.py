"""The account at the end of a demo run: what does not agree is named, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from callcenter.center.check import load_center
from callcenter.center.model import Center
from callcenter.demo.accounts import Books, CdrRecord, JournalCall, RecordingFile
from callcenter.demo.sipp import CallerResult
from callcenter.demo.sipp_phones import PhoneCall
from callcenter.demo.summary import judge
from callcenter.storage.projection import CallRow

T = 1_795_324_566.0


@pytest.fixture(scope="module")
def center() -> Center:
    center, _ = load_center(Path(__file__).parents[2] / "center.yaml")
    assert center is not None
    return center


def given_an_answered_call() -> tuple[Books, list[CallerResult], list[PhoneCall]]:
    """Lina talks ten seconds with a caller."""
    row = CallRow(
        id="20261122-1", at=T, ended_at=T + 20, ani="138", did="4008001234", queue="orders", agent="lina",
        talk_seconds=10.0, answered_at=T + 10, outcome="answered", recording="a.wav",
    )  # fmt: skip
    call = JournalCall(row, "leg-1", 1, ("answered",))
    cdr = CdrRecord(
        "leg-1", "leg-1", "138", "PJSIP/callcenter-trunk-1", "PJSIP/1002-1", T, T + 20, 20, "ANSWERED"
    )
    books = Books([call], [cdr], {"a.wav": RecordingFile(2, 9.9, (3000, 3000))})
    caller = CallerResult("call-1", "4008001234", "138", "", T, T, T + 20, "far")
    return books, [caller], [PhoneCall("1002", "p", T + 8, T + 10, T + 20, "near")]


def test_a_call_all_agree_on_is_accounted_for(center: Center) -> None:
    books, callers, phones = given_an_answered_call()
    verdict = judge(books, callers, phones, center)
    assert verdict.whole and verdict.accounted == 1 and verdict.recordings == 1


def changed(books: Books, **values: object) -> Books:
    call = books.calls[0]
    return replace(books, calls=[replace(call, row=call.row._replace(**values))])


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("two ends", "2 ends"),
        ("no end", "0 ends"),
        ("no outcome", "no outcome"),
        ("abandoned by the journal", "the journal says abandoned, the CDR ANSWERED"),
        ("another agent", "wangwei talked, by the CDR 1002"),
        ("talk too long", "talked 13.0 s, by the phone 10.0 s"),
        ("no recording", "no recording"),
        ("recording gone", "is not there"),
        ("one track", "1 track"),
        ("silent caller", "nothing is heard of the caller"),
        ("short recording", "the recording lasts 3.0 s"),
        ("no CDR", "no CDR"),
        ("not in the journal", "not in the journal"),
        ("nobody made it", "nobody made it"),
        ("CDR alone", "in the CDR, but not in the journal"),
        ("lost on the wire", "on the wire it was lost"),
    ],
)
def test_what_does_not_agree_is_named(center: Center, what: str, says: str) -> None:
    books, callers, phones = given_an_answered_call()
    call = books.calls[0]
    match what:
        case "two ends":
            books.calls = [replace(call, ends=2)]
        case "no end":
            books.calls = [replace(call, ends=0)]
        case "no outcome":
            books = changed(books, outcome="")
        case "abandoned by the journal":
            books = changed(books, outcome="abandoned")
        case "another agent":
            books = changed(books, agent="wangwei")
        case "talk too long":
            books = changed(books, talk_seconds=13.0)
        case "no recording":
            books = changed(books, recording="")
        case "recording gone":
            books.recordings = {}
        case "one track":
            books.recordings = {"a.wav": RecordingFile(1, 10.0, (3000, 3000))}
        case "silent caller":
            books.recordings = {"a.wav": RecordingFile(2, 10.0, (3, 3000))}
        case "short recording":
            books.recordings = {"a.wav": RecordingFile(2, 3.0, (3000, 3000))}
        case "no CDR":
            books.cdr = []
        case "not in the journal":
            books.calls = []
        case "nobody made it":
            callers = []
        case "CDR alone":
            books.cdr.append(replace(books.cdr[0], leg_id="leg-2", linked_id="leg-2"))
        case "lost on the wire":
            callers[0].how = "lost"
    verdict = judge(books, callers, phones, center)
    assert not verdict.whole
    assert any(says in text for _, text in verdict.odd), verdict.odd
