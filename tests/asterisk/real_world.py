"""A real Asterisk with SIPp callers and phones as a `World` of the conformance stories."""

from __future__ import annotations

import asyncio
import itertools
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from aeap_listener import AeapListener
from rtp_person import RtpPerson
from sip_people import KEY_LAG_S, SipPeople
from wire_support import Wire

from callcenter.asterisk.config_files import AsteriskValues
from callcenter.asterisk.local_install import AsteriskProgram
from callcenter.asterisk.local_server import LocalAsterisk, free_ports
from callcenter.asterisk.switch import AsteriskAddress, AsteriskSwitch
from callcenter.simulation.leg import write_silence
from callcenter.simulation.people import CallerScript, Leave, PhoneBehaviour, Press, Say
from callcenter.telephony.clock import SystemClock
from callcenter.telephony.events import PhoneState, PhoneStateChanged, SwitchEvent
from callcenter.telephony.legs import Leg, Prompt
from callcenter.telephony.switch import Phone
from tests.simulation.conformance import until

KNOCK_SECONDS = 5.0
CALLER = "caller"
KEYS_TO_ASTERISK = 101
"""The payload type that Asterisk offers for keys when it calls a phone."""

TRUNK = "callcenter-trunk"
OUTSIDE = """
[callcenter-inbound](+)
; Asterisk calls itself: who is outside stands in the number
exten => _+861X.,1,Ringing()
 same => n,Wait(0.5)
 same => n,Answer()
 same => n,Wait(1.5)
 same => n,Hangup()
exten => _+862X.,1,Busy(5)
exten => _+863X.,1,Ringing()
 same => n,Wait(30)
exten => _+864X.,1,Hangup(1)
exten => _+865X.,1,Hangup(21)
"""
"""A piece of dialplan (extensions_local.conf) for `RealWorld.outside`."""


class RealCall:
    """A SIPp caller and the legs that knock for him."""

    def __init__(self) -> None:
        self.legs: asyncio.Queue[Leg] = asyncio.Queue()
        self.leave = asyncio.Event()
        self.process: asyncio.subprocess.Process | None = None
        self.person: RtpPerson | None = None
        """His ear and fingers, if he acts by hand."""
        self._leg: Leg | None = None

    @property
    def leg(self) -> Leg:
        assert self._leg is not None
        return self._leg

    @property
    def over(self) -> bool:
        return self.process is not None and self.process.returncode is not None

    async def knocked(self) -> Leg:
        self._leg = await asyncio.wait_for(self.legs.get(), KNOCK_SECONDS)
        return self._leg

    async def let_go(self) -> Leg:
        self.leave.set()
        return await self.knocked()


