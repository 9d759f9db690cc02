"""Supervisors with talks on a real Asterisk: the stories of every switch, and what only a real one shows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from real_world import RealCall, RealWorld, real_world

from callcenter.asterisk.local_install import AsteriskProgram
from callcenter.simulation.people import CallerScript, PhoneBehaviour
from callcenter.telephony.events import PhoneAnswered, PhoneState, SwitchUp
from callcenter.telephony.monitoring import (
    MonitorEnd,
    MonitorEnded,
    MonitorJoined,
    MonitorMode,
    MonitorModeChanged,
    MonitorOrder,
)
from tests.simulation.conformance import of_order, order, states, until
from tests.simulation.conformance_monitoring import SUPERVISED

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

AT_ONCE = PhoneBehaviour(answer_after=0.2)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    asterisk_program: AsteriskProgram, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RealWorld]:
    async with real_world(
        asterisk_program, tmp_path_factory.mktemp("world"), 23988, 23700, rtp=120
    ) as running:
        yield running


@asynccontextmanager
async def quiet_talk(world: RealWorld, agent: str) -> AsyncIterator[RealCall]:
    """A caller and an agent who say nothing."""
    await world.speaker(agent, AT_ONCE)
    async with world.call(CallerScript(), by_hand=True) as call:
        await call.leg.answer()
        connecting = asyncio.create_task(call.leg.connect(order(agent)))
        await until(lambda: PhoneAnswered in of_order(world, agent))
        await world.let_send(agent, humming=False)  # a phone sends silence, too: into it tones are mixed
        yield call
        if world.switch.up:
            await world.switch.hang_up_phone(agent)
        await asyncio.wait([connecting], timeout=5)


async def listen(world: RealWorld, call: RealCall, agent: str, *, tone: bool = False) -> tuple[str, str]:
    """A supervisor joins. His extension and his id."""
    boss = f"9{agent}"
    await world.speaker(boss, AT_ONCE)
    monitor_id = f"{agent}-{len(world.events)}"
    wanted = MonitorOrder(monitor_id, boss, agent, call.leg.info.leg_id, MonitorMode.LISTEN, 8, tone=tone)
    assert await world.switch.monitor(wanted) is True
    await until(lambda: MonitorJoined(monitor_id) in world.events)
    return boss, monitor_id


@pytest.mark.parametrize("name", SUPERVISED)
async def test_asterisk(world: RealWorld, name: str) -> None:
    await SUPERVISED[name](world, str(2001 + list(SUPERVISED).index(name) + 100 * len(world.phones)))


async def test_caller_and_agent_hear_a_tone_when_they_are_to_know_and_only_then(world: RealWorld) -> None:
    async with quiet_talk(world, "1001") as call:
        assert call.person is not None
        ears = call.person, world.ear("1001")
        _boss, monitor_id = await listen(world, call, "1001", tone=True)
        await until(lambda: all(ear.loud for ear in ears))
        assert await world.switch.end_monitor(monitor_id) is True
        await until(lambda: MonitorEnded(monitor_id, MonitorEnd.ENDED) in world.events)
        await asyncio.sleep(0.5)
        assert len(await world.switch.live_legs()) == 2  # nothing is left that would sound it again
    async with quiet_talk(world, "1002") as call:
        assert call.person is not None
        await listen(world, call, "1002")
        await asyncio.sleep(1.5)
        assert (call.person.loud, world.ear("1002").loud) == ([], [])


async def test_a_supervisor_may_change_the_mode_by_the_keys_of_his_phone(world: RealWorld) -> None:
    async with quiet_talk(world, "1003") as call:
        boss, monitor_id = await listen(world, call, "1003")
        await world.let_send(boss)
        await world.ear(boss).press("5")
        await until(lambda: MonitorModeChanged(monitor_id, MonitorMode.WHISPER) in world.events)
        heard = await world.voices(call, "1003", boss)
        assert boss in heard["1003"] and boss not in heard["caller"]
        await world.ear(boss).press("6")
        await until(lambda: MonitorModeChanged(monitor_id, MonitorMode.BARGE) in world.events)
        assert boss in (await world.voices(call, "1003", boss))["caller"]


async def test_a_lost_link_ends_no_listening_and_one_that_ended_meanwhile_is_told(world: RealWorld) -> None:
    async with quiet_talk(world, "1004") as first, quiet_talk(world, "1005") as second:
        _stays, stays_id = await listen(world, first, "1004")
        leaves, leaves_id = await listen(world, second, "1005")
        channel = next(leg.channel for leg in await world.switch.live_legs() if leg.phone == leaves)
        shown = await world.pbx.rx("manager show connected")
        line = next(line for line in shown.splitlines() if line.split()[:1] == ["callcenter"])
        ups = sum(isinstance(e, SwitchUp) for e in world.events)
        await world.pbx.rx(f"channel request hangup {channel}")
        await world.pbx.rx(f"manager kick session {line.split()[4]}")
        await until(lambda: sum(isinstance(e, SwitchUp) for e in world.events) > ups, within=10)
        await until(lambda: MonitorEnded(leaves_id, MonitorEnd.ENDED) in world.events)
        assert MonitorEnded(stays_id, MonitorEnd.ENDED) not in world.events
        assert await world.switch.set_monitor_mode(stays_id, MonitorMode.WHISPER) is True
        await until(lambda: MonitorModeChanged(stays_id, MonitorMode.WHISPER) in world.events)


async def test_a_listener_of_a_dead_controller_is_hung_up_by_the_next(world: RealWorld) -> None:
    async with quiet_talk(world, "1006") as call:
        boss, _id = await listen(world, call, "1006")
        await world.switch.stop()
        world.switch = world.new_switch()
        await world.switch.provision(world.phones)
        await world.start()
        await until(lambda: states(world, boss)[-1] is PhoneState.IDLE)
        phones = {leg.phone for leg in await world.switch.live_legs()}
        assert "1006" in phones and boss not in phones  # the talk itself goes on
        assert await world.switch.hang_up_phone("1006") is True
        await call.knocked()
