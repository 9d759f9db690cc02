"""Stories of supervisors who listen, whisper, barge and take over, part of the conformance of every switch.

Everybody speaks all the time, in a voice of his own; `heard` is told in voices. The supervisor's extension is
the agent's with a 9 before it. They are told one after the other: who listens for voices is busy.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from callcenter.simulation.people import Leave, PhoneBehaviour
from callcenter.telephony.events import PhoneAnswered, PhoneState
from callcenter.telephony.legs import Connected, ConnectResult, Gone
from callcenter.telephony.monitoring import (
    MonitorEnd,
    MonitorEnded,
    MonitorJoined,
    MonitorMode,
    MonitorModeChanged,
    MonitorOrder,
)
from tests.simulation.conformance import (
    Call,
    Story,
    World,
    expect_about,
    now,
    of_order,
    order,
    states,
    until,
)

Talk = tuple[Call, "asyncio.Task[Connected]"]
AT_ONCE = PhoneBehaviour(answer_after=0.3)
SUPERVISED: dict[str, Story] = {}


def story(tell: Story) -> Story:
    """Add a story to the list of this file."""
    SUPERVISED[getattr(tell, "__name__", str(tell))] = tell
    return tell


@asynccontextmanager
async def a_talk(world: World, agent: str, *acts: Leave) -> AsyncIterator[Talk]:
    """A caller and an agent talk."""
    await world.speaker(agent, AT_ONCE)
    async with world.speaking_call(*acts) as call:
        connecting = asyncio.create_task(call.leg.connect(order(agent)))
        await until(lambda: PhoneAnswered in of_order(world, agent))
        yield call, connecting
        if not connecting.done():
            await world.switch.hang_up_phone(agent)
            await connecting


async def joins(
    world: World, call: Call, agent: str, mode: MonitorMode, *, tone: bool = False
) -> tuple[str, str]:
    """The supervisor's phone is rung, he answers. His extension, and what the switch calls him by."""
    boss, monitor_id = f"9{agent}", f"m-{agent}"
    await world.speaker(boss, AT_ONCE)
    wanted = MonitorOrder(monitor_id, boss, agent, call.leg.info.leg_id, mode, 8.0, tone=tone)
    assert await world.switch.monitor(wanted) is True
    await until(lambda: MonitorJoined(monitor_id) in world.events)
    return boss, monitor_id


async def hear(world: World, wanted: dict[str, set[str]], call: Call, *extensions: str) -> None:
    """Fails the story unless they hear each other so; on a busy machine a second may pass in which not."""
    for _ in range(3):
        heard = await world.voices(call, *extensions)
        if heard == wanted:
            return
    assert heard == wanted


def ends(world: World, monitor_id: str) -> list[MonitorEnd]:
    return [e.why for e in world.events if isinstance(e, MonitorEnded) and e.monitor_id == monitor_id]


async def silent(world: World, phone: str) -> None:
    await until(lambda: states(world, phone)[-1] is PhoneState.IDLE)


@story
async def a_supervisor_listens_whispers_and_barges(world: World, agent: str) -> None:
    async with a_talk(world, agent) as (call, _):
        boss, monitor_id = await joins(world, call, agent, MonitorMode.LISTEN)
        both = {"caller", agent}
        await hear(world, {"caller": {agent}, agent: {"caller"}, boss: both}, call, agent, boss)

        assert await world.switch.set_monitor_mode(monitor_id, MonitorMode.WHISPER) is True
        await until(lambda: MonitorModeChanged(monitor_id, MonitorMode.WHISPER) in world.events)
        await hear(world, {"caller": {agent}, agent: {"caller", boss}, boss: both}, call, agent, boss)

        assert await world.switch.set_monitor_mode(monitor_id, MonitorMode.BARGE) is True
        await until(lambda: MonitorModeChanged(monitor_id, MonitorMode.BARGE) in world.events)
        await hear(world, {"caller": {agent, boss}, agent: {"caller", boss}, boss: both}, call, agent, boss)

        assert await world.switch.set_monitor_mode(monitor_id, MonitorMode.LISTEN) is True
        await until(lambda: MonitorModeChanged(monitor_id, MonitorMode.LISTEN) in world.events)
        await hear(world, {"caller": {agent}, agent: {"caller"}, boss: both}, call, agent, boss)

        assert await world.switch.end_monitor(monitor_id) is True
        await until(lambda: ends(world, monitor_id) == [MonitorEnd.ENDED])
        await silent(world, boss)
        await hear(world, {"caller": {agent}, agent: {"caller"}}, call, agent)
        assert await world.switch.end_monitor(monitor_id) is False
        assert await world.switch.set_monitor_mode(monitor_id, MonitorMode.BARGE) is False


@story
async def a_supervisor_may_whisper_from_the_beginning(world: World, agent: str) -> None:
    async with a_talk(world, agent) as (call, _):
        boss, _id = await joins(world, call, agent, MonitorMode.WHISPER)
        await hear(
            world, {"caller": {agent}, agent: {"caller", boss}, boss: {"caller", agent}}, call, agent, boss
        )


