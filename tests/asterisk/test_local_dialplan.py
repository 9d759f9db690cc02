"""The dialplan keeps every caller in good hands, whatever becomes of the controller."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from asterisk_kit import CALLER, WITNESS, AmiProbe, Knock, agi_door, answering_phone, sipp, witness

from callcenter.asterisk.config_files import AsteriskValues
from callcenter.asterisk.local_install import AsteriskProgram
from callcenter.asterisk.local_server import LocalAsterisk, free_ports

pytestmark = pytest.mark.real


async def legs(link: AmiProbe) -> list[dict[str, str]]:
    return [m for m in await link.action("CoreShowChannels") if m.get("Event") == "CoreShowChannel"]


async def until(knocks: list[Knock], count: int, within_s: float = 5.0) -> None:
    deadline = time.monotonic() + within_s
    while len(knocks) < count:
        assert time.monotonic() < deadline, f"only {len(knocks)} of {count} knocks"
        await asyncio.sleep(0.02)


async def end(knock: Knock) -> None:
    await knock.say("HANGUP")


@contextlib.asynccontextmanager
async def caller(pbx: LocalAsterisk, folder: Path, row: str = "Wang;4008001;13800000") -> AsyncIterator[None]:
    async with sipp(pbx, folder, CALLER, row):
        yield


async def test_a_caller_of_a_dead_controller_hears_music_until_it_is_there(
    pbx: LocalAsterisk, tmp_path: Path, agi_port: int
) -> None:
    async with witness(pbx) as link, caller(pbx, tmp_path):
        await asyncio.sleep(1.5)
        (held,) = await legs(link)
        assert held["ChannelStateDesc"] == "Up" and held["Application"] == "Wait"
        stats = await pbx.rx("pjsip show channelstats")
        sent = re.search(r"ulaw\s+(\d+)\s+\d+\s+\d+\s+[\d.]+\s+(\d+)", stats)
        assert sent and int(sent[2]) > 30, stats  # packets of music on their way to him
        async with agi_door(agi_port, end) as knocks:
            await until(knocks, 1, 2.5)
            assert knocks[0].env["agi_uniqueid"] == held["Uniqueid"]
            assert knocks[0].env["agi_dnid"] == knocks[0].env["agi_extension"] == "4008001"
            assert (await link.event("Hangup"))["Uniqueid"] == held["Uniqueid"]


async def test_when_the_controller_dies_the_same_leg_knocks_again(
    pbx: LocalAsterisk, tmp_path: Path, agi_port: int
) -> None:
    async def wait_then_die(knock: Knock) -> None:
        if len(knocks) == 1:
            await knock.say("ANSWER")
            await knock.say("SET MUSIC ON callcenter")
            knock.die()
        else:
            await knock.say("HANGUP")

    async with witness(pbx) as link, agi_door(agi_port, wait_then_die) as knocks, caller(pbx, tmp_path):
        await until(knocks, 2)
        first, second = knocks
        assert second.env["agi_uniqueid"] == first.env["agi_uniqueid"]
        assert (await link.event("Hangup"))["Uniqueid"] == first.env["agi_uniqueid"]
        await asyncio.sleep(0.2)
        assert len(knocks) == 2


async def test_a_talk_goes_on_without_the_controller_and_ends_with_the_agent(
    pbx: LocalAsterisk, tmp_path: Path, agi_port: int
) -> None:
    async def connect_then_die(knock: Knock) -> None:
        await knock.say("ANSWER")
        knock.writer.write(b'EXEC Dial "PJSIP/1001,10,g"\n')
        await link.event("DialEnd", DialStatus="ANSWER")
        knock.die()

    async with witness(pbx) as link, answering_phone(pbx, tmp_path):
        async with agi_door(agi_port, connect_then_die):
            talk = caller(pbx, tmp_path)
            await talk.__aenter__()
            await link.event("DialEnd", DialStatus="ANSWER")
        await asyncio.sleep(1.5)
        talking = await legs(link)
        assert len(talking) == 2 and len({leg["BridgeId"] for leg in talking}) == 1
        agent = next(leg for leg in talking if leg["Channel"].startswith("PJSIP/1001-"))
        ours = next(leg for leg in talking if leg is not agent)
        await link.action("Hangup", Channel=agent["Channel"])
        await link.event("Hangup", Uniqueid=ours["Uniqueid"])
        await talk.__aexit__(None, None, None)


async def test_a_controller_that_came_back_during_the_talk_gets_the_caller_after_it(
    pbx: LocalAsterisk, tmp_path: Path, agi_port: int
) -> None:
    async def door(knock: Knock) -> None:
        if len(knocks) > 1:
            await knock.say("HANGUP")
            return
        await knock.say("ANSWER")
        knock.writer.write(b'EXEC Dial "PJSIP/1001,10,g"\n')
        await link.event("DialEnd", DialStatus="ANSWER")
        knock.die()

    async with (
        witness(pbx) as link,
        answering_phone(pbx, tmp_path),
        agi_door(agi_port, door) as knocks,
        caller(pbx, tmp_path),
    ):
        await link.event("DialEnd", DialStatus="ANSWER")
        await asyncio.sleep(0.3)
        agent = next(leg for leg in await legs(link) if leg["Channel"].startswith("PJSIP/1001-"))
        await link.action("Hangup", Channel=agent["Channel"])
        await until(knocks, 2)
        assert knocks[1].env["agi_uniqueid"] == knocks[0].env["agi_uniqueid"]


async def test_after_the_limit_the_caller_is_told_politely_and_let_go(
    asterisk_program: AsteriskProgram, tmp_path: Path, agi_port: int
) -> None:
    values = AsteriskValues(agi_address=f"127.0.0.1:{agi_port}", hold_limit_s=2, sorry_prompt="beep")
    async with LocalAsterisk(
        asterisk_program, tmp_path / "pbx", free_ports(21000, 21899, rtp=80), values, extra_files=WITNESS
    ) as pbx:
        async with witness(pbx) as link, caller(pbx, tmp_path):
            began = time.monotonic()
            await link.event("Hangup")
            assert 2 < time.monotonic() - began < 7
        assert "Playback" in pbx.places.cdr_file.read_text() or "Hangup" in pbx.places.cdr_file.read_text()


@pytest.mark.parametrize("dialed", ["4008001", "+8675512345678", "0755-123", "hotline", "s", "8001*2#"])
async def test_any_dialed_number_reaches_the_controller_unharmed(
    pbx: LocalAsterisk, tmp_path: Path, agi_port: int, dialed: str
) -> None:
    row = f'"Wang \\"${{SHELL(id)}}\\" $[1+1] 王";{dialed};13800000'
    async with agi_door(agi_port, end) as knocks, sipp(pbx, tmp_path, CALLER, row):
        await until(knocks, 1)
        await asyncio.sleep(0.3)
        assert len(knocks) == 1  # nothing runs after the hang-up
    assert knocks[0].env["agi_dnid"] == dialed
    assert "${SHELL(id)}" in knocks[0].env["agi_calleridname"] and "王" in knocks[0].env["agi_calleridname"]


async def test_a_phone_may_hear_itself_call_a_colleague_or_a_hotline_and_nothing_else(
    pbx: LocalAsterisk, agi_port: int
) -> None:

    async def apps(dialed: str) -> str:
        return await pbx.rx(f"dialplan show {dialed}@callcenter-phones")

    assert "Echo" in await apps("*43")
    assert "PJSIP/" in await apps("1001") and "hotline" in await apps("95588")
    assert "refused" in await apps("hello")

    async with witness(pbx) as link, agi_door(agi_port, end) as knocks:
        await link.action("Originate", Channel="Local/95588@callcenter-phones", Application="Wait", Data="2")
        await until(knocks, 1)
        assert knocks[0].env["agi_extension"] == "95588"
