"""How fast a key is obeyed, what silence lies between prompts, and what is left of keys and speech when the
manager or the recogniser is away: on a real Asterisk, with a caller whose audio is in our own hands."""

from __future__ import annotations

import asyncio
import math
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from real_world import RealCall, RealWorld, real_world
from rtp_person import RtpPerson
from wire_support import Wire

from callcenter.asterisk.local_install import AsteriskProgram
from callcenter.simulation.people import CallerScript, Press
from callcenter.telephony.legs import Heard, Prompt
from tests.simulation.conformance import answered, now, until
from tests.simulation.conformance_keys import ALL_KEYS, CHOICES

pytestmark = pytest.mark.real

AGI_PORT = 32990
PEOPLE = 32500


def tone(world: RealWorld, seconds: float, number: int = 0) -> Prompt:
    """A prompt that can be heard."""
    path = world.folder / f"tone-{round(seconds * 1000)}-{number}"
    with wave.open(str(path.with_suffix(".wav")), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        samples = (round(8000 * math.sin(2 * math.pi * 400 * n / 8000)) for n in range(round(8000 * seconds)))
        file.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))
    return Prompt(path)


@asynccontextmanager
async def by_hand(world: RealWorld) -> AsyncIterator[tuple[RealCall, RtpPerson]]:
    """A caller who was answered, and whose keys are pressed by the test."""
    async with world.call(CallerScript(), by_hand=True) as call:
        await call.leg.answer()
        person = call.person
        assert person is not None
        await until(lambda: person.talking)
        await asyncio.sleep(0.3)  # Asterisk has learnt where he sends from
        yield call, person


async def _ask(call: RealCall, prompts: list[Prompt], listens: bool) -> str:
    if listens:
        return (await call.leg.listen(prompts, CHOICES, ALL_KEYS, 3.0)).key
    return await call.leg.play(prompts, ALL_KEYS)


async def test_how_long_until_a_key_is_obeyed_and_between_prompts(
    asterisk_program: AsteriskProgram, tmp_path: Path
) -> None:
    async with (
        real_world(asterisk_program, tmp_path, AGI_PORT, PEOPLE) as world,
        by_hand(world) as (call, person),
    ):
        began = now()
        prompts = [tone(world, 0.4, number) for number in range(8)]
        assert await call.leg.play(prompts, ALL_KEYS) == ""
        gaps = person.gaps(began, over=0.0)
        longest = [round(gap * 1000) for gap in sorted(gaps)[-len(prompts) :]]
        print(f"\nthe longest silences in {len(prompts)} prompts: {longest} ms")
        assert max(gaps) < 1.0
        for tone_ms in (40, 100, 250):
            for listens in (False, True):
                person.pressed.clear()
                long = [tone(world, 5.0), tone(world, 5.0)]
                asking = asyncio.create_task(_ask(call, long, listens))
                await asyncio.sleep(0.5)
                pressing = asyncio.create_task(person.press("5", tone_ms))
                assert await asking == "5"
                await pressing
                await asyncio.sleep(0.2)
                delay = person.loud[-1] - person.pressed[0][0]
                how = "listening" if listens else "playing"
                print(f"{how}, a key held for {tone_ms} ms: silence {delay * 1000:.0f} ms after the press")
                assert delay < 1.0
                assert await call.leg.read_key(0.4) == ""


async def test_without_a_manager_keys_are_heard_by_commands(
    asterisk_program: AsteriskProgram, tmp_path: Path
) -> None:
    async with real_world(asterisk_program, tmp_path, AGI_PORT, PEOPLE) as world:
        await world.switch.stop()
        world.address = world.address_with(ami_secret="wrong")
        world.switch = world.new_switch()
        await world.switch.start()
        async with answered(world, Press("5", 1.2), Press("1", 1.2), Press("2", 1.2)) as call:
            assert await call.leg.play([world.prompt(2.0)], "12") == ""
            assert await call.leg.read_key(0.5) == "5"
            assert await call.leg.play([world.prompt(4.0)], "12") == "1"
            assert [await call.leg.read_key(3.0), await call.leg.read_key(0.5)] == ["2", ""]


async def test_keys_that_a_stuck_manager_tells_late_count_once(
    asterisk_program: AsteriskProgram, tmp_path: Path
) -> None:
    async with real_world(asterisk_program, tmp_path, AGI_PORT, PEOPLE) as world:
        await world.switch.stop()
        async with Wire(world.pbx.ports.ami) as wire:
            world.address = replace(world.address, ami_port=wire.port)
            world.switch = world.new_switch()
            await world.start()
            acts = Press("1", 1.0), Press("2", 1.2), Press("3", 1.2), Press("4", 2.5)
            async with answered(world, *acts) as call:
                assert await call.leg.read_key(3.0) == "1"
                wire.freeze()
                began = now()
                assert await call.leg.play([world.prompt(6.0)], "2") == "2"
                assert now() - began < 3.0
                assert await call.leg.read_key(3.0) == "3"
                wire.thaw()
                assert await call.leg.read_key(1.0) == ""
                assert await call.leg.read_key(4.0) == "4"
            await world.switch.stop()


async def test_without_a_recogniser_the_prompts_are_played_and_keys_work(
    asterisk_program: AsteriskProgram, tmp_path: Path
) -> None:
    async with real_world(asterisk_program, tmp_path, AGI_PORT, PEOPLE) as world:
        await world.listener.stop()
        async with answered(world, Press("2", 3.0)) as call:
            began = now()
            heard = await call.leg.listen([world.prompt(0.5), world.prompt(0.5)], CHOICES, "12", 9.0)
            assert heard == Heard(failed=True)
            assert now() - began < 2.5
            heard = await call.leg.listen([world.prompt(9.0)], CHOICES, "12", 9.0)
            assert heard == Heard(key="2", failed=True)


async def test_a_recogniser_that_keeps_still_is_waited_for_once(
    asterisk_program: AsteriskProgram, tmp_path: Path
) -> None:
    async with real_world(asterisk_program, tmp_path, AGI_PORT, PEOPLE, answers_setup=False) as world:
        async with answered(world) as call:
            began = now()
            assert (await call.leg.listen([world.prompt(0.3)], CHOICES, "12", 9.0)).failed
            print(f"\na recogniser that keeps still costs the first caller {now() - began - 0.3:.1f} s")
            assert now() - began < 9.0
        async with answered(world) as call:
            began = now()
            assert (await call.leg.listen([world.prompt(0.3)], CHOICES, "12", 9.0)).failed
            assert now() - began < 1.5
        assert world.listener.links == 1


async def test_a_recogniser_that_dies_while_it_listens_leaves_the_keys(
    asterisk_program: AsteriskProgram, tmp_path: Path
) -> None:
    async with (
        real_world(asterisk_program, tmp_path, AGI_PORT, PEOPLE) as world,
        answered(world, Press("1", 6.0)) as call,
    ):
        listening = asyncio.create_task(call.leg.listen([world.prompt(1.5)], CHOICES, "12", 1.0))
        await asyncio.sleep(0.7)
        await world.listener.stop()
        heard = await asyncio.wait_for(listening, 10)
        assert heard.failed
        assert await call.leg.read_key(5.0) == "1"
