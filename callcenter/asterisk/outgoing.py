"""Calls out on one Asterisk: ordered once by the manager, and followed until answered or over.

Theory of operation
-------------------
Each order is one Originate under a channel id of ours, and costs three events at most.

* **Answered**: the leg's knock at the door says so, or OriginateResponse, whichever comes first.
* **Not answered**: the Hangup of the channel tells the cause (the manager is told of the channels whose ids
  are ours, and of no others). Where no channel could be made at all, OriginateResponse is all there is; it
  names its order by the action's id, for it has no channel to name.
* **A lost link**: whether Asterisk took an order is not known, and it is not sent again. When the link is
  back, the picture tells: a channel with the order's id still rings or was answered; without one it is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass

from callcenter.asterisk.ami_client import AmiClient, AmiConnectionLost, AmiNotConnected, AmiTimeout
from callcenter.asterisk.ami_codec import AmiMessage
from callcenter.asterisk.orders import call_out_words
from callcenter.telephony.outgoing import CallOutOrder, CallOutResult

CONTEXT = "callcenter-out"

#: so long after the ringing must have ended Asterisk is asked what became of an order it does not tell of
OVERDUE_SECONDS = 15.0
#: how much later than OriginateResponse the cause of a failure may be told
CAUSE_SECONDS = 0.3

# Hangup causes of ITU-T Q.850 that mean a person or his phone; all others mean that there was no way to him.
_CAUSES = {
    "16": CallOutResult.NO_ANSWER,  # the ringing was ended, by time or by us
    "17": CallOutResult.BUSY,
    "18": CallOutResult.NO_ANSWER,
    "19": CallOutResult.NO_ANSWER,
    "21": CallOutResult.REJECTED,
}
# What OriginateResponse calls its reason is the last thing heard of the channel (Asterisk's control frames).
_REASONS = {
    "3": CallOutResult.NO_ANSWER,  # it rang
    "5": CallOutResult.BUSY,
}


@dataclass(slots=True)
class _Call:
    """An order under way."""

    ended: asyncio.Future[CallOutResult]
    action_id: str = ""
    in_doubt: bool = False  # the link was lost since it was ordered


class OutgoingCalls:
    """Every order under way, by leg id. `handlers` are to be told of the manager's events by name."""

    def __init__(self, ami: Callable[[], AmiClient]) -> None:
        self._ami = ami
        self._calls: dict[str, _Call] = {}
        self._by_action: dict[str, _Call] = {}
        self.handlers: Mapping[str, Callable[[AmiMessage], None]] = {
            "OriginateResponse": self._on_response,
            "Hangup": self._on_hangup,
        }

    async def call(self, order: CallOutOrder, trunk: str | None) -> CallOutResult:
        """Dial. `trunk` is '' for an extension of ours, None if there is no way to the number.

        Raises ConnectionError (nothing was sent) and ValueError.
        """
        channel, caller_id = call_out_words(order, trunk or "")
        if trunk is None:
            return CallOutResult.UNREACHABLE
        leg_id = order.leg_id
        if leg_id in self._calls:
            raise ValueError(f"leg {leg_id} is being dialed")
        call = self._calls[leg_id] = _Call(asyncio.get_running_loop().create_future())
        try:
            await self._order(call, order, channel, caller_id)
            return await self._end_of(call, leg_id, order.ring_seconds + OVERDUE_SECONDS)
        finally:
            del self._calls[leg_id]
            self._by_action.pop(call.action_id, None)

    async def _order(self, call: _Call, order: CallOutOrder, channel: str, caller_id: str) -> None:
        try:
            answer = await self._ami().originate(
                channel, order.leg_id, context=CONTEXT, exten=order.number, caller_id=caller_id,
                ring_seconds=order.ring_seconds,
            )  # fmt: skip
        except AmiNotConnected as error:
            raise ConnectionError(str(error)) from error
        except (AmiConnectionLost, AmiTimeout):
            call.in_doubt = True
            return
        if not answer.ok:
            _settle(call, CallOutResult.UNREACHABLE)
            return
        call.action_id = answer.get("ActionID")
        self._by_action[call.action_id] = call

    async def _end_of(self, call: _Call, leg_id: str, seconds: float) -> CallOutResult:
        """Every wait has an end: what is told by nobody is asked for."""
        while True:
            try:
                async with asyncio.timeout(seconds):
                    return await asyncio.shield(call.ended)
            except TimeoutError:
                try:
                    lives = await self._ami().channel_exists(leg_id)
                except (AmiNotConnected, AmiConnectionLost, AmiTimeout):
                    continue  # the next link's picture will tell, or we ask again
                _settle(call, CallOutResult.ANSWERED if lives else CallOutResult.LOST)

    # -- what is told ----------------------------------------------------------------------------------

    def knocked(self, leg_id: str) -> None:
        """A leg knocks at the door."""
        if (call := self._calls.get(leg_id)) is not None:
            _settle(call, CallOutResult.ANSWERED)

    def link_lost(self) -> None:
        for call in self._calls.values():
            call.in_doubt = True

    def resolve(self, living: Container[str]) -> None:
        """The link is back: these legs live at Asterisk."""
        for leg_id, call in self._calls.items():
            if call.in_doubt:
                call.in_doubt = False
                if leg_id not in living:
                    _settle(call, CallOutResult.LOST)

    def _on_response(self, event: AmiMessage) -> None:
        call = self._calls.get(event.get("Uniqueid")) or self._by_action.get(event.get("ActionID"))
        if call is None:
            return
        if event.get("Response") == "Success":
            _settle(call, CallOutResult.ANSWERED)
            return
        result = _REASONS.get(event.get("Reason"), CallOutResult.UNREACHABLE)
        asyncio.get_running_loop().call_later(CAUSE_SECONDS, _settle, call, result)

    def _on_hangup(self, event: AmiMessage) -> None:
        if (call := self._calls.get(event.get("Uniqueid"))) is not None:
            _settle(call, _CAUSES.get(event.get("Cause"), CallOutResult.UNREACHABLE))


def _settle(call: _Call, result: CallOutResult) -> None:
    if not call.ended.done():
        call.ended.set_result(result)
