"""Today's numbers for the wallboard, kept by listening to facts. The terms are defined in docs/metrics.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from callcenter.storage.callback_day import CallbackDay
from callcenter.storage.facts import Fact
from callcenter.storage.projection import OUTCOMES, CallRow, label, number, text
from callcenter.storage.ratings import Ratings
from callcenter.telephony.clock import Clock

SHORT_ABANDON_SECONDS = 5.0
DEFAULT_THRESHOLD = 20.0
#: ways out of a queue that count against its service level if they came after the threshold
_ELSEWHERE = ("overflow", "moved", "callback", "offer_callback", "offer_voicemail")


@dataclass(slots=True)
class QueueDay:
    """One queue's counts since midnight. Seconds are sums."""

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    short_abandoned: int = 0
    timed_out: int = 0
    in_time: int = 0
    wait_answered: float = 0.0
    handled: float = 0.0  # talk and wrap-up

    def view(self) -> dict[str, Any]:
        """The numbers as pages show them; null where there is nothing to divide by."""
        measured = self.answered + self.abandoned - self.short_abandoned + self.timed_out
        return {
            "offered": self.offered,
            "answered": self.answered,
            "abandoned": self.abandoned,
            "service_level": round(self.in_time / measured, 4) if measured else None,
            "asa": round(self.wait_answered / self.answered, 1) if self.answered else None,
            "aht": round(self.handled / self.answered, 1) if self.answered else None,
        }

    def add(self, other: QueueDay) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class _OpenCall:
    """A call whose story may still add to today's numbers."""

    today: bool  # offered today
    answered: bool = False
    ended: bool = False
    queue: str = ""
    agent: str = ""  # who talked with the caller last
    waiting: bool = False  # a visit of today is under way
    counts: bool = False  # the last visit began today
    served_in: dict[str, str] = field(default_factory=dict)  # by agent: the queue whose call he took


