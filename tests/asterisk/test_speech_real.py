"""Callers speak to a real Asterisk, which asks our recognition what they said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from asterisk_kit import WITNESS, witness

from callcenter.asterisk.config_files import AsteriskValues
from callcenter.asterisk.local_install import AsteriskProgram
from callcenter.asterisk.local_server import LocalAsterisk, free_ports
from callcenter.demo.ports import PortPool
from callcenter.demo.sipp import Caller
from callcenter.speech.recognition.service import RecognitionService, RecognitionSettings
from tests.speech.saying import said

pytestmark = pytest.mark.real


def asks(number: str, grammar: str) -> str:
    """A number that answers, listens and tells the manager what it heard."""
    told = "Text: ${SPEECH_TEXT(0)},Score: ${SPEECH_SCORE(0)},Kind: ${SPEECH_GRAMMAR(0)},Error: ${ERROR}"
    return (
        f"exten => {number},1,Answer()\n"
        " same => n,SpeechCreate(callcenter)\n"
        ' same => n,GotoIf($["${ERROR}" = "1"]?told)\n'
        f" same => n,Set(SPEECH_ENGINE(grammar)={grammar})\n"
        " same => n,SpeechBackground(silence/1,12)\n"
        f" same => n(told),UserEvent(Heard,Number: {number},{told})\n"
        " same => n,Hangup()\n"
    )


NUMBERS = (
    "[callcenter-inbound](+)\n"
    + asks("7001", '{"words": ["order", "refund", "agent"], "language": "en"}')
    + asks("7002", '{"words": ["订单", "退款", "人工"], "language": "zh-CN"}')
)


@asynccontextmanager
async def hotline(
    program: AsteriskProgram, folder: Path, stt_port: int
) -> AsyncIterator[tuple[LocalAsterisk, PortPool]]:
    values = AsteriskValues(stt_address=f"127.0.0.1:{stt_port}")
    files = WITNESS | {"extensions_local.conf": NUMBERS}
    ports = free_ports(31000, 31399, rtp=80)
    async with LocalAsterisk(program, folder / "pbx", ports, values, extra_files=files) as pbx:
        yield pbx, PortPool(31400, 31599)


async def heard(
    pbx: LocalAsterisk, ports: PortPool, folder: Path, number: str, sound: bytes
) -> dict[str, str]:
    """What Asterisk was told of a caller who dials and speaks."""
    speech = folder / f"{number}.ulaw"
    speech.write_bytes(sound)
    async with (
        witness(pbx) as manager,
        Caller(
            pbx.ports.sip, ports, folder, did=number, ani="13800138000", speech=speech, speak_after=0.3
        ) as caller,
    ):
        await caller.wait_answered()
        event = await manager.event("UserEvent", UserEvent="Heard", Number=number)
        await caller.wait_ended(10)
        return event


async def test_callers_say_what_they_want_in_english_and_chinese(
    asterisk_program: AsteriskProgram, tmp_path: Path
) -> None:
    service = RecognitionService(RecognitionSettings(port=0))
    await service.start()
    try:
        async with hotline(asterisk_program, tmp_path, service.port) as (pbx, ports):
            told = await heard(pbx, ports, tmp_path, "7001", said("refund"))
            assert (told["Kind"], told["Text"]) == ("heard", "refund") and int(told["Score"]) >= 50
            told = await heard(pbx, ports, tmp_path, "7002", said("人工", "zh-CN"))
            assert (told["Kind"], told["Text"]) == ("heard", "人工") and int(told["Score"]) >= 50
            told = await heard(pbx, ports, tmp_path, "7001", said("umbrella"))
            assert told["Kind"] == "unclear" or int(told["Score"]) < 40
    finally:
        await service.stop()


async def test_without_recognition_the_call_goes_on(
    asterisk_program: AsteriskProgram, tmp_path: Path
) -> None:
    deaf = RecognitionService(RecognitionSettings(port=0, models={"en": str(tmp_path / "none")}))
    await deaf.start()
    try:
        async with hotline(asterisk_program, tmp_path, deaf.port) as (pbx, ports):
            told = await heard(pbx, ports, tmp_path, "7001", said("refund"))
            assert (told["Kind"], told["Text"]) == ("failed", "")
            await deaf.stop()
            told = await heard(pbx, ports, tmp_path, "7001", said("refund"))
            assert told["Error"] == "1"
    finally:
        await deaf.stop()
