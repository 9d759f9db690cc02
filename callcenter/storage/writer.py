"""The journal's far end: one task brings facts to the database, in order, in batches, each exactly once.

A batch, with the rows that follow from it, is one transaction. After any failure it is not known whether the
last transaction went through, so the next one first asks the database for its newest fact. Facts that the
database can not take at all (never seen, but one must not stop all) go to a file and are told in the log.
"""

from __future__ import annotations

import asyncio
import random
from collections import ChainMap, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.storage import tables
from callcenter.storage.contacts import ContactsProjection
from callcenter.storage.emergencies import EmergenciesProjection
from callcenter.storage.engine import driver_sql, dumps, in_transaction, upsert
from callcenter.storage.facts import Fact
from callcenter.storage.flow_steps import FlowStepsProjection
from callcenter.storage.flow_versions import FlowVersionsProjection
from callcenter.storage.journal import SpoolJournal
from callcenter.storage.projection import CallRow, fold
from callcenter.storage.spool import encode_line

log = structlog.get_logger("callcenter.storage.writer")
BATCH_FACTS = 500
SAVE_SECONDS = 30.0  # a database that hangs longer counts as away
KEPT_ROWS = 10_000  # rows of calls kept in memory, so that a living call is not read again for each batch
KEPT_ENDED = (
    1_000  # of calls that are over: their wrap-ups and recordings are soon told, or the row is read again
)
BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0)


class Projection(Protocol):
    """Something else that follows from facts, in the same transaction. `apply` runs off the event loop."""

    def apply(self, connection: Connection, facts: Sequence[Fact], rows: Mapping[str, CallRow]) -> None:
        """`facts` were never applied before; `rows` are the calls they touch, after them."""

    def committed(self, facts: Sequence[Fact], rows: Mapping[str, CallRow]) -> None:
        """The transaction went through."""


