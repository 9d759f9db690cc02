"""Tools for tests that talk to a real Asterisk: a plain AMI client, SIPp, and a FastAGI door.

The AMI client here is deliberately not ours: it shares no code with what it helps to check.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from callcenter.asterisk.local_server import LocalAsterisk, free_ports


class AmiProbe:
    """One signed-in AMI link: `action` answers with the response and its list; `events` hears the rest."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._ids = itertools.count(1)
        self.events: list[dict[str, str]] = []
        self._waiting: dict[str, asyncio.Queue[dict[str, str]]] = {}
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while True:
            block = await self._reader.readuntil(b"\r\n\r\n")
            message: dict[str, str] = {}
            for line in block.decode().strip().split("\r\n"):
                key, _, value = line.partition(": ")
                message[key] = f"{message[key]}\n{value}" if key in message and key == "Output" else value
            queue = self._waiting.get(message.get("ActionID", ""))
            if queue is not None:
                queue.put_nowait(message)
            else:
                self.events.append(message)

    async def action(self, name: str, **headers: str) -> list[dict[str, str]]:
        action_id = f"probe-{next(self._ids)}"
        queue = self._waiting[action_id] = asyncio.Queue()
        lines = [f"Action: {name}", f"ActionID: {action_id}", *(f"{k}: {v}" for k, v in headers.items())]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        async with asyncio.timeout(10):
            answer = [await queue.get()]
            if answer[0].get("EventList", "").lower() == "start":
                while answer[-1].get("EventList", "").lower() != "complete":
                    answer.append(await queue.get())
        del self._waiting[action_id]
        return answer

    async def event(self, name: str, **headers: str) -> dict[str, str]:
        """The first event of that name with those headers, waiting up to ten seconds for it."""
        async with asyncio.timeout(10):
            while True:
                for event in self.events:
                    if event.get("Event") == name and headers.items() <= event.items():
                        return event
                await asyncio.sleep(0.02)

    async def close(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError, asyncio.IncompleteReadError):
            await self._task
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


WITNESS_SECRET = "sees-everything"
WITNESS = {"manager_local.conf": f"[witness]\nsecret = {WITNESS_SECRET}\nread = all\nwrite = all\n"}
"""Extra files of a private Asterisk: a manager user who hears also what the controller has no use for."""


@contextlib.asynccontextmanager
async def witness(pbx: LocalAsterisk) -> AsyncIterator[AmiProbe]:
    """Sign in to a private Asterisk with `WITNESS` files as one who hears everything."""
    async with ami(pbx, WITNESS_SECRET, "witness") as probe:
        yield probe


@contextlib.asynccontextmanager
async def ami(
    pbx: LocalAsterisk, secret: str | None = None, user: str = "callcenter"
) -> AsyncIterator[AmiProbe]:
    """Sign in to a private Asterisk, as the controller's user if no other is named."""
    reader, writer = await asyncio.open_connection("127.0.0.1", pbx.ports.ami)
    await reader.readline()
    probe = AmiProbe(reader, writer)
    try:
        answer = await probe.action("Login", Username=user, Secret=secret or pbx.values.ami_secret)
        if answer[0]["Response"] != "Success":
            raise PermissionError(answer[0]["Message"])
        yield probe
    finally:
        await probe.close()


