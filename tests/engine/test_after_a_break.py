"""Rare orders of events around a restart or a lost link; each once left an agent stuck or a false fact."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from callcenter.simulation.leg import SimulatedLeg
from callcenter.simulation.people import PressAtPrompt
from callcenter.telephony.legs import Connected, ConnectOrder, Gone, LegGone

from .hotline import Hotline, nobody_left_behind, on_the_hotline


def test_a_leg_that_knocks_while_its_old_session_seems_alive_goes_on_in_the_same_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network forgot the old connection on the switch's side only; the switch knocks anew."""

    async def story(h: Hotline) -> None:
        h.call(did="4002", ani="1")
        caller = h.call(did="4002", ani="2")
        await asyncio.sleep(5)
        line = list(h.switch.lines.values())[1]
        old, line.session = line.session, None
        assert old is not None
        loop = asyncio.get_running_loop()
        loop.call_soon(h.switch._knock, line)
        loop.call_soon(lambda: loop.call_soon(old.line_ended, Gone.SWITCH_LOST))
        await asyncio.sleep(5)
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.ready("amy")
        await caller.wait_ended()
        await asyncio.sleep(3)
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert len(h.facts("call.offered")) == 2
    assert len(h.facts("queue.entered")) == 2
    assert h.outcomes() == ["answered", "answered"]


def test_callers_of_a_switch_that_vanished_and_started_again_are_listed_even_if_their_sessions_seemed_alive(
    tmp_path: Path,
) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1)
        h.ready("amy")
        h.call(ani="1", did="4002")
        await asyncio.sleep(5)
        h.call(ani="2", did="4002")
        await asyncio.sleep(2)
        h.switch._running = False  # its power is cut: no connection is closed
        h.switch._go_down()
        sessions = [line.session for line in h.switch.lines.values()]
        for line in h.switch.lines.values():
            line.over, line.session = True, None
            for ring in line.attempt.rings if line.attempt is not None else ():
                ring.phone.line_ended()
        h.switch.lines.clear()
        await asyncio.sleep(8)
        h.switch._running, h.switch._booted_at = True, h.clock.now()
        for session in sessions:  # the picture lacks these legs: they are told lost, then it is told whole
            assert session is not None
            session.line_ended(Gone.SWITCH_LOST)
        h.switch._bring_up()
        await asyncio.sleep(5)
        assert h.state("amy")[0] == "wrap_up"
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert sorted(h.outcomes()) == ["cut", "cut"]
    assert sorted(f.data["ani"] for f in h.facts("callback.wanted")) == ["1", "2"]


def test_a_ring_of_before_a_restart_is_no_claim_on_an_agent_who_talks_to_another_by_now(
    tmp_path: Path,
) -> None:
    """A caller rang at Amy when the controller died; after it a more urgent one got her."""

    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=None)
        h.ready("amy")
        h.call(did="4001", ani="urgent", acts=(PressAtPrompt("2", 1.0),))
        h.call(did="4002", ani="rings first")
        await asyncio.sleep(4)
        assert h.facts("phone.ringing")[0].call_id == "20260101-call-2"
        await h.restart()
        h.behave("amy", answer_after=1)
        await asyncio.sleep(20)
        assert [f.call_id for f in h.facts("talk.started")] == ["20260101-call-1"]
        await h.crash()
        h.switch._link_open = False  # and the switch is away for a while
        await h.start(after_crash=True)
        assert h.state("amy")[0] == "talking"

    on_the_hotline(tmp_path, story)


def test_a_switch_that_is_away_for_a_minute_at_start_costs_no_agent_his_readiness(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=None)
        h.ready("amy")
        h.call(did="4002")
        await asyncio.sleep(3)
        assert h.state("amy")[0] == "ringing"
        await h.crash()
        h.switch._link_open = False
        await h.start(after_crash=True)
        await asyncio.sleep(60)
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.switch.restore_link()
        await asyncio.sleep(10)
        assert h.facts("talk.started")

    assert on_the_hotline(tmp_path, story).facts("mended") == []


