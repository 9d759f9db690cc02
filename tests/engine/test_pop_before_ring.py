"""The screen pop comes before the ring, and comes back after a restart."""

from __future__ import annotations

import asyncio
from pathlib import Path

from callcenter.acd.desk import SHOWN_PATIENCE
from callcenter.simulation.people import PressAtPrompt

from .hotline import Hotline, on_the_hotline


def ring_delay(h: Hotline) -> float:
    """Seconds from the assignment to the first ring."""
    return h.facts("phone.ringing")[0].at - h.facts("queue.assigned")[0].at


async def until_pop(h: Hotline) -> None:
    while not h.facts("pop.sent"):
        await asyncio.sleep(0.001)


def test_an_agent_without_a_page_is_rung_at_once(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.ready("amy")
        await h.call(did="4002", leave_after=10).wait_ended()

    without = ring_delay(on_the_hotline(tmp_path, story))
    assert without < SHOWN_PATIENCE


def test_the_phone_rings_as_soon_as_the_page_shows_the_caller(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.engine.desk.desk_opened("amy")
        h.ready("amy")
        caller = h.call(did="4002", leave_after=10)
        await until_pop(h)
        await asyncio.sleep(0.06)
        assert h.facts("phone.ringing") == []
        h.engine.desk.pop_shown("amy", "20260101-call-1")
        await caller.wait_ended()

    h = on_the_hotline(tmp_path, story)
    kinds = h.kinds()
    assert kinds.index("pop.shown") < kinds.index("phone.ringing")
    assert 0.06 <= ring_delay(h) < SHOWN_PATIENCE


def test_a_page_that_says_nothing_holds_the_phone_back_for_half_a_second_only(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.engine.desk.desk_opened("amy")
        h.ready("amy")
        await h.call(did="4002", leave_after=10).wait_ended()

    assert SHOWN_PATIENCE <= ring_delay(on_the_hotline(tmp_path, story)) < SHOWN_PATIENCE + 0.2


def test_a_caller_who_leaves_in_that_moment_frees_the_agent(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.engine.desk.desk_opened("amy")
        h.ready("amy")
        caller = h.call(did="4002")
        await until_pop(h)
        caller.hang_up()
        await caller.wait_ended()
        await asyncio.sleep(1)
        assert h.state("amy") == ("ready", "")

    h = on_the_hotline(tmp_path, story)
    assert h.facts("phone.ringing") == []
    assert h.outcomes() == ["abandoned"]


def test_a_page_that_was_closed_is_not_waited_for(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.engine.desk.desk_opened("amy")
        h.ready("amy")
        h.engine.desk.desk_closed("amy")
        await h.call(did="4002", leave_after=10).wait_ended()

    assert ring_delay(on_the_hotline(tmp_path, story)) < SHOWN_PATIENCE


def test_after_a_restart_the_caller_stands_on_the_agents_page_again(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=2, talk_seconds=60)
        h.ready("amy")
        caller = h.call(ani="13800138000", did="4001", name="Wei", acts=(PressAtPrompt("1", 1.0),))
        while h.state("amy")[0] != "talking":
            await asyncio.sleep(1)
        before = h.engine.desk.view("amy")["call"]
        await h.restart()
        await asyncio.sleep(1)
        after = h.engine.desk.view("amy")["call"]
        for told in ("call_id", "caller", "did", "queue", "path", "language", "answered_at"):
            assert after[told] == before[told]
        caller.hang_up()
        await caller.wait_ended()

    on_the_hotline(tmp_path, story)
