"""Customers and the timeline of their calls, read and written in the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from callcenter.storage.names import Names
from callcenter.storage.tables import calls, customer_numbers, customers

Json = dict[str, Any]
TIMELINE_ENTRIES = 20


async def find_customer(connection: AsyncConnection, customer_id: int) -> Json | None:
    """`Customer` of docs/contracts.md."""
    query = select(customers).where(customers.c.id == customer_id)
    row = (await connection.execute(query)).first()
    if row is None:
        return None
    return _customer(row, await _numbers(connection, [customer_id]))


async def find_by_number(connection: AsyncConnection, number: str) -> Json | None:
    """The customer with this number (E.164)."""
    query = select(customer_numbers.c.customer_id).where(customer_numbers.c.number == number)
    customer_id = (await connection.execute(query)).scalar()
    return None if customer_id is None else await find_customer(connection, customer_id)


async def search_customers(connection: AsyncConnection, q: str, limit: int) -> list[Json]:
    """Customers whose name, number or note contains `q`; all when it is empty. By name."""
    query = select(customers).order_by(customers.c.name, customers.c.id).limit(limit)
    words = q.strip()
    if words:
        pattern = f"%{_like(words.lower())}%"
        digits = "".join(char for char in words if char.isdigit())
        found = [
            func.lower(customers.c.name).like(pattern, escape="\\"),
            func.lower(customers.c.note).like(pattern, escape="\\"),
        ]
        if len(digits) >= 3 and digits == words.lstrip("+").replace(" ", "").replace("-", ""):
            same = select(customer_numbers.c.customer_id)
            found.append(
                customers.c.id.in_(same.where(customer_numbers.c.number.like(f"%{digits.lstrip('0')}%")))
            )
        query = query.where(or_(*found))
    rows = (await connection.execute(query)).all()
    numbers = await _numbers(connection, [row.id for row in rows])
    return [_customer(row, numbers) for row in rows]


async def add_customer(
    connection: AsyncConnection,
    *,
    name: str,
    numbers: Sequence[str],
    since: float,
    level: str = "normal",
    language: str = "",
    note: str = "",
) -> int | None:
    """A new customer; None when one of the numbers is somebody's already."""
    if await known_numbers(connection, numbers):
        return None
    values = {"name": name, "level": level, "language": language, "note": note, "since": since}
    made = await connection.execute(insert(customers).values(**values).returning(customers.c.id))
    customer_id = int(made.scalar_one())
    await connection.execute(
        insert(customer_numbers),
        [{"number": number, "customer_id": customer_id} for number in dict.fromkeys(numbers)],
    )
    return customer_id


async def known_numbers(connection: AsyncConnection, numbers: Sequence[str]) -> set[str]:
    """Those of `numbers` that are somebody's."""
    taken = select(customer_numbers.c.number).where(customer_numbers.c.number.in_(list(numbers)))
    return set((await connection.execute(taken)).scalars())


async def change_customer(connection: AsyncConnection, customer_id: int, changes: Json) -> Json | None:
    """Set some of name, level, language, note. None when there is no such customer."""
    allowed = {key: value for key, value in changes.items() if key in ("name", "level", "language", "note")}
    if allowed:
        await connection.execute(update(customers).where(customers.c.id == customer_id).values(**allowed))
    return await find_customer(connection, customer_id)


async def remove_customer(connection: AsyncConnection, customer_id: int) -> None:
    """Forget a customer; the calls stay on file under their numbers."""
    await connection.execute(delete(customers).where(customers.c.id == customer_id))


async def timeline(
    connection: AsyncConnection, numbers: Sequence[str], names: Names, limit: int = TIMELINE_ENTRIES
) -> list[Json]:
    """The latest calls from these numbers that are over, newest first, as `TimelineEntry`."""
    if not numbers:
        return []
    query = (
        select(calls)
        .where(calls.c.number.in_(list(numbers)), calls.c.ended_at.is_not(None))
        .order_by(calls.c.at.desc())
        .limit(limit)
    )
    return [_entry(row, names) for row in (await connection.execute(query)).all()]


def _entry(row: Row[Any], names: Names) -> Json:
    return {
        "call_id": row.id,
        "at": row.at,
        "channel": "voice",
        "direction": "in",
        "queue": row.queue,
        "queue_name": names("queue", row.queue) if row.queue else "",
        "agent": row.agent,
        "agent_name": names("agent", row.agent) if row.agent else "",
        "outcome": row.outcome,
        "disposition": row.disposition,
        "note": row.note,
        "wait_seconds": row.wait_seconds,
        "talk_seconds": row.talk_seconds,
        "has_recording": bool(row.recording),
    }


def _customer(row: Row[Any], numbers: dict[int, list[str]]) -> Json:
    return {
        "id": row.id,
        "name": row.name,
        "level": row.level,
        "language": row.language,
        "numbers": numbers.get(row.id, []),
        "note": row.note,
        "since": row.since,
    }


async def _numbers(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    if ids:
        query = select(customer_numbers).where(customer_numbers.c.customer_id.in_(list(ids)))
        for row in (await connection.execute(query.order_by(customer_numbers.c.number))).all():
            found.setdefault(row.customer_id, []).append(row.number)
    return found


def _like(words: str) -> str:
    """`words` with the wildcards of LIKE taken literally."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
