"""A caller in a flow, step by step, without a switch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from callcenter.ivr.check import load_flow
from callcenter.ivr.frame import Frame
from callcenter.ivr.interpreter import FlowRun
from callcenter.ivr.steps import AskKey, Done, EnterQueue, HangUp, Play, Pressed, QueueEnded, TakeVoicemail
from callcenter.speech import phrases
from tests.ivr.kit import Room, run_of, texts

DEMO = Path(__file__).parents[2] / "ivr_flows" / "hotline.yaml"


def demo(room: Room | None = None, **call: Any) -> FlowRun:
    flow, problems = load_flow(DEMO)
    assert flow is not None, problems
    return FlowRun(flow, room or Room(flow), **call)


def small(**menu: Any) -> FlowRun:
    nodes = {
        "menu": {
            "type": "menu",
            "say": {"zh-CN": "请按一"},
            "keys": {"1": {"go": "bye", "label": {"zh-CN": "一"}}},
            **menu,
        },
        "bye": {"type": "hangup", "say": {"zh-CN": "再见"}},
        "late": {"type": "queue", "queue": "orders"},
        "wrong": {"type": "queue", "queue": "refunds"},
    }
    return run_of(nodes)


def test_a_caller_chooses_orders_waits_and_is_served() -> None:
    run = demo()
    welcome = run.begin()
    assert isinstance(welcome, Play) and "星河商城" in texts(welcome)[0]
    menu = run.proceed(Done())
    assert isinstance(menu, AskKey) and menu.keys == "12345089" and menu.seconds == 6
    assert isinstance(run.proceed(Pressed("1")), AskKey)
    assert run.proceed(Pressed("2")) == EnterQueue("orders", "orders")
    assert run.proceed(QueueEnded("served")) == HangUp("orders")
    assert [(choice.node, choice.key, choice.label["en"]) for choice in run.path] == [
        ("main_menu", "1", "Orders and delivery"),
        ("orders_menu", "2", "Change or cancel an order"),
    ]


def test_a_key_can_change_the_language_and_it_stays_changed() -> None:
    run = demo()
    run.begin()
    run.proceed(Done())
    again = run.proceed(Pressed("9"))
    assert run.language == "en"
    assert texts(again)[0].startswith("For orders and delivery")
    voicemail = run.proceed(Pressed("5"))
    assert isinstance(voicemail, TakeVoicemail) and voicemail.language == "en"
    assert isinstance(run.proceed(Done()), HangUp)


def test_the_day_of_the_caller_decides_at_an_hours_node() -> None:
    run = demo(Room(closed=("office",)))
    run.begin()
    run.proceed(Done())
    told = run.proceed(Pressed("4"))
    assert isinstance(told, Play) and told.node == "office_closed"
    closed = demo(Room(closed=("office", "always"))).begin()
    assert isinstance(closed, HangUp) and closed.node == "closed"


def test_who_waits_too_long_is_offered_to_leave_a_message() -> None:
    run = demo()
    run.begin()
    run.proceed(Done())
    assert isinstance(run.proceed(Pressed("0")), EnterQueue)
    sorry = run.proceed(QueueEnded("max_wait"))
    assert isinstance(sorry, Play) and sorry.node == "sorry_busy"
    assert isinstance(run.proceed(Done()), TakeVoicemail)


def test_silence_repeats_the_menu_and_then_takes_its_way_out() -> None:
    run = small(retries=2, on_timeout="late", on_invalid="wrong")
    steps = [run.begin(), run.proceed(Pressed("")), run.proceed(Pressed(""))]
    assert [texts(step) for step in steps] == [["请按一"]] * 3
    assert run.proceed(Pressed("")) == EnterQueue("late", "orders")


def test_a_wrong_key_is_told_before_the_menu_is_repeated_and_then_takes_its_way_out() -> None:
    run = small(retries=1, on_timeout="late", on_invalid="wrong", invalid={"zh-CN": "没有"})
    run.begin()
    assert texts(run.proceed(Pressed("7"))) == ["没有", "请按一"]
    assert run.proceed(Pressed("#")) == EnterQueue("wrong", "refunds")
    assert run.path == []


@pytest.mark.parametrize("given", ["on_timeout", "on_invalid"])
@pytest.mark.parametrize("key", ["", "7"])
def test_where_only_one_way_out_is_given_it_serves_for_both(given: str, key: str) -> None:
    run = small(retries=0, **{given: "late"})
    run.begin()
    assert run.proceed(Pressed(key)) == EnterQueue("late", "orders")


def test_without_a_way_out_the_caller_hears_a_polite_goodbye() -> None:
    run = small(retries=0)
    run.begin()
    step = run.proceed(Pressed(""))
    assert isinstance(step, HangUp) and texts(step) == [phrases.NOT_UNDERSTOOD_GOODBYE["zh-CN"]]
    assert run.proceed(Pressed("1")) == step, "it is over"


def test_retries_count_anew_when_the_caller_comes_back_to_a_menu() -> None:
    run = small(retries=1, keys={"1": {"go": "menu"}})
    run.begin()
    run.proceed(Pressed(""))
    run.proceed(Pressed("1"))
    assert isinstance(run.proceed(Pressed("")), AskKey)
    assert isinstance(run.proceed(Pressed("")), HangUp)


def test_a_call_that_was_interrupted_goes_on_at_its_node_or_begins_again_when_that_is_gone() -> None:
    for node, step in (("orders", EnterQueue), ("gone_meanwhile", Play)):
        run = demo()
        assert isinstance(run.resume([Frame(run.flow, node)]), step)


def test_what_happened_is_told_in_order_and_once() -> None:
    run = demo()
    run.begin()
    run.proceed(Done())
    run.take_happenings()
    run.proceed(Pressed("9"))
    kinds = [(kind, data.get("node") or data.get("language")) for kind, data in run.take_happenings()]
    assert kinds == [("ivr.key", "main_menu"), ("ivr.language", "en"), ("ivr.node", "main_menu")]
    assert run.take_happenings() == []


def test_a_runaway_flow_is_ended_politely() -> None:
    nodes = {
        "a": {"type": "hours", "hours": "x", "open": "b", "closed": "b"},
        "b": {"type": "language", "language": "en", "next": "a"},
    }
    step = run_of(nodes).begin()
    assert isinstance(step, HangUp) and texts(step) == [phrases.TROUBLE_GOODBYE["en"]]
