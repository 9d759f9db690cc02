"""The last position of each emergency switch: kept by the journal's writer, read at start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.storage.engine import driver_sql, upsert
from callcenter.storage.facts import Fact
from callcenter.storage.projection import CallRow, text
from callcenter.storage.tables import emergencies


class EmergenciesProjection:
    """Keeps the table `emergencies`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._upsert = driver_sql(engine, upsert(engine, emergencies))

    def apply(self, connection: Connection, facts: Sequence[Fact], rows: Mapping[str, CallRow]) -> None:
        """The newest position of each switch among `facts`."""
        last = {text(fact.data.get("id")): fact for fact in facts if fact.kind == "emergency.switched"}
        if last:
            connection.exec_driver_sql(self._upsert, [_row(name, fact) for name, fact in last.items()])

    def committed(self, facts: Sequence[Fact], rows: Mapping[str, CallRow]) -> None:
        """Nothing follows."""


def _row(name: str, fact: Fact) -> tuple[Any, ...]:
    data = fact.data
    return (name, fact.seq, fact.at, data.get("on") is True, text(data.get("note")), text(data.get("by")))


async def last_emergencies(engine: AsyncEngine) -> dict[str, Fact]:
    """The last emergency.switched of each switch."""
    async with engine.connect() as connection:
        rows = await connection.execute(select(emergencies))
        return {
            r.id: Fact(
                r.seq,
                r.at,
                "emergency.switched",
                data={"id": r.id, "on": r.thrown, "note": r.note, "by": r.by},
            )
            for r in rows
        }
