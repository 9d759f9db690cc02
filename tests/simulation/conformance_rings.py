"""Stories of several phones that ring for one caller, part of the conformance of every switch."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from callcenter.simulation.people import Leave, PhoneBehaviour
from callcenter.telephony.events import PhoneAnswered, PhoneRinging, PhoneState, PhoneStopped
from callcenter.telephony.legs import ConnectOrder, ConnectResult, Gone, LegGone
from tests.simulation.conformance import World, answered, expect_about, now, order, states, story, until

SILENT = PhoneBehaviour(answer_after=None)


def others(extension: str) -> tuple[str, str]:
    """Further extensions of a story's own."""
    return f"7{extension}", f"8{extension}"


def ring_all(extension: str, ring_seconds: float = 10.0) -> ConnectOrder:
    return replace(order(extension, ring_seconds), also=others(extension))


def told(world: World, extension: str) -> list[tuple[str, str]]:
    """What was told of a story's orders: of which phone, in order."""
    phones = (extension, *others(extension))
    return [
        (type(event).__name__, event.phone)
        for event in world.events
        if isinstance(event, PhoneRinging | PhoneAnswered | PhoneStopped) and event.phone in phones
    ]


def rejections(world: World, extension: str) -> list[str]:
    phones = (extension, *others(extension))
    return [e.phone for e in world.events if isinstance(e, PhoneStopped) and e.rejected and e.phone in phones]


async def all_idle(world: World, *phones: str) -> None:
    await until(lambda: all(states(world, phone)[-1] is PhoneState.IDLE for phone in phones))


@story
async def all_ring_the_second_answers_and_the_others_stop(world: World, extension: str) -> None:
    second, third = others(extension)
    await world.phone(extension, SILENT)
    await world.phone(second, PhoneBehaviour(answer_after=1.0, talk_seconds=2.5))
    await world.phone(third, SILENT)
    async with answered(world) as call:
        connecting = asyncio.create_task(call.leg.connect(ring_all(extension)))
        await until(lambda: ("PhoneAnswered", second) in told(world, extension))
        await all_idle(world, extension, third)  # while the second talks
        assert not connecting.done()
        done = await connecting
        assert (done.result, done.caller_left, done.phone) == (ConnectResult.TALKED, False, second)
        expect_about(world, done.talk_seconds, 2.5)
        assert await call.leg.play([world.prompt(0.2)]) == ""
    heard = told(world, extension)
    assert sorted(heard[:3]) == [("PhoneRinging", phone) for phone in sorted((extension, second, third))]
    assert heard[3:] == [("PhoneAnswered", second)]
    assert rejections(world, extension) == []


@story
async def one_rejects_while_the_others_ring_on(world: World, extension: str) -> None:
    second, third = others(extension)
    await world.phone(extension, PhoneBehaviour(answer_after=0.4, rejects=True))
    await world.phone(second, PhoneBehaviour(registered=False))
    await world.phone(third, PhoneBehaviour(answer_after=2.0))
    async with answered(world, Leave(after=4.5)) as call:
        connecting = asyncio.create_task(call.leg.connect(ring_all(extension)))
        await until(lambda: rejections(world, extension) == [extension])
        assert states(world, third)[-1] is PhoneState.RINGING
        done = await connecting
        assert (done.result, done.caller_left, done.phone) == (ConnectResult.TALKED, True, third)
    heard = told(world, extension)
    assert heard[2:] == [("PhoneStopped", extension), ("PhoneAnswered", third)]
    assert rejections(world, extension) == [extension]


@story
async def a_caller_may_leave_while_all_ring(world: World, extension: str) -> None:
    phones = (extension, *others(extension))
    for phone in phones:
        await world.phone(phone, SILENT)
    async with answered(world, Leave(after=1.5)) as call:
        with pytest.raises(LegGone) as gone:
            await call.leg.connect(ring_all(extension))
        assert gone.value.why is Gone.HANGUP
        await all_idle(world, *phones)
    assert rejections(world, extension) == []


@story
async def nobody_answers_though_all_ring(world: World, extension: str) -> None:
    phones = (extension, *others(extension))
    for phone in phones:
        await world.phone(phone, SILENT)
    async with answered(world) as call:
        began = now()
        done = await call.leg.connect(ring_all(extension, ring_seconds=1.5))
        assert (done.result, done.phone) == (ConnectResult.NO_ANSWER, "")
        expect_about(world, now() - began, 1.5)
        await all_idle(world, *phones)
        assert await call.leg.play([world.prompt(0.2)]) == ""
    assert sorted(told(world, extension)) == [("PhoneRinging", phone) for phone in sorted(phones)]


@story
async def all_reject(world: World, extension: str) -> None:
    second, third = others(extension)
    await world.phone(extension, PhoneBehaviour(answer_after=0.3, rejects=True))
    await world.phone(second, PhoneBehaviour(answer_after=1.2, rejects=True))
    await world.phone(third, PhoneBehaviour(registered=False))
    async with answered(world) as call:
        began = now()
        assert (await call.leg.connect(ring_all(extension))).result is ConnectResult.BUSY
        assert now() - began < 5.0  # not the whole ring time
    assert rejections(world, extension)[0] == extension


@story
async def we_end_the_ringing_of_one_phone(world: World, extension: str) -> None:
    second, third = others(extension)
    await world.phone(extension, SILENT)
    await world.phone(second, SILENT)
    await world.phone(third, PhoneBehaviour(answer_after=2.0, talk_seconds=1.0))
    async with answered(world) as call:
        connecting = asyncio.create_task(call.leg.connect(ring_all(extension)))
        await until(lambda: len(told(world, extension)) == 3)
        assert await world.switch.hang_up_phone(second) is True
        await all_idle(world, second)
        assert states(world, extension)[-1] is PhoneState.RINGING
        done = await connecting
        assert (done.result, done.phone) == (ConnectResult.TALKED, third)


@story
async def who_picks_up_first_is_told_something_while_the_others_are_free(
    world: World, extension: str
) -> None:
    second, third = others(extension)
    await world.phone(extension, SILENT)
    await world.phone(second, PhoneBehaviour(answer_after=0.5, talk_seconds=4.0))
    await world.phone(third, SILENT)
    async with answered(world) as call:
        ring = replace(ring_all(extension), whisper=world.prompt(2.5))
        connecting = asyncio.create_task(call.leg.connect(ring))
        await until(lambda: ("PhoneStopped", extension) in told(world, extension))
        assert ("PhoneAnswered", second) not in told(world, extension)
        done = await connecting
        assert (done.result, done.phone) == (ConnectResult.TALKED, second)
        expect_about(world, done.talk_seconds, 1.5)
    assert rejections(world, extension) == []


@story
async def who_picks_up_first_and_leaves_before_he_talks_has_declined(world: World, extension: str) -> None:
    second, third = others(extension)
    await world.phone(extension, SILENT)
    await world.phone(second, PhoneBehaviour(answer_after=0.4, talk_seconds=1.0))
    await world.phone(third, SILENT)
    async with answered(world) as call:
        ring = replace(ring_all(extension), whisper=world.prompt(4.0))
        assert (await call.leg.connect(ring)).result is ConnectResult.BUSY
        assert await call.leg.play([world.prompt(0.2)]) == ""
    stopped = [e for e in world.events if isinstance(e, PhoneStopped) and e.call_id == ring.call_id]
    assert {e.phone for e in stopped if not e.rejected} == {extension, third}
