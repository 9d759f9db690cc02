"""How many callers took each edge of a flow and left at each node, by hour: kept by the journal's writer."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.storage.engine import driver_sql, insert_for, upsert
from callcenter.storage.facts import Fact
from callcenter.storage.flow_walk import KINDS, Place, Step, walk
from callcenter.storage.projection import CallRow
from callcenter.storage.tables import flow_places, flow_steps

HOUR = 3600
KEPT_SECONDS = 60 * 24 * HOUR  # older counts are deleted
KEPT_PLACES = 10_000  # open calls remembered, so that they are not read again for each batch


class FlowStepsProjection:
    """Keeps the tables `flow_steps` and `flow_places`.

    Counts and places change in the transaction that files the facts, so a fact counts exactly once.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        made = insert_for(engine)(flow_steps)
        keys = [column.name for column in flow_steps.primary_key]
        more = {"count": flow_steps.c.count + made.excluded["count"]}
        self._count = driver_sql(engine, made.on_conflict_do_update(index_elements=keys, set_=more))
        self._put = driver_sql(engine, upsert(engine, flow_places))
        self._places: OrderedDict[str, Place] = OrderedDict()
        self._pending: dict[str, Place | None] | None = None
        self._cleaned_day = 0

    def apply(self, connection: Connection, facts: Sequence[Fact], rows: Mapping[str, CallRow]) -> None:
        """Count the steps of `facts`."""
        mine = [fact for fact in facts if fact.call_id and fact.kind in KINDS]
        if not mine:
            return
        if self._pending is not None:  # nobody knows whether that transaction went through: ask the tables
            self._places.clear()
        before = self._before(connection, mine, facts)
        after: dict[str, Place | None] = dict(before)
        counts: Counter[tuple[int, Step]] = Counter()
        for fact in mine:
            after[fact.call_id], step = walk(after.get(fact.call_id), fact)
            if step is not None:
                counts[int(fact.at // HOUR) * HOUR, step] += 1
        if counts:
            rows_of_counts = [(hour, *step, count) for (hour, step), count in sorted(counts.items())]
            connection.exec_driver_sql(self._count, rows_of_counts)
        moved = [tuple(p) for call_id, p in after.items() if p is not None and p is not before.get(call_id)]
        if moved:
            connection.exec_driver_sql(self._put, moved)
        gone = [call_id for call_id, place in after.items() if place is None and call_id in before]
        if gone:
            connection.execute(delete(flow_places).where(flow_places.c.call_id.in_(gone)))
        self._clean(connection, mine[-1].at)
        self._pending = after

    def committed(self, facts: Sequence[Fact], rows: Mapping[str, CallRow]) -> None:
        """What was counted is on file."""
        for call_id, place in (self._pending or {}).items():
            self._places.pop(call_id, None)
            if place is not None:
                self._places[call_id] = place
        while len(self._places) > KEPT_PLACES:
            self._places.popitem(last=False)
        self._pending = None

    def _before(
        self, connection: Connection, mine: Sequence[Fact], facts: Sequence[Fact]
    ) -> dict[str, Place]:
        """Where the calls of this batch were before it."""
        wanted = {fact.call_id for fact in mine}
        before = {call_id: self._places[call_id] for call_id in wanted if call_id in self._places}
        wanted -= before.keys() | {fact.call_id for fact in facts if fact.kind == "call.offered"}
        if wanted:
            query = select(flow_places).where(flow_places.c.call_id.in_(wanted))
            before |= {row.call_id: Place(*row) for row in connection.execute(query)}
        return before

    def _clean(self, connection: Connection, now: float) -> None:
        """Once a day: counts nobody asks for any more."""
        day = int(now // (24 * HOUR))
        if day != self._cleaned_day:
            self._cleaned_day = day
            connection.execute(delete(flow_steps).where(flow_steps.c.hour < now - KEPT_SECONDS))


class Heat(NamedTuple):
    """Callers in a flow during some hours."""

    steps: dict[Step, int]  # those within and out of the flow
    entered: int

    @property
    def left(self) -> dict[str, int]:
        """How many left at each node."""
        return {step.node: count for step, count in self.steps.items() if not step.target}


async def heat_of(engine: AsyncEngine, flow: str, since: float) -> Heat:
    """What callers did in `flow` since (the beginning of the hour of) a time."""
    columns = (flow_steps.c.node, flow_steps.c.exit, flow_steps.c.target)
    query = (
        select(*columns, func.sum(flow_steps.c.count))
        .where(flow_steps.c.flow == flow, flow_steps.c.hour >= int(since // HOUR) * HOUR)
        .group_by(*columns)
    )
    async with engine.connect() as connection:
        found: list[Any] = list(await connection.execute(query))
    steps = {Step(flow, node, exit_, target): int(count) for node, exit_, target, count in found if node}
    entered = sum(int(count) for node, _, _, count in found if not node)
    return Heat(steps, entered)
