"""What an agent asks for during a call comes after it, also when the controller was restarted meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from .hotline import Hotline, on_the_hotline


@pytest.mark.parametrize("when", ["talking", "wrap_up"])
def test_a_break_asked_for_before_a_restart_comes_after_the_call(tmp_path: Path, when: str) -> None:
    async def story(h: Hotline) -> None:
        h.ready("amy")
        caller = h.call(did="4002")
        await h.until_state("amy", "talking")
        if when == "talking":
            h.engine.desk.set_state("amy", "not_ready", "lunch", by="sam")
        else:
            caller.hang_up()
            await h.until_state("amy", "wrap_up")
            h.engine.desk.set_state("amy", "not_ready", "lunch", by="sam")
        await h.restart()
        agent = h.engine.acd.agents["amy"]
        assert (agent.state, agent.next_state, agent.next_reason) == (when, "not_ready", "lunch")
        caller.hang_up()
        await h.until_state("amy", "wrap_up")
        h.engine.desk.finish_wrap_up("amy", agent.call_id, "solved", "")
        assert h.state("amy") == ("not_ready", "lunch")
        assert h.facts("agent.state")[-1].data["by"] == "sam"

    on_the_hotline(tmp_path, story)


def test_a_break_that_was_taken_back_does_not_come(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.ready("amy")
        caller = h.call(did="4002")
        await h.until_state("amy", "talking")
        h.engine.desk.set_state("amy", "not_ready", "lunch")
        h.engine.desk.set_state("amy", "ready")
        await h.restart()
        caller.hang_up()
        await h.until_state("amy", "wrap_up")
        h.engine.desk.finish_wrap_up("amy", h.engine.acd.agents["amy"].call_id, "solved", "")
        assert h.state("amy") == ("ready", "")

    on_the_hotline(tmp_path, story)


def test_a_wish_during_one_call_is_not_taken_for_one_during_the_next(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.ready("amy")
        first = h.call(did="4002")
        await h.until_state("amy", "talking")
        h.engine.desk.set_state("amy", "not_ready", "lunch")
        first.hang_up()
        await h.until_state("amy", "wrap_up")
        h.engine.desk.finish_wrap_up("amy", h.engine.acd.agents["amy"].call_id, "solved", "")
        h.ready("amy")
        h.call(did="4002")
        await h.until_state("amy", "talking")
        await h.restart()
        await asyncio.sleep(0.1)
        assert h.engine.acd.agents["amy"].next_state is None

    on_the_hotline(tmp_path, story)
