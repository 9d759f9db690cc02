"""A SIP caller dials the hotline; the agent has a real softphone and a real browser."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

import pytest
from playwright.async_api import expect

from callcenter.demo.baresip import BaresipPhone
from callcenter.demo.sipp import Caller
from tests.desk.browser import AgentScreen
from tests.desk.conftest import ENGLISH_LINE, Scene

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="session")]

TRACK_A_DELIVERY = ((1.0, "1"), (1.5, "1"))
STRANGE_NAME = """<img src=x onerror=alert(1)> "王" & O'Neill 😀"""
NOTE = '包裹在"虹桥"站点 <b>破损</b> 📦，已登记'


async def file_call(desk: AgentScreen, disposition: str = "solved") -> None:
    """Do the wrap-up of the call on the stage, and be ready again."""
    await desk.in_talk("wrap_up")
    await desk.part(f"disposition-{disposition}").click()
    await desk.part("wrap-up-done").click()
    await desk.is_in("ready")


async def story_of(scene: Scene, call_id: str) -> list[dict[str, Any]]:
    """The lines of a call's story, as a supervisor gets them."""
    async with scene.api("sam") as supervisor:
        story: list[dict[str, Any]] = (await supervisor.ask("GET", f"/calls/{call_id}"))["story"]
        return story


async def test_a_returning_customer_from_first_ring_to_the_next_call(scene: Scene) -> None:
    """陈晓燕 has called before. The agent sees who she is and what was, before his phone rings; what he notes
    stands in her timeline when she calls again."""
    async with scene.at_work("wangwei", "1001") as (desk, phone):
        async with scene.caller("13800138001", "CHEN", TRACK_A_DELIVERY) as caller:
            call_id = await rings_after_the_pop(scene, desk, phone)
            assert await desk.text("pop-caller-name") == "陈晓燕"
            assert await desk.text("pop-number") == "138 0013 8001"
            assert (await desk.text("pop-did")).split("\n") == ["星河商城热线", "400 800 1234"]
            assert await desk.text("pop-queue") == "订单与物流"
            assert (await desk.text("pop-path")).split("\n") == ["1", "订单和物流", "1", "查询物流"]
            assert "秒" in await desk.text("pop-waited")
            assert await desk.page.get_by_text("企业采购联系人，喜欢先看报价单再谈。").is_visible()
            before = await desk.timeline()
            assert len(before) == 4
            assert "需跟进" in before[1] and "赵磊" in before[1] and "物流五天未更新" in before[1]
            await desk.picture("ringing-zh")

            await talk_and_hang_up_from_the_desk(desk, phone, caller)
            await wraps_up_before_the_clock_does(desk)

        async with scene.caller("13800138001", "CHEN", TRACK_A_DELIVERY) as again:
            await phone.wait_incoming()
            await desk.in_talk("incoming")
            now = await desk.timeline()
            assert len(now) == 5
            assert NOTE in now[0] and "投诉" in now[0] and "王伟" in now[0]
            await phone.accept()
            await desk.in_talk("talking")
            again.hang_up()
            await file_call(desk)
    kinds = [line["kind"] for line in await story_of(scene, call_id)]
    assert kinds.index("pop.sent") < kinds.index("pop.shown") < kinds.index("phone.ringing")


async def rings_after_the_pop(scene: Scene, desk: AgentScreen, phone: BaresipPhone) -> str:
    """The page reports the caller it has painted, then the softphone is rung. Returns the call's id.

    Both are told by their own processes, in this one: hence a little tolerance. The journal, which heard the
    page's report itself, knows the order for certain.
    """
    ring = await phone.wait_incoming()
    await desk.in_talk("incoming")
    call_id = await desk.call_id()
    painted = desk.watched.pops_painted[call_id]
    assert painted < ring["heard_at"] + 0.1, f"{(painted - ring['heard_at']) * 1000:.0f} ms after the ring"
    await desk.is_in("ringing")
    kinds: list[str] = []
    async with asyncio.timeout(5):  # facts gather for a moment before they are on file
        while "phone.ringing" not in kinds:
            kinds = [line["kind"] for line in await story_of(scene, call_id)]
            await asyncio.sleep(0.1)
    assert kinds.index("pop.shown") < kinds.index("phone.ringing")
    return call_id