class TodayStats:
    """Counts for the day of the center's time zone. A call counts on the day it was offered, a time in a
    queue on the day it began; both keep counting there and are forgotten at midnight."""

    def __init__(
        self,
        time_zone: str,
        clock: Clock,
        threshold: Callable[[str], float] = lambda _queue: DEFAULT_THRESHOLD,
    ) -> None:
        """`threshold` gives the seconds of a queue's service level."""
        self._zone = ZoneInfo(time_zone)
        self._clock = clock
        self._threshold = threshold
        self._handlers: dict[str, Callable[[Fact], None]] = {
            "call.offered": self._offered,
            "queue.entered": self._queue_entered,
            "queue.left": self._queue_left,
            "talk.started": self._talk_started,
            "talk.ended": self._handled,
            "wrap_up.ended": self._handled,
            "call.ended": self._ended,
            "survey.answered": self._rated,
            "callback.wanted": self._callback_wanted,
            "callback.done": self._callback_done,
            "callback.reopened": self._callback_wanted,
        }
        self._open: dict[str, _OpenCall] = {}
        self._queues: dict[str, QueueDay] = {}
        self._outcomes: dict[str, int] = {}
        self._ratings = Ratings()
        self._callbacks = CallbackDay()
        self._offered_calls = 0
        self._primed_seq = 0
        self._until = 0.0
        self.callbacks_open = 0
        self._new_day(clock.now())

    # -- reading ---------------------------------------------------------------------------------------

    def midnight(self) -> float:
        """Where today began, in epoch seconds: rows from here on prime the numbers."""
        return self._midnight

    def queue(self, queue: str) -> dict[str, Any]:
        """`{offered, answered, abandoned, service_level, asa, aht, callbacks}` of one queue today."""
        self._turn(self._clock.now())
        return {**self._queues.get(queue, QueueDay()).view(), "callbacks": self._callbacks.view(queue)}

    def totals(self) -> dict[str, Any]:
        """Of all calls: offered, one count for each outcome, service_level, asa and aht."""
        self._turn(self._clock.now())
        day = QueueDay()
        for queue in self._queues.values():
            day.add(queue)
        return {
            **day.view(),
            "offered": self._offered_calls,
            **{o: self._outcomes.get(o, 0) for o in OUTCOMES},
        }

    def ratings(self) -> list[dict[str, Any]]:
        """What callers answered today, by question: see `Ratings.view`."""
        self._turn(self._clock.now())
        return self._ratings.view()

    # -- feeding ---------------------------------------------------------------------------------------

    def prime(self, rows: Iterable[CallRow], callbacks_open: int = 0) -> None:
        """Begin with the calls of today as the database has them, before any fact is heard."""
        self.callbacks_open = callbacks_open
        for row in rows:
            self._primed_seq = max(self._primed_seq, row.last_seq)
            self._prime(row)

    def on_fact(self, fact: Fact) -> None:
        """A listener for `SpoolJournal.subscribe`."""
        handler = self._handlers.get(fact.kind)
        if fact.seq <= self._primed_seq:
            return
        if handler is not None:
            self._turn(fact.at)
            handler(fact)
        self._callbacks.on_fact(fact)

    # -- the day ---------------------------------------------------------------------------------------

    def _turn(self, now: float) -> None:
        if now >= self._until:
            self._new_day(now)

    def _new_day(self, now: float) -> None:
        today = datetime.fromtimestamp(now, self._zone).replace(hour=0, minute=0, second=0, microsecond=0)
        tomorrow = (today + timedelta(days=1, hours=6)).replace(hour=0)  # six hours spare for a day of 25
        self._midnight, self._until = today.timestamp(), tomorrow.timestamp()
        self._queues.clear()
        self._outcomes.clear()
        self._ratings.clear()
        self._callbacks.clear()
        self._offered_calls = 0
        self._open = {call_id: call for call_id, call in self._open.items() if not call.ended}
        for call in self._open.values():
            call.today = call.waiting = call.counts = False

    def _day(self, queue: str) -> QueueDay:
        day = self._queues.get(queue)
        if day is None:
            day = self._queues[queue] = QueueDay()
        return day

    def _prime(self, row: CallRow) -> None:
        if row.direction != "in":  # counts in figures of its own
            if row.at >= self._midnight:
                self._callbacks.prime(row)
            return
        call = _OpenCall(today=row.at >= self._midnight, answered=row.answered_at is not None)
        call.ended, call.agent = row.ended_at is not None, row.agent
        for one in row.scores:
            if number(one.get("at")) >= self._midnight:
                whom = text(one.get("queue")), text(one.get("agent"))
                self._rate(one, whom)
        if call.today:
            self._offered_calls += 1
            if call.answered:
                self._count("answered")
            elif call.ended:
                self._count(row.outcome)
        for visit in row.visits:
            call.queue, how = text(visit.get("queue")), text(visit.get("how"))
            call.counts = number(visit.get("at")) >= self._midnight
            call.waiting = call.counts and not how and not call.ended
            call.served_in[text(visit.get("agent"))] = call.queue
            if not call.counts:
                continue
            day = self._day(call.queue)
            day.offered += 1
            self._leave(call.queue, how, number(visit.get("wait")))
            day.handled += number(visit.get("talk")) + number(visit.get("wrap"))
        self._open[row.id] = call

    # -- facts -----------------------------------------------------------------------------------------

    def _count(self, outcome: str) -> None:
        self._outcomes[outcome] = self._outcomes.get(outcome, 0) + 1

    def _leave(self, queue: str, how: str, wait: float) -> None:
        """A visit ended: served, left, or timed out."""
        day = self._day(queue)
        if how == "answered":
            day.answered += 1
            day.wait_answered += wait
            day.in_time += wait <= self._threshold(queue)
        elif how == "abandoned":
            day.abandoned += 1
            day.short_abandoned += wait <= SHORT_ABANDON_SECONDS
        elif how == "max_wait" or (how in _ELSEWHERE and wait > self._threshold(queue)):
            day.timed_out += 1

    def _offered(self, fact: Fact) -> None:
        self._open[fact.call_id] = _OpenCall(today=True)
        self._offered_calls += 1
        if len(self._open) > 50_000:
            self._forget_ended()

    def _forget_ended(self) -> None:
        """Ended calls are kept for their wrap-up; on a busy day the older half goes."""
        ended = [call_id for call_id, call in self._open.items() if call.ended]
        for call_id in ended[: max(1, len(ended) // 2)]:
            del self._open[call_id]

    def _queue_entered(self, fact: Fact) -> None:
        call = self._open.get(fact.call_id)
        if call is None:
            return
        queue = text(fact.data.get("queue"))
        if call.waiting and call.queue == queue:
            return  # the same place in line, taken again after a restart
        call.queue, call.waiting, call.counts = queue, True, True
        self._day(queue).offered += 1

    def _queue_left(self, fact: Fact) -> None:
        call = self._open.get(fact.call_id)
        if call is not None and call.waiting:
            call.waiting = False
            self._leave(call.queue, text(fact.data.get("why")), number(fact.data.get("wait")))

    def _talk_started(self, fact: Fact) -> None:
        call = self._open.get(fact.call_id)
        if call is None:
            return
        if call.waiting:
            call.waiting = False
            self._leave(call.queue, "answered", number(fact.data.get("wait")))
        if call.today and not call.answered:
            self._count("answered")
        call.answered, call.agent = True, text(fact.data.get("agent")) or fact.agent
        call.served_in[call.agent] = call.queue

    def _rated(self, fact: Fact) -> None:
        call = self._open.get(fact.call_id)
        whom = (call.queue, call.agent) if call is not None else ("", "")
        self._rate(fact.data, whom)

    def _rate(self, answer: dict[str, Any], whom: tuple[str, str]) -> None:
        question, score = text(answer.get("question")), number(answer.get("score"))
        self._ratings.add(question, score, *whom, label(answer.get("label")))

    def _handled(self, fact: Fact) -> None:
        call = self._open.get(fact.call_id)
        if call is not None and call.counts and call.queue:
            self._day(call.served_in.get(fact.agent, call.queue)).handled += number(fact.data.get("seconds"))

    def _ended(self, fact: Fact) -> None:
        call = self._open.get(fact.call_id)
        if call is None or call.ended:
            return
        call.ended, call.waiting = True, False
        if call.today and not call.answered:
            self._count(text(fact.data.get("outcome")))

    def _callback_wanted(self, _fact: Fact) -> None:
        self.callbacks_open += 1

    def _callback_done(self, _fact: Fact) -> None:
        self.callbacks_open = max(0, self.callbacks_open - 1)
