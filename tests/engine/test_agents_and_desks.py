"""Agents who change, leave or close their desks at an awkward moment."""

from __future__ import annotations

import asyncio
from pathlib import Path

from callcenter.acd.agents import AgentState

from .hotline import Hotline, on_the_hotline


def test_an_agent_taken_out_in_wrap_up_keeps_his_note_and_is_signed_out(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.ready("amy", "bo")
        await h.call(did="4002").wait_ended()
        await asyncio.sleep(1)
        agents = dict(h.center.agents)
        who = h.engine.acd.agents
        working = next(a for a in who if h.state(a)[0] == "wrap_up")
        h.engine.desk.save_note(working, "20260101-call-1", "half a sentence")
        before, without = h.center, {k: v for k, v in agents.items() if k != working}
        h.engine.acd.apply(before.model_copy(update={"agents": without}))
        assert h.facts("wrap_up.ended")[0].data["note"] == "half a sentence"
        idle = next(iter(without))
        h.engine.acd.apply(before.model_copy(update={"agents": {}}))
        h.engine.acd.apply(before)
        assert (h.state(working), h.state(idle)) == (("signed_out", ""), ("signed_out", ""))
        await h.restart()
        assert (h.state(working), h.state(idle)) == (("signed_out", ""), ("signed_out", ""))

    on_the_hotline(tmp_path, story)


def test_an_answer_counts_though_the_agent_got_another_extension_while_it_rang(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=3, talk_seconds=10)
        h.ready("amy")
        caller = h.call(did="4002")
        await asyncio.sleep(2)
        assert h.state("amy")[0] == "ringing"
        amy = h.center.agents["amy"].model_copy(update={"extension": "1009"})
        h.center = h.center.model_copy(update={"agents": {**h.center.agents, "amy": amy}})
        h.engine.acd.apply(h.center)
        await asyncio.sleep(4)
        assert h.state("amy")[0] == "talking"
        await caller.wait_ended()

    assert on_the_hotline(tmp_path, story).outcomes() == ["answered"]


def test_a_desk_that_comes_back_during_the_call_is_open_after_it(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=100)
        h.engine.desk.desk_opened("amy")
        h.ready("amy")
        caller = h.call(did="4002")
        await asyncio.sleep(5)
        h.engine.desk.desk_closed("amy")
        await asyncio.sleep(70)
        h.engine.desk.desk_opened("amy")
        await caller.wait_ended()
        await asyncio.sleep(40)
        assert h.state("amy") == ("ready", "")

    on_the_hotline(tmp_path, story)


def test_who_signs_out_during_a_call_and_closes_the_desk_is_signed_out_after_it(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=100)
        h.engine.desk.desk_opened("amy")
        h.ready("amy")
        caller = h.call(did="4002")
        await asyncio.sleep(5)
        h.engine.desk.set_state("amy", "signed_out")
        h.engine.desk.desk_closed("amy")
        await caller.wait_ended()
        await asyncio.sleep(40)
        assert h.state("amy") == ("signed_out", "")

    on_the_hotline(tmp_path, story)


def test_the_reconciler_frees_an_agent_whose_call_is_over(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        amy = h.engine.acd.agents["amy"]
        h.ready("amy")
        h.engine.acd.roster.take(amy, AgentState.TALKING, "20260101-call-9", "orders", h.clock.now())
        await asyncio.sleep(11)
        assert h.state("amy") == ("ready", "")

    assert len(on_the_hotline(tmp_path, story).facts("mended")) == 1
