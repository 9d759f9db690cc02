"""Real SIP callers and phones out of SIPp, doing what scripts of simulated people say.

One process a call or phone. A caller who speaks sends a tone.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
from pathlib import Path
from typing import Any

from callcenter.simulation.people import CallerScript, Leave, PhoneBehaviour, Press, drawn

_HEAD = '<?xml version="1.0" encoding="UTF-8" ?>\n<scenario name="people">\n'
_TAIL = "</scenario>\n"

_SDP = """v=0
o=u 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio [media_port] RTP/AVP 0 96
a=rtpmap:0 PCMU/8000
a=rtpmap:96 telephone-event/8000
a=sendrecv
"""

_REPLY = """[last_Via:]
[last_From:]
[last_To:];tag=[pid]x[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:phone@127.0.0.1:[local_port]>
"""
_REPLY_IN_DIALOG = "[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\n"


KEY_LAG_S = 0.6
"""SIPp takes this long to send a key; one that follows sooner cuts it off."""


def _send(message: str, body: str = "") -> str:
    kind = "Content-Type: application/sdp\n" if body else ""
    text = f"{message}{kind}Content-Length: [len]\n\n{body}"
    return f"<send><![CDATA[\n\n{text}\n]]></send>\n"


def _pause(seconds: float) -> str:
    return f'<pause milliseconds="{max(1, round(seconds * 1000))}"/>\n'


def caller_scenario(script: CallerScript, name: str, tone: Path, ear: int | None = None) -> str:
    """INVITE, acknowledge, then act by act. With `ear`, a port, somebody else hears and acts there."""
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    ours = f'From: "{quoted}" <sip:{script.ani}@127.0.0.1:[local_port]>;tag=[pid]c[call_number]\n'
    via = "Via: SIP/2.0/UDP 127.0.0.1:[local_port];branch=[branch]\n"
    to = f"<sip:{script.did}@[remote_ip]:[remote_port]>"
    steps = [
        _HEAD,
        _send(
            f"INVITE sip:{script.did}@[remote_ip]:[remote_port] SIP/2.0\n{via}{ours}To: {to}\n"
            "Call-ID: [call_id]\nCSeq: 1 INVITE\nContact: <sip:caller@127.0.0.1:[local_port]>\n"
            "Max-Forwards: 70\n",
            _SDP if ear is None else _SDP.replace("[media_port]", str(ear)),
        ),
        '<recv response="100" optional="true"/>\n<recv response="180" optional="true"/>\n'
        '<recv response="183" optional="true"/>\n<recv response="200" rrs="true"/>\n',
        _send(
            f"ACK [next_url] SIP/2.0\n{via}{ours}[last_To:]\nCall-ID: [call_id]\nCSeq: 1 ACK\n"
            "Max-Forwards: 70\n"
        ),
    ]
    if script.speaks:
        # SIPp counts the packets of keys and sounds apart: a speaker's keys may be heard twice
        steps.append(f'<nop><action><exec rtp_stream="{tone},-1,0,PCMU/8000"/></action></nop>\n')
    behind = 0.0  # a key reaches Asterisk a little after it is played
    for act in script.acts:
        if ear is not None and not isinstance(act, Leave):
            continue
        lead = KEY_LAG_S if isinstance(act, Press) else 0.0
        steps.append(_pause(act.after + behind - lead))
        behind = lead
        if isinstance(act, Leave):
            steps += [
                _send(
                    f"BYE [next_url] SIP/2.0\n{via}{ours}[last_To:]\nCall-ID: [call_id]\nCSeq: 2 BYE\n"
                    "Max-Forwards: 70\n"
                ),
                '<recv response="200"/>\n',
                _TAIL,
            ]
            return "".join(steps)
        assert isinstance(act, Press)
        steps.append(f'<nop><action><exec play_dtmf="{act.key},120"/></action></nop>\n')
    steps += ['<recv request="BYE"/>\n', _send(f"SIP/2.0 200 OK\n{_REPLY_IN_DIALOG}"), _TAIL]
    return "".join(steps)


def phone_scenario(
    behaviour: PhoneBehaviour, rejection: str = "486 Busy Here", ear: int | None = None
) -> str:
    """What happens on the phone at each INVITE. With `ear`, a port, somebody else hears and speaks there."""
    sdp = _SDP if ear is None else _SDP.replace("[media_port]", str(ear))
    steps = [_HEAD, '<recv request="INVITE" rrs="true"/>\n', _send(f"SIP/2.0 180 Ringing\n{_REPLY}")]
    if behaviour.answer_after is None:
        terminated = _REPLY.replace("[last_CSeq:]", "CSeq: [last_cseq_number] INVITE")
        steps += [
            '<recv request="CANCEL"/>\n',
            _send(f"SIP/2.0 200 OK\n{_REPLY_IN_DIALOG}"),
            _send(f"SIP/2.0 487 Request Terminated\n{terminated}"),
            '<recv request="ACK"/>\n',
            _TAIL,
        ]
        return "".join(steps)
    steps.append(_pause(drawn(behaviour.answer_after)))
    if behaviour.rejects:
        steps += [_send(f"SIP/2.0 {rejection}\n{_REPLY}"), '<recv request="ACK"/>\n', _TAIL]
        return "".join(steps)
    steps += [_send(f"SIP/2.0 200 OK\n{_REPLY}", sdp), '<recv request="ACK"/>\n']
    if behaviour.talk_seconds is not None:
        steps += [
            _pause(drawn(behaviour.talk_seconds)),
            _send(
                "BYE [next_url] SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:[local_port];branch=[branch]\n"
                "From: [$us]\nTo: [$them]\nCall-ID: [call_id]\nCSeq: 1 BYE\nMax-Forwards: 70\n"
            ),
            '<recv response="200"/>\n',
            _TAIL,
        ]
        # who is who turns round when the called side speaks first
        steps[1] = (
            '<recv request="INVITE" rrs="true"><action>'
            '<ereg regexp=":[ ]*(.*)" search_in="hdr" header="From" assign_to="skip,them"/>'
            '<ereg regexp=":[ ]*(.*)" search_in="hdr" header="To" assign_to="skip2,callee"/>'
            '<assignstr assign_to="us" value="[$callee];tag=[pid]x[call_number]"/>'
            "</action></recv>\n"
        )
        steps.insert(-1, '<Reference variables="skip,skip2"/>\n')
        return "".join(steps)
    steps += ['<recv request="BYE"/>\n', _send(f"SIP/2.0 200 OK\n{_REPLY_IN_DIALOG}"), _TAIL]
    return "".join(steps)


def register_scenario(extension: str, secret: str, seconds: int) -> str:
    """Register for so long, 0 to leave."""

    def register(number: int, sign_in: str) -> str:
        return _send(
            "REGISTER sip:[remote_ip]:[remote_port] SIP/2.0\n"
            "Via: SIP/2.0/UDP 127.0.0.1:[local_port];branch=[branch]\n"
            f"From: <sip:{extension}@[remote_ip]>;tag=[pid]r\nTo: <sip:{extension}@[remote_ip]>\n"
            f"Call-ID: [call_id]\nCSeq: {number} REGISTER\n"
            f"Contact: <sip:{extension}@127.0.0.1:[local_port]>\nExpires: {seconds}\n"
            f"Max-Forwards: 70\n{sign_in}"
        )

    return (
        f'{_HEAD}{register(1, "")}<recv response="401" auth="true"/>\n'
        f"{register(2, f'[authentication username={extension} password={secret}]' + chr(10))}"
        f'<recv response="200"/>\n{_TAIL}'
    )


def write_tone(path: Path, seconds: float = 1.0) -> Path:
    """A 400 Hz tone as headerless ulaw."""
    samples = bytearray()
    for number in range(round(seconds * 8000)):
        value = round(8000 * math.sin(2 * math.pi * 400 * number / 8000))
        samples.append(_ulaw(value))
    path.write_bytes(samples)
    return path


def _ulaw(value: int) -> int:
    sign = 0x80 if value < 0 else 0
    magnitude = min(abs(value), 32635) + 132
    exponent = magnitude.bit_length() - 8
    return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0F)) & 0xFF


class SipPeople:
    """Starts SIPp processes against one Asterisk and ends them all."""

    def __init__(self, folder: Path, sip_port: int, first_port: int) -> None:
        self._folder = folder
        self._sip_port = sip_port
        self._ports = itertools.count(first_port, 6)
        self._numbers = itertools.count(1)
        self._processes: list[asyncio.subprocess.Process] = []
        self._phones: dict[str, tuple[int, asyncio.subprocess.Process | None]] = {}
        self.tone = write_tone(folder / "tone.ulaw")

    def next_port(self) -> int:
        """The first of six ports that nobody else uses."""
        return next(self._ports)

    async def call(
        self, script: CallerScript, name: str, ear: int | None = None
    ) -> asyncio.subprocess.Process:
        """A caller dials; the process ends with his call."""
        scenario = caller_scenario(script, name, self.tone, ear)
        return await self._sipp(scenario, next(self._ports), "-m", "1")

    async def register(self, extension: str, secret: str, behaviour: PhoneBehaviour, **more: Any) -> None:
        """A phone registers and is there."""
        port = next(self._ports)
        await self._registration(extension, secret, port, 600)
        phone = await self._sipp(phone_scenario(behaviour, **more), port, "-aa", "-rtp_echo")
        self._phones[extension] = (port, phone)

    async def unregister(self, extension: str, secret: str) -> None:
        """The phone leaves."""
        port, phone = self._phones.pop(extension)
        if phone is not None:
            phone.kill()
            await phone.wait()
        await self._registration(extension, secret, port, 0)

    async def close(self) -> None:
        for process in self._processes:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
            await process.wait()

    async def _registration(self, extension: str, secret: str, port: int, seconds: int) -> None:
        process = await self._sipp(register_scenario(extension, secret, seconds), port, "-m", "1")
        code = await asyncio.wait_for(process.wait(), 10)
        assert code == 0, f"phone {extension} could not register"

    async def _sipp(self, scenario: str, port: int, *options: str) -> asyncio.subprocess.Process:
        name = f"sipp-{next(self._numbers)}"
        (self._folder / f"{name}.xml").write_text(scenario, encoding="utf-8")
        with (self._folder / f"{name}.out").open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                "sipp", f"127.0.0.1:{self._sip_port}", "-i", "127.0.0.1", "-mi", "127.0.0.1",
                "-p", str(port), "-mp", str(port + 2), "-sf", f"{name}.xml", "-nostdin",
                "-trace_err", "-error_file", f"{name}.err", *options,
                cwd=self._folder, stdout=out, stderr=out,
            )  # fmt: skip
        self._processes.append(process)
        return process
