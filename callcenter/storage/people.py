"""Customers and the timeline of their calls, within a transaction: see `engine.in_transaction`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, func, insert, or_, select, update

from callcenter.storage.names import Names
from callcenter.storage.projection import label
from callcenter.storage.tables import calls, customer_numbers, customers, journal

Json = dict[str, Any]
TIMELINE_ENTRIES = 20


# Made once: SQLAlchemy then knows a statement again without walking through it.
_BY_ID = select(customers).where(customers.c.id == bindparam("customer_id"))
_BY_NUMBER = (
    select(customers)
    .join(customer_numbers, customer_numbers.c.customer_id == customers.c.id)
    .where(customer_numbers.c.number == bindparam("number"))
)
_NUMBERS_OF = (
    select(customer_numbers)
    .where(customer_numbers.c.customer_id.in_(bindparam("ids", expanding=True)))
    .order_by(customer_numbers.c.number)
)
_TAKEN = select(customer_numbers.c.number).where(
    customer_numbers.c.number.in_(bindparam("numbers", expanding=True))
)
_CHOSE = select(journal.c.call_id).where(
    journal.c.call_id.in_(bindparam("calls", expanding=True)), journal.c.kind == "ivr.language"
)
_ADD_CUSTOMERS = insert(customers).returning(customers.c.id, sort_by_parameter_order=True)
_ADD_NUMBERS = insert(customer_numbers)


def find_customer(connection: Connection, customer_id: int) -> Json | None:
    """`Customer` of docs/contracts.md."""
    row = connection.execute(_BY_ID, {"customer_id": customer_id}).first()
    return None if row is None else _customer(row, _numbers(connection, [row.id]))


def find_by_number(connection: Connection, number: str) -> Json | None:
    """The customer with this number (E.164)."""
    row = connection.execute(_BY_NUMBER, {"number": number}).first()
    return None if row is None else _customer(row, _numbers(connection, [row.id]))


def search_customers(connection: Connection, q: str, limit: int) -> list[Json]:
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
    rows = connection.execute(query).all()
    numbers = _numbers(connection, [row.id for row in rows])
    return [_customer(row, numbers) for row in rows]


def add_customer(
    connection: Connection,
    *,
    name: str,
    numbers: Sequence[str],
    since: float,
    level: str = "normal",
    language: str = "",
    note: str = "",
) -> int | None:
    """A new customer; None when one of the numbers is somebody's already."""
    if known_numbers(connection, numbers):
        return None
    values = {"name": name, "level": level, "language": language, "note": note, "since": since}
    customer_id = int(connection.execute(_ADD_CUSTOMERS, [values]).scalar_one())
    connection.execute(
        _ADD_NUMBERS, [{"number": number, "customer_id": customer_id} for number in dict.fromkeys(numbers)]
    )
    return customer_id


class Caller(NamedTuple):
    """Somebody who called and has no card yet."""

    number: str
    name: str
    since: float
    language: str


def add_callers(connection: Connection, callers: Sequence[Caller]) -> None:
    """A card for each, in two statements however many they are. None of the numbers may be somebody's."""
    if not callers:
        return
    values = [
        {"name": c.name, "level": "normal", "language": c.language, "note": "", "since": c.since}
        for c in callers
    ]
    ids = connection.execute(_ADD_CUSTOMERS, values).scalars()
    connection.execute(
        _ADD_NUMBERS,
        [{"number": c.number, "customer_id": i} for c, i in zip(callers, ids, strict=True)],
    )


def choose_languages(connection: Connection, languages: Mapping[str, str]) -> None:
    """Note the language that the customers of these numbers chose."""
    for number, language in languages.items():
        mine = select(customer_numbers.c.customer_id).where(customer_numbers.c.number == number)
        connection.execute(update(customers).where(customers.c.id.in_(mine)).values(language=language))


def languages_chosen(connection: Connection, call_ids: Sequence[str]) -> set[str]:
    """Those of the calls whose caller chose a language himself."""
    return set(connection.execute(_CHOSE, {"calls": list(call_ids)}).scalars())


def known_numbers(connection: Connection, numbers: Sequence[str]) -> set[str]:
    """Those of `numbers` that are somebody's."""
    return set(connection.execute(_TAKEN, {"numbers": list(numbers)}).scalars())


def change_customer(connection: Connection, customer_id: int, changes: Json) -> Json | None:
    """Set some of name, level, language, note. None when there is no such customer."""
    allowed = {key: value for key, value in changes.items() if key in ("name", "level", "language", "note")}
    if allowed:
        connection.execute(update(customers).where(customers.c.id == customer_id).values(**allowed))
    return find_customer(connection, customer_id)


def timeline(
    connection: Connection, numbers: Sequence[str], names: Names, limit: int = TIMELINE_ENTRIES
) -> list[Json]:
    """The latest calls from these numbers that are over, newest first, as `TimelineEntry`."""
    if not numbers:
        return []
    found = connection.execute(_TIMELINE, {"numbers": list(numbers), "entries": limit})
    return [_entry(row, names) for row in found.all()]


_TIMELINE = (
    select(
        *(calls.c.id, calls.c.at, calls.c.queue, calls.c.agent, calls.c.outcome, calls.c.disposition),
        *(calls.c.note, calls.c.wait_seconds, calls.c.talk_seconds, calls.c.recording),
        *(calls.c.recorded, calls.c.direction),
    )
    .where(calls.c.number.in_(bindparam("numbers", expanding=True)), calls.c.ended_at.is_not(None))
    .order_by(calls.c.at.desc())
    .limit(bindparam("entries"))
)


def _entry(row: Any, names: Names) -> Json:
    return {
        "call_id": row.id,
        "at": row.at,
        "channel": "voice",
        "direction": row.direction,
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
        "recorded": recordings(row.recorded),
    }


def recordings(recorded: Any) -> list[Json]:
    """What a caller recorded at nodes of type record, as pages are told: without its place on disk."""
    return [
        {"name": one["name"], "seconds": one["seconds"], "label": label(one.get("label"))}
        for one in recorded or ()
    ]


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


def _numbers(connection: Connection, ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    if ids:
        for row in connection.execute(_NUMBERS_OF, {"ids": list(ids)}).all():
            found.setdefault(row.customer_id, []).append(row.number)
    return found


def _like(words: str) -> str:
    """`words` with the wildcards of LIKE taken literally."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
