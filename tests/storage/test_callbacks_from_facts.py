"""A call-back in place as a row, as a story, in the day's figures, and after a weekend."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.storage.engine import make_engine, migrate
from callcenter.storage.journal import SpoolJournal
from callcenter.storage.projection import CallRow, fold
from callcenter.storage.recovery import open_calls
from callcenter.storage.stats import TodayStats
from callcenter.storage.story import story
from callcenter.storage.writer import JournalWriter
from callcenter.telephony.clock import SystemClock

from .conftest import WatchClock
from .hand_written import Writing

NUMBER = "+8613800138000"


def promised(write: Writing, call_id: str) -> None:
    write(
        "callback.promised", call_id=call_id, number=NUMBER, name="Li", queue="orders", priority=0,
        since=write.at - 60, of="call-1", by="caller", language="en", shows="4001",
        path=[{"node": "main", "key": "1", "label": {}}],
    )  # fmt: skip
    write("queue.entered", call_id=call_id, queue="orders", priority=0, position=2, virtual=True)


def tried(write: Writing, call_id: str, attempt: int, result: str = "") -> None:
    """An attempt to dial: answered when it has no other result."""
    write("queue.assigned", call_id=call_id, agent="amy", queue="orders", wait=90.0, after=30)
    write("call.dialed", call_id=call_id, agent="amy", leg_id=f"cc-{attempt}", node="n", number=NUMBER,
          attempt=attempt)  # fmt: skip
    if result:
        write("callback.unanswered", call_id=call_id, attempt=attempt, result=result, tries=attempt,
              next_at=write.at + 900, after=30)  # fmt: skip
        write("queue.left", call_id=call_id, queue="orders", why="unanswered", wait=120.0)
        write("queue.entered", call_id=call_id, queue="orders", priority=0, position=1, after=900)
    else:
        write("call.answered", call_id=call_id, after=8)
        write("talk.started", call_id=call_id, agent="amy", queue="orders", wait=1100.0, after=5)
        write("talk.ended", call_id=call_id, agent="amy", queue="orders", seconds=40.0, by="caller", after=40)
        write("call.ended", call_id=call_id, outcome="answered", by="caller")


def given_up(write: Writing, call_id: str) -> None:
    write("callback.given_up", call_id=call_id, why="tries", tries=3)
    write("callback.wanted", call_id=call_id, ani=NUMBER, queue="orders", why="unreached")
    write("call.ended", call_id=call_id, outcome="unreached")


def rows_of(write: Writing) -> dict[str, CallRow]:
    rows: dict[str, CallRow] = {}
    for fact in write.facts:
        row = fold(rows.get(fact.call_id), fact)
        assert row is not None
        rows[fact.call_id] = row
    return rows


def test_it_is_a_call_of_its_own_that_goes_out_and_has_one_place_over_all_tries() -> None:
    write = Writing()
    promised(write, "back")
    tried(write, "back", 1, "busy")
    tried(write, "back", 2)
    row = rows_of(write)["back"]
    assert (row.direction, row.outcome, row.ani, row.did) == ("out", "answered", NUMBER, "4001")
    assert (row.caller_name, row.queue, row.agent, row.path) == ("Li", "orders", "amy", "1")
    (visit,) = row.visits
    assert (visit["how"], visit["wait"], visit["talk"]) == ("answered", 1100.0, 40.0)


def test_its_story_tells_each_try() -> None:
    write = Writing()
    promised(write, "back")
    tried(write, "back", 1, "busy")
    given_up(write, "back")
    told = story(write.facts)
    assert [line["text"]["en"] for line in told] == [
        f"{NUMBER} keeps his place in line for orders and is called back",
        "In line for orders, 2nd",
        "Given to amy (waited 1:30)",
        f"Dialed {NUMBER}, attempt 1",
        "Not reached: busy; tried again later from the same place",
        "Left the line for orders after 2:00: the customer was not reached",
        "In line for orders, 1st",
        "Not called by itself any more: all tries are used up",
        f"To be called back at {NUMBER}: not reached by call-backs in place",
        "Ended: not reached: people must call back",
    ]
    assert told[3]["text"]["zh-CN"] == f"第 1 次呼叫 {NUMBER}"


def test_it_counts_in_figures_of_its_own_and_in_no_service_level() -> None:
    write = Writing()
    for call_id in ("a", "b", "c", "d"):
        promised(write, call_id)
    tried(write, "a", 1)
    given_up(write, "b")
    write("callback.cancelled", call_id="c", by="sue")
    write("call.ended", call_id="c", outcome="cancelled")
    clock = WatchClock(write.at)
    counted, primed = TodayStats("Asia/Shanghai", clock), TodayStats("Asia/Shanghai", clock)
    for fact in write.facts:
        counted.on_fact(fact)
    primed.prime(rows_of(write).values())
    for stats in (counted, primed):
        orders = stats.queue("orders")
        assert orders["callbacks"] == {"promised": 4, "reached": 1, "unreached": 1, "cancelled": 1}
        assert (orders["offered"], orders["answered"], orders["service_level"], orders["asa"]) == (
            0,
            0,
            None,
            None,
        )
        assert (stats.totals()["offered"], stats.totals()["answered"]) == (0, 0)


@pytest.mark.parametrize(("waited", "level"), [(10.0, None), (60.0, 0.0)])
def test_the_call_it_was_promised_in_is_neither_answered_nor_abandoned(
    waited: float, level: float | None
) -> None:
    """It counts against the service level only if he had waited longer than the threshold by then."""
    write = Writing()
    write("call.offered", call_id="a", ani=NUMBER, did="4001")
    write("queue.entered", call_id="a", queue="orders", priority=0, position=3)
    write("queue.left", call_id="a", queue="orders", why="callback", wait=waited, after=waited)
    write("callback.in_place", call_id="a", call="back", number=NUMBER, queue="orders")
    write("call.ended", call_id="a", outcome="callback", by="caller")
    stats = TodayStats("Asia/Shanghai", WatchClock(write.at))
    for fact in write.facts:
        stats.on_fact(fact)
    orders, totals = stats.queue("orders"), stats.totals()
    counts = (orders["offered"], orders["answered"], orders["abandoned"])
    assert (*counts, orders["service_level"], orders["asa"]) == (1, 0, 0, level, None)
    assert (totals["offered"], totals["callback"]) == (1, 1)
    assert rows_of(write)["a"].outcome == "callback"


async def test_after_a_weekend_it_is_still_an_open_call(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/center.db")
    await migrate(engine)
    journal = SpoolJournal(tmp_path / "spool", SystemClock())
    writer = JournalWriter(engine, journal, normalise=lambda ani: ani)
    await writer.start()
    journal.write("call.offered", call_id="old", ani="1", did="4001")
    journal.write(
        "callback.promised", call_id="back", number=NUMBER, queue="orders", priority=0, since=1.0, by="sue"
    )
    assert await writer.flush(5)
    monday = SystemClock().now() + 3 * 86400
    assert list(await open_calls(engine, monday)) == ["back"]
    assert set(await open_calls(engine, SystemClock().now())) == {"old", "back"}
    await writer.stop()
    journal.close()
    await engine.dispose()
