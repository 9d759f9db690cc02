"""An admin changes the hotline in the browser: mistakes are shown, and good texts answer the next call."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import Any

import orjson
import pytest
from playwright.async_api import Locator, expect

from tests.desk.browser import Screen
from tests.desk.conftest import PASSWORD, Scene

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="session")]
AFTER_HOURS = "4008003333"
SUBMENU = ((2.5, "1"),)  # into the orders' menu


class FlowDesk(Screen):
    """The admin's page of one flow."""

    async def open_flow(self, flow: str) -> None:
        """From the list of flows, as a person comes there."""
        await self.sign_in("admin", PASSWORD)
        await expect(self.part("user-menu")).to_be_visible()
        await self.open("admin", "flows")
        await self.part(f"flow-{flow}").click()
        await expect(self.node("main_menu")).to_be_visible()

    def node(self, name: str) -> Locator:
        """A node of the picture."""
        return self.page.locator(f'[data-testid="flow-picture"] [data-node="{name}"]')

    def line(self, text: str) -> Locator:
        """The first line of the text with these words."""
        return self.page.locator(".cm-line", has_text=text).first

    async def to_end_of(self, text: str) -> None:
        await self.line(text).click(position={"x": 30, "y": 8})
        await self.page.keyboard.press("End")

    async def version(self) -> str:
        """In force, as the head says."""
        return (await self.part("flow-version").inner_text()).strip()


def told(scene: Scene, ani: str, kind: str) -> list[dict[str, Any]]:
    """What the journal on file has of this caller."""
    file = scene.center.data / "callcenter.sqlite3"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        query = (
            "SELECT j.data FROM journal j JOIN calls c ON c.id = j.call_id "
            "WHERE j.kind = ? AND c.ani = ? ORDER BY j.seq"
        )
        return [orjson.loads(data) for (data,) in database.execute(query, (kind, ani))]


async def comes_to(scene: Scene, ani: str, node: str) -> None:
    """Wait until the journal says that this caller is in a node."""
    async with asyncio.timeout(15):
        while node not in [fact["node"] for fact in told(scene, ani, "ivr.node")]:
            await asyncio.sleep(0.1)


async def call(scene: Scene, ani: str) -> str:
    """Somebody calls the hotline and hangs up in the orders' menu. The version that answered."""
    async with scene.caller(ani, keys=SUBMENU) as caller:
        await caller.wait_answered()
        await comes_to(scene, ani, "orders_menu")
    return str(told(scene, ani, "ivr.entered")[0]["version"])


async def test_a_mistake_is_marked_mended_and_saved_and_the_next_caller_hears_it(scene: Scene) -> None:
    file = scene.center.folder / "ivr_flows" / "hotline.yaml"
    async with FlowDesk(scene.browser, scene.center.address, "zh-CN", scene.shots) as desk:
        await desk.open_flow("hotline")
        before, text = await desk.version(), file.read_text()
        await desk.picture("flow-zh")

        # a slip of the finger: the mark stands at its line, and nothing can be saved
        await desk.to_end_of("start: opening_hours")
        await desk.page.keyboard.type("x")
        number = str(text[: text.index("start: ")].count("\n") + 1)
        mistake = desk.part("flow-problem")
        await expect(mistake).to_have_count(1)
        await expect(mistake).to_have_attribute("data-line", number)
        await expect(desk.page.locator(".cm-lint-marker-error")).to_have_count(1)
        await expect(desk.part("flow-save")).to_be_disabled()
        await desk.page.keyboard.press("Control+s")
        await desk.page.keyboard.press("Control+Home")
        await desk.picture("flow-mistake-zh")
        await mistake.click()
        await expect(desk.page.locator(".cm-activeLine")).to_contain_text("start: ")
        assert file.read_text() == text

        # the name is completed from the nodes there are
        await desk.page.keyboard.press("End")
        for _ in range(4):
            await desk.page.keyboard.press("Backspace")
        await desk.page.keyboard.press("Control+Space")
        choice = desk.page.locator(".cm-tooltip-autocomplete li").first
        await expect(choice).to_have_text("opening_hours")
        await desk.picture("flow-completion-zh")
        await desk.page.keyboard.press("Enter")
        await expect(mistake).to_have_count(0)

        # another greeting; saved by the keyboard, in force a second later
        await desk.to_end_of("zh-CN: 您好，欢迎致电星河商城。")
        await desk.page.keyboard.type("祝您购物愉快。")
        await expect(desk.part("flow-good")).to_be_visible()
        await expect(desk.node("welcome")).to_contain_text("祝您购物愉快")
        await desk.page.keyboard.press("Control+s")
        await expect(desk.part("flow-unsaved")).to_have_count(0)
        await expect(desk.part("flow-version")).not_to_have_text(before)
        after = await desk.version()
        assert "祝您购物愉快。" in file.read_text()
        assert await call(scene, "13911110001") == after

        # compared, and put back
        await desk.part("flow-versions").click()
        await expect(desk.part("version")).to_have_count(2)
        await expect(desk.page.locator(".diff-added .diff-text")).to_have_text(
            "      zh-CN: 您好，欢迎致电星河商城。祝您购物愉快。"
        )
        await desk.picture("flow-versions-zh")
        await desk.part("put-back").click()
        await desk.part("put-back-sure").click()
        await expect(desk.part("flow-version")).to_have_text(before)
        assert file.read_text() == text
        await expect(desk.line("祝您购物愉快")).to_have_count(0)
        assert await call(scene, "13911110002") == before


