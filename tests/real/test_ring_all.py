"""A queue whose callers ring at everybody who is free, on a real Asterisk with real phones."""

from __future__ import annotations

import asyncio

import pytest

from tests.real.kit import Office

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

TEAM = {"bo": "1002", "cy": "1003", "di": "1004"}


async def all_ring(office: Office) -> None:
    for agent in TEAM:
        await office.wait_state(agent, "ringing")


async def test_three_phones_ring_the_second_answers_and_the_others_stop(office: Office) -> None:
    for agent in TEAM:
        office.manners(agent, answer_after=None)
    office.manners("cy", answer_after=1.5, talk_seconds=3)
    await office.ready(*TEAM)
    caller = await office.call("4006")
    call_id = await office.call_id(caller)
    await all_ring(office)
    talk = await office.phones.wait_talking("1003")
    await office.wait_state("bo", "ready", seconds=2)
    await office.wait_state("di", "ready", seconds=2)
    rung = {call.extension: call for call in office.phones.calls[-3:]}
    assert set(rung) == set(TEAM.values())
    for extension in ("1002", "1004"):
        assert rung[extension].how == "cancelled"
        assert rung[extension].ended - talk.talking < 1.0, "the others stop when the first has answered"
    assert (await office.view("bo"))["answered_elsewhere"] == call_id
    assert await office.outcome(call_id) == "answered"
    assert [f.agent for f in await office.facts("talk.started", call_id)] == ["cy"]
    assert [f.agent for f in await office.facts("talk.ended", call_id)] == ["cy"]
    assert {f.agent for f in await office.facts("pop.sent", call_id)} == set(TEAM)
    assert (await office.row(call_id))["agent"] == "cy"
    assert [(await office.view(agent))["today"]["missed"] for agent in TEAM] == [0, 0, 0]


async def test_one_rejects_the_others_ring_on_and_nobody_is_blamed_for_silence(office: Office) -> None:
    for agent in TEAM:
        office.manners(agent, answer_after=None)
    office.manners("bo", answer_after=None, reject_after=0.5)
    await office.ready(*TEAM)
    caller = await office.call("4006")
    call_id = await office.call_id(caller)
    await office.wait_state("bo", "not_ready (rejected)")
    assert [await office.state(agent) for agent in ("cy", "di")] == ["ringing", "ringing"]
    await office.wait_fact("queue.returned", call_id)  # 8 s later
    await asyncio.sleep(1.0)
    assert [await office.state(agent) for agent in ("cy", "di")] == ["ringing", "ringing"], "they ring anew"
    caller.hang_up()
    assert await office.outcome(call_id) == "abandoned"
    for agent in ("cy", "di"):
        await office.wait_state(agent, "ready")
    assert [(f.agent, f.data["result"]) for f in await office.facts("phone.missed", call_id)] == [
        ("bo", "busy")
    ]
    story = "\n".join(await office.story(call_id))
    assert "2 more phones ring" in story and "Bo was busy or rejected the call" in story
    assert "Nobody answered: back to the same place in line" in story


async def test_all_ring_on_while_the_controller_is_dead_and_who_answered_is_known(office: Office) -> None:
    for agent in TEAM:
        office.manners(agent, answer_after=None)
    office.manners("di", answer_after=2.5)
    await office.ready(*TEAM)
    caller = await office.call("4006")
    call_id = await office.call_id(caller)
    await all_ring(office)
    await office.center.kill_controller()
    await office.phones.wait_talking("1004")
    await office.center.start_controller()
    await office.wait_state("di", "talking")
    for agent in ("bo", "cy"):
        await office.wait_state(agent, "ready")
    assert [f.agent for f in await office.facts("talk.started", call_id)] == ["di"]
    office.phones.hang_up("1004")
    assert await office.outcome(call_id) == "answered"
    assert [f.agent for f in await office.facts("talk.ended", call_id)] == ["di"]
