"""Each version of a flow that came into force, with its text, who and when: kept by the journal's writer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.storage.engine import insert_for
from callcenter.storage.facts import Fact
from callcenter.storage.projection import CallRow, text
from callcenter.storage.tables import flow_versions

LISTED = 200  # versions of a flow listed at most, newest first


class FlowVersion(NamedTuple):
    """A coming into force."""

    version: str
    at: float
    by: str  # the user's name; 'file' when the file was saved outside the page


class FlowVersionsProjection:
    """Keeps the table `flow_versions`. A row's id is its fact's number: a replay makes none twice."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._add = insert_for(engine)(flow_versions).on_conflict_do_nothing()

    def apply(self, connection: Connection, facts: Sequence[Fact], rows: Mapping[str, CallRow]) -> None:
        """Keep the texts that came into force."""
        for fact in facts:
            if fact.kind == "flow.in_force" and "text" in fact.data:
                connection.execute(self._add, _row(fact))

    def committed(self, facts: Sequence[Fact], rows: Mapping[str, CallRow]) -> None:
        """Nothing follows."""


def _row(fact: Fact) -> dict[str, Any]:
    return {
        "id": fact.seq,
        "flow": text(fact.data.get("flow")),
        "version": text(fact.data.get("version"))[:64],
        "at": fact.at,
        "by": text(fact.data.get("by")),
        "text": text(fact.data.get("text")),
    }


class FlowVersions:
    """Reads them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def newest(self) -> dict[str, FlowVersion]:
        """The last version of each flow that came into force."""
        table = flow_versions
        last = select(func.max(table.c.id)).group_by(table.c.flow)
        query = select(table.c.flow, table.c.version, table.c.at, table.c.by).where(table.c.id.in_(last))
        async with self._engine.connect() as connection:
            return {flow: FlowVersion(*rest) for flow, *rest in await connection.execute(query)}

    async def of(self, flow: str) -> list[FlowVersion]:
        """The versions of a flow, newest first."""
        table = flow_versions
        query = (
            select(table.c.version, table.c.at, table.c.by)
            .where(table.c.flow == flow)
            .order_by(table.c.id.desc())
            .limit(LISTED)
        )
        async with self._engine.connect() as connection:
            return [FlowVersion(*row) for row in await connection.execute(query)]

    async def text(self, flow: str, version: str) -> str | None:
        """The text of a version; None when it never was in force."""
        table = flow_versions
        query = (
            select(table.c.text)
            .where(table.c.flow == flow, table.c.version == version)
            .order_by(table.c.id.desc())
            .limit(1)
        )
        async with self._engine.connect() as connection:
            return (await connection.execute(query)).scalar()
