"""The agents of the soak: they pause, sign out in the middle of a call, take their phone off, vanish."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable

from benchmarks.soak.control import UNREACHABLE, Control, Json, Refusal
from benchmarks.soak.phones import AgentsPhone
from benchmarks.soak.world import REASONS
from callcenter.demo.baresip import BaresipFailed

LOOK_S = (1.0, 3.0)
#: what an agent does at a look, by his state, with the chance of each; `vanish` for phones that can
HABITS: dict[str, dict[str, float]] = {
    "ready": {"pause": 0.012, "sign out": 0.005, "unregister": 0.006, "vanish": 0.02},
    "reserved": {"vanish": 0.1, "sign out": 0.05},
    "ringing": {"vanish": 0.1, "unregister": 0.02, "pause": 0.03},
    "talking": {"vanish": 0.03, "unregister": 0.01, "pause": 0.02, "sign out": 0.02},
    "wrap_up": {"go ready": 0.4, "pause": 0.05, "sign out": 0.02, "unregister": 0.01},
}
AWAY_S = {"pause": (4.0, 25.0), "sign out": (4.0, 20.0), "unregister": (2.0, 45.0), "vanish": (2.0, 45.0)}


class SoakAgent:
    """One agent with his phone. He looks every now and then, and does what his state suggests."""

    def __init__(
        self,
        agent_id: str,
        phone: AgentsPhone,
        control: Control,
        view: Callable[[str], Json | None],
        chance: random.Random,
        *,
        at_desk: bool,
    ) -> None:
        """`view` is what was last heard of him. `at_desk`: somebody else does what is done in his page, he
        sees to the phone alone."""
        self.agent_id = agent_id
        self.phone = phone
        self.did: Counter[str] = Counter()
        self.problems: list[str] = []
        self.at_work = False
        self.well_behaved = False
        self._control = control
        self._view = view
        self._chance = chance
        self._at_desk = at_desk
        self._phone_back_at = 0.0
        self._back_at = 0.0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(self._chance.uniform(*LOOK_S))
            try:
                await self._look()
            except UNREACHABLE:
                pass  # the controller is away
            except Refusal as refused:
                self.did[f"refused: {refused}"] += 1
            except BaresipFailed as failed:
                self.problems.append(f"{self.agent_id}: {failed}")

    async def _look(self) -> None:
        view = self._view(self.agent_id)
        now = asyncio.get_running_loop().time()
        if not self.phone.there and (now >= self._phone_back_at or self.well_behaved):
            await self.phone.come_back()
        if view is None:  # not declared at this time
            return
        state = str(view["state"])
        if state in ("signed_out", "not_ready"):
            wanted = self.at_work and not self._at_desk and self.phone.there
            if wanted and (now >= self._back_at or self.well_behaved):
                await self._ask("ready")
            return
        if self.well_behaved:
            if state == "wrap_up" and not self._at_desk:
                await self._ask("ready")
            return
        luck = self._chance.random()
        for deed, chance in HABITS.get(state, {}).items():
            luck -= chance
            if luck < 0:
                await self._do(deed, now)
                return

    async def _do(self, deed: str, now: float) -> None:
        if deed in ("unregister", "vanish") and not self.phone.there:
            return
        if deed == "vanish" and not self.phone.can_vanish:
            return
        if self._at_desk and deed in ("pause", "sign out", "go ready"):
            return
        self.did[deed] += 1
        seconds = self._chance.uniform(*AWAY_S.get(deed, (0, 0)))
        match deed:
            case "pause":
                self._back_at = now + seconds
                await self._ask("not_ready", self._chance.choice(REASONS))
            case "sign out":
                self._back_at = now + seconds
                await self._ask("signed_out")
            case "go ready":
                await self._ask("ready")
            case "unregister":
                self._phone_back_at = now + seconds
                await self.phone.unregister()
            case "vanish":
                self._phone_back_at = now + seconds
                await self.phone.vanish()

    async def _ask(self, state: str, reason: str = "") -> None:
        await self._control.ask(f"/agents/{self.agent_id}/state", {"state": state, "reason": reason})


async def leave_work(agents: list[SoakAgent]) -> None:
    """All sign out."""
    for agent in agents:
        agent.at_work = False
        with contextlib.suppress(Refusal, *UNREACHABLE):
            await agent._ask("signed_out")
