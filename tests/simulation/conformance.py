"""What every switch must do, told once as stories; run against the simulated switch and against Asterisk.

A `World` brings callers and phones to a switch. Lengths are seconds; `world.slack` is what a wait may be off.
Each story uses an extension of its own, so that several may run at the same time on one switch.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

from callcenter.simulation.people import CallerScript, Leave, PhoneBehaviour, Press, Say
from callcenter.telephony.events import (
    PhoneAnswered,
    PhoneRinging,
    PhoneState,
    PhoneStateChanged,
    SwitchEvent,
)
from callcenter.telephony.legs import (
    ConnectOrder,
    ConnectResult,
    Gone,
    Leg,
    LegGone,
    Prompt,
    RecordTracks,
)
from callcenter.telephony.switch import Switch


class Call(Protocol):
    """A caller's call, whose leg has knocked."""

    @property
    def leg(self) -> Leg: ...

    @property
    def over(self) -> bool:
        """The caller's side is over."""

    async def let_go(self) -> Leg:
        """Leave the leg without ending it; the leg that knocks next for this caller."""


class Called(Protocol):
    """The leg of somebody we call."""

    async def knocked(self) -> Leg: ...

    leave: asyncio.Event
    """Set to let the leg go."""


class World(Protocol):
    """A switch with people around it."""

    folder: Path
    slack: float
    events: list[SwitchEvent]

    @property
    def switch(self) -> Switch: ...

    def prompt(self, seconds: float) -> Prompt: ...

    def call(self, script: CallerScript) -> AbstractAsyncContextManager[Call]:
        """A caller dials; entered when his leg has knocked. The leg is ended on leaving."""

    async def phone(self, extension: str, behaviour: PhoneBehaviour) -> None:
        """Plug a provisioned phone in, or leave it unplugged (`registered=False`)."""

    async def unregister(self, extension: str) -> None: ...

    async def outside(self, behaviour: PhoneBehaviour) -> str:
        """The number of somebody outside who behaves so; `registered=False`: a number nobody has."""

    def called(self, leg_id: str) -> Called:
        """To be told beforehand: a leg with this id will knock when we call somebody."""

    def recorded_seconds(self, path: Path) -> float: ...

    async def speaker(self, extension: str, behaviour: PhoneBehaviour) -> None:
        """Plug in a provisioned phone whose person speaks all the time."""

    def speaking_call(self, *acts: Leave) -> AbstractAsyncContextManager[Call]:
        """A caller who speaks all the time; his leg was answered a moment ago."""

    async def voices(self, call: Any, *extensions: str) -> dict[str, set[str]]:
        """Who is heard by whom in this second: by the caller, named `caller`, and by these extensions."""


Story = Callable[[World, str], Awaitable[None]]
STORIES: dict[str, Story] = {}


def story(tell: Story) -> Story:
    """Add a story to the list; it is told with a world and an extension of its own."""
    STORIES[getattr(tell, "__name__", str(tell))] = tell
    return tell


async def until(condition: Callable[[], bool], within: float = 5.0) -> None:
    """Wait for something to become true; fails the story otherwise."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while not condition():
        assert loop.time() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


def now() -> float:
    return asyncio.get_running_loop().time()


@asynccontextmanager
async def answered(world: World, *acts: Press | Say | Leave, speaks: bool = False) -> AsyncIterator[Call]:
    """A caller whose leg was answered a moment ago."""
    async with world.call(CallerScript(acts=acts, speaks=speaks)) as call:
        await call.leg.answer()
        yield call


def order(extension: str, ring_seconds: float = 10.0, record: RecordTracks | None = None) -> ConnectOrder:
    return ConnectOrder(extension, ring_seconds, call_id=f"call-for-{extension}", record=record)


def of_order(world: World, extension: str) -> list[type]:
    return [
        type(e) for e in world.events if isinstance(e, PhoneRinging | PhoneAnswered) and e.phone == extension
    ]


def states(world: World, extension: str) -> list[PhoneState]:
    return [e.state for e in world.events if isinstance(e, PhoneStateChanged) and e.phone == extension]


def expect_about(world: World, measured: float, expected: float) -> None:
    """Fails the story unless a length is as expected, give or take the world's slack."""
    assert abs(measured - expected) <= world.slack, f"{measured:.2f} s instead of {expected:.2f} s"


