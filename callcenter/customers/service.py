"""The directory of customers: who calls, and what was before. It answers in time or not at all."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.customers import numbers
from callcenter.customers.known import KnownNumbers
from callcenter.storage import people
from callcenter.storage.engine import in_transaction
from callcenter.storage.facts import Fact
from callcenter.storage.names import Names, ids_as_names
from callcenter.storage.projection import CallRow

log = structlog.get_logger("callcenter.customers")
Json = dict[str, Any]
DEADLINE_SECONDS = 0.15
CACHED = 5_000
CARDED = 50_000
LOOKUPS_AT_ONCE = 200  # more are not begun: the database is behind, and calls must not wait for it
NAME_LENGTH = 80
COMPLAINT_SECONDS = 60.0  # between two complaints about a slow database
REGION_LANGUAGES = ("zh-CN", "en")  # of the pages
_KINDS_THAT_SHOW = frozenset(("call.ended", "wrap_up.ended", "talk.ended", "recording.kept", "ivr.language"))


class CustomerDirectory:
    """Looks customers up by number, with a cache, and makes a card for each new caller.

    It is also a projection of the journal's writer: cards are made in the transaction that files the call,
    and what is cached of a number is forgotten when its calls have changed in the database.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        country: Callable[[], str] = lambda: "CN",
        names: Names = ids_as_names,
        deadline: float = DEADLINE_SECONDS,
    ) -> None:
        """`country` reads callers' numbers; `deadline` is the longest a brief may take, in seconds."""
        self._engine = engine
        self._country = country
        self._names = names
        self._deadline = deadline
        self._cache: OrderedDict[str, Json] = OrderedDict()
        self._under_way: dict[str, asyncio.Task[Json | None]] = {}
        self._carded: OrderedDict[str, None] = OrderedDict()  # numbers known to be somebody's
        self._known = KnownNumbers()
        self._complained_at = -COMPLAINT_SECONDS
        self._stale: set[str] = set()  # changed while a lookup was under way
        # for /metrics
        self.hits = 0
        self.strangers = 0
        self.misses = 0
        self.late = 0
        self.failures = 0

    def normalise(self, ani: str) -> str:
        """The number in E.164, '' for callers who can not be told apart."""
        return numbers.normalise(ani, self._country())

    async def warm_up(self) -> None:
        """Load the geography of numbers before the first call, off the event loop."""
        await asyncio.to_thread(numbers.load_geography)

    async def learn_numbers(self) -> None:
        """Load the numbers the database knows, so that strangers' calls ask it nothing. Calls need not wait
        for it: until then each one asks."""
        await self._known.load(self._engine)

    def brief(self, ani: str) -> asyncio.Future[Json]:
        """`{customer, display_number, region, timeline}`. Never fails, never takes longer than the deadline:
        when the database is slow or away, the customer is None and the timeline empty.

        What needs no asking is there at once: the future is done."""
        country = self._country()
        read = numbers.read(ani, country)
        answer: Json = {
            "customer": None,
            "display_number": read.display,
            "region": {lang: numbers.region(ani, country, lang) for lang in REGION_LANGUAGES},
            "timeline": [],
        }
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        known = self._cache.get(read.e164)
        if known is not None:
            self.hits += 1
            self._cache.move_to_end(read.e164)
            future.set_result({**answer, **known})
        elif not read.e164 or not self._known.maybe(read.e164):
            self.strangers += 1
            future.set_result(answer)
        else:
            self.misses += 1
            lookup = self._lookup(read.e164)
            if lookup is None:
                future.set_result(answer)
            else:
                self._answer_in_time(future, lookup, answer)
        return future

    def _answer_in_time(
        self, future: asyncio.Future[Json], lookup: asyncio.Task[Json | None], answer: Json
    ) -> None:
        def late() -> None:
            if not future.done():
                future.set_result(answer)
                self._came_late()

        def found(task: asyncio.Task[Json | None]) -> None:
            timer.cancel()
            if not future.done():
                future.set_result({**answer, **((None if task.cancelled() else task.result()) or {})})

        timer = future.get_loop().call_later(self._deadline, late)
        lookup.add_done_callback(found)

    def _came_late(self) -> None:
        self.late += 1
        now = asyncio.get_running_loop().time()
        if now - self._complained_at >= COMPLAINT_SECONDS:
            self._complained_at = now
            log.warning("a customer was not found in time; the desk shows the number alone", late=self.late)

    async def close(self) -> None:
        """End the lookups under way."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def forget(self, changed: Iterable[str]) -> None:
        """What is known of these numbers is out of date."""
        changed = list(changed)
        self._known.add(changed)
        for number in changed:
            self._cache.pop(number, None)
            if number in self._under_way:
                self._stale.add(number)

    async def seed(self, people_known: Sequence[Mapping[str, Any]]) -> int:
        """File customers `{name, numbers, level?, language?, note?, since?}`; known numbers are left alone.
        Returns how many were new."""

        every: set[str] = set()

        def add(connection: Connection) -> int:
            added = 0
            for person in people_known:
                keys = [key for key in (self.normalise(str(ani)) for ani in person["numbers"]) if key]
                if not keys:
                    continue
                every.update(keys)
                made = people.add_customer(
                    connection,
                    name=str(person["name"]),
                    numbers=keys,
                    since=float(person.get("since", 0)),
                    level=str(person.get("level", "normal")),
                    language=str(person.get("language", "")),
                    note=str(person.get("note", "")),
                )
                added += made is not None
            return added

        added = await in_transaction(self._engine, add)
        self._known.add(every)
        self._cache.clear()
        self._stale.update(self._under_way)
        return added

    # -- a projection of the journal's writer ----------------------------------------------------------

    def apply(self, connection: Connection, facts: Sequence[Fact], rows: Mapping[str, CallRow]) -> None:
        """Keep the languages callers chose, and make a card for each caller whose call ended and whose number
        is nobody's yet."""
        chosen = {
            rows[fact.call_id].number: str(fact.data.get("language", ""))[:10]
            for fact in facts
            if fact.kind == "ivr.language" and fact.call_id in rows
        }
        people.choose_languages(connection, {n: language for n, language in chosen.items() if n and language})
        ended = (rows.get(fact.call_id) for fact in facts if fact.kind == "call.ended")
        callers = {
            row.number: row for row in ended if row is not None and row.number and row.outcome != "refused"
        }
        unknown = [number for number in callers if number not in self._carded]
        if not unknown:
            return
        known = people.known_numbers(connection, unknown)
        chose = people.languages_chosen(connection, [callers[number].id for number in unknown])
        country = self._country()
        people.add_callers(
            connection,
            [
                people.Caller(
                    number,
                    card_name(callers[number].caller_name) or numbers.display(callers[number].ani, country),
                    callers[number].at,
                    callers[number].language[:10] if callers[number].id in chose else "",
                )
                for number in unknown
                if number not in known
            ],
        )

    def committed(self, facts: Sequence[Fact], rows: Mapping[str, CallRow]) -> None:
        """Forget what these facts changed."""
        changed = {fact.call_id for fact in facts if fact.kind in _KINDS_THAT_SHOW}
        self.forget(rows[call_id].number for call_id in changed if call_id in rows)
        for fact in facts:
            row = rows.get(fact.call_id) if fact.kind == "call.ended" else None
            if row is not None and row.number and row.outcome != "refused":
                self._carded[row.number] = None
        while len(self._carded) > CARDED:
            self._carded.popitem(last=False)

    # -- looking up ------------------------------------------------------------------------------------

    def _lookup(self, number: str) -> asyncio.Task[Json | None] | None:
        """The lookup of a number, shared by all who ask at the same time."""
        task = self._under_way.get(number)
        if task is None:
            if len(self._under_way) >= LOOKUPS_AT_ONCE:
                self.late += 1
                return None
            task = asyncio.create_task(self._read(number), name=f"customer {number}")
            self._under_way[number] = task
        return task

    def _find(self, connection: Connection, number: str) -> Json:
        card = people.find_by_number(connection, number)
        keys = card["numbers"] if card is not None else [number]
        return {"customer": card, "timeline": people.timeline(connection, keys, self._names)}

    async def _read(self, number: str) -> Json | None:
        try:
            found = await in_transaction(self._engine, lambda connection: self._find(connection, number))
        except Exception as error:
            self.failures += 1
            log.warning("a customer could not be looked up", error=str(error))
            return None
        finally:
            self._under_way.pop(number, None)
            stale = number in self._stale
            self._stale.discard(number)
        if not stale:
            self._cache[number] = found
            if len(self._cache) > CACHED:
                self._cache.popitem(last=False)
        return found


def card_name(caller_name: str) -> str:
    """A caller's name as it may stand on a new card: one line of printable text, not too long."""
    text = "".join(char if char.isprintable() else " " for char in caller_name)
    return " ".join(text.split())[:NAME_LENGTH]
