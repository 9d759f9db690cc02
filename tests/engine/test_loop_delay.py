"""How late the controller's event loop is stands in its metrics."""

from __future__ import annotations

import asyncio
import time

from callcenter.loop_delay import KEPT, LoopDelay


def test_the_worst_of_the_last_minute_is_told() -> None:
    delay = LoopDelay()
    assert delay.worst(0) == 0
    for second, late in enumerate((0.01, 0.3, 0.02, 0.1)):
        delay.add(float(second), late)
    assert delay.worst(4) == 0.3
    assert delay.worst(KEPT + 1.5) == 0.1, "the worst is a minute old, and forgotten"
    assert delay.worst(KEPT + 4) == 0


def test_work_that_holds_up_the_loop_is_seen() -> None:
    async def hold_up() -> float:
        delay = LoopDelay()
        watching = asyncio.create_task(delay.watch())
        await asyncio.sleep(0)
        time.sleep(0.25)  # that is what is to be seen
        await asyncio.sleep(0.12)
        watching.cancel()
        return delay.worst(asyncio.get_running_loop().time())

    assert asyncio.run(hold_up()) > 0.1
