"""An event loop whose clock jumps to the next timer instead of waiting for it.

    async def story() -> float:
        clock = VirtualClock(epoch=1_767_225_600.0)
        await asyncio.sleep(3600)          # takes microseconds
        return clock.now()                 # one hour later
    run_virtual(story())

The same program runs the same twice: timers fire in order, tasks are numbered, threads are not used
(`asyncio.to_thread` runs its function at once, in place). Sockets, subprocesses and threads of other
libraries are not for this loop: it never looks at them.
"""

from __future__ import annotations

import asyncio
import itertools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

DEFAULT_LIMIT_S = 14 * 86400.0


class NothingWillHappen(RuntimeError):
    """Deadlock: no callback is ready and no timer is set, so nobody waiting will ever wake up."""


class TimeLimitReached(RuntimeError):
    """Virtual time ran past the limit: something keeps setting timers and the story does not end."""


class _JumpingSelector(selectors.SelectSelector):
    """Answers "nothing to read" at once and moves the clock by the time it was asked to wait."""

    def __init__(self, waited: Callable[[float | None], None]) -> None:
        super().__init__()
        self._waited = waited

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout > 0:
            self._waited(timeout)
        return []


class _NumberedTask(asyncio.Task[Any]):
    """A task whose place in a set depends on its number, not on its address: the same in each run."""

    _number = 0

    def __init__(self, coro: Coroutine[Any, Any, Any], *, loop: VirtualTimeLoop, **settings: Any) -> None:
        self._number = loop.next_task_number()
        if not settings.get("name"):
            settings["name"] = f"task-{self._number}"
        super().__init__(coro, loop=loop, **settings)

    def __hash__(self) -> int:
        return self._number


def _numbered_task(loop: asyncio.AbstractEventLoop, coro: Any, **settings: Any) -> asyncio.Task[Any]:
    assert isinstance(loop, VirtualTimeLoop)
    return _NumberedTask(coro, loop=loop, **settings)


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """The loop. `time()` starts at 0 and is in virtual seconds."""

    def __init__(self, limit_s: float = DEFAULT_LIMIT_S) -> None:
        self._now_s = 0.0
        self._limit_s = limit_s
        self._task_numbers = itertools.count(1)
        super().__init__(_JumpingSelector(self._jump))
        self.set_task_factory(_numbered_task)

    def time(self) -> float:
        return self._now_s

    def next_task_number(self) -> int:
        return next(self._task_numbers)

    def run_in_executor(self, executor: Any, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        """Run `func` at once, in this thread: a real thread would make the order a matter of luck."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def _jump(self, seconds: float | None) -> None:
        if seconds is None:
            raise NothingWillHappen(
                f"at {self._now_s:.3f} s nothing is ready and no timer is set; waiting:\n{self._who_waits()}"
            )
        self._now_s += seconds
        if self._now_s > self._limit_s:
            raise TimeLimitReached(
                f"virtual time ran past {self._limit_s:.0f} s; waiting:\n{self._who_waits()}"
            )

    def _who_waits(self) -> str:
        lines = []
        for task in sorted(asyncio.all_tasks(self), key=hash)[:20]:
            frames = task.get_stack(limit=1)
            place = f"{frames[-1].f_code.co_filename}:{frames[-1].f_lineno}" if frames else "not started"
            lines.append(f"  {task.get_name()}: {getattr(task.get_coro(), '__qualname__', '?')} at {place}")
        return "\n".join(lines) or "  (no task)"


class VirtualClock:
    """Wall-clock time in the running virtual loop: `epoch` when the loop's clock shows 0."""

    def __init__(self, epoch: float = 1_767_225_600.0) -> None:
        self._epoch = epoch

    def now(self) -> float:
        return self._epoch + asyncio.get_running_loop().time()


def run_virtual(story: Coroutine[Any, Any, T], *, limit_s: float = DEFAULT_LIMIT_S) -> T:
    """Run `story` in a fresh virtual loop and return what it returns.

    Tasks it left behind are cancelled. Raises NothingWillHappen or TimeLimitReached when it cannot end.
    """
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(limit_s)) as runner:
        return runner.run(story)
