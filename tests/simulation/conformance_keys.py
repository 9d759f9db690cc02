"""Stories of keys and words, part of the conformance of every switch."""

from __future__ import annotations

import asyncio

import pytest

from callcenter.simulation.people import Leave, PhoneBehaviour, Press, Say
from callcenter.telephony.legs import ConnectResult, Gone, Grammar, Heard, LegGone, Prompt
from tests.simulation.conformance import (
    World,
    answered,
    expect_about,
    now,
    order,
    story,
)

ALL_KEYS = "0123456789*#"
CARD = "4012888888881881"
CHOICES = Grammar(("sales", "support"), "en")

# -- no key is lost ------------------------------------------------------------------------------------------


def typed(keys: str, a_second: float = 12.0) -> tuple[Press, ...]:
    """Keys typed fast, half a second after the answer."""
    return tuple(Press(key, 1.0 / a_second if number else 0.5) for number, key in enumerate(keys))


@story
async def keys_pressed_while_no_command_runs_are_kept(world: World, extension: str) -> None:
    async with answered(world, Press("1", 1.0), Press("2", 1.0)) as call:
        await asyncio.sleep(2.8)
        assert [await call.leg.read_key(0.4) for _ in range(3)] == ["1", "2", ""]


@story
async def sixteen_keys_typed_fast_arrive_complete_and_in_order(world: World, extension: str) -> None:
    async with answered(world, *typed(CARD)) as call:
        got = await call.leg.play([world.prompt(0.3), world.prompt(8.0)], ALL_KEYS)
        assert await call.leg.play([world.prompt(0.3), world.prompt(0.2)], "AB") == ""
        await asyncio.sleep(1.0)  # nothing is asked of the leg: another program looks something up
        while len(got) < len(CARD) + 1 and (key := await call.leg.read_key(1.0)):
            got += key
        assert got == CARD


@story
async def sixteen_keys_typed_fast_are_read_one_by_one(world: World, extension: str) -> None:
    async with answered(world, *typed(CARD)) as call:
        got = ""
        while len(got) < len(CARD) + 1 and (key := await call.leg.read_key(1.5)):
            got += key
        assert got == CARD


@story
async def every_key_cuts_a_prompt_of_its_own(world: World, extension: str) -> None:
    async with answered(world, *typed("8846", a_second=5.0)) as call:
        cuts = [await call.leg.play([world.prompt(1.0)], ALL_KEYS) for _ in range(5)]
        assert cuts == ["8", "8", "4", "6", ""]


@story
async def keys_are_forgotten_when_asked(world: World, extension: str) -> None:
    async with answered(world, Press("5", 1.0), Press("6", 1.8)) as call:
        await asyncio.sleep(1.9)
        call.leg.forget_keys()
        assert await call.leg.read_key(3.0) == "6"


@story
async def a_key_is_waited_for_while_no_command_runs(world: World, extension: str) -> None:
    async with answered(world, Press("5", 1.0), Press("2", 0.5), Press("1", 0.5), Press("2", 1.0)) as call:
        began = now()
        await call.leg.music("default")
        assert await call.leg.wait_key("12") == "2"  # 5 is forgotten
        expect_about(world, now() - began, 1.5)
        waiting = asyncio.ensure_future(call.leg.wait_key("4"))
        await asyncio.sleep(0.2)
        waiting.cancel()
        assert await call.leg.play([world.prompt(3.0)], "12") == "1"  # in time: nothing was under way
        assert await call.leg.wait_key("2") == "2"


@story
async def keys_of_a_talk_are_forgotten(world: World, extension: str) -> None:
    await world.phone(extension, PhoneBehaviour(answer_after=0.3, talk_seconds=3.5))
    async with answered(world, Press("4", 1.0), Press("7", 1.5)) as call:
        await asyncio.sleep(1.6)
        assert (await call.leg.connect(order(extension))).result is ConnectResult.TALKED
        assert await call.leg.read_key(0.5) == ""


@story
async def the_key_that_ends_a_message_is_spent(world: World, extension: str) -> None:
    path = world.folder / f"message-{extension}.wav"
    async with answered(world, Press("3", 0.8), Press("#", 1.6), speaks=False) as call:
        await asyncio.sleep(1.2)
        await call.leg.record(path, max_seconds=6.0, beep=False)
        assert await call.leg.read_key(0.7) == ""


@story
async def a_prompt_may_still_be_in_the_making(world: World, extension: str) -> None:
    async def made() -> Prompt:
        await asyncio.sleep(1.0)
        return world.prompt(0.5)

    async with answered(world) as call:
        began = now()
        making = asyncio.create_task(made())
        assert await call.leg.play([world.prompt(0.5), making, world.prompt(0.5)], "1") == ""
        expect_about(world, now() - began, 2.0)


# -- what the caller says ------------------------------------------------------------------------------------


@story
async def what_is_said_cuts_the_prompts_short(world: World, extension: str) -> None:
    async with answered(world, Say("sales", 1.0, score=90)) as call:
        began = now()
        heard = await call.leg.listen([world.prompt(0.3), world.prompt(9.0)], CHOICES, "12", 3.0)
        assert heard == Heard(text="sales", score=90)
        assert now() - began < 5.0
        assert await call.leg.play([world.prompt(0.2)], "12") == ""


@story
async def it_is_listened_again_after_silence(world: World, extension: str) -> None:
    async with answered(world, Say("sales", 3.0, score=90)) as call:
        began = now()
        assert await call.leg.listen([world.prompt(0.5)], CHOICES, "12", 1.0) == Heard()
        expect_about(world, now() - began, 1.5)
        heard = await call.leg.listen([world.prompt(0.5)], CHOICES, "12", 6.0)
        assert heard == Heard(text="sales", score=90)


@story
async def a_key_ends_listening(world: World, extension: str) -> None:
    async with answered(world, Press("2", 1.2)) as call:
        began = now()
        assert await call.leg.listen([world.prompt(8.0)], CHOICES, "12", 3.0) == Heard(key="2")
        assert now() - began < 4.0
        assert await call.leg.read_key(0.4) == ""


@story
async def a_key_pressed_before_answers_at_once(world: World, extension: str) -> None:
    async with answered(world, Press("1", 1.0)) as call:
        await asyncio.sleep(1.8)
        assert await call.leg.listen([world.prompt(5.0)], CHOICES, "12", 3.0) == Heard(key="1")


@story
async def a_caller_may_leave_while_he_is_listened_to(world: World, extension: str) -> None:
    async with answered(world, Leave(after=1.0)) as call:
        with pytest.raises(LegGone) as gone:
            await call.leg.listen([world.prompt(8.0)], CHOICES, "12", 3.0)
        assert gone.value.why is Gone.HANGUP
