"""The controller as a process: told to end while it still waits for its database."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("told_by", [signal.SIGTERM, signal.SIGINT])
def test_who_waits_for_a_database_ends_when_told(tmp_path: Path, told_by: signal.Signals) -> None:
    with socket.socket() as nobody:  # bound, and nobody listens: each attempt is refused
        nobody.bind(("127.0.0.1", 0))
        config = tmp_path / "callcenter.yaml"
        config.write_text(
            f"version: 1\ndata_dir: {tmp_path / 'data'}\ncenter: {ROOT / 'center.yaml'}\n"
            f"flows_dir: {ROOT / 'ivr_flows'}\n"
            "asterisk: {ami: {host: 127.0.0.1, port: 9, username: engine, secret: a-secret}}\n"
            f"database: {{url: 'postgresql://me@127.0.0.1:{nobody.getsockname()[1]}/center'}}\n"
        )
        log = tmp_path / "log"
        with log.open("wb") as words:
            controller = subprocess.Popen(
                [sys.executable, "-m", "callcenter.cli.main", "run", "--config", str(config)],
                stdout=words,
                stderr=words,
                cwd=ROOT,
            )
        try:
            deadline = time.monotonic() + 30
            while "database can not be reached" not in log.read_text():
                assert controller.poll() is None and time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            controller.send_signal(told_by)
            assert controller.wait(10) == 0, log.read_text()
        finally:
            controller.kill()
            controller.wait()
    assert "Traceback" not in log.read_text()
