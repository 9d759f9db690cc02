"""The pages' WebSocket: what an agent must see arrives at once, and no page can harm the server."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.conftest import Client, House
from tests.web.test_rest_api import fuzzed, scraps

__all__ = ["fuzzed"]


async def heard(socket: aiohttp.ClientWebSocketResponse, kind: str, seconds: float = 3) -> Any:
    """The next message of this type."""
    async with asyncio.timeout(seconds):
        while True:
            message = await socket.receive_json()
            if message["type"] == kind:
                return message


async def until(condition: Any, seconds: float = 3) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def test_an_agents_page_gets_hello_its_state_and_every_change(house: House) -> None:
    amy, bob = await house.sign_in("amy"), await house.sign_in("bob")
    first, second, other = await amy.socket(), await amy.socket(), await bob.socket()
    assert (await heard(first, "hello"))["user"]["agent_id"] == "amy"
    assert (await heard(first, "agent"))["agent"]["state"] == "signed_out"
    await heard(second, "agent")
    await heard(other, "agent")
    await amy.ask("POST", "/me/agent/state", {"state": "ready"})
    for socket in (first, second):
        assert (await heard(socket, "agent"))["agent"]["state"] == "ready"
    with pytest.raises(TimeoutError):
        await heard(other, "agent", 0.2)
    assert sorted(house.desk.open_desks) == ["amy", "bob"]  # opened once, however many pages
    await first.close()
    await asyncio.sleep(0.1)
    assert sorted(house.desk.open_desks) == ["amy", "bob"]
    await second.close()
    await until(lambda: house.desk.open_desks == ["bob"])


async def test_the_screen_pop_reaches_the_page_in_milliseconds(house: House) -> None:
    amy = await house.sign_in("amy")
    socket = await amy.socket()
    await heard(socket, "agent")
    delays = []
    for n in range(200):
        begun = time.perf_counter()
        house.hub.publish(
            "agent:amy", {"type": "pop", "pop": {"call_id": f"c{n}", "timeline": [{"note": "x" * 200}] * 20}}
        )
        assert (await heard(socket, "pop"))["pop"]["call_id"] == f"c{n}"
        delays.append(time.perf_counter() - begun)
    assert sorted(delays)[197] < 0.05, "the 99th percentile of the way from the hub to the page"
    await socket.send_json({"type": "pop_shown", "call_id": "c199"})
    await until(lambda: house.desk.shown == [("amy", "c199")])


async def test_the_wallboard_comes_to_those_who_want_it(house: House) -> None:
    sue = await house.sign_in("sue")
    socket = await sue.socket()
    await heard(socket, "hello")
    with pytest.raises(TimeoutError):
        await heard(socket, "wallboard", 0.2)
    socket = await sue.socket()
    await socket.send_json({"type": "subscribe", "topic": "wallboard"})
    assert (await heard(socket, "wallboard"))["wallboard"]["queues"][0]["waiting"] == 0
    house.live.waiting = 3
    async with asyncio.timeout(3):
        while (await heard(socket, "wallboard"))["wallboard"]["queues"][0]["waiting"] != 3:
            pass
    await socket.send_json({"type": "unsubscribe", "topic": "wallboard"})
    await socket.send_json({"type": "ping"})
    await heard(socket, "pong")
    with pytest.raises(TimeoutError):
        await heard(socket, "wallboard", 0.2)


async def test_problems_are_told_to_admins_alone(house: House) -> None:
    ada, sue = await (await house.sign_in("ada")).socket(), await (await house.sign_in("sue")).socket()
    await heard(ada, "hello")
    await heard(sue, "hello")
    house.hub.publish("problems", {"type": "problems"})
    await heard(ada, "problems")
    with pytest.raises(TimeoutError):
        await heard(sue, "problems", 0.2)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
async def test_foreign_pages_get_no_socket(house: House, origin: str | None) -> None:
    amy = await house.sign_in("amy")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await amy.socket(origin=origin)
    assert refused.value.status == 403


async def test_nobody_gets_no_socket(house: House) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await house.nobody().socket()
    assert refused.value.status == 401
    amy = await house.sign_in("amy")
    async with amy.session.get("/api/v1/ws", headers={"Origin": house.base}) as answer:
        assert answer.status == 400  # no upgrade was asked for


async def test_signing_out_cuts_the_pages_of_that_session(house: House) -> None:
    amy = await house.sign_in("amy")
    elsewhere = await house.sign_in("amy")
    here, there = await amy.socket(), await elsewhere.socket()
    await heard(here, "agent")
    await heard(there, "agent")
    await heard(here, "elsewhere")  # her second place took over
    await amy.ask("DELETE", "/session")
    async with asyncio.timeout(3):
        message = await here.receive()
    assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 4401)
    await there.send_json({"type": "ping"})
    await heard(there, "pong")
    await house.users.set_disabled("amy", True)  # noticed at the next check
    async with asyncio.timeout(3):
        while (message := await there.receive()).type is aiohttp.WSMsgType.TEXT:
            pass
    assert message.data == 4401


async def test_a_page_that_does_not_read_is_cut_off_and_the_others_hear_on(house: House) -> None:
    amy = await house.sign_in("amy")
    quick = await amy.socket()
    await heard(quick, "agent")
    host, port = house.base.removeprefix("http://").split(":")
    cookie = next(iter(amy.session.cookie_jar))
    reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
    writer.write(
        f"GET /api/v1/ws HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {house.base}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        f"Cookie: cc_session={cookie.value}\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    received = 0

    async def read_on() -> None:
        nonlocal received
        async for message in quick:
            received += '"pop"' in message.data

    reading = asyncio.create_task(read_on())
    big = {"type": "pop", "pop": {"call_id": "x", "filler": "y" * 60_000}}
    for _ in range(600):
        house.hub.publish("agent:amy", big)
        await asyncio.sleep(0.001)
    await until(lambda: received == 600, 10)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        async with asyncio.timeout(5):
            while True:
                await reader.readexactly(60_000)
    reading.cancel()
    writer.close()
    async with aiohttp.ClientSession() as session, session.get(house.base + "/metrics") as answer:
        assert "callcenter_web_sockets_cut_off_total 1.0" in await answer.text()


async def test_a_message_too_large_ends_that_socket_alone(house: House) -> None:
    amy = await house.sign_in("amy")
    large, small = await amy.socket(), await amy.socket()
    await heard(small, "agent")
    await large.send_str("x" * 20_000)
    async with asyncio.timeout(3):
        while (message := await large.receive()).type is aiohttp.WSMsgType.TEXT:
            pass
    assert message.data == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
    await small.send_json({"type": "ping"})
    await heard(small, "pong")


messages: Any = (
    st.binary(max_size=100)
    | st.text(max_size=100)
    | st.fixed_dictionaries(
        {"type": st.sampled_from(["subscribe", "unsubscribe", "pop_shown", "ping", "hello"]) | scraps},
        optional={"topic": st.just("wallboard") | scraps, "call_id": scraps, "at": scraps},
    )
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(messages, max_size=10))
def test_no_message_closes_the_socket_or_the_server(
    said: list[Any], fuzzed: tuple[House, list[Client], Any]
) -> None:
    import json

    _, clients, loop = fuzzed

    async def talk() -> None:
        socket = await clients[0].socket()
        for message in said:
            if isinstance(message, bytes):
                await socket.send_bytes(message)
            elif isinstance(message, str):
                await socket.send_str(message)
            else:
                await socket.send_str(json.dumps(message))
        await socket.send_json({"type": "ping"})
        await heard(socket, "pong")
        await socket.close()

    loop.run_until_complete(talk())
