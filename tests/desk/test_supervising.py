"""A supervisor at the wallboard, with his own softphone, among real SIP calls."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from callcenter.center.phone_secrets import supervisor_key
from tests.desk.browser import Screen
from tests.desk.conftest import PASSWORD, Scene
from tests.desk.test_call_at_the_desk import TRACK_A_DELIVERY, story_of

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="session")]


async def choose(board: Screen, menu: str, item: str) -> None:
    """Open a menu and take one of what it offers."""
    await board.part(menu).click()
    await board.part(item).click()


async def test_a_supervisor_listens_whispers_and_takes_the_caller_over(scene: Scene) -> None:
    """Sam listens to Li Na's call from the wallboard, whispers, and goes on with the caller; she wraps
    up, and the story of the call tells it all."""
    async with (
        scene.phone("lina", "1002") as phone,
        scene.phone(supervisor_key("sam"), "1900") as sams,
        scene.api("lina") as lina,
        scene.screen("en-US") as board,
        scene.caller("13911020304", "WANG", TRACK_A_DELIVERY) as caller,
    ):
        await phone.wait_registered()
        await sams.wait_registered()
        await lina.ask("POST", "/me/agent/state", {"state": "ready"})
        await phone.wait_incoming()
        await phone.accept()
        await board.sign_in("sam", PASSWORD)
        await board.open("wallboard")
        card, bar = board.part("agent-card-lina"), board.part("monitor-bar")
        await expect(card).to_have_attribute("data-state", "talking")
        call_id = (await lina.ask("GET", "/me/agent"))["call_id"]

        await choose(board, "agent-actions-lina", "talk-listen")
        await sams.wait_incoming()
        await expect(bar).to_have_attribute("data-state", "ringing")
        await sams.accept()
        await expect(bar).to_have_attribute("data-state", "joined")
        await expect(board.part("monitored-lina")).to_have_attribute("title", "sam listens")
        await board.picture("listening-en")
        await bar.get_by_role("button", name="Whisper").click()
        await expect(bar).to_have_attribute("data-mode", "whisper")
        await board.part("language-switch").click()
        await expect(bar).to_contain_text("只有 李娜 能听到您。")
        await board.picture("whispering-zh")

        await board.part("take-over").click()
        await phone.wait_closed()
        await expect(card).to_have_attribute("data-state", "wrap_up")
        await expect(bar).to_have_attribute("data-mode", "taken_over")
        await board.picture("taken-over-zh")
        await asyncio.sleep(1)
        assert not caller.result.ended  # he talks with Sam
        await sams.hang_up()
        assert (await caller.wait_ended(10)).how == "far"  # the flow says good-bye and ends the call
        await expect(bar).to_have_count(0)
        wrap_up = {"call_id": call_id, "disposition": "solved", "note": ""}
        await lina.ask("POST", "/me/agent/wrap-up", wrap_up)
        await lina.ask("POST", "/me/agent/state", {"state": "signed_out"})
    kinds = [line["kind"] for line in await story_of(scene, call_id)]
    told = [kind for kind in kinds if kind.startswith(("monitor.", "takeover.", "talk."))]
    assert told == [
        "talk.started", "monitor.started", "monitor.mode", "monitor.ended", "takeover.started", "talk.ended",
        "takeover.ended",
    ]  # fmt: skip


async def test_callers_in_line_are_moved_and_given_and_skills_are_changed(scene: Scene) -> None:
    async with (
        scene.phone("lina", "1002") as phone,
        scene.api("lina") as lina,
        scene.screen("en-US") as board,
        scene.caller("13911020305", "ZHOU", TRACK_A_DELIVERY) as first,
        scene.caller("13911020306", "LIU", TRACK_A_DELIVERY) as second,
    ):
        await phone.wait_registered()
        await board.sign_in("sam", PASSWORD)
        await board.open("wallboard")
        rows = board.part("waiting-row")
        await expect(rows).to_have_count(2)
        await board.picture("line-en")
        other = rows.nth(1)
        call_id = await other.get_attribute("data-call")
        await other.get_by_test_id("waiting-actions").click()
        await board.picture("line-menu-en")
        await board.part("waiting-head").click()
        await expect(other.locator("td").nth(2)).to_have_text("1")

        await choose(board, "agent-actions-lina", "agent-skills")
        await board.part("skill-orders").select_option("0")
        await board.picture("skills-en")
        await board.part("skills-save").click()
        skills = board.part("agent-card-lina").locator(".agent-skills")
        await expect(skills).to_have_attribute("data-changed", "true")
        await lina.ask("POST", "/me/agent/state", {"state": "ready"})
        await expect(board.part("agent-card-lina")).to_have_attribute("data-state", "ready")
        await expect(rows).to_have_count(2)  # she serves orders no more
        await other.get_by_test_id("waiting-actions").click()
        await expect(board.part("waiting-give-lina")).to_contain_text("lacks the skills")
        await board.part("waiting-give-lina").click()
        await phone.wait_incoming()
        await phone.accept()
        await expect(rows).to_have_count(1)
        assert (await lina.ask("GET", "/me/agent"))["call_id"] == call_id
        await board.part("language-switch").click()
        await board.picture("line-zh")

        await choose(board, "agent-actions-lina", "agent-skills")
        await board.picture("skills-zh")
        await board.part("skills-reset").click()
        await expect(skills).to_have_attribute("data-changed", "false")
        for caller in (first, second):
            caller.hang_up()
            await caller.wait_ended(5)
        wrap_up = {"call_id": call_id, "disposition": "solved", "note": ""}
        await expect(board.part("agent-card-lina")).to_have_attribute("data-state", "wrap_up")
        await lina.ask("POST", "/me/agent/wrap-up", wrap_up)
        await lina.ask("POST", "/me/agent/state", {"state": "signed_out"})
