"""A caller in line: music until an agent is found for him, and back in line when that one does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from callcenter.acd.tickets import Assignment, Ticket
from callcenter.calls.office import Office
from callcenter.calls.state import CallState
from callcenter.center.model import Queue
from callcenter.telephony.legs import Connected, ConnectResult, Leg, LegGone

Connect = Callable[[Assignment], Awaitable[Connected]]
"""Ring the agent's phone, and let them talk. Raises LegGone when the caller leaves, after a talk too."""


class InLine:
    """One caller's time in a queue."""

    def __init__(self, office: Office, state: CallState, leg: Leg, queue: Queue, connect: Connect) -> None:
        self._office = office
        self._state = state
        self._leg = leg
        self._queue = queue
        self._connect = connect

    async def until_served(self, ticket: Ticket, max_wait_seconds: float) -> str:
        """`served`, `max_wait` or `failed`. Raises LegGone."""
        office, leg = self._office, self._leg
        deadline = ticket.since + max_wait_seconds
        playing = False
        while True:
            if not ticket.assigned.done() and leg.gone is None:
                if not playing:
                    await leg.music(self._queue.music)
                    playing = True
                await self._assigned_or_gone(ticket, deadline - office.clock.now())
            if ticket.assigned.done():
                assignment = ticket.assigned.result()
                if leg.gone is not None:
                    office.acd.release_agent(assignment.agent_id, self._state.call_id)
                    raise LegGone(leg.gone)
                connected = await self._connect(assignment)
                if connected.result is ConnectResult.TALKED:
                    return "served"
                back = office.acd.not_answered(assignment, connected.result)
                if back is None:
                    await leg.music(None)
                    return "failed"
                ticket, playing = back, False
            elif leg.gone is not None:
                raise LegGone(leg.gone)
            else:
                office.acd.leave(self._state.call_id, "max_wait")
                await leg.music(None)
                return "max_wait"

    async def _assigned_or_gone(self, ticket: Ticket, seconds: float) -> None:
        """Wait for an agent or the caller's leaving, for at most `seconds`."""
        gone = asyncio.ensure_future(self._leg.wait_gone())
        try:
            await asyncio.wait(
                (gone, ticket.assigned), timeout=max(0.0, seconds), return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            gone.cancel()