class Knock:
    """One AGI request at the door, with the lines Asterisk sent."""

    def __init__(
        self, env: dict[str, str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.env, self.reader, self.writer = env, reader, writer

    async def say(self, command: str) -> str:
        """Send one command and return the answer line ('' when Asterisk closed)."""
        self.writer.write(command.encode() + b"\n")
        while (line := (await self.reader.readline()).decode().strip()) == "HANGUP":
            pass
        return line

    def die(self) -> None:
        """Vanish as a killed controller does: the socket is reset without a word."""
        self.writer.transport.abort()


@contextlib.asynccontextmanager
async def agi_door(port: int, handle: Callable[[Knock], Awaitable[None]]) -> AsyncIterator[list[Knock]]:
    """A FastAGI server on `port`; yields the list of knocks so far."""
    knocks: list[Knock] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        env: dict[str, str] = {}
        while line := (await reader.readline()).decode().strip():
            key, _, value = line.partition(":")
            env[key] = value.strip()
        knock = Knock(env, reader, writer)
        knocks.append(knock)
        with contextlib.suppress(ConnectionError):
            await handle(knock)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    try:
        yield knocks
    finally:
        server.close()


def phone_port() -> int:
    """A free port for a SIP phone, with free ones behind it for its audio."""
    return free_ports(21900, 21999, rtp=12).sip


CALLER = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="caller">
<send retrans="500"><![CDATA[
INVITE sip:[field1]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: [field0] <sip:[field2]@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:[field1]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:caller@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=u 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0 96
a=rtpmap:0 PCMU/8000
a=rtpmap:96 telephone-event/8000
]]></send>
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="183" optional="true"/>
<recv response="200" rrs="true"/>
<send><![CDATA[
ACK [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: [field0] <sip:[field2]@[local_ip]:[local_port]>;tag=[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv request="BYE"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
"""


@contextlib.asynccontextmanager
async def answering_phone(pbx: LocalAsterisk, folder: Path) -> AsyncIterator[None]:
    """Phone 1001, known to Asterisk by its address: it answers every call until the other side hangs up."""
    port = phone_port()
    pbx.places.agents_file.write_text(
        "[1001](callcenter-phone)\naors = 1001\n"
        f"[1001](callcenter-place)\ncontact = sip:1001@127.0.0.1:{port}\nqualify_frequency = 0\n"
    )
    await pbx.rx("module reload res_pjsip.so")
    process = await asyncio.create_subprocess_exec(
        "sipp", "-sn", "uas", "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", str(port), "-mp", str(port + 2),
        "-nostdin", cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    await asyncio.sleep(0.3)  # it binds its port at once but says nothing of it
    try:
        yield
    finally:
        process.kill()
        await process.wait()


@contextlib.asynccontextmanager
async def sipp(pbx: LocalAsterisk, folder: Path, scenario: str, row: str = "",
               *options: str) -> AsyncIterator[asyncio.subprocess.Process]:  # fmt: skip
    """Run SIPp against the private Asterisk with one CSV row; ended with the block."""
    port = phone_port()
    (folder / f"sipp-{port}.xml").write_text(scenario)
    (folder / f"sipp-{port}.csv").write_text(f"SEQUENTIAL\n{row}\n", encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        "sipp", f"127.0.0.1:{pbx.ports.sip}", "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", str(port),
        "-sf", f"sipp-{port}.xml", "-inf", f"sipp-{port}.csv", "-m", "1", "-nostdin",
        "-mp", str(port + 2), *options, cwd=folder,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@contextlib.asynccontextmanager
async def softphone(pbx: LocalAsterisk, folder: Path, extension: str, secret: str) -> AsyncIterator[None]:
    """A baresip that registers as an agent's phone and answers at once."""
    port = phone_port()
    home = folder / f"phone-{extension}"
    home.mkdir()
    modules = next(Path("/usr/lib").glob("**/baresip/modules"))
    (home / "config").write_text(
        f"sip_listen 127.0.0.1:{port}\nnet_interface 127.0.0.1\nrtp_ports {port + 2}-{port + 12}\n"
        f"audio_source aubridge,none\naudio_player aubridge,none\nmodule_path {modules}\n"
        "module g711.so\nmodule aubridge.so\nmodule_app account.so\nmodule_app menu.so\n"
    )
    (home / "accounts").write_text(
        f"<sip:{extension}@127.0.0.1:{pbx.ports.sip}>;auth_pass={secret};answermode=auto;audio_codecs=pcmu;regint=60\n"
    )
    (home / "contacts").touch()
    process = await asyncio.create_subprocess_exec(
        "baresip", "-f", str(home), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        await process.wait()
