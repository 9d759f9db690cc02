"""Each promise of the switch, and each trouble shown in simulation, on a real Asterisk with SIP people.

The stories of `tests/simulation/conformance*.py` are told many at the same time on one Asterisk; each is a
test.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from real_world import RealCall, RealWorld, real_world
from wire_support import Wire

from callcenter.asterisk.local_install import AsteriskProgram
from callcenter.simulation.people import CallerScript, Leave, PhoneBehaviour
from callcenter.telephony.events import PhoneAnswered, PhoneState, PhoneStopped, SwitchDown, SwitchUp
from callcenter.telephony.legs import Connected, ConnectOrder, ConnectResult, Gone, LegGone, Prompt
from callcenter.telephony.outgoing import CallOutOrder, CallOutResult
from tests.simulation import (  # noqa: F401  # they add their stories
    conformance_calls_out,
    conformance_keys,
    conformance_rings,
    conformance_talks,
)
from tests.simulation.conformance import STORIES, answered, of_order, order, states, until

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

STORY_SECONDS = 30.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    asterisk_program: AsteriskProgram, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RealWorld]:
    folder = tmp_path_factory.mktemp("world")
    async with real_world(asterisk_program, folder, 23990, 23000, rtp=320) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(world: RealWorld) -> dict[str, BaseException | None]:
    """All stories, told at once (those of several phones after the others): how each ended."""
    extensions = {name: str(1001 + number) for number, name in enumerate(STORIES)}
    further = [
        phone for name in STORIES if _of_rings(name) for phone in conformance_rings.others(extensions[name])
    ]
    bosses = [
        f"{who}{e}" for e in extensions.values() for who in "98"
    ]  # of the stories that have supervisors
    await world.provision(*extensions.values(), *further, *bosses)
    ended: dict[str, BaseException | None] = {}
    for several in (False, True):  # all at once would be more phones than two cores can play
        names = [name for name in STORIES if _of_rings(name) is several]
        tellings = [asyncio.wait_for(STORIES[name](world, extensions[name]), STORY_SECONDS) for name in names]
        ended.update(zip(names, await asyncio.gather(*tellings, return_exceptions=True), strict=True))
    return ended


def _of_rings(name: str) -> bool:
    """Whether a story needs more phones than one."""
    return STORIES[name].__module__ == conformance_rings.__name__


@pytest.mark.parametrize("name", STORIES)
async def test_asterisk(told: dict[str, BaseException | None], name: str) -> None:
    if (error := told[name]) is not None:
        raise error


async def test_no_reply_went_astray_and_no_handler_failed(
    told: dict[str, BaseException | None], world: RealWorld
) -> None:
    assert world.switch.agi.stray_replies == 0
    assert world.switch.agi.handler_failures == 0
    assert world.switch.ami.handler_failures == 0


@pytest.mark.parametrize("rejection", ["603 Decline", "302 Moved Temporarily", "480 Temporarily Unavailable"])
async def test_a_phone_that_will_not_have_the_call_leaves_the_caller_with_us(
    world: RealWorld, rejection: str
) -> None:
    extension = {"6": "2001", "3": "2002", "4": "2003"}[rejection[0]]
    await world.phone(extension, PhoneBehaviour(answer_after=0.1, rejects=True), rejection=rejection)
    async with answered(world) as call:
        done = await call.leg.connect(order(extension))
        assert done.result in (ConnectResult.BUSY, ConnectResult.UNREACHABLE, ConnectResult.NO_ANSWER)
        if rejection.startswith("603"):
            assert done.result is ConnectResult.BUSY
        assert await call.leg.play([world.prompt(0.2)]) == ""


@pytest.mark.parametrize("rejection", ["603 Decline", "302 Moved Temporarily", "480 Temporarily Unavailable"])
async def test_a_phone_that_will_not_have_the_call_stops_alone(world: RealWorld, rejection: str) -> None:
    first, second = {"6": ("2004", "2005"), "3": ("2006", "2007"), "4": ("2008", "2009")}[rejection[0]]
    await world.phone(first, PhoneBehaviour(answer_after=0.1, rejects=True), rejection=rejection)
    await world.phone(second, PhoneBehaviour(answer_after=1.5, talk_seconds=0.5))
    async with answered(world) as call:
        done = await call.leg.connect(replace(order(first), also=(second,)))
        assert (done.result, done.phone) == (ConnectResult.TALKED, second)
    stopped = [(e.phone, e.rejected) for e in world.events if isinstance(e, PhoneStopped)]
    assert [told for told in stopped if told[0] in (first, second)] == [(first, True)]


async def test_a_prompt_that_is_not_there_is_passed_over(world: RealWorld) -> None:
    (world.folder / "broken.wav").write_bytes(b"no sound")
    async with answered(world) as call:
        prompts = [Prompt(world.folder / "missing"), Prompt(world.folder / "broken"), world.prompt(0.2)]
        assert await call.leg.play(prompts) == ""
        assert call.leg.gone is None


async def test_two_callers_ring_two_phones_after_an_attempt_in_vain(world: RealWorld) -> None:
    await world.phone("2010", PhoneBehaviour(answer_after=None))
    await world.phone("2011", PhoneBehaviour(answer_after=0.2, talk_seconds=0.5))
    async with answered(world) as call:
        await call.leg.music("default")
        first = await call.leg.connect(order("2010", ring_seconds=1.0))
        second = await call.leg.connect(order("2011"))
        assert (first.result, second.result) == (ConnectResult.NO_ANSWER, ConnectResult.TALKED)


async def test_music_plays_on_after_a_prompt_and_after_a_phone_rang_in_vain(world: RealWorld) -> None:
    await world.provision("2015")

    async def packets_in_half_a_second(call: RealCall) -> int:
        before = await _packets_sent(world, call)
        await asyncio.sleep(0.5)
        return await _packets_sent(world, call) - before

    async with answered(world) as call:
        assert await packets_in_half_a_second(call) == 0
        await call.leg.music("default")
        assert await packets_in_half_a_second(call) > 15
        await call.leg.play([world.prompt(0.2)])
        assert await packets_in_half_a_second(call) > 15
        assert (await call.leg.connect(order("2015"))).result is ConnectResult.UNREACHABLE
        assert await packets_in_half_a_second(call) > 15
        await call.leg.music(None)
        assert await packets_in_half_a_second(call) == 0


async def _packets_sent(world: RealWorld, call: RealCall) -> int:
    """How many RTP packets Asterisk has sent to the caller."""
    asked = {"Channel": call.leg.info.channel, "Variable": "CHANNEL(rtcp,txcount)"}
    return int((await world.switch.ami.action("Getvar", asked)).get("Value"))


async def test_a_cancelled_prompt_does_not_keep_the_leg_from_being_ended(world: RealWorld) -> None:
    async with answered(world) as call:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await call.leg.play([world.prompt(20.0)])
        await call.leg.hang_up()
        await until(lambda: call.over, within=2.0)


async def test_who_is_called_sees_the_number_that_is_to_be_shown(world: RealWorld) -> None:
    number = await world.outside(PhoneBehaviour(answer_after=0.5, talk_seconds=1.5))
    order = CallOutOrder(number, 8.0, "shown", caller_id="4008001234")
    call = world.called(order.leg_id)
    dialing = asyncio.create_task(world.switch.call_out(order))
    leg = await call.knocked()
    channels = await world.switch.ami.list_action("CoreShowChannels")
    theirs = [c for c in channels if c.get("Exten") == number and c.get("Uniqueid") != order.leg_id]
    assert [c.get("CallerIDNum") for c in theirs] == ["4008001234"]
    assert await dialing is CallOutResult.ANSWERED
    await leg.hang_up()
    call.leave.set()


async def kick(world: RealWorld) -> None:
    """Break the manager's link; it is back on return."""
    ups = world.switch.ami.reconnects
    shown = await world.pbx.rx("manager show connected")
    line = next(line for line in shown.splitlines() if line.split()[:1] == ["callcenter"])
    await world.pbx.rx(f"manager kick session {line.split()[4]}")
    await until(lambda: world.switch.ami.reconnects > ups and world.switch.up)


