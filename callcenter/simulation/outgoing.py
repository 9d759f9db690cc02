"""Who is called at the simulated switch: it rings, and he answers or not.

A call out outlives the controller's sessions as a caller's line does: when the link breaks, it rings on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from callcenter.simulation.line import Delays
from callcenter.simulation.people import SimulatedPhone
from callcenter.telephony.outgoing import CallOutOrder, CallOutResult


class OutgoingCall:
    """One order: a phone rings, and perhaps answers; then it stays in use until its line is over."""

    def __init__(
        self,
        order: CallOutOrder,
        phone: SimulatedPhone | None,
        channel: str,
        delays: Delays,
        *,
        answers: Callable[[OutgoingCall], None],
        over: Callable[[OutgoingCall], None],
    ) -> None:
        """`answers` makes the leg knock; `over` hears when the phone is free again."""
        self.order = order
        self.phone = phone
        self.channel = channel
        self.ended: asyncio.Future[CallOutResult] = asyncio.get_running_loop().create_future()
        self.answered = False
        self.hang_up_line: Callable[[], None] = lambda: None  # once answered: how the called person hangs up
        self._delays = delays
        self._answers = answers
        self._over = over
        self._timers: list[asyncio.TimerHandle] = []
        if phone is None:
            self._later(delays.refused, CallOutResult.UNREACHABLE)
        elif phone.line is not None or phone.behaviour.busy:
            self._later(delays.ringing, CallOutResult.BUSY)
        else:
            self._later(order.ring_seconds, CallOutResult.NO_ANSWER)
            phone.rings(self)

    # -- what the phone does -------------------------------------------------------------------------------

    def phone_answers(self) -> None:
        if self.answered or self.ended.done():
            return
        self._cancel_timers()
        self.answered = True
        self.ended.set_result(CallOutResult.ANSWERED)
        self._answers(self)

    def phone_rejects(self) -> None:
        self.finish(CallOutResult.REJECTED)

    def phone_hangs_up(self) -> None:
        if self.answered:
            self.hang_up_line()
        else:
            self.finish(CallOutResult.REJECTED)

    # -- what the switch does ------------------------------------------------------------------------------

    def finish(self, result: CallOutResult) -> None:
        """It came to nothing."""
        if not self.ended.done():
            self.ended.set_result(result)
            self.line_over()

    def line_over(self) -> None:
        """The phone is free again."""
        self._cancel_timers()
        if self.phone is not None and self.phone.line is self:
            self.phone.line_ended()
        self._over(self)

    def _later(self, seconds: float, result: CallOutResult) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(seconds, self.finish, result))

    def _cancel_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
