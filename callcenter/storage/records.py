"""What is on file, for the pages: implements the web server's port `Records`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.storage import people
from callcenter.storage.engine import in_transaction
from callcenter.storage.facts import Journal
from callcenter.storage.names import Names, ids_as_names
from callcenter.storage.projection import CallRow, label
from callcenter.storage.recovery import call_facts
from callcenter.storage.story import story
from callcenter.storage.tables import callbacks, calls, customer_numbers, customers, voicemails

Json = dict[str, Any]
LISTED = 500  # voicemails and call-backs shown at most


class BadCursor(ValueError):
    """A cursor that was not made here."""


class DatabaseRecords:
    """Reads from the tables that follow from the journal; small writes go straight to them."""

    def __init__(
        self,
        engine: AsyncEngine,
        names: Names = ids_as_names,
        *,
        normalise: Callable[[str], str] = str,
        journal: Journal | None = None,
        on_customer_changed: Callable[[Iterable[str]], None] = lambda _numbers: None,
    ) -> None:
        """`on_customer_changed` is told the numbers of a customer whose card was changed."""
        self._engine = engine
        self._names = names
        self._normalise = normalise
        self._journal = journal
        self._on_customer_changed = on_customer_changed

    # -- calls -----------------------------------------------------------------------------------------

    async def calls(
        self,
        *,
        limit: int,
        before: str = "",
        since: float = 0,
        queue: str = "",
        agent: str = "",
        outcome: str = "",
        ani: str = "",
    ) -> Json:
        """`{calls: [CallRow], next}`, newest first. Raises BadCursor."""
        query = _call_query().order_by(calls.c.at.desc(), calls.c.id.desc()).limit(limit + 1)
        for column, value in ((calls.c.queue, queue), (calls.c.agent, agent), (calls.c.outcome, outcome)):
            if value:
                query = query.where(column == value)
        if since:
            query = query.where(calls.c.at >= since)
        if ani:
            query = query.where(or_(calls.c.ani == ani, calls.c.number == (self._normalise(ani) or ani)))
        if before:
            at, call_id = _cursor(before)
            query = query.where(or_(calls.c.at < at, and_(calls.c.at == at, calls.c.id < call_id)))
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        more = len(rows) > limit
        rows = rows[:limit]
        following = f"{rows[-1].at!r}_{rows[-1].id}" if more and rows else ""
        return {"calls": [_call(row) for row in rows], "next": following}

    async def call(self, call_id: str) -> Json | None:
        """`{call, story, recorded, scores}`."""
        async with self._engine.connect() as connection:
            row = (await connection.execute(_call_query().where(calls.c.id == call_id))).first()
        if row is None:
            return None
        return {
            "call": _call(row),
            "story": story(await call_facts(self._engine, call_id), self._names),
            "recorded": people.recordings(row.recorded),
            "scores": [
                {"question": one["question"], "score": one["score"], "label": label(one.get("label"))}
                for one in row.scores
            ],
        }

    async def recorded_path(self, call_id: str, name: str) -> str | None:
        """Of what the caller said for a node of type record, relative to the voicemail folder."""
        async with self._engine.connect() as connection:
            found = await connection.execute(select(calls.c.recorded).where(calls.c.id == call_id))
            said = {one["name"]: str(one["path"]) for one in found.scalar() or ()}
            return said.get(name)

    async def recording_path(self, call_id: str) -> str | None:
        """Relative to the recordings folder."""
        async with self._engine.connect() as connection:
            found = await connection.execute(select(calls.c.recording).where(calls.c.id == call_id))
            return found.scalar() or None

    async def rows_since(self, at: float) -> list[CallRow]:
        """The calls offered since `at` and those still open, to prime today's numbers."""
        query = select(calls).where(or_(calls.c.at >= at, calls.c.ended_at.is_(None))).order_by(calls.c.at)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).mappings()
            return [CallRow.from_dict(dict(row)) for row in rows]

    # -- customers -------------------------------------------------------------------------------------

    async def customers(self, q: str, limit: int) -> list[Json]:
        """Customers whose name, note or number contains `q`."""
        return await in_transaction(self._engine, lambda c: people.search_customers(c, q, limit))

    async def customer(self, customer_id: int) -> Json | None:
        """`{customer, timeline}`."""

        def read(connection: Connection) -> Json | None:
            card = people.find_customer(connection, customer_id)
            if card is None:
                return None
            timeline = people.timeline(connection, card["numbers"], self._names)
            return {"customer": card, "timeline": timeline}

        return await in_transaction(self._engine, read)

    async def update_customer(self, customer_id: int, changes: Json) -> Json | None:
        """The changed customer."""
        card = await in_transaction(
            self._engine, lambda connection: people.change_customer(connection, customer_id, changes)
        )
        if card is not None:
            self._on_customer_changed(card["numbers"])
        return card

    # -- voicemails and call-backs ---------------------------------------------------------------------

    async def voicemails(self) -> list[Json]:
        """Newest first."""
        async with self._engine.connect() as connection:
            query = _contact_query(voicemails, voicemails.c.id.desc())
            rows = (await connection.execute(query.limit(LISTED))).all()
        return [_voicemail(row) for row in rows]

    async def voicemail_path(self, voicemail_id: int) -> str | None:
        """Relative to the voicemail folder."""
        async with self._engine.connect() as connection:
            query = select(voicemails.c.path).where(voicemails.c.id == voicemail_id)
            return (await connection.execute(query)).scalar()

    async def set_voicemail(self, voicemail_id: int, status: str, by: str) -> Json | None:
        """`new` or `done`."""
        row = await self._set_status(voicemails, voicemail_id, status, by)
        return None if row is None else _voicemail(row)

    async def callbacks(self) -> list[Json]:
        """Open ones first, by the time from which they are due; then done ones, newest first."""
        due = func.coalesce(callbacks.c.not_before, callbacks.c.at)
        query = _contact_query(
            callbacks,
            case((callbacks.c.status == "open", 0), else_=1),
            case((callbacks.c.status == "open", due), else_=-due),
            callbacks.c.id,
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query.limit(LISTED))).all()
        return [_callback(row) for row in rows]

    async def callbacks_open(self) -> int:
        """How many callers are still to be called back."""
        query = select(func.count()).select_from(callbacks).where(callbacks.c.status == "open")
        async with self._engine.connect() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def set_callback(self, callback_id: int, status: str, by: str) -> Json | None:
        """`open` or `done`; the journal hears of it."""
        async with self._engine.connect() as connection:
            query = select(callbacks.c.status).where(callbacks.c.id == callback_id)
            was = (await connection.execute(query)).scalar()
        row = await self._set_status(callbacks, callback_id, status, by)
        if row is None:
            return None
        if self._journal is not None and was != status:
            kind = "callback.done" if status == "done" else "callback.reopened"
            self._journal.write(kind, call_id=row.call_id, agent=by)
        return _callback(row)

    async def _set_status(self, table: Table, identifier: int, status: str, by: str) -> Row[Any] | None:
        async with self._engine.begin() as connection:
            change = update(table).where(table.c.id == identifier).values(status=status, status_by=by)
            await connection.execute(change)
            found = await connection.execute(_contact_query(table).where(table.c.id == identifier))
            row: Row[Any] | None = found.first()
            return row


