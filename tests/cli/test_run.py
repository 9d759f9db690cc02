"""The controller as a process: told to end while it still waits for its database; its memory."""

from __future__ import annotations

import platform
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


HEAPS = """
import ctypes, sys, threading
if sys.argv[1] == "one":
    from callcenter.cli.run import keep_one_heap
    keep_one_heap()
held, all_there = [], threading.Barrier(6)
def work():
    held.append(bytearray(5000))
    all_there.wait()
threads = [threading.Thread(target=work) for _ in range(5)]
for thread in threads: thread.start()
all_there.wait()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, out)
libc.fclose(out)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives threads heaps of their own")
def test_threads_get_no_heaps_of_their_own(tmp_path: Path) -> None:
    heaps = {}
    for how in ("one", "many"):
        told = tmp_path / f"{how}.xml"
        subprocess.run([sys.executable, "-c", HEAPS, how, str(told)], check=True, timeout=60)
        heaps[how] = told.read_text().count("<heap nr=")
    assert heaps["one"] == 1 < heaps["many"]
