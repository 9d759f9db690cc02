"""One caller's line at the simulated switch, and the attempt to join it to one of the phones that ring:
timers only.

The line outlives the controller's sessions: when the link breaks, a talk or a ringing phone goes on here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from callcenter.simulation.people import SimulatedCaller, SimulatedPhone
from callcenter.telephony.events import PhoneAnswered, PhoneRinging, PhoneStopped, SwitchEvent
from callcenter.telephony.legs import (
    Connected,
    ConnectOrder,
    ConnectResult,
    Gone,
    LegInfo,
    Prompt,
    TransferOrder,
)


@dataclass(frozen=True, slots=True)
class Delays:
    """How long things take at the switch, in seconds."""

    link: float = 0.01  # from the link to the whole picture
    knock: float = 0.005  # from the call to the controller's door
    refused: float = 0.005  # to learn that a phone is not there
    ringing: float = 0.05  # from the order to the phone's ringing
    rejected: float = 0.02  # from the phone's "busy" to the result
    state: float = 0.01  # a phone's state is told a little after what caused it
    knock_again: float = 1.0  # the dialplan's pause while nobody answers the door
    recognition: float = 0.6  # from the end of what a caller says to its being understood
    hold_limit: float = 600.0  # how long the dialplan holds a caller for an absent controller


Order = ConnectOrder | TransferOrder


class Session(Protocol):
    """The controller's hold on a line."""

    def key_pressed(self, key: str) -> None: ...

    def words_said(self, text: str, score: int) -> None: ...

    def line_ended(self, why: Gone) -> None: ...


class Exchange(Protocol):
    """What a line needs of its switch."""

    @property
    def delays(self) -> Delays: ...

    def find_phone(self, extension: str) -> SimulatedPhone | None:
        """The phone, if it is provisioned and registered."""

    def find_outside(self, number: str) -> SimulatedPhone | None:
        """Who is called by a number outside, if there is a trunk and somebody."""

    def prompt_seconds(self, prompt: Prompt) -> float: ...

    def tell(self, event: SwitchEvent) -> None: ...

    def phone_state_changed(self, extension: str) -> None: ...

    def phone_channel(self, extension: str) -> str:
        """A fresh channel name for a phone."""

    def line_ended(self, line: Line) -> None: ...

    def talk_ended(self, attempt: Attempt) -> None: ...


class Line:
    """A caller's channel."""

    def __init__(self, exchange: Exchange, info: LegInfo, caller: SimulatedCaller) -> None:
        self.exchange = exchange
        self.info = info
        self.caller = caller
        self.session: Session | None = None
        self.attempt: Attempt | None = None
        self.answered = False
        self.over = False

    # -- what the caller does ------------------------------------------------------------------------------

    def press(self, key: str) -> None:
        if self.session:
            self.session.key_pressed(key)

    def say(self, text: str, score: int) -> None:
        if self.session:
            self.session.words_said(text, score)

    def caller_hangs_up(self) -> None:
        self.end(Gone.HANGUP)

    # -- what the switch does ------------------------------------------------------------------------------

    def answer(self) -> None:
        if not self.answered and not self.over:
            self.answered = True
            self.caller.answered()

    def connect(self, order: Order, done: Callable[[Connected | None], None]) -> Attempt:
        """Ring the phones of an order; `done` hears the end, None when the caller left before an answer."""
        self.attempt = Attempt(self, order, done)
        return self.attempt

    def end(self, why: Gone) -> None:
        """The channel is gone, whoever ended it."""
        if self.over:
            return
        self.over = True
        if self.attempt:
            self.attempt.caller_gone()
        self.exchange.line_ended(self)
        self.caller.line_ended()
        session, self.session = self.session, None
        if session:
            session.line_ended(why)


