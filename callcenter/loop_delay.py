"""How late the event loop is: while it is held up, every call waits."""

from __future__ import annotations

import asyncio
from collections import deque

EVERY = 0.1
"""Seconds between two looks."""
KEPT = 60.0
"""Seconds for which a delay is remembered."""


class LoopDelay:
    """The worst delay of the last minute, seconds."""

    def __init__(self) -> None:
        self._worst: deque[tuple[float, float]] = (
            deque()
        )  # (when, delay), each smaller than the one before it

    def add(self, now: float, delay: float) -> None:
        """The loop was late by `delay` at `now`, a time that never goes back."""
        while self._worst and self._worst[-1][1] <= delay:
            self._worst.pop()
        self._worst.append((now, delay))
        self._forget(now)

    def worst(self, now: float) -> float:
        """The worst delay since `KEPT` seconds ago; 0 before the first look."""
        self._forget(now)
        return self._worst[0][1] if self._worst else 0.0

    async def watch(self) -> None:
        """Look again and again, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + EVERY
            await asyncio.sleep(EVERY)
            now = loop.time()
            self.add(now, max(0.0, now - due))

    def _forget(self, now: float) -> None:
        while self._worst and self._worst[0][0] < now - KEPT:
            self._worst.popleft()
