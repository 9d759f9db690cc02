"""baresip, a real softphone, as an agent's or a caller's phone. It is steered over its ctrl_tcp module.

async with BaresipPhone("1001", "secret", sip_port=5060, ports=ports, folder=folder) as phone:
    await phone.wait_registered()
    call = await phone.wait_incoming()          # {'peeruri': ..., 'peerdisplayname': ..., 'id': ...}
    call["heard_at"]                            # when it rang, seconds since the epoch
    await phone.accept(); await phone.wait_established(); await phone.hang_up(); await phone.wait_closed()
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import time
import wave
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from callcenter import child_process
from callcenter.demo.netstring import NetstringError, Netstrings, encode
from callcenter.demo.ports import PortPool

Event = dict[str, Any]

_MODULES = Path("/usr/lib/baresip/modules")
_START_SECONDS = 10.0
_STOP_SECONDS = 3.0
_SILENCE_SECONDS = 300
# baresip hangs up at the end of its sound file: what it speaks is followed by long silence.

_CONFIG = """module_path {modules}
module account.so
module_app menu.so
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module ctrl_tcp.so
sip_listen 127.0.0.1:{sip}
net_interface 127.0.0.1
rtp_ports {rtp_first}-{rtp_last}
ctrl_tcp_listen 127.0.0.1:{control}
audio_source aufile,{speech}
audio_player aubridge,none
audio_alert aubridge,none
snd_path {folder}
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
call_max_calls 4
call_local_timeout 120
"""


class BaresipFailed(RuntimeError):
    """The softphone did not start, or refused a command. The text ends with what it printed."""


class BaresipPhone:
    """One softphone in its own process. Use as an async context manager."""

    def __init__(
        self,
        extension: str,
        secret: str,
        *,
        sip_port: int,
        ports: PortPool,
        folder: Path,
        auto_answer: bool = False,
        register: bool = True,
        speech: Path | None = None,
    ) -> None:
        """`speech`: a mono 8 kHz WAV file. It registers at 127.0.0.1:`sip_port`."""
        if any(sign in f"{extension}{secret}" for sign in ' ;<>"\r\n'):
            raise ValueError("no blank, ';', quote or angle bracket in a phone's name or secret")
        self.extension = extension
        self.events: list[Event] = []
        self._secret = secret
        self._sip_port = sip_port
        self._ports = ports
        self._port = ports.take()
        self._folder = folder / f"baresip-{extension}-{self._port}"
        self._auto_answer = auto_answer
        self._register = register
        self._speech = speech
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._replies: asyncio.Queue[Event] = asyncio.Queue()
        self._news = asyncio.Event()
        self._seen = 0

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def _start(self) -> None:
        self._write_config()
        with (self._folder / "output").open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                *child_process.dies_with_us(), "baresip", "-f", str(self._folder),
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        try:
            async with asyncio.timeout(_START_SECONDS):
                reader, self._writer = await self._connect(self._process)
        except TimeoutError:
            raise BaresipFailed(f"no control port after {_START_SECONDS:.0f} s\n{self.output()}") from None
        self._reader = asyncio.create_task(self._read(reader), name=f"baresip {self.extension}")
        await self._add_account()

    def _write_config(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        speech = self._folder / "speech.wav"
        _write_speech(self._speech, speech)
        port = self._port  # baresip takes the one after it for TLS
        config = _CONFIG.format(
            modules=_MODULES, sip=port, control=port + 2, rtp_first=port + 4,
            rtp_last=port + self._ports.block - 1, speech=speech, folder=self._folder,
        )  # fmt: skip
        (self._folder / "config").write_text(config)
        # The account comes by command once we listen: else the news of its registration would be missed.
        (self._folder / "accounts").write_text("# empty\n")
        (self._folder / "contacts").touch()

    async def _add_account(self) -> None:
        settings = (
            f"<sip:{self.extension}@127.0.0.1:{self._sip_port};transport=udp>",
            f"auth_user={self.extension}",
            f"auth_pass={self._secret}",
            f"answermode={'auto' if self._auto_answer else 'manual'}",
            f"regint={300 if self._register else 0}",
            "audio_codecs=pcmu",
        )
        await self.command("uanew", ";".join(settings))

    async def _connect(
        self, process: asyncio.subprocess.Process
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while True:
            if process.returncode is not None:
                raise BaresipFailed(f"baresip ended with {process.returncode}\n{self.output()}")
            with contextlib.suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", self._port + 2)
            await asyncio.sleep(0.05)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        frames = Netstrings()
        with contextlib.suppress(OSError, NetstringError):
            while data := await reader.read(65536):
                for frame in frames.feed(data):
                    message = json.loads(frame)
                    if message.get("response"):
                        self._replies.put_nowait(message)
                    else:
                        self.events.append(message | {"heard_at": time.time()})
                        self._news.set()

    def heard(self) -> list[Path]:
        """WAV files of what it heard, one a call, oldest first."""
        return sorted(self._folder.glob("dump-*-dec.wav"))

    def output(self) -> str:
        """The last lines it printed."""
        with contextlib.suppress(OSError):
            lines = (self._folder / "output").read_text(encoding="utf-8", errors="replace").splitlines()
            return "\n".join(lines[-15:])
        return ""

    async def command(self, name: str, parameters: str = "", seconds: float = 5.0) -> Event:
        """Send one of baresip's long commands; its reply. Raises BaresipFailed, TimeoutError."""
        if self._writer is None:
            raise BaresipFailed("the softphone does not run")
        while not self._replies.empty():
            self._replies.get_nowait()
        self._writer.write(encode(json.dumps({"command": name, "params": parameters}).encode()))
        async with asyncio.timeout(seconds):
            await self._writer.drain()
            reply = await self._replies.get()
        if not reply.get("ok"):
            raise BaresipFailed(f"{name}: {reply.get('data', '')}")
        return reply

    async def wait_event(
        self, *types: str, seconds: float = 15.0, which: Callable[[Event], bool] = lambda event: True
    ) -> Event:
        """The next event of these types that was not waited for yet; events before it are passed over."""
        async with asyncio.timeout(seconds):
            while True:
                while self._seen < len(self.events):
                    event = self.events[self._seen]
                    self._seen += 1
                    if event.get("type") in types and which(event):
                        return event
                self._news.clear()
                await self._news.wait()

    async def wait_registered(self, seconds: float = 15.0) -> None:
        """Wait until the switch took the registration. Raises TimeoutError, BaresipFailed when refused."""
        event = await self.wait_event("REGISTER_OK", "REGISTER_FAIL", seconds=seconds)
        if event["type"] == "REGISTER_FAIL":
            raise BaresipFailed(f"registration refused: {event.get('param', '')}")

    async def wait_incoming(self, seconds: float = 15.0) -> Event:
        """Wait until it rings."""
        return await self.wait_event("CALL_INCOMING", seconds=seconds)

    async def wait_established(self, seconds: float = 15.0) -> Event:
        """Wait until the talk begins."""
        return await self.wait_event("CALL_ESTABLISHED", seconds=seconds)

    async def wait_closed(self, seconds: float = 15.0) -> Event:
        """Wait until the call is over."""
        return await self.wait_event("CALL_CLOSED", seconds=seconds)

    async def dial(self, number: str) -> None:
        """Call a number at the switch."""
        await self.command("dial", f"sip:{number}@127.0.0.1:{self._sip_port}")

    async def accept(self) -> None:
        """Take the call that rings."""
        await self.command("accept")

    async def hang_up(self) -> None:
        """End the call, or refuse the one that rings."""
        await self.command("hangup")

    async def press(self, key: str) -> None:
        """Press one key in the talk."""
        await self.command("sndcode", key)

    async def vanish(self) -> None:
        """Kill it, as a power cut would: the switch is not told."""
        await child_process.kill(self._process)

    async def _stop(self) -> None:
        if self._writer is not None:
            with contextlib.suppress(OSError, TimeoutError, BaresipFailed):
                await self.command("quit", seconds=1.0)
        if self._process is not None:
            with contextlib.suppress(TimeoutError):  # told to quit it unregisters first
                async with asyncio.timeout(_STOP_SECONDS):
                    await self._process.wait()
            await child_process.end(self._process, _STOP_SECONDS)
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait([self._reader])
        if self._writer is not None:
            self._writer.close()
        self._ports.give_back(self._port)


def _write_speech(source: Path | None, target: Path) -> None:
    with wave.open(str(target), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        if source is not None:
            with wave.open(str(source), "rb") as speech:
                if (speech.getnchannels(), speech.getsampwidth(), speech.getframerate()) != (1, 2, 8000):
                    raise ValueError(f"{source} is not 16 bit mono at 8 kHz")
                out.writeframes(speech.readframes(speech.getnframes()))
        out.writeframes(bytes(2 * 8000 * _SILENCE_SECONDS))
