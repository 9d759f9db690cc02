"""A supervisor with a talk at the simulated switch: his phone rings, he hears and is heard, or takes over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from callcenter.simulation.line import Attempt, Exchange
from callcenter.simulation.people import SimulatedPhone
from callcenter.telephony.monitoring import (
    MonitorEnd,
    MonitorEnded,
    MonitorJoined,
    MonitorMode,
    MonitorModeChanged,
    MonitorOrder,
)


class Monitor:
    """One supervisor's phone, called for one talk."""

    def __init__(
        self, exchange: Exchange, order: MonitorOrder, talk: Attempt, over: Callable[[Monitor], None]
    ) -> None:
        """`over` hears when the phone has no more to do with it."""
        self.order = order
        self.mode = order.mode
        self.talk = talk
        self.channel = ""
        self.answered = False
        self._exchange = exchange
        self._over: Callable[[Monitor], None] | None = over
        self._timers: list[asyncio.TimerHandle] = []
        self.phone: SimulatedPhone | None = exchange.find_phone(order.phone)
        if self.phone is None:
            self._later(exchange.delays.refused, self._end, MonitorEnd.UNREACHABLE)
        else:
            self._later(order.ring_seconds, self._end, MonitorEnd.NO_ANSWER)
            self._later(exchange.delays.ringing, self._ring)

    # -- what the phone does -------------------------------------------------------------------------------

    def phone_answers(self) -> None:
        if self.answered or self._over is None or self.phone is None:
            return
        self._cancel_timers()
        self.answered = True
        self._exchange.phone_state_changed(self.order.phone)
        self.phone.talks()
        self._exchange.tell(MonitorJoined(self.order.monitor_id))

    def phone_rejects(self) -> None:
        self._end(MonitorEnd.NO_ANSWER)

    def phone_hangs_up(self) -> None:
        self._end(MonitorEnd.ENDED if self.answered else MonitorEnd.NO_ANSWER)

    # -- what the switch does ------------------------------------------------------------------------------

    def set_mode(self, mode: MonitorMode) -> bool:
        if not self.answered or MonitorMode.HOLD in (self.mode, mode):
            return False
        if self.mode is not mode:
            self.mode = mode
            self._exchange.tell(MonitorModeChanged(self.order.monitor_id, mode))
        return True

    def end(self) -> None:
        """We end it, or the talk is over."""
        self._end(MonitorEnd.ENDED)

    def take_over(self) -> bool:
        if not self.answered or self.phone is None or not self.talk.joined:
            return False
        self._leave()
        self.talk.goes_on_with(self.phone, self.channel)
        return True

    def _ring(self) -> None:
        assert self.phone is not None
        if self.phone.line is not None:
            self.phone_rejects()
            return
        self.channel = self._exchange.phone_channel(self.order.phone)
        self.phone.rings(self)
        self._exchange.phone_state_changed(self.order.phone)

    def _end(self, why: MonitorEnd) -> None:
        if self._over is None:
            return
        self._leave()
        if self.phone is not None and self.phone.line is self:
            self.phone.line_ended()
            self._exchange.phone_state_changed(self.order.phone)
        self._exchange.tell(MonitorEnded(self.order.monitor_id, why))

    def _leave(self) -> None:
        self._cancel_timers()
        over, self._over = self._over, None
        if over is not None:
            over(self)

    def _later(self, seconds: float, act: Callable[..., None], *args: object) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(seconds, act, *args))

    def _cancel_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()


def voices(talk: Attempt | None, caller: str, monitors: list[Monitor]) -> dict[str, set[str]]:
    """Who is heard by whom: the caller by this name, phones by their extensions."""
    heard: dict[str, set[str]] = {caller: set()}
    if talk is None or talk.joined is None:
        return heard
    agent = talk.joined.number
    heard = {caller: {agent}, agent: {caller}}
    for monitor in monitors:
        if not monitor.answered:
            continue
        boss = monitor.order.phone
        heard[boss] = set() if monitor.mode is MonitorMode.HOLD else {caller, agent}
        if monitor.mode in (MonitorMode.WHISPER, MonitorMode.BARGE):
            heard[agent].add(boss)
        if monitor.mode is MonitorMode.BARGE:
            heard[caller].add(boss)
    return heard
