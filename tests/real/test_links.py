"""The manager's link alone freezes, both sides die, the controller is restarted: what is easy to miss."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from tests.real.kit import Office, until

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]


class FreezingWire:
    """Between controller and manager: carries bytes, or holds them without closing (a half-open link)."""

    def __init__(self) -> None:
        self.flows = asyncio.Event()
        self.flows.set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                await self.flows.wait()
                writer.write(data)
        writer.close()

    async def serve(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(self.carry(reader, far_writer), self.carry(far_reader, writer))


@contextlib.asynccontextmanager
async def a_wire(office: Office) -> AsyncIterator[FreezingWire]:
    """The controller's manager link goes through a wire that can freeze."""
    wire = FreezingWire()
    manager = office.center.asterisk.ports.ami
    server = await asyncio.start_server(lambda r, w: wire.serve(manager, r, w), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    config = office.center.config_file
    good = config.read_text()
    await office.center.stop_controller()
    config.write_text(good.replace(f"port: {manager}", f"port: {port}"))
    assert config.read_text() != good
    await office.center.start_controller()
    try:
        yield wire
    finally:
        wire.flows.set()
        await office.center.stop_controller()
        server.close()
        config.write_text(good)
        await office.center.start_controller()


async def is_ready(office: Office) -> bool:
    return (await office.web("/readyz")).status == 200


async def test_the_managers_link_freezes_while_a_phone_rings_and_is_answered(office: Office) -> None:
    async with a_wire(office) as wire:
        office.manners("amy", answer_after=1.0, speaks=True)
        await office.ready("amy")
        wire.flows.clear()
        frozen_at = time.time()
        caller = await office.call("4002")
        call_id = await office.call_id(caller)
        talk = await office.phones.wait_talking("1001", 10)

        async def noticed() -> bool:
            return not await is_ready(office)

        await until(noticed, 12)
        assert time.time() - frozen_at < 10
        wire.flows.set()

        async def back() -> bool:
            return await is_ready(office)

        await until(back, 15)
        await office.wait_state("amy", "talking", seconds=3)
        await asyncio.sleep(max(0.0, frozen_at + 17 - time.time()))  # longer than any lease
        assert await office.state("amy") == "talking"
        office.phones.hang_up("1001")
        assert await office.outcome(call_id) == "answered"
        await office.wait_state("amy", "wrap_up")
        started = (await office.facts("talk.started", call_id))[0]
        assert talk.talking - 1 < started.at < talk.talking + 12, "known as soon as the link was back"
        assert (await office.row(call_id))["talk_seconds"] > talk.ended - talk.talking - 12
        await office.wait_fact("recording.kept", call_id)
        assert await office.metric("callcenter_mended_total") == 0
        await office.everyone_leaves()


async def test_a_controller_restarted_in_order_loses_nothing(office: Office) -> None:
    await office.ready("amy")
    talking = await office.call("4002", speak_after=0.1)
    await office.phones.wait_talking("1001")
    waiting = [await office.call("4002", speak_after=0.1) for _ in range(3)]
    waiting_ids = [await office.call_id(c) for c in waiting]
    for call_id in waiting_ids:
        await office.wait_fact("queue.entered", call_id)
    in_menu = await office.call("4001", keys=[(0.6, "1")])
    message = await office.call("4004", speak_after=0.1)
    await asyncio.sleep(2.5)
    await office.center.stop_controller()
    await office.center.start_controller()
    await office.wait_state("amy", "talking")
    assert (await office.view("amy"))["call_id"] == await office.call_id(talking)
    office.manners("amy", answer_after=0.2, talk_seconds=0.6, speaks=True)
    async with office.short_wrap_ups():
        talking.hang_up()
        for caller in waiting:
            await caller.wait_ended(20)
        served = [f.call_id for f in await office.facts("queue.assigned") if f.call_id in waiting_ids]
        order = [f.call_id for f in await office.facts("queue.entered") if f.call_id in waiting_ids]
        assert served == order
        await in_menu.press("3")
        await in_menu.wait_ended(10)
    for caller in (talking, *waiting, in_menu):
        assert await office.outcome(await office.call_id(caller)) == "answered"
    message.hang_up()
    assert await office.outcome(await office.call_id(message)) in ("voicemail", "ivr")
    assert await office.metric("callcenter_mended_total") == 0
    figures = (await office.view("amy"))["today"]
    assert figures["answered"] >= 4
    await office.center.stop_controller()
    await office.center.start_controller()
    after = (await office.view("amy"))["today"]
    running = ("busy_seconds", "ready_seconds", "occupancy", "reasons")  # these go on by themselves
    assert {n: v for n, v in after.items() if n not in running} == {
        n: v for n, v in figures.items() if n not in running
    }
    assert figures["busy_seconds"] <= after["busy_seconds"] <= figures["busy_seconds"] + 30


async def test_a_message_is_listed_though_the_controller_died_while_it_was_left(office: Office) -> None:
    caller = await office.call("4004", speak_after=0.1)
    call_id = await office.call_id(caller)
    begun = await office.wait_fact("voicemail.begun", call_id, 15)
    await asyncio.sleep(2.5)
    await office.center.kill_controller()
    caller.hang_up()
    await caller.wait_ended(5)
    await office.center.start_controller()
    assert await office.outcome(call_id) == "voicemail"
    left = await office.wait_fact("voicemail.left", call_id)
    assert left.data["path"] == begun.data["path"] and left.data["seconds"] > 1.5
    listed = [v for v in (await office.ask("/voicemails"))["voicemails"] if v["call_id"] == call_id]
    assert len(listed) == 1 and listed[0]["box"] == begun.data["box"]


async def test_a_recording_is_kept_though_the_controller_dies_as_the_talk_ends(office: Office) -> None:
    await office.ready("amy")
    caller = await office.call("4002", speak_after=0.1)
    call_id = await office.call_id(caller)
    await office.phones.wait_talking("1001")
    await asyncio.sleep(1.5)
    caller.hang_up()
    await caller.wait_ended(5)
    await asyncio.sleep(0.15)
    await office.center.kill_controller()
    killed_at = time.time()
    await office.center.start_controller()
    kept = await office.wait_fact("recording.kept", call_id, 10)
    assert kept.at > killed_at, "kept too soon for this story"
    assert await office.outcome(call_id) == "answered"
    assert kept.data["seconds"] > 1 and (await office.row(call_id))["has_recording"]
    assert not list((office.center.data / "recordings" / "tracks").iterdir())


async def test_both_sides_die(office: Office) -> None:
    await office.ready("amy")
    talking = await office.call("4002", speak_after=0.1)
    await office.phones.wait_talking("1001")
    waiting = await office.call("4002")
    in_menu = await office.call("4001")
    await asyncio.sleep(3)  # Asterisk writes recordings in pieces of two seconds
    ids = [await office.call_id(c) for c in (talking, waiting, in_menu)]
    await office.wait_fact("queue.entered", ids[1])
    await office.center.kill_controller()
    await office.center.asterisk.kill()
    starting = asyncio.create_task(office.center.start_controller())
    await asyncio.sleep(2.5)
    await office.center.asterisk.start()
    await starting
    await office.wait_state("amy", "wrap_up", "ready", seconds=15)
    for call_id in ids:
        assert await office.outcome(call_id) == "cut"
    assert set(ids) <= {c["call_id"] for c in (await office.ask("/callbacks"))["callbacks"]}
    await office.wait_fact("recording.kept", ids[0])
    assert await office.metric("callcenter_calls_open") == 0
    assert await office.metric("callcenter_mended_total") == 0
