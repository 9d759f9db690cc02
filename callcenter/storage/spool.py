"""The spool: facts on the local disk, one JSON line each, until the database has them.

Theory of operation. A line goes out by a single write() to a file opened for appending, so it is in the
kernel's hands, and outlives this process, before the caller goes on. Files are called after the first fact
they may hold and are never appended to by a later process: only the last line of a file can be torn. A file
goes when the next one's first fact, and with it all of its own, is in the database. The newest file always
stays, since its name is what tells a later process where counting stopped.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import structlog

from callcenter.storage.facts import Fact

log = structlog.get_logger("callcenter.storage.spool")
SEGMENT_BYTES = 8 * 1024 * 1024


class SpoolInUse(Exception):
    """Another process writes to this spool."""


def encode_line(fact: Fact) -> bytes:
    """The line of a fact. Raises TypeError when it holds something JSON does not know; see `plain`."""
    return orjson.dumps((fact.seq, fact.at, fact.kind, fact.call_id, fact.agent, fact.data)) + b"\n"


def decode_line(line: bytes) -> Fact | None:
    """The fact of a line, or None when it is torn or no fact."""
    try:
        seq, at, kind, call_id, agent, data = orjson.loads(line)
    except (ValueError, TypeError):
        return None
    whole = type(seq) is int and isinstance(at, int | float) and isinstance(kind, str)
    if not (whole and isinstance(call_id, str) and isinstance(agent, str) and isinstance(data, dict)):
        return None
    return Fact(seq, float(at), kind, call_id, agent, data)


def plain(value: Any, depth: int = 0) -> Any:
    """`value` made of JSON values alone: other things as text, half characters replaced, nesting cut."""
    if depth > 50:
        return str(type(value))
    if isinstance(value, dict):
        return {str(plain(str(key))): plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner, depth + 1) for inner in value]
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return value
    return str(value).encode("utf-8", "replace").decode("utf-8")


class Spool:
    """The folder of segments. One process at a time. `append` raises OSError and then leaves no half line."""

    def __init__(self, folder: Path, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._folder = folder
        self._limit = segment_bytes
        self._fd = -1
        self._size = 0
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise SpoolInUse(f"another process writes to {folder}") from error
        self._segments = sorted(int(path.stem) for path in folder.glob("*.jsonl") if path.stem.isdigit())
        self.fresh = not self._segments  # nothing tells how far earlier processes counted

    def last_seq(self) -> int:
        """The newest fact ever written here, as far as the files tell; 0 for a fresh spool."""
        newest = 0
        for first in self._segments[-2:]:
            newest = max(newest, first - 1, max((fact.seq for fact in self._read(first)), default=0))
        return newest

    def begin(self, first_seq: int) -> None:
        """Start the segment that will hold `first_seq` and what follows. Raises OSError."""
        fd = os.open(self._path(first_seq), os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        os.ftruncate(fd, 0)  # it can only hold a torn line: a whole one would have moved the count
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._size = fd, 0
        if first_seq not in self._segments:
            self._segments.append(first_seq)

    def append(self, line: bytes, next_seq: int) -> None:
        """Write one line; `next_seq` names the following segment when this one is full."""
        if self._fd < 0:
            self.begin(next_seq - 1)
        try:
            written = os.write(self._fd, line)
        except OSError:
            os.ftruncate(self._fd, self._size)
            raise
        if written != len(line):
            os.ftruncate(self._fd, self._size)
            raise OSError(28, "the disk took half a line")
        self._size += written
        if self._size >= self._limit:
            with suppress(OSError):  # then this segment grows on; the line itself is written
                self.begin(next_seq)

    def read(self, after: int, until: int) -> Iterator[Fact]:
        """Facts with after < seq <= until, oldest first. Damaged lines are skipped and told in the log."""
        seen = after
        for index, first in enumerate(list(self._segments)):
            following = self._segments[index + 1] if index + 1 < len(self._segments) else None
            if (following is not None and following - 1 <= after) or first > until:
                continue
            for fact in self._read(first):
                if fact.seq > until:
                    return
                if fact.seq > seen:
                    seen = fact.seq
                    yield fact

    def drop(self, saved: int) -> None:
        """Delete the segments whose facts are all <= `saved`."""
        while len(self._segments) > 1 and self._segments[1] - 1 <= saved:
            self._path(self._segments.pop(0)).unlink(missing_ok=True)

    def close(self) -> None:
        """Let another process have the spool."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _path(self, first: int) -> Path:
        return self._folder / f"{first:020d}.jsonl"

    def _read(self, first: int) -> Iterator[Fact]:
        try:
            file = self._path(first).open("rb")
        except FileNotFoundError:
            return
        with file:
            for line in file:
                fact = decode_line(line) if line.endswith(b"\n") else None
                if fact is not None:
                    yield fact
                else:
                    log.warning(
                        "a line of the spool is torn and was skipped", segment=first, length=len(line)
                    )
