"""A caller in line: music, what the queue's plan says, the keys it offers, until an agent is found for him.

What is being said is finished before he is connected, and nothing begins once an agent is his: so no
announcement is cut by an agent, or said twice because of one who did not answer.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

from callcenter.acd.tickets import Assignment, Elsewhere, Ticket
from callcenter.calls.office import Office
from callcenter.calls.state import CallState
from callcenter.calls.waiting_plan import Item, WaitingPlan
from callcenter.calls.waiting_words import announcement, rounded_wait, said_position, words
from callcenter.center.model import Queue
from callcenter.center.waiting_model import Offer, Waiting
from callcenter.ivr.steps import QueueEnded, TakeVoicemail, Utterance
from callcenter.speech import phrases
from callcenter.telephony.legs import Connected, ConnectResult, Leg, LegGone, Prompt

#: the longest message that is offered to leave, seconds
LONGEST_MESSAGE = 120.0

Connect = Callable[[Assignment], Awaitable[Connected]]
"""Ring the agent's phone, and let them talk. Raises LegGone when the caller leaves, after a talk too."""
Promise = Callable[[Ticket, Queue], Awaitable[None]]
"""Promise a call-back, and take the caller out of the line."""
TakeMessage = Callable[[TakeVoicemail], Awaitable[None]]


