"""What callers are asked and where they are led, on a real Asterisk: keys as RFC 4733, words as sound, a shop
by HTTP, and a controller that is killed in the middle."""

from __future__ import annotations

import asyncio
import random
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from callcenter.demo.sipp import Caller
from tests.real.kit import Office, a_center, until
from tests.speech.saying import said

HERE = Path(__file__).parent / "flows_center"
TOKEN = "token-of-the-shop-4711"
pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]


class Shop:
    """The other system: knows two orders, takes messages, and may be slow."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.sent: list[dict[str, Any]] = []
        self.address = ""

    async def __aenter__(self) -> Shop:
        app = web.Application()
        app.router.add_get("/orders/{number}", self._order)
        app.router.add_post("/sms", self._message)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        for _ in range(20):
            port = random.randint(36000, 36999)
            try:
                await web.TCPSite(self._runner, "127.0.0.1", port).start()
            except OSError:
                continue
            self.address = f"http://127.0.0.1:{port}"
            return self
        raise RuntimeError("no port is free from 36000 to 36999")

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _order(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        self.asked.append((number, request.headers.get("Authorization", "")))
        if number == "12":
            return web.json_response({"state": "paid", "total": "12.50"})
        if number == "55":
            await asyncio.sleep(3)
        return web.json_response({"error": "no such order"}, status=404)

    async def _message(self, request: web.Request) -> web.Response:
        self.sent.append(await request.json())
        return web.json_response({})


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shop() -> AsyncIterator[Shop]:
    async with Shop() as shop:
        yield shop


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory, shop: Shop) -> AsyncIterator[Office]:
    """The center of flows, with the shop in its settings."""
    settings = {
        "secrets": {"SHOP_URL": shop.address, "SHOP_TOKEN": TOKEN},
        "messages": {"sms": {"url": f"{shop.address}/sms", "body": {"to": "{to}", "text": "{text}"}}},
    }
    async with a_center(tmp_path_factory.mktemp("f"), of=HERE, settings=settings) as office:
        yield office


async def data(office: Office, kind: str, call_id: str) -> list[dict[str, Any]]:
    return [fact.data for fact in await office.facts(kind, call_id)]


async def at_node(office: Office, caller: Caller, node: str, seconds: float = 10.0) -> str:
    """Wait until the caller is at a node; his call."""
    call_id = await office.call_id(caller)

    async def there() -> bool:
        visits = await data(office, "ivr.node", call_id)
        return bool(visits) and visits[-1]["node"] == node

    await until(there, seconds, say=f"{caller.result.ani} comes to {node}")
    return call_id


def keyed(keys: str) -> list[tuple[float, str]]:
    return [(0.15, key) for key in keys]


async def ways(office: Office, call_id: str) -> list[str]:
    return [visit["node"] for visit in await data(office, "ivr.node", call_id)]


async def test_a_caller_keys_in_his_order_and_the_shop_answers(office: Office, shop: Shop) -> None:
    caller = await office.call("5001", keys=keyed("9*12#1"))
    call_id = await office.call_id(caller)
    assert await office.outcome(call_id, 20) == "ivr"
    assert await data(office, "ivr.collected", call_id) == [{"name": "order_number", "value": "12"}]
    assert shop.asked[-1] == ("12", f"Bearer {TOKEN}")
    assert (await data(office, "ivr.fetched", call_id))[0]["status"] == 200
    assert await ways(office, call_id) == ["number", "ask_shop", "tell", "write", "bye"]
    assert shop.sent[-1] == {"to": caller.result.ani, "text": "Order 12 is paid"}
    assert [sent["ok"] for sent in await data(office, "message.sent", call_id)] == [True]
    journal = str([fact.data for fact in await office.facts()])
    assert TOKEN not in journal, "secrets never reach the journal"


async def test_a_shop_that_does_not_know_or_does_not_answer_leads_where_the_flow_says(office: Office) -> None:
    stranger, patient = await asyncio.gather(
        office.call("5001", keys=keyed("99#1")), office.call("5001", keys=keyed("55#1"))
    )
    assert await office.outcome(await office.call_id(stranger), 20) == "ivr"
    assert await ways(office, await office.call_id(stranger)) == ["number", "ask_shop", "bye"]
    call_id = await at_node(office, patient, "line")
    [fetched] = await data(office, "ivr.fetched", call_id)
    assert not fetched["ok"] and fetched["status"] == 0
    await office.ready("bo")
    await office.wait_fact("talk.started", call_id)  # the whisper is over
    patient.hang_up()
    assert await office.outcome(call_id) == "answered"


async def test_a_caller_says_what_he_wants(office: Office, tmp_path: Path) -> None:
    refund, yes = tmp_path / "refund.ul", tmp_path / "yes.ul"
    refund.write_bytes(said("refund", after=2.5))
    yes.write_bytes(said("yes", after=2.5))
    caller = await office.call("5002", speech=refund)
    await at_node(office, caller, "what")
    caller.speak()
    call_id = await at_node(office, caller, "sure", 15)
    caller.hush()
    await caller.press("1")
    await at_node(office, caller, "line")
    [heard] = await data(office, "ivr.heard", call_id)
    assert (heard["text"], heard["choice"]) == ("refund", "2") and heard["score"] >= 75
    assert await data(office, "ivr.collected", call_id) == [{"name": "sure", "value": "yes"}]
    assert await data(office, "ivr.deaf", call_id) == []


async def test_a_caller_speaks_chinese_after_a_key_has_changed_the_language(
    office: Office, tmp_path: Path
) -> None:
    orders = tmp_path / "orders.ul"
    orders.write_bytes(said("订单", "zh-CN", after=2.5))
    caller = await office.call("5002", keys=[(0.3, "9")], speech=orders, speak_after=0.5)
    call_id = await office.call_id(caller)
    assert await office.outcome(call_id, 20) == "ivr"
    assert (await data(office, "ivr.heard", call_id))[-1]["text"] == "订单"
    assert (await office.row(call_id))["language"] == "zh-CN"


async def test_a_caller_with_needs_of_his_own_rates_the_talk_and_tells_why(office: Office) -> None:
    await office.ready("bo")  # longer ready, but he knows nothing of refunds
    await asyncio.sleep(0.05)
    await office.ready("amy")
    caller = await office.call("5003")
    call_id = await office.call_id(caller)
    answered = await office.phones.wait_talking("1001", 15)
    started = await office.wait_fact("talk.started", call_id)
    assert started.agent == "amy" and started.at - answered.talking > 1.0, "she was whispered to before"
    office.phones.hang_up("1001")
    await at_node(office, caller, "rate")
    await caller.press("2")
    await at_node(office, caller, "why")
    caller.speak()
    await asyncio.sleep(3.5)
    await caller.press("#")
    assert await office.outcome(call_id) == "answered"
    assert await data(office, "survey.answered", call_id) == [
        {"question": "score", "score": 2, "node": "rate"}
    ]
    [kept] = await data(office, "ivr.recorded", call_id)
    with wave.open(str(office.center.data / "voicemail" / kept["path"])) as file:
        assert file.getnframes() / file.getframerate() > 1.0
    assert [ended["by"] for ended in await data(office, "talk.ended", call_id)] == ["agent"]


async def test_a_caller_is_sent_on_and_then_promised_a_call(office: Office) -> None:
    caller = await office.call("5004", keys=keyed("1"))
    await office.phones.wait_talking("1002")
    call_id = await office.call_id(caller)
    office.phones.hang_up("1002")
    await at_node(office, caller, "later")
    for key in "21":
        await caller.press(key)
        await asyncio.sleep(0.5)
    assert await office.outcome(call_id, 15) == "transferred"
    assert [ended["result"] for ended in await data(office, "transfer.ended", call_id)] == ["talked"]
    [wanted] = await office.facts("callback.wanted", call_id)
    assert wanted.data["ani"] == caller.result.ani
    assert 3599 < wanted.data["not_before"] - wanted.at < 3601


async def test_nobody_answers_so_he_leaves_a_message_and_in_an_emergency_everybody_does(
    office: Office,
) -> None:
    office.manners("bo", answer_after=None)
    caller = await office.call("5004", keys=keyed("1"))
    call_id = await at_node(office, caller, "mailbox", 15)
    await office.ask("/emergencies/outage", {"on": True, "note": ""})
    second = await office.call("5004")
    for each in (caller, second):
        await at_node(office, each, "mailbox", 15)
        each.speak()
    await asyncio.sleep(4)
    for each in (caller, second):
        await each.press("#")
    await office.ask("/emergencies/outage", {"on": False, "note": ""})
    assert await office.outcome(call_id, 15) == "voicemail"
    assert await office.outcome(await office.call_id(second), 15) == "voicemail"
    assert await ways(office, await office.call_id(second)) == ["emergency", "news", "mailbox", "bye"]
    assert [left["box"] for left in await data(office, "voicemail.left", call_id)] == ["main"]


async def test_a_restart_in_the_middle_of_a_called_flow_keeps_the_variables(
    office: Office, shop: Shop
) -> None:
    caller = await office.call("5005", keys=keyed("47"))
    call_id = await at_node(office, caller, "wait")
    await office.center.kill_controller()
    await asyncio.sleep(0.5)
    assert not caller.result.ended
    await office.center.start_controller()

    async def back() -> bool:
        return "call.resumed" in await office.kinds(call_id)

    await until(back, 15)
    await caller.press("1")
    assert await office.outcome(call_id, 15) == "ivr"
    assert shop.sent[-1]["text"] == "47 got 47-1"
    visits = await data(office, "ivr.node", call_id)
    assert [(visit["node"], visit["via"]) for visit in visits if visit["node"] == "wait"] == [
        ("wait", "next"), ("wait", "resumed"),
    ]  # fmt: skip