def _call_query() -> Select[Any]:
    """Calls with the customer their number belongs to now."""
    joined = calls.outerjoin(customer_numbers, customer_numbers.c.number == calls.c.number).outerjoin(
        customers, customers.c.id == customer_numbers.c.customer_id
    )
    return select(
        calls, customers.c.id.label("customer_id"), customers.c.name.label("customer_name")
    ).select_from(joined)


def _contact_query(table: Table, *order: ColumnElement[Any]) -> Select[Any]:
    joined = table.outerjoin(customer_numbers, customer_numbers.c.number == table.c.number).outerjoin(
        customers, customers.c.id == customer_numbers.c.customer_id
    )
    return select(table, customers.c.name.label("customer_name")).select_from(joined).order_by(*order)


def _cursor(text: str) -> tuple[float, str]:
    at, _, call_id = text.partition("_")
    try:
        return float(at), call_id
    except ValueError as error:
        raise BadCursor(text[:80]) from error


_CALL_FIELDS = (
    *("id", "at", "ended_at", "ani", "caller_name", "did", "flow", "queue", "agent", "language", "path"),
    *("wait_seconds", "talk_seconds", "outcome", "disposition", "note", "customer_id", "direction"),
)


def _call(row: Row[Any]) -> Json:
    """`CallRow` of docs/contracts.md."""
    fields = {name: getattr(row, name) for name in _CALL_FIELDS}
    return {**fields, "customer_name": row.customer_name or "", "has_recording": bool(row.recording)}


def _voicemail(row: Row[Any]) -> Json:
    names = ("id", "call_id", "at", "ani", "box", "seconds", "language", "status")
    return {**{name: getattr(row, name) for name in names}, "customer_name": row.customer_name or ""}


def _callback(row: Row[Any]) -> Json:
    names = ("id", "call_id", "at", "ani", "queue", "why", "not_before", "status")
    return {**{name: getattr(row, name) for name in names}, "customer_name": row.customer_name or ""}