@story
async def a_supervisor_may_barge_from_the_beginning(world: World, agent: str) -> None:
    async with a_talk(world, agent) as (call, _):
        boss, _id = await joins(world, call, agent, MonitorMode.BARGE)
        await hear(
            world,
            {"caller": {agent, boss}, agent: {"caller", boss}, boss: {"caller", agent}},
            call,
            agent,
            boss,
        )


@story
async def listening_ends_with_the_talk(world: World, agent: str) -> None:
    async with a_talk(world, agent) as (call, connecting):
        boss, monitor_id = await joins(world, call, agent, MonitorMode.LISTEN)
        assert await world.switch.hang_up_phone(agent) is True
        await connecting
        await until(lambda: ends(world, monitor_id) == [MonitorEnd.ENDED])
        await silent(world, boss)


@story
async def a_supervisor_takes_the_caller_over(world: World, agent: str) -> None:
    async with a_talk(world, agent) as (call, connecting):
        began = now()
        boss, monitor_id = await joins(world, call, agent, MonitorMode.LISTEN)
        assert await world.switch.take_over(monitor_id) is True
        await silent(world, agent)
        await hear(world, {"caller": {boss}, boss: {"caller"}}, call, boss)
        assert not connecting.done()
        assert ends(world, monitor_id) == []
        assert await world.switch.hang_up_phone(agent) is False  # he has nothing to do with it any more
        assert await world.switch.take_over(monitor_id) is False
        assert await world.switch.end_monitor(monitor_id) is True
        done = await asyncio.wait_for(connecting, 5.0)
        assert (done.result, done.caller_left) == (ConnectResult.TALKED, False)
        expect_about(world, done.talk_seconds, now() - began)
        assert await call.leg.play([world.prompt(0.2)]) == ""  # the caller can be asked for his opinion
        await silent(world, boss)
        assert ends(world, monitor_id) == []


@story
async def a_caller_who_was_taken_over_hangs_up(world: World, agent: str) -> None:
    async with a_talk(world, agent, Leave(after=6.0)) as (call, connecting):
        boss, monitor_id = await joins(world, call, agent, MonitorMode.BARGE)
        assert await world.switch.take_over(monitor_id) is True
        await silent(world, agent)
        assert not connecting.done()
        done = await asyncio.wait_for(connecting, 9.0)
        assert (done.result, done.caller_left) == (ConnectResult.TALKED, True)
        assert await asyncio.wait_for(call.leg.wait_gone(), 2.0) is Gone.HANGUP
        await silent(world, boss)
        await silent(world, agent)


@story
async def a_supervisor_takes_over_without_having_listened(world: World, agent: str) -> None:
    async with a_talk(world, agent) as (call, connecting):
        boss, monitor_id = await joins(world, call, agent, MonitorMode.HOLD)
        await hear(world, {"caller": {agent}, agent: {"caller"}, boss: set()}, call, agent, boss)
        assert await world.switch.set_monitor_mode(monitor_id, MonitorMode.LISTEN) is False
        assert await world.switch.take_over(monitor_id) is True
        await silent(world, agent)
        await hear(world, {"caller": {boss}, boss: {"caller"}}, call, boss)
        await world.switch.hang_up_phone(boss)
        assert (await asyncio.wait_for(connecting, 5.0)).caller_left is False
        assert await call.leg.play([world.prompt(0.2)]) == ""


@story
async def a_supervisor_who_does_not_answer_is_not_with_the_talk(world: World, agent: str) -> None:
    await world.phone(f"8{agent}", PhoneBehaviour(answer_after=None))
    async with a_talk(world, agent) as (call, connecting):
        leg_id = call.leg.info.leg_id
        in_vain = MonitorOrder(f"v-{agent}", f"8{agent}", agent, leg_id, MonitorMode.LISTEN, 1.5)
        assert await world.switch.monitor(in_vain) is True
        nowhere = MonitorOrder(f"n-{agent}", f"7{agent}", agent, leg_id, MonitorMode.LISTEN, 1.5)
        assert await world.switch.monitor(nowhere) is True
        await until(lambda: ends(world, f"n-{agent}") == [MonitorEnd.UNREACHABLE])
        await until(lambda: ends(world, f"v-{agent}") == [MonitorEnd.NO_ANSWER])
        assert not connecting.done()
        await world.switch.hang_up_phone(agent)
        await connecting
        assert await world.switch.monitor(in_vain) is False  # there is no talk any more


@story
async def a_supervisor_who_answers_when_the_talk_is_over_is_let_go(world: World, agent: str) -> None:
    await world.phone(f"8{agent}", PhoneBehaviour(answer_after=2.0))
    async with a_talk(world, agent) as (call, connecting):
        late = MonitorOrder(f"l-{agent}", f"8{agent}", agent, call.leg.info.leg_id, MonitorMode.LISTEN, 8.0)
        assert await world.switch.monitor(late) is True
        await until(lambda: PhoneState.RINGING in states(world, f"8{agent}"))
        await world.switch.hang_up_phone(agent)
        await connecting
        await until(lambda: ends(world, f"l-{agent}") == [MonitorEnd.ENDED])
        assert MonitorJoined(f"l-{agent}") not in world.events
        await silent(world, f"8{agent}")
