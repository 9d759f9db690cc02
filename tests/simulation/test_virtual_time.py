"""Virtual time: hours cost nothing, the order is always the same, and a story that hangs is told."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.simulation.virtual_time import (
    NothingWillHappen,
    TimeLimitReached,
    VirtualClock,
    VirtualTimeLoop,
    run_virtual,
)


def test_an_hour_passes_at_once() -> None:
    async def story() -> float:
        clock = VirtualClock(epoch=1000.0)
        await asyncio.sleep(3600)
        return clock.now()

    began = time.monotonic()
    assert run_virtual(story()) == pytest.approx(4600.0)
    assert time.monotonic() - began < 1.0


@given(st.lists(st.floats(min_value=0, max_value=1e5), max_size=40))
@settings(max_examples=50, deadline=None)
def test_timers_fire_in_order_at_their_time(lengths: list[float]) -> None:
    async def story() -> list[tuple[float, float]]:
        loop = asyncio.get_running_loop()
        fired: list[tuple[float, float]] = []

        def fires(due: float) -> None:
            fired.append((due, loop.time()))

        for seconds in lengths:
            loop.call_later(seconds, fires, seconds)
        await asyncio.sleep(2e5)
        return fired

    fired = run_virtual(story())
    assert [due for due, _ in fired] == sorted(lengths)
    assert all(at == pytest.approx(due, abs=1e-6) for due, at in fired)


def test_deadlines_work_in_virtual_time() -> None:
    async def story() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(50):
                await asyncio.sleep(100)
        return asyncio.get_running_loop().time()

    assert run_virtual(story()) == pytest.approx(50)


def test_a_story_in_which_nothing_can_happen_any_more_says_who_waits() -> None:
    async def waits_for_nobody() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(NothingWillHappen, match=r"waits_for_nobody at .*test_virtual_time"):
        run_virtual(waits_for_nobody())


def test_what_a_deadlocked_story_left_open_is_cleaned_up() -> None:
    cleaned: list[str] = []

    async def careful() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append("closed")

    with pytest.raises(NothingWillHappen):
        run_virtual(careful())
    assert cleaned == ["closed"]


def test_a_story_that_never_ends_is_stopped_at_the_limit() -> None:
    async def ticks() -> None:
        while True:
            await asyncio.sleep(1)

    with pytest.raises(TimeLimitReached, match="1000 s"):
        run_virtual(ticks(), limit_s=1000)


def test_threads_are_replaced_by_calls_in_place() -> None:
    async def story() -> int:
        return await asyncio.to_thread(sum, [1, 2, 3])

    async def fails() -> None:
        await asyncio.to_thread(int, "no number")

    assert run_virtual(story()) == 6
    with pytest.raises(ValueError, match="no number"):
        run_virtual(fails())


def test_a_group_of_tasks_is_cancelled_in_the_same_order_each_time() -> None:
    async def story() -> list[int]:
        order: list[int] = []

        async def member(number: int) -> None:
            try:
                await asyncio.sleep(100)
            finally:
                order.append(number)

        async def fails() -> None:
            await asyncio.sleep(1)
            raise ValueError

        with pytest.raises(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                for number in range(50):
                    group.create_task(member(number))
                group.create_task(fails())
        return order

    assert run_virtual(story()) == run_virtual(story())


def test_tasks_are_named_the_same_in_each_run() -> None:
    async def story() -> list[str]:
        async def idle() -> None: ...

        tasks = [asyncio.create_task(idle()) for _ in range(3)]
        await asyncio.gather(*tasks)
        return [task.get_name() for task in tasks]

    assert run_virtual(story()) == run_virtual(story())


def test_a_random_day_runs_twice_the_same() -> None:
    def day() -> Coroutine[Any, Any, list[float]]:
        async def story() -> list[float]:
            chance = random.Random(7)
            seen: list[float] = []

            async def person() -> None:
                for _ in range(5):
                    await asyncio.sleep(chance.expovariate(0.1))
                    seen.append(asyncio.get_running_loop().time())

            await asyncio.gather(*(person() for _ in range(100)))
            return seen

        return story()

    assert run_virtual(day()) == run_virtual(day())


def test_the_loop_leaves_nothing_open() -> None:
    loop = VirtualTimeLoop()
    loop.run_until_complete(asyncio.sleep(5))
    assert loop.time() == pytest.approx(5)
    loop.close()
