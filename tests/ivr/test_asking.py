"""What callers key in and say: digits, and answers by voice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.ivr.frame import SECRET
from callcenter.ivr.interpreter import FlowRun
from callcenter.ivr.nodes.collect import CollectNode, matcher
from callcenter.ivr.nodes.voice import Sayable, match
from callcenter.ivr.steps import (
    AskKey,
    Deaf,
    Fetch,
    Fetched,
    HangUp,
    Listen,
    Pressed,
    Record,
    Spoken,
    Step,
)
from tests.ivr.kit import after, facts, run_of, texts

END = {"end": {"type": "hangup"}, "lost": {"type": "hangup"}}


def asked(node: dict[str, Any], **call: Any) -> FlowRun:
    return run_of({"it": {"say": {"zh-CN": "请"}, "next": "end", **node}, **END}, **call)


def keys(run: FlowRun, pressed: str) -> Step:
    """Each key in turn; a blank is silence."""
    return after(run, *(Pressed(key.strip()) for key in pressed))


# --- digits ------------------------------------------------------------------------------------------


def collect(pressed: str, **fields: Any) -> FlowRun:
    run = asked({"type": "collect", "into": "number", "on_failed": "lost", "retries": 1, **fields})
    keys(run, pressed)
    return run


@pytest.mark.parametrize(
    ("pressed", "fields", "number"),
    [
        ("123#", {}, "123"),
        ("123 ", {}, "123"),
        ("1234", {"max_digits": 4}, "1234"),
        ("12*345#", {}, "345"),
        ("1#12#", {"min_digits": 2}, "12"),
        ("##", {}, None),
        ("  ", {}, None),
        ("1#2#", {"min_digits": 2}, None),
        ("1#23 ", {"end_key": ""}, "123"),
        ("79927398710#79927398713#", {"check": "luhn"}, "79927398713"),
        ("1399#0229#", {"check": "date"}, "0229"),
        ("20250229#20240229#", {"check": "date"}, "20240229"),
        ("2460#2359#", {"check": "time"}, "2359"),
        ("12345#13800138000#", {"pattern": "1[3-9][0-9]{9}"}, "13800138000"),
        ("123#1", {"confirm": True}, "123"),
        ("123#2456#1", {"confirm": True}, "456"),
        ("123#2456#2", {"confirm": True}, None),
        ("123#1", {"confirm": True, "max_digits": 3}, "123"),
    ],
)
def test_digits_are_kept_when_right(pressed: str, fields: dict[str, Any], number: str | None) -> None:
    run = collect(pressed, **fields)
    assert isinstance(run.step, HangUp)
    assert run.values.get("number") == number
    assert run.node == ("end" if number else "lost")
    assert facts(run, "ivr.collected") == ([{"name": "number", "value": number}] if number else [])


def test_what_is_given_is_noted_under_its_label() -> None:
    label = {"zh-CN": "订单号", "en": "Order number"}
    run = collect("12#", label=label)
    assert facts(run, "ivr.collected") == [{"name": "number", "value": "12", "label": label}]
    run = asked({"type": "ask", "into": "wish", "label": label})
    after(run, Spoken("红色", 90))
    assert facts(run, "ivr.collected") == [{"name": "wish", "value": "红色", "label": label}]
    step = after(asked({"type": "record", "into": "why", "label": label}))
    assert isinstance(step, Record) and step.label == label
    run = asked({"type": "survey", "questions": {"service": {"label": label}, "solved": {}}})
    keys(run, "51")
    assert [fact.get("label") for fact in facts(run, "survey.answered")] == [label, None]


def test_wrong_digits_are_told_before_the_question_is_asked_again() -> None:
    run = asked({"type": "collect", "into": "number", "min_digits": 3})
    assert texts(keys(run, "1#")) == ["抱歉，您输入的号码不正确。", "请"]
    run = asked({"type": "collect", "into": "number", "min_digits": 3, "invalid": {"zh-CN": "太短"}})
    assert texts(keys(run, "1#")) == ["太短", "请"]
    assert texts(run.proceed(Pressed(""))) == ["请"], "nobody is blamed for silence"


def test_digits_are_read_back_as_they_should_be_heard() -> None:
    for read_as, words in (("digits", "幺二零"), ("number", "一百二十"), ("money", "一百二十元")):
        run = asked({"type": "collect", "into": "n", "confirm": True, "read_as": read_as})
        question = keys(run, "120#")
        assert isinstance(question, Listen) and question.keys == "12" and "是的" in question.words
        assert f"您输入的是{words}。" in texts(question)[0]


def test_a_secret_is_read_back_digit_by_digit_so_that_no_sound_of_it_is_kept() -> None:
    run = asked({"type": "collect", "into": "n", "confirm": True, "secret": True, "read_as": "number"})
    question = keys(run, "471#")
    assert isinstance(question, Listen)
    [utterance] = question.utterances
    assert [piece.text for piece in utterance.apart()][1:-1] == ["四", "七", "幺"]
    plain = keys(asked({"type": "collect", "into": "n", "confirm": True}), "471#")
    assert isinstance(plain, Listen)
    assert [piece.text for piece in plain.utterances[0].apart()][1:-1] == ["四七幺"]


def test_the_first_digit_is_waited_for_longer_than_the_others() -> None:
    run = asked({"type": "collect", "into": "n", "timeout_seconds": 8, "between_seconds": 2})
    first, second = run.begin(), run.proceed(Pressed("1"))
    assert isinstance(first, AskKey) and isinstance(second, AskKey)
    assert (first.seconds, second.seconds, second.utterances) == (8, 2, ())


def test_a_secret_is_used_but_written_nowhere() -> None:
    other = run_of(
        {"it": {"type": "return", "values": {"again": "{code}{code}"}}},
        flow={"flow_id": "other", "variables": {"code": ""}},
    ).flow  # fmt: skip
    run = run_of(
        {
            "pin": {"type": "collect", "into": "pin", "secret": True, "next": "copy"},
            "copy": {"type": "set", "values": {"twin": "{pin}", "half": "{last(pin, 5)}"}, "next": "sub"},
            "sub": {"type": "call", "flow": "other", "with": {"code": "{twin}"}, "into": "got",
                    "next": "tell"},
            "tell": {"type": "say", "say": {"zh-CN": "{got.again|date}"}, "next": "shop", "on_error": "pass"},
            "pass": {"type": "transfer", "number": "x{pin}", "on_error": "shop"},
            "shop": {
                "type": "http", "url": "https://shop.example", "query": {"pin": "{pin}"}, "next": "end",
                "map": {"seen": "{answer.x + half}"},
            },
            **END,
        },
        other,
    )  # fmt: skip
    step = keys(run, "471147#")
    assert isinstance(step, Fetch) and list(step.values.values()) == ["471147"]
    run.proceed(Fetched(True, 200, {"x": "_"}))
    assert run.values == {
        "pin": "471147", "twin": "471147", "half": "71147", "got": {"again": "471147471147"},
        "seen": "_71147",
    }  # fmt: skip
    happened = run.take_happenings()
    assert "71147" not in str(happened)
    assert ("ivr.collected", {"name": "pin", "value": SECRET}) in happened
    assert [data["node"] for kind, data in happened if kind == "ivr.failed"] == ["tell", "pass"]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789*# ", max_size=25), st.integers(1, 6), st.integers(1, 6), st.booleans())
def test_whatever_is_keyed_what_is_kept_is_right(keyed: str, least: int, most: int, confirm: bool) -> None:
    run = collect(keyed + " " * 30, min_digits=least, max_digits=max(least, most), confirm=confirm)
    number = run.values.get("number")
    if number is not None:
        assert number.isdigit() and least <= len(number) <= max(least, most)


def test_a_clumsy_pattern_takes_no_time() -> None:
    assert not matcher("(1+)+2")("1" * 40)
    node = CollectNode.model_validate({"type": "collect", "into": "n", "next": "a", "pattern": "(1+)+2"})
    assert not node.is_right("1" * 20)


# --- by voice ----------------------------------------------------------------------------------------

CHOICES = [
    Sayable("1", {"zh-CN": ["是", "是的"], "en": ["yes"]}, "yes"),
    Sayable("2", {"zh-CN": ["不是", "不要"], "en": ["no", "no thanks"]}, "no"),
    Sayable("3", {"zh-CN": ["人工", "人工客服"], "en": ["operator", "agent"]}, "agent"),
]


@pytest.mark.parametrize(
    ("said", "language", "choice"),
    [
        ("是", "zh-CN", "yes"),
        ("是 的", "zh-CN", "yes"),
        ("不是", "zh-CN", "no"),
        ("不是的", "zh-CN", ""),
        ("我要人工客服", "zh-CN", "agent"),
        ("是，转人工", "zh-CN", ""),
        ("今天天气", "zh-CN", ""),
        ("", "zh-CN", ""),
        ("Yes, please!", "en", "yes"),
        ("no thanks", "en", "no"),
        ("I know", "en", ""),
        ("yes no", "en", ""),
        ("yesterday", "en", ""),
        ("是", "en", ""),
    ],
)
def test_words_choose_only_what_they_mean(said: str, language: str, choice: str) -> None:
    assert match(said, CHOICES, language) == choice


def question(**fields: Any) -> FlowRun:
    answers = {
        "yes": {"words": {"zh-CN": ["好"]}, "key": "1", "go": "end", "label": {"en": "Yes"}},
        "no": {"words": {"zh-CN": ["不好"]}, "key": "2", "go": "lost"},
    }
    node = {"type": "ask", "say": {"zh-CN": "好吗？"}, "answers": answers, "into": "told", "retries": 1}
    return run_of({"it": {**node, "on_failed": "lost", **fields}, **END})


def test_the_recogniser_is_told_what_may_be_said() -> None:
    step = question(timeout_seconds=7).begin()
    assert step == Listen("it", step.utterances, ("好", "不好"), "zh-CN", "12", 7)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("score", "heard"),
    [(80, []), (79, ["您说的是好吗？"]), (50, ["您说的是好吗？"]), (49, ["抱歉，我没有听清楚。"])],
)
def test_words_heard_surely_count_and_unsure_ones_are_asked_back(score: int, heard: list[str]) -> None:
    step = after(question(), Spoken("好", score))
    assert [text.split("请说")[0] for text in texts(step)[:1]] == heard
    assert isinstance(step, HangUp) == (score >= 80)


def test_after_words_that_did_not_help_the_keys_are_offered() -> None:
    run = question(keys_say={"zh-CN": "好请按一"})
    assert texts(after(run, Spoken("天气", 90))) == ["抱歉，我没有听清楚。", "好请按一"]
    run = question(keys_say={"zh-CN": "好请按一"})
    assert texts(after(run, Spoken("", 0))) == ["好请按一"]


def test_without_a_recogniser_keys_answer_and_it_is_written_down_that_it_was_deaf() -> None:
    run = question()
    step = after(run, Deaf())
    assert isinstance(step, AskKey) and step.utterances == (), "the question was heard already"
    run.proceed(Pressed("1"))
    assert (run.node, run.values["told"]) == ("end", "yes")
    happened = [kind for kind, _ in run.take_happenings()]
    assert "ivr.deaf" in happened and happened.index("ivr.key") < happened.index("ivr.collected")


def test_what_was_heard_and_how_surely_is_written_down() -> None:
    run = question()
    after(run, Spoken("好", 90))
    assert facts(run, "ivr.heard") == [{"node": "it", "text": "好", "score": 90, "choice": "yes"}]
    assert [(choice.key, choice.label) for choice in run.path] == [("好", {"en": "Yes"})]


def test_an_open_answer_is_kept_as_it_was_said() -> None:
    run = run_of({"it": {"type": "ask", "say": {"zh-CN": "说吧"}, "into": "told", "next": "end"}, **END})
    step = run.begin()
    assert isinstance(step, Listen) and step.words == () and step.keys == ""
    run.proceed(Spoken("我的包裹丢了" * 200, 60))
    assert run.node == "end" and len(run.values["told"]) == 500
