"""The link to a real Asterisk's manager, over a wire that freezes, breaks and splits."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from asterisk_kit import ami
from wire_support import Wire

from callcenter.asterisk.ami_client import (
    AmiActionFailed,
    AmiClient,
    AmiConnectionLost,
    AmiNotConnected,
    AmiTimeout,
)
from callcenter.asterisk.ami_codec import AmiMessage
from callcenter.asterisk.local_server import LocalAsterisk

pytestmark = pytest.mark.real


class Impatient(random.Random):
    """A random source that always asks for the same short pause."""

    def uniform(self, a: float, b: float) -> float:
        return min(0.05, b)


class Diary:
    """What the client told its owner."""

    def __init__(self) -> None:
        self.ups = 0
        self.downs: list[str] = []

    async def on_up(self) -> None:
        self.ups += 1

    def on_down(self, why: str) -> None:
        self.downs.append(why)


@asynccontextmanager
async def client_on(
    port: int,
    secret: str,
    diary: Diary | None = None,
    ready: bool = True,
    **on_event: Callable[[AmiMessage], None],
) -> AsyncIterator[AmiClient]:
    diary = diary or Diary()
    client = AmiClient(
        "127.0.0.1",
        port,
        "callcenter",
        secret,
        on_event=on_event,
        on_up=diary.on_up,
        on_down=diary.on_down,
        rng=Impatient(1),
    )
    run = asyncio.create_task(client.run())
    try:
        if ready:
            await asyncio.wait_for(client.wait_ready(), 10)
        yield client
    finally:
        started = time.monotonic()
        await client.close()
        await run
        assert time.monotonic() - started < 1.0, "closing must not wait for anything"
        assert client.state == "stopped"


async def until(condition: Callable[[], bool], seconds: float) -> float:
    """Wait for a condition; how long it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, "it did not happen in time"
        await asyncio.sleep(0.01)
    return time.monotonic() - started


async def test_a_half_open_link_is_noticed_and_made_anew(pbx: LocalAsterisk) -> None:
    diary = Diary()
    async with Wire(pbx.ports.ami) as wire, client_on(wire.port, pbx.values.ami_secret, diary) as client:
        await asyncio.sleep(3.5)  # pings are answered: the link lives although nothing happens
        assert client.ready and diary.downs == [] and client.round_trip_seconds > 0
        wire.freeze()
        waiting = asyncio.create_task(client.action("Ping", deadline=30))
        assert await until(lambda: not client.ready, 10) < 10
        with pytest.raises(AmiConnectionLost, match="outcome unknown"):
            await waiting
        with pytest.raises(AmiNotConnected):
            await client.action("Ping")
        wire.thaw()
        await until(lambda: client.ready, 10)
        assert (diary.ups, len(diary.downs), client.reconnects) == (2, 1, 1)
        assert "nothing heard" in diary.downs[0]


async def test_a_broken_link_comes_back_and_the_picture_is_rebuilt(pbx: LocalAsterisk) -> None:
    diary = Diary()
    async with Wire(pbx.ports.ami) as wire, client_on(wire.port, pbx.values.ami_secret, diary) as client:
        for times in (2, 3):
            wire.cut()
            await until(lambda n=times: diary.ups == n and client.ready, 5)
        assert (await client.action("Ping")).ok


@pytest.mark.parametrize("arrives", [False, True])
async def test_a_call_ordered_while_the_wire_froze_is_never_ordered_twice(
    pbx: LocalAsterisk, arrives: bool
) -> None:
    async with (
        ami(pbx) as witness,
        Wire(pbx.ports.ami) as wire,
        client_on(wire.port, pbx.values.ami_secret) as client,
    ):
        wire.freeze_at = b"Action: Originate"
        order = asyncio.create_task(
            client.originate("Local/s@callcenter-away", "order-1", application="Wait", data="20", deadline=30)
        )
        await until(lambda: b"Action: Originate" in wire.from_client, 3)
        if arrives:
            wire.freeze_at = b""
            wire.thaw()  # the order gets through…
            await asyncio.sleep(0.02)
        wire.cut()
        wire.freeze_at = b""
        if arrives:
            await asyncio.wait({order}, timeout=3)
        else:
            with pytest.raises(AmiConnectionLost, match="outcome unknown"):
                await order
            wire.thaw()
        await until(lambda: client.ready, 5)
        await asyncio.sleep(1.0)  # time enough for a second order, were there one
        assert await client.channel_exists("order-1") is arrives
        assert wire.from_client.count(b"Action: Originate") == 1
        answers = [event for event in witness.events if event.get("Event") == "OriginateResponse"]
        assert len(answers) == int(arrives)


