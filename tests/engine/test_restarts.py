"""The controller dies and starts again; the switch dies and starts again; the link between them breaks."""

from __future__ import annotations

import asyncio
from pathlib import Path

from callcenter.simulation.people import PressAtPrompt

from .hotline import Hotline, on_the_hotline


def test_the_waiting_keep_their_order_over_a_restart_of_the_controller(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        callers = []
        for n in range(10):
            callers.append(h.call(ani=f"1380000000{n}", did="4002"))
            await asyncio.sleep(3)
        await h.restart()
        late = h.call(ani="late", did="4002")
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.behave("bo", answer_after=1, talk_seconds=5)
        h.ready("amy", "bo")
        await late.wait_ended()
        assert all(c.ended for c in callers)

    h = on_the_hotline(tmp_path, story)
    served = [f.call_id for f in h.facts("queue.assigned")]
    assert served == [f"20260101-call-{n}" for n in range(1, 12)]
    assert h.outcomes() == ["answered"] * 11
    assert [f.data["position"] for f in h.facts("queue.entered")][:10] == list(range(1, 11))
    assert len(h.facts("queue.entered")) == 11, "nobody entered the line anew"


def test_the_waiting_are_served_by_agents_who_were_ready_before_the_restart(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=60)
        h.behave("bo", answer_after=1, talk_seconds=60)
        h.ready("amy")
        talking = h.call(ani="1", did="4002")
        await asyncio.sleep(10)
        waiting = h.call(ani="2", did="4002")
        await asyncio.sleep(10)
        await h.restart()
        assert h.state("amy")[0] == "talking"
        assert h.engine.desk.view("amy")["call_id"] == "20260101-call-1"
        await talking.wait_ended()
        await asyncio.sleep(3)
        assert h.state("amy")[0] == "wrap_up"
        await waiting.wait_ended()

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["answered", "answered"]
    assert 59 < h.facts("talk.ended")[0].data["seconds"] < 63
    assert h.facts("mended") == []


def test_a_caller_in_the_menu_goes_on_where_he_was(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        caller = h.call(did="4001", acts=(PressAtPrompt("1", 1.0), PressAtPrompt("1", 1.0)))
        await asyncio.sleep(0.5)
        await h.restart()
        await asyncio.sleep(10)
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.ready("amy")
        await caller.wait_ended()

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["answered"]
    assert "call.resumed" in h.kinds()


def test_a_phone_that_rang_during_the_restart_and_is_answered_becomes_a_talk(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=6, talk_seconds=30)
        h.ready("amy")
        caller = h.call(did="4002")
        await asyncio.sleep(3)
        assert h.state("amy")[0] == "ringing"
        await h.restart()
        await asyncio.sleep(8)
        assert h.state("amy")[0] == "talking"
        await caller.wait_ended()
        await asyncio.sleep(3)
        assert h.state("amy")[0] == "wrap_up"

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["answered"]
    assert len(h.facts("talk.started")) == 1


def test_callers_who_left_while_the_controller_was_away_are_closed(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=8)
        h.ready("amy")
        h.call(ani="talks", did="4002")
        await asyncio.sleep(4)
        h.call(ani="waits", did="4002", leave_after=8)
        await asyncio.sleep(1)
        await h.crash()
        await asyncio.sleep(20)
        await h.start(after_crash=True)
        await asyncio.sleep(3)
        assert h.state("amy")[0] in ("wrap_up", "ready")
        assert h.engine.reception.calls == {}

    h = on_the_hotline(tmp_path, story)
    assert sorted(h.outcomes()) == ["abandoned", "answered"]


def test_after_a_restart_of_the_switch_the_agents_are_free_and_the_cut_callers_listed(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1)
        h.ready("amy")
        h.call(ani="13800000001", did="4002")
        await asyncio.sleep(5)
        h.call(ani="13800000002", did="4002")
        h.call(ani="13800000003", did="4001")
        await asyncio.sleep(2)
        h.switch.crash()
        await asyncio.sleep(4)
        h.switch.restart()
        await asyncio.sleep(15)
        assert h.state("amy")[0] in ("wrap_up", "ready")
        assert h.engine.reception.calls == {}
        h.behave("amy", answer_after=1, talk_seconds=5)
        await asyncio.sleep(31)
        again = h.call(ani="13800000004", did="4002")
        await again.wait_ended()

    h = on_the_hotline(tmp_path, story)
    assert sorted(f.data["ani"] for f in h.facts("callback.wanted")) == [
        "13800000001",
        "13800000002",
        "13800000003",
    ]
    assert sorted(h.outcomes()) == ["answered", "cut", "cut", "cut"]
    assert h.facts("talk.ended")[0].data["by"] == "switch"


def test_a_broken_link_loses_no_call(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=20)
        h.ready("amy")
        talking = h.call(ani="1", did="4002")
        await asyncio.sleep(5)
        waiting = h.call(ani="2", did="4002")
        await asyncio.sleep(2)
        h.switch.drop_link()
        await asyncio.sleep(5)
        h.switch.restore_link()
        await talking.wait_ended()
        await waiting.wait_ended()

    h = on_the_hotline(tmp_path, story)
    assert h.outcomes() == ["answered", "answered"]
    assert h.facts("callback.wanted") == []


def test_wrap_up_goes_on_over_a_restart(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.ready("amy")
        await h.call(did="4002").wait_ended()
        await asyncio.sleep(5)
        assert h.state("amy")[0] == "wrap_up"
        before = h.engine.desk.view("amy")["until"]
        await h.restart()
        assert h.state("amy")[0] == "wrap_up"
        assert h.engine.desk.view("amy")["until"] == before
        h.engine.desk.finish_wrap_up("amy", "20260101-call-1", "solved", "after the restart")

    h = on_the_hotline(tmp_path, story)
    assert h.facts("wrap_up.ended")[0].data["note"] == "after the restart"
