"""What reaches beyond the call: promised calls, ratings, messages, customers and other systems."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from callcenter.integrations.http_lookup import url_value
from callcenter.integrations.secrets import Secrets
from callcenter.ivr.interpreter import FlowRun
from callcenter.ivr.steps import (
    Fetch,
    Fetched,
    FindCustomer,
    Found,
    HangUp,
    Pressed,
    SendMessage,
    Sent,
    Step,
)
from tests.ivr.kit import MONDAY_MORNING, Room, after, facts, run_of, texts

SECRETS = Secrets({"TOKEN": "s3cret", "A": "s3cret", "B": "s3cret"})
END = {"end": {"type": "hangup"}, "lost": {"type": "hangup"}}


def asked(node: dict[str, Any], **call: Any) -> FlowRun:
    return run_of({"it": {"say": {"zh-CN": "请"}, "next": "end", **node}, **END}, **call)


def keys(run: FlowRun, pressed: str) -> Step:
    """Each key in turn; a blank is silence."""
    return after(run, *(Pressed(key.strip()) for key in pressed))


# --- called back, rated, written to ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("time", "now", "wanted"),
    [
        ({"in_minutes": 30}, "2026-03-02 10:00", "2026-03-02 10:30"),
        ({"at": "09:00"}, "2026-03-02 08:00", "2026-03-02 09:00"),
        ({"at": "09:00"}, "2026-03-02 10:00", "2026-03-03 09:00"),
        ({"days": 1, "at": "14:00"}, "2026-03-02 23:59", "2026-03-03 14:00"),
        ({"days": 2, "at": "09:00"}, "2026-02-27 10:00", "2026-03-01 09:00"),
        ({}, "2026-03-02 10:00", "2026-03-02 10:00"),
    ],
)
def test_a_call_back_is_promised_for_its_time(time: dict[str, Any], now: str, wanted: str) -> None:
    zone = MONDAY_MORNING.tzinfo
    room = Room(now=datetime.fromisoformat(now).replace(tzinfo=zone))
    run = asked({"type": "callback", "queue": "orders", "times": {"3": {"label": {"en": "Then"}, **time}}},
                room=room, caller={"number": "+8613800138000"})  # fmt: skip
    keys(run, "31")
    happened = run.take_happenings()
    [noted] = [data for kind, data in happened if kind == "callback.wanted"]
    assert (noted["ani"], noted["queue"]) == ("+8613800138000", "orders")
    assert noted["not_before"] == datetime.fromisoformat(wanted).replace(tzinfo=zone).timestamp()
    assert run.path[0].label == {"en": "Then"}


@pytest.mark.parametrize(
    ("caller", "pressed", "number"),
    [
        ("13800138000", "1", "13800138000"),
        ("13800138000", "201065551234#", "01065551234"),
        ("13800138000", "21#01065 ", "01065"),
        ("13800138000", "29*01065551234#", "01065551234"),
        ("13800138000", "3   ", None),
        ("", "01065551234#", "01065551234"),
        ("anonymous", "01065551234#", "01065551234"),
        ("", "    ", None),
    ],
)
def test_the_number_to_be_called_is_confirmed_or_keyed_in(
    caller: str, pressed: str, number: str | None
) -> None:
    node = {"type": "callback", "queue": "orders", "on_failed": "lost", "retries": 2}
    run = asked(node, caller={"number": caller})
    assert isinstance(keys(run, pressed), HangUp)
    assert [data["ani"] for data in facts(run, "callback.wanted")] == ([number] if number else [])
    assert run.node == ("end" if number else "lost")


def test_a_survey_keeps_each_answer_and_ends_where_the_caller_stops() -> None:
    questions = {"service": {}, "solved": {"keys": "12", "say": {"zh-CN": "解决了吗？"}}}
    for pressed, scores in (("51", ["5", "1"]), ("9 ", []), ("93 ", ["3"]), ("4 9", ["4"])):
        run = asked({"type": "survey", "questions": questions})
        assert isinstance(keys(run, pressed + "   "), HangUp)
        happened = run.take_happenings()
        assert [str(d["score"]) for kind, d in happened if kind == "survey.answered"] == scores
        assert list(run.values.values()) == scores
        assert run.node == "end"
    run = asked({"type": "survey", "questions": questions})
    assert texts(run.begin()) == ["请", "请对本次服务评价。五分非常满意，一分非常不满意，请按一到五。"]
    assert texts(run.proceed(Pressed("5"))) == ["解决了吗？"]


def test_a_message_is_written_in_the_callers_language_with_its_values_as_they_are() -> None:
    text = {"zh-CN": "【商城】应付{amount|money}", "en": "Mall: {amount} due, {caller.name}"}
    for language, written in (("zh-CN", "【商城】应付12.5"), ("en", "Mall: 12.5 due, Li")):
        run = run_of({"it": {"type": "message", "text": text, "next": "end"}, **END}, language=language,
                     flow={"variables": {"amount": 12.5}},
                     caller={"number": "13800138000", "name": "Li"})  # fmt: skip
        step = run.begin()
        assert step == SendMessage("it", "sms", "13800138000", written, language)
    run.proceed(Sent(False, "no such way"))
    assert facts(run, "message.sent") == [{"via": "sms", "ok": False, "error": "no such way", "node": "it"}]
    assert run.node == "end", "without on_error the caller goes on"


# --- asking other systems ----------------------------------------------------------------------------


def test_a_customer_who_was_found_by_another_number_is_the_customer_from_then_on() -> None:
    nodes = {
        "mobile": {"type": "collect", "into": "mobile", "next": "who"},
        "who": {"type": "customer", "number": "{mobile}", "found": "hello", "not_found": "hello"},
        "hello": {"type": "hangup", "say": {"zh-CN": "{customer.name}您好"}},
    }
    run = run_of(nodes, customer={"name": "王"})
    assert keys(run, "139#") == FindCustomer("who", "139")
    assert texts(run.proceed(Found({"name": "李"}))) == ["李您好"]
    run = run_of(nodes, customer={"name": "王"})
    keys(run, "139#")
    assert texts(run.proceed(Found(None))) == ["您好"]


def test_values_are_escaped_in_urls_and_keep_their_kind_in_bodies() -> None:
    node = {
        "type": "http", "method": "POST", "url": "https://shop.example/{x}/a?b={y}&c=d",
        "body": {"n": "{n}", "text": "n={n}", "list": ["{data}", True, 1.5], "{x}": None}, "retries": 3,
        "headers": {"Authorization": "Bearer {secret:TOKEN}"},
    }  # fmt: skip
    run = run_of({"it": {**node, "next": "end"}, **END})
    run.values.update(x="../admin?a=b#c", y="我 &", n=7, data={"a": [1, None]})
    step = run.begin()
    assert isinstance(step, Fetch)
    assert (
        SECRETS.reveal(step.url, step.values, url_value)
        == "https://shop.example/..%2Fadmin%3Fa%3Db%23c/a?b=%E6%88%91%20%26&c=d"
    )
    body = {"n": 7, "text": "n=7", "list": [{"a": [1, None]}, True, 1.5], "{x}": None}
    assert SECRETS.reveal_deep(step.body, step.values) == body
    assert step.headers == {"Authorization": "Bearer {secret:TOKEN}"}
    assert step.retries == 0, "what was sent is not sent again"


def test_parameters_and_headers_are_texts_whatever_their_values_are() -> None:
    values = {"number": 7, "whole": 7.0, "yes": True, "nothing": None, "text": "a b"}
    node = {
        "type": "http", "url": "https://shop.example", "next": "end",
        "query": {name: "{" + name + "}" for name in values}, "headers": {"X": "{nothing}"},
    }  # fmt: skip
    run = run_of({"it": node, **END})
    run.values.update(values)
    step = run.begin()
    assert isinstance(step, Fetch)
    asked = {name: SECRETS.reveal(text, step.values) for name, text in step.query.items()}
    assert asked == {"number": "7", "whole": "7", "yes": "yes", "nothing": "", "text": "a b"}
    assert SECRETS.reveal(step.headers["X"], step.values) == ""


def test_a_caller_who_calls_himself_a_secret_is_told_none() -> None:
    node = {
        "type": "http", "method": "POST", "url": "https://shop.example/{caller.name}", "next": "end",
        "query": {"name": "{caller.name}"}, "body": {"deep": ["{data}", "Mr {caller.name}"]},
    }  # fmt: skip
    run = run_of({"it": node, **END}, caller={"number": "1", "name": "{secret:TOKEN}"})
    run.values["data"] = {"{secret:A}": ["{secret:B}"]}
    step = run.begin()
    assert isinstance(step, Fetch)
    sent = (
        SECRETS.reveal(step.url, step.values),
        SECRETS.reveal_deep(step.query, step.values),
        SECRETS.reveal_deep(step.body, step.values),
    )
    assert "s3cret" not in str(sent) and sent[1] == {"name": "{secret:TOKEN}"}


def test_what_an_answer_holds_goes_into_variables() -> None:
    node = {
        "type": "http", "url": "https://shop.example", "into": "all", "next": "end",
        "map": {"state": "{answer.order.state}", "code": "{status}", "text": "{answer.order.total} CNY"},
    }  # fmt: skip
    run = run_of({"it": node, **END})
    answer = {"order": {"state": "paid", "total": 3}}
    after(run, Fetched(True, 201, answer))
    assert run.values == {"all": answer, "state": "paid", "code": 201, "text": "3 CNY"}
    assert facts(run, "ivr.fetched") == [{"node": "it", "ok": True, "status": 201, "error": ""}]


def test_an_answer_that_is_too_large_to_keep_fails_the_node_and_one_that_is_large_is_not_journaled() -> None:
    node = {"type": "http", "url": "https://shop.example", "into": "all", "next": "end", "on_error": "lost"}
    for size, end, kept in ((2_000_000, "lost", False), (100_000, "end", True), (100, "end", True)):
        run = run_of({"it": node, **END})
        after(run, Fetched(True, 200, ["x" * 100] * (size // 100)))
        assert (run.node, "all" in run.values) == (end, kept)
        [*journaled] = [data["values"]["all"] for data in facts(run, "ivr.set")]
        assert journaled == ([["x" * 100]] if size == 100 else [None] if kept else [])