async def test_a_lost_link_does_not_hide_who_of_several_answered(world: RealWorld) -> None:
    await world.phone("2050", PhoneBehaviour(answer_after=None))
    await world.phone("2051", PhoneBehaviour(answer_after=2.5))
    async with answered(world, Leave(after=7.0)) as call:
        connecting = asyncio.create_task(call.leg.connect(replace(order("2050"), also=("2051",))))
        await until(lambda: {PhoneState.RINGING} == {states(world, phone)[-1] for phone in ("2050", "2051")})
        await kick(world)
        done = await connecting
        assert (done.result, done.caller_left, done.phone) == (ConnectResult.TALKED, True, "2051")


async def test_a_lost_link_does_not_keep_who_is_called_from_answering(world: RealWorld) -> None:
    await world.phone("2021", PhoneBehaviour(answer_after=2.5))
    order = CallOutOrder("2021", 10.0, "link-lost")
    call = world.called(order.leg_id)
    dialing = asyncio.create_task(world.switch.call_out(order))
    await until(lambda: states(world, "2021")[-1:] == [PhoneState.RINGING])
    await kick(world)
    assert await dialing is CallOutResult.ANSWERED
    leg = await call.knocked()
    await leg.hang_up()
    call.leave.set()


async def test_a_call_that_ended_while_the_link_was_lost_is_known_to_be_over(world: RealWorld) -> None:
    silent = await world.outside(PhoneBehaviour(answer_after=None))
    order = CallOutOrder(silent, 30.0, "over-meanwhile")
    dialing = asyncio.create_task(world.switch.call_out(order))
    await until(lambda: world.switch.ami.actions > 0)
    await asyncio.sleep(0.5)
    shown = await world.pbx.rx("manager show connected")
    line = next(line for line in shown.splitlines() if line.split()[:1] == ["callcenter"])
    channel = next(leg.channel for leg in await world.switch.live_legs() if leg.leg_id == order.leg_id)
    await world.pbx.rx(f"manager kick session {line.split()[4]}")
    await world.pbx.rx(f"channel request hangup {channel}")
    assert await asyncio.wait_for(dialing, 20) in (CallOutResult.LOST, CallOutResult.NO_ANSWER)


