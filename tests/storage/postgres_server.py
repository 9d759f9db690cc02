"""A real PostgreSQL of a test's own, in a temporary folder, run by a user who is not root."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

RUNS_AS = "nobody"  # PostgreSQL refuses to run as root


def program(name: str) -> str | None:
    """Where a program of PostgreSQL is: on PATH or where Debian puts it."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return shutil.which(name) or (str(found[0]) if found else None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PostgresServer:
    """Starts in `start`, and may be stopped and started again with its data."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="callcenter-pg-", dir="/tmp"))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._identity: dict[str, object] = {}
        if os.geteuid() == 0:
            shutil.chown(self.folder, RUNS_AS)
            self._identity = {"user": RUNS_AS, "extra_groups": []}
        self._run(
            "initdb", "-D", str(self.folder / "data"), "-U", "callcenter", "-A", "trust", "-N", "-E", "UTF8"
        )

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://callcenter@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            "fsync": "off",
            "max_connections": "50",
        }
        flags = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as output:
            self._process = subprocess.Popen(
                [self._program("postgres"), "-D", str(self.folder / "data"), *flags],
                cwd="/",
                stdout=subprocess.DEVNULL,
                stderr=output,
                **self._identity,  # type: ignore[call-overload]
            )
        deadline = time.monotonic() + 30
        while subprocess.run(
            [self._program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        ).returncode:
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, "PostgreSQL did not start"
            time.sleep(0.05)

    def stop(self) -> None:
        """Connections are cut, data stays."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
            self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def create_database(self, name: str) -> str:
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "callcenter", name)
        return self.url(name)

    def _program(self, name: str) -> str:
        found = program(name)
        assert found is not None, f"{name} is missing: install postgresql"
        return found

    def _run(self, name: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._program(name), *arguments],
            cwd="/",
            capture_output=True,
            text=True,
            env={**os.environ, "HOME": str(self.folder), "LC_ALL": "C.UTF-8"},
            **self._identity,  # type: ignore[call-overload]
        )
        assert done.returncode == 0, done.stdout + done.stderr
