"""People and wires for the tests of the wire side: SIP callers and phones played by SIPp, a TCP proxy that
can freeze, cut, delay and split, and an ear that counts the sound a caller gets."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

_HEADERS = """Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: {who} <sip:{user}@[local_ip]:[local_port]>;tag=[pid]SIPpTag[call_number]
To: <sip:{number}@[remote_ip]:[remote_port]>{to_tag}
Call-ID: [call_id]
CSeq: {cseq}
Contact: sip:{user}@[local_ip]:[local_port]
Max-Forwards: 70
"""
_SDP = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio {port} RTP/AVP 0 96
a=rtpmap:0 PCMU/8000
a=rtpmap:96 telephone-event/8000
a=sendrecv
"""
_MIRROR = """[last_Via:]
[last_From:]
[last_To:]{tag}
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
"""


def _send(text: str, body: str = "", retrans: bool = False) -> str:
    head, rest = text.split("\n", 1)
    kind = "Content-Length: 0\n\n"
    if body:
        kind = "Content-Type: application/sdp\nContent-Length: [len]\n\n" + body
    timer = ' retrans="500"' if retrans else ""
    return f"<send{timer}><![CDATA[\n{head}\n{rest}{kind}\n]]></send>"


def _scenario(*parts: str) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?><scenario name="test">' + "\n".join(parts) + "</scenario>"


def caller_scenario(
    number: str, steps: Sequence[tuple[str, str]], ear: int | None, name: str = '"Ann"', user: str = "5550100"
) -> str:
    """A caller who does `steps` after the answer: ("wait", ms), ("key", "5"), ("hang up", ""), ("stay", "").

    He hears through `ear`, a port; None when he presses keys, whose sound must come from where he listens.
    """

    def headers(cseq: str, to_tag: str = "") -> str:
        return _HEADERS.format(who=name, user=user, number=number, cseq=cseq, to_tag=to_tag)

    uri = f"sip:{number}@[remote_ip]:[remote_port]"
    parts = [
        _send(f"INVITE {uri} SIP/2.0\n" + headers("1 INVITE"), _SDP.format(port=ear or "[media_port]"), True),
        '<recv response="100" optional="true"/><recv response="180" optional="true"/>'
        '<recv response="183" optional="true"/><recv response="200"/>',
        _send(f"ACK {uri} SIP/2.0\n" + headers("1 ACK", "[peer_tag_param]")),
    ]
    for what, value in steps:
        if what == "wait":
            parts.append(f'<pause milliseconds="{value}"/>')
        elif what == "key":
            parts.append(f'<nop><action><exec play_dtmf="{value},120"/></action></nop>')
        elif what == "hang up":
            parts.append(_send(f"BYE {uri} SIP/2.0\n" + headers("2 BYE", "[peer_tag_param]"), "", True))
            parts.append('<recv response="200"/>')
        else:
            parts.append('<recv request="BYE"/>')
            parts.append(_send("SIP/2.0 200 OK\n" + _MIRROR.format(tag="")))
    return _scenario(*parts)


def phone_scenario(manner: str, wait_ms: int = 300, talk_ms: int = 1000, media: int = 9) -> str:
    """A phone that rings and then: "answers" (and is hung up on), "ends" the talk itself, is "silent" (rings
    on), or answers with a code such as "486 Busy Here"."""
    tag = ";tag=[pid]SIPpTag[call_number]"
    ring = [
        '<recv request="INVITE"/>',
        _send("SIP/2.0 180 Ringing\n" + _MIRROR.format(tag=tag)),
        f'<pause milliseconds="{wait_ms}"/>',
    ]
    ok = _send("SIP/2.0 200 OK\n" + _MIRROR.format(tag=tag), _SDP.format(port=media), True)
    end = ['<recv request="BYE"/>', _send("SIP/2.0 200 OK\n" + _MIRROR.format(tag=""))]
    if manner == "answers":
        return _scenario(*ring, ok, '<recv request="ACK"/>', *end)
    if manner == "ends":
        bye = (
            "BYE [next_url] SIP/2.0\nVia: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n"
            "From: [$1]\nTo: [$2]\nCall-ID: [call_id]\nCSeq: 5 BYE\nMax-Forwards: 70\n"
        )
        keep = (
            '<recv request="INVITE" rrs="true"><action><ereg regexp=".*" search_in="hdr" header="From:" '
            'assign_to="2"/></action></recv>'
        )
        answer = _send("SIP/2.0 200 OK\n" + _MIRROR.format(tag=tag), _SDP.format(port=media), True)
        ack = (
            '<recv request="ACK" rrs="true"><action><ereg regexp=".*" search_in="hdr" header="To:" '
            'assign_to="1"/></action></recv>'
        )
        return _scenario(
            keep,
            *ring[1:],
            answer,
            ack,
            f'<pause milliseconds="{talk_ms}"/>',
            _send(bye, "", True),
            '<recv response="200"/>',
        )
    if manner == "silent":
        return _scenario(
            *ring[:2],
            '<recv request="CANCEL"/>',
            _send("SIP/2.0 200 OK\n" + _MIRROR.format(tag="")),
            _send("SIP/2.0 487 Request Terminated\n" + _MIRROR_INVITE.format(tag=tag)),
            '<recv request="ACK"/>',
        )
    return _scenario(
        *ring, _send(f"SIP/2.0 {manner}\n" + _MIRROR.format(tag=tag), "", True), '<recv request="ACK"/>'
    )


