"""Around the calls: signing in, breaks, a phone that is gone, a controller that dies."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.desk.conftest import PASSWORD, Scene
from tests.desk.test_call_at_the_desk import TRACK_A_DELIVERY, file_call

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="session")]


async def test_signing_in_with_a_wrong_and_the_right_password(scene: Scene) -> None:
    async with scene.desk_window("zh-CN") as desk:
        await desk.sign_in("wangwei", "guessed")
        await expect(desk.part("sign-in-error")).to_have_text("用户名或密码不正确。")
        await desk.picture("sign-in-zh")
        await desk.part("language-switch").click()
        await desk.sign_in("wangwei", "guessed again")
        await expect(desk.part("sign-in-error")).to_have_text("That name and password do not go together.")
        await desk.picture("sign-in-en")
        await desk.sign_in("wangwei", PASSWORD)
        await desk.is_in("signed_out")
        await desk.part("user-menu").click()
        await desk.part("sign-out").click()
        await expect(desk.part("sign-in-name")).to_be_visible()


async def test_lunch_and_a_phone_that_is_gone(scene: Scene) -> None:
    async with scene.desk_window("en-US") as desk:
        await desk.sign_in("lina", PASSWORD)
        async with scene.phone("lina", "1002"):
            await desk.phone_is("idle")
            await desk.become("ready")
            await desk.is_in("ready")
            await desk.become("not-ready-lunch")
            await desk.is_in("not_ready")
            assert (await desk.text("agent-state")).startswith("Lunch")
            await desk.part("language-switch").click()
            assert (await desk.text("agent-state")).startswith("午餐")
            await desk.part("agent-state").click()
            await expect(desk.part("state-menu").locator("[data-testid^=state-not-ready-]")).to_have_text(
                [
                    "小休0 / 每天 60 分钟",
                    "午餐60 分钟",
                    "会议",
                    "培训",
                ]  # not those that only the engine may give
            )
            await desk.picture("states-zh")
            await expect(desk.part("phone-unregistered")).to_have_count(0)
        await desk.phone_is("unregistered")
        await expect(desk.part("phone-unregistered")).to_contain_text("1002")
        await desk.picture("phone-gone-zh")
        await desk.become("sign-out")
        await desk.is_in("signed_out")


async def test_the_desk_comes_back_by_itself_when_the_controller_was_killed_in_a_talk(scene: Scene) -> None:
    async with (
        scene.at_work("wangwei", "1001", "en-US") as (desk, phone),
        scene.caller("13701600303", "LIU", TRACK_A_DELIVERY) as caller,
    ):
        await phone.wait_incoming()
        await phone.accept()
        await desk.in_talk("talking")
        before = await desk.timeline()
        await desk.part("note").fill("typed before")
        desk.watched.allow(r"(WebSocket|Failed to load).*(ERR_CONNECTION_REFUSED|disconnected)")
        await scene.center.kill_controller()
        await expect(desk.part("reconnecting")).to_be_visible()
        await desk.picture("reconnecting-en")
        await scene.center.start_controller()
        await expect(desk.part("reconnecting")).to_have_count(0, timeout=15_000)

        await desk.is_in("talking")
        await desk.in_talk("talking")
        # a busy database may tell who he is a moment after the page is back
        await expect(desk.part("pop-caller-name")).to_have_text("刘芳")
        assert await desk.part("note").input_value() == "typed before"
        assert not caller.result.ended
        await desk.page.reload()
        await desk.in_talk("talking")
        assert await desk.text("pop-caller-name") == "刘芳"
        assert (await desk.text("pop-path")).split("\n")[1::2] == ["Orders and delivery", "Track a delivery"]
        assert await desk.timeline() == before
        await desk.part("note").fill("typed after")
        await desk.part("hang-up").click()
        assert (await caller.wait_ended(5)).how == "far"
        await file_call(desk)
