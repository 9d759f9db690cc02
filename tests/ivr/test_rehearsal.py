"""Pretended callers: the `tests:` of flow files, and a person who rehearses a flow key by key."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.center.check import load_center
from callcenter.center.model import Center
from callcenter.ivr.check import load_flows
from callcenter.ivr.model import Flow
from callcenter.ivr.rehearsal import Setting, Transcript, hours_of, rehearse, run_test
from callcenter.ivr.scripted import FlowTest
from tests.ivr.kit import flow_of

ROOT = Path(__file__).parents[2]
A_MONDAY = datetime(2026, 3, 2, 10, 0)


def _shipped() -> tuple[Center, dict[str, Flow]]:
    center, _ = load_center(ROOT / "center.yaml")
    assert center is not None
    return center, load_flows(ROOT / "ivr_flows", center)[0]


CENTER, SHIPPED = _shipped()
SCRIPTED = [(flow.id, test) for flow in SHIPPED.values() for test in flow.file.tests]


@pytest.mark.parametrize(
    ("flow", "test"), [pytest.param(flow, test, id=f"{flow}: {test.name}") for flow, test in SCRIPTED]
)
def test_the_scripted_callers_of_the_shipped_flows_get_what_they_should(flow: str, test: FlowTest) -> None:
    result = run_test(SHIPPED[flow], test, SHIPPED, hours_of(CENTER))
    assert result.ok, "\n".join([*result.failures, *result.transcript.heard()])


def test_each_shipped_flow_has_scripted_callers() -> None:
    assert {flow for flow, _ in SCRIPTED} == set(SHIPPED)
    assert len(SHIPPED) >= 6


def test_a_thousand_callers_are_rehearsed() -> None:
    told = {
        tuple(run_test(SHIPPED[flow], test, SHIPPED, hours_of(CENTER)).transcript.path)
        for flow, test in (SCRIPTED * 30)[:1000]
    }
    assert len(told) <= len(SCRIPTED), "the same caller gets the same each time"


# --- what is told when a test fails ------------------------------------------------------------------

SHOP = flow_of(
    {
        "main": {
            "type": "menu",
            "say": {"zh-CN": "订单请按一，留言请按二。"},
            "keys": {"1": {"go": "orders"}, "2": {"go": "message"}, "3": {"go": "number"}},
            "on_timeout": "orders",
        },
        "number": {
            "type": "collect", "say": {"zh-CN": "请输入订单号。"}, "into": "order", "next": "ask",
            "on_failed": "orders",
        },
        "ask": {"type": "http", "url": "https://shop.example/{order}", "map": {"state": "{answer.state}"},
                "next": "tell", "on_error": "orders"},
        "tell": {"type": "say", "say": {"zh-CN": "状态：{state}。"}, "next": "main"},
        "orders": {"type": "queue", "queue": "orders", "on_max_wait": "message", "after_talk": "bye"},
        "message": {"type": "voicemail", "box": "main", "next": "bye"},
        "bye": {"type": "hangup", "say": {"zh-CN": "再见。"}},
    },
    "shop",
)  # fmt: skip


def failures(caller: list[str], **expect: Any) -> list[str]:
    test = FlowTest.model_validate({"name": "he", "caller": caller, "expect": expect})
    return list(run_test(SHOP, test, {}, lambda hours, at: True).failures)


@pytest.mark.parametrize(
    ("caller", "expect", "told"),
    [
        (["1"], {"path": ["main", "message"]}, "he never came to 'message'; his path: main → orders → bye"),
        (["1"], {"path": ["orders", "main"]}, "he never came to 'main'; his path: main → orders → bye"),
        (["1"], {"outcome": "voicemail main"}, "it ended with 'queue orders', not 'voicemail main'"),
        (["hangup"], {"outcome": "hangup"}, "it ended with 'left', not 'hangup'; his path: main"),
        (["2"], {"says": ["再见", "订单"]}, "he never heard '订单'; he heard: 订单请按一，留言请按二。 | "),
        (["1"], {"never_says": ["留言"]}, "he heard '留言'"),
        (["3", "12#"], {"values": {"order": "13"}}, 'order is "12", not "13"'),
        (["1"], {"values": {"order": "13"}}, 'order is null, not "13"'),
    ],
)
def test_a_wrong_expectation_is_told_in_plain_words(
    caller: list[str], expect: dict[str, Any], told: str
) -> None:
    [failure] = failures(caller, **expect)
    assert failure.startswith(told)


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert len(failures(["1"], path=["message"], outcome="left", says=["a"], never_says=["再见"])) == 4


def test_what_is_as_expected_is_not_told() -> None:
    assert (
        failures(
            ["1", "max_wait"],
            path=["main", "message"],
            outcome="voicemail main",
            says=["订单", "再见"],
            never_says=["状态"],
            values={"order": None},
        )
        == []
    )


# --- key by key --------------------------------------------------------------------------------------


def played(*inputs: str, flow: Flow = SHOP, **setting: Any) -> Transcript:
    return rehearse(flow, Setting(A_MONDAY, {}, **setting), inputs)


def test_a_rehearsal_stops_where_it_needs_an_input_and_says_which() -> None:
    assert (played().waits_for, played().node) == ("keys", "main")
    assert played("3", "123#").waits_for == "http"
    assert played("1").waits_for == "queue"
    over = played("1", "served")
    assert (over.waits_for, over.outcome, over.node) == ("", "queue orders", "bye")
    speaks = flow_of(
        {"a": {"type": "ask", "into": "x", "next": "b"}, "b": {"type": "transfer", "number": "1001"}}
    )
    assert played(flow=speaks).waits_for == "speech"
    assert played("say 你好", flow=speaks).waits_for == "transfer"


def test_the_same_inputs_give_the_same_transcript_and_more_go_on_from_there() -> None:
    short, long = played("3", "12#"), played("3", "12#", 'http {"state": "已发货"}')
    assert short.lines == long.lines[: len(short.lines)]
    assert "状态：已发货。" in long.heard()
    assert long.values == {"order": "12", "state": "已发货"}


def test_a_key_meant_for_a_menu_is_not_taken_for_the_answer_of_another_system() -> None:
    assert played("3", "12#", "1").path[2:4] == ["ask", "orders"], "no answer came"
    assert played("3", "12#", "fails").path[2:4] == ["ask", "orders"]
    assert played("3", "12#", '{"state": 1}').path[-2:] == ["tell", "main"]
    assert played("3", "12#", "hangup").outcome == "left"


def test_who_watches_reads_notes_in_his_language() -> None:
    english, chinese = (
        [line.text for line in played("2", notes_in=language).lines if line.who == "note"]
        for language in ("en", "zh-CN")
    )
    assert len(english) == len(chinese) == 2
    assert not set(english) & set(chinese)


def test_emergencies_hours_and_the_customer_are_as_the_setting_pretends() -> None:
    hours = {"hours": "office", "switch": "fire", "open": "vip", "closed": "b", "emergency": "c"}
    vip_now = {"when": "customer.level == 'vip' and time.clock == '10:00'", "then": "a", "else": "b"}
    ends = {name: {"type": "hangup"} for name in "abc"}
    flow = flow_of({"open": {"type": "hours", **hours}, "vip": {"type": "if", **vip_now}, **ends})
    vip = {"customer": {"level": "vip"}}
    assert played(flow=flow, **vip).node == "a"
    assert played(flow=flow).node == "b"
    assert played(flow=flow, hours=lambda hours, at: at.hour < 9, **vip).node == "b"
    assert played(flow=flow, opened={"office": False}, **vip).node == "b"
    assert played(flow=flow, emergencies=frozenset({"fire"}), **vip).node == "c"


ANY_INPUT = st.one_of(
    st.sampled_from(
        [
            "1", "2", "3", "12#", "*", "silence", "hangup", "served", "max_wait", "failed", "talked", "busy",
            "fails", "say 订单", "mumble 退款", "say 是的", "http {}", "http [1]", "http", "",
            'http {"order": {"status": "paid"}}',
        ]
    ),
    st.text(max_size=5),
    st.just("http " + "[" * 5000),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(SHIPPED)), st.lists(ANY_INPUT, max_size=15), st.booleans())
def test_whatever_is_typed_a_rehearsal_tells_how_far_it_came(
    flow: str, inputs: list[str], then_silent: bool
) -> None:
    setting = Setting(A_MONDAY, SHIPPED, hours_of(CENTER))
    transcript = rehearse(SHIPPED[flow], setting, inputs, then_silent=then_silent)
    assert transcript.path
    assert bool(transcript.waits_for) != bool(transcript.outcome) or transcript.waits_for
    assert not (then_silent and transcript.waits_for), "silence is an answer to everything"
    assert not any("a fault of the engine" in line.text for line in transcript.lines)
