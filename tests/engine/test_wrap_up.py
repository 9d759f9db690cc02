"""Wrap-up by the queue's rule: how long, how often it is extended, and what was asked for during it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callcenter.telephony.refusal import Refused

from .hotline import Hotline, on_the_hotline

RULE = ("    wrap_up_seconds: 30\n", "    wrap_up: {seconds: 10, extend_seconds: 15, extensions: 2}\n")


async def in_wrap_up(h: Hotline) -> None:
    h.behave("amy", answer_after=1, talk_seconds=5)
    h.ready("amy")
    h.call(did="4002")
    await h.until_state("amy", "wrap_up")


@pytest.mark.parametrize("restarted", [False, True])
def test_a_queue_says_how_long_and_how_often_more_may_be_asked_for(tmp_path: Path, restarted: bool) -> None:
    async def story(h: Hotline) -> None:
        h.declare(RULE)
        await in_wrap_up(h)
        view = h.engine.desk.view("amy")
        began = view["since"]
        assert view["until"] == pytest.approx(began + 10)
        assert (view["wrap_up_extensions_left"], view["wrap_up_extend_seconds"]) == (2, 15)
        h.engine.desk.extend_wrap_up("amy")
        if restarted:
            await h.restart()
        view = h.engine.desk.extend_wrap_up("amy")
        assert (view["since"], view["until"]) == (began, pytest.approx(began + 40))
        assert view["wrap_up_extensions_left"] == 0
        with pytest.raises(Refused) as refused:
            h.engine.desk.extend_wrap_up("amy")
        assert refused.value.text == {
            "en": "Wrap-up can not be extended again",
            "zh-CN": "话后处理时间已不能再延长",
        }
        await h.until_state("amy", "ready")
        assert h.clock.now() == pytest.approx(began + 40, abs=0.2)

    on_the_hotline(tmp_path, story)


def test_a_queue_may_forbid_more_time(tmp_path: Path) -> None:
    async def story(h: Hotline) -> None:
        h.declare((RULE[0], "    wrap_up: {extensions: 0}\n"))
        await in_wrap_up(h)
        assert h.engine.desk.view("amy")["until"] == pytest.approx(h.engine.desk.view("amy")["since"] + 30)
        with pytest.raises(Refused):
            h.engine.desk.extend_wrap_up("amy")

    on_the_hotline(tmp_path, story)


@pytest.mark.parametrize("ends", ["by the clock", "by hand"])
@pytest.mark.parametrize("asked_in", ["talking", "wrap_up"])
@pytest.mark.parametrize("wish", [("signed_out", ""), ("not_ready", "lunch")])
def test_what_is_asked_for_during_the_call_comes_after_its_wrap_up(
    tmp_path: Path, wish: tuple[str, str], asked_in: str, ends: str
) -> None:
    async def story(h: Hotline) -> None:
        h.behave("amy", answer_after=1, talk_seconds=5)
        h.ready("amy")
        h.call(did="4002")
        await h.until_state("amy", asked_in)
        h.engine.desk.set_state("amy", *wish)
        assert h.state("amy")[0] == asked_in  # nothing is cut short
        await h.until_state("amy", "wrap_up")
        if ends == "by hand":
            h.engine.desk.finish_wrap_up("amy", h.engine.acd.agents["amy"].call_id, "solved", "done")
        else:
            await asyncio.sleep(31)
        assert h.state("amy") == wish
        assert len(h.facts("wrap_up.ended")) == 1

    assert on_the_hotline(tmp_path, story).outcomes() == ["answered"]
