"""What happens to the center from time to time: its file is applied anew, the manager link breaks, and, if
asked for, the controller dies."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence

from benchmarks.soak.control import UNREACHABLE, Control, Refusal
from benchmarks.soak.world import SoakCenter, center_text

APPLY_S, LINK_S, CHAOS_S = 40.0, 150.0, 210.0
"""Seconds between two of them, in the mean."""
GONE_AT_ONCE = 3


class Disturber:
    """Does all that until it is told to stop. `did` counts, `problems` must stay empty."""

    def __init__(
        self,
        center: SoakCenter,
        control: Control,
        agents: Sequence[str],
        chance: random.Random,
        *,
        chaos: bool,
        say: Callable[[str], None],
    ) -> None:
        """`agents` may be taken out of the center file, a few at a time."""
        self.did: Counter[str] = Counter()
        self.problems: list[str] = []
        self.generation = 0
        self.outages: list[tuple[float, float]] = []  # when there was no controller, seconds since the epoch
        self.disturbed_at = float("-inf")  # when the engine's picture last had a reason to be behind
        self._center = center
        self._control = control
        self._agents = list(agents)
        self._removable = self._agents[len(self._agents) // 3 :]
        self._chance = chance
        self._chaos = chaos
        self._say = say

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._every(APPLY_S, self.apply))
            group.create_task(self._every(LINK_S, self._break_link))
            if self._chaos:
                group.create_task(self._every(CHAOS_S, self._kill))

    async def _every(self, mean: float, act: Callable[[], object]) -> None:
        while True:
            await asyncio.sleep(self._chance.uniform(0.6, 1.4) * mean)
            result = act()
            if asyncio.iscoroutine(result):
                await result

    async def apply(self, everybody: bool = False) -> None:
        """Put the next center in force, without some of the agents."""
        self.generation += 1
        gone = frozenset(() if everybody else self._chance.sample(self._removable, GONE_AT_ONCE))
        text = center_text(self._agents, self.generation, gone)
        self._center.center_file.write_text(text, encoding="utf-8")
        try:
            answer = await self._control.ask("/admin/center/apply", {"text": text})
        except UNREACHABLE:
            return  # the controller is being killed
        except Refusal as refused:
            self.problems.append(f"the center was not applied: {refused}")
            return
        wrong = [p for p in answer["problems"] if p["severity"] == "error"]
        if wrong:
            self.problems.append(f"the center was not applied: {wrong[0]['message']}")
        self.did["center applied anew"] += 1

    async def _break_link(self) -> None:
        loop, wire = asyncio.get_running_loop(), self._center.wire
        if self._chance.random() < 0.6:
            self.did["manager link cut"] += 1
            self._say("the manager link is cut")
            await wire.cut(self._chance.uniform(0.5, 4))
        else:
            self.did["manager link frozen"] += 1
            self._say("the manager link freezes for 14 s")
            await wire.freeze(14)
        self.disturbed_at = loop.time()

    async def _kill(self) -> None:
        self.did["controller killed"] += 1
        killed_at = time.time()
        self._say("the controller is killed")
        await self._center.kill_controller()
        await asyncio.sleep(self._chance.uniform(0, 4))
        await self._center.start_controller()
        self.outages.append((killed_at, time.time()))
        self.disturbed_at = asyncio.get_running_loop().time()
