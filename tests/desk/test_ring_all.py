"""A queue that rings all who are free, at two desks with a softphone each."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.desk.conftest import Scene
from tests.desk.test_agents_states import declared
from tests.desk.test_call_at_the_desk import TRACK_A_DELIVERY, file_call

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="session")]

ORDERS = "    skills: {orders: 3}\n    service_level"
RING_ALL = (ORDERS, ORDERS.replace("\n", "\n    strategy: ring_all\n", 1))


async def test_the_caller_stands_at_both_desks_and_leaves_that_of_who_was_not_the_first(scene: Scene) -> None:
    async with (
        declared(scene, RING_ALL),
        scene.at_work("wangwei", "1001") as (first, first_phone),
        scene.at_work("lina", "1002", "en") as (second, second_phone),
    ):
        async with scene.caller("13800138001", "CHEN", TRACK_A_DELIVERY) as caller:
            await first_phone.wait_incoming()
            await second_phone.wait_incoming()
            await first.in_talk("incoming")
            await second.in_talk("incoming")
            assert await first.call_id() == await second.call_id()
            assert await first.text("pop-caller-name") == await second.text("pop-caller-name") == "陈晓燕"
            await second.picture("ring-all-both-en")
            await first_phone.accept()
            await first.in_talk("talking")
            await second.is_in("ready")
            await expect(second.part("pop")).to_have_count(0)
            await expect(second.part("notice")).to_contain_text("陈晓燕 was answered by a colleague.")
            await second.picture("ring-all-answered-by-a-colleague-en")
            await expect(second.part("notice")).to_have_count(0, timeout=10_000)  # only for a moment
            caller.hang_up()
            await file_call(first)

        async with scene.caller("13800138001", "CHEN", TRACK_A_DELIVERY) as caller:
            await second_phone.wait_incoming()
            await first.in_talk("incoming")
            await second_phone.accept()
            await expect(first.part("notice")).to_contain_text("陈晓燕 已由同事接听。")
            await first.picture("ring-all-answered-by-a-colleague-zh")
            caller.hang_up()
            await file_call(second)
