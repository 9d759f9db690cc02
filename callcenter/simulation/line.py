"""One caller's line at the simulated switch, and the attempt to join it to a phone: timers only.

The line outlives the controller's sessions: when the link breaks, a talk or a ringing phone goes on here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from callcenter.simulation.people import SimulatedCaller, SimulatedPhone
from callcenter.telephony.events import PhoneAnswered, PhoneRinging, SwitchEvent
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
        """Ring a phone; `done` hears the end, None when the caller left before an answer."""
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
    """One order: a phone rings, perhaps answers, is whispered to, talks, and somebody ends it."""

    def __init__(self, line: Line, order: Order, done: Callable[[Connected | None], None]) -> None:
        self.line = line
        self.called = order.phone if isinstance(order, ConnectOrder) else order.number
        self.call_id = order.call_id
        self.channel = ""  # the phone's, once it exists
        self.answered = False
        self.joined = False
        self._whisper = order.whisper if isinstance(order, ConnectOrder) else None
        self._done: Callable[[Connected | None], None] | None = done
        self._exchange = line.exchange
        self._loop = asyncio.get_running_loop()
        self._talk_began = 0.0
        self._timers: list[asyncio.TimerHandle] = []
        self.phone = self._exchange.find_phone(self.called)
        if self.phone is None and isinstance(order, TransferOrder):
            self.phone = self._exchange.find_outside(self.called)
        delays = self._exchange.delays
        if self.phone is None:
            self._later(delays.refused, self._finish, ConnectResult.UNREACHABLE)
        else:
            self._later(order.ring_seconds, self._finish, ConnectResult.NO_ANSWER)
            self._later(delays.ringing, self._ring)

    # -- what the phone does -------------------------------------------------------------------------------

    def phone_answers(self) -> None:
        if self.answered or self._done is None or self.phone is None:
            return
        self._cancel_timers()
        self.answered = True
        self._exchange.phone_state_changed(self.called)
        self.phone.talks()
        if self._whisper is None:
            self._join()
        else:
            self.phone.hears_whisper(str(self._whisper.path))
            self._later(self._exchange.prompt_seconds(self._whisper), self._join)

    def phone_rejects(self) -> None:
        self._later(self._exchange.delays.rejected, self._finish, ConnectResult.BUSY)

    def phone_hangs_up(self) -> None:
        if self.joined:
            self._finish(ConnectResult.TALKED)
        else:
            self.phone_rejects()

    # -- what the switch does ------------------------------------------------------------------------------

    def goes_on_with(self, phone: SimulatedPhone, channel: str) -> None:
        """Another phone takes the place of the one that talks."""
        before, self.phone, self.called, self.channel = self.phone, phone, phone.extension, channel
        phone.line = self
        if before is not None:
            before.line_ended()
            self._exchange.phone_state_changed(before.extension)

    def caller_gone(self) -> None:
        if self.joined:
            self._finish(ConnectResult.TALKED, caller_left=True)
        else:
            self._finish(None)

    def _ring(self) -> None:
        assert self.phone is not None
        if self.phone.line is not None or self.phone.behaviour.busy:
            self.phone_rejects()  # in use: the phone itself says so
            return
        self.channel = self._exchange.phone_channel(self.called)
        self._exchange.tell(PhoneRinging(self.call_id, self.called))
        self.phone.rings(self)
        self._exchange.phone_state_changed(self.called)

    def _join(self) -> None:
        self.joined = True
        self._talk_began = self._loop.time()
        self._exchange.tell(PhoneAnswered(self.call_id, self.called))
        self.line.answer()
        self.line.caller.talks(self.called)

    def _finish(self, result: ConnectResult | None, caller_left: bool = False) -> None:
        done, self._done = self._done, None
        if done is None:
            return
        self._cancel_timers()
        self.line.attempt = None
        if self.phone and self.phone.line is self:
            self.phone.line_ended()
            self._exchange.phone_state_changed(self.called)
        if result is ConnectResult.TALKED:
            self.answered = self.joined = False
            self._exchange.talk_ended(self)
            self.line.caller.talk_ended()
            done(Connected(result, self._loop.time() - self._talk_began, caller_left))
        else:
            done(Connected(result) if result else None)

    def _later(self, seconds: float, act: Callable[..., None], *args: object) -> None:
        self._timers.append(self._loop.call_later(seconds, act, *args))

    def _cancel_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