async def test_a_lost_manager_link_is_told_and_the_picture_comes_back(world: RealWorld) -> None:
    await world.phone("2030", PhoneBehaviour(answer_after=0.2))
    async with answered(world, Leave(after=6.0)) as call:
        connecting = asyncio.create_task(call.leg.connect(order("2030")))
        await until(lambda: PhoneAnswered in of_order(world, "2030"))
        before = [event for event in world.events if isinstance(event, SwitchUp)]
        shown = await world.pbx.rx("manager show connected")
        line = next(line for line in shown.splitlines() if line.split()[:1] == ["callcenter"])
        await world.pbx.rx(f"manager kick session {line.split()[4]}")
        await until(lambda: isinstance(world.events[-1], SwitchUp) and world.switch.up)
        assert [type(event) for event in world.events[-2:]] == [SwitchDown, SwitchUp]
        after = world.events[-1]
        assert isinstance(after, SwitchUp)
        assert after.booted_at == before[-1].booted_at
        assert after.phones["2030"] is PhoneState.IN_USE
        done = await connecting
        assert (done.result, done.caller_left) == (ConnectResult.TALKED, True)
        assert done.talk_seconds > 2.0


async def test_a_dead_controllers_talk_goes_on_and_its_caller_comes_to_the_next(world: RealWorld) -> None:
    await world.phone("2040", PhoneBehaviour(answer_after=0.2))
    async with world.call(CallerScript()) as talking, world.call(CallerScript()) as waiting:
        await talking.leg.answer()
        await waiting.leg.answer()
        await waiting.leg.music("default")
        connecting = asyncio.create_task(_connect_or_gone(talking, order("2040")))
        await until(lambda: PhoneAnswered in of_order(world, "2040"))
        await asyncio.sleep(0.3)
        await world.switch.stop()
        assert await connecting is Gone.SWITCH_LOST
        before = talking.leg.info.leg_id, waiting.leg.info.leg_id

        world.switch = world.new_switch()
        await world.switch.provision(world.phones)
        await world.start()
        up = world.events[-1]
        assert isinstance(up, SwitchUp)
        legs = {leg.phone: leg for leg in up.legs if leg.linked_id == before[0]}
        assert set(legs) == {"", "2040"}
        assert legs[""].bridge == legs["2040"].bridge != ""
        assert up.phones["2040"] is PhoneState.IN_USE
        assert (await waiting.knocked()).info.leg_id == before[1]
        assert talking.legs.empty()
        assert await world.switch.hang_up_phone("2040") is True  # a talk that another controller began
        assert (await talking.knocked()).info.leg_id == before[0]


