"""What callers hear and press while they wait: nothing is cut by an agent, or said twice because of one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from callcenter.center.check import parse_center
from callcenter.simulation.people import Leave, Press, PressAtPrompt, SimulatedCaller
from callcenter.simulation.virtual_time import run_virtual
from callcenter.storage.story import story as story_of

from .flows_kit import heard
from .hotline import CENTER, Hotline, nobody_left_behind

ANNOUNCED = "announce: {after: 10, every: 40, wait_at_least: 30}"
OFFERS = """
      offers:
        "1": {offer: callback, after: 20, every: 60}
        "2": {offer: voicemail, mailbox: main, after: 20, every: null}"""
COMFORT = """
      messages:
        after: 15
        every: 30
        items:
          - {say: {zh-CN: 请稍候, en: Please hold on}}
          - {say: {zh-CN: 也可上网, en: See our website}}"""
NEXT = "You are next in line."
SECOND = "You are second in line."
CALL_ME = "To be called back without losing your place in line, press one."
MESSAGE = "To leave a message, press two."
INVITED = "Please leave a message after the tone, and press the pound key when you are done."


class Waiting(Hotline):
    """The hotline, with a plan for those who wait for orders."""

    def __init__(self, folder: Path, plan: str, *edits: tuple[str, str]) -> None:
        super().__init__(folder)
        text = CENTER.replace(
            "    wrap_up_seconds: 30", f"    wrap_up_seconds: 30\n    waiting:\n      {plan}", 1
        )
        for old, new in edits:
            assert old in text
            text = text.replace(old, new, 1)
        text += "mailboxes:\n  main: {name: {zh-CN: 留言, en: Messages}}\n"
        center, problems = parse_center(text.encode())
        assert center is not None and not problems, [p.render() for p in problems]
        self.center = center


def in_line(
    folder: Path,
    plan: str,
    story: Callable[[Waiting], Coroutine[Any, Any, None]],
    *edits: tuple[str, str],
) -> Waiting:
    async def run() -> Waiting:
        hotline = Waiting(folder, plan, *edits)
        await hotline.start()
        try:
            await story(hotline)
        finally:
            await hotline.stop()
        return hotline

    return run_virtual(run())


def times(caller: SimulatedCaller, text: str) -> list[float]:
    """When he heard this, in seconds since his music began."""
    began = caller.times("music default")[:1]
    return [round(at - began[0], 1) for at in caller.times(f"prompt /prompts/{text}")]


async def three_served(h: Waiting) -> None:
    """From then on it is known how long one takes: about a minute and a half, wrap-up included."""
    h.behave("amy", answer_after=2, talk_seconds=60)
    h.ready("amy")
    for _ in range(3):
        h.call(did="4002")
        await asyncio.sleep(95)


async def hangs_up(caller: SimulatedCaller) -> None:
    caller.hang_up()
    await asyncio.sleep(1)


def test_position_and_wait_are_told_and_told_again(tmp_path: Path) -> None:
    async def story(h: Waiting) -> None:
        await three_served(h)
        h.call(did="4002")
        await asyncio.sleep(1)
        second, third = h.call(did="4002"), h.call(did="4002")
        await asyncio.sleep(60)
        assert times(second, NEXT) == [10.0, 50.0]
        assert times(third, SECOND) == [10.0, 50.0]
        waits = [told for told in heard(third) if told.startswith("We expect")]
        assert waits[0] == "We expect to answer you in about three minutes."
        assert heard(third)[:2] == [SECOND, waits[0]]
        await asyncio.sleep(600)
        nobody_left_behind(h)

    h = in_line(tmp_path, ANNOUNCED, story)
    told = [(f.data["position"], f.data["wait"]) for f in h.facts("waiting.announced")]
    assert told[:2] == [(1, 120), (2, 180)]
    assert h.outcomes() == ["answered"] * 6


def test_what_is_being_said_is_finished_before_the_agent_is_rung(tmp_path: Path) -> None:
    async def story(h: Waiting) -> None:
        h.behave("amy", answer_after=1, talk_seconds=5)
        caller = h.call(did="4002")
        while not times(caller, NEXT):
            await asyncio.sleep(0.05)
        await asyncio.sleep(1)
        h.ready("amy")  # two seconds before it is over
        assert h.state("amy")[0] == "reserved"
        await caller.wait_ended()
        said, rung = caller.times("prompt")[0], h.facts("phone.ringing")[0].at - h.clock._epoch
        assert rung == pytest.approx(said + 3.0, abs=0.1)

    h = in_line(tmp_path, ANNOUNCED + COMFORT, story)
    assert h.outcomes() == ["answered"]
    assert [k for k in h.kinds() if k.startswith("waiting")] == ["waiting.announced"]


def test_an_agent_reserved_during_a_long_message_is_kept_for_its_caller(tmp_path: Path) -> None:
    async def story(h: Waiting) -> None:
        h.switch._prompt_seconds = lambda prompt: 60.0
        h.behave("amy", answer_after=14, talk_seconds=5)
        caller = h.call(did="4002")
        await asyncio.sleep(20)  # the message began at 15
        h.ready("amy")
        await asyncio.sleep(50)
        assert h.state("amy")[0] == "reserved"
        await caller.wait_ended()
        assert len(heard(caller)) == 1

    h = in_line(tmp_path, COMFORT.strip(), story)
    assert h.outcomes() == ["answered"]
    assert h.facts("mended") == []


def test_nothing_begins_once_an_agent_is_his(tmp_path: Path) -> None:
    async def story(h: Waiting) -> None:
        h.behave("amy", answer_after=8, talk_seconds=5)
        caller = h.call(did="4002")
        await asyncio.sleep(9.9)
        h.ready("amy")  # she rings when he would be told
        await caller.wait_ended()
        assert heard(caller) == []

    assert in_line(tmp_path, ANNOUNCED, story).outcomes() == ["answered"]


def test_after_an_agent_who_does_not_answer_the_plan_goes_on_where_it_was(tmp_path: Path) -> None:
    async def story(h: Waiting) -> None:
        h.behave("amy", answer_after=None)
        caller = h.call(did="4002")
        await asyncio.sleep(20)  # he was told at 10 and comforted at 18, which is not over yet
        h.ready("amy")
        await asyncio.sleep(60)
        # amy rang from 21 to 36; then music for five seconds at least
        assert times(caller, NEXT) == [10.0, 50.0]
        assert times(caller, "Please hold on") == [18.0]
        assert times(caller, "See our website") == [58.0]  # due while he was told where he is
        await hangs_up(caller)

    h = in_line(tmp_path, ANNOUNCED + COMFORT.replace("every: 30", "every: 33"), story)
    assert h.outcomes() == ["abandoned"]


def test_comfort_messages_come_in_turn_and_once_if_so_planned(tmp_path: Path) -> None:
    async def story(h: Waiting) -> None:
        caller = h.call(did="4002")
        await asyncio.sleep(200)
        await hangs_up(caller)
        assert heard(caller) == ["Please hold on", "See our website"]

    plan = COMFORT.strip().replace("messages:", "messages:\n        once: true", 1)
    assert in_line(tmp_path, plan, story).outcomes() == ["abandoned"]


@pytest.mark.parametrize("after", [1.0, 12.0])  # during the offer; and long after it
def test_a_call_back_is_taken_on_a_key(tmp_path: Path, after: float) -> None:
    async def story(h: Waiting) -> None:
        acts = (PressAtPrompt("1", after, prompt=CALL_ME),)
        caller = h.call(did="4002", ani="13800138000", acts=acts)
        await caller.wait_ended()
        assert heard(caller)[-2:] == ["Very well, we will call you back.", "Thank you for calling. Good-bye."]
        assert (MESSAGE in heard(caller)) is (after > 3)

    h = in_line(tmp_path, OFFERS.strip(), story)
    (promised,), (left,) = h.facts("callback.promised"), h.facts("queue.left")
    assert (promised.data["number"], promised.data["queue"]) == ("+8613800138000", "orders")
    assert promised.data["since"] == h.facts("queue.entered")[0].at, "he keeps the place he had"
    assert left.data["why"] == "offer_callback"
    assert h.outcomes() == ["callback"]
    assert h.facts("waiting.taken")[0].data == {"queue": "orders", "key": "1", "offer": "callback"}


def test_who_has_no_number_that_is_called_by_itself_is_seen_to_by_people(tmp_path: Path) -> None:
    async def story(h: Waiting) -> None:
        caller = h.call(did="4002", ani="8001", acts=(PressAtPrompt("1", 1.0, prompt=CALL_ME),))
        await caller.wait_ended()
        nobody_left_behind(h)

    h = in_line(tmp_path, OFFERS.strip(), story)
    assert [(f.data["ani"], f.data["why"]) for f in h.facts("callback.wanted")] == [("8001", "requested")]
    assert [f.data["why"] for f in h.facts("queue.left")] == ["offer_callback"]


def test_a_message_is_left_on_a_key(tmp_path: Path) -> None:
    async def story(h: Waiting) -> None:
        acts = (PressAtPrompt("2", 1.0, prompt=MESSAGE), PressAtPrompt("#", 8.0, prompt=INVITED))
        caller = h.call(did="4002", acts=acts)
        await caller.wait_ended()
        assert heard(caller)[-3:] == [
            INVITED, "Your message has been saved. Thank you.", "Thank you for calling. Good-bye.",
        ]  # fmt: skip

    h = in_line(tmp_path, OFFERS.strip(), story)
    assert h.outcomes() == ["voicemail"]
    assert h.facts("queue.left")[0].data["why"] == "offer_voicemail"
    assert h.facts("voicemail.left")[0].data["box"] == "main"


def test_a_key_means_nothing_before_its_time_nor_one_that_is_not_offered(tmp_path: Path) -> None:
    async def story(h: Waiting) -> None:
        caller = h.call(did="4002", acts=(Press("1", 10.0), Press("5", 15.0), Press("1", 0.5), Leave(20)))
        await caller.wait_ended()

    h = in_line(tmp_path, OFFERS.strip(), story)
    assert h.facts("waiting.taken")[0].at == pytest.approx(h.facts("queue.entered")[0].at + 25.5, abs=4)


def test_nobody_is_offered_a_call_to_a_number_he_does_not_show(tmp_path: Path) -> None:
    async def story(h: Waiting) -> None:
        caller = h.call(did="4002", ani="", acts=(Press("1", 30.0), Leave(20)))
        await caller.wait_ended()
        await asyncio.sleep(1)
        assert heard(caller) == [MESSAGE]

    h = in_line(tmp_path, OFFERS.strip(), story)
    assert h.facts("waiting.taken") == []
    assert h.outcomes() == ["abandoned"]


def test_who_presses_as_his_agent_comes_is_served(tmp_path: Path) -> None:
    async def story(h: Waiting) -> None:
        h.behave("amy", answer_after=1, talk_seconds=5)
        caller = h.call(did="4002")
        while not times(caller, CALL_ME):
            await asyncio.sleep(0.05)
        h.ready("amy")
        caller.press("1")
        await caller.wait_ended()
        nobody_left_behind(h)

    h = in_line(tmp_path, OFFERS.strip(), story)
    assert h.outcomes() == ["answered"]
    assert h.facts("callback.wanted") == []


def test_a_caller_who_leaves_during_an_announcement_frees_the_agent_just_found(tmp_path: Path) -> None:
    async def story(h: Waiting) -> None:
        caller = h.call(did="4002")
        while not times(caller, NEXT):
            await asyncio.sleep(0.05)
        h.ready("amy")
        await asyncio.sleep(0.5)
        caller.hang_up()
        await asyncio.sleep(1)
        assert h.state("amy") == ("ready", "")
        nobody_left_behind(h)

    h = in_line(tmp_path, ANNOUNCED, story)
    assert h.outcomes() == ["abandoned"]
    assert h.facts("mended") == []


def test_after_a_restart_he_is_not_told_again_what_he_has_heard(tmp_path: Path) -> None:
    async def story(h: Waiting) -> None:
        caller = h.call(did="4002")
        await asyncio.sleep(25)  # told at 10, comforted at 18
        await h.restart()
        await asyncio.sleep(40)
        assert len(times(caller, NEXT)) == 2
        assert times(caller, NEXT)[0] == 10.0
        assert times(caller, NEXT)[1] == pytest.approx(50, abs=1)
        assert len(times(caller, "Please hold on")) == 1
        await hangs_up(caller)

    plan = ANNOUNCED + COMFORT.replace("every: 30", "every: 60")
    assert in_line(tmp_path, plan, story).outcomes() == ["abandoned"]


def test_a_controller_that_dies_as_the_offer_is_taken_does_not_put_him_in_line_again(tmp_path: Path) -> None:
    async def story(h: Waiting) -> None:
        caller = h.call(did="4002", acts=(PressAtPrompt("1", 1.0, prompt=CALL_ME),))
        while not h.facts("callback.promised"):
            await asyncio.sleep(0.05)
        await h.restart()
        await caller.wait_ended()
        await asyncio.sleep(3)

    h = in_line(tmp_path, OFFERS.strip(), story)
    callers, places = ("20260101-call-1", "20260101-call-2")
    assert [f.call_id for f in h.facts("queue.entered")] == [callers, places]
    assert len(h.facts("callback.promised")) == 1


def test_a_controller_that_dies_between_the_key_and_the_promise_keeps_it(tmp_path: Path) -> None:
    async def story(h: Waiting) -> None:
        caller = h.call(did="4002", ani="13800138000")
        await asyncio.sleep(5)
        await h.crash()
        h.journal.write("waiting.taken", call_id="20260101-call-1", queue="orders", key="1", offer="callback")
        await h.start(after_crash=True)
        await caller.wait_ended()

    h = in_line(tmp_path, OFFERS.strip(), story)
    assert [f.data["number"] for f in h.facts("callback.promised")] == ["+8613800138000"]
    assert h.outcomes() == ["callback"]


def test_chinese_callers_are_told_in_chinese(tmp_path: Path) -> None:
    async def story(h: Waiting) -> None:
        h.center = h.center.model_copy(
            update={"numbers": [n.model_copy(update={"language": "zh-CN"}) for n in h.center.numbers]}
        )
        await three_served(h)
        h.call(did="4002")
        await asyncio.sleep(1)
        first, second = h.call(did="4002"), h.call(did="4002")
        await asyncio.sleep(30)
        assert heard(first)[0] == "下一位就是您。"
        assert heard(second)[:3] == ["您目前排在第二位。", "预计还需等待约三分钟。", "请稍候"]
        first.hang_up()
        second.hang_up()

    in_line(tmp_path, ANNOUNCED + COMFORT, story)


def test_in_another_queue_he_hears_its_music_and_its_plan(tmp_path: Path) -> None:
    async def story(h: Waiting) -> None:
        caller = h.call(did="4002")
        await asyncio.sleep(40)
        told = [said for _, said in caller.story if said.startswith(("music", "prompt"))]
        assert told[:4] == [
            "music default",
            f"prompt /prompts/{NEXT}",
            "music calm",
            f"prompt /prompts/{CALL_ME}",
        ]
        assert times(caller, CALL_ME) == [pytest.approx(15 + 7, abs=0.2)]  # 7 s after he came there
        await hangs_up(caller)

    h = in_line(
        tmp_path,
        ANNOUNCED,
        story,
        (
            "    max_wait_seconds: 300",
            "    max_wait_seconds: 300\n    overflow: [{wait: 15, to: {queue: refunds}}]",
        ),
        (
            "    priority: 5",
            '    priority: 5\n    music: calm\n    waiting: {offers: {"1": {offer: callback, after: 7}}}',
        ),
    )
    assert h.outcomes() == ["abandoned"]


def test_the_story_tells_what_he_was_told_and_chose(tmp_path: Path) -> None:
    async def story(h: Waiting) -> None:
        await three_served(h)
        h.call(did="4002")
        await asyncio.sleep(1)
        caller = h.call(did="4002", ani="13800138000", acts=(PressAtPrompt("1", 1.0, prompt=CALL_ME),))
        await caller.wait_ended()
        await asyncio.sleep(200)

    h = in_line(tmp_path, ANNOUNCED + COMFORT.replace("after: 15", "after: 2") + OFFERS, story)
    facts = [f for f in h.journal.facts if f.call_id == "20260101-call-5"]
    told = [line["text"] for line in story_of(facts) if line["kind"].startswith(("waiting", "queue.left"))]
    assert [text["en"] for text in told] == [
        "Heard comfort message 1",
        "Was told: position 1, a wait of about 2:00",
        "Was offered a call-back on key 1",
        "Pressed 1 in line: a call-back",
        "Left the line for orders after 22 s: the caller chose to be called back",
    ]
    assert told[1]["zh-CN"] == "播报：第 1 位，预计等待约 2 分"
