"""One private Asterisk as a child process: own folders, own ports, ended with its owner.

program = await asyncio.to_thread(find_or_install)          # callcenter.asterisk.local_install
ports = free_ports(21000, 21999)
values = AsteriskValues(agi_address="127.0.0.1:4573")        # callcenter.asterisk.config_files
async with LocalAsterisk(program, Path("/tmp/pbx"), ports, values) as pbx:
    pbx.ports.ami, pbx.values.ami_secret                     # AMI user "callcenter" on 127.0.0.1
    print(await pbx.rx("core show channels"))                # any CLI command
    pbx.places.cdr_file, pbx.places.agents_file, pbx.pid
# extra files: LocalAsterisk(..., extra_files={"extensions_local.conf": "[bench]\\nexten => ..."})
# die_with_parent=False lets Asterisk outlive a killed controller; restart: await pbx.stop(); pbx.start()
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from callcenter import child_process
from callcenter.asterisk import host_name
from callcenter.asterisk.config_files import (
    AsteriskPlaces,
    AsteriskPorts,
    AsteriskValues,
    private_values,
    read_templates,
    render_all,
)
from callcenter.asterisk.local_install import AsteriskProgram

START_DEADLINE_S = 30.0
STOP_DEADLINE_S = 5.0
_LONGEST_SOCKET_NAME = 107


class AsteriskDidNotStart(RuntimeError):
    """The text ends with the last lines Asterisk wrote."""


def free_ports(first: int = 20000, last: int = 29999, *, rtp: int = 800) -> AsteriskPorts:
    """Ports between `first` and `last` that nobody holds now: three single ones and a block of `rtp` for RTP.

    Nothing is reserved: start soon. Raises OSError when the range is too crowded.
    """
    for _ in range(50):
        start = random.randrange(first, max(first + 1, last - rtp - 4), 2)
        singles, block = (start, start + 1, start + 2), range(start + 4, start + 4 + rtp)
        if all(_port_is_free(port) for port in (*singles, *block[:: max(1, rtp // 40)])):
            return AsteriskPorts(*singles, block[0], block[-1])
    raise OSError(f"no {rtp + 4} free ports in a row between {first} and {last}")


def _port_is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind is socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def own_addresses() -> tuple[str, ...]:
    """This machine's IPv4 addresses other than loopback, as its host name and its routes tell."""
    found: set[str] = set()
    with contextlib.suppress(OSError):
        found |= {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # a documentation address: nothing is sent, the route is looked up
        found.add(probe.getsockname()[0])
    return tuple(sorted(address for address in found if not address.startswith("127.")))


class LocalAsterisk:
    """A private Asterisk below `folder`. Use as an async context manager, or call start() and stop()."""

    def __init__(
        self,
        program: AsteriskProgram,
        folder: Path,
        ports: AsteriskPorts,
        values: AsteriskValues,
        *,
        node: str = "local",
        die_with_parent: bool = True,
        extra_files: Mapping[str, str] | None = None,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.program = program
        self.ports = ports
        self.values = values
        self.places = AsteriskPlaces(folder.resolve(), program.modules_dir, program.data_dir)
        self._node = node
        self._die_with_parent = die_with_parent
        self._say = say
        self._extra_files = dict(extra_files or {})
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if running and self._process else None

    @property
    def console_log(self) -> Path:
        """What Asterisk says on its standard output and error."""
        return self.places.log / "console.log"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def write_config(self) -> None:
        """Write all configuration files; the agents' phones, once provisioned, are left alone."""
        for folder in self.places.folders():
            folder.mkdir(parents=True, exist_ok=True)
        values = private_values(
            self.places, self.ports, self.values, node=self._node, ice_addresses=own_addresses()
        )
        for name, text in (render_all(read_templates(), values) | self._extra_files).items():
            file = self.places.etc / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_text(text, encoding="utf-8")

    async def start(self, deadline_s: float = START_DEADLINE_S) -> None:
        """Start and wait until Asterisk is fully booted. Raises AsteriskDidNotStart; then nothing runs."""
        if self.pid is not None:
            return
        if len(os.fsencode(self.places.control_socket)) > _LONGEST_SOCKET_NAME:
            raise AsteriskDidNotStart(f"the folder's name is too long for a socket: {self.places.base}")
        environment = os.environ | await host_name.mend(self._say)
        self.write_config()
        self.places.control_socket.unlink(missing_ok=True)
        command = [*self.program.command, "-f", "-q", "-C", str(self.places.etc / "asterisk.conf")]
        if self._die_with_parent:
            command = [*child_process.dies_with_us(), *command]
        with self.console_log.open("wb") as log:
            # its own session: Ctrl-C on the terminal reaches us alone, and we end Asterisk in order
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env=environment, cwd=self.places.base, umask=0o027,
            )  # fmt: skip
        try:
            async with asyncio.timeout(deadline_s):
                await self._fully_booted(self._process)
        except TimeoutError:
            await self.stop()
            raise AsteriskDidNotStart(f"not booted after {deadline_s:.0f} s.\n{self._last_words()}") from None
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End it: asked first, killed if it does not listen. Calls still up are hung up."""
        process, self._process = self._process, None
        await child_process.end(process, STOP_DEADLINE_S)

    async def kill(self) -> None:
        """End it without warning, as a crash would."""
        process, self._process = self._process, None
        await child_process.kill(process)

    async def wait_ended(self) -> int | None:
        """Wait until the process has ended by itself; returns its exit code."""
        return await self._process.wait() if self._process else None

    async def rx(self, command: str, deadline_s: float = 15.0) -> str:
        """Run one CLI command and return what it prints. Raises OSError when Asterisk is not there."""
        if any(sign in command for sign in "\r\n\0"):
            raise ValueError("a CLI command is one line")
        process = await asyncio.create_subprocess_exec(
            *self.program.command, "-C", str(self.places.etc / "asterisk.conf"), "-rx", command,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            async with asyncio.timeout(deadline_s):
                printed, _ = await process.communicate()
        except BaseException:
            await child_process.kill(process)
            raise
        text = printed.decode("utf-8", "replace")
        if process.returncode and "Unable to connect to remote asterisk" in text:
            raise ConnectionError(text.strip())
        return text

    async def _fully_booted(self, process: asyncio.subprocess.Process) -> None:
        while True:
            if process.returncode is not None:
                raise AsteriskDidNotStart(f"ended with {process.returncode}.\n{self._last_words()}")
            if self.places.control_socket.exists():
                with contextlib.suppress(ConnectionError):
                    if "fully booted" in await self.rx("core waitfullybooted", START_DEADLINE_S):
                        return
            await asyncio.sleep(0.05)

    def _last_words(self) -> str:
        said = []
        for file in (self.console_log, self.places.log / "messages.log"):
            with contextlib.suppress(OSError):
                said += file.read_text(encoding="utf-8", errors="replace").splitlines()[-8:]
        return "\n".join(said)
