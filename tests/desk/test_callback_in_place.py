"""A call-back in place on the screens: asked for, seen in line, cancelled, and on the agent's desk."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.desk.browser import Screen
from tests.desk.conftest import PASSWORD, Scene
from tests.real.customer import Customer
from tests.real.kit import until

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="session")]


async def ask_for(page: Screen, number: str) -> None:
    await page.part("in-place-number").fill(number)
    await page.part("in-place-ask").click()


@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
async def test_a_supervisor_sees_who_is_in_line_and_cancels(scene: Scene, language: str) -> None:
    async with scene.screen(language) as page:
        await page.sign_in("sam", PASSWORD)
        await page.open("callbacks")
        await ask_for(page, "138 0013 8001")
        row = page.part("in-place-row")
        await expect(row).to_have_count(1)
        await expect(page.part("in-place-stage")).to_contain_text("1")
        page.watched.allow("400")
        await ask_for(page, "110")
        await expect(page.page.get_by_text("mergency" if language == "en-US" else "紧急号码")).to_be_visible()
        await page.picture(f"callbacks-in-place-{language}")
        await row.get_by_role("button").click()
        await expect(row).to_have_count(0)


async def test_the_agent_sees_that_it_is_a_call_back_while_the_customer_is_dialed(scene: Scene) -> None:
    customer = Customer(scene.folder, scene.trunk_port)
    async with customer.sipp, scene.at_work("lina", "1002") as (desk, phone), scene.api("sam") as sam:
        await sam.ask("POST", "/callbacks", {"number": "13800138002", "queue": "orders", "name": "王芳"})
        await customer.rings()
        await expect(desk.part("pop-callback")).to_be_visible()
        await expect(desk.page.get_by_text("正在呼叫客户")).to_be_visible()
        await desk.picture("desk-call-back-zh")
        customer.does("ANSWER")
        await phone.wait_incoming()
        await phone.accept()
        await desk.in_talk("talking")
        customer.does("HANGUP")
        await desk.in_talk("wrap_up")
        call_id = await desk.call_id()
        done = {"call_id": call_id, "disposition": "solved", "note": ""}
        async with scene.api("lina") as lina:
            await lina.ask("POST", "/me/agent/wrap-up", done)
        await desk.is_in("ready")

        async def filed() -> bool:
            (row,) = [c for c in (await sam.ask("GET", "/calls"))["calls"] if c["id"] == call_id]
            return bool((row["direction"], row["outcome"]) == ("out", "answered"))

        await until(filed, 5)
