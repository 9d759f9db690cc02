"""From the spool to the database: in order, each fact once, whatever breaks on the way."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.acd.figures import KINDS, AgentFigures
from callcenter.storage.engine import make_engine, migrate
from callcenter.storage.journal import SpoolJournal
from callcenter.storage.projection import CallRow, fold
from callcenter.storage.recovery import (
    call_facts,
    facts_since,
    last_agent_states,
    last_seq,
    open_calls,
    wishes,
)
from callcenter.storage.tables import callbacks, calls, journal, voicemails
from callcenter.storage.writer import JournalWriter
from tests.storage.conftest import WatchClock
from tests.storage.hand_written import answered_call, short_call
from tests.storage.postgres_server import PostgresServer


async def seqs(engine: AsyncEngine) -> list[int]:
    async with engine.connect() as connection:
        return list((await connection.execute(select(journal.c.seq).order_by(journal.c.seq))).scalars())


async def row_of(engine: AsyncEngine, call_id: str) -> CallRow:
    async with engine.connect() as connection:
        found = (await connection.execute(select(calls).where(calls.c.id == call_id))).mappings().one()
        return CallRow.from_dict(dict(found))


async def test_facts_and_the_row_of_their_call_are_in_the_database_soon(
    engine: AsyncEngine, tmp_path: Path, clock: WatchClock
) -> None:
    spool = SpoolJournal(tmp_path / "spool", clock)
    writer = JournalWriter(engine, spool, normalise=lambda ani: "+86" + ani, interval=0.01)
    await writer.start()
    facts = answered_call()
    expected: CallRow | None = None
    for fact in facts:
        clock.at = fact.at
        written = spool.write(fact.kind, call_id=fact.call_id, agent=fact.agent, **fact.data)
        expected = fold(expected, written)
        if fact.seq % 4 == 0:
            await asyncio.sleep(0.02)  # the call lies across several batches
    assert await writer.flush(30)
    assert expected is not None
    row = await row_of(engine, facts[0].call_id)
    assert row == expected._replace(number="+8613800138000")
    assert (row.path, row.wait_seconds, row.talk_seconds, row.outcome) == ("1>2", 14.5, 123, "answered")
    assert [f.data for f in await call_facts(engine, facts[0].call_id)] == [f.data for f in facts]
    assert writer.lag == 0
    assert await writer.stop()
    spool.close()


async def test_a_replay_after_a_crash_files_nothing_twice(
    engine: AsyncEngine, tmp_path: Path, clock: WatchClock
) -> None:
    first = SpoolJournal(tmp_path, clock)
    writer = JournalWriter(engine, first, interval=0)
    await writer.start()
    short_call(first, "a")
    await writer.flush(30)
    short_call(first, "b")  # in the spool, and perhaps not in the database, when the process dies
    first.write("voicemail.left", call_id="b", box="main", path="b.wav", seconds=4, language="en")
    first.write("callback.wanted", call_id="b", ani="1", queue="orders", why="cut")
    assert writer._task is not None
    writer._task.cancel()
    first._spool.close()

    for _ in range(2):  # twice, as a crash right after the first replay would do
        second = SpoolJournal(tmp_path, clock)
        again = JournalWriter(engine, second, interval=0)
        await again.start()
        assert await seqs(engine) == list(range(1, 9))
        async with engine.connect() as connection:
            assert (await connection.execute(select(func.count()).select_from(voicemails))).scalar_one() == 1
            assert (await connection.execute(select(func.count()).select_from(callbacks))).scalar_one() == 1
        await again.stop()
        second.close()


async def test_a_database_ahead_of_a_lost_spool_is_counted_on_from(
    engine: AsyncEngine, tmp_path: Path, clock: WatchClock
) -> None:
    old = SpoolJournal(tmp_path / "old", clock)
    writer = JournalWriter(engine, old, interval=0)
    await writer.start()
    short_call(old, "a")
    await writer.stop()
    old.close()
    new = SpoolJournal(tmp_path / "new", clock)
    writer = JournalWriter(engine, new, interval=0)
    await writer.start()
    assert new.write("mended", what="the spool's disk was replaced").seq == 4
    assert await writer.flush(30)
    assert await last_seq(engine) == 4
    await writer.stop()
    new.close()


async def test_names_from_outside_arrive_whole(
    engine: AsyncEngine, tmp_path: Path, clock: WatchClock
) -> None:
    spool = SpoolJournal(tmp_path, clock)
    writer = JournalWriter(engine, spool, interval=0)
    await writer.start()
    name = "O'Hara\r\n\"); DROP TABLE calls; -- 😀 ${EVIL}" + "名" * 500
    spool.write("call.offered", call_id="a", ani="1", caller_name=name, did="2")
    spool.write("call.offered", call_id="b", ani="1", caller_name="nul\x00here", did="2")
    assert await writer.flush(30)
    assert writer.rejected == 0
    assert (await row_of(engine, "a")).caller_name == name
    assert (await row_of(engine, "b")).caller_name == "nul\ufffdhere"
    await writer.stop()
    spool.close()


async def test_what_agents_did_today_and_asked_for_in_wrap_up_is_found_again(
    engine: AsyncEngine, tmp_path: Path, clock: WatchClock
) -> None:
    spool = SpoolJournal(tmp_path, clock)
    writer = JournalWriter(engine, spool, interval=0)
    await writer.start()
    today = clock.now()
    assert await facts_since(engine, today, KINDS) == []
    clock.at -= 3600
    for n in range(7):
        spool.write("talk.ended", call_id=f"yesterday-{n}", agent="amy", seconds=100)
    clock.at = today
    spool.write("talk.ended", call_id="first", agent="amy", seconds=60.5)
    spool.write("queue.returned", call_id="second", agent="bob", result="no_answer")
    clock.at += 60
    spool.write("talk.ended", call_id="second", agent="amy", seconds=30)
    spool.write("agent.state", agent="amy", call_id="second", state="wrap_up", reason="", until=0)
    spool.write("agent.next", agent="amy", call_id="second", state="not_ready", reason="lunch")
    spool.write("agent.next", agent="amy", call_id="first", state="signed_out", reason="")
    await writer.flush(30)
    figures = AgentFigures(lambda: "UTC")
    figures.prime(await facts_since(engine, today, KINDS))
    assert figures.today("amy", clock.now()) == {"answered": 2, "talk_seconds": 90.5, "missed": 0}
    assert figures.today("bob", clock.now()) == {"answered": 0, "talk_seconds": 0.0, "missed": 1}
    asked = await wishes(engine, (await last_agent_states(engine)).values())
    assert [(f.agent, f.call_id, f.data["reason"]) for f in asked] == [("amy", "second", "lunch")]
    await writer.stop()
    spool.close()


async def test_open_calls_and_agents_states_are_found_again(
    engine: AsyncEngine, tmp_path: Path, clock: WatchClock
) -> None:
    spool = SpoolJournal(tmp_path, clock)
    writer = JournalWriter(engine, spool, interval=0)
    await writer.start()
    clock.at -= 30 * 3600
    spool.write("call.offered", call_id="forgotten", ani="1", did="2")
    clock.at += 30 * 3600
    short_call(spool, "over")
    spool.write("call.offered", call_id="waiting", ani="1", did="2")
    spool.write("agent.state", agent="amy", state="ready", reason="")
    spool.write("queue.entered", call_id="waiting", queue="orders", priority=0, position=1)
    spool.write("agent.state", agent="amy", call_id="waiting", state="reserved", reason="")
    spool.write("agent.state", agent="bob", state="not_ready", reason="lunch")
    await writer.flush(30)
    found = await open_calls(engine, clock.now())
    assert {call_id: [f.kind for f in facts] for call_id, facts in found.items()} == {
        "waiting": ["call.offered", "queue.entered", "agent.state"]
    }
    states = await last_agent_states(engine)
    assert {agent: (f.data["state"], f.call_id) for agent, f in states.items()} == {
        "amy": ("reserved", "waiting"),
        "bob": ("not_ready", ""),
    }
    await writer.stop()
    spool.close()


async def test_flush_tells_when_the_database_does_not_come(tmp_path: Path, clock: WatchClock) -> None:
    engine = make_engine("postgresql://callcenter@127.0.0.1:1/nothing", connect_seconds=1)
    SpoolJournal(tmp_path, clock).close()  # written before, so the count is known
    spool = SpoolJournal(tmp_path, clock)
    writer = JournalWriter(engine, spool, interval=0)
    await writer.start()
    spool.write("mended", what="x")
    assert not await writer.flush(0.5)
    assert writer.away
    assert writer.lag == 1
    assert not await writer.stop(0.2)
    spool.close()
    await engine.dispose()


async def test_a_first_start_without_a_database_is_an_error(tmp_path: Path, clock: WatchClock) -> None:
    engine = make_engine("postgresql://callcenter@127.0.0.1:1/nothing", connect_seconds=1)
    spool = SpoolJournal(tmp_path, clock)
    with pytest.raises(OSError):
        await JournalWriter(engine, spool).start()
    spool.close()
    await engine.dispose()


async def test_postgres_goes_and_comes_back_and_every_fact_is_there_in_order(
    tmp_path: Path, clock: WatchClock
) -> None:
    server = PostgresServer()
    try:
        server.start()
        engine = make_engine(server.url())
        await migrate(engine)
        spool = SpoolJournal(tmp_path, clock, memory_facts=40, segment_bytes=2000)
        writer = JournalWriter(engine, spool, interval=0.01)
        await writer.start()
        short_call(spool, "before")
        assert await writer.flush(30)
        await asyncio.to_thread(server.stop)
        for n in range(60):
            short_call(spool, f"during-{n}")
            await asyncio.sleep(0.005)
        assert writer.lag == 180
        await asyncio.to_thread(server.start)
        short_call(spool, "after")
        assert await writer.flush(20)
        assert await seqs(engine) == list(range(1, 187))
        assert (await row_of(engine, "during-59")).outcome == "ivr"
        assert writer.failures >= 1
        assert not writer.away
        await writer.stop()
        spool.close()
        await engine.dispose()
    finally:
        server.remove()


async def test_a_fact_the_database_can_not_take_is_put_aside_and_the_rest_goes_on(
    postgres_url: str, tmp_path: Path, clock: WatchClock
) -> None:
    engine = make_engine(postgres_url)
    await migrate(engine)
    spool = SpoolJournal(tmp_path / "spool", clock)
    writer = JournalWriter(engine, spool, interval=0.01, rejected_file=tmp_path / "rejected.jsonl")
    await writer.start()
    short_call(spool, "a")
    spool.write("k" * 60, call_id="a")  # longer than any kind of ours
    short_call(spool, "b")
    assert await writer.flush(30)
    assert await seqs(engine) == [1, 2, 3, 5, 6, 7]
    assert writer.rejected == 1
    assert "kkkk" in (tmp_path / "rejected.jsonl").read_text()
    await writer.stop()
    spool.close()
    await engine.dispose()


async def test_calls_that_are_over_do_not_fill_the_memory_and_are_still_wrapped_up(
    engine: AsyncEngine, tmp_path: Path, clock: WatchClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callcenter.storage.writer.KEPT_ENDED", 3)
    spool = SpoolJournal(tmp_path / "spool", clock)
    writer = JournalWriter(engine, spool, interval=0.01)
    await writer.start()
    spool.write("call.offered", call_id="long", ani="138", did="4001")
    for n in range(20):
        spool.write("call.offered", call_id=f"c{n}", ani="139", did="4001")
        spool.write("talk.started", call_id=f"c{n}", agent="amy", queue="orders", wait=2.0)
        spool.write("call.ended", call_id=f"c{n}", outcome="answered")
        assert await writer.flush(30)
    assert writer.rows_kept == 4, "three that are over, and the one that goes on"
    spool.write("wrap_up.ended", call_id="c0", agent="amy", disposition="solved", note="late", seconds=9.0)
    spool.write("talk.started", call_id="long", agent="amy", queue="orders", wait=3.0)
    assert await writer.flush(30)
    late, long = await row_of(engine, "c0"), await row_of(engine, "long")
    assert (late.disposition, late.note, late.outcome, late.ani) == ("solved", "late", "answered", "139")
    assert (long.agent, long.ani) == ("amy", "138")
    assert await writer.stop()
    spool.close()