def test_nobody_is_given_a_caller_while_the_controller_stops(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.ready("amy")
        talked = h.call(did="4002", ani="1")
        await asyncio.sleep(5)
        h.call(did="4002", ani="2")
        await talked.wait_ended()
        await asyncio.sleep(25)
        assert h.state("amy")[0] == "wrap_up"
        h.engine.stop_serving()
        written = len(h.journal.facts)
        await h.switch.stop()
        assert h.journal.facts[written:] == []
        await asyncio.sleep(10)  # recordings and the database are being finished; her wrap-up ends
        assert h.state("amy")[0] == "ready"
        assert len(h.facts("queue.assigned")) == 1
        await h.start(after_crash=True)
        await asyncio.sleep(10)
        assert len(h.facts("talk.started")) == 2

    on_the_hotline(tmp_path, story)


def test_a_pop_that_can_not_be_restored_does_not_keep_everybody_waiting(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=30)
        h.ready("amy")
        h.call(did="4002", ani="1")
        await asyncio.sleep(5)
        waits = h.call(did="4002", ani="2")
        await asyncio.sleep(2)

        async def fails(ani: str) -> Any:
            raise RuntimeError("no such table")

        h._brief = fails  # type: ignore[method-assign]
        await h.restart()
        await waits.wait_ended()

    assert on_the_hotline(tmp_path, story).outcomes() == ["answered", "answered"]


def test_a_customer_whom_the_database_tells_late_after_a_restart_comes_onto_the_screen(
    tmp_path: Path,
) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=60)
        h.ready("amy")
        h.call(did="4002", ani="1")
        await asyncio.sleep(5)
        plain, asked = h._brief, 0

        async def late(ani: str) -> dict[str, Any]:
            nonlocal asked
            asked += 1
            return {**await plain(ani), "customer": {"name": "Liu"} if asked > 1 else None}

        h._brief = late  # type: ignore[method-assign]
        await h.crash()
        await h.start(after_crash=True)
        assert h.engine.desk.view("amy")["call"]["customer"] is None
        h.engine.desk.save_note("amy", "20260101-call-1", "half a")
        await asyncio.sleep(3)
        pop = h.engine.desk.view("amy")["call"]
        assert pop["customer"] == {"name": "Liu"} and pop["note"] == "half a"

    on_the_hotline(tmp_path, story)


def test_a_caller_who_left_the_talk_when_the_connection_broke_has_talked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = SimulatedLeg.connect

    async def left(leg: SimulatedLeg, order: ConnectOrder) -> Connected:
        await plain(leg, order)
        raise LegGone(Gone.HANGUP)

    monkeypatch.setattr(SimulatedLeg, "connect", left)

    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1)
        h.ready("amy")
        caller = h.call(did="4002", talk_seconds=20)
        await caller.wait_ended()
        await asyncio.sleep(5)
        assert h.state("amy")[0] == "wrap_up"
        nobody_left_behind(h)

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["answered"]
    assert [(f.data["by"], round(f.data["seconds"])) for f in h.facts("talk.ended")] == [("caller", 20)]
    assert len(h.facts("recording.kept")) == 1


def test_calls_of_a_switch_that_is_not_ours_any_more_hold_no_agent(tmp_path: Path) -> None:
    """The node was renamed in the configuration while the controller was down."""

    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1)
        h.ready("amy")
        h.call(did="4002", ani="1")
        await asyncio.sleep(5)
        h.call(did="4002", ani="2")
        await asyncio.sleep(2)
        await h.crash()
        h.switch._node = "another"
        h.switch.crash()
        h.switch.restart()
        await h.start(after_crash=True)
        await asyncio.sleep(3)
        assert h.state("amy")[0] == "wrap_up"
        nobody_left_behind(h)

    on_the_hotline(tmp_path, story)
