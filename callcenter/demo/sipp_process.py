"""One SIPp as a child process: its events come through a pipe, orders go to its calls by datagram."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from callcenter import child_process

_STOP_SECONDS = 3.0
_order_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class SippEvent:
    """A line of a scenario's log. `at` is SIPp's time, seconds since the epoch."""

    kind: str
    at: float
    call_id: str
    words: tuple[str, ...]


def parse_event(line: str) -> SippEvent | None:
    """`KIND SECONDS MICROSECONDS CALL-ID [WORDS]`; None for anything else."""
    parts = line.split()
    if len(parts) < 4:
        return None
    try:
        at = float(parts[1]) + float(parts[2]) / 1e6
    except ValueError:
        return None
    return SippEvent(parts[0], at, parts[3], tuple(parts[4:]))


class SippProcess:
    """A SIPp child process. Use as an async context manager, or call start() and stop()."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        files: Mapping[str, str],
        *,
        folder: Path,
        port: int,
        on_event: Callable[[SippEvent], None] | None = None,
    ) -> None:
        """`files` are written to `folder`/`name`.* (by suffix) and stand in `arguments` as `{suffix}`.

        It uses the ports `port` (SIP), `port`+1 (control), `port`+2 and up (RTP).
        """
        self.name = name
        self.port = port
        self.exit_code: int | None = None
        self._files = {suffix: folder / f"{name}.{suffix}" for suffix in files}
        self._texts = dict(files)
        self._error_file = folder / f"{name}.errors"
        self._arguments = [
            str(self._files[a[1:-1]]) if a[1:-1] in files and a[0] == "{" else a for a in arguments
        ]
        self._on_event = on_event
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._socket: socket.socket | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start SIPp. Raises FileNotFoundError when it is not installed."""
        if shutil.which("sipp") is None:
            raise FileNotFoundError("sipp is not installed (Debian's package is called sip-tester)")
        for suffix, file in self._files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(self._texts[suffix], encoding="utf-8")
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        read_end, write_end = os.pipe()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *child_process.dies_with_us(), "sipp", *self._arguments,
                "-i", "127.0.0.1", "-bind_local", "-mi", "127.0.0.1", "-p", str(self.port),
                "-ci", "127.0.0.1", "-cp", str(self.port + 1), "-mp", str(self.port + 2),
                "-nostdin", "-f", "3600", "-timer_resol", "20",
                "-trace_logs", "-log_file", f"/dev/fd/{write_end}",
                "-trace_err", "-error_file", str(self._error_file),
                pass_fds=(write_end,), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        except BaseException:
            os.close(read_end)
            raise
        finally:
            os.close(write_end)
        self._reader = asyncio.create_task(self._read(read_end, self._process), name=f"sipp {self.name}")

    async def _read(self, read_end: int, process: asyncio.subprocess.Process) -> None:
        lines = asyncio.StreamReader()
        pipe = os.fdopen(read_end, "rb", buffering=0)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), pipe)
        try:
            while line := await lines.readline():
                event = parse_event(line.decode("utf-8", "replace"))
                if event and self._on_event:
                    self._on_event(event)
            self.exit_code = await process.wait()
        finally:
            transport.close()

    def tell(self, call_id: str, order: str, **headers: str) -> None:
        """Send an order (KEY, HANGUP, ...) to one call. Orders to a call that is over do nothing."""
        number = next(_order_numbers)
        lines = [
            f"{order} sip:call@127.0.0.1:{self.port} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-order-{number}",
            f"From: <sip:order@127.0.0.1>;tag=o{number}",
            "To: <sip:call@127.0.0.1>",
            f"Call-ID: {call_id}",
            f"CSeq: {number} {order}",
            *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
            "Content-Length: 0",
        ]
        if any(sign in line for line in lines for sign in "\r\n"):
            raise ValueError("an order's header is one line")
        if self._socket is not None:
            self._socket.sendto(("\r\n".join(lines) + "\r\n\r\n").encode(), ("127.0.0.1", self.port))

    async def wait_ended(self) -> int:
        """Wait until SIPp ended by itself and all its events were told; its exit code."""
        if self._reader is not None:
            await asyncio.shield(self._reader)
        return self.exit_code if self.exit_code is not None else -1

    def errors(self) -> str:
        """What SIPp complained about."""
        with contextlib.suppress(OSError):
            return self._error_file.read_text(encoding="utf-8", errors="replace")
        return ""

    async def vanish(self) -> None:
        """Kill the process, as a power cut would."""
        await child_process.kill(self._process)
        await self.stop()

    async def stop(self) -> None:
        """End the process; calls under way are dropped without a good-bye."""
        reader = self._reader
        await child_process.end(self._process, _STOP_SECONDS)
        if reader is not None:
            await asyncio.wait([reader], timeout=_STOP_SECONDS)
            reader.cancel()
        if self._socket is not None:
            self._socket.close()
            self._socket = None
