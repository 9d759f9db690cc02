"""The agents' phones: most share one SIPp process, some have one of their own and vanish with it, some are
baresip."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from callcenter.demo.baresip import BaresipFailed, BaresipPhone
from callcenter.demo.ports import PortPool
from callcenter.demo.sipp_phones import Manners, PhoneCall, SippPhones

REGISTER_S = 60.0

NO_ANSWER, REJECTS, AGENT_HANGS_UP = 0.05, 0.05, 0.7
ANSWER_S, TALK_S = (0.4, 2.5), (2.0, 14.0)


class AgentsPhone(Protocol):
    """What an agent can do to his phone."""

    there: bool  # it is switched on, and registered for all it knows
    can_vanish: bool

    async def unregister(self) -> None:
        """Off, in order."""

    async def vanish(self) -> None:
        """Off, in the middle of whatever it does."""

    async def come_back(self) -> None:
        """On again."""


class Mood:
    """How phones behave at the next ring."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.well_behaved = False  # answers everything at once, and talks shortly

    def manners(self) -> Manners:
        """For one call."""
        chance = self.chance
        if self.well_behaved:
            return Manners(answer_after=0.3, talk_seconds=2.0)
        talk = chance.uniform(*TALK_S) if chance.random() < AGENT_HANGS_UP else 100.0
        luck = chance.random()
        if luck < NO_ANSWER:
            return Manners(answer_after=None)
        if luck < NO_ANSWER + REJECTS:
            return Manners(answer_after=None, reject_after=chance.uniform(0.2, 3))
        return Manners(answer_after=chance.uniform(*ANSWER_S), talk_seconds=talk)


class PhoneRoom:
    """Phones in one SIPp process."""

    def __init__(
        self, sip_port: int, ports: PortPool, folder: Path, secrets: Mapping[str, str], mood: Mood
    ) -> None:
        self.phones = SippPhones(
            sip_port, ports, folder, secrets, echo=True, on_call=lambda call: self._on_call(call)
        )
        self._mood = mood

    def _on_call(self, call: PhoneCall) -> None:
        if not call.talking and not call.ended:
            self.phones.manners[call.extension] = self._mood.manners()
        elif call.ended and len(self.phones.calls) > 1000:
            del self.phones.calls[:900]


class RoomPhone:
    """A phone that shares its process with others."""

    can_vanish = False

    def __init__(self, room: PhoneRoom, extension: str) -> None:
        self._room, self._extension = room, extension
        self.there = True

    async def unregister(self) -> None:
        self.there = False
        self._room.phones.unregister(self._extension)

    async def vanish(self) -> None:
        raise NotImplementedError

    async def come_back(self) -> None:
        self._room.phones.register(self._extension)
        self.there = True


class LonePhone:
    """A phone with a process of its own."""

    can_vanish = True

    def __init__(self, make: Callable[[], PhoneRoom], extension: str) -> None:
        self._make, self._extension = make, extension
        self.room: PhoneRoom | None = None
        self.there = False

    @property
    def pid(self) -> int | None:
        return self.room.phones.pid if self.room is not None else None

    async def unregister(self) -> None:
        self.there = False
        if self.room is not None:
            self.room.phones.unregister(self._extension)

    async def vanish(self) -> None:
        self.there = False
        room, self.room = self.room, None
        if room is not None:
            await room.phones.vanish()
            await room.phones.__aexit__(None, None, None)

    async def come_back(self) -> None:
        if self.room is None:
            self.room = self._make()
            await self.room.phones.__aenter__()
        else:
            self.room.phones.register(self._extension)
        self.there = True

    async def close(self) -> None:
        """For good, in order."""
        room, self.room = self.room, None
        if room is not None:
            await room.phones.__aexit__(None, None, None)


class SoftPhone:
    """A baresip."""

    can_vanish = True

    def __init__(
        self, sip_port: int, ports: PortPool, folder: Path, extension: str, secret: str, mood: Mood
    ) -> None:
        self._sip_port, self._ports, self._folder = sip_port, ports, folder
        self._account = (extension, secret)
        self._mood = mood
        self._phone: BaresipPhone | None = None
        self._hands: asyncio.Task[None] | None = None
        self.there = False

    @property
    def pid(self) -> int | None:
        return self._phone.pid if self._phone is not None else None

    async def unregister(self) -> None:
        """Told to quit it unregisters."""
        await self.close()

    async def vanish(self) -> None:
        phone = self._phone
        if phone is not None:
            await phone.vanish()
        await self.close()

    async def come_back(self) -> None:
        phone = self._phone = BaresipPhone(
            *self._account, sip_port=self._sip_port, ports=self._ports, folder=self._folder
        )
        await phone.__aenter__()
        self._hands = asyncio.create_task(self._answer(phone))
        self.there = True

    async def close(self) -> None:
        """Off, in order."""
        self.there = False
        phone, self._phone = self._phone, None
        if self._hands is not None:
            self._hands.cancel()
            await asyncio.wait([self._hands])
        if phone is not None:
            await phone.__aexit__(None, None, None)

    async def _answer(self, phone: BaresipPhone) -> None:
        """Take what rings, for ever."""
        while True:
            await phone.wait_incoming(seconds=1e9)
            manners = self._mood.manners()
            with contextlib.suppress(BaresipFailed, TimeoutError):
                if manners.reject_after is not None:
                    await asyncio.sleep(manners.reject_after)
                    await phone.hang_up()
                elif manners.answer_after is not None:
                    await asyncio.sleep(manners.answer_after)
                    await phone.accept()
                    await phone.wait_closed(seconds=manners.talk_seconds or 1e9)
                    continue
                else:
                    await phone.wait_closed(seconds=60)
                    continue
            with contextlib.suppress(BaresipFailed, TimeoutError):
                await phone.hang_up()


class Switchboard:
    """All phones, by extension."""

    def __init__(
        self,
        sip_port: int,
        ports: PortPool,
        folder: Path,
        secrets: Mapping[str, str],
        mood: Mood,
        *,
        lone: int,
        soft: int,
    ) -> None:
        """Of `secrets`, the first `lone` have a process of their own and the next `soft` are baresip."""

        def room(extensions: Sequence[str]) -> PhoneRoom:
            return PhoneRoom(sip_port, ports, folder, {e: secrets[e] for e in extensions}, mood)

        extensions = list(secrets)
        self.lone = {e: LonePhone(lambda e=e: room([e]), e) for e in extensions[:lone]}  # type: ignore[misc]
        self.soft = {
            e: SoftPhone(sip_port, ports, folder, e, secrets[e], mood) for e in extensions[lone : lone + soft]
        }
        self._own: list[LonePhone | SoftPhone] = [*self.lone.values(), *self.soft.values()]
        shared = extensions[lone + soft :]
        self.room = room(shared)
        self.phones: dict[str, AgentsPhone] = {
            **self.lone, **self.soft, **{e: RoomPhone(self.room, e) for e in shared},
        }  # fmt: skip

    async def start(self) -> None:
        """Switch all on, and wait until they are registered. Raises TimeoutError."""
        await self.room.phones.__aenter__()
        for phone in self._own:
            await phone.come_back()
        await self.room.phones.wait_registered(REGISTER_S)

    async def stop(self) -> None:
        """Switch all off, in order."""
        await asyncio.gather(*(phone.close() for phone in self._own))
        await self.room.phones.__aexit__(None, None, None)

    def pids(self) -> list[int]:
        """Processes that are there now."""
        found = [self.room.phones.pid, *(phone.pid for phone in self._own)]
        return [pid for pid in found if pid is not None]