async def test_mistakes_are_told_in_the_language_of_the_page(scene: Scene) -> None:
    async with FlowDesk(scene.browser, scene.center.address, "zh-CN", scene.shots) as desk:
        await desk.open_flow("hotline")
        await desk.to_end_of("start: opening_hours")
        await desk.page.keyboard.type("x")
        await desk.to_end_of("hours: always")
        await desk.page.keyboard.type("z")
        await desk.to_end_of("zh-CN: 您好，欢迎致电星河商城。")
        await desk.page.keyboard.type("{custmer.name}")
        mistakes = desk.part("flow-problem")
        await expect(mistakes).to_have_count(3)
        await desk.page.keyboard.press("Escape")
        await expect(mistakes.nth(0)).to_contain_text(
            "没有节点 'opening_hoursx' 您要写的是 'opening_hours' 吗？"
        )
        await expect(mistakes.nth(1)).to_contain_text("没有营业时间 'alwaysz' 您要写的是 'always' 吗？")
        await expect(mistakes.nth(2)).to_contain_text(
            "这个流程里没有变量 'custmer' 您要写的是 'customer' 吗？"
        )
        await desk.page.locator(".cm-lint-marker-error").first.hover()
        mark = desk.page.locator(".cm-tooltip-lint")
        await expect(mark).to_contain_text("没有节点 'opening_hoursx'")
        await desk.picture("flow-three-mistakes-zh")
        await desk.page.mouse.move(700, 300)
        await desk.part("language-switch").click()
        await expect(mistakes.nth(0)).to_contain_text("there is no node 'opening_hoursx' did you mean")
        await desk.page.locator(".cm-lint-marker-error").first.hover()
        await expect(mark).to_contain_text("there is no node 'opening_hoursx'")


async def test_the_picture_shows_where_callers_go_and_leave(scene: Scene) -> None:
    async with FlowDesk(scene.browser, scene.center.address, "en-US", scene.shots) as desk:
        await desk.open_flow("hotline")
        await call(scene, "13911110003")
        async with asyncio.timeout(15):
            while not told(scene, "13911110003", "call.ended"):
                await asyncio.sleep(0.1)
        await desk.page.get_by_role("button", name="Last day").click()
        await expect(desk.part("flow-entered")).not_to_have_text("Callers: 0")
        await expect(desk.node("orders_menu").locator(".left")).to_be_visible()
        await desk.picture("flow-heat-en")
        # a click on a node leads to its text
        await desk.page.get_by_role("button", name="The whole picture").click()
        await desk.node("orders_menu").locator(".name").click()
        await expect(desk.page.locator(".cm-activeLine")).to_contain_text("orders_menu:")
        await expect(desk.node("orders_menu")).to_have_class("node family-ask is-current")
        width, height = await desk.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        )
        assert (width, height) == (1366, 768)  # the page itself never scrolls


