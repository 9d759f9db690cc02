"""What a controller that starts again must know of the time before. Ask after `JournalWriter.start`."""

from __future__ import annotations

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.storage.facts import Fact
from callcenter.storage.tables import agent_states, calls, journal

CALL_ID_CHUNK = 500


async def open_calls(engine: AsyncEngine, now: float, hours: float = 24) -> dict[str, list[Fact]]:
    """All facts, in order, of each call offered within `hours` and not ended yet, oldest call first."""
    living = (
        select(calls.c.id)
        .where(calls.c.ended_at.is_(None), calls.c.at >= now - hours * 3600)
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


async def last_seq(engine: AsyncEngine) -> int:
    """The newest fact in the database; 0 when there is none."""
    async with engine.connect() as connection:
        return int((await connection.execute(select(func.max(journal.c.seq)))).scalar() or 0)


def fact_of(row: Row[tuple[object, ...]]) -> Fact:
    """A row of the journal as a fact."""
    return Fact(row.seq, row.at, row.kind, row.call_id, row.agent, row.data)