class RealWorld:
    """One switch for many stories at the same time. Callers are told apart by their names."""

    slack = 0.9  # a busy machine's SIPp is late at times

    def __init__(
        self, pbx: LocalAsterisk, agi_port: int, folder: Path, first_port: int, listener: AeapListener
    ) -> None:
        self.pbx = pbx
        self.listener = listener
        self.folder = folder
        self.events: list[SwitchEvent] = []
        self.address = AsteriskAddress(
            "local", "127.0.0.1", pbx.ports.ami, pbx.values.ami_secret, pbx.places.agents_file,
            agi_port=agi_port, trunk=TRUNK,
        )  # fmt: skip
        self.switch = self.new_switch()
        self.people = SipPeople(folder, pbx.ports.sip, first_port)
        self._calls: dict[str, RealCall] = {}
        self._phones: dict[str, Phone] = {}
        self._numbers = itertools.count(1)
        self._names = (f"caller {number}" for number in itertools.count(1))
        self._speakers: dict[str, RtpPerson] = {}  # by extension
        self._pitches: dict[str, int] = {CALLER: 440}  # Hz that a person hums

    def new_switch(self) -> AsteriskSwitch:
        """A controller's switch, attached to this world."""
        switch = AsteriskSwitch(self.address, SystemClock())
        switch.attach(self._on_leg, self.events.append)
        return switch

    def address_with(self, **changes: str) -> AsteriskAddress:
        """The same Asterisk, asked for in another way."""
        return replace(self.address, **changes)

    @property
    def phones(self) -> list[Phone]:
        """Every phone that was provisioned."""
        return list(self._phones.values())

    def expect(self, name: str) -> RealCall:
        """A leg with this caller's name will knock though nobody was told to call."""
        call = self._calls[name] = RealCall()
        return call

    async def start(self) -> None:
        await self.switch.start()
        await asyncio.wait_for(self.switch.ami.wait_ready(), 10)

    async def close(self) -> None:
        for person in self._speakers.values():
            await person.close()
        await asyncio.sleep(0)  # closed sockets are let go a turn later
        await self.people.close()
        await self.switch.stop()

    def prompt(self, seconds: float) -> Prompt:
        path = self.folder / f"prompt-{round(seconds * 1000)}"
        if not path.with_suffix(".wav").exists():
            write_silence(path.with_suffix(".wav"), seconds)
        return Prompt(path)

    async def provision(self, *extensions: str) -> None:
        """Make the switch know these phones too."""
        for extension in extensions:
            self._phones[extension] = Phone(extension, f"secret-{extension}", "Agent")
        await self.switch.provision(list(self._phones.values()))

    async def phone(
        self, extension: str, behaviour: PhoneBehaviour, rejection: str = "486 Busy Here"
    ) -> None:
        if extension not in self._phones:
            await self.provision(extension)
        if behaviour.registered:
            await self.people.register(extension, f"secret-{extension}", behaviour, rejection=rejection)
            await until(lambda: self._idle(extension))  # Asterisk has asked it whether it is there

    async def speaker(self, extension: str, behaviour: PhoneBehaviour) -> None:
        """A phone whose person hums a tone of his own."""
        if extension not in self._phones:
            await self.provision(extension)
        person = self._speakers[extension] = await RtpPerson.open(self.people.next_port(), KEYS_TO_ASTERISK)
        self._pitches[extension] = 500 + 110 * len(self._pitches)
        await self.people.register(extension, f"secret-{extension}", behaviour, ear=person.port)
        await until(lambda: self._idle(extension))

    def ear(self, extension: str) -> RtpPerson:
        """Who holds the receiver of a `speaker`."""
        return self._speakers[extension]

    @asynccontextmanager
    async def speaking_call(self, *acts: Leave) -> AsyncIterator[RealCall]:
        async with self.call(CallerScript(acts=acts), by_hand=True) as call:
            await call.leg.answer()
            assert call.person is not None
            call.person.hum(self._pitches[CALLER])
            yield call

    async def voices(self, call: RealCall, *extensions: str) -> dict[str, set[str]]:
        people = {CALLER: call.person} | {e: self._speakers[e] for e in extensions}
        await self.let_send(*extensions)
        for person in people.values():
            assert person is not None
            person.deafen()
        await asyncio.sleep(1.0)
        return {
            who: {other for other in people if other != who and person.hears(self._pitches[other])}
            for who, person in people.items()
            if person is not None
        }

    async def let_send(self, *extensions: str, humming: bool = True) -> None:
        """Tell those whose phones are in use where to send what they say, or their silence."""
        for leg in await self.switch.live_legs():
            person = self._speakers.get(leg.phone) if leg.phone in extensions else None
            if person is not None and not person.talking:
                asked = {"Channel": leg.channel, "Variable": "CHANNEL(rtp,src)"}
                person.talk_to((await self.switch.ami.action("Getvar", asked)).get("Value"))
                if humming:
                    person.hum(self._pitches[leg.phone])

    def _idle(self, extension: str) -> bool:
        told = [e for e in self.events if isinstance(e, PhoneStateChanged) and e.phone == extension]
        return bool(told) and told[-1].state is PhoneState.IDLE

    async def unregister(self, extension: str) -> None:
        await self.people.unregister(extension, f"secret-{extension}")

    async def outside(self, behaviour: PhoneBehaviour) -> str:
        if not behaviour.registered:
            manner = 4
        elif behaviour.answer_after is None:
            manner = 3
        elif behaviour.busy:
            manner = 2
        elif behaviour.rejects:
            manner = 5
        else:
            manner = 1
            assert (behaviour.answer_after, behaviour.talk_seconds) == (0.5, 1.5), "as in OUTSIDE"
        return f"+86{manner}{next(self._numbers):08d}"

    def called(self, leg_id: str) -> RealCall:
        return self.expect(leg_id)

    def recorded_seconds(self, path: Path) -> float:
        with wave.open(str(path), "rb") as file:
            return file.getnframes() / file.getframerate()

    @asynccontextmanager
    async def call(self, script: CallerScript, by_hand: bool = False) -> AsyncIterator[RealCall]:
        name = script.name or next(self._names)
        call = self.expect(name)
        person = await RtpPerson.open(self.people.next_port()) if by_hand or _by_hand(script) else None
        call.person = person
        ear = person.port if person else None
        call.process = await self.people.call(replace(script, name=name), name, ear)
        await call.knocked()
        acting = asyncio.create_task(self._act(call, person, script)) if person else None
        try:
            yield call
        finally:
            await call.leg.hang_up()
            call.leave.set()
            if person and acting:
                acting.cancel()
                await asyncio.gather(acting, return_exceptions=True)
                await person.close()

    async def _act(self, call: RealCall, person: RtpPerson, script: CallerScript) -> None:
        """Press and speak as the script says, from the answer on."""
        while await self.ask(call, "CHANNEL(state)") != "Up":
            await asyncio.sleep(0.01)
        loop = asyncio.get_running_loop()
        person.talk_to(await self.ask(call, "CHANNEL(rtp,src)"))
        at = loop.time()
        for act in script.acts:
            at += act.after
            await asyncio.sleep(max(0.0, at - loop.time()))
            if isinstance(act, Press):
                person.push(act.key, tone_ms=40, pause_ms=40)
            elif isinstance(act, Say):
                person.say(self.people.tone.read_bytes()[:6400])

    async def ask(self, call: RealCall, what: str) -> str:
        """A variable of a caller's channel."""
        asked = {"Channel": call.leg.info.channel, "Variable": what}
        return (await self.switch.ami.action("Getvar", asked)).get("Value")

    async def _on_leg(self, leg: Leg) -> None:
        call = self._calls.get(leg.info.leg_id) or self._calls[leg.info.caller_name]
        call.leave.clear()
        call.legs.put_nowait(leg)
        await call.leave.wait()


