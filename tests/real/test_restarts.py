"""The controller is killed, Asterisk is killed, Asterisk freezes: no call is lost because of us."""

from __future__ import annotations

import asyncio
import os
import signal
import time
import wave

import pytest

from callcenter.demo.sipp import Caller
from tests.real.kit import Office, until

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]


async def until_talking(office: Office, number: int, seconds: float = 20) -> None:
    async def all_talk() -> bool:
        return list((await office.states()).values()).count("talking") == number

    await until(all_talk, seconds, say=f"{number} agents talk")


async def until_waiting(office: Office, number: int, seconds: float = 20) -> None:
    async def all_wait() -> bool:
        return await office.metric("callcenter_queue_waiting") == number

    await until(all_wait, seconds, say=f"{number} callers wait")


async def ids(office: Office, callers: list[Caller]) -> list[str]:
    """The calls of these callers."""
    return [await office.call_id(caller) for caller in callers]


async def test_the_controller_is_killed_with_ten_talking_ten_waiting_and_five_in_the_menu(
    office: Office,
) -> None:
    agents = list(office.extension)
    await office.ready(*agents)
    talking = [await office.call("4002", speak_after=0.1) for _ in range(10)]
    await until_talking(office, 10)
    for extension in office.extension.values():
        office.phones.speak(extension)
    waiting = []
    for _ in range(10):
        waiting.append(await office.call("4002"))
        await waiting[-1].wait_answered()
        await asyncio.sleep(0.15)
    await until_waiting(office, 10)
    menu = [await office.call("4001", keys=[(1.0, "1")] if n % 2 else []) for n in range(5)]
    for caller in menu:
        await caller.wait_answered()
    await asyncio.sleep(2.5)
    before = await office.facts("queue.entered")
    talks = list(office.phones.calls)[-10:]

    killed_at = time.time()
    await office.center.kill_controller()
    await asyncio.sleep(3)
    assert all(not c.result.ended for c in (*talking, *waiting, *menu)), "nobody was cut off"
    await office.center.start_controller()
    back_at = time.time()

    # talks go on, agents are known to talk with the same callers
    await until_talking(office, 10, 8)
    views = {v["id"]: v for v in (await office.ask("/agents"))["agents"]}
    assert sorted(v["call_id"] for v in views.values()) == sorted(await ids(office, talking))
    assert all(not talk.ended for talk in talks)
    # those who waited are back in line, in their order, and nobody entered it anew
    await until_waiting(office, 10, 10)
    waiting_ids = await ids(office, waiting)
    entered = [f.call_id for f in await office.facts("queue.entered")]
    assert entered == [f.call_id for f in before], "nobody entered the line anew"
    # somebody who calls now does not overtake them
    late = await office.call("4002")
    await late.wait_answered()

    # the first talks end: the waiting are served, in the order of arrival
    for agent in agents:
        office.manners(agent, answer_after=0.2, talk_seconds=1.0, speaks=True)
    async with office.short_wrap_ups():
        for caller in talking:
            caller.hang_up()
        for caller in (*talking, *waiting, late):
            await caller.wait_ended(20)
        late_id = (await ids(office, [late]))[0]
        served = [f.call_id for f in await office.facts("queue.assigned") if f.at > back_at]
        assert served == [*waiting_ids, late_id]

        # the menu callers go on: they choose, wait and are served
        for number, caller in enumerate(menu):
            for key in ("3",) if number % 2 else ("1", "3"):
                await caller.press(key)
        for caller in menu:
            await caller.wait_ended(20)
    menu_ids = await ids(office, menu)
    for call_id in menu_ids:
        assert "call.resumed" in await office.kinds(call_id)

    # every call is accounted for, every recording whole, no agent stuck, nothing had to be mended
    for call_id in (*await ids(office, talking), *waiting_ids, late_id, *menu_ids):
        assert await office.outcome(call_id) == "answered", call_id
        assert len(await office.facts("call.ended", call_id)) == 1
        await office.wait_fact("recording.kept", call_id, 12)
    for talk, call_id in zip(talks, sorted(await ids(office, talking)), strict=True):
        assert talk.ended > back_at > killed_at > talk.talking
        kept = (await office.facts("recording.kept", call_id))[0]
        with wave.open(str(office.center.data / "recordings" / kept.data["path"])) as file:
            seconds = file.getnframes() / file.getframerate()
        assert file.getnchannels() == 2 and seconds > back_at - killed_at + 5, "recorded over the restart"
        row = await office.row(call_id)
        assert abs(row["talk_seconds"] - seconds) < 2.5, (row["talk_seconds"], seconds)
    assert set((await office.states()).values()) <= {"ready", "wrap_up"}
    assert await office.metric("callcenter_mended_total") == 0
    assert await office.metric("callcenter_calls_open") == 0


