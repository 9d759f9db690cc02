"""Work that outlives the coroutine that asked for it, and still has an owner."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

log = structlog.get_logger(__name__)


class Background:
    """Owns tasks; their failures are logged; `close` lets the short ones finish and cancels the rest."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._loops: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Something that ends by itself."""
        self._own(self._tasks, work)

    def every(self, seconds: float, act: Callable[[], Awaitable[None] | None], name: str) -> None:
        """Do something again and again, until `close`. A failure is logged and it goes on."""

        async def loop() -> None:
            while True:
                await asyncio.sleep(seconds)
                try:
                    waiting = act()
                    if waiting is not None:
                        await waiting
                except Exception:
                    log.exception("a regular task failed", task=name)

        self._own(self._loops, loop())

    def keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Something that runs until `close` cancels it."""
        self._own(self._loops, work)

    async def close(self, seconds: float = 5.0) -> None:
        """End everything: loops at once, the rest after at most `seconds`."""
        for task in self._loops:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()
        left = [*self._loops, *self._tasks]
        if left:
            await asyncio.gather(*left, return_exceptions=True)

    def _own(self, where: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        where.add(task)
        task.add_done_callback(where.discard)
        task.add_done_callback(_tell)


def _tell(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("a background task failed", exc_info=task.exception())
