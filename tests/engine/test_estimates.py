"""The estimated wait of a living hotline: on file with each caller, on the wallboard, and after a restart."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callcenter.acd.wallboard import wallboard

from .hotline import Hotline, on_the_hotline


class NoFigures:
    def queue(self, queue: str) -> dict[str, object]:
        return {}

    def totals(self) -> dict[str, object]:
        return {}


def on_the_wall(h: Hotline) -> dict[str, object]:
    board = wallboard(
        h.engine.acd, NoFigures(), now=h.clock.now(), switch_up=True, views=[], callbacks_open=0
    )
    return {queue["id"]: queue["estimated_wait"] for queue in board["queues"]}


def test_each_caller_has_his_estimate_on_file_and_the_wallboard_shows_the_next_ones(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=2, talk_seconds=60)
        h.ready("amy")
        assert on_the_wall(h) == {"orders": 0.0, "refunds": 0.0}  # she is free
        for _ in range(3):
            h.call(did="4002")
            await asyncio.sleep(1)
        await asyncio.sleep(100)  # the first talk and its wrap-up of 30 s are over, the second talk is on
        h.call(did="4002")
        await asyncio.sleep(1)
        assert on_the_wall(h)["orders"] == pytest.approx(3 * 92 + 2, rel=0.15)  # two wait, he would be third
        await asyncio.sleep(400)

    h = on_the_hotline(tmp_path, story)
    entered = h.facts("queue.entered")
    assert [f.data["estimate"] for f in entered[:3]] == [0.0, None, None]  # nothing is known yet
    waited = [f.data["wait"] for f in h.facts("talk.started")][3]
    assert entered[3].data["estimate"] == pytest.approx(2 * 92 + 2, rel=0.15)
    assert entered[3].data["estimate"] == pytest.approx(waited, rel=0.25)
    assert h.outcomes() == ["answered"] * 4


def test_what_was_learnt_before_a_restart_is_learnt_again_from_the_facts(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=2, talk_seconds=60)
        h.ready("amy")
        h.call(did="4002")
        await asyncio.sleep(100)
        h.engine.desk.set_state("bo", "ready")
        known = h.engine.acd.estimates.wait("orders", 4)
        await h.crash()
        await h.start(after_crash=True)
        assert h.engine.acd.estimates.wait("orders", 4) == pytest.approx(known, rel=0.05)

    on_the_hotline(tmp_path, story)