async def test_what_happened_while_the_controller_was_away_is_found_out(office: Office) -> None:
    """Talks that ended, callers who left, a phone that was answered, one that rang in vain."""
    for agent in ("amy", "bo"):
        await office.ready(agent)
    hung_up_by_agent = await office.call("4002", speak_after=0.1)
    await until_talking(office, 1)
    hung_up_by_caller = await office.call("4002", speak_after=0.1)
    await until_talking(office, 2)
    phone_of = {}
    for caller in (hung_up_by_agent, hung_up_by_caller):
        call_id = (await ids(office, [caller]))[0]
        phone_of[caller] = next(
            v["extension"] for v in (await office.ask("/agents"))["agents"] if v["call_id"] == call_id
        )
    for agent in ("cy", "di"):
        office.manners(agent, answer_after=None)
    await office.ready("cy")
    answered_meanwhile = await office.call("4002", speak_after=0.1)
    await office.wait_state("cy", "ringing")
    await office.ready("di")
    rang_in_vain = await office.call("4002", speak_after=0.1)
    await office.wait_state("di", "ringing")
    left_the_line = await office.call("4002")
    stays = await office.call("4002", speak_after=0.1)
    await until_waiting(office, 2)
    in_menu = await office.call("4001")
    await in_menu.wait_answered()
    await asyncio.sleep(0.3)

    await office.center.kill_controller()
    office.phones.answer("1003")
    await asyncio.sleep(0.5)
    office.phones.hang_up(phone_of[hung_up_by_agent])
    for caller in (hung_up_by_caller, left_the_line, in_menu):
        caller.hang_up()
    for caller in (hung_up_by_agent, hung_up_by_caller, left_the_line, in_menu):
        await caller.wait_ended(10)
    assert hung_up_by_agent.result.how == "far", "after the talk the dialplan parts friends"
    await asyncio.sleep(4.5)  # di's phone has stopped ringing by now
    office.manners("di", answer_after=0.2)
    await office.center.start_controller()

    for caller, outcome in (
        (hung_up_by_agent, "answered"), (hung_up_by_caller, "answered"),
        (left_the_line, "abandoned"), (in_menu, "ivr"),
    ):  # fmt: skip
        assert await office.outcome((await ids(office, [caller]))[0]) == outcome
    for caller in (hung_up_by_agent, hung_up_by_caller):
        await office.wait_fact("recording.kept", (await ids(office, [caller]))[0])
    for agent in ("amy", "bo"):
        await office.wait_state(agent, "wrap_up")
    await office.wait_state("cy", "talking")
    assert (await office.view("cy"))["call_id"] == (await ids(office, [answered_meanwhile]))[0]
    # the one for whom a phone rang in vain is served before the one behind him
    async with office.short_wrap_ups():
        in_vain_id, stays_id = await ids(office, [rang_in_vain, stays])
        first = await office.wait_fact("talk.started", in_vain_id, 12)
        second = await office.wait_fact("talk.started", stays_id, 12)
        assert first.at <= second.at
        for caller in (answered_meanwhile, rang_in_vain, stays):
            caller.hang_up()
        for call_id in await ids(office, [answered_meanwhile, rang_in_vain, stays]):
            assert await office.outcome(call_id) == "answered"
            await office.wait_fact("recording.kept", call_id)
    assert await office.metric("callcenter_mended_total") == 0


