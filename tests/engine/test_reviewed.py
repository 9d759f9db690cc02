"""Rare orders of events, each of which once left an agent stuck, a place in line behind or a false fact."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from callcenter.simulation.leg import SimulatedLeg
from callcenter.simulation.people import PressAtPrompt
from callcenter.telephony.legs import Connected, ConnectOrder

from .hotline import Hotline, on_the_hotline

ONE = (PressAtPrompt("1", 1.0),)


def nobody_left_behind(h: Hotline) -> None:
    """No call is open, nobody stands in line, no agent is on a call."""
    assert h.engine.reception.calls == {}
    assert [t.call_id for q in h.engine.acd.queues for t in h.engine.acd.waiting(q)] == []
    assert h.engine.acd._tickets == {}
    assert [a.state for a in h.engine.acd.agents.values() if a.call_id and a.state != "wrap_up"] == []


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
