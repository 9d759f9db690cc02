"""What callers hear and press in line, on a real Asterisk."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.calls.waiting_words import announcement
from callcenter.center.config import load_config
from callcenter.sound import make_prompts
from tests.real.kit import Office, a_center, until

HERE = Path(__file__).parent / "waiting_center"
pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """The center of this module."""
    async with a_center(tmp_path_factory.mktemp("w"), of=HERE) as office:
        yield office


async def seconds_of(office: Office, position: int, wait: int | None) -> float:
    """How long the announcement is."""
    config, _ = load_config(office.center.config_file)
    assert config is not None
    prompts = make_prompts(config)
    seconds = 0.0
    for utterance in announcement(position, wait, "en"):
        with wave.open(f"{await prompts.make(utterance)}.wav") as file:
            seconds += file.getnframes() / file.getframerate()
    await prompts.close()
    return seconds


async def nobody_waits(office: Office) -> None:
    for agent in office.extension:
        await office.wish(agent, "signed_out")


async def test_position_and_wait_are_told_and_finished_before_the_agent_is_rung(office: Office) -> None:
    for agent in office.extension:  # three calls of twelve seconds: now it is known how long one takes
        office.manners(agent, answer_after=0.2, talk_seconds=12)
        await office.ready(agent)
        await office.call("4001")
    await office.wait_state("cy", "talking")
    await office.wait_state("amy", "ready", seconds=20)
    await office.wait_state("bo", "ready", seconds=20)
    await office.wait_state("cy", "ready", seconds=20)
    await office.wish("bo", "signed_out")
    await office.wish("cy", "signed_out")
    await office.call("4001")  # with amy
    await office.wait_state("amy", "talking")
    first = await office.call("4001")
    first_id = await office.call_id(first)
    second = await office.call("4001")
    second_id = await office.call_id(second)
    told = await office.wait_fact("waiting.announced", second_id)
    assert told.data["position"] == 2
    assert told.data["wait"] in (20, 30)
    told = await office.wait_fact("waiting.announced", first_id)
    assert told.data["position"] == 1
    assert told.data["wait"] in (10, 20)
    board = (await office.ask("/wallboard"))["queues"][0]
    assert 20 <= board["estimated_wait"] <= 60
    length = await seconds_of(office, 1, told.data["wait"])
    assert length > 2.0
    third = await office.call("4001")
    third_id = await office.call_id(third)
    told = await office.wait_fact("waiting.announced", third_id)
    office.manners("bo", answer_after=0.2, talk_seconds=2)
    office.manners("cy", answer_after=0.2, talk_seconds=2)
    first.hang_up()
    second.hang_up()
    await office.ready("cy")  # while the third caller is being told
    rung = await office.wait_fact("phone.ringing", third_id)
    assert rung.agent == "cy"
    said = await seconds_of(office, told.data["position"], told.data["wait"])
    assert said - 0.3 < rung.at - told.at < said + 2.0
    assert "Was told: position 3" in " ".join(await office.story(third_id))
    await until(lambda: office.facts("talk.ended", third_id), 15)
    assert [f.kind for f in await office.facts(call_id=third_id) if f.kind == "waiting.announced"] == [
        "waiting.announced"
    ]


async def test_a_key_of_an_offer_is_heard_while_it_is_said_and_afterwards(office: Office) -> None:
    await nobody_waits(office)
    quick, slow = await office.call("4001"), await office.call("4001")
    quick_id, slow_id = await office.call_id(quick), await office.call_id(slow)
    offered = await office.wait_fact("waiting.offered", quick_id)
    assert offered.data == {"queue": "orders", "key": "1", "offer": "callback"}
    await quick.press("1")
    taken = await office.wait_fact("waiting.taken", quick_id, 3)
    assert taken.at - offered.at < 1.5
    assert (await office.wait_fact("callback.in_place", quick_id)).data["number"].endswith(quick.result.ani)
    assert (await quick.wait_ended(15)).how == "far"  # thanked, and let go
    await until(lambda: office.facts("waiting.offered", slow_id), 10)
    await asyncio.sleep(6)  # all is said: music
    await slow.press("1")
    await office.wait_fact("callback.in_place", slow_id, 2)
    assert (await slow.wait_ended(15)).how == "far"
    assert (await office.facts("queue.left", slow_id))[0].data["why"] == "offer_callback"


async def test_a_message_is_left_from_the_line(office: Office) -> None:
    await nobody_waits(office)
    caller = await office.call("4001")
    call_id = await office.call_id(caller)
    await office.wait_fact("waiting.offered", call_id)
    await caller.press("2")
    await office.wait_fact("voicemail.begun", call_id, 15)
    caller.speak()
    await asyncio.sleep(2.5)
    await caller.press("#")
    left = await office.wait_fact("voicemail.left", call_id)
    assert left.data["box"] == "main"
    assert left.data["seconds"] > 1.5
    assert await office.outcome(call_id, 15) == "voicemail"
    assert (await office.facts("queue.left", call_id))[0].data["why"] == "offer_voicemail"


async def test_a_chinese_caller_is_told_in_chinese(office: Office) -> None:
    await nobody_waits(office)
    caller = await office.call("4002")
    call_id = await office.call_id(caller)
    await office.wait_fact("waiting.announced", call_id)
    config, _ = load_config(office.center.config_file)
    assert config is not None
    prompts = make_prompts(config)
    path = await prompts.make(announcement(1, None, "zh-CN")[0])
    await prompts.close()
    assert Path(f"{path}.wav").exists()
    assert await office.legs() == 1
    caller.hang_up()
    assert await office.outcome(call_id) == "abandoned"