class Attempt:
    """One order: phones ring, perhaps one is answered, is whispered to, talks, and somebody ends it."""

    def __init__(self, line: Line, order: Order, done: Callable[[Connected | None], None]) -> None:
        self.line = line
        self.call_id = order.call_id
        self.joined: Ringing | None = None
        self.picked_up: Ringing | None = None
        self._whisper = order.whisper if isinstance(order, ConnectOrder) else None
        self._done: Callable[[Connected | None], None] | None = done
        self._exchange = line.exchange
        self._loop = asyncio.get_running_loop()
        self._talk_began = 0.0
        self._timers: list[asyncio.TimerHandle] = []
        self._result = ConnectResult.UNREACHABLE  # when all have stopped
        called = (order.phone, *order.also) if isinstance(order, ConnectOrder) else (order.number,)
        self.several = len(called) > 1
        self.rings: list[Ringing] = []
        """The phones that are there and have not stopped."""
        for number in called:
            phone = self._exchange.find_phone(number)
            if phone is None and isinstance(order, TransferOrder):
                phone = self._exchange.find_outside(number)
            if phone is not None:
                self.rings.append(Ringing(self, number, phone))
        delays = self._exchange.delays
        if not self.rings:
            self.later(delays.refused, self._finish, ConnectResult.UNREACHABLE)
        else:
            self.later(order.ring_seconds, self._finish, ConnectResult.NO_ANSWER)
            for ring in self.rings:
                self.later(delays.ringing, ring.begins)

    # -- what a phone does ---------------------------------------------------------------------------------

    def pick_up(self, ring: Ringing) -> None:
        if self.picked_up is not None or self._done is None:
            return
        self._cancel_timers()
        self.picked_up, ring.answered = ring, True
        for other in self._all_but(ring):
            self._stop(other)
            if self._whisper is not None:
                self._exchange.tell(PhoneStopped(self.call_id, other.number, rejected=False))
        self._exchange.phone_state_changed(ring.number)
        ring.phone.talks()
        if self._whisper is None:
            self._join(ring)
        else:
            ring.phone.hears_whisper(str(self._whisper.path))
            self.later(self._exchange.prompt_seconds(self._whisper), self._join, ring)

    def reject(self, ring: Ringing) -> None:
        self.later(self._exchange.delays.rejected, self._rejected, ring)

    def hang_up(self, ring: Ringing) -> None:
        if self.joined is ring:
            self._finish(ConnectResult.TALKED)
        else:
            self.reject(ring)

    # -- what the switch does ------------------------------------------------------------------------------

    def goes_on_with(self, phone: SimulatedPhone, channel: str) -> None:
        """Another phone takes the place of the one that talks."""
        before, after = self.joined, Ringing(self, phone.extension, phone)
        after.channel, after.answered = channel, True
        self.joined, phone.line = after, after
        if before is not None:
            self._stop(before)
        self.rings.append(after)

    def caller_gone(self) -> None:
        if self.joined:
            self._finish(ConnectResult.TALKED, caller_left=True)
        else:
            self._finish(None)

    def later(self, seconds: float, act: Callable[..., None], *args: object) -> None:
        self._timers.append(self._loop.call_later(seconds, act, *args))

    def _rejected(self, ring: Ringing) -> None:
        if ring not in self.rings:
            return
        self._result = ConnectResult.BUSY
        if self.several and self.picked_up is None:
            self._exchange.tell(PhoneStopped(self.call_id, ring.number, rejected=True))
        self._stop(ring)
        if not self.rings:
            self._finish(self._result)

    def _join(self, ring: Ringing) -> None:
        self.joined = ring
        self._talk_began = self._loop.time()
        self._exchange.tell(PhoneAnswered(self.call_id, ring.number))
        self.line.answer()
        self.line.caller.talks(ring.number)

    def _stop(self, ring: Ringing) -> None:
        self.rings.remove(ring)
        if ring.phone.line is ring:
            ring.phone.line_ended()
            self._exchange.phone_state_changed(ring.number)

    def _all_but(self, ring: Ringing) -> list[Ringing]:
        return [other for other in self.rings if other is not ring]

    def _finish(self, result: ConnectResult | None, caller_left: bool = False) -> None:
        done, self._done = self._done, None
        if done is None:
            return
        self._cancel_timers()
        self.line.attempt = None
        for ring in tuple(self.rings):
            self._stop(ring)
        if result is ConnectResult.TALKED and self.joined is not None:
            talked, self.joined = self.joined, None
            talked.answered = False
            self._exchange.talk_ended(self)
            self.line.caller.talk_ended()
            done(Connected(result, self._loop.time() - self._talk_began, caller_left, talked.number))
        else:
            done(Connected(result) if result else None)

    def _cancel_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()


class Ringing:
    """One phone of an order, from the ringing on."""

    def __init__(self, attempt: Attempt, number: str, phone: SimulatedPhone) -> None:
        self.attempt = attempt
        self.number = number
        self.phone = phone
        self.channel = ""  # once it exists
        self.answered = False

    def begins(self) -> None:
        attempt = self.attempt
        exchange = attempt.line.exchange
        if self.phone.line is not None or self.phone.behaviour.busy:
            attempt.reject(self)  # in use: the phone itself says so
            return
        self.channel = exchange.phone_channel(self.number)
        exchange.tell(PhoneRinging(attempt.call_id, self.number))
        self.phone.rings(self)
        exchange.phone_state_changed(self.number)

    def phone_answers(self) -> None:
        self.attempt.pick_up(self)

    def phone_rejects(self) -> None:
        self.attempt.reject(self)

    def phone_hangs_up(self) -> None:
        self.attempt.hang_up(self)
