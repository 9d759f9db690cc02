"""The controller is killed, Asterisk is killed, the link between them freezes: no call is lost because of us."""

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
    by_ani = {f.data["ani"]: f.call_id for f in await office.facts("call.offered")}
    return [by_ani[caller.result.ani] for caller in callers]


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
        await office.wish(agent, "ready")
        office.manners(agent, answer_after=0.2, talk_seconds=1.0)
    for caller in talking:
        caller.hang_up()

    async def all_in_wrap_up_or_beyond() -> bool:
        return all(c.result.ended for c in talking)

    await until(all_in_wrap_up_or_beyond, 10, say="the talks ended")
    for agent in agents:
        await office.wait_state(agent, "wrap_up", "ready", "reserved", "ringing", "talking", seconds=8)
        await office.wish(agent, "ready")
        await asyncio.sleep(0.1)
    for caller in (*waiting, late):
        # the late one is the eleventh: an agent must be through with his wrap-up first
        if caller is late:
            for agent, state in (await office.states()).items():
                if state == "wrap_up":
                    await office.wish(agent, "ready")
                    break
        await caller.wait_ended(20)
    late_id = (await ids(office, [late]))[0]
    served = [f.call_id for f in await office.facts("queue.assigned") if f.at > back_at]
    assert served == [*waiting_ids, late_id]

    # the menu callers go on: they choose, wait and are served
    for number, caller in enumerate(menu):
        for key in ("3",) if number % 2 else ("1", "3"):
            await caller.press(key)
            await asyncio.sleep(1.2)
    for agent, state in (await office.states()).items():
        if state == "wrap_up":
            await office.wish(agent, "ready")
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