async def test_a_wrong_secret_is_one_clear_line_and_tried_again(
    pbx: LocalAsterisk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "callcenter")
    async with Wire(pbx.ports.ami) as wire, client_on(wire.port, "not the secret", ready=False) as client:
        await until(lambda: wire.connections >= 4, 10)
        assert client.state in ("denied", "connecting") and not client.ready
        assert "sign-in as 'callcenter' refused" in client.last_error
        lines = [record for record in caplog.records if record.levelno >= logging.INFO]
        assert len(lines) == 1 and lines[0].levelno == logging.ERROR
        assert "not the secret" not in caplog.text
    assert b"not the secret" not in wire.from_client


async def test_a_handler_that_fails_harms_neither_later_events_nor_the_link(
    pbx: LocalAsterisk, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[str] = []

    def fail_the_first_time(message: AmiMessage) -> None:
        heard.append(message["Uniqueid"])
        if len(heard) == 1:
            raise RuntimeError("a fault in our own code")

    async with client_on(
        pbx.ports.ami, pbx.values.ami_secret, OriginateResponse=fail_the_first_time
    ) as client:
        for call in ("call-1", "call-2"):
            await client.originate("Local/s@callcenter-away", call, application="Wait", data="0")
            await until(lambda call=call: call in heard, 5)
        assert client.handler_failures == 1 and client.ready
        assert "the handler of OriginateResponse failed" in caplog.text


async def test_anything_in_a_variable_arrives_as_it_was_even_byte_by_byte(pbx: LocalAsterisk) -> None:
    texts = {"NAME": 'Wu, "Ann" (a\\b) [c] ${X}; =1 ) ( ]', "ZH": "王小明 😀", "EMPTY": "", "PAD": " x "}
    async with Wire(pbx.ports.ami) as wire:
        wire.split = True
        async with client_on(wire.port, pbx.values.ami_secret) as client:
            await client.originate(
                "Local/s@callcenter-away", "call-2", application="Wait", data="9", variables=texts
            )
            for name, text in texts.items():
                response = await client.action("Getvar", {"Channel": "call-2", "Variable": name})
                assert response.get("Value") == text


async def test_lists_come_whole_empty_or_with_the_reason(pbx: LocalAsterisk) -> None:
    async with client_on(pbx.ports.ami, pbx.values.ami_secret) as client:
        endpoints = await client.list_action("PJSIPShowEndpoints")
        assert "callcenter-trunk" in [item["ObjectName"] for item in endpoints]
        assert await client.list_action("PJSIPShowContacts") == []
        assert await client.list_action("CoreShowChannels") == []
        with pytest.raises(AmiActionFailed, match="Invalid/unknown command"):
            await client.list_action("NoSuchAction")
        with pytest.raises(AmiActionFailed, match="more than 0 entries"):
            await client.list_action("PJSIPShowEndpoints", limit=0)
        output = (await client.action("Command", {"Command": "core show help"})).getall("Output")
        assert len(output) > 100
        assert not await client.channel_exists("nobody")


async def test_an_answer_that_does_not_come_ends_at_its_deadline(pbx: LocalAsterisk) -> None:
    async with Wire(pbx.ports.ami) as wire, client_on(wire.port, pbx.values.ami_secret) as client:
        wire.freeze()
        with pytest.raises(AmiTimeout, match="outcome unknown"):
            await client.action("Ping", deadline=0.2)
        wire.thaw()
        assert (await client.action("Ping")).ok  # the late answer was not taken for this one's


@pytest.mark.parametrize("greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
async def test_a_stranger_on_the_port_is_named_and_closing_is_quick(greeting: bytes) -> None:
    async def stranger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(stranger, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with client_on(port, "secret", ready=False) as client:
        if greeting:
            await until(lambda: "not that of an Asterisk manager" in client.last_error, 3)
        else:
            await asyncio.sleep(0.1)
            assert client.state == "connecting"
    server.close()


async def test_closing_in_the_middle_of_a_long_pause_is_quick() -> None:
    class Patient(random.Random):
        def uniform(self, a: float, b: float) -> float:
            return 1000.0

    client = AmiClient("127.0.0.1", 1, "callcenter", "secret", on_event={}, rng=Patient())
    run = asyncio.create_task(client.run())
    await until(lambda: client.state == "waiting", 3)
    await asyncio.wait_for(client.close(), 0.5)
    await run
    assert "Connect call failed" in client.last_error