async def talk_and_hang_up_from_the_desk(desk: AgentScreen, phone: BaresipPhone, caller: Caller) -> None:
    """The clock runs, the note is kept while it is typed, and the red button ends the SIP call."""
    await phone.accept()
    await desk.in_talk("talking")
    await desk.is_in("talking")
    await desk.phone_is("in_use")
    await expect(desk.part("talk-timer")).to_have_text("0:02")
    await desk.part("note").fill(NOTE)
    await expect(desk.page.get_by_text("草稿已保存")).to_be_visible()
    await desk.picture("talking-zh")
    pressed_at = time.time()
    await desk.part("hang-up").click()
    result = await caller.wait_ended(5)
    assert result.how == "far"
    assert result.ended - pressed_at < 2
    await phone.wait_closed()


async def wraps_up_before_the_clock_does(desk: AgentScreen) -> None:
    """The rest of the wrap-up time is shown; done is done only with an outcome; then he is ready again."""
    await desk.in_talk("wrap_up")
    await desk.is_in("wrap_up")
    assert 14 <= int((await desk.text("wrap-up-timer")).removeprefix("0:")) <= 20
    await desk.part("wrap-up-extend").click()
    await expect(desk.part("wrap-up-timer")).to_have_text(timer_between(44, 50))
    assert await desk.part("note").input_value() == NOTE
    await expect(desk.part("wrap-up-done")).to_be_disabled()
    await desk.picture("wrap-up-zh")
    await file_call(desk, "complaint")
    await expect(desk.part("pop")).to_have_count(0)


async def test_a_caller_of_the_english_line_and_a_change_of_language(scene: Scene) -> None:
    async with (
        scene.at_work("wangwei", "1001", "en-US") as (desk, phone),
        scene.caller("+442079460018", "Emily", TRACK_A_DELIVERY, did=ENGLISH_LINE) as caller,
    ):
        await rings_after_the_pop(scene, desk, phone)
        assert await desk.text("pop-caller-name") == "Emily Carter"
        assert await desk.text("pop-number") == "+44 20 7946 0018"
        assert (await desk.text("pop-did")).split("\n")[0] == "Galaxy Mall English line"
        assert await desk.text("pop-queue") == "Orders and delivery"
        assert (await desk.text("pop-path")).split("\n") == [
            "1",
            "Orders and delivery",
            "1",
            "Track a delivery",
        ]
        assert await desk.page.locator("header.caller").get_by_text("English", exact=True).is_visible()
        await phone.accept()
        await desk.in_talk("talking")
        await desk.part("note").fill("Wants the blue one.")
        await desk.picture("talking-en")

        await desk.part("language-switch").click()
        assert await desk.text("pop-queue") == "订单与物流"
        assert (await desk.text("pop-path")).split("\n") == ["1", "订单和物流", "1", "查询物流"]
        await expect(desk.part("hang-up")).to_have_text("挂断")
        assert await desk.part("note").input_value() == "Wants the blue one."
        await desk.part("language-switch").click()
        await expect(desk.part("hang-up")).to_have_text("Hang up")

        caller.hang_up()
        await file_call(desk)


async def test_a_name_made_of_markup_is_shown_as_it_is_and_a_caller_who_gives_up_is_told_of(
    scene: Scene,
) -> None:
    async with (
        scene.at_work("wangwei", "1001", "en-US") as (desk, phone),
        scene.caller("13912345678", STRANGE_NAME, TRACK_A_DELIVERY) as caller,
    ):
        await rings_after_the_pop(scene, desk, phone)
        assert await desk.part("pop-caller-name").text_content() == STRANGE_NAME
        assert await desk.page.locator("main img").count() == 0
        await expect(desk.page.get_by_text("First contact")).to_be_visible()
        await desk.picture("strange-name-en")
        caller.hang_up()
        await expect(desk.part("notice")).to_contain_text("hung up before you could answer")
        assert STRANGE_NAME in await desk.text("notice")
        await desk.is_in("ready")
        await phone.wait_closed()


def timer_between(first: int, last: int) -> re.Pattern[str]:
    """A countdown that shows one of these seconds."""
    return re.compile("|".join(f"^{s // 60}:{s % 60:02d}$" for s in range(first, last + 1)))
