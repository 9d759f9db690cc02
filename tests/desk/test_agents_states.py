"""An agent's states on his desk and on the wallboard, with a real softphone that leaves, rejects and dies."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.desk.conftest import PASSWORD, Scene
from tests.desk.test_call_at_the_desk import TRACK_A_DELIVERY, file_call

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="session")]

LUNCH = "lunch: {name: {zh-CN: 午餐, en: Lunch}, limit_minutes: 60}"


@asynccontextmanager
async def declared(scene: Scene, *edits: tuple[str, str]) -> AsyncIterator[None]:
    """The demo's center with these texts replaced is in force meanwhile."""
    before = text = Path("center.yaml").read_text()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    async with scene.api("admin") as admin:
        answer = await admin.ask("POST", "/admin/center/apply", {"text": text})
        assert answer["problems"] == []
        try:
            yield
        finally:
            await admin.ask("POST", "/admin/center/apply", {"text": before})


async def test_a_pause_over_its_limit_is_red_on_the_desk_and_on_the_wallboard(scene: Scene) -> None:
    short = f"{LUNCH[:-1]}, at_limit: ask}}".replace("60", "0.06")
    async with (
        declared(scene, (LUNCH, short)),
        scene.at_work("wangwei", "1001") as (desk, _phone),
        scene.screen("en-US") as board,
    ):
        await board.sign_in("sam", PASSWORD)
        await board.open("wallboard")
        card = board.part("agent-card-wangwei")
        await desk.become("not-ready-lunch")
        await expect(desk.part("limit")).to_contain_text("还剩")
        await expect(desk.part("limit")).to_contain_text("已超时")
        await expect(desk.page.get_by_text("已超时，需由班长处理。")).to_be_visible()
        await expect(desk.part("go-ready")).to_be_disabled()
        await expect(desk.part("day-reasons")).to_contain_text("午餐")
        await desk.picture("over-limit-zh")
        await desk.part("language-switch").click()
        await expect(desk.part("limit")).to_contain_text("over")
        await desk.picture("over-limit-en")
        await expect(card).to_have_attribute("data-over", "true")
        await expect(card).to_contain_text("over")
        await board.picture("wallboard-over-limit-en")
        await board.part("language-switch").click()
        await expect(card).to_contain_text("已超时")
        await board.picture("wallboard-over-limit-zh")
        async with scene.api("sam") as sam:
            await sam.ask("POST", "/agents/wangwei/state", {"state": "ready"})
        await desk.is_in("ready")
        await expect(desk.part("limit")).to_have_count(0)


async def test_no_more_than_so_many_at_once_is_said_in_words(scene: Scene) -> None:
    async with declared(scene, (LUNCH, f"{LUNCH[:-1]}, at_once: 1}}")), scene.api("lina") as lina:
        await lina.ask("POST", "/me/agent/state", {"state": "not_ready", "reason": "lunch"})
        async with scene.at_work("wangwei", "1001", "en-US") as (desk, _phone):
            desk.watched.allow(r"status of 409 .*/me/agent/state")
            await desk.become("not-ready-lunch")
            await expect(
                desk.page.get_by_text("Lunch: 1 already, and no more than 1 at once")
            ).to_be_visible()
            await desk.is_in("ready")
            await desk.picture("too-many-away-en")
        await lina.ask("POST", "/me/agent/state", {"state": "signed_out"})


async def test_a_phone_that_leaves_and_comes_back(scene: Scene) -> None:
    async with scene.desk_window("zh-CN") as desk:
        await desk.sign_in("wangwei", PASSWORD)
        async with scene.phone("wangwei", "1001"):
            await desk.phone_is("idle")
            await desk.become("ready")
            await desk.is_in("ready")
        await desk.phone_is("unregistered")
        await desk.is_in("ready")  # it may only be registering anew
        await desk.is_in("not_ready", 25)
        assert (await desk.text("agent-state")).startswith("话机未注册")
        await expect(desk.page.get_by_text("话机 10 分钟内恢复注册，将自动示闲。")).to_be_visible()
        await expect(desk.part("go-ready")).to_be_disabled()
        await desk.picture("phone-unregistered-zh")
        async with scene.phone("wangwei", "1001"):
            await desk.is_in("ready")
            await desk.become("sign-out")
            await desk.is_in("signed_out")


async def test_a_rejected_call_counts_as_missed_and_the_next_answers(scene: Scene) -> None:
    async with (
        declared(scene, ("version: 1\n", "version: 1\nmissed_limit: 2\n")),
        scene.at_work("wangwei", "1001", "en-US") as (desk, phone),
        scene.caller("13800138002", "LI", TRACK_A_DELIVERY) as caller,
    ):
        await phone.wait_incoming()
        await phone.hang_up()  # rejected once: he is offered the caller again, for nobody else is there
        await phone.wait_incoming()
        await phone.hang_up()
        await desk.is_in("not_ready")
        assert (await desk.text("agent-state")).startswith("Rejected a call")
        assert not caller.result.ended
        await desk.become("ready")
        await phone.wait_incoming()
        await phone.accept()
        await desk.in_talk("talking")
        await desk.part("hang-up").click()
        await file_call(desk)


async def test_a_phone_that_dies_while_it_rings_loses_its_agent_not_the_caller(scene: Scene) -> None:
    async with (
        scene.phone("lina", "1002") as other,
        scene.at_work("wangwei", "1001", "en-US") as (desk, phone),
        scene.caller("13800138003", "ZHAO", TRACK_A_DELIVERY) as caller,
    ):
        await phone.wait_incoming()
        assert phone.pid is not None
        os.kill(phone.pid, signal.SIGKILL)
        await other.wait_registered()
        async with scene.api("lina") as lina:
            await scene.go_ready(lina)
            await other.wait_incoming(30)
            await other.accept()
            await other.wait_established()
            await desk.is_in("not_ready")
            assert (await desk.text("agent-state")).startswith(("Did not answer", "Phone "))
            await other.hang_up()
            await caller.wait_ended(5)
            call_id = (await lina.ask("GET", "/me/agent"))["call_id"]
            await lina.ask(
                "POST", "/me/agent/wrap-up", {"call_id": call_id, "disposition": "solved", "note": ""}
            )
            await lina.ask("POST", "/me/agent/state", {"state": "signed_out"})


async def test_a_second_browser_takes_over_and_the_first_is_told(scene: Scene) -> None:
    async with scene.at_work("wangwei", "1001", "zh-CN") as (first, _phone):
        first.watched.allow(r"status of 409 .*/me/agent")
        async with scene.desk_window("en-US") as second:
            second.watched.allow(r"status of 409 .*/me/agent")
            await second.sign_in("wangwei", PASSWORD)
            await second.is_in("ready")
            await expect(first.part("elsewhere")).to_contain_text("您已在另一处登录")
            await first.picture("elsewhere-zh")
            await first.page.keyboard.press("r")  # nothing acts there any more
            await second.page.reload()
            await second.is_in("ready")
            await expect(second.part("elsewhere")).to_have_count(0)
            await first.part("work-here").click()
            await expect(first.part("elsewhere")).to_have_count(0)
            await expect(second.part("elsewhere")).to_contain_text("You work at another place")
            await second.picture("elsewhere-en")
        await first.page.reload()
        await first.is_in("ready")
        await expect(first.part("elsewhere")).to_have_count(0)
