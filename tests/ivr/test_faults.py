"""Odd flows, odd callers and odd answers: what could hang a call, tell a secret, or be lost."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from callcenter.calls.state import recall
from callcenter.calls.surroundings import frames_of
from callcenter.ivr.expressions import expression
from callcenter.ivr.library import FlowLibrary
from callcenter.ivr.steps import (
    AskKey,
    Fetched,
    HangUp,
    Pressed,
    Transferred,
)
from callcenter.storage.facts import Fact
from callcenter.storage.flow_walk import KINDS, walk

from .kit import Room, after, facts, flow_of, run_of, texts

BYE = {"type": "hangup", "say": {"zh-CN": "再见"}}
PIN = {"type": "collect", "into": "pin", "secret": True, "min_digits": 6, "max_digits": 6, "next": "after"}
SIX_KEYS = [Pressed(key) for key in "135790"]


def as_facts(run_facts: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Fact]:
    return [Fact(n, float(n), kind, "c", "", dict(data)) for n, (kind, data) in enumerate(run_facts, 1)]


@pytest.fixture
def at_once() -> Iterator[None]:
    """A test that hangs is ended."""

    def late(*_: object) -> None:
        raise TimeoutError("it hangs")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(10)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("places", (-(10**9), 10**9))
def test_rounding_to_places_without_end_takes_no_time(places: int) -> None:
    assert expression("round(amount, places)").value({"amount": 12345, "places": places}) in (0, 12345)


def test_a_secret_that_a_called_flow_returns_stands_in_no_error() -> None:
    asks = flow_of({"ask": PIN, "after": {"type": "return", "values": {"pin": "{pin}"}}}, "asks")
    run = run_of(
        {
            "get": {"type": "call", "flow": "asks", "into": "got", "next": "out"},
            "out": {"type": "transfer", "number": "x{got.pin}"},
        },
        asks,
    )
    after(run, *SIX_KEYS)
    told = run.take_happenings()
    assert "135790" not in str(told)
    assert any(kind == "ivr.failed" for kind, _ in told)


@pytest.mark.parametrize("more", ({"into": "all"}, {"map": {"card": "{answer.order.card}"}}))
def test_a_secret_that_another_system_gives_back_is_not_written_down(more: dict[str, object]) -> None:
    ask = {
        "type": "http", "url": "http://shop/", "method": "POST", "body": {"pin": "{pin}"}, "next": "bye",
    }  # fmt: skip
    run = run_of({"ask": PIN, "after": ask | more, "bye": BYE})
    step = after(run, *SIX_KEYS, Fetched(True, 200, {"order": {"card": "135790", "total": 5}}))
    assert isinstance(step, HangUp)
    assert "135790" not in str(run.take_happenings())


def test_secrets_handed_from_flow_to_flow_are_unknown_after_a_restart_not_dots() -> None:
    asks = flow_of(
        {
            "ask": PIN,
            "after": {
                "type": "call",
                "flow": "checks",
                "with": {"pin": "{pin}"},
                "into": "ok",
                "next": "back",
            },
            "back": {"type": "return", "values": {"pin": "{pin}", "ok": "{ok.good}"}},
        },
        "asks",
    )
    checks = flow_of(
        {
            "look": {"type": "menu", "keys": {"1": {"go": "back"}}, "say": {"zh-CN": "按一"}},
            "back": {"type": "return", "values": {"good": True}},
        },
        "checks",
    )
    main = flow_of({
        "get": {"type": "call", "flow": "asks", "into": "got", "next": "wait"},
        "wait": {"type": "menu", "keys": {"1": {"go": "bye"}}, "say": {"zh-CN": "按一"}},
        "bye": BYE,
    })  # fmt: skip
    flows = {"flow": main, "asks": asks, "checks": checks}
    run = run_of({"x": BYE}, room=Room(main, asks, checks))
    run = type(run)(main, Room(main, asks, checks))
    after(run, *SIX_KEYS)
    told = run.take_happenings()
    frames = frames_of(recall("c", as_facts(told)).places, main, flows)
    assert [frame.flow.id for frame in frames] == ["flow", "asks", "checks"]
    assert "pin" not in frames[2].values
    run.proceed(Pressed("1"))
    told += run.take_happenings()
    frames = frames_of(recall("c", as_facts(told)).places, main, flows)
    assert frames[0].values == {"got": {"ok": True}}


def test_a_call_back_is_promised_to_digits_only() -> None:
    run = run_of({"back": {"type": "callback", "queue": "orders", "number": "", "next": "bye"}, "bye": BYE})
    step = after(run, *(Pressed(key) for key in "138A12#"))
    assert isinstance(step, AskKey | HangUp)
    assert all(fact["ani"].isdigit() for fact in facts(run, "callback.wanted"))


@pytest.mark.parametrize("number", ("١٣٨٠", "１３８００", "+++", "1", "9" * 40))
def test_an_odd_number_is_not_offered_for_a_call_back(number: str) -> None:
    run = run_of(
        {"back": {"type": "callback", "queue": "orders", "next": "bye"}, "bye": BYE},
        caller={"number": number},
    )
    step = run.begin()
    assert isinstance(step, AskKey)
    assert texts(step) == texts(
        after(run_of({"back": {"type": "callback", "queue": "o", "number": "", "next": "b"}}))
    )


def test_callers_whose_transfer_was_answered_have_not_left_the_flow() -> None:
    run = run_of({"out": {"type": "transfer", "number": "02155551234"}})
    after(run)
    told = [("call.offered", {}), *run.take_happenings()]
    told += [
        ("transfer.started", {"number": "02155551234"}),
        ("transfer.ended", {"number": "02155551234", "result": "talked", "seconds": 5.0}),
        ("call.ended", {"outcome": "transferred", "by": "caller"}),
    ]
    assert isinstance(run.proceed(Transferred("talked")), HangUp)
    place, steps = None, []
    for fact in (fact for fact in as_facts(told) if fact.kind in KINDS):
        place, step = walk(place, fact)
        steps += [step] if step is not None else []
    assert [step.target for step in steps] == ["out"], "nobody left at the transfer"


def test_a_file_put_back_as_it_was_is_told_of(tmp_path: Path) -> None:
    good = "name: {en: F}\nlanguage: en\nstart: bye\nnodes:\n  bye: {type: hangup, say: {en: Bye}}\n"
    file = tmp_path / "f.yaml"
    file.write_text(good)
    library = FlowLibrary(tmp_path, lambda: None)
    library.reload()
    file.write_text(good + "  oops\n")
    assert [change.kind for change in library.reload_changed()] == ["rejected"]
    file.write_text(good)
    assert [change.kind for change in library.reload_changed()] == ["mended"], "pages show it as mended"
    assert library.reload_changed() == []


def test_a_fact_that_cannot_be_understood_costs_no_other_call_its_place() -> None:
    told: list[tuple[str, dict[str, Any]]] = [
        (
            "call.offered",
            {"leg_id": "1", "node": "n", "channel": "", "ani": "", "caller_name": "", "did": ""},
        ),
        ("ivr.entered", {"flow": "flow", "node": "main", "language": "en"}),
        ("ivr.set", {"variables": {"of": "another version"}}),
        ("ivr.node", {"flow": "flow", "node": "second", "type": "menu", "via": "next"}),
    ]
    assert recall("c", as_facts(told)).places[-1].node == "second"
