"""A real Asterisk for the tests in this folder."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.asterisk.config_files import AsteriskValues
from callcenter.asterisk.local_install import AsteriskProgram, find_or_install
from callcenter.asterisk.local_server import LocalAsterisk, free_ports

sys.path.insert(0, str(Path(__file__).parent))

from asterisk_kit import WITNESS


@pytest.fixture(scope="session")
def asterisk_program() -> AsteriskProgram:
    """The Asterisk of this machine; fetched once if it has none."""
    return find_or_install()


@pytest.fixture
def agi_port() -> int:
    """A free port for the controller's FastAGI door."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def pbx(
    asterisk_program: AsteriskProgram, tmp_path: Path, agi_port: int
) -> AsyncIterator[LocalAsterisk]:
    """A running private Asterisk whose controller would listen on `agi_port`."""
    values = AsteriskValues(agi_address=f"127.0.0.1:{agi_port}", hold_limit_s=600)
    async with LocalAsterisk(
        asterisk_program, tmp_path / "pbx", free_ports(21000, 21899, rtp=80), values, extra_files=WITNESS
    ) as running:
        yield running
        await asyncio.sleep(0)