async def test_a_pretended_call_is_heard_in_the_page(scene: Scene) -> None:
    async with FlowDesk(scene.browser, scene.center.address, "en-US", scene.shots) as desk:
        await desk.open_flow("hotline")
        await desk.part("flow-rehearse").click()
        waits = desk.part("rehearse-waits")
        await expect(waits).to_have_attribute("data-waits", "keys")
        await expect(desk.part("transcript")).to_contain_text("欢迎致电星河商城")
        await expect(desk.node("main_menu")).to_have_class("node family-ask is-lit")
        await desk.part("key-9").click()
        await expect(desk.part("transcript")).to_contain_text("For orders and delivery, press one.")
        await desk.part("key-1").click()
        await expect(desk.node("orders_menu")).to_have_class("node family-ask is-lit")
        await desk.picture("flow-rehearse-en")
        # the text changes: the same keys lead through the new one
        await desk.to_end_of("en: Welcome to Galaxy Mall.")
        await desk.page.keyboard.type(" Nice to hear you.")
        await desk.part("rehearse-again").click()
        await expect(desk.part("transcript")).to_contain_text("欢迎致电星河商城")
        await desk.part("key-1").click()
        await desk.part("key-1").click()
        await expect(waits).to_have_attribute("data-waits", "queue")
        await desk.page.get_by_role("button", name="Nobody has time").click()
        await expect(waits).not_to_have_attribute("data-waits", "queue")


async def test_what_somebody_else_saved_meanwhile_is_not_lost(scene: Scene) -> None:
    file = scene.center.folder / "ivr_flows" / "after_hours.yaml"
    text = file.read_text()
    async with FlowDesk(scene.browser, scene.center.address, "en-US", scene.shots) as desk:
        await desk.sign_in("admin", PASSWORD)
        await expect(desk.part("user-menu")).to_be_visible()
        await desk.open("admin", "flow.after_hours")
        await desk.to_end_of("language: zh-CN")
        await desk.page.keyboard.type("  # mine")
        file.write_text(text.replace("en: After hours", "en: Nights", 1))
        await expect(desk.part("flow-conflict")).to_be_visible()
        await desk.picture("flow-conflict-en")
        desk.watched.allow("409 .*flows/after_hours")
        await desk.page.keyboard.press("Control+s")
        await desk.page.wait_for_timeout(500)
        assert "# mine" not in file.read_text()
        await desk.part("flow-take").click()
        await expect(desk.line("Nights")).to_be_visible()
        await expect(desk.line("# mine")).to_have_count(0)
        await expect(desk.part("flow-conflict")).to_have_count(0)


async def test_a_flow_is_made_and_removed(scene: Scene) -> None:
    async with FlowDesk(scene.browser, scene.center.address, "zh-CN", scene.shots) as desk:
        await desk.sign_in("admin", PASSWORD)
        await expect(desk.part("user-menu")).to_be_visible()
        await desk.open("admin", "flows")
        await desk.part("flow-new").click()
        await desk.part("flow-new-id").fill("promotion")
        await desk.picture("flow-new-zh")
        await desk.part("flow-new-make").click()
        await expect(desk.node("goodbye")).to_be_visible()
        await expect(desk.part("flow-version")).to_be_visible()
        await desk.part("flow-remove").click()
        await desk.part("flow-remove-sure").click()
        await expect(desk.part("flow-hotline")).to_be_visible()
        await expect(desk.part("flow-promotion")).to_have_count(0)
        await desk.picture("flows-zh")


async def test_a_supervisor_throws_the_emergency_switch_and_the_caller_hears_it(scene: Scene) -> None:
    async with scene.screen("zh-CN") as board, scene.screen("en-US") as other:
        await board.sign_in("sam", PASSWORD)
        await other.sign_in("admin", PASSWORD)
        await expect(other.part("user-menu")).to_be_visible()
        await board.open("wallboard")
        await board.part("emergency-outage").click()
        await expect(board.part("emergency-on-outage")).to_have_count(0)  # asked first
        await board.part("emergency-note").fill("机房断电")
        await board.picture("emergency-ask-zh")
        await board.part("emergency-sure").click()
        await expect(other.part("emergency-on-outage")).to_contain_text("机房断电")
        await board.picture("emergency-on-zh")
        for screen in (board, other):
            screen.watched.allow(r"(WebSocket|Failed to load).*(ERR_CONNECTION_REFUSED|disconnected)")
        await scene.center.kill_controller()  # thrown it stays
        await scene.center.start_controller()
        async with scene.api("sam") as sam:
            (switch,) = (await sam.ask("GET", "/emergencies"))["emergencies"]
            assert (switch["on"], switch["by"], switch["note"]) == (True, "sam", "机房断电")
        async with scene.caller("13911110004", did=AFTER_HOURS) as caller:
            await caller.wait_answered()
            await comes_to(scene, "13911110004", "outage")
        for screen in (board, other):
            await expect(screen.part("reconnecting")).to_have_count(0, timeout=30_000)
        await board.part("emergency-outage").click()
        await board.part("emergency-sure").click()
        await expect(other.part("emergency-on-outage")).to_have_count(0)