class JournalWriter:
    """Owns the way from the journal to the database. `start` once, `stop` once."""

    def __init__(
        self,
        engine: AsyncEngine,
        journal: SpoolJournal,
        *,
        normalise: Callable[[str], str] = str,
        projections: Iterable[Projection] = (),
        interval: float = 0.5,
        rejected_file: Path | None = None,
    ) -> None:
        """`normalise` writes an ANI in E.164; `interval` is how long facts gather, in seconds."""
        self._engine = engine
        self._journal = journal
        self._normalise = normalise
        self._projections: tuple[Projection, ...] = (
            ContactsProjection(engine),
            EmergenciesProjection(engine),
            FlowStepsProjection(engine),
            FlowVersionsProjection(engine),
            *projections,
        )
        self._interval = interval
        self._rejected_file = rejected_file
        self._rows: OrderedDict[str, CallRow] = OrderedDict()
        self._ended: OrderedDict[str, CallRow] = OrderedDict()
        self._synced = False
        self._stopping = False
        self._hurry = asyncio.Event()
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None
        self._insert_facts = driver_sql(engine, insert(tables.journal))
        self._upsert_calls = driver_sql(engine, upsert(engine, tables.calls))
        self._upsert_states = driver_sql(engine, upsert(engine, tables.agent_states))
        # for /metrics
        self.facts_saved = 0
        self.batches = 0
        self.failures = 0
        self.rejected = 0
        self.last_batch = 0
        self.away = False

    @property
    def lag(self) -> int:
        """Facts not yet in the database."""
        return self._journal.last_seq - self._journal.saved_seq

    # -- life ------------------------------------------------------------------------------------------

    async def start(self, catch_up_seconds: float = 30) -> None:
        """Agree with the database on the count, replay the spool, then keep writing until `stop`.

        A database that is away at start is waited for in the background, unless this spool has never been
        written: then nobody knows how far the count went, and the error is raised.
        """
        try:
            async with asyncio.timeout(SAVE_SECONDS):
                await self._sync()
        except Exception:
            if self._journal.fresh:
                raise
            log.error("the database is away at start: facts gather in the spool", exc_info=True)
        self._task = asyncio.create_task(self._run(), name="journal writer")
        if self._synced:
            await self.flush(catch_up_seconds)

    async def stop(self, seconds: float = 5) -> bool:
        """Write what is left, for at most `seconds`. False when the spool keeps facts for the next start."""
        if self._task is None:
            return self.lag == 0
        whole = await self.flush(seconds)
        self._stopping = True
        self._task.cancel()
        await asyncio.wait([self._task])
        self._task = None
        return whole

    async def flush(self, timeout: float | None = None) -> bool:
        """Wait until what was written so far is in the database; False after `timeout` seconds."""
        target = self._journal.last_seq
        if self._journal.saved_seq >= target:
            return True
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (target, waiter)
        self._waiters.append(entry)
        self._hurry.set()
        try:
            async with asyncio.timeout(timeout):
                await waiter
        except TimeoutError:
            return False
        finally:
            if entry in self._waiters:
                self._waiters.remove(entry)
        return True

    # -- the task --------------------------------------------------------------------------------------

    async def _run(self) -> None:
        failed = 0
        while not self._stopping:
            await self._journal.arrived.wait()
            if not self._waiters:
                await self._pause(self._interval)
            self._journal.retry_disk()
            facts = self._journal.unsaved(BATCH_FACTS)
            if not facts:
                self._journal.saved(self._journal.last_seq)
                self._tell_waiters()
                continue
            try:
                await self._save(facts)
            except Exception as error:
                self.failures += 1
                self._synced = False
                self._forget_rows()
                if self._is_away(error):
                    failed += 1
                    await self._wait_for_database(failed, error)
                else:
                    await self._save_one_by_one(facts)
            else:
                if failed:
                    log.info("the database is back", behind=self.lag)
                failed = 0
                self.away = False

    async def _pause(self, seconds: float) -> None:
        """Let facts gather, unless somebody waits for them."""
        self._hurry.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        except TimeoutError:
            pass

    async def _wait_for_database(self, failed: int, error: Exception) -> None:
        if not self.away:
            log.error("the database is away: facts gather in the spool", error=str(error), behind=self.lag)
        self.away = True
        pause = BACKOFF[min(failed, len(BACKOFF)) - 1]
        await asyncio.sleep(pause * random.uniform(0.8, 1.2))

    @staticmethod
    def _is_away(error: Exception) -> bool:
        """Is the database out of reach or out of space, rather than at odds with a fact?"""
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            return True
        return isinstance(error, OperationalError | InterfaceError | PoolTimeout | OSError | TimeoutError)

    async def _save_one_by_one(self, facts: list[Fact]) -> None:
        """Find the fact that the database can not take, put it aside, and go on."""
        for fact in facts:
            try:
                await self._save([fact])
            except Exception as error:
                self._synced = False
                self._forget_rows()
                if self._is_away(error):
                    return
                self.rejected += 1
                log.exception(
                    "the database can not take a fact; it is put aside", seq=fact.seq, kind=fact.kind
                )
                if self._rejected_file is not None:
                    await asyncio.to_thread(_append, self._rejected_file, encode_line(fact))
                self._done(fact.seq)

    # -- one batch -------------------------------------------------------------------------------------

    async def _sync(self) -> None:
        """Ask the database how far it is."""
        newest = await in_transaction(self._engine, _newest)
        if newest > self._journal.last_seq and not self._journal.fresh:
            log.warning("the database is ahead of the spool", database=newest, spool=self._journal.last_seq)
        self._journal.start_after(newest)
        self._synced = True

    async def _save(self, facts: list[Fact]) -> None:
        async with asyncio.timeout(SAVE_SECONDS):
            if not self._synced:
                await self._sync()
            saved = self._journal.saved_seq
            fresh, lines = journal_rows(fact for fact in facts if fact.seq > saved)
            rows: dict[str, CallRow] = {}
            if fresh:
                rows = await in_transaction(
                    self._engine, lambda connection: self._file(connection, fresh, lines)
                )
        self._keep(rows)
        self.batches += 1
        self.last_batch = len(fresh)
        self.facts_saved += len(fresh)
        self._done(facts[-1].seq)
        for projection in self._projections:
            try:
                projection.committed(fresh, rows)
            except Exception:
                log.exception("a projection failed after its transaction")

    def _file(
        self, connection: Connection, facts: list[Fact], lines: list[tuple[Any, ...]]
    ) -> dict[str, CallRow]:
        """Within the transaction, off the event loop: the facts, and all that follows from them."""
        rows, changed = self._fold(connection, facts)
        connection.exec_driver_sql(self._insert_facts, lines)
        if changed:
            connection.exec_driver_sql(self._upsert_calls, [rows[call_id].as_tuple() for call_id in changed])
        states = _last_states(facts)
        if states:
            connection.exec_driver_sql(self._upsert_states, states)
        for projection in self._projections:
            projection.apply(connection, facts, rows)
        return rows

    def _fold(self, connection: Connection, facts: list[Fact]) -> tuple[dict[str, CallRow], set[str]]:
        """The rows of the calls that `facts` speak of, after them, and which of these changed."""
        known = ChainMap(self._rows, self._ended)
        wanted = {fact.call_id for fact in facts if fact.call_id and fact.call_id not in known}
        wanted -= {fact.call_id for fact in facts if fact.kind == "call.offered"}
        before: dict[str, CallRow] = {}
        if wanted:
            query = select(tables.calls).where(tables.calls.c.id.in_(wanted))
            for values in connection.execute(query).mappings():
                before[values["id"]] = CallRow.from_dict(dict(values))
        after: dict[str, CallRow] = {}
        changed: set[str] = set()
        for fact in facts:
            call_id = fact.call_id
            if not call_id:
                continue
            old = after.get(call_id) or known.get(call_id) or before.get(call_id)
            new = fold(old, fact)
            if new is None:
                continue
            if new is not old:
                changed.add(call_id)
                if fact.kind == "call.offered":
                    new = new._replace(number=self._number(new.ani))
            after[call_id] = new
        return after, changed

    def _number(self, ani: str) -> str:
        try:
            return self._normalise(ani)
        except Exception:
            log.exception("a caller's number could not be read", ani=ani[:40])
            return ""

    def _keep(self, rows: dict[str, CallRow]) -> None:
        for call_id, row in rows.items():
            mine, other = (self._rows, self._ended) if row.ended_at is None else (self._ended, self._rows)
            other.pop(call_id, None)
            mine[call_id] = row
            mine.move_to_end(call_id)
        for kept, most in ((self._rows, KEPT_ROWS), (self._ended, KEPT_ENDED)):
            while len(kept) > most:
                kept.popitem(last=False)

    @property
    def rows_kept(self) -> int:
        """Rows of calls in memory."""
        return len(self._rows) + len(self._ended)

    def _forget_rows(self) -> None:
        self._rows.clear()
        self._ended.clear()

    def _done(self, seq: int) -> None:
        self._journal.saved(seq)
        self._tell_waiters()

    def _tell_waiters(self) -> None:
        saved = self._journal.saved_seq
        for target, waiter in self._waiters:
            if target <= saved and not waiter.done():
                waiter.set_result(None)


