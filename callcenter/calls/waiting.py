"""A caller in line: music until an agent is found for him, and back in line when that one does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from callcenter.acd.tickets import Assignment, Elsewhere, Ticket
from callcenter.calls.office import Office
from callcenter.calls.state import CallState
from callcenter.ivr.steps import QueueEnded
from callcenter.telephony.legs import Connected, ConnectResult, Leg, LegGone

Connect = Callable[[Assignment], Awaitable[Connected]]
"""Ring the agent's phone, and let them talk. Raises LegGone when the caller leaves, after a talk too."""


class InLine:
    """One caller's time in a queue."""

    def __init__(self, office: Office, state: CallState, leg: Leg, connect: Connect) -> None:
        self._office = office
        self._state = state
        self._leg = leg
        self._connect = connect

    async def until_served(self, ticket: Ticket, max_wait_seconds: float | None) -> QueueEnded:
        """Until a talk is over, or the caller is not to wait any longer; None: as the queue has it. Raises
        LegGone."""
        office, leg = self._office, self._leg
        playing = ""  # the music
        while True:
            queue = office.acd.queues[ticket.queue]  # he may have come into another meanwhile
            deadline = ticket.since + (max_wait_seconds or queue.max_wait_seconds)
            if not ticket.assigned.done() and leg.gone is None:
                if playing != queue.music:
                    await leg.music(queue.music)
                    playing = queue.music
                await self._assigned_or_gone(ticket, deadline - office.clock.now())
            if ticket.assigned.done():
                settled = ticket.assigned.result()
                if isinstance(settled, Elsewhere):
                    return await self._elsewhere(settled)
                if leg.gone is not None:
                    office.acd.release_agents(settled)
                    raise LegGone(leg.gone)
                connected = await self._connect(settled)
                if connected.result is ConnectResult.TALKED:
                    return QueueEnded("served")
                back = office.acd.not_answered(settled, connected.result)
                if back is None:
                    await leg.music(None)
                    return QueueEnded("failed")
                ticket, playing = back, ""
            elif leg.gone is not None:
                raise LegGone(leg.gone)
            else:
                office.acd.leave(self._state.call_id, "max_wait")
                await leg.music(None)
                return QueueEnded("max_wait")

    async def _elsewhere(self, settled: Elsewhere) -> QueueEnded:
        """The queue does not take him, or sends him on."""
        call_id, to = self._state.call_id, settled.to
        if to is None:
            self._office.acd.leave(call_id, settled.why)
        else:
            self._office.acd.leave(call_id, "overflow", to=to.named, condition=settled.why)
        if self._leg.gone is not None:
            raise LegGone(self._leg.gone)
        await self._leg.music(None)
        return QueueEnded("full") if to is None else QueueEnded("elsewhere", to)

    async def _assigned_or_gone(self, ticket: Ticket, seconds: float) -> None:
        """Wait for an agent or the caller's leaving, for at most `seconds`."""
        gone = asyncio.ensure_future(self._leg.wait_gone())
        try:
            await asyncio.wait(
                (gone, ticket.assigned), timeout=max(0.0, seconds), return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            gone.cancel()