def _by_hand(script: CallerScript) -> bool:
    """Whether a caller types faster than SIPp can, or speaks at a certain moment."""
    fast = any(isinstance(act, Press) and act.after < KEY_LAG_S for act in script.acts[1:])
    says = any(isinstance(act, Say) for act in script.acts)
    assert not ((fast or says) and any(isinstance(act, Leave) for act in script.acts))
    return fast or says


@asynccontextmanager
async def real_world(
    program: AsteriskProgram,
    folder: Path,
    agi_port: int,
    first_port: int,
    wire: Wire | None = None,
    rtp: int = 40,
    answers_setup: bool = True,
) -> AsyncIterator[RealWorld]:
    """A fresh Asterisk, a started switch, and people's ports from `first_port`. Legs knock through `wire`;
    the recogniser keeps still unless it `answers_setup`."""
    folder.mkdir(parents=True, exist_ok=True)
    ports = free_ports(32000, 32399, rtp=rtp)
    listener = AeapListener(free_ports(32400, 32499, rtp=4).http, answers_setup=answers_setup)
    values = AsteriskValues(
        agi_address=f"127.0.0.1:{wire.port if wire else agi_port}",
        stt_address=f"127.0.0.1:{listener.port}",
        trunk_address=f"127.0.0.1:{ports.sip}",
    )
    files = {"extensions_local.conf": OUTSIDE}
    async with listener, LocalAsterisk(program, folder / "pbx", ports, values, extra_files=files) as pbx:
        world = RealWorld(pbx, agi_port, folder, first_port, listener)
        await world.start()
        try:
            yield world
        finally:
            await world.close()
