"""The journal's near end: takes facts at once, keeps them safe, tells those who listen in this process."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import structlog

from callcenter.storage.facts import Fact
from callcenter.storage.spool import SEGMENT_BYTES, Spool, encode_line, plain
from callcenter.telephony.clock import Clock

log = structlog.get_logger("callcenter.storage.journal")
Listener = Callable[[Fact], None]
MEMORY_FACTS = 20_000  # kept in memory while the database is away; older ones are read back from the spool
RETRY_SECONDS = 1.0  # between attempts to write to a disk that refused


class SpoolJournal:
    """Implements `Journal` on a folder of the local disk. Used from the event loop's thread only.

    Every fact is in one of three places until the database has it: the spool alone (older than
    `_memory_from`), the spool and memory, or, while the disk refuses, memory alone (`_unspooled`).
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        memory_facts: int = MEMORY_FACTS,
    ) -> None:
        """`path` is the spool's folder. Raises SpoolInUse and OSError."""
        self._clock = clock
        self._spool = Spool(path, segment_bytes)
        self.fresh = self._spool.fresh
        self._seq = self._spool.last_seq()
        self._spool.begin(self._seq + 1)
        self._memory_from = self._seq + 1
        self._memory_facts = memory_facts
        self._saved = 0
        self._queue: deque[Fact] = deque()
        self._unspooled: deque[tuple[int, bytes]] = deque()
        self._retry_at = 0.0
        self._backlog: Iterator[Fact] | None = None
        self._backlog_until = 0
        self._chunk: list[Fact] = []
        self._listeners: list[Listener] = []
        self.arrived = asyncio.Event()  # set while facts may wait to be saved

    # -- writing ---------------------------------------------------------------------------------------

    def write(self, kind: str, *, call_id: str = "", agent: str = "", **data: Any) -> Fact:
        """Append a fact: on disk (in the kernel's hands) when this returns. Never waits, never raises."""
        self._seq = seq = self._seq + 1
        fact = Fact(seq, self._clock.now(), kind, call_id, agent, data)
        try:
            line = encode_line(fact)
        except TypeError:  # a value JSON does not know: everybody sees it as text
            fact = Fact(seq, fact.at, str(plain(kind)), str(plain(call_id)), str(plain(agent)), plain(data))
            line = encode_line(fact)
        if self._unspooled:
            self._unspooled.append((seq, line))
            self._retry(fact.at)
        else:
            try:
                self._spool.append(line, seq + 1)
            except OSError as error:
                self._disk_refuses(seq, line, fact.at, error)
        queue = self._queue
        queue.append(fact)
        if len(queue) > self._memory_facts and not self._unspooled:
            self._memory_from = queue.popleft().seq + 1
        if not self.arrived.is_set():
            self.arrived.set()
        for listener in self._listeners:
            try:
                listener(fact)
            except Exception:
                log.exception("a listener of the journal failed", kind=kind, seq=seq)
        return fact

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` of each fact at once. Returns what ends it."""
        self._listeners = [*self._listeners, listener]

        def end() -> None:
            self._listeners = [other for other in self._listeners if other is not listener]

        return end

    @property
    def last_seq(self) -> int:
        """The newest fact's number."""
        return self._seq

    @property
    def saved_seq(self) -> int:
        """The newest fact known to be in the database."""
        return self._saved

    @property
    def disk_refuses(self) -> bool:
        """True while facts are in memory alone."""
        return bool(self._unspooled)

    # -- for the writer --------------------------------------------------------------------------------

    def unsaved(self, limit: int) -> list[Fact]:
        """The oldest facts not yet saved, in order; the same ones again until `saved` is told."""
        if self._chunk:
            return self._chunk[:limit]
        while self._saved + 1 < self._memory_from:
            if self._backlog is None:
                self._backlog_until = self._memory_from - 1
                self._backlog = self._spool.read(self._saved, self._backlog_until)
            self._chunk = list(islice(self._backlog, limit))
            if self._chunk:
                return self._chunk
            self._backlog = None
            self._saved = max(self._saved, self._backlog_until)  # nothing older is left anywhere
        return list(islice(self._queue, limit))

    def saved(self, seq: int) -> None:
        """The database has every fact up to `seq`."""
        self._saved = max(self._saved, seq)
        if self._chunk:
            self._chunk = [fact for fact in self._chunk if fact.seq > seq]
        queue = self._queue
        while queue and queue[0].seq <= seq:
            self._memory_from = queue.popleft().seq + 1
        while self._unspooled and self._unspooled[0][0] <= seq:
            self._unspooled.popleft()
        try:
            self._spool.drop(seq)
        except OSError as error:
            log.warning("a saved segment of the spool could not be deleted", error=str(error))
        if seq >= self._seq:
            self.arrived.clear()

    def start_after(self, seq: int) -> None:
        """The database holds facts up to `seq`: count on from there if it is ahead of the spool."""
        if seq > self._seq:
            if self._queue:
                log.error(
                    "facts were written before the count was known, and are lost", facts=len(self._queue)
                )
            self._seq = seq
            self._memory_from = seq + 1
            self._spool.begin(seq + 1)
        self.saved(seq)
        if self._saved < self._seq:
            self.arrived.set()

    def retry_disk(self) -> None:
        """Try again to bring facts to a disk that refused; called now and then by the writer."""
        if self._unspooled:
            self._retry(self._clock.now())

    def close(self) -> None:
        """Stop writing; what is unsaved stays in the spool for the next start."""
        self.retry_disk()
        self._spool.close()

    # -- a disk that refuses ---------------------------------------------------------------------------

    def _disk_refuses(self, seq: int, line: bytes, now: float, error: OSError) -> None:
        log.error(
            "the spool's disk refuses: facts are kept in memory and would be lost with this process",
            error=str(error),
        )
        self._unspooled.append((seq, line))
        self._retry_at = now + RETRY_SECONDS

    def _retry(self, now: float) -> None:
        if now < self._retry_at:
            return
        self._retry_at = now + RETRY_SECONDS
        count = 0
        try:
            while self._unspooled:
                seq, line = self._unspooled[0]
                self._spool.append(line, seq + 1)
                self._unspooled.popleft()
                count += 1
        except OSError:
            return
        log.info("the spool's disk takes facts again", written=count)
