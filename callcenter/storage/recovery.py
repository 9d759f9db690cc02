"""What a controller that starts again must know of the time before. Ask after `JournalWriter.start`."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callcenter.storage.facts import Fact
from callcenter.storage.tables import agent_states, calls, journal

CALL_ID_CHUNK = 500


async def open_calls(engine: AsyncEngine, now: float, hours: float = 24) -> dict[str, list[Fact]]:
    """All facts, in order, of each call offered within `hours` and not ended yet, oldest call first.

    A call-back is kept for as long as it takes.
    """
    living = (
        select(calls.c.id)
        .where(calls.c.ended_at.is_(None), or_(calls.c.at >= now - hours * 3600, calls.c.direction == "out"))
        .order_by(calls.c.at)
    )
    async with engine.connect() as connection:
        ids = list((await connection.execute(living)).scalars())
        found: dict[str, list[Fact]] = {call_id: [] for call_id in ids}
        for start in range(0, len(ids), CALL_ID_CHUNK):
            chunk = ids[start : start + CALL_ID_CHUNK]
            query = select(journal).where(journal.c.call_id.in_(chunk)).order_by(journal.c.seq)
            for row in await connection.execute(query):
                found[row.call_id].append(fact_of(row))
    return found


async def call_facts(engine: AsyncEngine, call_id: str) -> list[Fact]:
    """All facts of one call, in order."""
    query = select(journal).where(journal.c.call_id == call_id).order_by(journal.c.seq)
    async with engine.connect() as connection:
        return [fact_of(row) for row in await connection.execute(query)]


async def last_agent_states(engine: AsyncEngine) -> dict[str, Fact]:
    """The last agent.state of each agent."""
    async with engine.connect() as connection:
        rows = await connection.execute(select(agent_states))
        return {r.agent: Fact(r.seq, r.at, "agent.state", r.call_id, r.agent, r.data) for r in rows}


async def wishes(engine: AsyncEngine, states: Iterable[Fact]) -> list[Fact]:
    """The agent.next facts of the calls that agents of these last states wrap up."""
    wrapped_up = [f.call_id for f in states if f.data.get("state") == "wrap_up" and f.call_id]
    found = []
    async with engine.connect() as connection:
        for start in range(0, len(wrapped_up), CALL_ID_CHUNK):
            chunk = wrapped_up[start : start + CALL_ID_CHUNK]
            query = select(journal).where(journal.c.call_id.in_(chunk), journal.c.kind == "agent.next")
            found += [fact_of(row) for row in await connection.execute(query.order_by(journal.c.seq))]
    return found


async def facts_since(engine: AsyncEngine, at: float, kinds: Iterable[str]) -> list[Fact]:
    """The facts of some kinds since a time, in order. Older ones are not read: numbers grow with time."""
    async with engine.connect() as connection:
        first = await _first_since(connection, at)
        query = select(journal).where(journal.c.seq >= first, journal.c.kind.in_(tuple(kinds)))
        return [fact_of(row) for row in await connection.execute(query.order_by(journal.c.seq))]


async def _first_since(connection: AsyncConnection, at: float) -> int:
    """The number from which on facts are not older than `at`."""
    low, high = 0, int((await connection.execute(select(func.max(journal.c.seq)))).scalar() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        query = select(journal.c.seq, journal.c.at).where(journal.c.seq >= middle)
        row = (await connection.execute(query.order_by(journal.c.seq).limit(1))).first()
        if row is None or row.at >= at:
            high = middle
        else:
            low = row.seq + 1
    return low


async def last_seq(engine: AsyncEngine) -> int:
    """The newest fact in the database; 0 when there is none."""
    async with engine.connect() as connection:
        return int((await connection.execute(select(func.max(journal.c.seq)))).scalar() or 0)


def fact_of(row: Row[tuple[object, ...]]) -> Fact:
    """A row of the journal as a fact."""
    return Fact(row.seq, row.at, row.kind, row.call_id, row.agent, row.data)
