"""Where the controller's time goes: cProfile around it, summed by the place in the code.

cProfile slows Python down about twofold and C code hardly at all: trust the order, not the figures.
"""

from __future__ import annotations

import asyncio
import pstats
import re
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
from rich.console import Console
from rich.table import Table

from callcenter import child_process


class ProfiledController:
    """`callcenter run` under cProfile. Use as an async context manager; the profile is there afterwards."""

    def __init__(self, config_file: Path, address: str, profile: Path) -> None:
        self._command = [
            *child_process.dies_with_us(), sys.executable, "-m", "cProfile", "-o", str(profile),
            "-m", "callcenter.cli.main", "run", "--config", str(config_file),
        ]  # fmt: skip
        self._address = address
        self._log = profile.with_suffix(".log")
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        async with asyncio.timeout(60), aiohttp.ClientSession() as http:
            while True:
                try:
                    async with http.get(self._address + "/readyz") as answer:
                        if answer.status == 200:
                            return self
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.2)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()


def show_profile(file: Path, console: Console) -> None:
    """Print where the controller spends its time."""
    rooms, functions = by_place(file)
    whole = sum(seconds for _, seconds in rooms)
    for title, rows in (("by room or package", rooms[:14]), ("by function", functions[:30])):
        table = Table(title, "share of the controller's time")
        for name, seconds in rows:
            table.add_row(name, f"{seconds / whole:.1%}")
        console.print(table)


def by_place(profile: Path) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
    """Own seconds by room or package, and by function; the largest first."""
    stats = pstats.Stats(str(profile))
    rooms: dict[str, float] = {}
    functions: dict[str, float] = {}
    for (file, line, name), (_, _, own, *_rest) in stats.stats.items():  # type: ignore[attr-defined]
        rooms[_room(file, name)] = rooms.get(_room(file, name), 0.0) + own
        place = f"{Path(file).parent.name}/{Path(file).name}:{line} {name}" if file != "~" else name
        functions[place] = functions.get(place, 0.0) + own
    return _sorted(rooms), _sorted(functions)


def _sorted(sums: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(sums.items(), key=lambda item: -item[1])


def _room(file: str, name: str) -> str:
    if match := re.search(r"/(callcenter/[a-z_]+)(?:/|\.py)", file):
        return match[1]
    if match := re.search(r"/site-packages/([A-Za-z0-9_]+)", file):
        return match[1]
    if file == "~":
        return "built in: " + re.sub(r"<built-in method |<method '|' of|>", " ", name).split()[0]
    return "standard library"