# -- knocking ------------------------------------------------------------------------------------------------


@story
async def a_leg_knocks_with_its_numbers(world: World, extension: str) -> None:
    script = CallerScript(ani=f"1390000{extension}", did="4001", name='Li "the\\ boss" $x;,|李😀')
    async with world.call(script) as first, world.call(CallerScript()) as second:
        info = first.leg.info
        assert (info.ani, info.did, info.caller_name) == (script.ani, "4001", script.name)
        assert info.node == world.switch.node
        assert info.channel
        assert info.leg_id != second.leg.info.leg_id
        assert first.leg.gone is None


@story
async def a_leg_that_is_let_go_knocks_again(world: World, extension: str) -> None:
    async with answered(world) as call:
        before = call.leg
        again = await call.let_go()
        assert again.info == before.info
        assert again.gone is None
        assert await again.play([world.prompt(0.2)]) == ""


# -- prompts and keys ----------------------------------------------------------------------------------------


@story
async def a_prompt_plays_to_its_end(world: World, extension: str) -> None:
    async with answered(world) as call:
        began = now()
        assert await call.leg.play([world.prompt(0.5), world.prompt(1.0)], keys="12") == ""
        expect_about(world, now() - began, 1.5)


@story
async def answering_twice_does_no_harm(world: World, extension: str) -> None:
    async with answered(world) as call:
        await call.leg.answer()
        assert await call.leg.play([world.prompt(0.2)]) == ""


@story
async def a_key_cuts_the_prompts_short(world: World, extension: str) -> None:
    async with answered(world, Press("2", after=1.0)) as call:
        began = now()
        assert await call.leg.play([world.prompt(5.0), world.prompt(5.0)], keys="12") == "2"
        assert now() - began < 3.0


@story
async def a_key_that_was_not_offered_is_kept(world: World, extension: str) -> None:
    async with answered(world, Press("5", after=0.8)) as call:
        began = now()
        assert await call.leg.play([world.prompt(1.0), world.prompt(1.0)], keys="12") == ""
        expect_about(world, now() - began, 2.0)
        began = now()
        assert await call.leg.read_key(3.0) == "5"
        assert now() - began < 1.0


@story
async def keys_pressed_ahead_come_in_order(world: World, extension: str) -> None:
    async with answered(world, Press("4", 1.2), Press("2", 1.2), Press("#", 1.2)) as call:
        assert await call.leg.play([world.prompt(2.0), world.prompt(2.5)]) == ""
        assert await call.leg.read_key(0.5) == "4"
        began = now()
        assert await call.leg.play([world.prompt(3.0)], keys="23") == "2"
        assert now() - began < 0.5
        assert [await call.leg.read_key(0.5), await call.leg.read_key(0.5)] == ["#", ""]


@story
async def a_key_is_read_or_time_runs_out(world: World, extension: str) -> None:
    async with answered(world, Press("*", after=1.0)) as call:
        assert await call.leg.read_key(4.0) == "*"
        began = now()
        assert await call.leg.read_key(0.7) == ""
        expect_about(world, now() - began, 0.7)


@story
async def commands_never_overlap(world: World, extension: str) -> None:
    async with answered(world) as call:
        playing = asyncio.create_task(call.leg.play([world.prompt(1.0)]))
        await asyncio.sleep(0.2)
        with pytest.raises(RuntimeError):
            await call.leg.read_key(1.0)
        assert await playing == ""


# -- the caller leaves ---------------------------------------------------------------------------------------


@story
async def a_caller_may_leave_during_a_prompt(world: World, extension: str) -> None:
    async with answered(world, Leave(after=1.0)) as call:
        with pytest.raises(LegGone) as gone:
            await call.leg.play([world.prompt(8.0)], keys="1")
        assert gone.value.why is Gone.HANGUP
        assert call.leg.gone is Gone.HANGUP
        with pytest.raises(LegGone):
            await call.leg.read_key(1.0)


@story
async def a_caller_may_leave_while_a_key_is_awaited(world: World, extension: str) -> None:
    async with answered(world, Leave(after=1.0)) as call:
        with pytest.raises(LegGone):
            await call.leg.read_key(8.0)


