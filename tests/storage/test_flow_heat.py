"""Where callers go in a flow and where they leave it, counted from facts: each step once, whatever breaks."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.storage.facts import Fact
from callcenter.storage.flow_steps import HOUR, heat_of
from callcenter.storage.flow_walk import Place, Step, walk
from callcenter.storage.journal import SpoolJournal
from callcenter.storage.tables import flow_places, flow_steps
from callcenter.storage.writer import JournalWriter
from tests.storage.conftest import WatchClock
from tests.storage.hand_written import Writing


def steps_of(facts: list[Fact]) -> list[Step]:
    place: Place | None = None
    found = []
    for fact in facts:
        place, step = walk(place, fact)
        if step is not None:
            found.append(step)
    return found


def came(write: Writing, *nodes: str, type: str = "menu", via: str = "", flow: str = "main") -> None:
    for node in nodes:
        write("ivr.node", flow=flow, node=node, type=type, via=via)


def test_a_caller_who_hangs_up_in_a_menu_left_there() -> None:
    write = Writing()
    write("call.offered", ani="1", did="4")
    write("ivr.entered", flow="main", version="1", node="welcome")
    came(write, "welcome", type="say")
    came(write, "choice", via="next")
    came(write, "more", via="keys.2")
    write("call.ended", outcome="ivr")
    assert steps_of(write.facts) == [
        Step("main", "", "", "welcome"),
        Step("main", "welcome", "next", "choice"),
        Step("main", "choice", "keys.2", "more"),
        Step("main", "more", "", ""),
    ]


def test_who_was_served_or_said_good_bye_to_did_not_leave() -> None:
    for end in (
        [("ivr.node", {"flow": "main", "node": "bye", "type": "hangup"})],
        [("voicemail.left", {"box": "main"})],
        [("queue.entered", {"queue": "orders"}), ("queue.left", {"queue": "orders", "why": "max_wait"})],
        [("queue.entered", {"queue": "orders"}), ("talk.started", {"queue": "orders"})],
    ):
        write = Writing()
        write("ivr.entered", flow="main", node="line")
        came(write, "line", type="queue")
        for kind, data in end:
            write(kind, **data)
        write("call.ended", outcome="ivr")
        assert not [step for step in steps_of(write.facts) if not step.target], end


def test_who_gives_up_waiting_left_at_the_queue() -> None:
    write = Writing()
    write("ivr.entered", flow="main", node="line")
    came(write, "line", type="queue")
    write("queue.entered", queue="orders")
    write("queue.left", queue="orders", why="abandoned")
    write("call.ended", outcome="abandoned")
    assert steps_of(write.facts)[-1] == Step("main", "line", "", "")


def test_the_fact_that_says_who_ended_the_call_is_believed() -> None:
    for by, left in (("caller", True), ("flow", False)):
        write = Writing()
        write("ivr.entered", flow="main", node="a")
        came(write, "a")
        write("call.ended", outcome="ivr", by=by)
        assert (steps_of(write.facts)[-1].target == "") is left, by


def test_a_call_that_goes_on_after_a_restart_takes_no_step_twice() -> None:
    write = Writing()
    write("ivr.entered", flow="main", node="a")
    came(write, "a", "b")
    write("call.resumed", stage="ivr")
    write("ivr.entered", flow="main", node="b")  # where it was
    came(write, "b", "c")
    pairs = [(step.node, step.target) for step in steps_of(write.facts)]
    assert pairs == [("", "a"), ("a", "b"), ("b", "c")]


def test_a_way_into_another_flow_names_it() -> None:
    write = Writing()
    write("ivr.entered", flow="main", node="a")
    came(write, "a")
    came(write, "start", via="call", flow="other")
    assert steps_of(write.facts)[-1] == Step("main", "a", "call", "other:start")


KINDS = (
    "ivr.entered",
    "ivr.node",
    "queue.entered",
    "queue.left",
    "talk.started",
    "voicemail.left",
    "call.ended",
)
FIELDS = st.sampled_from(("flow", "node", "type", "via", "why", "outcome", "by"))
VALUES = st.one_of(
    st.none(), st.integers(), st.text(max_size=5), st.booleans(), st.lists(st.text(), max_size=2)
)
FACTS = st.lists(st.tuples(st.sampled_from(KINDS), st.dictionaries(FIELDS, VALUES)), max_size=12)


@given(FACTS)
def test_no_fact_breaks_the_walk_and_none_counts_twice(kinds: list[tuple[str, dict[str, object]]]) -> None:
    place: Place | None = None
    for seq, (kind, data) in enumerate(kinds, 1):
        fact = Fact(seq, 1.0, kind, "c", "", dict(data))
        place, _ = walk(place, fact)
        if place is not None:
            assert walk(place, fact) == (place, None)


def day_of_calls(count: int, seed: int) -> list[tuple[str, str, dict[str, object]]]:
    """(kind, call, data) of calls that lie across each other, in order."""
    chance = random.Random(seed)
    stories: list[list[tuple[str, str, dict[str, object]]]] = []
    for n in range(count):
        call = f"call-{n}"
        story: list[tuple[str, str, dict[str, object]]] = [
            ("call.offered", call, {"ani": "1", "did": "4"}),
            ("ivr.entered", call, {"flow": "main", "version": "1", "node": "a"}),
            ("ivr.node", call, {"flow": "main", "node": "a", "type": "menu", "via": ""}),
        ]
        for _ in range(chance.randrange(4)):
            node = chance.choice("abc")
            via = f"keys.{chance.randrange(3)}"
            story.append(("ivr.node", call, {"flow": "main", "node": node, "type": "menu", "via": via}))
        if chance.random() < 0.9:
            story.append(("call.ended", call, {"outcome": "ivr", "by": chance.choice(("caller", "flow"))}))
        stories.append(story)
    woven = []
    while any(stories):
        woven.append(chance.choice([story for story in stories if story]).pop(0))
    return woven


async def test_counts_are_exact_over_batches_and_restarts(
    engine: AsyncEngine, tmp_path: Path, clock: WatchClock
) -> None:
    told = day_of_calls(60, seed=4)
    places: dict[str, Place | None] = {}
    expected: Counter[tuple[int, Step]] = Counter()
    chance = random.Random(9)
    spool = SpoolJournal(tmp_path, clock)
    writer = JournalWriter(engine, spool, interval=0)
    await writer.start()
    for kind, call, data in told:
        clock.at += 97
        fact = spool.write(kind, call_id=call, **data)
        places[call], step = walk(places.get(call), fact)
        if step is not None:
            expected[int(clock.at // HOUR) * HOUR, step] += 1
        dice = chance.random()
        if dice < 0.1:
            await writer.flush(30)
        elif dice < 0.16:  # the process dies with facts in the spool
            assert writer._task is not None
            writer._task.cancel()
            spool._spool.close()
            spool = SpoolJournal(tmp_path, clock)
            writer = JournalWriter(engine, spool, interval=0)
            await writer.start()
    assert await writer.stop()
    spool.close()
    async with engine.connect() as connection:
        found = {
            (row.hour, Step(*row[1:5])): row.count for row in await connection.execute(select(flow_steps))
        }
        still = {row.call_id for row in await connection.execute(select(flow_places))}
    assert found == dict(expected)
    assert still == {call for call, place in places.items() if place is not None}


async def test_a_transaction_whose_fate_is_unknown_counts_once(
    engine: AsyncEngine, tmp_path: Path, clock: WatchClock
) -> None:
    """The database takes a batch, but the answer is lost: the writer asks, and goes on from what is there."""
    spool = SpoolJournal(tmp_path, clock)
    writer = JournalWriter(engine, spool, interval=0)
    await writer.start()
    spool.write("ivr.entered", call_id="c", flow="main", node="a")
    spool.write("ivr.node", call_id="c", flow="main", node="a", type="menu", via="")
    await writer.flush(30)
    lost = writer._projections[2]
    committed, type(lost).committed = type(lost).committed, lambda *_: None  # type: ignore[method-assign]
    try:
        spool.write("ivr.node", call_id="c", flow="main", node="b", type="menu", via="keys.1")
        await writer.flush(30)
    finally:
        type(lost).committed = committed  # type: ignore[method-assign]
    spool.write("ivr.node", call_id="c", flow="main", node="c", type="menu", via="keys.2")
    await writer.flush(30)
    heat = await heat_of(engine, "main", clock.at - 60)
    assert heat.entered == 1
    assert heat.steps == {Step("main", "a", "keys.1", "b"): 1, Step("main", "b", "keys.2", "c"): 1}
    await writer.stop()
    spool.close()


async def test_the_last_day_does_not_count_what_was_before(
    engine: AsyncEngine, tmp_path: Path, clock: WatchClock
) -> None:
    spool = SpoolJournal(tmp_path, clock)
    writer = JournalWriter(engine, spool, interval=0)
    await writer.start()
    for days_ago in (80, 5, 0):  # the oldest is forgotten
        clock.at = 1_790_000_000 - days_ago * 24 * HOUR
        call = f"c{days_ago}"
        spool.write("ivr.entered", call_id=call, flow="main", node="a")
        spool.write("ivr.node", call_id=call, flow="main", node="a", type="menu", via="")
        spool.write("call.ended", call_id=call, outcome="ivr")
        await writer.flush(30)
    assert (await heat_of(engine, "main", clock.at - 24 * HOUR)).left == {"a": 1}
    assert (await heat_of(engine, "main", clock.at - 7 * 24 * HOUR)).left == {"a": 2}
    assert (await heat_of(engine, "main", 0)).entered == 2
    assert (await heat_of(engine, "other", 0)).steps == {}
    await writer.stop()
    spool.close()
