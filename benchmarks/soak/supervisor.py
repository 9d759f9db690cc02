"""A supervisor who cannot leave things alone: moves callers, gives them to agents, changes skills, listens,
whispers, barges in and takes talks over."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence

from benchmarks.soak.control import UNREACHABLE, Control, Json, Refusal
from benchmarks.soak.world import QUEUES

EVERY_S = (2.0, 7.0)
LISTENS_S = (1.0, 8.0)


class Supervisor:
    """Acts every few seconds until cancelled. What the engine refuses is counted: he asks at random."""

    def __init__(
        self,
        control: Control,
        views: Callable[[], dict[str, Json]],
        phones: Sequence[str],
        chance: random.Random,
    ) -> None:
        """`phones`: extensions of registered phones that nobody works with."""
        self.did: Counter[str] = Counter()
        self._control = control
        self._views = views
        self._phones = list(phones)
        self._chance = chance

    async def run(self) -> None:
        """Until cancelled."""
        acts = (
            self._move,
            self._assign,
            self._change_skills,
            self._reset_skills,
            self._join,
            self._take_over,
        )
        while True:
            await asyncio.sleep(self._chance.uniform(*EVERY_S))
            act = self._chance.choices(acts, (4, 4, 2, 1, 4, 1))[0]
            try:
                if did := await act():
                    self.did[did] += 1
            except UNREACHABLE:
                continue  # the controller is away
            except Refusal as refused:
                self.did[f"supervisor refused: {refused}"] += 1

    async def _caller(self) -> Json | None:
        callers: list[Json] = (await self._control.ask("/supervision"))["callers"]
        return self._chance.choice(callers) if callers else None

    def _agent(self, *states: str) -> str:
        agents = [view["id"] for view in self._views().values() if view["state"] in states]
        return self._chance.choice(agents) if agents else ""

    async def _move(self) -> str:
        if (caller := await self._caller()) is None:
            return ""
        wish = {"queue": self._chance.choice(("", *QUEUES)), "head": self._chance.random() < 0.6}
        await self._control.ask(f"/waiting/{caller['call_id']}/move", wish)
        return "caller moved"

    async def _assign(self) -> str:
        caller, agent = await self._caller(), self._agent("ready", "not_ready", "wrap_up")
        if caller is None or not agent:
            return ""
        wish = {"agent": agent, "override": self._chance.random() < 0.7}
        await self._control.ask(f"/waiting/{caller['call_id']}/assign", wish)
        return "caller given by hand"

    async def _change_skills(self) -> str:
        if not (agent := self._agent("ready", "talking", "ringing", "reserved", "wrap_up")):
            return ""
        skills = {"orders": self._chance.randint(1, 9), "refunds": self._chance.randint(1, 9)}
        without = [self._chance.choice(QUEUES)] if self._chance.random() < 0.3 else []
        await self._control.ask(f"/agents/{agent}/skills", {"skills": skills, "without": without}, "PUT")
        return "skills changed live"

    async def _reset_skills(self) -> str:
        if not (agent := self._agent("ready", "talking")):
            return ""
        await self._control.ask(f"/agents/{agent}/skills", method="DELETE")
        return "skills as in the file"

    async def _join(self) -> str:
        if not (agent := self._agent("talking")):
            return ""
        mode = self._chance.choice(("listen", "whisper", "barge"))
        wish = {"mode": mode, "phone": self._chance.choice(self._phones)}
        await self._control.ask(f"/agents/{agent}/monitor", wish)
        await asyncio.sleep(self._chance.uniform(*LISTENS_S))
        if self._chance.random() < 0.7:
            await self._control.ask("/monitor", method="DELETE")
        return f"talk joined: {mode}"

    async def _take_over(self) -> str:
        if not (agent := self._agent("talking")):
            return ""
        await self._control.ask(f"/agents/{agent}/take-over", {"phone": self._chance.choice(self._phones)})
        return "talk taken over"
