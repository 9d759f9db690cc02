"""A whole center on this machine: a private Asterisk and a controller process, in one folder.

The demo, the tests and the benchmarks live on it. The controller is a process of its own, started as an admin
would start it, so that it can be killed and started again while the calls go on.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
from ruamel.yaml import YAML

from callcenter import child_process
from callcenter.asterisk.config_files import AsteriskPorts, AsteriskValues
from callcenter.asterisk.local_install import AsteriskProgram, cache_folder
from callcenter.asterisk.local_server import LocalAsterisk
from callcenter.center.phone_secrets import PhoneSecrets
from callcenter.speech.music import ensure_music

START_DEADLINE_S = 30.0
STOP_DEADLINE_S = 15.0


NO_SHOP: Mapping[str, Any] = {"secrets": {"SHOP_URL": "http://127.0.0.1:9", "SHOP_TOKEN": "none"}}


class ControllerDidNotStart(RuntimeError):
    """The text ends with the controller's last words."""


def free_tcp_port() -> int:
    """A port nobody listens on now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class LocalCenter:
    """Asterisk and controller below `folder`."""

    def __init__(
        self,
        folder: Path,
        program: AsteriskProgram,
        ports: AsteriskPorts,
        *,
        center: Path,
        flows: Path,
        web_port: int = 0,
        prompts: Path | None = None,
        database_url: str = "",
        log_level: str = "info",
        extra_files: Mapping[str, str] | None = None,
        settings: Mapping[str, Any] | None = None,
        trunk_address: str = "127.0.0.1:5080",
        die_with_parent: bool = True,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        """`prompts` may be a folder shared between centers, so that a text is rendered once. `settings` are
        further parts of callcenter.yaml; without any, the flows' shop is at an address where nobody is.
        `trunk_address`, as host:port, is where numbers outside are called."""
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self.config_file = self.folder / "callcenter.yaml"
        self.web_port = web_port or free_tcp_port()
        self.agi_port = free_tcp_port()
        self.speech_port = free_tcp_port()
        self._center = center.resolve()
        self._flows = flows.resolve()
        self._prompts = prompts
        self._database_url = database_url
        self._log_level = log_level
        self._settings = settings if settings is not None else NO_SHOP
        self._die_with_parent = die_with_parent
        self._music = cache_folder() / "music"
        self.asterisk = LocalAsterisk(
            program,
            self.folder / "asterisk",
            ports,
            AsteriskValues(
                agi_address=f"127.0.0.1:{self.agi_port}",
                stt_address=f"127.0.0.1:{self.speech_port}",
                ami_secret=secrets.token_urlsafe(18),
                music_dir=str(self._music),
                trunk_address=trunk_address,
            ),
            die_with_parent=die_with_parent,
            extra_files=extra_files,
            say=say,
        )
        self._controller: asyncio.subprocess.Process | None = None

    @property
    def address(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def sip_port(self) -> int:
        return self.asterisk.ports.sip

    @property
    def controller_pid(self) -> int | None:
        """The controller's process id while it runs."""
        running = self._controller is not None and self._controller.returncode is None
        return self._controller.pid if running and self._controller else None

    @property
    def log_file(self) -> Path:
        return self.folder / "controller.log"

    def phone_secret(self, agent_id: str) -> str:
        """What the agent's phone registers with."""
        return PhoneSecrets(self.data / "phone-secrets.json").of(agent_id)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start Asterisk, then the controller, and wait until calls can be taken."""
        await asyncio.to_thread(ensure_music, self._music)
        self.write_config()
        await self.asterisk.start()
        try:
            await self.start_controller()
        except BaseException:
            await self.asterisk.stop()
            raise

    async def stop(self) -> None:
        """End both; the controller first, so that Asterisk has no open links to wait for."""
        await self.stop_controller()
        await self.asterisk.stop()

    def write_config(self) -> None:
        """Write callcenter.yaml."""
        self.data.mkdir(parents=True, exist_ok=True)
        if self._prompts is not None and not (self.data / "prompts").exists():
            self._prompts.mkdir(parents=True, exist_ok=True)
            (self.data / "prompts").symlink_to(self._prompts.resolve())
        config: dict[str, Any] = {
            "version": 1,
            "data_dir": str(self.data),
            "center": str(self._center),
            "flows_dir": str(self._flows),
            "asterisk": {
                "node": "local",
                "ami": {
                    "host": "127.0.0.1",
                    "port": self.asterisk.ports.ami,
                    "username": "callcenter",
                    "secret": self.asterisk.values.ami_secret,
                },
                "agi": {"host": "127.0.0.1", "port": self.agi_port},
                "config_dir": str(self.asterisk.places.etc),
                "trunk": "callcenter-trunk",
            },
            **self._settings,
            "web": {"host": "127.0.0.1", "port": self.web_port},
            "speech": {"recognition": {"port": self.speech_port}},
            "log": {"level": self._log_level},
        }
        if self._database_url:
            config["database"] = {"url": self._database_url}
        self.config_file.touch(mode=0o600)
        with self.config_file.open("w", encoding="utf-8") as file:
            YAML().dump(config, file)

    async def start_controller(self) -> None:
        """Start the controller and wait until it is ready. Raises ControllerDidNotStart."""
        command = [sys.executable, "-m", "callcenter.cli.main", "run", "--config", str(self.config_file)]
        if self._die_with_parent:
            command = [*child_process.dies_with_us(), *command]
        with self.log_file.open("ab") as log:
            self._controller = await asyncio.create_subprocess_exec(
                *command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )
        try:
            async with asyncio.timeout(START_DEADLINE_S):
                await self._wait_ready(self._controller)
        except TimeoutError:
            words = self.last_words()
            await self.kill_controller()
            raise ControllerDidNotStart(f"not ready after {START_DEADLINE_S:.0f} s\n{words}") from None

    async def stop_controller(self) -> None:
        """Ask it to end; kill it if it does not."""
        process, self._controller = self._controller, None
        await child_process.end(process, STOP_DEADLINE_S)

    async def kill_controller(self) -> None:
        """SIGKILL: as if the machine's memory had run out."""
        process, self._controller = self._controller, None
        await child_process.kill(process)

    def last_words(self, lines: int = 25) -> str:
        """The end of the controller's log."""
        with contextlib.suppress(OSError):
            return "\n".join(
                self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
            )
        return ""

    async def _wait_ready(self, process: asyncio.subprocess.Process) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                if process.returncode is not None:
                    raise ControllerDidNotStart(f"ended with {process.returncode}\n{self.last_words()}")
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(self.address + "/readyz") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.1)
