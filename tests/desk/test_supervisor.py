"""What those see who look on: the live wallboard, and afterwards the call's story and its recording."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import ContentTypeError
from playwright.async_api import expect

from callcenter.demo.client import ApiRefused
from tests.desk.browser import Screen
from tests.desk.conftest import PASSWORD, Scene
from tests.desk.test_call_at_the_desk import TRACK_A_DELIVERY

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="session")]


async def test_a_supervisor_watches_a_call_and_listens_to_it_afterwards(scene: Scene) -> None:
    async with (
        scene.phone("lina", "1002") as phone,
        scene.api("lina") as lina,
        scene.screen("en-US") as board,
        scene.caller("13911020302", "WANG", TRACK_A_DELIVERY) as caller,
    ):
        await board.sign_in("sam", PASSWORD)
        await board.open("wallboard")
        waiting = board.part("queue-waiting-orders")
        await expect(waiting).to_have_text("1")
        await expect(board.part("agent-card-lina")).to_have_attribute("data-state", "signed_out")
        await phone.wait_registered()
        await scene.go_ready(lina)
        await phone.wait_incoming()
        await expect(board.part("agent-card-lina")).to_have_attribute("data-state", "ringing")
        await phone.accept()
        await expect(board.part("agent-card-lina")).to_have_attribute("data-state", "talking")
        await expect(waiting).to_have_text("0")
        await board.picture("wallboard-en")
        call_id = (await lina.ask("GET", "/me/agent"))["call_id"]
        await board.page.wait_for_timeout(2500)  # so that there is something to hear
        caller.hang_up()
        await caller.wait_ended(5)
        await expect(board.part("agent-card-lina")).to_have_attribute("data-state", "wrap_up")
        wrap_up = {"call_id": call_id, "disposition": "solved", "note": "On its way."}
        await lina.ask("POST", "/me/agent/wrap-up", wrap_up)
        await lina.ask("POST", "/me/agent/state", {"state": "signed_out"})
        await expect(board.part("agent-card-lina")).to_have_attribute("data-state", "signed_out")

        await reads_the_story(board, call_id)
        await listens(board, call_id)
    await only_some_may_listen(scene, call_id)


async def reads_the_story(screen: Screen, call_id: str) -> None:
    """The call's page tells from the first ring to the wrap-up what happened."""
    await screen.part("nav-calls").click()
    await screen.page.locator(f'[data-testid="call-row"][data-call="{call_id}"]').click()
    lines = screen.part("story-line")
    await expect(lines.first).to_have_attribute("data-kind", "call.offered")
    for kind in ("ivr.key", "queue.entered", "queue.assigned", "phone.ringing", "talk.started", "talk.ended"):
        await expect(
            screen.page.locator(f'[data-testid="story-line"][data-kind="{kind}"]').first
        ).to_be_attached()
    await screen.picture("call-en")


async def listens(screen: Screen, call_id: str) -> None:
    """The recording plays, and goes to the place the listener wants."""
    audio = screen.part("player").locator("audio")
    await expect(audio).to_have_js_property("readyState", 4)
    assert await audio.evaluate("element => element.duration") > 2
    await audio.evaluate(
        "element => new Promise((done) => { element.onseeked = done; element.currentTime = 1.5; })"
    )
    assert await audio.evaluate("element => element.currentTime") == pytest.approx(1.5, abs=0.1)
    await screen.part("player").get_by_role("button", name="Play").click()
    async with asyncio.timeout(5):
        while await audio.evaluate("element => element.currentTime") < 1.8:
            await asyncio.sleep(0.05)
    asked = [f for f in screen.watched.fetched if f.path.endswith(f"{call_id}/recording")]
    assert asked and {f.status for f in asked} == {206}


async def only_some_may_listen(scene: Scene, call_id: str) -> None:
    """The inspector hears it on his page; another agent finds no such call, a campaign manager may not."""
    async with scene.screen("zh-CN") as screen:
        await screen.sign_in("iris", PASSWORD)
        await screen.part("nav-calls").click()
        await screen.open("calls", call_id)
        await expect(screen.part("player").locator("audio")).to_have_js_property("readyState", 4)
        await screen.picture("call-zh")
    async with scene.desk_window("zh-CN") as screen:
        screen.watched.allow(rf"status of 404 .*/calls/{call_id}")
        await screen.sign_in("zhangmin", PASSWORD)
        await screen.is_in("signed_out")
        await screen.open("calls", call_id)
        await expect(screen.part("drawer").get_by_role("alert")).to_be_visible()
        await expect(screen.part("player")).to_have_count(0)
    assert await answer_to(scene, "lina", call_id) == 200
    assert await answer_to(scene, "zhangmin", call_id) == 404
    assert await answer_to(scene, "carl", call_id) == 403


async def answer_to(scene: Scene, name: str, call_id: str) -> int:
    """The HTTP status this person gets for the recording."""
    async with scene.api(name) as person:
        try:
            await person.ask("GET", f"/calls/{call_id}/recording")
        except ApiRefused as refused:
            return refused.status
        except ContentTypeError as answer:  # sound, not JSON
            return answer.status
    raise AssertionError("a recording is not JSON")
