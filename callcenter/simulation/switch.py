"""`Switch` in virtual time: callers and phones made of timers around the engine under test.

    switch = SimulatedSwitch(clock=VirtualClock())
    switch.add_phone(SimulatedPhone("1001", PhoneBehaviour(answer_after=3, talk_seconds=60)))
    switch.attach(engine.on_leg, engine.on_event)
    await switch.start()
    await switch.provision([Phone("1001", "secret", "Li")])
    caller = switch.place_call(CallerScript(acts=(PressAtPrompt("1"),), patience=120))
    await caller.wait_ended()

What goes wrong with a real one can be made to happen: `crash` and `restart`, `drop_link` and `restore_link`,
`lose_controller` and `attach` + `start` again.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from callcenter.simulation.leg import NUMBER, SimulatedLeg, write_silence
from callcenter.simulation.line import Attempt, Delays, Line
from callcenter.simulation.monitoring import Monitor
from callcenter.simulation.outgoing import OutgoingCall
from callcenter.simulation.people import CallerScript, PhoneBehaviour, SimulatedCaller, SimulatedPhone
from callcenter.telephony.clock import Clock
from callcenter.telephony.events import (
    LiveLeg,
    PhoneState,
    PhoneStateChanged,
    SwitchDown,
    SwitchEvent,
    SwitchUp,
)
from callcenter.telephony.legs import Gone, LegGone, LegInfo, Prompt
from callcenter.telephony.monitoring import MonitorMode, MonitorOrder
from callcenter.telephony.outgoing import CallOutOrder, CallOutResult
from callcenter.telephony.switch import EventHandler, LegHandler, Phone

log = logging.getLogger(__name__)


class SimulatedSwitch:
    """One switch. `prompt_seconds` tells a prompt's length; `write_audio` writes recordings as silence."""

    def __init__(
        self,
        clock: Clock,
        node: str = "sim",
        *,
        prompt_seconds: Callable[[Prompt], float] = lambda prompt: 3.0,
        delays: Delays | None = None,
        write_audio: bool = False,
    ) -> None:
        self.delays = delays or Delays()
        self.recorded: dict[Path, float] = {}
        """Every file written so far, with its seconds."""
        self.failures: list[Exception] = []
        """What the engine's leg handler raised; a test that expects none looks here."""
        self.lines: dict[str, Line] = {}
        """The callers' live channels by leg id."""
        self.phones: dict[str, SimulatedPhone] = {}
        """Every phone plugged in, by extension."""
        self.outside: dict[str, SimulatedPhone] = {}
        """Who is called by numbers outside; nobody answers any other number."""
        self.dialed: list[CallOutOrder] = []
        """Every call out that was ordered."""
        self.monitors: dict[str, Monitor] = {}
        """Supervisors who are with a talk, or whose phones ring for it, by monitor id."""
        self.recogniser = True
        """False: speech cannot be recognised (asked for at each knock)."""
        self._clock = clock
        self._node = node
        self._prompt_seconds = prompt_seconds
        self._write_audio = write_audio
        self._numbers = itertools.count(1)
        self._known: set[str] = set()  # provisioned extensions
        self._took_over: dict[str, SimulatedPhone] = {}  # by monitor id
        self._told: dict[str, PhoneState] = {}  # last state reported of each phone
        self._on_leg: LegHandler | None = None
        self._on_event: EventHandler | None = None
        self._outgoing: dict[str, OutgoingCall] = {}  # by leg id, until the phone is free again
        self._told_out: dict[str, asyncio.Future[CallOutResult]] = {}  # what the controller awaits
        self._sessions: set[asyncio.Task[None]] = set()
        self._held_since: dict[str, float] = {}  # leg id: when the dialplan began to hold it
        self._timers: dict[str, asyncio.TimerHandle] = {}  # leg id: its next knock
        self._door_open = False  # the controller is there
        self._link_open = True  # and can be reached
        self._running = True  # the switch itself
        self._up = False
        self._booted_at = 0.0

    # -- Switch --------------------------------------------------------------------------------------------

    @property
    def node(self) -> str:
        return self._node

    @property
    def up(self) -> bool:
        return self._up

    def attach(self, on_leg: LegHandler, on_event: EventHandler) -> None:
        """Set who is told. After `stop` a new controller may be attached: the callers are still there."""
        if self._door_open:
            raise RuntimeError("attach before start, or after stop")
        self._on_leg, self._on_event = on_leg, on_event

    async def start(self) -> None:
        if self._on_leg is None:
            raise RuntimeError("attach first")
        self._door_open = True
        self._booted_at = self._booted_at or self._clock.now()
        self._bring_up_soon()

    async def stop(self) -> None:
        self._door_open = False
        self._up = False
        await self._cancel_sessions()
        self._cut_sessions()

    async def provision(self, phones: Sequence[Phone]) -> None:
        before, self._known = self._known, {phone.extension for phone in phones}
        for extension in sorted(before ^ self._known):
            self._state_changed_now(extension)

    async def live_legs(self) -> list[LiveLeg]:
        """Raises ConnectionError while the link is down."""
        if not self._up:
            raise ConnectionError(f"the link to {self._node} is down")
        return list(self._picture())

    async def hang_up_phone(self, phone: str) -> bool:
        self._need_link()
        found = self.phones.get(phone)
        if found is None or found.line is None:
            return False
        found.line.phone_hangs_up()
        return True

    async def hang_up_leg(self, channel: str) -> bool:
        self._need_link()
        for line in tuple(self.lines.values()):
            if channel in (line.info.channel, line.info.leg_id):
                line.end(Gone.HANGUP)
                return True
            for ring in line.attempt.rings if line.attempt else ():
                if ring.channel == channel:
                    ring.phone_hangs_up()
                    return True
        called = next((c for c in self._outgoing.values() if channel in (c.channel, c.order.leg_id)), None)
        if called is not None and not called.answered:
            called.finish(CallOutResult.NO_ANSWER)
            return True
        return False

    async def call_out(self, order: CallOutOrder) -> CallOutResult:
        for number in (order.number, order.caller_id or order.number):
            if not NUMBER.fullmatch(number):
                raise ValueError(f"not a number: {number!r}")
        if order.leg_id in self._outgoing:
            raise ValueError(f"leg {order.leg_id} is being dialed")
        self._need_link()
        self.dialed.append(order)
        phone = self.find_phone(order.number) or self.find_outside(order.number)
        call = OutgoingCall(
            order, phone, self.phone_channel(order.number), self.delays,
            answers=self._called_answers, over=self._called_over,
        )  # fmt: skip
        self._outgoing[order.leg_id] = call
        self.phone_state_changed(order.number)
        told: asyncio.Future[CallOutResult] = asyncio.get_running_loop().create_future()
        self._told_out[order.leg_id] = told
        call.ended.add_done_callback(lambda ended: self._tell_out(order.leg_id, ended.result()))
        try:
            return await told
        finally:
            if self._told_out.get(order.leg_id) is told:
                del self._told_out[order.leg_id]

    async def monitor(self, order: MonitorOrder) -> bool:
        self._need_link()
        line = self.lines.get(order.leg_id)
        talk = line.attempt if line is not None else None
        if talk is None or talk.joined is None or talk.joined.number != order.agent_phone:
            return False
        self.monitors[order.monitor_id] = Monitor(
            self, order, talk, lambda monitor: self._forget_monitor(order.monitor_id)
        )
        return True

    async def set_monitor_mode(self, monitor_id: str, mode: MonitorMode) -> bool:
        self._need_link()
        monitor = self.monitors.get(monitor_id)
        return monitor is not None and monitor.set_mode(mode)

    async def end_monitor(self, monitor_id: str) -> bool:
        self._need_link()
        if (monitor := self.monitors.get(monitor_id)) is not None:
            monitor.end()
            return True
        if (phone := self._took_over.pop(monitor_id, None)) is not None and phone.line is not None:
            phone.hang_up()
            return True
        return False

    async def take_over(self, monitor_id: str) -> bool:
        self._need_link()
        monitor = self.monitors.get(monitor_id)
        if monitor is None or monitor.phone is None or not monitor.take_over():
            return False
        self._took_over[monitor_id] = monitor.phone
        return True

    # -- the world around it -------------------------------------------------------------------------------

    def add_phone(self, phone: SimulatedPhone) -> SimulatedPhone:
        """Plug a phone in; it registers as soon as the switch knows its extension."""
        self.phones[phone.extension] = phone
        phone.place = self
        self._state_changed_now(phone.extension)
        return phone

    def add_outside(
        self, number: str, behaviour: PhoneBehaviour, script: CallerScript | None = None
    ) -> SimulatedPhone:
        """Somebody outside can be called by this number, through the trunk; `script` tells what he does when
        we call him and he has answered."""
        self.outside[number] = SimulatedPhone(number, behaviour, script or CallerScript())
        return self.outside[number]

    def place_call(self, script: CallerScript) -> SimulatedCaller:
        """A caller dials. His leg knocks a moment later."""
        number = next(self._numbers)
        caller = SimulatedCaller(script)
        leg_id = f"{int(self._booted_at)}.{number}"
        info = LegInfo(leg_id, f"PJSIP/trunk-{number:08x}", self._node, script.ani, script.name, script.did)
        line = Line(self, info, caller)
        if not self._running:
            caller.line_ended()
            return caller
        self.lines[leg_id] = line
        caller.dials(line)
        self._knock_in(line, self.delays.knock)
        return caller

    async def lose_controller(self) -> None:
        """The controller is killed: nothing it does while dying reaches the switch. Then `attach` anew."""
        self._door_open = False
        self._up = False
        self._cut_sessions()
        await self._cancel_sessions()

    def crash(self) -> None:
        """The switch dies: every leg is gone, every talk is cut."""
        self._running = False
        self._go_down()
        self._cut_sessions()
        for line in tuple(self.lines.values()):
            line.end(Gone.SWITCH_LOST)
        for called in tuple(self._outgoing.values()):
            called.finish(CallOutResult.LOST)
        self._told.clear()

    def restart(self) -> None:
        """The switch is started again, empty; the phones' registrations were kept on its disk."""
        self._running = True
        self._booted_at = self._clock.now()
        self._bring_up_soon()

    def drop_link(self, sessions: bool = True) -> None:
        """The network between us and the switch breaks. With `sessions=False` only the events' link does."""
        self._link_open = not sessions
        self._go_down()
        if sessions:
            self._cut_sessions()

    def restore_link(self) -> None:
        self._link_open = True
        self._bring_up_soon()

    def phone_state(self, extension: str) -> PhoneState:
        """What a phone is doing now."""
        phone = self.phones.get(extension)
        if extension not in self._known:
            return PhoneState.UNKNOWN
        if phone is None:
            return PhoneState.UNREGISTERED
        if phone.line is not None:
            return PhoneState.IN_USE if phone.line.answered else PhoneState.RINGING
        return PhoneState.IDLE if phone.behaviour.registered else PhoneState.UNREGISTERED

    # -- what lines and phones need of it ------------------------------------------------------------------

    def find_phone(self, extension: str) -> SimulatedPhone | None:
        phone = self.phones.get(extension)
        return phone if phone and extension in self._known and phone.behaviour.registered else None

    def find_outside(self, number: str) -> SimulatedPhone | None:
        return self.outside.get(number)

    def prompt_seconds(self, prompt: Prompt) -> float:
        return self._prompt_seconds(prompt)

    def tell(self, event: SwitchEvent) -> None:
        if self._up and self._on_event:
            self._on_event(event)

    def phone_state_changed(self, extension: str) -> None:
        asyncio.get_running_loop().call_later(self.delays.state, self._state_changed_now, extension)

    def phone_changed(self, phone: SimulatedPhone) -> None:
        self._state_changed_now(phone.extension)

    def phone_channel(self, extension: str) -> str:
        place = extension if extension in self._known else "trunk"
        return f"PJSIP/{place}-{next(self._numbers):08x}"

    def line_ended(self, line: Line) -> None:
        self.lines.pop(line.info.leg_id, None)
        if (called := self._outgoing.get(line.info.leg_id)) is not None:
            called.line_over()
        self._held_since.pop(line.info.leg_id, None)
        if timer := self._timers.pop(line.info.leg_id, None):
            timer.cancel()

    # -- who is called -------------------------------------------------------------------------------------

    def _called_answers(self, call: OutgoingCall) -> None:
        """He has answered: his line is one like any other from here on."""
        order, phone = call.order, call.phone
        assert phone is not None
        self.phone_state_changed(order.number)
        info = LegInfo(order.leg_id, call.channel, self._node, order.number, "", order.caller_id)
        called = SimulatedCaller(phone.script)
        phone.called.append(called)
        line = Line(self, info, called)
        call.hang_up_line = called.hang_up
        self.lines[order.leg_id] = line
        called.dials(line)
        line.answer()
        self._knock_in(line, self.delays.knock)

    def _called_over(self, call: OutgoingCall) -> None:
        self._outgoing.pop(call.order.leg_id, None)
        self.phone_state_changed(call.order.number)

    def _tell_out(self, leg_id: str, result: CallOutResult) -> None:
        """Tell who awaits it; without a link nobody can be told, and the next picture has to do."""
        told = self._told_out.get(leg_id)
        if told is not None and not told.done() and (self._up or result is CallOutResult.ANSWERED):
            told.set_result(result)

    def talk_ended(self, attempt: Attempt) -> None:
        for monitor in tuple(self.monitors.values()):
            if monitor.talk is attempt:
                monitor.end()

    # -- inside --------------------------------------------------------------------------------------------

    def _forget_monitor(self, monitor_id: str) -> None:
        self.monitors.pop(monitor_id, None)

    def _need_link(self) -> None:
        if not self._up:
            raise ConnectionError(f"the link to {self._node} is down")

    def _state_changed_now(self, extension: str) -> None:
        """Report a phone's state if it is not the one reported last."""
        state = self.phone_state(extension)
        if self._told.get(extension, PhoneState.UNKNOWN) != state:
            self._told[extension] = state
            self.tell(PhoneStateChanged(extension, state))

    def _picture(self) -> tuple[LiveLeg, ...]:
        legs = []
        for line in self.lines.values():
            info, attempt = line.info, line.attempt
            bridge = f"bridge-{info.leg_id}" if attempt and attempt.joined else ""
            legs.append(LiveLeg(info.leg_id, info.channel, "", info.leg_id, bridge))
            for ring in attempt.rings if attempt else ():
                if ring.channel:
                    number = ring.channel.rpartition("-")[2]
                    leg_id = f"{int(self._booted_at)}.{int(number, 16)}"
                    phone = ring.number if ring.number in self._known else ""
                    legs.append(LiveLeg(leg_id, ring.channel, phone, info.leg_id, bridge))
        for call in self._outgoing.values():
            if call.phone is not None and not call.answered:
                order = call.order
                phone = order.number if order.number in self._known else ""
                legs.append(LiveLeg(order.leg_id, call.channel, phone, order.leg_id, ""))
        for monitor in self.monitors.values():
            if monitor.channel:
                leg_id = f"monitor-{monitor.order.monitor_id}"
                legs.append(LiveLeg(leg_id, monitor.channel, monitor.order.phone, leg_id, ""))
        return tuple(legs)

    def _bring_up_soon(self) -> None:
        asyncio.get_running_loop().call_later(self.delays.link, self._bring_up)

    def _bring_up(self) -> None:
        if self._up or not (self._running and self._door_open and self._link_open):
            return
        self._up = True
        phones = {extension: self.phone_state(extension) for extension in sorted(self._known)}
        self._told = dict(phones)
        for leg_id, told in self._told_out.items():
            if leg_id not in self._outgoing and not told.done():
                told.set_result(CallOutResult.LOST)
        self.tell(SwitchUp(self._node, self._booted_at, self._picture(), phones))

    def _go_down(self) -> None:
        if self._up:
            self.tell(SwitchDown(self._node))
        self._up = False

    async def _cancel_sessions(self) -> None:
        sessions = tuple(self._sessions)
        for task in sessions:
            task.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)

    def _cut_sessions(self) -> None:
        """The door's connections break: the dialplan takes the callers who are in nobody's hands."""
        for line in tuple(self.lines.values()):
            session, line.session = line.session, None
            if session:
                session.line_ended(Gone.SWITCH_LOST)
                self._knock_in(line, self.delays.knock_again)

    def _knock_in(self, line: Line, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._timers[line.info.leg_id] = loop.call_later(seconds, self._knock, line)

    def _knock(self, line: Line) -> None:
        """The dialplan asks for a session; it holds the caller while nobody answers the door."""
        if line.over or line.session or not self._running:
            return
        leg_id = line.info.leg_id
        loop = asyncio.get_running_loop()
        if line.attempt is not None:  # it is in Dial and comes back when that is over
            self._knock_in(line, self.delays.knock_again)
        elif self._door_open and self._link_open:
            self._held_since.pop(leg_id, None)
            leg = SimulatedLeg(line, self._keep_recording, self.recogniser)
            task = loop.create_task(self._serve(leg, line))
            self._sessions.add(task)
            task.add_done_callback(self._sessions.discard)
        elif loop.time() - self._held_since.setdefault(leg_id, loop.time()) > self.delays.hold_limit:
            line.end(Gone.CLOSED)
        else:
            line.answer()
            self._knock_in(line, self.delays.knock_again)

    async def _serve(self, leg: SimulatedLeg, line: Line) -> None:
        assert self._on_leg is not None
        try:
            await self._on_leg(leg)
        except LegGone:
            pass  # the leg ended and the handler had nothing left to do
        except Exception as error:
            self.failures.append(error)
            log.exception("the handler of leg %s failed", leg.info.leg_id)
        finally:
            if line.session is leg:  # left behind alive: the dialplan knocks again
                line.session = None
                leg.line_ended(Gone.CLOSED)
                if not line.over:
                    self._knock_in(line, self.delays.knock_again)

    def _keep_recording(self, path: Path, seconds: float) -> None:
        self.recorded[path] = seconds
        if self._write_audio:
            write_silence(path, seconds)
