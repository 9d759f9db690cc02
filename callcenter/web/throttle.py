"""Slows down those who guess passwords, or ask for too much."""

from __future__ import annotations

from collections import OrderedDict, deque

KEPT = 10_000


class Throttle:
    """At most `limit` failures (or askings) in `seconds` for each key. Memory is bounded: keys long unseen
    go first."""

    def __init__(self, limit: int = 10, seconds: float = 300) -> None:
        self._limit = limit
        self._seconds = seconds
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def blocked_for(self, key: str, now: float) -> float:
        """Seconds until `key` may try again; 0 when it may."""
        times = self._failures.get(key)
        if times is None:
            return 0.0
        while times and times[0] <= now - self._seconds:
            times.popleft()
        if not times:
            del self._failures[key]
            return 0.0
        return times[0] + self._seconds - now if len(times) >= self._limit else 0.0

    def failed(self, key: str, now: float) -> None:
        """Count a failure."""
        times = self._failures.setdefault(key, deque(maxlen=self._limit))
        times.append(now)
        self._failures.move_to_end(key)
        if len(self._failures) > KEPT:
            self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the failures of `key`."""
        self._failures.pop(key, None)