@story
async def a_caller_may_leave_while_he_waits(world: World, extension: str) -> None:
    async with answered(world, Leave(after=1.5)) as call:
        await call.leg.music("default")
        waiting = asyncio.create_task(call.leg.wait_gone())
        await asyncio.sleep(0.2)
        waiting.cancel()  # the wait may be given up; the leg goes on
        await asyncio.wait((waiting,))
        assert call.leg.gone is None
        assert await asyncio.wait_for(call.leg.wait_gone(), 8.0) is Gone.HANGUP
        assert call.leg.gone is Gone.HANGUP
        await call.leg.hang_up()


@story
async def a_caller_may_leave_while_the_phone_rings(world: World, extension: str) -> None:
    await world.phone(extension, PhoneBehaviour(answer_after=None))
    async with answered(world, Leave(after=1.5)) as call:
        with pytest.raises(LegGone) as gone:
            await call.leg.connect(order(extension))
        assert gone.value.why is Gone.HANGUP
        assert of_order(world, extension) == [PhoneRinging]
        await until(lambda: states(world, extension)[-1] is PhoneState.IDLE)


# -- ending and recording ------------------------------------------------------------------------------------


@story
async def we_end_a_leg(world: World, extension: str) -> None:
    async with answered(world) as call:
        await call.leg.hang_up()
        await call.leg.hang_up()
        assert await call.leg.wait_gone() is Gone.CLOSED
        with pytest.raises(LegGone) as gone:
            await call.leg.play([world.prompt(1.0)])
        assert gone.value.why is Gone.CLOSED
        await until(lambda: call.over)


@story
async def a_message_ends_with_a_key(world: World, extension: str) -> None:
    path = world.folder / f"message-{extension}.wav"
    async with answered(world, Press("#", after=1.5), speaks=True) as call:
        seconds = await call.leg.record(path, max_seconds=10.0, beep=False)
        expect_about(world, seconds, 1.5)
        expect_about(world, world.recorded_seconds(path), seconds)
        assert await call.leg.play([world.prompt(0.2)]) == ""


@story
async def a_message_ends_when_it_is_too_long(world: World, extension: str) -> None:
    path = world.folder / f"message-{extension}.wav"
    async with answered(world, speaks=True) as call:
        expect_about(world, await call.leg.record(path, max_seconds=1.0), 1.0)


@story
async def a_caller_who_hangs_up_has_left_his_message(world: World, extension: str) -> None:
    path = world.folder / f"message-{extension}.wav"
    async with answered(world, Leave(after=2.0), speaks=True) as call:
        expect_about(world, await call.leg.record(path, max_seconds=10.0, beep=False), 2.0)
        expect_about(world, world.recorded_seconds(path), 2.0)
        with pytest.raises(LegGone):
            await call.leg.play([world.prompt(0.2)])


# -- the agent's phone ---------------------------------------------------------------------------------------


@story
async def the_agent_ends_the_talk(world: World, extension: str) -> None:
    await world.phone(extension, PhoneBehaviour(answer_after=0.7, talk_seconds=1.5))
    async with answered(world) as call:
        await call.leg.music("default")
        done = await call.leg.connect(order(extension))
        assert (done.result, done.caller_left) == (ConnectResult.TALKED, False)
        expect_about(world, done.talk_seconds, 1.5)
        assert of_order(world, extension) == [PhoneRinging, PhoneAnswered]
        assert call.leg.gone is None
        assert await call.leg.play([world.prompt(0.2)]) == ""  # the caller can be asked for his opinion


@story
async def the_caller_ends_the_talk(world: World, extension: str) -> None:
    await world.phone(extension, PhoneBehaviour(answer_after=0.5))
    tracks = RecordTracks(world.folder / f"{extension}-caller.wav", world.folder / f"{extension}-agent.wav")
    async with answered(world, Leave(after=2.0), speaks=True) as call:
        done = await call.leg.connect(order(extension, record=tracks))
        expect_about(world, world.recorded_seconds(tracks.caller), done.talk_seconds)  # whole at once
        assert (done.result, done.caller_left) == (ConnectResult.TALKED, True)
        expect_about(world, done.talk_seconds, 1.5)
        assert await asyncio.wait_for(call.leg.wait_gone(), 2.0) is Gone.HANGUP


@story
async def a_phone_that_is_not_answered(world: World, extension: str) -> None:
    await world.phone(extension, PhoneBehaviour(answer_after=None))
    async with answered(world) as call:
        began = now()
        done = await call.leg.connect(order(extension, ring_seconds=1.5))
        assert done.result is ConnectResult.NO_ANSWER
        expect_about(world, now() - began, 1.5)
        assert await call.leg.play([world.prompt(0.2)]) == ""


