"""The story of a call-back in place: rest until its time, wait in line, an agent is reserved, dial.

It ends when its owner answers (the leg's own story goes on from there, see `story.py`), or when people must
see to it. Before each dialing its attempt is on file, so that no restart dials twice for one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog

from callcenter.acd.tickets import Assignment, Place
from callcenter.acd.virtual_hold import NOT_DIALED, HeldPlace, PlaceStage
from callcenter.calls.office import Office
from callcenter.calls.pop import screen_pop
from callcenter.calls.state import CallState
from callcenter.center.callback_model import CallbackRules
from callcenter.center.model import Center
from callcenter.ivr.steps import Utterance
from callcenter.speech import phrases
from callcenter.telephony.events import LiveLeg
from callcenter.telephony.outgoing import CallOutOrder, CallOutResult

log = structlog.get_logger(__name__)

#: how long an answered leg may take to knock, seconds; a phone that was only picked up and put down does not
KNOCK_SECONDS = 10.0
#: rules may change while a place rests: it looks at them again after so many seconds
LOOK_SECONDS = 60.0
#: how often the switch is asked what became of a dialing of before a restart, seconds
ASK_SECONDS = 1.0
#: pauses after a fault of our own, seconds; when they are used up, people must see to it
FAULT_SECONDS = (5.0, 60.0)

CANCEL_KEY = "9"


@dataclass(slots=True)
class Line:
    """The way out."""

    node: Callable[[], str]
    call_out: Callable[[CallOutOrder], Awaitable[CallOutResult]]
    live_legs: Callable[[], Awaitable[list[LiveLeg]]]
    up: asyncio.Event  # the link to the switch is there


class CallbackStory:
    """One place, while its owner is not there. `knocked` is set when his leg is."""

    def __init__(self, office: Office, place: HeldPlace, state: CallState, line: Line) -> None:
        self._office = office
        self._line = line
        self.place = place
        self._state = state
        self.knocked = asyncio.Event()

    async def tell(self) -> None:
        """Tell it to its end. A fault of our own is not the end: it is told again from where it was."""
        pauses = iter(FAULT_SECONDS)
        while self.place.open:
            try:
                await self._tell()
                return
            except Exception:
                log.exception("the story of a call-back failed", call=self.place.call_id)
                if not self.place.open:
                    return
                self._office.acd.leave(self.place.call_id, "paused")
                pause = next(pauses, None)
                if pause is None:
                    self._give_up("failed")
                    return
                await asyncio.sleep(pause)

    async def _tell(self) -> None:
        place = self.place
        if place.stage is PlaceStage.DIALING:  # by the controller before us
            result = await self._found_out()
            if not place.open:
                return
            self._not_reached(result)
        while place.open:
            if not await self._rest():
                return
            assignment = await self._wait_in_line()
            if assignment is None:
                continue
            await self._show(assignment)
            result = await self._dial(assignment)
            if not place.open:
                return
            self._not_reached(result)
            if result in NOT_DIALED:
                await asyncio.sleep(ASK_SECONDS)  # until the lost link is told

    # --- before its turn ------------------------------------------------------------------------------

    async def _rest(self) -> bool:
        """Until he may be called. False when nobody tries any more."""
        office, place = self._office, self.place
        while True:
            if place.queue not in office.acd.queues:
                self._give_up("no_queue")
                return False
            rules, center, now = self._rules(), office.center(), office.clock.now()
            due = place.due_at(rules, center, now)
            if due is None:
                self._give_up("tries" if place.tries >= rules.tries else "too_late")
                return False
            if due > now:
                office.acd.leave(place.call_id, "paused")
                await asyncio.sleep(min(due - now, LOOK_SECONDS))
            elif not self._line.up.is_set():
                await self._line.up.wait()
            else:
                return True

    async def _wait_in_line(self) -> Assignment | None:
        """Until an agent is reserved; None when the time to call him is over before."""
        office, place = self._office, self.place
        now = office.clock.now()
        until = place.leaves_line_at(self._rules(), office.center(), now)
        ticket = office.acd.enter_held(place.call_id, place.queue, Place(place.priority, place.since))
        await asyncio.wait((ticket.assigned,), timeout=max(0.0, until - now))
        assignment = ticket.assigned.result() if ticket.assigned.done() else None
        if isinstance(assignment, Assignment):
            return assignment
        office.acd.leave(place.call_id, "paused")
        return None

    async def _show(self, assignment: Assignment) -> None:
        """The agent sees whom he will talk with, and that it is a call-back; each, where several are rung."""
        office, call_id = self._office, self.place.call_id
        try:
            brief: dict[str, Any] = await office.brief(self.place.number)
        except Exception:
            log.exception("the customer could not be looked up", call=call_id)
            brief = {}
        for agent_id, _ in assignment.rung:
            pop = screen_pop(self._state, assignment, brief, office.center())
            office.acd.offers.attach_pop(agent_id, call_id, pop)
            office.show_pop(agent_id, pop)
            office.journal.write("pop.sent", call_id=call_id, agent=agent_id)
        await asyncio.gather(*(office.pop_seen(agent_id) for agent_id, _ in assignment.rung))

    # --- its turn -------------------------------------------------------------------------------------

    async def _dial(self, assignment: Assignment) -> str:
        """What came of it. The attempt is on file before anything is dialed."""
        office, place, rules = self._office, self.place, self._rules()
        await office.prompts.path(greeting(office.center(), place.language))  # ready when he answers
        order = CallOutOrder(
            place.number,
            rules.ring_seconds,
            place.call_id,
            place.attempt + 1,
            self._shown(),
        )
        office.journal.write(
            "call.dialed",
            call_id=place.call_id,
            agent=assignment.agent_id,
            leg_id=order.leg_id,
            node=self._line.node(),
            number=order.number,
            attempt=order.attempt,
        )
        try:
            result = await self._line.call_out(order)
        except ConnectionError:
            return "not_sent"
        except ValueError:
            log.exception("a number cannot be dialed", call=place.call_id)
            return CallOutResult.UNREACHABLE.value
        return await self._knocks() if result is CallOutResult.ANSWERED else result.value

    def _shown(self) -> str:
        """The number the customer sees: nobody answers an anonymous call."""
        numbers = self._office.center().numbers
        return self._rules().caller_id or self.place.shows or (numbers[0].did if numbers else "")

    async def _knocks(self) -> str:
        try:
            async with asyncio.timeout(KNOCK_SECONDS):
                await self.knocked.wait()
        except TimeoutError:
            return "hung_up"
        return CallOutResult.ANSWERED.value

    async def _found_out(self) -> str:
        """What became of an attempt of which only the switch knows: it is not dialed again for that."""
        missing = 0
        while missing < 2 and self.place.open:  # once more: it may be about to knock
            await self._line.up.wait()
            try:
                legs = await self._line.live_legs()
            except Exception:  # the link is lost again, or slow
                legs = None
            if legs is not None:
                lives = any(leg.leg_id == self.place.leg_id for leg in legs)
                missing = 0 if lives else missing + 1
            await asyncio.sleep(ASK_SECONDS)
        return CallOutResult.LOST.value

    def _not_reached(self, result: str) -> None:
        """The agent is free again, and had no part in it; another try is made later, from the same place."""
        office, place, rules = self._office, self.place, self._rules()
        tries = place.tries + (result not in NOT_DIALED)
        again = office.clock.now() + rules.retry_minutes * 60 if result not in NOT_DIALED else 0.0
        office.journal.write(
            "callback.unanswered",
            call_id=place.call_id,
            attempt=place.attempt,
            result=result,
            tries=tries,
            next_at=again if tries < rules.tries else 0.0,
        )
        office.acd.leave(place.call_id, "unanswered")

    def _give_up(self, why: str) -> None:
        """It is for people now."""
        office, place = self._office, self.place
        office.acd.leave(place.call_id, "given_up")
        office.journal.write("callback.given_up", call_id=place.call_id, why=why, tries=place.tries)
        office.journal.write(
            "callback.wanted", call_id=place.call_id, ani=place.number, queue=place.queue, why="unreached"
        )
        office.journal.write("call.ended", call_id=place.call_id, outcome="unreached")

    def _rules(self) -> CallbackRules:
        queue = self._office.acd.queues.get(self.place.queue)
        return queue.callback if queue is not None else CallbackRules()


def greeting(center: Center, language: str) -> Utterance:
    """What who is called back hears first."""
    name = center.name.get(language) or center.name.get(center.default_language) or ""  # type: ignore[call-overload]
    words = phrases.text(phrases.CALLING_YOU_BACK, language).replace("{value}", name)
    return Utterance(words, language=language)
