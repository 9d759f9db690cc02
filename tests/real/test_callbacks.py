"""Call-back in place on a real Asterisk: SIPp is the customer outside, behind the trunk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.real.customer import Customer
from tests.real.kit import PORTS, Office, a_center, until

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

NUMBER = "+8613800138000"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def outside(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Office, Customer]]:
    customer = Customer(tmp_path_factory.mktemp("customer"), PORTS.take())
    async with (
        customer.sipp,
        a_center(tmp_path_factory.mktemp("c"), trunk_address=f"127.0.0.1:{customer.port}") as office,
    ):
        yield office, customer
    PORTS.give_back(customer.port)


async def outcome(office: Office, call_id: str) -> str:
    async def ended() -> str:
        return next((f.data["outcome"] for f in await office.facts("call.ended", call_id)), "")

    return str(await until(ended, 15, say="the call-back is over"))


async def test_he_is_dialed_when_an_agent_is_reserved_and_talks_over_a_restart(
    outside: tuple[Office, Customer],
) -> None:
    office, customer = outside
    place = await office.ask("/callbacks", {"number": "13800138000", "queue": "orders", "name": "Li"})
    assert (place["number"], place["by"]) == (NUMBER, "console")
    await office.center.kill_controller()
    await office.center.start_controller()
    (kept,) = (await office.ask("/callbacks"))["in_place"]
    assert (kept["call_id"], kept["tries"]) == (place["call_id"], 0)
    assert customer.rung == [], "nobody is dialed while no agent is ready"

    await office.ready("amy")
    await customer.rings()
    assert customer.shown == ["4001"], "he sees who calls"
    assert await office.state("amy") == "reserved"
    before = [f.kind for f in await office.facts(call_id=place["call_id"])]
    assert before[-3:] == ["queue.assigned", "pop.sent", "call.dialed"]
    await office.center.kill_controller()
    customer.does("ANSWER")  # while nobody is there: Asterisk holds him
    await asyncio.sleep(2)
    await office.center.start_controller()
    await office.wait_state("amy", "talking", seconds=20)
    assert (await office.view("amy"))["call_id"] == place["call_id"]
    await office.center.kill_controller()
    await office.center.start_controller()
    await office.wait_state("amy", "talking", seconds=20)
    customer.does("HANGUP")
    await office.wait_state("amy", "wrap_up", "ready")
    assert await outcome(office, place["call_id"]) == "answered"
    assert len(customer.rung) == 1, "one attempt, dialed once"
    facts = await office.facts(call_id=place["call_id"])
    assert [f.kind for f in facts].count("call.dialed") == 1
    assert await office.facts("mended") == []
    story = (await office.ask(f"/calls/{place['call_id']}"))["story"]
    assert f"Dialed {NUMBER}, attempt 1" in [line["text"]["en"] for line in story]
    await office.everyone_leaves()


async def test_he_rejects_the_agent_is_free_and_he_is_tried_again(outside: tuple[Office, Customer]) -> None:
    office, customer = outside
    customer.rung.clear()
    await office.ready("bo")
    place = await office.ask("/callbacks", {"number": "13900139000", "queue": "orders"})
    await customer.rings()
    customer.does("REJECT")
    await office.wait_state("bo", "ready")
    (unanswered,) = await office.facts("callback.unanswered", place["call_id"])
    assert unanswered.data["result"] == "busy"
    (kept,) = (await office.ask("/callbacks"))["in_place"]
    assert (kept["stage"], kept["tries"], kept["last_result"]) == ("resting", 1, "busy")
    # he calls again himself before that, and takes his place
    caller = await office.call("4002", ani="13900139000")
    await office.wait_state("bo", "talking")
    assert (await office.ask("/callbacks"))["in_place"] == []
    assert await outcome(office, place["call_id"]) == "cancelled"
    caller.hang_up()
    assert len(customer.rung) == 1
    await office.everyone_leaves()


async def test_cancelled_while_it_rings_his_phone_falls_silent(outside: tuple[Office, Customer]) -> None:
    office, customer = outside
    customer.rung.clear()
    await office.ready("cy")
    place = await office.ask("/callbacks", {"number": "13700137000", "queue": "orders"})
    await customer.rings()
    await office.ask(f"/callbacks/in-place/{place['call_id']}", method="DELETE")

    async def silent() -> bool:
        return customer.told[-1] == "cancelled"

    await until(silent, 5)
    await office.wait_state("cy", "ready")
    assert await outcome(office, place["call_id"]) == "cancelled"
    await office.everyone_leaves()
