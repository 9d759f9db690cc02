"""Callers in line whose story, page or center changes under them: nobody is held, no place is left behind."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from callcenter.center.model import Agent
from callcenter.simulation.leg import SimulatedLeg
from callcenter.simulation.people import PressAtPrompt, SimulatedPhone
from callcenter.telephony.legs import Connected, ConnectOrder
from callcenter.telephony.switch import Phone

from .hotline import Hotline, nobody_left_behind, on_the_hotline

ONE = (PressAtPrompt("1", 1.0),)


async def hire(h: Hotline, agents: dict[str, str]) -> None:
    """More agents for orders, by id with their extensions, behind amy and bo in the center."""
    more = {who: Agent(name=who, extension=phone, skills={"orders": 1}) for who, phone in agents.items()}
    h.center = h.center.model_copy(update={"agents": {**h.center.agents, **more}})
    h.phones |= {who: h.switch.add_phone(SimulatedPhone(phone)) for who, phone in agents.items()}
    await h.switch.provision([Phone(p.extension, "", "") for p in h.phones.values()])
    h.engine.acd.apply(h.center)


def given_to(h: Hotline) -> list[tuple[int, str]]:
    """Which caller was given to whom, in order; callers are counted from 1."""
    return [(int(f.call_id.rpartition("-")[2]), f.agent) for f in h.facts("queue.assigned")]


def test_a_caller_goes_to_the_agent_who_is_ready_longest(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        await hire(h, {"dan": "1004", "cy": "1003"})
        for who in h.phones:
            h.behave(who, answer_after=1, talk_seconds=5)
        for who in ("cy", "cy", "bo"):  # callers 1 to 3: these agents have served most
            h.ready(who)
            await h.call(did="4002").wait_ended()
            h.engine.desk.set_state(who, "not_ready", "lunch")
            await h.until_state(who, "not_ready")
        for who in ("bo", "cy", "amy", "dan"):
            h.ready(who)
            await asyncio.sleep(10)
        h.phones["bo"].unregister()
        await asyncio.sleep(10)
        h.phones["bo"].register()  # he went on being ready: his time counts from when he said so
        await asyncio.sleep(10)
        for _ in range(4):
            h.call(did="4002")
            await asyncio.sleep(1)
        await asyncio.sleep(60)
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert given_to(h)[:3] == [(1, "cy"), (2, "cy"), (3, "bo")]
    assert given_to(h)[3:] == [(4, "bo"), (5, "cy"), (6, "amy"), (7, "dan")]
    assert h.outcomes() == ["answered"] * 7


def test_a_caller_whose_agent_does_not_answer_is_next_again(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=None)
        h.behave("bo", answer_after=1, talk_seconds=5)
        h.ready("amy")
        h.call(did="4002")
        await asyncio.sleep(5)
        h.call(did="4002")
        await asyncio.sleep(1)
        h.call(did="4002")
        await h.until_state("amy", "not_ready")  # she was rung for 15 seconds; two more wait by now
        await asyncio.sleep(1)
        h.ready("bo")
        await asyncio.sleep(120)  # he serves one after the other
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert given_to(h) == [(1, "amy"), (1, "bo"), (2, "bo"), (3, "bo")]
    assert h.outcomes() == ["answered"] * 3


def test_a_caller_who_leaves_while_his_music_starts_frees_the_agent_just_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = SimulatedLeg.music

    async def slow_music(leg: SimulatedLeg, music_class: str | None) -> None:
        await asyncio.sleep(0.2)
        await plain(leg, music_class)

    monkeypatch.setattr(SimulatedLeg, "music", slow_music)

    async def story(h: Hotline) -> None:
        caller = h.call(did="4002")
        while not h.facts("queue.entered"):
            await asyncio.sleep(0.01)
        h.ready("amy")  # the caller is hers while the command for his music is under way
        assert h.state("amy")[0] == "reserved"
        caller.hang_up()
        await asyncio.sleep(1)
        assert h.state("amy") == ("ready", "")
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["abandoned"]
    assert h.facts("mended") == []


def test_a_story_that_fails_before_the_ring_frees_the_agent_and_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(h: Hotline) -> None:
        def fails(call_id: str) -> Any:
            raise OSError("no such disk")

        monkeypatch.setattr(h.engine.reception._office.recorder, "tracks", fails)
        h.ready("amy")
        caller = h.call(did="4002")
        await caller.wait_ended()
        await asyncio.sleep(1)
        assert h.state("amy") == ("ready", "")
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["abandoned"]
    assert h.facts("mended") == []


def test_a_story_that_fails_in_the_talk_frees_the_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = SimulatedLeg.connect

    async def fails_after_the_talk(leg: SimulatedLeg, order: ConnectOrder) -> Connected:
        await plain(leg, order)
        raise RuntimeError("an answer nobody understands")

    monkeypatch.setattr(SimulatedLeg, "connect", fails_after_the_talk)

    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.ready("amy")
        caller = h.call(did="4002")
        await caller.wait_ended()
        await asyncio.sleep(1)
        assert h.state("amy")[0] == "wrap_up"
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["answered"]
    assert [f.data["by"] for f in h.facts("talk.ended")] == ["unknown"]


def test_a_caller_who_comes_back_to_a_changed_flow_leaves_no_place_behind(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        caller = h.call(did="4001", acts=ONE, leave_after=30)
        await asyncio.sleep(10)
        await h.crash()
        flow = tmp_path / "flows" / "hotline.yaml"
        flow.write_text(flow.read_text().replace("to_orders", "to_sales"))
        h.flows.reload()
        assert "to_sales" in h.flows.flows["hotline"].file.nodes
        await h.start(after_crash=True)
        await caller.wait_ended()  # he hears the menu again and hangs up there
        await asyncio.sleep(3)
        nobody_left_behind(h)

    assert on_the_hotline(tmp_path, story).outcomes() == ["abandoned"]


def test_a_caller_in_line_is_served_though_his_number_was_taken_out_meanwhile(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=20)
        h.ready("amy")
        talks = h.call(did="4002", ani="1")
        await asyncio.sleep(5)
        waits = h.call(did="4002", ani="2")
        await asyncio.sleep(5)
        await h.crash()
        h.center = h.center.model_copy(update={"numbers": h.center.numbers[:1]})
        await h.start(after_crash=True)
        await talks.wait_ended()
        await waits.wait_ended()

    assert on_the_hotline(tmp_path, story).outcomes() == ["answered", "answered"]


def test_a_place_in_a_queue_that_is_gone_does_not_stop_a_new_center(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=None)
        h.ready("amy")
        caller = h.call(did="4001", acts=(PressAtPrompt("2", 1.0),))
        await asyncio.sleep(10)
        assert h.state("amy")[0] == "ringing"  # so his leg will not knock for a while
        await h.crash()
        queues = {name: q for name, q in h.center.queues.items() if name != "refunds"}
        h.center = h.center.model_copy(update={"queues": queues})
        await h.start(after_crash=True)
        await asyncio.sleep(3)
        h.engine.acd.apply(h.center)
        caller.hang_up()
        await asyncio.sleep(5)
        nobody_left_behind(h)

    on_the_hotline(tmp_path, story)


def test_a_page_that_fails_changes_nothing_for_the_calls(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        def fails(topic: str, make: Any) -> None:
            raise RuntimeError("a page is broken")

        h.engine._publish = fails
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.ready("amy")
        await h.call(did="4002").wait_ended()
        await asyncio.sleep(1)
        assert h.state("amy")[0] == "wrap_up"
        nobody_left_behind(h)

    assert on_the_hotline(tmp_path, story).outcomes() == ["answered"]
