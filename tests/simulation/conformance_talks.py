"""Stories of whispers and transfers, part of the conformance of every switch."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from callcenter.simulation.people import Leave, PhoneBehaviour
from callcenter.telephony.events import PhoneAnswered, PhoneRinging
from callcenter.telephony.legs import ConnectResult, Gone, LegGone, RecordTracks, TransferOrder
from tests.simulation.conformance import (
    World,
    answered,
    expect_about,
    now,
    of_order,
    order,
    story,
    until,
)

# -- whispers -----------------------------------------------------------------------------------------------


@story
async def the_agent_is_told_something_before_he_talks(world: World, extension: str) -> None:
    await world.phone(extension, PhoneBehaviour(answer_after=0.3))
    tracks = RecordTracks(world.folder / f"{extension}-caller.wav", world.folder / f"{extension}-agent.wav")
    ring = replace(order(extension, record=tracks), whisper=world.prompt(2.0))
    async with answered(world, Leave(after=5.0), speaks=True) as call:
        connecting = asyncio.create_task(call.leg.connect(ring))
        await until(lambda: PhoneRinging in of_order(world, extension))
        rung = now()
        await until(lambda: PhoneAnswered in of_order(world, extension))
        expect_about(world, now() - rung, 2.3)  # he counts as answering when he is joined to the caller
        done = await connecting
        assert (done.result, done.caller_left) == (ConnectResult.TALKED, True)
        expect_about(world, done.talk_seconds, 2.7)
        expect_about(world, world.recorded_seconds(tracks.agent), done.talk_seconds)


@story
async def an_agent_who_leaves_before_he_talks_has_declined(world: World, extension: str) -> None:
    await world.phone(extension, PhoneBehaviour(answer_after=0.3, talk_seconds=1.0))
    async with answered(world) as call:
        done = await call.leg.connect(replace(order(extension), whisper=world.prompt(4.0)))
        assert done.result is ConnectResult.BUSY
        assert of_order(world, extension) == [PhoneRinging]
        assert await call.leg.play([world.prompt(0.2)]) == ""


@story
async def a_caller_who_leaves_before_he_talks_was_not_answered(world: World, extension: str) -> None:
    await world.phone(extension, PhoneBehaviour(answer_after=0.3))
    async with answered(world, Leave(after=2.0)) as call:
        with pytest.raises(LegGone) as gone:
            await call.leg.connect(replace(order(extension), whisper=world.prompt(5.0)))
        assert gone.value.why is Gone.HANGUP
        assert of_order(world, extension) == [PhoneRinging]


# -- sent on -------------------------------------------------------------------------------------------------


def send_on(number: str, ring_seconds: float = 8.0) -> TransferOrder:
    return TransferOrder(number, ring_seconds, call_id=f"call-for-{number}", caller_id="4008001234")


@story
async def a_caller_is_sent_on_to_a_number_outside(world: World, extension: str) -> None:
    number = await world.outside(PhoneBehaviour(answer_after=0.5, talk_seconds=1.5))
    async with answered(world) as call:
        done = await call.leg.transfer(send_on(number))
        assert (done.result, done.caller_left) == (ConnectResult.TALKED, False)
        expect_about(world, done.talk_seconds, 1.5)
        assert of_order(world, number) == [PhoneRinging, PhoneAnswered]
        assert await call.leg.play([world.prompt(0.2)]) == ""


@story
async def a_caller_is_sent_on_to_an_extension(world: World, extension: str) -> None:
    await world.phone(extension, PhoneBehaviour(answer_after=0.3))
    async with answered(world, Leave(after=2.0)) as call:
        done = await call.leg.transfer(send_on(extension))
        assert (done.result, done.caller_left) == (ConnectResult.TALKED, True)


@story
async def a_number_outside_may_be_busy_or_silent_or_nobodys(world: World, extension: str) -> None:
    busy = await world.outside(PhoneBehaviour(answer_after=0.2, busy=True))
    silent = await world.outside(PhoneBehaviour(answer_after=None))
    nobody = await world.outside(PhoneBehaviour(registered=False))
    async with answered(world) as call:
        assert (await call.leg.transfer(send_on(busy))).result is ConnectResult.BUSY
        began = now()
        assert (await call.leg.transfer(send_on(silent, 1.5))).result is ConnectResult.NO_ANSWER
        expect_about(world, now() - began, 1.5)
        assert (await call.leg.transfer(send_on(nobody))).result is ConnectResult.UNREACHABLE
        with pytest.raises(ValueError, match="number"):
            await call.leg.transfer(send_on("+86139,g(x)"))
        assert await call.leg.play([world.prompt(0.2)]) == ""
