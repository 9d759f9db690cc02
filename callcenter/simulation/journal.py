"""A journal in memory, for a center in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from callcenter.storage.facts import Fact
from callcenter.telephony.clock import Clock


class MemoryJournal:
    """Keeps every fact in a list and tells its listeners at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._listeners: list[Callable[[Fact], None]] = []
        self.facts: list[Fact] = []

    def write(self, kind: str, *, call_id: str = "", agent: str = "", **data: Any) -> Fact:
        """Append a fact."""
        fact = Fact(len(self.facts) + 1, self._clock.now(), kind, call_id, agent, data)
        self.facts.append(fact)
        for listener in list(self._listeners):
            listener(fact)
        return fact

    def subscribe(self, listener: Callable[[Fact], None]) -> Callable[[], None]:
        """Tell `listener` of each fact. Returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)
