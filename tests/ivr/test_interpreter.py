"""A caller in a flow, step by step, without a switch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.ivr.check import load_flow
from callcenter.ivr.interpreter import MAX_STEPS, FlowRun
from callcenter.ivr.model import Flow
from callcenter.ivr.steps import (
    AskKey,
    Choice,
    Done,
    EnterQueue,
    HangUp,
    Outcome,
    Play,
    Pressed,
    QueueEnded,
    Step,
    TakeVoicemail,
)
from callcenter.speech import phrases

DEMO = Path(__file__).parents[2] / "ivr_flows" / "hotline.yaml"


def always(hours: str) -> bool:
    return True


def demo(language: str = "", is_open: Callable[[str], bool] = always) -> FlowRun:
    flow, problems = load_flow(DEMO)
    assert flow is not None, problems
    return FlowRun(flow, language, is_open)


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
    return FlowRun(
        Flow.of({"name": {"zh-CN": "一"}, "language": "zh-CN", "start": "menu", "nodes": nodes}), "", always
    )


def texts(step: Step) -> list[str]:
    assert not isinstance(step, EnterQueue)
    return [utterance.text for utterance in step.utterances]


def test_a_caller_chooses_orders_waits_and_is_served() -> None:
    run = demo()
    welcome = run.begin()
    assert isinstance(welcome, Play) and "星河商城" in texts(welcome)[0]
    menu = run.proceed(Done())
    assert isinstance(menu, AskKey) and menu.keys == "01234589" and menu.seconds == 6
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
    run = demo(is_open=lambda hours: hours != "office")
    run.begin()
    run.proceed(Done())
    told = run.proceed(Pressed("4"))
    assert isinstance(told, Play) and told.node == "office_closed"
    closed = demo(is_open=lambda hours: False).begin()
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
    assert isinstance(demo().begin("orders"), EnterQueue)
    assert isinstance(demo().begin("gone_meanwhile"), Play)


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
    run = FlowRun(Flow.of({"name": {}, "language": "zh-CN", "start": "a", "nodes": nodes}), "", always)
    step = run.begin()
    assert isinstance(step, HangUp) and texts(step) == [phrases.TROUBLE_GOODBYE["en"]]


NAMES = st.sampled_from(["a", "b", "c", "d", "e", "nowhere"])
MAYBE = st.one_of(st.just(""), NAMES)
SAY = st.dictionaries(st.sampled_from(["zh-CN", "en"]), st.text(max_size=3))
LANGUAGE = st.sampled_from(["zh-CN", "en"])
NODES = st.one_of(
    st.builds(lambda say, n: {"type": "play", "say": say, "next": n}, SAY, NAMES),
    st.builds(
        lambda say, keys, retries, late, wrong: {
            "type": "menu", "say": say, "retries": retries, "on_timeout": late, "on_invalid": wrong,
            "keys": {key: {"go": go, "language": lang} for key, (go, lang) in keys.items()},
        },
        SAY,
        st.dictionaries(
            st.sampled_from("01#*"), st.tuples(NAMES, st.sampled_from([None, "en", "zh-CN"])), min_size=1
        ),
        st.integers(0, 2), MAYBE, MAYBE,
    ),
    st.builds(lambda o, c: {"type": "hours", "hours": "h", "open": o, "closed": c}, NAMES, NAMES),
    st.builds(lambda n: {"type": "queue", "queue": "q", "on_max_wait": n}, MAYBE),
    st.builds(lambda say, n: {"type": "voicemail", "say": say, "next": n}, SAY, MAYBE),
    st.builds(lambda lang, n: {"type": "language", "language": lang, "next": n}, LANGUAGE, NAMES),
    st.builds(lambda say: {"type": "hangup", "say": say}, SAY),
)  # fmt: skip
FLOWS = st.builds(
    lambda start, nodes: Flow.of({"name": {}, "language": "zh-CN", "start": start, "nodes": nodes}),
    NAMES,
    st.dictionaries(st.sampled_from("abcde"), NODES, min_size=1),
)
OUTCOMES: st.SearchStrategy[Outcome] = st.one_of(
    st.just(Done()),
    st.builds(Pressed, st.sampled_from(["", "0", "1", "#", "*", "5", "A"])),
    st.builds(QueueEnded, st.sampled_from(["served", "max_wait", "failed", "strange"])),
)


@settings(max_examples=300, deadline=None)
@given(FLOWS, st.lists(OUTCOMES, max_size=30), st.booleans(), st.sampled_from(["", "a", "nowhere"]))
def test_any_flow_with_any_caller_never_fails_and_always_waits_or_hangs_up(
    flow: Flow, outcomes: list[Outcome], open_: bool, begin: str
) -> None:
    run = FlowRun(flow, "", lambda hours: open_)
    step = run.begin(begin)
    for outcome in outcomes:
        assert isinstance(step, Play | AskKey | EnterQueue | TakeVoicemail | HangUp)
        before = step
        step = run.proceed(outcome)
        if isinstance(before, HangUp):
            assert step == before
    assert all(isinstance(choice, Choice) for choice in run.path)


@settings(max_examples=25, deadline=None)
@given(FLOWS)
def test_a_caller_who_does_nothing_comes_to_an_end_in_any_flow(flow: Flow) -> None:
    run = FlowRun(flow, "", always)
    step = run.begin()
    for _ in range(MAX_STEPS + 1):
        if isinstance(step, HangUp):
            return
        step = run.proceed(QueueEnded("max_wait") if isinstance(step, EnterQueue) else Done())
    raise AssertionError("it goes on for ever")
