"""Callers of the demo: who calls when, what they press, and how they leave."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from callcenter.demo.people import DemoCustomer
from callcenter.demo.ports import NoPortFree, PortPool
from callcenter.demo.sipp import Caller, CallerResult

log = structlog.get_logger("callcenter.demo.traffic")

Keys = tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to behave. Keys are (seconds after the answer or the key before, key)."""

    name: str
    weight: float
    keys: Keys
    patience: tuple[float, float] | None = None  # seconds after the last key; None: until the agent leaves
    language: str = "zh-CN"
    level: str = ""  # only customers of this level
    voicemail: bool = False


KINDS: tuple[Kind, ...] = (
    Kind("track a delivery", 26, ((2.5, "1"), (1.5, "1"))),
    Kind("change an order", 13, ((3.0, "1"), (2.0, "2"))),
    Kind("return goods", 14, ((3.5, "2"), (1.5, "2"))),
    Kind("state of a refund", 8, ((2.5, "2"), (1.5, "1"))),
    Kind("VIP line", 8, ((2.0, "3"),), level="vip"),
    Kind("agent at once", 6, ((2.0, "0"),)),
    Kind("in English", 8, ((2.0, "9"), (2.0, "1"), (1.5, "1")), language="en"),
    Kind("the caller hangs up", 5, ((2.5, "1"), (1.5, "1")), patience=(16, 30)),
    Kind("gives up waiting", 5, ((2.5, "1"), (1.5, "1")), patience=(1.3, 1.6)),
    Kind("leaves from the menu", 3, (), patience=(3, 5)),
    Kind("leaves a message", 3, ((2.5, "5"),), voicemail=True),
)
UNKNOWN_NUMBER = "4009990000"
_UNKNOWN_WEIGHT = 1.0
_LONGEST_CALL = 240.0
_VOICEMAIL_PROMPT = 9.0
_VOICEMAIL_SPEECH = 5.0
_STRANGERS = 0.25  # share of callers who are nobody's customer yet


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One call that will be made."""

    kind: str
    did: str
    ani: str
    name: str
    keys: Keys
    patience: float | None
    language: str
    voicemail: bool


def plan_call(
    chance: random.Random,
    dids: Mapping[str, str],
    customers: Sequence[DemoCustomer],
    busy: set[str],
    kind: str = "",
) -> PlannedCall:
    """Choose what the next caller does, and who he is; nobody of `busy` calls twice at a time.

    `dids`: hotline number by language. `kind`: this one instead of a chosen one.
    """
    names = [k.name for k in KINDS] + ["unknown number"]
    weights = [k.weight for k in KINDS] + [_UNKNOWN_WEIGHT]
    chosen = kind or chance.choices(names, weights)[0]
    if chosen == "unknown number":
        return PlannedCall(chosen, UNKNOWN_NUMBER, _stranger(chance), "", (), None, "zh-CN", False)
    how = next(k for k in KINDS if k.name == chosen)
    person = _person(chance, how, customers, busy)
    did, keys = dids.get("zh-CN", next(iter(dids.values()))), how.keys
    if how.language == "en" and "en" in dids and chance.random() < 0.5:
        did, keys = dids["en"], how.keys[1:]  # the English line begins in English
    keys = tuple((round(after * chance.uniform(0.8, 1.4), 2), key) for after, key in keys)
    return PlannedCall(
        kind=chosen,
        did=did,
        ani=person.number if person else _stranger(chance),
        name=person.name if person else "",
        keys=keys,
        patience=chance.uniform(*how.patience) if how.patience else None,
        language=how.language,
        voicemail=how.voicemail,
    )


def _person(
    chance: random.Random, how: Kind, customers: Sequence[DemoCustomer], busy: set[str]
) -> DemoCustomer | None:
    if not how.level and chance.random() < _STRANGERS:
        return None
    fitting = [
        c
        for c in customers
        if c.number not in busy
        and (c.language == "en") == (how.language == "en")
        and (not how.level or c.level != "normal")
    ]
    return chance.choice(fitting) if fitting else None


def _stranger(chance: random.Random) -> str:
    return chance.choice(("138", "139", "150", "186", "177")) + f"{chance.randrange(10**8):08d}"


class DemoTraffic:
    """Makes calls and remembers what became of each, as seen on the wire."""

    def __init__(
        self,
        sip_port: int,
        ports: PortPool,
        folder: Path,
        *,
        dids: Mapping[str, str],
        customers: Sequence[DemoCustomer],
        voices: Mapping[tuple[str, str], Path],
        chance: random.Random,
        on_end: Callable[[PlannedCall, CallerResult], None] = lambda call, result: None,
    ) -> None:
        self.results: list[tuple[PlannedCall, CallerResult]] = []
        self.live = 0
        self._sip_port = sip_port
        self._ports = ports
        self._folder = folder
        self._dids = dids
        self._customers = customers
        self._voices = voices
        self._chance = chance
        self._on_end = on_end
        self._busy: set[str] = set()

    async def run(self, *, mean_gap: float, calls: int | None = None, most_at_once: int = 24) -> None:
        """Call after call, `mean_gap` seconds apart in the mean, until `calls` were made (None: for ever).

        Returns when the last call is over. The first ones of a bounded run show every kind once.
        """
        room = asyncio.Semaphore(most_at_once)
        deck = self._deck(calls)
        made = 0
        async with asyncio.TaskGroup() as group:
            while calls is None or made < calls:
                await room.acquire()
                call = plan_call(
                    self._chance, self._dids, self._customers, self._busy, deck.pop() if deck else ""
                )
                self._busy.add(call.ani)
                made += 1
                group.create_task(self._make(call, room), name=f"caller {call.ani}")
                if calls is None or made < calls:
                    await asyncio.sleep(min(self._chance.expovariate(1 / mean_gap), 4 * mean_gap))

    def _deck(self, calls: int | None) -> list[str]:
        if calls is None or calls <= len(KINDS):
            return []
        deck = ["unknown number", *(kind.name for kind in KINDS)]
        self._chance.shuffle(deck)
        return deck

    async def _make(self, call: PlannedCall, room: asyncio.Semaphore) -> None:
        try:
            result = await self._live_call(call)
            self.results.append((call, result))
            self._on_end(call, result)
        except (NoPortFree, OSError) as problem:
            log.error("a caller could not call", why=str(problem))
        finally:
            self._busy.discard(call.ani)
            room.release()

    async def _live_call(self, call: PlannedCall) -> CallerResult:
        speech = self._voices.get(("voicemail" if call.voicemail else "caller", call.language))
        caller = Caller(
            self._sip_port, self._ports, self._folder,
            did=call.did, ani=call.ani, name=call.name, keys=call.keys, patience_seconds=call.patience,
            speech=speech, speak_after=None if call.voicemail else 1.5,
        )  # fmt: skip
        self.live += 1
        try:
            async with caller:
                if call.voicemail:
                    await self._leave_message(caller, call)
                try:
                    return await caller.wait_ended(_LONGEST_CALL)
                except TimeoutError:
                    caller.hang_up()
                    return await caller.wait_ended(5)
        except TimeoutError:
            return caller.result  # it says "lost"
        finally:
            self.live -= 1

    async def _leave_message(self, caller: Caller, call: PlannedCall) -> None:
        await caller.wait_answered()
        await asyncio.sleep(sum(after for after, _ in call.keys) + _VOICEMAIL_PROMPT)
        caller.speak()
        await asyncio.sleep(_VOICEMAIL_SPEECH)
        await caller.press("#")
