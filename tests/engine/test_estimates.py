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
        h.engine.acd, NoFigures(), now=h.clock.now(), switch_up=True, views=[], callbacks_open=0,
        callbacks_in_line=h.engine.callbacks.in_line,
    )  # fmt: skip
    return {queue["id"]: queue["estimated_wait"] for queue in board["queues"]}


def test_each_caller_has_his_estimate_on_file_and_the_wallboard_shows_the_next_ones(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=2, talk_seconds=60)
        h.ready("amy")
        assert on_the_wall(h) == {"orders": 0.0, "refunds": 0.0}  # she is free
        for _ in range(4):
            h.call(did="4002")
            await asyncio.sleep(1)
        await asyncio.sleep(285)  # three calls took 92 s each, wrap-up included, and the fourth is on
        h.call(did="4002")
        await asyncio.sleep(1)
        assert on_the_wall(h)["orders"] == pytest.approx(
            2 * 92 + 2, rel=0.15
        )  # one waits, he would be second
        await asyncio.sleep(400)

    h = on_the_hotline(tmp_path, story)
    estimates = [f.data["estimate"] for f in h.facts("queue.entered")]
    assert estimates[:4] == [0.0, None, None, None]  # nothing is known yet
    waited = [f.data["wait"] for f in h.facts("talk.started")][4]
    assert estimates[4] == pytest.approx(waited, rel=0.25)
    assert h.outcomes() == ["answered"] * 5


def test_what_was_learnt_before_a_restart_is_learnt_again_from_the_facts(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=2, talk_seconds=60)
        h.ready("amy")
        for _ in range(3):
            h.call(did="4002")
            await asyncio.sleep(100)
        h.engine.desk.set_state("bo", "ready")
        known = h.engine.acd.estimates.wait("orders", 4)
        await h.crash()
        await h.start(after_crash=True)
        assert h.engine.acd.estimates.wait("orders", 4) == pytest.approx(known, rel=0.05)

    on_the_hotline(tmp_path, story)
