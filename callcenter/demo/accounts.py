"""The three accounts of the same calls: the journal, Asterisk's own CDR, and the recordings on disk."""

from __future__ import annotations

import asyncio
import csv
import wave
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from callcenter.center.model import Center
from callcenter.storage import tables
from callcenter.storage.engine import make_engine
from callcenter.storage.projection import CallRow

_CDR_COLUMNS = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start",
    "answer", "end", "duration", "billsec", "disposition", "amaflags", "uniqueid", "userfield", "peeraccount",
    "linkedid", "sequence",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CdrRecord:
    """One line of Master.csv. Times are seconds since the epoch, whole ones as Asterisk writes them."""

    leg_id: str
    linked_id: str
    src: str
    channel: str
    dstchannel: str
    start: float
    end: float
    billsec: int
    disposition: str


@dataclass(frozen=True, slots=True)
class JournalCall:
    """One call as the journal tells it."""

    row: CallRow
    leg_id: str
    ends: int  # facts that say it ended
    outcomes: tuple[str, ...]  # what these facts name
    recording_failed: str = ""


@dataclass(frozen=True, slots=True)
class RecordingFile:
    """What is on disk."""

    channels: int
    seconds: float
    peaks: tuple[int, ...]  # loudest sample of each track


@dataclass(slots=True)
class Books:
    """All three accounts, read at one time."""

    calls: list[JournalCall]
    cdr: list[CdrRecord]
    recordings: dict[str, RecordingFile] = field(
        default_factory=dict
    )  # by relative path; missing: no such file


def parse_cdr(lines: Iterable[str]) -> list[CdrRecord]:
    """Master.csv with the new columns, unique ids and times in UTC. Other lines are passed over."""
    found: list[CdrRecord] = []
    for values in csv.reader(lines):
        if len(values) != len(_CDR_COLUMNS):
            continue
        record = dict(zip(_CDR_COLUMNS, values, strict=True))
        try:
            start, end, billsec = _epoch(record["start"]), _epoch(record["end"]), int(record["billsec"])
        except ValueError:
            continue
        found.append(
            CdrRecord(
                record["uniqueid"], record["linkedid"], record["src"], record["channel"],
                record["dstchannel"], start, end, billsec, record["disposition"],
            )
        )  # fmt: skip
    return found


def _epoch(text: str) -> float:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()


class Accounts:
    """Reads the books of what happened after `open`."""

    def __init__(self, database_url: str, cdr_file: Path, recordings: Path, center: Center) -> None:
        self.center = center
        self._engine = make_engine(database_url)
        self._cdr_file = cdr_file
        self._recordings = recordings
        self._first_seq = 0
        self._cdr_lines = 0

    async def open(self) -> None:
        """From here on."""
        async with self._engine.connect() as connection:
            newest = (await connection.execute(select(func.max(tables.journal.c.seq)))).scalar()
        self._first_seq = int(newest or 0)
        self._cdr_lines = len(await asyncio.to_thread(self._read_lines))

    async def close(self) -> None:
        """Let the database go."""
        await self._engine.dispose()

    async def read(self, *, recordings: bool = True) -> Books:
        """All three, as they are now; without the recordings it is quick for thousands of calls."""
        calls = await self._read_calls()
        lines = await asyncio.to_thread(self._read_lines)
        books = Books(calls, parse_cdr(lines[self._cdr_lines :]))
        for call in calls if recordings else ():
            path = call.row.recording
            if path and (file := await asyncio.to_thread(read_recording, self._recordings / path)):
                books.recordings[path] = file
        return books

    async def _read_calls(self) -> list[JournalCall]:
        journal = tables.journal.c
        wanted = ("call.offered", "call.ended", "recording.failed")
        query = (
            select(journal.kind, journal.call_id, journal.data)
            .where(journal.seq > self._first_seq, journal.kind.in_(wanted))
            .order_by(journal.seq)
        )
        async with self._engine.connect() as connection:
            facts = (await connection.execute(query)).all()
            offered = {
                fact.call_id: str(fact.data.get("leg_id", "")) for fact in facts if fact.kind == wanted[0]
            }
            rows = {}
            for row in (await connection.execute(select(tables.calls))).mappings():
                if row["id"] in offered:
                    rows[row["id"]] = CallRow.from_dict(dict(row))
        ends: dict[str, list[str]] = {}
        failures: dict[str, str] = {}
        for fact in facts:
            if fact.kind == "call.ended":
                ends.setdefault(fact.call_id, []).append(str(fact.data.get("outcome", "")))
            elif fact.kind == "recording.failed":
                failures[fact.call_id] = str(fact.data.get("error", "failed"))
        return [
            JournalCall(
                row, offered[call_id], len(ends.get(call_id, ())), tuple(ends.get(call_id, ())),
                failures.get(call_id, ""),
            )
            for call_id, row in rows.items()
        ]  # fmt: skip

    def _read_lines(self) -> list[str]:
        try:
            with self._cdr_file.open(encoding="utf-8", errors="replace", newline="") as file:
                return file.readlines()
        except FileNotFoundError:
            return []


def read_recording(path: Path) -> RecordingFile | None:
    """What a 16-bit WAV file holds; None when there is none."""
    try:
        with wave.open(str(path), "rb") as file:
            tracks, frames = file.getnchannels(), file.getnframes()
            samples = memoryview(file.readframes(frames)).cast("h").tolist()
            peaks = tuple(max(map(abs, samples[n::tracks]), default=0) for n in range(tracks))
            return RecordingFile(tracks, frames / file.getframerate(), peaks)
    except (OSError, EOFError, TypeError, wave.Error):
        return None
