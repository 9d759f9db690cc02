"""A call may have two talks, one after the other: each agent's work counts where he did it."""

from __future__ import annotations

from typing import Any

from callcenter.simulation.virtual_time import VirtualClock, run_virtual
from callcenter.storage.facts import Fact
from callcenter.storage.projection import CallRow, fold
from callcenter.storage.stats import TodayStats

TOLD: list[tuple[str, str, dict[str, Any]]] = [
    ("call.offered", "", {}),
    ("queue.entered", "", {"queue": "orders"}),
    ("talk.started", "amy", {"queue": "orders", "wait": 1.0}),
    ("talk.ended", "amy", {"queue": "orders", "seconds": 10.0}),
    ("queue.entered", "", {"queue": "refunds"}),
    ("wrap_up.ended", "amy", {"seconds": 5.0, "disposition": "sold"}),
    ("talk.started", "bo", {"queue": "refunds", "wait": 7.0}),
    ("talk.ended", "bo", {"queue": "refunds", "seconds": 100.0}),
    ("call.ended", "", {"outcome": "answered"}),
    ("wrap_up.ended", "bo", {"seconds": 50.0}),
]


def facts() -> list[Fact]:
    return [Fact(n, 1000.0 + n, kind, "c", agent, data) for n, (kind, agent, data) in enumerate(TOLD, 1)]


def test_the_wrap_up_of_the_first_talk_belongs_to_its_queue() -> None:
    row: CallRow | None = None
    for fact in facts():
        row = fold(row, fact)
    assert row is not None
    told = [(visit["queue"], visit["talk"], visit["wrap"]) for visit in row.visits]
    assert told == [("orders", 10.0, 5.0), ("refunds", 100.0, 50.0)]


def test_the_handling_time_of_each_queue_is_its_own() -> None:
    async def story() -> None:
        whole, primed = (TodayStats("UTC", VirtualClock(epoch=1000.0)) for _ in range(2))
        row: CallRow | None = None
        for number, fact in enumerate(facts()):
            whole.on_fact(fact)
            row = fold(row, fact) if number < 5 else row
            if number == 4:
                assert row is not None
                primed.prime([row])  # a controller that starts as he enters his second queue
            elif number > 4:
                primed.on_fact(fact)
        for stats in (whole, primed):
            assert stats.queue("orders")["aht"] == 15.0
            assert stats.queue("refunds")["aht"] == 150.0

    run_virtual(story())
