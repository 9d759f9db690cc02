"""Agents of the demo: each signs in, looks at the pops and does his wrap-up, as a person at the desk does.

Their phones ring and answer by themselves (`sipp_phones`); the talk is theirs, the desk is here.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import aiohttp
import structlog

from callcenter.demo.client import ApiClient, ApiRefused, Json
from callcenter.demo.stories import wrap_up_note

log = structlog.get_logger("callcenter.demo.agents")
_AGAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class DeskHabits:
    """How agents behave at the desk. Seconds as (shortest, longest)."""

    wrap_up: tuple[float, float] = (4.0, 12.0)
    take_breaks: float = 0.06  # chance of a break after a call
    break_seconds: tuple[float, float] = (20.0, 60.0)
    back_after_missed: float = 3.0


@dataclass(slots=True)
class DeskDiary:
    """What one agent saw."""

    pops: dict[str, float] = field(default_factory=dict)  # call id: seconds from assignment to our eyes
    wrap_ups: int = 0
    breaks: int = 0


class DemoAgent:
    """One agent at his desk. `run` until cancelled."""

    def __init__(
        self,
        address: str,
        name: str,
        password: str,
        *,
        habits: DeskHabits,
        chance: random.Random,
        dispositions: Sequence[str],
        reasons: Sequence[str],
        may_rest: Callable[[], bool] = lambda: True,
    ) -> None:
        """`may_rest`: asked before a break, so that not all go at once."""
        self.name = name
        self.diary = DeskDiary()
        self.ready = asyncio.Event()
        self.resting = False
        self._address = address
        self._password = password
        self._habits = habits
        self._chance = chance
        self._dispositions = list(dispositions)
        self._reasons = list(reasons)
        self._may_rest = may_rest
        self._call: Json | None = None
        self._state = ("", "")  # state and call id
        self._state_changed = asyncio.Event()

    async def run(self) -> None:
        """Be at the desk until cancelled; sign in again whenever the center was away."""
        while True:
            try:
                async with ApiClient(self._address, self.name, self._password) as api:
                    await self._at_desk(api)
            except (aiohttp.ClientError, TimeoutError, ApiRefused, OSError) as problem:
                log.debug("the desk was cut off", agent=self.name, why=str(problem))
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _at_desk(self, api: ApiClient) -> None:
        socket = await api.socket()
        hands = asyncio.create_task(self._act(api), name=f"hands of {self.name}")
        try:
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    break
                news = json.loads(message.data)
                if news["type"] == "pop":
                    await self._see(socket, news["pop"])
                elif news["type"] == "agent":
                    self._on_state(news["agent"])
                elif news["type"] == "elsewhere":  # somebody sat down at this agent's desk: hands off
                    self._state = ("", "")
                    self._state_changed.set()
        finally:
            hands.cancel()
            await asyncio.wait([hands])
            await socket.close()

    async def _see(self, socket: aiohttp.ClientWebSocketResponse, pop: Json) -> None:
        """The pop stands on the screen: say so, as the page does."""
        now = time.time()
        self._call = pop
        self.diary.pops.setdefault(pop["call_id"], now - float(pop["assigned_at"]))
        await socket.send_json({"type": "pop_shown", "call_id": pop["call_id"]})

    def _on_state(self, view: Json) -> None:
        if view.get("call"):
            self._call = view["call"]
        if view["state"] == "ready":
            self.ready.set()
        state = (str(view["state"]), str(view.get("call_id") or ""))
        if state != self._state:
            self._state = state
            self._state_changed.set()

    async def _act(self, api: ApiClient) -> None:
        """Do what the state asks for, one thing after the other."""
        while True:
            self._state_changed.clear()
            state, call_id = self._state
            if state in ("signed_out", "not_ready"):
                await self._come_back(api)
            elif state == "wrap_up":
                await self._wrap_up(api, call_id)
            await self._state_changed.wait()

    async def _undisturbed(self, seconds: float) -> bool:
        """Let time pass; False when the state changed meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                await self._state_changed.wait()
        except TimeoutError:
            return True
        return False

    async def _come_back(self, api: ApiClient) -> None:
        pause = self._habits.back_after_missed if self.ready.is_set() else 0.0
        if self.resting:
            pause = self._chance.uniform(*self._habits.break_seconds)
        if await self._undisturbed(pause):
            self.resting = False
            # refused while his phone is not registered yet
            while not await self._ask(api, "/me/agent/state", {"state": "ready"}):
                if not await self._undisturbed(_AGAIN_SECONDS):
                    break

    async def _wrap_up(self, api: ApiClient, call_id: str) -> None:
        if not await self._undisturbed(self._chance.uniform(*self._habits.wrap_up)):
            return
        if self._reasons and self._chance.random() < self._habits.take_breaks and self._may_rest():
            # asked for now, it takes effect when the wrap-up ends
            reason = self._chance.choice(self._reasons)
            self.resting = await self._ask(api, "/me/agent/state", {"state": "not_ready", "reason": reason})
            self.diary.breaks += self.resting
        disposition, note = self._outcome()
        body = {"call_id": call_id, "disposition": disposition, "note": note}
        self.diary.wrap_ups += await self._ask(api, "/me/agent/wrap-up", body)

    def _outcome(self) -> tuple[str, str]:
        call = self._call or {}
        queue = str((call.get("queue") or {}).get("id", ""))
        disposition, note = wrap_up_note(queue, str(call.get("language") or "zh-CN"), self._chance)
        if disposition not in self._dispositions:
            disposition = self._dispositions[0] if self._dispositions else ""
        return disposition, note

    async def _ask(self, api: ApiClient, path: str, body: Json) -> bool:
        try:
            await api.ask("POST", path, body)
        except (ApiRefused, aiohttp.ClientError, TimeoutError) as problem:
            log.warning("the desk refused", agent=self.name, path=path, why=str(problem))
            return False
        return True
