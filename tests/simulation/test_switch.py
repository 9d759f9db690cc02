"""What goes wrong around a switch, and a whole day of callers, in virtual time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from callcenter.simulation.people import (
    CallerScript,
    Habits,
    Leave,
    PhoneBehaviour,
    Press,
    PressAtPrompt,
    SimulatedPhone,
)
from callcenter.simulation.switch import SimulatedSwitch
from callcenter.simulation.virtual_time import VirtualClock, run_virtual
from callcenter.telephony.events import PhoneState, PhoneStateChanged, SwitchDown, SwitchEvent, SwitchUp
from callcenter.telephony.legs import Connected, ConnectOrder, ConnectResult, Gone, Leg, LegGone, Prompt
from callcenter.telephony.switch import Phone

Handler = Callable[[Leg], Awaitable[None]]


async def a_switch(
    handler: Handler, *extensions: str, behaviour: PhoneBehaviour | None = None
) -> tuple[SimulatedSwitch, list[SwitchEvent]]:
    """A started switch with provisioned phones, and the list its events go to."""
    events: list[SwitchEvent] = []
    switch = SimulatedSwitch(VirtualClock(epoch=1000.0), prompt_seconds=lambda prompt: 5.0)
    switch.attach(handler, events.append)
    await switch.start()
    for extension in extensions:
        switch.add_phone(SimulatedPhone(extension, behaviour or PhoneBehaviour()))
    await switch.provision([Phone(extension, "s", "agent") for extension in extensions])
    await asyncio.sleep(0.1)
    return switch, events


async def stays(leg: Leg) -> None:
    """A controller that holds the caller with music."""
    await leg.answer()
    await leg.music("default")
    await leg.wait_gone()


def ringing(extension: str) -> ConnectOrder:
    return ConnectOrder(extension, 10, call_id="c1")


def test_a_talk_outlives_the_link_and_knocks_when_it_is_over() -> None:
    async def story() -> None:
        knocks: list[tuple[float, str]] = []
        ends: list[object] = []

        async def handler(leg: Leg) -> None:
            knocks.append((asyncio.get_running_loop().time(), leg.info.leg_id))
            try:
                if len(knocks) == 1:
                    ends.append(await leg.connect(ringing("1001")))
                await leg.wait_gone()
            except LegGone as gone:
                ends.append(gone.why)

        switch, events = await a_switch(handler, "1001", behaviour=PhoneBehaviour(True, 1, talk_seconds=60))
        caller = switch.place_call(CallerScript(leave_after=100))
        await asyncio.sleep(10)
        switch.drop_link()
        assert not switch.up
        with pytest.raises(ConnectionError):
            await switch.live_legs()
        await asyncio.sleep(10)
        assert ends == [Gone.SWITCH_LOST]
        assert not caller.ended
        switch.restore_link()
        await asyncio.sleep(5)
        picture = [event for event in events if isinstance(event, SwitchUp)][-1]
        assert {leg.phone for leg in picture.legs} == {"", "1001"}
        assert picture.booted_at == 1000.0
        assert picture.phones == {"1001": PhoneState.IN_USE}
        await caller.wait_ended()
        assert len(knocks) == 2
        assert knocks[1][0] == pytest.approx(61, abs=2)
        assert knocks[0][1] == knocks[1][1]

    run_virtual(story())


def test_a_crash_cuts_everybody_and_a_restart_begins_empty() -> None:
    async def story() -> None:
        whys: list[Gone] = []

        async def handler(leg: Leg) -> None:
            try:
                await leg.connect(ringing("1001"))
            except LegGone as gone:
                whys.append(gone.why)
            if leg.gone:
                whys.append(leg.gone)

        switch, events = await a_switch(handler, "1001")
        caller = switch.place_call(CallerScript())
        await asyncio.sleep(1)
        switch.crash()
        await asyncio.sleep(1)
        assert caller.ended
        assert not caller.left_himself
        assert whys == [Gone.SWITCH_LOST, Gone.SWITCH_LOST]
        assert isinstance(events[-1], SwitchDown)
        assert switch.place_call(CallerScript()).ended
        switch.restart()
        await asyncio.sleep(1)
        up = events[-1]
        assert isinstance(up, SwitchUp)
        assert up.booted_at > 1000.0
        assert up.legs == ()
        assert up.phones == {"1001": PhoneState.IDLE}

    run_virtual(story())


def test_callers_wait_for_a_killed_controller_and_knock_at_the_next() -> None:
    async def story() -> None:
        switch, _ = await a_switch(stays)
        callers = [switch.place_call(CallerScript(ani=str(number))) for number in range(5)]
        await asyncio.sleep(10)
        await switch.lose_controller()
        await asyncio.sleep(30)
        assert not any(caller.ended for caller in callers)

        again: list[str] = []

        async def successor(leg: Leg) -> None:
            again.append(leg.info.ani)
            await leg.wait_gone()

        events: list[SwitchEvent] = []
        switch.attach(successor, events.append)
        await switch.start()
        await asyncio.sleep(2)
        assert sorted(again) == ["0", "1", "2", "3", "4"]
        assert isinstance(events[0], SwitchUp)
        assert len(events[0].legs) == 5

    run_virtual(story())


def test_nobody_is_held_for_ever() -> None:
    async def story() -> None:
        switch, _ = await a_switch(stays)
        await switch.stop()
        caller = switch.place_call(CallerScript())
        await caller.wait_ended()
        assert asyncio.get_running_loop().time() == pytest.approx(600, abs=5)

    run_virtual(story())


def test_a_handler_that_fails_is_noted_and_its_caller_knocks_again() -> None:
    async def story() -> None:
        knocks: list[Leg] = []

        async def handler(leg: Leg) -> None:
            knocks.append(leg)
            if len(knocks) == 1:
                raise KeyError("a bug")
            await leg.wait_gone()

        switch, _ = await a_switch(handler)
        switch.place_call(CallerScript(leave_after=10))
        await asyncio.sleep(5)
        assert len(knocks) == 2
        assert [str(error) for error in switch.failures] == ["'a bug'"]

    run_virtual(story())


def test_a_cancelled_prompt_plays_on_and_the_next_command_waits_for_it() -> None:
    async def story() -> None:
        times: list[float] = []

        async def handler(leg: Leg) -> None:
            began = asyncio.get_running_loop().time()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await leg.play([Prompt(Path("/p"))])
            await leg.music("default")
            times.append(asyncio.get_running_loop().time() - began)
            await leg.hang_up()

        switch, _ = await a_switch(handler)
        await switch.place_call(CallerScript()).wait_ended()
        assert times == [pytest.approx(5.0)]

    run_virtual(story())


def test_a_phone_in_use_is_busy_to_the_next_caller() -> None:
    async def story() -> None:
        results: list[ConnectResult] = []

        async def handler(leg: Leg) -> None:
            results.append((await leg.connect(ringing("1001"))).result)
            await leg.hang_up()

        switch, _ = await a_switch(handler, "1001", behaviour=PhoneBehaviour(answer_after=1, talk_seconds=30))
        first = switch.place_call(CallerScript())
        await asyncio.sleep(5)
        await switch.place_call(CallerScript()).wait_ended()
        await first.wait_ended()
        assert results == [ConnectResult.BUSY, ConnectResult.TALKED]

    run_virtual(story())


def test_a_caller_does_what_his_script_says() -> None:
    async def story() -> None:
        keys: list[str] = []

        async def handler(leg: Leg) -> None:
            await leg.answer()
            keys.append(await leg.play([Prompt(Path("/p/greeting")), Prompt(Path("/p/menu"))], "12"))
            keys.append(await leg.read_key(10))
            await leg.music("default")
            await leg.wait_gone()

        switch, _ = await a_switch(handler)
        script = CallerScript(acts=(PressAtPrompt("1", 2.0, prompt="menu"), Press("9", 3.0)), patience=20)
        caller = switch.place_call(script)
        await caller.wait_ended()
        assert keys == ["1", "9"]
        assert [what for _, what in caller.story] == [
            "dialed", "answered", "prompt /p/greeting", "prompt /p/menu", "pressed 1", "pressed 9",
            "music default", "ended",
        ]  # fmt: skip
        assert caller.times("pressed")[0] == pytest.approx(caller.times("prompt /p/menu")[0] + 2.0)
        assert caller.times("ended")[0] == pytest.approx(caller.times("music")[0] + 20)
        assert caller.left_himself

    run_virtual(story())


def test_phones_come_and_go_with_provisioning_and_registration() -> None:
    async def story() -> None:
        switch, events = await a_switch(stays, "1001", behaviour=PhoneBehaviour(registered=False))
        switch.phones["1001"].register()
        switch.phones["1001"].unregister()
        await switch.provision([])
        await asyncio.sleep(0.1)
        told = [event for event in events if isinstance(event, PhoneStateChanged)]
        assert [event.state for event in told] == [
            PhoneState.IDLE,
            PhoneState.UNREGISTERED,
            PhoneState.UNKNOWN,
        ]
        assert isinstance(events[0], SwitchUp)
        assert events[0].phones == {"1001": PhoneState.UNREGISTERED}

    run_virtual(story())


def test_a_message_of_a_caller_who_leaves_is_written(tmp_path: Path) -> None:
    async def story() -> None:
        kept: list[float] = []

        async def handler(leg: Leg) -> None:
            await leg.answer()
            kept.append(await leg.record(tmp_path / "message.wav", 60))

        events: list[SwitchEvent] = []
        switch = SimulatedSwitch(VirtualClock(), write_audio=True)
        switch.attach(handler, events.append)
        await switch.start()
        await switch.place_call(CallerScript(acts=(Leave(after=4),))).wait_ended()
        await asyncio.sleep(1)
        assert kept == [pytest.approx(4.0)]
        assert (tmp_path / "message.wav").stat().st_size == 44 + 4 * 16000

    run_virtual(story())


def a_day(calls: int, seed: int) -> list[tuple[str, float]]:
    """A day with 60 agents and callers who press a key, wait, talk or give up: (how it ended, when)."""

    async def story() -> list[tuple[str, float]]:
        chance = random.Random(seed)
        habits = Habits(chance)
        idle: asyncio.Queue[str] = asyncio.Queue()
        ends: list[tuple[str, float]] = []
        loop = asyncio.get_running_loop()

        async def handler(leg: Leg) -> None:
            try:
                await leg.answer()
                await leg.play([Prompt(Path("/p/menu"))], "12") or await leg.read_key(5)
                await leg.music("default")
                agent = asyncio.create_task(idle.get())
                gone = asyncio.create_task(leg.wait_gone())
                await asyncio.wait((agent, gone), return_when=asyncio.FIRST_COMPLETED)
                gone.cancel()
                if not agent.done():
                    agent.cancel()
                    ends.append(("abandoned", loop.time()))
                    return
                try:
                    done: Connected = await leg.connect(ringing(agent.result()))
                finally:
                    idle.put_nowait(agent.result())
                ends.append((done.result.value, loop.time()))
                await leg.hang_up()
            except LegGone as gone_leg:
                ends.append((gone_leg.why.value, loop.time()))

        extensions = [str(1000 + number) for number in range(60)]
        behaviour = PhoneBehaviour(True, habits.between(1, 4), talk_seconds=habits.lognormal(120))
        switch, _ = await a_switch(handler, *extensions, behaviour=behaviour)
        for extension in extensions:
            idle.put_nowait(extension)
        for _ in range(calls):
            await asyncio.sleep(chance.expovariate(calls / 10_000))
            switch.place_call(CallerScript(acts=(PressAtPrompt("1"),), patience=habits.exponential(60)))
        while switch.lines:
            await asyncio.sleep(60)
        assert switch.failures == []
        return ends

    return run_virtual(story())


def test_a_day_runs_twice_the_same() -> None:
    day = a_day(5000, seed=3)
    assert len(day) == 5000
    kinds = {kind for kind, _ in day}
    assert {"talked", "abandoned"} <= kinds
    assert a_day(1000, seed=3) == a_day(1000, seed=3)
    assert a_day(1000, seed=3) != a_day(1000, seed=4)