class InLine:
    """One caller's time in a queue."""

    def __init__(
        self,
        office: Office,
        state: CallState,
        leg: Leg,
        *,
        connect: Connect,
        promise_callback: Promise,
        take_message: TakeMessage,
    ) -> None:
        self._office = office
        self._state = state
        self._leg = leg
        self._connect = connect
        self._promise_callback = promise_callback
        self._take_message = take_message
        self._language = state.language or office.center().default_language
        self._queue = ""  # whose plan it is
        self._waiting = Waiting()
        self._plan = WaitingPlan(self._waiting, 0.0)

    async def until_served(self, ticket: Ticket, max_wait_seconds: float | None) -> QueueEnded:
        """Until a talk is over, or the caller is not to wait any longer; None: as the queue has it. Raises
        LegGone."""
        office, leg = self._office, self._leg
        playing = ""  # the music
        leg.forget_keys()  # pressed before anything was offered
        while True:
            queue = office.acd.queues[ticket.queue]  # he may have come into another meanwhile
            deadline = self._state.waits_since() + (max_wait_seconds or queue.max_wait_seconds)
            if not ticket.assigned.done() and leg.gone is None:
                self._follow(ticket, queue)
                if playing != queue.music:
                    await leg.music(queue.music)
                    playing = queue.music
                key = await self._wait(ticket, deadline)
                if key and not ticket.assigned.done() and leg.gone is None:
                    return await self._take(ticket, queue, key)
            if ticket.assigned.done():
                settled = ticket.assigned.result()
                if isinstance(settled, Elsewhere):
                    return await self._elsewhere(settled)
                if leg.gone is not None:
                    office.acd.offers.release_agents(settled)
                    raise LegGone(leg.gone)
                office.acd.offers.renew(settled)
                connected = await self._connect(settled)
                if connected.result is ConnectResult.TALKED:
                    return QueueEnded("served")
                back = office.acd.offers.not_answered(settled, connected.result)
                if back is None:
                    await leg.music(None)
                    return QueueEnded("failed")
                ticket, playing = back, ""
                self._plan.interrupted(office.clock.now())
            elif leg.gone is not None:
                raise LegGone(leg.gone)
            elif office.clock.now() >= deadline:
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

    # --- waiting ------------------------------------------------------------------------------------

    def _follow(self, ticket: Ticket, queue: Queue) -> None:
        """The plan of the queue he is in. What he has heard in it before a restart is not said again."""
        if self._queue == ticket.queue:
            return
        self._queue = ticket.queue
        offers = queue.waiting.offers
        if not self._state.ani:  # nobody can call him back
            offers = {key: offer for key, offer in offers.items() if offer.offer != "callback"}
        self._waiting = queue.waiting.model_copy(update={"offers": offers})
        order: list[int] = []
        if (messages := self._waiting.messages) is not None and messages.order == "shuffled":
            order = list(range(len(messages.items)))
            random.Random(self._state.call_id).shuffle(order)  # the same after a restart
        self._plan = WaitingPlan(self._waiting, ticket.entered or ticket.since, order)
        for at, item in self._state.heard_in_line:
            self._plan.said(item, at, at)
        if self._state.heard_in_line:
            self._plan.interrupted(self._office.clock.now())

    async def _wait(self, ticket: Ticket, deadline: float) -> str:
        """Wait for an agent, the caller's leaving, another queue or the deadline; or the key of an offer he
        takes."""
        clock, leg, plan = self._office.clock, self._leg, self._plan
        try:
            while (
                not ticket.assigned.done()
                and leg.gone is None
                and ticket.queue == self._queue
                and (now := clock.now()) < deadline
            ):
                item = plan.due(now)
                if item is not None:
                    key = await self._say(ticket, item)
                else:
                    key = await self._listen(ticket, min(deadline, plan.next_at()) - now)
                if key and key in plan.keys(clock.now()):
                    return key
        except LegGone:
            if leg.gone is None:
                raise
        return ""

    async def _listen(self, ticket: Ticket, seconds: float) -> str:
        """Music, for at most `seconds`; the key of an offer ends it."""
        gone: asyncio.Future[Any] = asyncio.ensure_future(self._leg.wait_gone())
        moved = asyncio.get_running_loop().create_future()
        ticket.moved = lambda: None if moved.done() else moved.set_result(None)
        waits: list[asyncio.Future[Any]] = [gone, moved, ticket.assigned]
        pressed: asyncio.Future[str] | None = None
        if self._waiting.offers:
            pressed = asyncio.ensure_future(self._leg.wait_key("".join(self._waiting.offers)))
            waits.append(pressed)
        try:
            await asyncio.wait(waits, timeout=max(0.0, seconds), return_when=asyncio.FIRST_COMPLETED)
            return pressed.result() if pressed is not None and pressed.done() else ""
        finally:
            ticket.moved = None
            gone.cancel()
            if pressed is not None:
                pressed.cancel()

    async def _say(self, ticket: Ticket, item: Item) -> str:
        """Say what is due; the key of an offer cuts it short."""
        office, plan = self._office, self._plan
        position = wait = None
        if item.what == "announcement" and (said := self._waiting.announce) is not None:
            place = office.acd.position(ticket.call_id)
            position = said_position(said, place)
            wait = rounded_wait(said, office.acd.estimated_wait(ticket.queue, place)) if place else None
            heard = announcement(position, wait, self._language)
        else:
            default, folder = office.center().default_language, office.sounds
            heard = words(self._waiting, item, self._language, default, folder)
        if not heard:
            plan.skipped(item, office.clock.now())
            return ""
        prompts = [Prompt(await office.prompts.path(utterance)) for utterance in heard]
        if ticket.assigned.done() or self._leg.gone is not None:
            return ""  # it was never begun
        began = office.clock.now()
        self._note(item, ticket.queue, position, wait)
        ticket.told = True
        try:
            key = await self._leg.play(prompts, plan.keys(began))
        finally:
            ticket.told = False
        plan.said(item, began, office.clock.now())
        return key

    def _note(self, item: Item, queue: str, position: int | None, wait: int | None) -> None:
        if item.what == "announcement":
            self._fact("waiting.announced", queue=queue, position=position, wait=wait)
        elif item.what == "offer":
            offer = self._waiting.offers[item.which]
            self._fact("waiting.offered", queue=queue, key=item.which, offer=offer.offer)
        else:
            self._fact("waiting.message", queue=queue, item=int(item.which))

    def _fact(self, kind: str, **data: Any) -> None:
        self._office.journal.write(kind, call_id=self._state.call_id, **data)

    # --- offers -------------------------------------------------------------------------------------

    async def _take(self, ticket: Ticket, queue: Queue, key: str) -> QueueEnded:
        """He takes an offer: he leaves the line."""
        offer = self._waiting.offers[key]
        self._fact("waiting.taken", queue=ticket.queue, key=key, offer=offer.offer)
        if offer.offer == "callback":
            await self._promise_callback(ticket, queue)
            await self._leg.music(None)
        else:
            self._office.acd.leave(self._state.call_id, "offer_voicemail")
            await self._leg.music(None)
            await self._message(offer)
        return QueueEnded(offer.offer)

    async def _message(self, offer: Offer) -> None:
        language = self._language
        invitation = Utterance(phrases.text(phrases.LEAVE_A_MESSAGE, language), language=language)
        await self._leg.play([Prompt(await self._office.prompts.path(invitation))])
        await self._take_message(TakeVoicemail("", (), offer.mailbox or "", LONGEST_MESSAGE, language))
