"""Call-backs in place: promised, kept over restarts, cancelled, listed.

Each is a call of its own, with an id and a story (`callback_story.py`), from the promise on; its leg
comes when its owner is dialed and answers. The place in line is a ticket of the distributor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from callcenter.acd.tickets import Place, Ticket
from callcenter.acd.virtual_hold import HeldPlace, PlaceStage
from callcenter.calls.callback_story import CallbackStory, Line
from callcenter.calls.office import Office
from callcenter.calls.state import CallState
from callcenter.storage.facts import Fact
from callcenter.telephony.refusal import Refused

log = structlog.get_logger(__name__)

#: places that may be kept at a time, in all: what an open door on the web can cost
MOST_PLACES = 5000


@dataclass(frozen=True, slots=True)
class Wish:
    """A call-back that somebody wants. `number` may be written as people write it."""

    number: str
    queue: str
    by: str = "caller"  # or the user who asks for it
    name: str = ""
    language: str = ""
    of: str = ""  # the call in which it is wanted
    shows: str = ""  # the number that was called
    place: Place | None = None  # his own in line; None: behind all who wait now
    not_before: float = 0.0
    not_after: float = 0.0
    context: dict[str, Any] = field(default_factory=dict)  # for the screen pop: path, collected, labels


class Callbacks:
    """Every place that is kept."""

    def __init__(
        self,
        office: Office,
        *,
        line: Line,
        dialable: Callable[[str], str],
        hang_up_leg: Callable[[str], Awaitable[bool]],
        calls: dict[str, CallState],
    ) -> None:
        """`line` dials; `dialable` gives a number in the form that is dialed or raises Refused; `calls` are
        all open ones, those of places among them."""
        self._office = office
        self._line = line
        self._dialable = dialable
        self._hang_up_leg = hang_up_leg
        self._calls = calls
        self.places: dict[str, HeldPlace] = {}
        self._by_number: dict[tuple[str, str], list[str]] = {}  # number and queue; two if one was moved there
        self._stories: dict[str, CallbackStory] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    # --- facts ----------------------------------------------------------------------------------------

    def on_fact(self, fact: Fact) -> None:
        """A listener for the journal, after the reception."""
        if fact.kind == "callback.promised":
            self._keep(fact.call_id, [fact])
            return
        place = self.places.get(fact.call_id)
        if place is None:
            return
        before = place.queue
        place.apply(fact)
        if place.queue != before:  # moved
            self._unlist(place, before)
            self._by_number.setdefault((place.number, place.queue), []).append(place.call_id)
        if fact.kind == "call.answered" and (story := self._stories.get(fact.call_id)) is not None:
            story.knocked.set()
        if place.stage is PlaceStage.OVER:
            self._forget(place)

    def _keep(self, call_id: str, facts: list[Fact]) -> HeldPlace:
        place = self.places[call_id] = HeldPlace(call_id)
        for fact in facts:
            place.apply(fact)
        self._by_number.setdefault((place.number, place.queue), []).append(call_id)
        return place

    def _forget(self, place: HeldPlace) -> None:
        del self.places[place.call_id]
        self._unlist(place, place.queue)

    def _unlist(self, place: HeldPlace, queue: str) -> None:
        listed = self._by_number[place.number, queue]
        listed.remove(place.call_id)
        if not listed:
            del self._by_number[place.number, queue]

    # --- promises -------------------------------------------------------------------------------------

    def promise(self, wish: Wish) -> HeldPlace:
        """Keep a place, and call back when its turn comes. Wanted twice in one call it is kept once.

        Raises Refused for an unknown queue, a number that is not called back, and a number that has a place
        in this queue already.
        """
        office = self._office
        queue = office.acd.queues.get(wish.queue)
        if queue is None:
            raise Refused(
                "no_such_queue", "There is no such queue", "没有这个队列", field="queue", status=400
            )
        number = self._dialable(wish.number)
        known = self.place_of(number, wish.queue)
        if known is not None and wish.of and known.of == wish.of:
            return known
        if known is not None:
            raise Refused(
                "already_promised",
                "This number is to be called back already",
                "该号码已登记回呼",
                field="number",
            )
        if len(self.places) >= MOST_PLACES:
            raise Refused("too_many_callbacks", "Too many call-backs wait", "回呼登记已满", status=503)
        now = office.clock.now()
        if wish.not_after and wish.not_after <= max(now, wish.not_before):
            raise Refused("bad_window", "The time is over", "时间段已过", field="not_after", status=400)
        place = wish.place or Place(queue.priority, now)
        call_id = office.ids.call_id(now)
        office.journal.write(
            "callback.promised",
            call_id=call_id,
            number=number,
            name=wish.name,
            queue=wish.queue,
            priority=place.priority,
            since=place.since,
            of=wish.of,
            by=wish.by,
            language=wish.language or office.center().default_language,
            shows=wish.shows,
            not_before=wish.not_before,
            not_after=wish.not_after,
            **wish.context,
        )
        kept = self.places[call_id]
        self._begin(kept)
        return kept

    def ask_for(
        self,
        number: str,
        queue: str,
        *,
        by: str,
        name: str = "",
        language: str = "",
        not_before: float = 0.0,
        not_after: float = 0.0,
    ) -> dict[str, Any]:
        """A call-back asked for by a page or another program: `CallbackInPlace`. Raises Refused."""
        wish = Wish(number, queue, by, name, language, not_before=not_before, not_after=not_after)
        return self._view(self.promise(wish))

    def promise_place(self, state: CallState, ticket: Ticket, why: str = "callback") -> bool:
        """A caller in line wants to hang up and be called back in his place; `why` is why he leaves the line.
        False when that cannot be, and he is still in line: his number is hidden, or none that is called."""
        place = Place(ticket.priority, ticket.since)
        try:
            self.promise_in(state, state.ani, ticket.queue, place)
        except Refused as refused:
            log.info("no call-back in place", call=state.call_id, why=refused.code)
            return False
        self._office.acd.leave(state.call_id, why)
        return True

    def promise_in(
        self, state: CallState, number: str, queue: str, place: Place | None, not_before: float = 0.0
    ) -> None:
        """Promise it in a call: the agent will see what the caller has chosen in it. Raises Refused."""
        kept = self.promise(
            Wish(
                number,
                queue,
                name=state.caller_name,
                language=state.language,
                of=state.call_id,
                shows=state.did,
                place=place,
                not_before=not_before,
                context={
                    "path": [{"node": c.node, "key": c.key, "label": dict(c.label)} for c in state.path],
                    "collected": dict(state.collected),
                    "labels": {name: dict(label) for name, label in state.labels.items()},
                },
            )
        )
        self._office.journal.write(
            "callback.in_place", call_id=state.call_id, call=kept.call_id, number=kept.number, queue=queue
        )

    def place_of(self, number: str, queue: str) -> HeldPlace | None:
        """The place that is kept for a number in a queue; the first in time, if one was moved there."""
        return min(self._places_of(number, queue), key=lambda place: place.since, default=None)

    def _places_of(self, number: str, queue: str) -> list[HeldPlace]:
        listed = (self.places[call_id] for call_id in self._by_number.get((number, queue), ()))
        return [place for place in listed if place.open]

    def take_over(self, state: CallState, queue: str) -> Place | None:
        """A caller enters a queue. One who is to be called back there takes the place that was kept for him,
        and is not called back any more."""
        if state.callback or not state.ani or not self.places:
            return None
        try:
            kept = self._places_of(self._dialable(state.ani), queue)
        except Refused:
            return None
        if not kept:
            return None
        best = min(kept, key=lambda place: place.since)
        taken = Place(best.priority, best.since)
        for place in kept:
            self._cancel(place, "called_in", call=state.call_id)
        return taken

    # --- the end of a promise -------------------------------------------------------------------------

    def cancel(self, call_id: str, by: str) -> None:
        """Nobody is to be called. Raises Refused when there is no such place, or its owner has answered."""
        place = self.places.get(call_id)
        if place is None:
            raise Refused("no_such_callback", "There is no such call-back", "没有该回呼", status=404)
        if not place.open:
            raise Refused("callback_answered", "The customer has answered already", "客户已接听")
        self._cancel(place, by)

    def _cancel(self, place: HeldPlace, by: str, **more: Any) -> None:
        office, call_id, leg_id = self._office, place.call_id, place.leg_id
        if (task := self._tasks.pop(call_id, None)) is not None:
            task.cancel()
        office.journal.write("callback.cancelled", call_id=call_id, by=by, **more)
        if leg_id:
            office.spawn(self._stop_dialing(leg_id))
        office.acd.leave(call_id, "cancelled")
        office.journal.write("call.ended", call_id=call_id, outcome="cancelled")

    async def _stop_dialing(self, leg_id: str) -> None:
        try:
            await self._hang_up_leg(leg_id)
        except Exception:  # should it be answered, the door knows that nobody is wanted
            log.warning("dialing could not be ended", leg=leg_id, exc_info=True)

    # --- life -----------------------------------------------------------------------------------------

    def recover(self, calls: dict[str, list[Fact]]) -> None:
        """After a restart, before anybody is served: places are kept, and stories go on where they were."""
        for call_id, facts in calls.items():
            promised = next((f for f in facts if f.kind == "callback.promised"), None)
            state = self._calls.get(call_id)
            if promised is None or state is None:
                continue
            self._restore(self._keep(call_id, facts))

    def _restore(self, place: HeldPlace) -> None:
        acd = self._office.acd
        if place.queue not in acd.queues or not place.open:
            if place.open:
                self._begin(place)  # it ends at once, and people see to it
            return
        if place.stage is PlaceStage.DIALING:
            acd.adoption.reserved(place.call_id, place.agent, place.queue, Place(place.priority, place.since))
        elif place.stage in (PlaceStage.IN_LINE, PlaceStage.RESERVED):
            acd.expect(place.call_id, place.queue, place.priority, place.since)
        self._begin(place)

    def _begin(self, place: HeldPlace) -> None:
        story = CallbackStory(self._office, place, self._calls[place.call_id], self._line)
        self._stories[place.call_id] = story
        task = asyncio.ensure_future(story.tell())
        self._tasks[place.call_id] = task
        task.add_done_callback(lambda done: self._told(place, done))

    def _told(self, place: HeldPlace, done: asyncio.Task[None]) -> None:
        self._stories.pop(place.call_id, None)
        if self._tasks.get(place.call_id) is done:
            del self._tasks[place.call_id]
        if not done.cancelled() and done.exception() is not None:
            log.error("the story of a call-back failed", call=place.call_id, exc_info=done.exception())

    def stop(self) -> None:
        """Before the switch is stopped: nobody is dialed any more. The places are on file."""
        tasks, self._tasks = dict(self._tasks), {}
        for task in tasks.values():
            task.cancel()

    # --- questions ------------------------------------------------------------------------------------

    def views(self) -> list[dict[str, Any]]:
        """`CallbackInPlace` of each, in the order in which they will be served."""
        listed = [self._view(place) for place in self.places.values() if place.open]
        return sorted(
            listed,
            key=lambda one: (one["stage"] == "resting", one["queue"], one["position"], one["since"]),
        )

    def _view(self, place: HeldPlace) -> dict[str, Any]:
        acd, now = self._office.acd, self._office.clock.now()
        queue = acd.queues.get(place.queue)
        rules = queue.callback if queue is not None else None
        position = acd.position(place.call_id) if place.stage is PlaceStage.IN_LINE else 0
        return {
            "call_id": place.call_id,
            "of": place.of,
            "at": place.promised_at,
            "since": place.since,
            "number": place.number,
            "name": place.name,
            "queue": place.queue,
            "by": place.by,
            "stage": place.stage.value,
            "agent": place.agent,
            "position": position,
            "estimated_wait": acd.estimated_wait(place.queue, position) if position else None,
            "tries": place.tries,
            "tries_at_most": rules.tries if rules is not None else place.tries,
            "last_result": place.last_result,
            "due_at": place.due_at(rules, self._office.center(), now) if rules is not None else None,
        }

    def in_line(self, queue: str) -> int:
        """How many places are kept in a queue, those that rest among them."""
        return sum(1 for place in self.places.values() if place.open and place.queue == queue)