_MIRROR_INVITE = """[last_Via:]
[last_From:]
[last_To:]{tag}
[last_Call-ID:]
CSeq: [cseq] INVITE
Contact: <sip:[local_ip]:[local_port]>
"""


class Sipp:
    """One SIPp process, ended with the test."""

    def __init__(
        self, scenario: str, folder: Path, local: int, remote: int, calls: int, media: int, number: str = "s"
    ) -> None:
        self._file = folder / f"sipp-{local}.xml"
        self._file.write_text(scenario, encoding="utf-8")
        program = shutil.which("sipp") or "sipp"
        self._command = [
            program,
            f"127.0.0.1:{remote}",
            "-sf",
            str(self._file),
            "-i",
            "127.0.0.1",
            "-p",
            str(local),
            "-m",
            str(calls),
            "-mi",
            "127.0.0.1",
            "-mp",
            str(media),
            "-nostdin",
            "-s",
            number,
            "-trace_err",
            "-error_file",
            str(folder / f"sipp-{local}.err"),
            "-timeout",
            "90s",
            "-r",
            "1",
        ]
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Sipp:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=self._file.parent,
        )
        return self

    async def done(self, seconds: float = 30.0) -> int:
        """SIPp's exit code: 0 when every call went as written."""
        assert self._process is not None
        return await asyncio.wait_for(self._process.wait(), seconds)

    async def __aexit__(self, *_: object) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


class Ear(asyncio.DatagramProtocol):
    """What a caller hears: counts RTP packets and those that are not silence (ulaw 0xff and its
    neighbours)."""

    def __init__(self) -> None:
        self.packets = 0
        self.loud = 0
        self.port = 0

    @classmethod
    async def open(cls, port: int) -> Ear:
        loop = asyncio.get_running_loop()
        _, ear = await loop.create_datagram_endpoint(cls, ("127.0.0.1", port), family=socket.AF_INET)
        ear.port = port
        return ear

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.packets += 1
        if sum(1 for byte in data[12:] if (byte & 0x7F) < 0x70) > 20:
            self.loud += 1

    def close(self) -> None:
        self._transport.close()


class Wire:
    """A TCP proxy between a client and a server, which can go wrong in the ways wires do."""

    def __init__(self, target: int) -> None:
        self._target = target
        self.port = 0
        self.connections = 0
        self.from_client = b""
        self.split = False
        self._flow = asyncio.Event()
        self._flow.set()
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.freeze_at = b""
        """Freeze, before passing it on, as soon as the client sends this."""

    async def __aenter__(self) -> Wire:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def freeze(self) -> None:
        """From now on nothing passes in either direction, but the connection stays open."""
        self._flow.clear()

    def thaw(self) -> None:
        self._flow.set()

    def cut(self) -> None:
        """Break all connections."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers.append(back)
        for source, sink, client in ((reader, back, True), (there, writer, False)):
            task = asyncio.create_task(self._pass_on(source, sink, client))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, client: bool) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                if client:
                    self.from_client += data
                    if self.freeze_at and self.freeze_at in data:
                        self.freeze()
                await self._flow.wait()
                for piece in [data[i : i + 1] for i in range(len(data))] if self.split else [data]:
                    sink.write(piece)
                    if self.split:
                        await asyncio.sleep(0)
        await self._flow.wait()  # a frozen wire does not carry the end of a connection either
        sink.transport.abort()
