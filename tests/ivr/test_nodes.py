"""Each node type, without a switch: every way out of every node is taken, and nothing else."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from callcenter.center.routing_model import OverflowTarget
from callcenter.ivr.interpreter import FlowRun
from callcenter.ivr.nodes import NODE_TYPES
from callcenter.ivr.steps import (
    Deaf,
    Done,
    EnterQueue,
    Failed,
    Fetched,
    Found,
    HangUp,
    Outcome,
    Play,
    Pressed,
    PromiseCallback,
    Promised,
    QueueEnded,
    Recorded,
    Sent,
    Spoken,
    TakeVoicemail,
    Transfer,
    Transferred,
)
from tests.ivr.kit import Room, facts, flow_of, texts

SAY = {"zh-CN": "您好", "en": "Hello"}
UNKNOWN = {"zh-CN": "{nobody}"}  # cannot be said: the node fails
A, B, C, D = (f"to_{letter}" for letter in "abcd")
E = "to_error"

NODES: dict[str, dict[str, Any]] = {
    "say": {"say": SAY, "next": A},
    "hangup": {"say": UNKNOWN},
    "language": {"language": "en", "next": A},
    "menu": {
        "say": SAY,
        "keys": {"1": {"go": A, "words": {"zh-CN": ["订单"]}}, "#": {"go": B, "language": "en"}},
        "retries": 0, "on_timeout": C, "on_invalid": D,
    },
    "ask": {
        "say": SAY, "answers": {"yes": {"words": {"zh-CN": ["好"]}, "key": "1", "go": A}},
        "retries": 0, "on_failed": B,
    },
    "ask open": {"say": SAY, "into": "told", "next": A, "retries": 0, "on_failed": B},
    "collect": {"say": SAY, "into": "digits", "max_digits": 2, "next": A, "retries": 0, "on_failed": B},
    "record": {"say": SAY, "into": "said", "next": A, "on_silence": B},
    "voicemail": {"say": SAY, "next": A},
    "hours": {"hours": "office", "switch": "fire", "open": A, "closed": B, "emergency": C},
    "if": {"when": "typed > 5", "then": A, "else": B},
    "switch": {"value": "typed", "cases": {"7": A}, "else": B},
    "set": {"values": {"double": "{typed * 2}"}, "next": A},
    "goto": {"next": A},
    "goto flow": {"flow": "gone"},
    "call": {"flow": "other", "with": {"x": "{typed}"}, "into": "got", "next": A},
    "return": {"values": {"x": "{nobody}"}},
    "customer": {"found": A, "not_found": B},
    "http": {
        "url": "https://shop.example/{typed}", "map": {"x": "{answer.x}"}, "next": A, "on_status": {"404": B},
    },
    "queue": {"queue": "orders", "on_max_wait": A, "after_talk": B, "on_full": C, "after_offer": A},
    "transfer": {"number": "1001", "on_no_answer": A, "on_busy": B, "after_talk": C},
    "callback in_place": {"queue": "orders", "in_place": True, "next": A, "on_failed": B, "on_error": E},
    "callback": {"queue": "orders", "times": {"1": {"in_minutes": 5}}, "say": SAY, "next": A, "on_failed": B,
                 "retries": 0},
    "survey": {"questions": {"score": {"say": SAY}}, "next": A},
    "message": {"text": SAY, "next": A},
}  # fmt: skip
for _written in NODES.values():
    _written["on_error"] = E

FAIL = (Failed("the switch is gone"),)
WAYS: list[tuple[str, str, tuple[Outcome, ...], dict[str, Any]]] = [
    ("say", "next", (Done(),), {}),
    ("say", "on_error", FAIL, {}),
    ("hangup", "on_error", (), {}),
    ("language", "next", (), {}),
    ("menu", "keys.1", (Pressed("1"),), {}),
    ("menu", "keys.1", (Spoken("我要订单", 80),), {}),
    ("menu", "keys.1", (Spoken("订单", 50), Spoken("是的", 90)), {}),
    ("menu", "keys.#", (Deaf(), Pressed("#")), {}),
    ("menu", "on_timeout", (Pressed(""),), {}),
    ("menu", "on_timeout", (Spoken("", 0),), {}),
    ("menu", "on_invalid", (Pressed("9"),), {}),
    ("menu", "on_invalid", (Spoken("订单", 50), Spoken("不是", 90)), {}),
    ("menu", "on_invalid", (Spoken("订单", 30),), {}),
    ("menu", "on_invalid", (Spoken("天气", 99),), {}),
    ("menu", "on_error", FAIL, {}),
    ("ask", "answers.yes", (Spoken("好", 80),), {}),
    ("ask", "answers.yes", (Pressed("1"),), {}),
    ("ask", "answers.yes", (Deaf(), Pressed("1")), {}),
    ("ask", "on_failed", (Deaf(), Pressed("")), {}),
    ("ask", "on_failed", (Pressed("2"),), {}),
    ("ask", "on_error", FAIL, {}),
    ("ask open", "next", (Spoken("我的包裹丢了", 60),), {}),
    ("ask open", "on_failed", (Spoken("嗯", 10),), {}),
    ("ask open", "on_failed", (Deaf(),), {}),
    ("ask open", "on_error", FAIL, {}),
    ("collect", "next", (Pressed("1"), Pressed("2")), {}),
    ("collect", "next", (Pressed("1"), Pressed("#")), {}),
    ("collect", "on_failed", (Pressed(""),), {}),
    ("collect", "on_error", FAIL, {}),
    ("record", "next", (Recorded("said.wav", 3.0),), {}),
    ("record", "on_silence", (Recorded("", 0.0),), {}),
    ("record", "on_error", FAIL, {}),
    ("voicemail", "next", (Done(),), {}),
    ("voicemail", "on_error", FAIL, {}),
    ("hours", "open", (), {}),
    ("hours", "closed", (), {"closed": ("office",)}),
    ("hours", "emergency", (), {"closed": ("office",), "emergencies": ("fire",)}),
    ("if", "then", (), {}),
    ("if", "else", (), {"typed": "4"}),
    ("if", "on_error", (), {"typed": "abc"}),
    ("switch", "cases.7", (), {}),
    ("switch", "else", (), {"typed": "007"}),
    ("switch", "on_error", (), {"typed": None}),
    ("set", "next", (), {}),
    ("set", "on_error", (), {"typed": "abc"}),
    ("goto", "next", (), {}),
    ("goto flow", "on_error", (), {}),
    ("call", "next", (Done(),), {}),
    ("call", "on_error", (), {"typed": None}),
    ("return", "on_error", (), {}),
    ("customer", "found", (Found({"name": "Li"}),), {}),
    ("customer", "not_found", (Found(None),), {}),
    ("customer", "on_error", FAIL, {}),
    ("http", "next", (Fetched(True, 200, {"x": 1}),), {}),
    ("http", "on_status.404", (Fetched(False, 404),), {}),
    ("http", "on_error", (Fetched(False, 500),), {}),
    ("http", "on_error", (Fetched(False, error="timeout"),), {}),
    ("http", "on_error", (Fetched(True, 200, "no JSON object"),), {}),
    ("http", "on_error", FAIL, {}),
    ("queue", "after_talk", (QueueEnded("served"),), {}),
    ("queue", "after_offer", (QueueEnded("callback"),), {}),
    ("queue", "on_max_wait", (QueueEnded("max_wait"),), {}),
    ("queue", "on_full", (QueueEnded("full"),), {}),
    ("queue", "on_max_wait", (QueueEnded("elsewhere", OverflowTarget(callback=True)), Promised(False)),
     {"number": ""}),
    ("queue", "on_error", (QueueEnded("failed"),), {}),
    ("queue", "on_error", FAIL, {}),
    ("transfer", "after_talk", (Transferred("talked"),), {}),
    ("transfer", "on_busy", (Transferred("busy"),), {}),
    ("transfer", "on_no_answer", (Transferred("no_answer"),), {}),
    ("transfer", "on_no_answer", (Transferred("unreachable"),), {}),
    ("transfer", "on_error", FAIL, {}),
    ("callback", "next", (Pressed("1"), Pressed("1")), {}),
    ("callback", "next", (Pressed("1"), Pressed("2"), *map(Pressed, "01065#")), {}),
    ("callback", "on_failed", (Pressed(""),), {}),
    ("callback in_place", "next", (Pressed("1"), Promised(True)), {}),
    ("callback in_place", "on_failed", (Pressed("1"), Promised(False)), {}),
    ("callback in_place", "on_error", FAIL, {}),
    ("callback", "on_failed", (Pressed("1"), Pressed("")), {}),
    ("callback", "on_error", FAIL, {}),
    ("survey", "next", (Pressed("5"),), {}),
    ("survey", "next", (Pressed(""), Pressed("")), {}),
    ("survey", "on_error", FAIL, {}),
    ("message", "next", (Sent(True),), {}),
    ("message", "on_error", (Sent(False, "no such way"),), {}),
    ("message", "on_error", FAIL, {}),
]  # fmt: skip
CANNOT_FAIL = {("language", "on_error"), ("goto", "on_error"), ("hours", "on_error")}


def node(written: str) -> dict[str, Any]:
    return {"type": written.split()[0], **NODES[written]}


def run_of(written: str, around: dict[str, Any]) -> FlowRun:
    ends = {name: {"type": "hangup"} for name in (A, B, C, D, E)}
    typed, number = around.pop("typed", "7"), around.pop("number", "13800138000")
    flow = flow_of({"begin": {"type": "goto", "next": "it"}, "it": node(written), **ends})
    other = flow_of({"one": {"type": "say", "say": SAY, "next": "back"}, "back": {"type": "return"}}, "other")
    run = FlowRun(flow, Room(flow, other, **around), caller={"number": number})
    if typed is not None:
        run.values["typed"] = typed
    return run


@pytest.mark.parametrize(("written", "via", "outcomes", "around"), WAYS)
def test_each_way_out_is_taken(
    written: str, via: str, outcomes: tuple[Outcome, ...], around: dict[str, Any]
) -> None:
    run = run_of(written, dict(around))
    step = run.begin()
    for outcome in outcomes:
        assert not isinstance(step, HangUp), "it took a way out too early"
        step = run.proceed(outcome)
    assert isinstance(step, HangUp)
    targets = {edge.via: edge.target for edge in run.flow.file.nodes["it"].edges()}
    assert run.node == targets[via]
    ways = [(fact["via"], fact["node"]) for fact in facts(run, "ivr.node")]
    assert ways[-1] == ("return" if written == "call" and via == "next" else via, targets[via])


def test_no_way_out_of_any_node_is_left_out_above() -> None:
    taken = {(written, via) for written, via, _, _ in WAYS}
    ways = set()
    for written in NODES:
        ways |= {(written, edge.via) for edge in flow_of({"it": node(written)}).file.nodes["it"].edges()}
    assert ways - taken == CANNOT_FAIL
    assert taken <= ways
    assert {get_args(kind.model_fields["type"].annotation)[0] for kind in NODE_TYPES} == {
        written.split()[0] for written in NODES
    }


BARE: dict[str, tuple[dict[str, Any], tuple[Outcome, ...], str]] = {
    "menu": ({"on_timeout": "", "on_invalid": ""}, (Pressed(""),), "没有收到您的选择"),
    "ask": ({"on_failed": ""}, (Pressed(""),), "没有收到您的选择"),
    "collect": ({"on_failed": ""}, (Pressed(""),), "没有收到您的选择"),
    "voicemail": ({"next": ""}, (Done(),), "您的留言已经收到"),
    "queue": ({"on_max_wait": ""}, (QueueEnded("max_wait"),), "客服代表仍然全忙"),
    "transfer": ({"on_no_answer": "", "on_busy": ""}, (Transferred("busy"),), "暂时无法接通"),
    "callback": ({"on_failed": ""}, (Pressed(""),), "没有收到您的选择"),
    "survey": ({"next": ""}, (Pressed("5"),), "感谢您的评价"),
}


def test_the_overflow_rule_of_a_queue_says_where_the_caller_goes() -> None:
    def after(to: OverflowTarget) -> tuple[FlowRun, Any]:
        run = run_of("queue", {})
        assert isinstance(run.begin(), EnterQueue)
        return run, run.proceed(QueueEnded("elsewhere", to))

    run, step = after(OverflowTarget(flow="other"))
    assert isinstance(step, Play)
    assert facts(run, "ivr.called")[-1]["flow"] == "other"
    run, step = after(OverflowTarget(voicemail="main"))
    assert isinstance(step, TakeVoicemail)
    assert step.box == "main"
    assert isinstance(run.proceed(Done()), HangUp)
    run, step = after(OverflowTarget(number="4001"))
    assert isinstance(step, Transfer)
    assert step.number == "4001"
    goodbye = run.proceed(Transferred("no_answer"))
    assert isinstance(goodbye, HangUp)
    assert "暂时无法接通" in goodbye.utterances[0].text
    run, step = after(OverflowTarget(number="4001"))
    assert isinstance(run.proceed(Transferred("talked")), HangUp)


def test_a_rule_may_send_him_home_with_his_place_kept() -> None:
    run = run_of("queue", {})
    run.begin()
    step = run.proceed(QueueEnded("elsewhere", OverflowTarget(callback=True)))
    assert step == PromiseCallback("it", "orders", "13800138000", 0.0)
    goodbye = run.proceed(Promised(True))
    assert isinstance(goodbye, HangUp)
    assert "保留排队位置" in "".join(texts(goodbye))


@pytest.mark.parametrize("written", BARE)
def test_where_no_way_is_given_the_caller_is_told_and_the_call_ends(written: str) -> None:
    without, outcomes, words = BARE[written]
    flow = flow_of(
        {"it": {**node(written), **without}, **{name: {"type": "hangup"} for name in (A, B, C, E)}}
    )
    run = FlowRun(flow, Room(flow), caller={"number": "13800138000"})
    step = run.begin()
    for outcome in outcomes:
        step = run.proceed(outcome)
    assert isinstance(step, HangUp) and run.node == "it"
    assert words in "".join(texts(step))


@pytest.mark.parametrize(
    ("written", "outcome"), [("queue", QueueEnded("served")), ("transfer", Transferred("talked"))]
)
def test_after_a_talk_the_call_ends_without_a_word(written: str, outcome: Outcome) -> None:
    flow = flow_of({"it": {**node(written), "after_talk": ""}, **{n: {"type": "hangup"} for n in (A, B, E)}})
    run = FlowRun(flow, Room(flow))
    run.begin()
    assert run.proceed(outcome) == HangUp("it")


def test_a_caller_of_a_flow_that_nobody_called_is_let_go_by_return() -> None:
    flow = flow_of({"it": {"type": "return", "values": {"x": "1"}}})
    run = FlowRun(flow, Room(flow))
    assert run.begin() == HangUp("it")
    assert facts(run, "ivr.returned") == []


def test_goto_begins_another_flow_and_forgets_this_one() -> None:
    other = flow_of({"one": {"type": "return"}}, "other", variables={"x": 1})
    flow = flow_of({"it": {"type": "goto", "flow": "other"}}, variables={"y": 1})
    run = FlowRun(flow, Room(flow, other))
    assert run.begin() == HangUp("one"), "there is nothing to return to"
    assert run.values == {"x": 1}


def test_in_each_language_a_menu_of_languages_is_said() -> None:
    flow = flow_of(
        {
            "it": {
                "type": "menu", "every_language": True, "say": {"en": "Press {1 + 1}", "zh-CN": "请按一"},
                "keys": {"1": {"go": "it"}, "2": {"go": "it", "language": "en"}},
            }
        }
    )  # fmt: skip
    step = FlowRun(flow, Room(flow)).begin()
    assert texts(step) == ["请按一", "Press 2"]
    assert [said.language for said in step.utterances] == ["zh-CN", "en"]  # type: ignore[union-attr]


def test_a_sound_is_played_in_place_of_the_text_of_its_language_only() -> None:
    flow = flow_of({"it": {"type": "say", "say": SAY, "audio": {"en": "hello.wav"}, "next": "it"}})
    for language, audio in (("zh-CN", ""), ("en", "hello.wav")):
        step = FlowRun(flow, Room(flow), language=language).begin()
        assert [said.audio for said in step.utterances] == [audio]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("订单{number|digits}", "订单幺二三"),
        ("共{number|number}件", "共一百二十三件"),
        ("{price|money}", "十二元五角"),
        ("{price|money USD}", "十二美元五十美分"),
        ("{day|date}", "二零二六年三月五日"),
        ("{clock|time}", "下午两点零五分"),
        ("{name}先生{missing.note}，您好", "李先生，您好"),
        ("{{{name}}}", "{李}"),
    ],
)
def test_values_are_read_out_in_words(text: str, heard: str) -> None:
    flow = flow_of({"it": {"type": "say", "say": {"zh-CN": text}, "next": "it"}})
    run = FlowRun(flow, Room(flow))
    run.values.update(number=123, price="12.50", day="2026-03-05", clock="14:05", name="李", missing={})
    assert texts(run.begin()) == [heard]


def test_a_value_that_cannot_be_read_out_so_fails_the_node_and_says_why() -> None:
    nodes = {"it": {"type": "say", "say": {"zh-CN": "{name|date}"}, "next": "it", "on_error": "bye"}}
    flow = flow_of({**nodes, "bye": {"type": "hangup"}})
    run = FlowRun(flow, Room(flow))
    run.values["name"] = "李"
    assert run.begin() == HangUp("bye")
    [failure] = facts(run, "ivr.failed")
    assert failure["node"] == "it" and failure["error"].startswith("{name|date}: ")
