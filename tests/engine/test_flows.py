"""What callers are asked, and what others are asked for them: flows through the real engine."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callcenter.ivr.steps import Fetched
from callcenter.simulation.people import Leave, Press, PressAtPrompt, SayAtPrompt

from .flows_kit import LI, FlowHotline, flow_of, heard, on_flows, one_caller

ORDER = flow_of(
    "it: {type: collect, say: {en: Your order number}, into: order, min_digits: 2, confirm: true,"
    " next: bye, on_failed: sorry}"
)


def test_digits_are_read_back_and_confirmed(tmp_path: Path) -> None:
    keys = (PressAtPrompt("1", 0.5, "Your order"), Press("2", 0.3), Press("#", 0.3))
    h, what = one_caller(tmp_path, ORDER, *keys, PressAtPrompt("1", 0.5, "one two"))
    assert h.data("ivr.collected") == [{"name": "order", "value": "12"}]
    assert what[-1] == "Good-bye" and h.outcomes() == ["ivr"]


def test_digits_pressed_wrongly_are_pressed_again(tmp_path: Path) -> None:
    h, what = one_caller(
        tmp_path, ORDER,
        PressAtPrompt("7", 0.5, "Your order"), PressAtPrompt("1", 0.5, "Your order"), Press("3", 0.3),
        PressAtPrompt("2", 0.5, "one three"),
        PressAtPrompt("1", 0.5, "Your order"), Press("2", 0.3), Press("#", 0.2), Press("1", 0.2),
    )  # fmt: skip
    assert h.data("ivr.collected") == [{"name": "order", "value": "12"}]
    assert "Sorry, that number is not right." in what, "one digit is too few"


ASKED = flow_of(
    "it: {type: ask, say: {en: Do you need help?}, keys_say: {en: Press 1 for help},"
    " answers: {help: {words: {en: [help, please]}, key: '1', go: line}, no: {words: {en: ['no']}, go: bye}},"
    " into: wants, on_failed: sorry}",
    "line: {type: queue, queue: orders}",
)


def test_an_answer_by_voice_is_taken_and_an_unsure_one_asked_back(tmp_path: Path) -> None:
    h, _ = one_caller(tmp_path, ASKED, SayAtPrompt("no", 1.0, "help?"))
    assert h.data("ivr.collected") == [{"name": "wants", "value": "no"}]
    h, what = one_caller(
        tmp_path, ASKED,
        SayAtPrompt("help", 1.0, "help?", score=50), SayAtPrompt("no", 1.0, "Did you say"),
        SayAtPrompt("no", 1.0, "Press 1"),
    )  # fmt: skip
    assert [(fact["text"], fact["choice"]) for fact in h.data("ivr.heard")] == [
        ("help", "help"),
        ("no", "no"),
    ]
    assert h.outcomes() == ["ivr"] and what[-1] == "Good-bye"


def test_words_that_mean_nothing_here_choose_nothing(tmp_path: Path) -> None:
    h, what = one_caller(
        tmp_path, ASKED, *(SayAtPrompt("football", 0.5, prompt) for prompt in ("help?", "Press", "Press"))
    )
    assert h.data("ivr.collected") == [] and what[-1] == "Sorry"


def test_without_a_recogniser_the_caller_answers_by_key_and_hears_no_error(tmp_path: Path) -> None:
    h, what = one_caller(tmp_path, ASKED, PressAtPrompt("1", 4.0, "help?"), recogniser=False)
    assert len(h.data("ivr.deaf")) == 1
    assert h.data("ivr.failed") == []
    assert what == ["Do you need help?"]
    assert h.outcomes() == ["abandoned"], "he waited in line until he left"


MENU = flow_of(
    "it: {type: menu, say: {en: Orders or refunds?}, keys: {'1': {go: line, words: {en: [orders]}},"
    " '2': {go: bye, words: {en: [refunds]}}}, on_timeout: sorry}",
    "line: {type: queue, queue: orders}",
)


def test_a_menu_is_answered_by_voice_or_key_at_once(tmp_path: Path) -> None:
    for act in (SayAtPrompt("refunds", 0.5, "Orders"), PressAtPrompt("2", 0.5, "Orders")):
        h, what = one_caller(tmp_path, MENU, act)
        assert what == ["Orders or refunds?", "Good-bye"]
        assert [fact["key"] for fact in h.data("ivr.key")] == ["2"]


SHOP = flow_of(
    "it: {type: http, url: 'https://shop.example/{caller.number}', say: {en: One moment}, map: {state:"
    " '{answer.state}'}, next: tell, on_status: {'404': sorry}, on_error: line}",
    "tell: {type: menu, say: {en: 'It is {state}. Press 1'}, keys: {'1': {go: bye}}}",
    "line: {type: queue, queue: orders}",
)


def test_another_system_is_asked_while_the_caller_is_told_to_wait(tmp_path: Path) -> None:
    what: list[str] = []

    async def story(h: FlowHotline) -> None:
        h.others.answer, h.others.delay = Fetched(True, 200, {"state": "paid"}), 8.0
        caller = h.call(ani=LI, did="4001", acts=(PressAtPrompt("1", 0.5, "It is paid"),))
        await caller.wait_ended()
        what.extend(heard(caller))
        told_at = caller.times("prompt /prompts/It is")[0] - caller.times("prompt /prompts/One")[0]
        assert 7.9 < told_at < 8.2, "he heard it when the answer was there"

    h = on_flows(tmp_path, SHOP, story)
    assert what == ["One moment", "It is paid.", "Good-bye"]
    assert h.data("ivr.fetched") == [{"node": "it", "ok": True, "status": 200, "error": ""}]


def test_a_key_pressed_while_another_system_is_asked_counts_for_the_next_question(tmp_path: Path) -> None:
    async def story(h: FlowHotline) -> None:
        h.others.answer, h.others.delay = Fetched(True, 200, {"state": "paid"}), 8.0
        caller = h.call(ani=LI, did="4001", acts=(PressAtPrompt("1", 5.0, "One moment"),))
        await caller.wait_ended()
        assert heard(caller) == ["One moment", "Good-bye"]

    on_flows(tmp_path, SHOP, story)


def test_a_caller_who_leaves_while_another_system_is_asked_leaves_nothing_behind(tmp_path: Path) -> None:
    async def story(h: FlowHotline) -> None:
        h.others.delay = 30.0
        await h.call(did="4001", acts=(Leave(2.0),)).wait_ended()
        await asyncio.sleep(60)
        assert h.data("ivr.fetched") == []

    assert on_flows(tmp_path, SHOP, story).outcomes() == ["ivr"]


@pytest.mark.parametrize(
    ("answer", "breaks", "node"),
    [
        (Fetched(False, 404, error="status 404"), False, "sorry"),
        (Fetched(False, 500, error="status 500"), False, "line"),
        (Fetched(False, error="no answer within 3 s"), False, "line"),
        (Fetched(True, 200, ["nonsense"]), False, "line"),
        (Fetched(True), True, "line"),
    ],
)
def test_another_system_that_fails_leads_where_the_flow_says(
    tmp_path: Path, answer: Fetched, breaks: bool, node: str
) -> None:
    async def story(h: FlowHotline) -> None:
        h.others.answer, h.others.breaks = answer, breaks
        await h.call(did="4001", leave_after=20).wait_ended()

    h = on_flows(tmp_path, SHOP, story)
    assert h.nodes() == ["it", node]
    assert len(h.data("ivr.failed")) == (node == "line")


def test_a_message_is_sent_and_one_that_cannot_be_sent_does_not_stop_the_caller(tmp_path: Path) -> None:
    flow = flow_of("it: {type: message, text: {en: 'Dear {caller.name}'}, next: bye}")
    for breaks in (False, True):
        h, what = one_caller(tmp_path, flow, breaks=breaks)
        [step] = h.others.sent
        assert (step.via, step.to, step.text, step.language) == ("sms", LI, "Dear Li", "en")
        assert [fact["ok"] for fact in h.data("message.sent")] == [not breaks]
        assert what == ["Good-bye"]


def test_a_voicemail_is_kept_in_its_box_and_one_without_words_is_not(tmp_path: Path) -> None:
    flow = flow_of("it: {type: voicemail, box: main, say: {en: Speak}, next: bye}")
    for seconds, kept in ((5.0, 1), (0.5, 0)):
        h, what = one_caller(tmp_path, flow, PressAtPrompt("#", 3.0 + seconds, "Speak"))
        assert [fact["box"] for fact in h.data("voicemail.left")] == ["main"] * kept
        assert what == ["Speak", "Good-bye"]


def test_a_key_for_the_message_does_not_choose_in_the_menu_after_it(tmp_path: Path) -> None:
    flow = flow_of(
        "it: {type: record, say: {en: Speak}, into: said, next: menu}",
        "menu: {type: menu, say: {en: Choose}, keys: {'#': {go: sorry}, '1': {go: bye}}, on_timeout: bye}",
    )
    _, what = one_caller(tmp_path, flow, PressAtPrompt("#", 6.0, "Speak"), PressAtPrompt("1", 1.0, "Choose"))
    assert what == ["Speak", "Choose", "Good-bye"]