async def _connect_or_gone(call: RealCall, ring: ConnectOrder) -> Connected | Gone:
    try:
        return await call.leg.connect(ring)
    except LegGone as gone:
        return gone.why


async def test_without_a_manager_link_talks_still_end_as_they_ended(
    asterisk_program: AsteriskProgram, tmp_path: Path
) -> None:
    async with real_world(asterisk_program, tmp_path, 23991, 23860) as world:
        await world.phone("1001", PhoneBehaviour(answer_after=0.2, talk_seconds=2.2))
        await world.phone("1002", PhoneBehaviour(answer_after=0.1, rejects=True), rejection="603 Decline")
        await world.provision("1003")
        await world.switch.stop()
        world.address = world.address_with(ami_secret="wrong")
        world.switch = world.new_switch()
        await world.switch.start()
        async with answered(world) as call:
            results = [await call.leg.connect(order(extension)) for extension in ("1003", "1002", "1001")]
            assert [done.result for done in results] == [
                ConnectResult.UNREACHABLE, ConnectResult.BUSY, ConnectResult.TALKED,
            ]  # fmt: skip
            assert results[-1].talk_seconds == pytest.approx(2, abs=1)
            assert results[-1].caller_left is False
            both = await call.leg.connect(replace(order("1003"), also=("1001",)))
            assert (both.result, both.phone) == (ConnectResult.TALKED, "1001")
            with pytest.raises(ConnectionError):
                await world.switch.live_legs()
        assert not world.switch.up


async def test_a_restarted_asterisk_is_known_to_be_another(
    asterisk_program: AsteriskProgram, tmp_path: Path
) -> None:
    async with real_world(asterisk_program, tmp_path, 23992, 23920) as world:
        await world.phone("1001", PhoneBehaviour(answer_after=0.2))
        first = world.events[0]
        assert isinstance(first, SwitchUp)
        async with answered(world) as call:
            connecting = asyncio.create_task(_connect_or_gone(call, order("1001")))
            await until(lambda: PhoneAnswered in of_order(world, "1001"))
            await world.pbx.kill()
            assert await asyncio.wait_for(connecting, 5) is Gone.SWITCH_LOST
            assert await call.leg.wait_gone() is Gone.SWITCH_LOST
            await until(lambda: isinstance(world.events[-1], SwitchDown))
            assert not world.switch.up
        await world.pbx.start()
        await until(lambda: world.switch.up, within=15)
        second = next(event for event in reversed(world.events) if isinstance(event, SwitchUp))
        assert second.booted_at > first.booted_at
        assert second.legs == ()
        assert set(second.phones) == {"1001"}
        await until(
            lambda: states(world, "1001")[-1] is PhoneState.IDLE or second.phones["1001"] is PhoneState.IDLE
        )


async def test_a_leg_whose_asterisk_vanished_without_a_word_is_lost_when_another_stands_there(
    asterisk_program: AsteriskProgram, tmp_path: Path
) -> None:
    async with (
        Wire(23993) as wire,
        real_world(asterisk_program, tmp_path, 23993, 23940, wire) as world,
        answered(world) as call,
    ):
        wire.freeze()  # what a pulled plug looks like: no end of the connection is heard
        await world.pbx.kill()
        await asyncio.sleep(0.3)
        assert call.leg.gone is None
        await world.pbx.start()
        assert await asyncio.wait_for(call.leg.wait_gone(), 15) is Gone.SWITCH_LOST
