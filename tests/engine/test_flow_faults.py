"""Flows at their edges: who leaves at the wrong moment, what dies in the middle, what is done twice."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import pytest

from callcenter.ivr.steps import Utterance
from callcenter.simulation.leg import write_silence
from callcenter.simulation.people import PhoneBehaviour, PressAtPrompt

from .flows_kit import FlowHotline, flow_of, heard, on_flows
from .hotline import SpokenAsNamed, nobody_left_behind

RATE = "rate: {type: survey, questions: {service: {}}, next: bye}"
TALK_THEN_RATE = flow_of("wait: {type: queue, queue: orders, after_talk: rate}", RATE)
SEND_ON = flow_of('out: {type: transfer, number: "02155551234", after_talk: rate, on_no_answer: sorry}', RATE)
MESSAGE = flow_of("message: {type: voicemail, box: main, say: {en: Leave a message}, next: bye}")


def answering(h: FlowHotline, talk_seconds: float | None) -> None:
    h.behave("amy", answer_after=1, talk_seconds=talk_seconds)
    h.ready("amy")


# --- who hangs up first ------------------------------------------------------------------------------


def test_a_caller_who_hangs_up_the_talk_did_not_come_to_the_survey(tmp_path: Path) -> None:
    async def story(h: FlowHotline) -> None:
        answering(h, None)
        await h.call(did="4001", talk_seconds=10).wait_ended()
        await asyncio.sleep(1)

    h = on_flows(tmp_path, TALK_THEN_RATE, story)
    assert h.outcomes() == ["answered"]
    assert h.nodes() == ["wait"], "the survey's figures count those who were asked"


def test_a_caller_who_hangs_up_on_who_he_was_sent_to_did_not_come_to_the_survey(tmp_path: Path) -> None:
    async def story(h: FlowHotline) -> None:
        h.switch.add_outside("02155551234", PhoneBehaviour(answer_after=1))
        await h.call(did="4001", talk_seconds=10).wait_ended()
        await asyncio.sleep(1)

    h = on_flows(tmp_path, SEND_ON, story)
    assert h.outcomes() == ["transferred"]
    assert h.nodes() == ["out"]


# --- the controller dies -----------------------------------------------------------------------------


def test_a_caller_rates_a_talk_that_outlived_the_controller(tmp_path: Path) -> None:
    async def story(h: FlowHotline) -> None:
        answering(h, 20)
        caller = h.call(did="4001", acts=(PressAtPrompt("5", 0.5),), leave_after=90)
        await asyncio.sleep(10)
        await h.restart()
        await caller.wait_ended()
        await asyncio.sleep(1)
        nobody_left_behind(h)

    h = on_flows(tmp_path, TALK_THEN_RATE, story)
    assert [fact["score"] for fact in h.data("survey.answered")] == [5]
    assert len(h.facts("queue.entered")) == len(h.facts("talk.ended")) == 1
    assert h.outcomes() == ["answered"]


def test_a_controller_that_dies_in_the_survey_asks_on(tmp_path: Path) -> None:
    async def story(h: FlowHotline) -> None:
        answering(h, 5)
        caller = h.call(did="4001", leave_after=90)
        await h.until_state("amy", "wrap_up")
        await asyncio.sleep(0.5)
        await h.restart()
        await asyncio.sleep(3)
        caller.press("4")
        await caller.wait_ended()
        await asyncio.sleep(1)

    h = on_flows(tmp_path, TALK_THEN_RATE, story)
    assert [fact["score"] for fact in h.data("survey.answered")] == [4]
    assert len(h.facts("queue.entered")) == 1


@pytest.mark.parametrize("answer_after", (1, 12), ids=("answered before", "answered meanwhile"))
def test_a_caller_who_was_sent_on_is_not_sent_there_again(tmp_path: Path, answer_after: float) -> None:
    async def story(h: FlowHotline) -> None:
        h.switch.add_outside("02155551234", PhoneBehaviour(answer_after=answer_after, talk_seconds=30))
        caller = h.call(did="4001", acts=(PressAtPrompt("3", 0.5),), leave_after=200)
        await asyncio.sleep(10)
        await h.restart()
        await caller.wait_ended()
        assert len(caller.times("talks")) == 1
        await asyncio.sleep(1)

    h = on_flows(tmp_path, SEND_ON, story)
    assert [fact["score"] for fact in h.data("survey.answered")] == [3]
    assert [fact["result"] for fact in h.data("transfer.ended")] == ["talked"]
    assert h.outcomes() == ["transferred"]


def test_a_caller_sent_on_who_hangs_up_while_we_are_away_was_transferred(tmp_path: Path) -> None:
    async def story(h: FlowHotline) -> None:
        h.switch.add_outside("02155551234", PhoneBehaviour(answer_after=1))
        caller = h.call(did="4001")
        await asyncio.sleep(10)
        await h.crash()
        caller.hang_up()
        await h.start(after_crash=True)
        await asyncio.sleep(5)
        nobody_left_behind(h)

    h = on_flows(tmp_path, SEND_ON, story)
    assert h.outcomes() == ["transferred"]


def test_a_message_that_was_finished_while_we_were_away_is_kept_and_not_asked_for_again(
    tmp_path: Path,
) -> None:
    async def story(h: FlowHotline) -> None:
        caller = h.call(did="4001", leave_after=60)
        await asyncio.sleep(8)
        assert h.facts("voicemail.begun")
        await h.crash()
        _, path = h.engine._voicemail_path("20260101-call-1")
        write_silence(path, 7.0)  # the switch went on until the caller pressed #, and its leg knocks
        await h.start(after_crash=True)
        await caller.wait_ended()
        assert heard(caller).count("Leave a message") == 1
        assert "Good-bye" in heard(caller)

    h = on_flows(tmp_path, MESSAGE, story)
    assert [fact["seconds"] for fact in h.data("voicemail.left")] == [7.0]
    assert h.outcomes() == ["voicemail"]


# --- twice in one call -------------------------------------------------------------------------------


def test_both_talks_of_a_call_are_kept_on_its_recording(tmp_path: Path) -> None:
    flow = flow_of(
        "wait: {type: queue, queue: orders, after_talk: more}",
        "more: {type: queue, queue: refunds}",
    )

    async def story(h: FlowHotline) -> None:
        h.engine.acd.callers.queues = {
            name: queue.model_copy(update={"record": True}) for name, queue in h.engine.acd.queues.items()
        }
        h.behave("bo", answer_after=1, talk_seconds=5)
        h.ready("bo")
        caller = h.call(did="4001", leave_after=60)
        await asyncio.sleep(2)
        h.behave("amy", answer_after=0.1, talk_seconds=7)
        h.ready("amy")
        await caller.wait_ended()
        await asyncio.sleep(8)

    h = on_flows(tmp_path, flow, story)
    assert h.data("recording.failed") == []
    file = tmp_path / "recordings" / h.data("recording.kept")[-1]["path"]
    with wave.open(str(file), "rb") as sound:
        assert 11.9 < sound.getnframes() / sound.getframerate() < 12.2


def test_a_second_message_does_not_take_the_place_of_the_first(tmp_path: Path) -> None:
    flow = flow_of(
        "one: {type: voicemail, box: main, say: {en: Message}, next: two}",
        "two: {type: voicemail, box: main, say: {en: One more}, next: bye}",
    )

    async def story(h: FlowHotline) -> None:
        caller = h.call(did="4001", acts=(PressAtPrompt("#", 6), PressAtPrompt("#", 9)), leave_after=60)
        await caller.wait_ended()

    h = on_flows(tmp_path, flow, story)
    paths = [fact["path"] for fact in h.data("voicemail.left")]
    assert len(set(paths)) == 2
    assert all((tmp_path / "voicemail" / path).is_file() for path in paths)


# --- what cannot be done -----------------------------------------------------------------------------


class NoWhispers(SpokenAsNamed):
    async def path(self, utterance: Utterance) -> Path:
        if utterance.text.startswith("VIP"):
            raise OSError("the disk is full")
        return await super().path(utterance)


def test_a_whisper_that_cannot_be_made_does_not_keep_the_caller_from_the_agent(tmp_path: Path) -> None:
    flow = flow_of("wait: {type: queue, queue: orders, whisper: {en: 'VIP, {caller.name}', zh-CN: 'VIP'}}")

    async def story(h: FlowHotline) -> None:
        h.engine.reception._office.prompts = NoWhispers()
        answering(h, 5)
        await h.call(did="4001", leave_after=60).wait_ended()

    h = on_flows(tmp_path, flow, story)
    assert h.outcomes() == ["answered"]
    assert h.data("ivr.failed") == []


def test_the_music_ends_when_waiting_fails(tmp_path: Path) -> None:
    flow = flow_of("wait: {type: queue, queue: orders, on_error: sorry}")

    async def story(h: FlowHotline) -> None:
        async def broken(agent: str) -> None:
            raise RuntimeError("our own fault")

        h.engine.reception._office.pop_seen = broken
        answering(h, 5)
        caller = h.call(did="4001", leave_after=60)
        await caller.wait_ended()
        told = [what for _, what in caller.story if what.startswith(("music", "prompt"))]
        assert told[-2:] == ["music off", "prompt /prompts/Sorry"]

    h = on_flows(tmp_path, flow, story)
    assert h.data("ivr.failed")


def test_a_pound_key_after_the_last_digit_belongs_to_the_digits(tmp_path: Path) -> None:
    flow = flow_of(
        "pin: {type: collect, into: order, min_digits: 4, max_digits: 4, say: {en: Your order}, next: menu}",
        "menu: {type: menu, say: {en: Press 1}, keys: {'1': {go: bye}}, on_timeout: sorry}",
    )

    async def story(h: FlowHotline) -> None:
        caller = h.call(did="4001", leave_after=60)
        await asyncio.sleep(1)
        for key in "1234#":
            caller.press(key)
            await asyncio.sleep(0.1)
        await asyncio.sleep(3)
        caller.press("1")
        await caller.wait_ended()
        assert heard(caller) == ["Your order", "Press 1", "Press 1", "Good-bye"]

    on_flows(tmp_path, flow, story)


def test_a_pound_key_after_the_last_digit_does_not_take_the_answer_from_the_caller(tmp_path: Path) -> None:
    flow = flow_of(
        "pin: {type: collect, into: order, min_digits: 4, max_digits: 4, say: {en: Your order}, next: told}",
        "told: {type: say, say: {en: It comes tomorrow}, next: menu}",
        "menu: {type: menu, say: {en: Press 1}, keys: {'1': {go: bye}}, on_timeout: sorry}",
    )

    async def story(h: FlowHotline) -> None:
        caller = h.call(did="4001", leave_after=60)
        await asyncio.sleep(1)
        for key in "1234#":
            caller.press(key)
        await asyncio.sleep(0.5)
        at = caller.times("prompt /prompts/It comes tomorrow")[-1]
        await asyncio.sleep(20)
        assert caller.times("prompt /prompts/Press 1")[0] > at + 1, "it was told to its end"

    on_flows(tmp_path, flow, story)


# --- odd values ----------------------------------------------------------------------------------------


def test_a_customer_whose_language_nobody_speaks_hears_the_flows_own(tmp_path: Path) -> None:
    flow = flow_of("hello: {type: say, say: {en: 'At {time.clock|time}', zh-CN: 你好}, next: bye}")

    async def story(h: FlowHotline) -> None:
        h.customers["13800000001"] = {"name": "Li", "language": "fr"}
        await h.call(did="4001", leave_after=60).wait_ended()

    h = on_flows(tmp_path, flow, story)
    assert h.data("ivr.failed") == []
    assert h.data("ivr.entered")[0]["language"] == "en"


def test_a_whisper_without_its_value_does_not_keep_the_caller_from_the_agent(tmp_path: Path) -> None:
    flow = flow_of(
        "wait: {type: queue, queue: orders, whisper: {en: 'Since {customer.note|date}', zh-CN: 'VIP'}}"
    )

    async def story(h: FlowHotline) -> None:
        answering(h, 5)
        await h.call(did="4001", leave_after=60).wait_ended()

    h = on_flows(tmp_path, flow, story)
    assert h.outcomes() == ["answered"]
    assert h.data("ivr.failed") == []
    assert h.phones["amy"].heard == []


def test_a_number_too_long_to_be_read_back_is_a_wrong_number(tmp_path: Path) -> None:
    flow = flow_of(
        "ask: {type: collect, into: sum, say: {en: How much}, confirm: true, read_as: money, next: bye,"
        " on_failed: sorry, retries: 1}"
    )

    async def story(h: FlowHotline) -> None:
        caller = h.call(did="4001", leave_after=60)
        await asyncio.sleep(1)
        for key in "12345678901234567890":
            caller.press(key)
        await asyncio.sleep(1)
        assert h.nodes() == ["ask"]
        await caller.wait_ended()

    h = on_flows(tmp_path, flow, story)
    assert h.data("ivr.failed") == []


def test_the_call_ends_when_the_caller_leaves_not_when_the_other_system_answers(tmp_path: Path) -> None:
    flow = flow_of("ask: {type: http, url: 'http://shop/', timeout_seconds: 20, next: bye, on_error: sorry}")

    async def story(h: FlowHotline) -> None:
        h.others.delay = 100.0
        await h.call(did="4001", leave_after=5).wait_ended()
        await asyncio.sleep(1)
        assert h.outcomes() == ["ivr"]
        nobody_left_behind(h)

    on_flows(tmp_path, flow, story)


def test_a_number_that_answered_while_the_link_was_down_is_known_before_we_die(tmp_path: Path) -> None:
    async def story(h: FlowHotline) -> None:
        h.switch.add_outside("02155551234", PhoneBehaviour(answer_after=10, talk_seconds=60))
        caller = h.call(did="4001", acts=(PressAtPrompt("3", 0.5),), leave_after=200)
        await asyncio.sleep(5)
        h.switch.drop_link(sessions=False)
        await asyncio.sleep(10)
        h.switch.restore_link()
        await asyncio.sleep(1)
        assert h.facts("transfer.answered")
        await caller.wait_ended()

    h = on_flows(tmp_path, SEND_ON, story)
    assert h.outcomes() == ["transferred"]