async def test_asterisk_is_killed_and_started_again(office: Office) -> None:
    await office.ready("amy", "bo", "cy")
    office.manners("cy", answer_after=None)
    talking = [await office.call("4002", speak_after=0.1) for _ in range(2)]
    await until_talking(office, 2)
    ringing = await office.call("4002")
    await office.wait_state("cy", "ringing", "talking")
    waiting = await office.call("4002")
    in_menu = await office.call("4001")
    await until_waiting(office, 1)
    await in_menu.wait_answered()
    cut = [*talking, ringing, waiting, in_menu]
    cut_ids = await ids(office, cut)

    await office.center.asterisk.kill()

    async def not_ready() -> bool:
        return (await office.web("/readyz")).status == 503

    await until(not_ready, 5, say="/readyz tells that Asterisk is gone")
    await office.center.asterisk.start()
    up_at = time.time()

    async def ready() -> bool:
        return (await office.web("/readyz")).status == 200

    await until(ready, 15)
    for agent in ("amy", "bo", "cy"):
        await office.wait_state(agent, "wrap_up", "ready", seconds=15)
    assert time.time() - up_at < 15
    for call_id in cut_ids:
        assert await office.outcome(call_id) == "cut", await office.story(call_id)
    listed = {c["call_id"]: c for c in (await office.ask("/callbacks"))["callbacks"]}
    assert set(cut_ids) <= set(listed)
    for caller, call_id in zip(cut, cut_ids, strict=True):
        assert (listed[call_id]["ani"], listed[call_id]["why"]) == (caller.result.ani, "cut")

    # the phones register again, and new calls are served
    for extension in ("1001", "1002", "1003"):
        office.phones.register(extension)
    for agent in ("amy", "bo"):
        await office.wish(agent, "signed_out")
    office.manners("cy", answer_after=0.2, talk_seconds=1)
    await office.ready("cy")
    again = await office.call("4002", speak_after=0.1)
    await again.wait_ended(15)
    call_id = await office.call_id(again)
    assert await office.outcome(call_id) == "answered"
    assert (await office.facts("talk.started", call_id))[0].agent == "cy"
    assert await office.metric("callcenter_mended_total") == 0


async def test_a_frozen_asterisk_is_noticed_and_no_call_is_lost(office: Office) -> None:
    await office.ready("amy")
    talking = await office.call("4002", speak_after=0.1)
    await until_talking(office, 1)
    waiting = await office.call("4002", speak_after=0.1)
    await until_waiting(office, 1)
    in_menu = await office.call("4001")
    await in_menu.wait_answered()
    pid = office.center.asterisk.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    frozen_at = time.time()
    try:

        async def not_ready() -> str:
            answer = await office.web("/readyz")
            return str(answer.body) if answer.status == 503 else ""

        said = await until(not_ready, 12, say="/readyz says 503")
        assert time.time() - frozen_at < 10 and "Asterisk" in said
        await asyncio.sleep(1)
    finally:
        os.kill(pid, signal.SIGCONT)

    async def ready() -> bool:
        return (await office.web("/readyz")).status == 200

    await until(ready, 20)
    await office.wait_state("amy", "talking")
    office.manners("amy", answer_after=0.3, speaks=True)
    async with office.short_wrap_ups():
        talking.hang_up()
        call_id = (await ids(office, [waiting]))[0]
        await office.wait_fact("talk.started", call_id)
        assert len(await office.facts("queue.entered", call_id)) == 1
        waiting.hang_up()
        for key in ("1", "3"):
            await in_menu.press(key)
        in_menu_id = (await ids(office, [in_menu]))[0]
        await office.wait_fact("talk.started", in_menu_id)
        in_menu.hang_up()
        for call_id in await ids(office, [talking, waiting, in_menu]):
            assert await office.outcome(call_id) == "answered", await office.story(call_id)
            await office.wait_fact("recording.kept", call_id)
    listed = {c["call_id"] for c in (await office.ask("/callbacks"))["callbacks"]}
    assert not listed & set(await ids(office, [talking, waiting, in_menu]))
    assert await office.metric("callcenter_mended_total") == 0
