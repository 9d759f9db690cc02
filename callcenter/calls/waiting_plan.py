"""What a caller in line hears next, and when: announcements, comfort messages and offers on a plan. Pure.

Each of them has a turn: the time it is due next. Who drives the plan asks `due` whenever nothing is being
said, says it to its end, and tells with `said`. Between two things that became due apart there is music. So
nothing is cut or said twice, whatever comes in between.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from callcenter.center.waiting_model import Waiting

#: of music at least, before something that was not due yet when the last thing began; seconds
MUSIC_BETWEEN = 5.0


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to be heard. `which`: an offer's key, a message's number in the center file from 0."""

    what: Literal["announcement", "offer", "message"]
    which: str = ""


@dataclass(slots=True)
class _Turn:
    item: Item
    at: float  # due then; infinite when it is over
    every: float | None


class WaitingPlan:
    """The plan of one caller, from the time he entered the line. Times are seconds on one clock."""

    def __init__(self, waiting: Waiting, since: float, order: Sequence[int] = ()) -> None:
        """`order` is that of the messages, each once; empty: as they are listed."""
        self._waiting = waiting
        self._since = since
        self._turns: list[_Turn] = []
        if (said := waiting.announce) is not None:
            self._turns.append(_Turn(Item("announcement"), since + said.after, said.every))
        for key, offer in waiting.offers.items():
            self._turns.append(_Turn(Item("offer", key), since + offer.after, offer.every))
        self._order: Sequence[int] = ()
        self._told = 0  # messages
        if (messages := waiting.messages) is not None:
            self._order = order or range(len(messages.items))
            first = Item("message", str(self._order[0]))
            self._turns.append(_Turn(first, since + messages.after, messages.every))

    def next_at(self) -> float:
        """When something is due next; infinite when nothing more is."""
        return min((turn.at for turn in self._turns), default=math.inf)

    def due(self, now: float) -> Item | None:
        """What is to be said now: where he is before what he may do, and that before comfort."""
        return next((turn.item for turn in self._turns if turn.at <= now), None)

    def keys(self, now: float) -> str:
        """Keys that count by now."""
        waited = now - self._since
        return "".join(key for key, offer in self._waiting.offers.items() if waited >= offer.after)

    def said(self, item: Item, began: float, ended: float) -> None:
        """It was said: its next turn comes `every` seconds after it began. What became due meanwhile waits
        for some music."""
        for turn in self._turns:
            if turn.item == item:
                turn.at = math.inf if turn.every is None else max(began + turn.every, ended + MUSIC_BETWEEN)
                if item.what == "message":
                    self._next_message(turn)
            elif began < turn.at < ended + MUSIC_BETWEEN:
                turn.at = ended + MUSIC_BETWEEN

    def skipped(self, item: Item, now: float) -> None:
        """There is nothing to say in its turn."""
        for turn in self._turns:
            if turn.item == item:
                turn.at = math.inf if turn.every is None else now + turn.every

    def interrupted(self, now: float) -> None:
        """Something else came between, such as an agent who did not answer: music first, then on."""
        for turn in self._turns:
            turn.at = max(turn.at, now + MUSIC_BETWEEN)

    def _next_message(self, turn: _Turn) -> None:
        messages = self._waiting.messages
        assert messages is not None
        self._told += 1
        if self._told == len(self._order) and messages.once:
            turn.at = math.inf
        turn.item = Item("message", str(self._order[self._told % len(self._order)]))
