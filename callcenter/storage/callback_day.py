"""The day's call-backs in place, by queue: promised, reached, not reached, cancelled (docs/metrics.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from callcenter.storage.facts import Fact
from callcenter.storage.projection import CallRow, text

_ENDS = {"cancelled": "cancelled", "unreached": "unreached"}


class CallbackDay:
    """Counts of the call-backs that were promised today."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[str, int]] = {}
        self._open: dict[str, str] = {}  # by call: its queue

    def view(self, queue: str) -> dict[str, int]:
        """`{promised, reached, unreached, cancelled}` of a queue."""
        counts = self._counts.get(queue, {})
        return {what: counts.get(what, 0) for what in ("promised", "reached", "unreached", "cancelled")}

    def clear(self) -> None:
        """A new day."""
        self._counts.clear()
        self._open.clear()

    def prime(self, row: CallRow) -> None:
        """A call-back of today, as it is on file."""
        self._promise(row.id, row.queue)
        if row.answered_at is not None:
            self._count(row.id, "reached")
        elif row.ended_at is not None and row.outcome in _ENDS:
            self._count(row.id, _ENDS[row.outcome])

    def on_fact(self, fact: Fact) -> None:
        """Take a fact of today into account."""
        listen = _LISTEN.get(fact.kind)
        if listen is not None:
            listen(self, fact)

    def _promised(self, fact: Fact) -> None:
        self._promise(fact.call_id, text(fact.data.get("queue")))

    def _talks(self, fact: Fact) -> None:
        self._count(fact.call_id, "reached")

    def _ended(self, fact: Fact) -> None:
        how: Any = _ENDS.get(text(fact.data.get("outcome")))
        if how:
            self._count(fact.call_id, how)
        self._open.pop(fact.call_id, None)

    def _promise(self, call_id: str, queue: str) -> None:
        self._open[call_id] = queue
        self._count(call_id, "promised")

    def _count(self, call_id: str, what: str) -> None:
        queue = self._open.get(call_id)
        if queue is None:
            return
        counts = self._counts.setdefault(queue, {})
        counts[what] = counts.get(what, 0) + 1
        if what != "promised":
            del self._open[call_id]


_LISTEN: dict[str, Callable[[CallbackDay, Fact], None]] = {
    "callback.promised": CallbackDay._promised,
    "talk.started": CallbackDay._talks,
    "call.ended": CallbackDay._ended,
}