def _newest(connection: Connection) -> int:
    """The newest fact's number; 0 when there is none."""
    return int(connection.execute(select(func.max(tables.journal.c.seq))).scalar() or 0)


def journal_rows(facts: Iterable[Fact]) -> tuple[list[Fact], list[tuple[Any, ...]]]:
    """The facts and their rows, both without NUL characters, which PostgreSQL's text can not hold."""
    kept: list[Fact] = []
    rows: list[tuple[Any, ...]] = []
    for fact in facts:
        data = dumps(fact.data)
        if "\\u0000" in data or "\x00" in fact.kind + fact.call_id + fact.agent:
            fact = Fact(
                fact.seq,
                fact.at,
                _clean(fact.kind),
                _clean(fact.call_id),
                _clean(fact.agent),
                _clean(fact.data),
            )
            data = dumps(fact.data)
        kept.append(fact)
        rows.append((fact.seq, fact.at, fact.kind, fact.call_id, fact.agent, data))
    return kept, rows


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd")
    if isinstance(value, dict):
        return {_clean(key): _clean(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(inner) for inner in value]
    return value


def _last_states(facts: list[Fact]) -> list[tuple[Any, ...]]:
    """The newest agent.state of each agent among `facts`, as rows of agent_states."""
    last = {fact.agent: fact for fact in facts if fact.kind == "agent.state" and fact.agent}
    return [(fact.agent, fact.seq, fact.at, fact.call_id, dumps(fact.data)) for fact in last.values()]


def _append(path: Path, line: bytes) -> None:
    with path.open("ab") as file:
        file.write(line)
