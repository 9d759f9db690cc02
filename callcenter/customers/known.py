"""The numbers the database knows anything about, in memory: a stranger's call asks it nothing."""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from sqlalchemy import Connection, select
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.storage.engine import in_transaction
from callcenter.storage.tables import calls, customer_numbers

log = structlog.get_logger("callcenter.customers.known")
MOST = 300_000  # about 30 MB; a center with more customers asks the database about each caller


class KnownNumbers:
    """Never says "nothing is known" of a number that has a card or a former call: until it is loaded, and
    when there are too many numbers, it says "maybe" of every one.

    What another process files by its own hand is found after that caller's next call, or the next start.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._numbers: set[str] = set()
        self._whole = False
        self._too_many = False

    def maybe(self, number: str) -> bool:
        """May the database know something about this number?"""
        return not self._whole or number in self._numbers

    def add(self, numbers: Iterable[str]) -> None:
        """Something was filed about these numbers, or soon will be."""
        if self._too_many:
            return
        self._numbers.update(numbers)
        if len(self._numbers) > self._most:
            self._give_up()

    async def load(self, engine: AsyncEngine) -> None:
        """Ask the database for all it knows. A failure is logged: then every caller is asked about."""
        try:
            found = await in_transaction(engine, self._read)
        except Exception as error:
            log.warning("the known numbers could not be read", error=str(error))
            return
        self.add(found)
        self._whole = not self._too_many

    def _read(self, connection: Connection) -> set[str]:
        found = set(connection.execute(select(customer_numbers.c.number).limit(self._most + 1)).scalars())
        if len(found) <= self._most:
            former = select(calls.c.number).where(calls.c.number != "").distinct().limit(self._most + 1)
            found.update(connection.execute(former).scalars())
        return found

    def _give_up(self) -> None:
        self._too_many, self._whole = True, False
        self._numbers = set()