@story
async def a_phone_that_rejects(world: World, extension: str) -> None:
    await world.phone(extension, PhoneBehaviour(answer_after=0.3, rejects=True))
    async with answered(world) as call:
        assert (await call.leg.connect(order(extension))).result is ConnectResult.BUSY
        assert of_order(world, extension) == [PhoneRinging]
        assert await call.leg.play([world.prompt(0.2)]) == ""


@story
async def a_phone_that_is_not_registered(world: World, extension: str) -> None:
    await world.phone(extension, PhoneBehaviour(registered=False))
    async with answered(world) as call:
        began = now()
        assert (await call.leg.connect(order(extension))).result is ConnectResult.UNREACHABLE
        assert now() - began < 1.0
        assert of_order(world, extension) == []


@story
async def a_phone_nobody_knows(world: World, extension: str) -> None:
    async with answered(world) as call:
        done = await call.leg.connect(order("99" + extension))
        assert done.result is ConnectResult.UNREACHABLE


@story
async def the_phone_tells_its_states(world: World, extension: str) -> None:
    await world.phone(extension, PhoneBehaviour(answer_after=0.5, talk_seconds=0.7))
    await until(lambda: states(world, extension)[-1:] == [PhoneState.IDLE])
    before = len(states(world, extension))
    async with answered(world) as call:
        await call.leg.connect(order(extension))
    await until(lambda: states(world, extension)[-1] is PhoneState.IDLE)
    assert states(world, extension)[before:] == [PhoneState.RINGING, PhoneState.IN_USE, PhoneState.IDLE]
    await world.unregister(extension)
    await until(lambda: states(world, extension)[-1] is PhoneState.UNREGISTERED)


@story
async def a_talk_is_recorded_on_two_tracks(world: World, extension: str) -> None:
    await world.phone(extension, PhoneBehaviour(answer_after=0.7, talk_seconds=1.5))
    tracks = RecordTracks(world.folder / f"{extension}-caller.wav", world.folder / f"{extension}-agent.wav")
    async with answered(world, speaks=True) as call:
        done = await call.leg.connect(order(extension, record=tracks))
        await call.leg.play([world.prompt(1.0)])  # what is said after the talk is not recorded
        expect_about(world, world.recorded_seconds(tracks.caller), done.talk_seconds)
        expect_about(world, world.recorded_seconds(tracks.agent), done.talk_seconds)
        difference = world.recorded_seconds(tracks.caller) - world.recorded_seconds(tracks.agent)
        assert abs(difference) < 0.1


@story
async def we_end_the_agents_talk(world: World, extension: str) -> None:
    await world.phone(extension, PhoneBehaviour(answer_after=0.3))
    async with answered(world) as call:
        assert await world.switch.hang_up_phone(extension) is False
        connecting = asyncio.create_task(call.leg.connect(order(extension)))
        await until(lambda: PhoneAnswered in of_order(world, extension))
        await asyncio.sleep(0.5)
        assert await world.switch.hang_up_phone(extension) is True
        done = await asyncio.wait_for(connecting, 3.0)
        assert (done.result, done.caller_left) == (ConnectResult.TALKED, False)


@story
async def the_living_legs_are_known(world: World, extension: str) -> None:
    await world.phone(extension, PhoneBehaviour(answer_after=0.3))
    async with answered(world) as call:
        connecting = asyncio.create_task(call.leg.connect(order(extension)))
        await until(lambda: PhoneAnswered in of_order(world, extension))
        await asyncio.sleep(0.3)
        legs = [leg for leg in await world.switch.live_legs() if leg.linked_id == call.leg.info.leg_id]
        mine = {leg.phone: leg for leg in legs}
        assert set(mine) == {"", extension}
        assert mine[""].leg_id == call.leg.info.leg_id
        assert mine[""].channel == call.leg.info.channel
        assert mine[""].bridge == mine[extension].bridge != ""
        assert await world.switch.hang_up_leg(call.leg.info.channel) is True
        assert (await asyncio.wait_for(connecting, 3.0)).result is ConnectResult.TALKED
        await call.leg.wait_gone()
        await until(lambda: call.over)
        assert await world.switch.hang_up_leg(call.leg.info.channel) is False
