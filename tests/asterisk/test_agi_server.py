"""The door for legs: strangers cost nothing, a leg's commands and its end are told exactly."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from callcenter.asterisk.agi_server import AgiGone, AgiServer, AgiSession, AgiTimeout

OPENING = b"agi_network: yes\nagi_uniqueid: 1.1\nagi_arg_1: menu\n\n"


class Peer:
    """Asterisk's side of a connection, played on a bare socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    async def line(self) -> bytes:
        return await asyncio.wait_for(self.reader.readline(), 3)

    async def closed(self) -> bool:
        return await self.line() == b""


@asynccontextmanager
async def door(
    handler: Callable[[AgiSession], Awaitable[None]], deadline: float = 5.0, max_sessions: int = 100
) -> AsyncIterator[AgiServer]:
    server = AgiServer("127.0.0.1", 0, handler, request_deadline=deadline, max_sessions=max_sessions)
    await server.start()
    try:
        yield server
    finally:
        await server.close()
        assert server.active == 0


@asynccontextmanager
async def knock(server: AgiServer, opening: bytes = OPENING) -> AsyncIterator[Peer]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(opening)
    yield Peer(reader, writer)
    writer.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(3):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_leg_gets_its_opening_its_arguments_and_its_replies() -> None:
    said: list[object] = []

    async def handler(session: AgiSession) -> None:
        said.append((session.env["agi_uniqueid"], session.args))
        said.append((await session.command("GET VARIABLE", 'a "b" \\')).data)

    async with door(handler) as server, knock(server, OPENING[:20]) as peer:
        await asyncio.sleep(0.01)
        assert server.sessions == 0  # nothing is begun for half an opening
        peer.say(OPENING[20:])
        assert await peer.line() == b'GET VARIABLE "a \\"b\\" \\\\"\n'
        peer.say("200 result=1 (王)\n".encode())
        assert await peer.closed()
    assert said == [("1.1", ["menu"]), "王"]


@pytest.mark.parametrize("opening", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01", b"agi_a: b\nnonsense\n\n"])
async def test_garbage_is_shown_the_door(opening: bytes) -> None:
    async with door(never) as server, knock(server, opening) as peer:
        with pytest.raises((ConnectionError, AssertionError)):
            assert not await peer.closed()
        assert (server.refused, server.sessions) == (1, 0)


async def test_silent_and_hasty_visitors_cost_nothing() -> None:
    async with door(never, deadline=0.1) as server:
        tasks = len(asyncio.all_tasks())
        sockets = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(50)]
        for hasty in sockets[:25]:
            hasty.close()
        await until(lambda: server.connections == 50)
        assert len(asyncio.all_tasks()) == tasks
        await until(lambda: server.active == 0)
        for silent in sockets[25:]:
            silent.close()
        assert server.sessions == 0
        assert server.refused == 50


async def test_a_hangup_is_heard_while_idle_and_variables_can_still_be_read() -> None:
    heard = asyncio.Event()

    async def handler(session: AgiSession) -> None:
        session.on_hangup = heard.set
        await heard.wait()
        assert session.hungup
        assert (await session.command("GET VARIABLE", "X")).data == "kept"
        with pytest.raises(AgiGone) as gone:
            await session.command("WAIT FOR DIGIT", "1")
        assert gone.value.caller_left

    async with door(handler) as server, knock(server) as peer:
        peer.say(b"HANGUP\n")
        await peer.line()
        peer.say(b"200 result=1 (kept)\n")
        await peer.line()
        peer.writer.close()
        await until(lambda: server.active == 0)
        assert server.handler_failures == 0


async def test_a_hangup_during_a_command_does_not_take_its_reply() -> None:
    async def handler(session: AgiSession) -> None:
        assert (await session.command("EXEC", "Dial", "PJSIP/1")).result == "-1"
        assert session.hungup
        assert (await session.command("GET VARIABLE", "DIALSTATUS")).data == "CANCEL"

    async with door(handler) as server, knock(server) as peer:
        await peer.line()
        peer.say(b"HANGUP\n200 result=-1\n")
        await peer.line()
        peer.say(b"200 result=1 (CANCEL)\n")
        assert await peer.closed()
        assert server.handler_failures == 0


async def test_a_lost_link_is_told_from_a_caller_who_left() -> None:
    told: list[bool] = []

    async def handler(session: AgiSession) -> None:
        session.on_gone = lambda gone: told.append(gone.caller_left)
        with pytest.raises(AgiGone) as gone:
            await session.command("EXEC", "Wait", "9")
        assert not gone.value.caller_left

    async with door(handler) as server, knock(server) as peer:
        await peer.line()
        peer.writer.transport.abort()
        await until(lambda: server.active == 0)
        assert told == [False] and server.handler_failures == 0


async def test_one_command_at_a_time_and_a_late_reply_is_thrown_away() -> None:
    async def handler(session: AgiSession) -> None:
        first = asyncio.create_task(session.command("WAIT FOR DIGIT", "9"))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="already under way"):
            await session.command("NOOP")
        first.cancel()
        await asyncio.wait({first})
        with pytest.raises(AgiTimeout):
            await session.command("NOOP", deadline=0.02)
        assert (await session.command("GET VARIABLE", "X", deadline=2)).data == "mine"

    async with door(handler) as server, knock(server) as peer:
        await peer.line()
        await peer.line()
        await peer.line()
        peer.say(b"200 result=53\n200 res")
        peer.say(b"ult=0\nHANGUP\n200 result=1 (mine)\n")
        assert await peer.closed()
        assert server.handler_failures == 0


async def test_a_failing_handler_gives_the_leg_back(caplog: pytest.LogCaptureFixture) -> None:
    async def handler(session: AgiSession) -> None:
        raise RuntimeError("a fault in our own code")

    async with door(handler) as server, knock(server) as peer:
        assert await peer.closed()
        assert server.handler_failures == 1
        assert "the handler of leg 1.1 failed" in caplog.text


async def test_a_full_house_turns_further_legs_away_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    async with door(never, max_sessions=1) as server, knock(server):
        await until(lambda: server.sessions == 1)
        for _ in range(2):
            async with knock(server) as other:
                with pytest.raises((ConnectionError, AssertionError)):
                    assert not await other.closed()
        assert server.overflowed == 2
        assert caplog.text.count("turned away") == 1


async def test_closing_cancels_handlers_and_lets_them_clean_up() -> None:
    cleaned: list[str] = []

    async def handler(session: AgiSession) -> None:
        try:
            await session.command("EXEC", "Wait", "100")
        finally:
            await asyncio.sleep(0.01)
            cleaned.append(session.env["agi_uniqueid"])

    async with door(handler) as server, knock(server) as peer:
        await peer.line()
        await server.close()
        assert cleaned == ["1.1"]
        assert await peer.closed()


async def test_small_lines_leave_at_once() -> None:
    def no_delay(session: AgiSession) -> int:
        assert session._transport is not None
        wire = session._transport.get_extra_info("socket")
        return int(wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    seen: list[int] = []

    async def handler(session: AgiSession) -> None:
        seen.append(no_delay(session))

    async with door(handler) as server, knock(server) as peer:
        assert await peer.closed()
    assert seen == [1]


async def never(session: AgiSession) -> None:
    """A leg that waits for its caller to go."""
    await session.command("EXEC", "Wait", "1000")
