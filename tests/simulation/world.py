"""The simulated switch as a `World` of the conformance stories."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from callcenter.simulation.monitoring import voices
from callcenter.simulation.people import (
    CallerScript,
    Leave,
    PhoneBehaviour,
    SimulatedCaller,
    SimulatedPhone,
    drawn,
)
from callcenter.simulation.switch import SimulatedSwitch
from callcenter.simulation.virtual_time import VirtualClock
from callcenter.telephony.events import SwitchEvent
from callcenter.telephony.legs import Leg, Prompt
from callcenter.telephony.switch import Phone


class SimulatedCall:
    """A call and the legs that knock for it."""

    def __init__(self, caller: SimulatedCaller | None = None) -> None:
        self.caller = caller
        self.legs: asyncio.Queue[Leg] = asyncio.Queue()
        self.leave = asyncio.Event()
        self._leg: Leg | None = None

    @property
    def leg(self) -> Leg:
        assert self._leg is not None
        return self._leg

    @property
    def over(self) -> bool:
        return self.caller is not None and self.caller.ended

    async def knocked(self) -> Leg:
        self._leg = await self.legs.get()
        return self._leg

    async def let_go(self) -> Leg:
        self.leave.set()
        return await self.knocked()


class SimulatedWorld:
    """A started switch; prompts are as long as their file names say."""

    slack = 0.1

    def __init__(self, folder: Path = Path("/recordings")) -> None:
        self.folder = folder
        self.events: list[SwitchEvent] = []
        self.switch = SimulatedSwitch(VirtualClock(), prompt_seconds=lambda prompt: float(prompt.path.name))
        self.switch.attach(self._on_leg, self.events.append)
        self._calls: dict[str, SimulatedCall] = {}
        self._provisioned: dict[str, Phone] = {}
        self._numbers = itertools.count(1)

    def prompt(self, seconds: float) -> Prompt:
        return Prompt(Path("/prompts") / str(seconds))

    async def start(self) -> SimulatedWorld:
        await self.switch.start()
        await asyncio.sleep(0.1)
        return self

    async def phone(self, extension: str, behaviour: PhoneBehaviour) -> None:
        self.switch.add_phone(SimulatedPhone(extension, behaviour))
        self._provisioned[extension] = Phone(extension, "secret", "agent")
        await self.switch.provision(list(self._provisioned.values()))

    async def unregister(self, extension: str) -> None:
        self.switch.phones[extension].unregister()

    async def outside(self, behaviour: PhoneBehaviour) -> str:
        number = f"+86139{next(self._numbers):08d}"
        if behaviour.registered:
            leave = (Leave(drawn(behaviour.talk_seconds)),) if behaviour.talk_seconds else ()
            self.switch.add_outside(number, behaviour, CallerScript(acts=leave))
        return number

    def called(self, leg_id: str) -> SimulatedCall:
        call = self._calls[leg_id] = SimulatedCall()
        return call

    def recorded_seconds(self, path: Path) -> float:
        return self.switch.recorded[path]

    async def speaker(self, extension: str, behaviour: PhoneBehaviour) -> None:
        await self.phone(extension, behaviour)

    @asynccontextmanager
    async def speaking_call(self, *acts: Leave) -> AsyncIterator[SimulatedCall]:
        async with self.call(CallerScript(acts=acts, speaks=True)) as call:
            await call.leg.answer()
            yield call

    async def voices(self, call: SimulatedCall, *extensions: str) -> dict[str, set[str]]:
        await asyncio.sleep(1.0)
        line = self.switch.lines[call.leg.info.leg_id]
        monitors = [m for m in self.switch.monitors.values() if m.talk is line.attempt]
        heard = voices(line.attempt, "caller", monitors)
        return {who: heard.get(who, set()) for who in ("caller", *extensions)}

    @asynccontextmanager
    async def call(self, script: CallerScript) -> AsyncIterator[SimulatedCall]:
        call = SimulatedCall(self.switch.place_call(script))
        leg_id = next(reversed(self.switch.lines))
        self._calls[leg_id] = call
        await call.knocked()
        try:
            yield call
        finally:
            await call.leg.hang_up()
            call.leave.set()

    async def _on_leg(self, leg: Leg) -> None:
        call = self._calls[leg.info.leg_id]
        call.leave.clear()
        call.legs.put_nowait(leg)
        await call.leave.wait()
