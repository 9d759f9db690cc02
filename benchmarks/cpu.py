"""CPU time of a process and of its threads, from /proc. Seconds."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class CpuTime:
    """User and system time so far."""

    user: float
    system: float

    @property
    def total(self) -> float:
        return self.user + self.system

    def __sub__(self, other: CpuTime) -> CpuTime:
        return CpuTime(self.user - other.user, self.system - other.system)


def process_time(pid: int) -> CpuTime:
    """Time of all threads of a process, also of those that ended."""
    return _read(Path(f"/proc/{pid}/stat"))


def thread_times(pid: int) -> dict[int, float]:
    """Time of each living thread."""
    times = {}
    for folder in Path(f"/proc/{pid}/task").iterdir():
        try:
            times[int(folder.name)] = _read(folder / "stat").total
        except OSError:
            continue  # it ended meanwhile
    return times


def _read(file: Path) -> CpuTime:
    words = _words(file)
    return CpuTime(int(words[11]) / _TICK, int(words[12]) / _TICK)


def _words(file: Path) -> list[str]:
    return file.read_text().rsplit(")", 1)[1].split()


def children_time(pid: int) -> float:
    """Time of the programs that a process started and that have ended, and of theirs."""
    words = _words(Path(f"/proc/{pid}/stat"))
    return (int(words[13]) + int(words[14])) / _TICK


def idle_time() -> float:
    """Time in which the machine's cores had nothing to do."""
    words = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return (int(words[4]) + int(words[5])) / _TICK
