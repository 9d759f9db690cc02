"""Stories of calls out, part of the conformance of every switch."""

from __future__ import annotations

import asyncio

import pytest

from callcenter.simulation.people import PhoneBehaviour
from callcenter.telephony.events import PhoneAnswered
from callcenter.telephony.legs import ConnectResult, Gone
from callcenter.telephony.outgoing import CallOutOrder, CallOutResult
from tests.simulation.conformance import World, expect_about, now, of_order, order, story, until

ANSWERS = PhoneBehaviour(answer_after=0.5, talk_seconds=1.5)


def call_out(number: str, extension: str, ring_seconds: float = 8.0) -> CallOutOrder:
    """An order of this story's own: each story has an extension, and so a call id."""
    return CallOutOrder(number, ring_seconds, f"out-{extension}-{number[-4:]}", caller_id="4008001234")


@story
async def who_is_called_and_answers_knocks_under_the_id_we_chose(world: World, extension: str) -> None:
    number = await world.outside(ANSWERS)
    wanted = call_out(number, extension)
    call = world.called(wanted.leg_id)
    assert await world.switch.call_out(wanted) is CallOutResult.ANSWERED
    leg = await call.knocked()
    info = leg.info
    assert (info.leg_id, info.ani, info.did) == (wanted.leg_id, number, "4008001234")
    await leg.answer()
    assert await leg.wait_gone() is Gone.HANGUP
    call.leave.set()


@story
async def nobody_knocks_when_who_is_called_does_not_answer(world: World, extension: str) -> None:
    busy = await world.outside(PhoneBehaviour(answer_after=0.2, busy=True))
    rejects = await world.outside(PhoneBehaviour(answer_after=0.2, rejects=True))
    silent = await world.outside(PhoneBehaviour(answer_after=None))
    nobody = await world.outside(PhoneBehaviour(registered=False))
    began = now()
    ends = await asyncio.gather(
        world.switch.call_out(call_out(busy, extension)),
        world.switch.call_out(call_out(rejects, extension)),
        world.switch.call_out(call_out(silent, extension, 2.0)),
        world.switch.call_out(call_out(nobody, extension)),
    )
    assert ends == [
        CallOutResult.BUSY,
        CallOutResult.REJECTED,
        CallOutResult.NO_ANSWER,
        CallOutResult.UNREACHABLE,
    ]
    expect_about(world, now() - began, 2.0)


@story
async def an_extension_is_called_and_joined_to_a_phone(world: World, extension: str) -> None:
    await world.phone(extension, PhoneBehaviour(answer_after=0.3))
    number = await world.outside(ANSWERS)
    wanted = call_out(number, extension)
    call = world.called(wanted.leg_id)
    assert await world.switch.call_out(wanted) is CallOutResult.ANSWERED
    leg = await call.knocked()
    done = await leg.connect(order(extension))
    assert (done.result, done.caller_left) == (ConnectResult.TALKED, True)
    assert PhoneAnswered in of_order(world, extension)
    call.leave.set()


@story
async def our_own_phones_can_be_called_too(world: World, extension: str) -> None:
    await world.phone(extension, PhoneBehaviour(answer_after=0.3))
    wanted = call_out(extension, extension)
    call = world.called(wanted.leg_id)
    assert await world.switch.call_out(wanted) is CallOutResult.ANSWERED
    leg = await call.knocked()
    assert leg.info.ani == extension
    assert await leg.play([world.prompt(0.2)]) == ""
    await leg.hang_up()
    call.leave.set()


@story
async def dialing_stands_in_the_picture_and_can_be_ended(world: World, extension: str) -> None:
    silent = await world.outside(PhoneBehaviour(answer_after=None))
    wanted = call_out(silent, extension, 30.0)
    dialing = asyncio.create_task(world.switch.call_out(wanted))
    legs: list[str] = []

    async def stands() -> None:
        while wanted.leg_id not in legs:
            legs[:] = [leg.leg_id for leg in await world.switch.live_legs()]
            await asyncio.sleep(0.05)

    await asyncio.wait_for(stands(), 5)
    assert await world.switch.hang_up_leg(wanted.leg_id)
    assert await asyncio.wait_for(dialing, 5) is CallOutResult.NO_ANSWER
    await until(lambda: dialing.done())
    assert wanted.leg_id not in [leg.leg_id for leg in await world.switch.live_legs()]


@story
async def what_is_no_number_is_not_dialed_and_no_id_is_used_twice(world: World, extension: str) -> None:
    with pytest.raises(ValueError, match="number"):
        await world.switch.call_out(call_out("+86139,g(x)", extension))
    silent = await world.outside(PhoneBehaviour(answer_after=None))
    first = asyncio.create_task(world.switch.call_out(call_out(silent, extension, 1.5)))
    await asyncio.sleep(0.2)
    with pytest.raises(ValueError, match="dialed"):
        await world.switch.call_out(call_out(silent, extension, 1.5))
    assert await first is CallOutResult.NO_ANSWER
