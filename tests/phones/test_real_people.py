"""SIPp and baresip people on a real Asterisk: they do what they are told, and say what happened."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.asterisk.config_files import AsteriskValues
from callcenter.asterisk.local_install import find_or_install
from callcenter.asterisk.local_server import LocalAsterisk, free_ports
from callcenter.asterisk.provision import render_phones
from callcenter.demo.baresip import BaresipFailed, BaresipPhone
from callcenter.demo.ports import PortPool
from callcenter.demo.sipp import Caller
from callcenter.demo.sipp_phones import Manners, SippPhones
from callcenter.speech.tts import EspeakSpeaker
from callcenter.telephony.switch import Phone

pytestmark = pytest.mark.real

DIALPLAN = """[callcenter-inbound](+)
exten => 7001,1,Answer()
 same => n,Read(K1,,1,,1,5)
 same => n,Read(K2,,1,,1,5)
 same => n,Log(NOTICE,pressed ${K1}${K2})
 same => n,Hangup()
exten => 7003,1,Answer()
 same => n,MusicOnHold()
exten => 7004,1,Wait(60)
exten => _72XX,1,Answer()
 same => n,Dial(PJSIP/10${EXTEN:2},6)
 same => n,Hangup()
"""
SECRETS = {"1001": "plain", "1002": "0xlooks;like hex"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pbx(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalAsterisk]:
    phones = [Phone(e, s, e) for e, s in SECRETS.items()] + [Phone("1003", "soft", "1003")]
    server = LocalAsterisk(
        await asyncio.to_thread(find_or_install),
        tmp_path_factory.mktemp("pbx"),
        free_ports(26000, 26499, rtp=300),
        AsteriskValues(agi_address="127.0.0.1:9"),
        extra_files={
            "extensions_local.conf": DIALPLAN,
            "callcenter/pjsip_agents.conf": render_phones(phones),
        },
    )
    async with server:
        yield server


@pytest.fixture(scope="module")
def ports() -> PortPool:
    return PortPool(26500, 26999)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_caller_presses_keys_and_asterisk_hears_each_once(
    pbx: LocalAsterisk, ports: PortPool, tmp_path: Path
) -> None:
    who = {"did": "7001", "ani": "13800138000", "name": 'Zoë "Q" 张伟 🎉'}
    async with Caller(pbx.ports.sip, ports, tmp_path, keys=[(0.5, "5"), (0, "5")], **who) as caller:
        result = await caller.wait_ended(10)
    assert (result.how, result.keys) == ("far", ["5", "5"])
    assert "pressed 55" in (pbx.places.log / "messages.log").read_text()
    assert "Zoë" in pbx.places.cdr_file.read_text()


@pytest.mark.asyncio(loop_scope="module")
async def test_phones_answer_reject_let_ring_and_hang_up(
    pbx: LocalAsterisk, ports: PortPool, tmp_path: Path
) -> None:
    def call(did: str) -> Caller:
        return Caller(pbx.ports.sip, ports, tmp_path, did=did, ani="1380")

    async with SippPhones(pbx.ports.sip, ports, tmp_path, SECRETS, manners=Manners(0.2, None, 1.0)) as phones:
        await phones.wait_registered()
        async with call("7201") as caller:
            assert (await caller.wait_ended(10)).how == "far"
        assert (
            phones.calls[-1].how == "near" and 0.9 < phones.calls[-1].ended - phones.calls[-1].talking < 1.5
        )
        phones.manners["1002"] = Manners(answer_after=None)
        async with call("7202") as caller:
            await phones.wait_ringing("1002")
            phones.reject("1002")
            await caller.wait_ended(10)
        assert phones.calls[-1].how == "rejected"
        async with call("7202") as caller:
            await phones.wait_ringing("1002")
            caller.hang_up()
            await phones.wait_free("1002")
            assert (await caller.wait_ended(5)).how == "near"
        assert phones.calls[-1].how == "cancelled"
        async with call("7202") as caller:
            await phones.wait_ringing("1002")
            phones.answer("1002")
            await phones.wait_talking("1002")
            caller.hang_up()
            await phones.wait_free("1002")
        assert phones.calls[-1].how == "far"
        phones.unregister("1001")
        async with asyncio.timeout(5):
            while "1001" in phones.registered:
                await asyncio.sleep(0.05)
        phones.register("1001")
        await phones.wait_registered()


@pytest.mark.asyncio(loop_scope="module")
async def test_a_caller_whose_story_breaks_off_is_not_left_in_line(
    pbx: LocalAsterisk, ports: PortPool, tmp_path: Path
) -> None:
    """Else the next story's agent is given somebody who is no more, and goes on talking with him."""
    with pytest.raises(AssertionError, match="the story fails"):
        async with Caller(pbx.ports.sip, ports, tmp_path, did="7003") as caller:
            await caller.wait_answered()
            raise AssertionError("the story fails while he waits")
    assert caller.result.how == "near"
    with pytest.raises(AssertionError, match="the story fails"):
        async with Caller(pbx.ports.sip, ports, tmp_path, did="7004") as caller:
            async with asyncio.timeout(5):
                while "callcenter-trunk" not in await pbx.rx("core show channels concise"):
                    await asyncio.sleep(0.05)
            raise AssertionError("the story fails before he is answered")
    assert caller.result.how == "cancelled"
    assert await pbx.rx("core show channels concise") == ""


@pytest.mark.asyncio(loop_scope="module")
async def test_a_softphone_hears_the_caller(pbx: LocalAsterisk, ports: PortPool, tmp_path: Path) -> None:
    speech = tmp_path / "speech.wav"
    await EspeakSpeaker().speak("Hello, this is the caller speaking.", "en", speech)
    phone = BaresipPhone("1003", "soft", sip_port=pbx.ports.sip, ports=ports, folder=tmp_path)
    other = BaresipPhone(
        "1001", "plain", sip_port=pbx.ports.sip, ports=ports, folder=tmp_path, register=False, speech=speech
    )
    async with phone, other:
        await phone.wait_registered()
        await other.dial("1003")
        event = await phone.wait_incoming()
        assert "1001" in event["peeruri"]
        await phone.accept()
        await phone.wait_established()
        await asyncio.sleep(2)
        await phone.hang_up()
        await other.wait_closed()
        (heard,) = phone.heard()
    with wave.open(str(heard), "rb") as file:
        samples = memoryview(file.readframes(file.getnframes())).cast("h")
    assert max(samples, default=0) > 1000, "silence"
    assert phone.pid is None


@pytest.mark.asyncio(loop_scope="module")
async def test_a_wrong_secret_is_refused(pbx: LocalAsterisk, ports: PortPool, tmp_path: Path) -> None:
    async with BaresipPhone("1003", "wrong", sip_port=pbx.ports.sip, ports=ports, folder=tmp_path) as phone:
        with pytest.raises(BaresipFailed, match="401"):
            await phone.wait_registered()
