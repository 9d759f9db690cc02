"""What pages read of the file, and the tables themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.storage import people
from callcenter.storage.engine import migrate
from callcenter.storage.journal import SpoolJournal
from callcenter.storage.projection import CallRow
from callcenter.storage.records import BadCursor, DatabaseRecords
from callcenter.storage.tables import calls, metadata
from callcenter.storage.writer import JournalWriter
from tests.storage.conftest import WatchClock
from tests.storage.hand_written import CALL, answered_call, short_call


async def test_the_steps_make_exactly_the_tables_of_the_code(engine: AsyncEngine) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    await migrate(engine)  # a second time, as every start does
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []


def test_the_row_has_the_columns_of_its_table_in_their_order() -> None:
    assert list(CallRow._fields) == [column.name for column in calls.columns]


async def test_calls_are_listed_newest_first_page_by_page(
    engine: AsyncEngine, tmp_path: Path, clock: WatchClock
) -> None:
    spool = SpoolJournal(tmp_path, clock)
    writer = JournalWriter(engine, spool, interval=0)
    await writer.start()
    for n in range(25):
        clock.at += n % 3  # several calls in the same moment
        short_call(spool, f"call-{n:02d}", "abandoned" if n % 5 == 0 else "ivr", ani=str(13800138000 + n))
    await writer.flush(30)
    records = DatabaseRecords(engine)
    seen: list[str] = []
    before = ""
    while True:
        page = await records.calls(limit=7, before=before)
        seen += [call["id"] for call in page["calls"]]
        before = page["next"]
        if not before:
            break
    assert sorted(seen, reverse=True) == sorted({f"call-{n:02d}" for n in range(25)}, reverse=True)
    assert seen[0] == "call-24" and len(seen) == 25
    few = await records.calls(limit=50, outcome="abandoned")
    assert [call["id"] for call in few["calls"]] == ["call-20", "call-15", "call-10", "call-05", "call-00"]
    assert [c["id"] for c in (await records.calls(limit=5, ani="13800138007"))["calls"]] == ["call-07"]
    assert (await records.calls(limit=5, agent="amy"))["calls"] == []
    with pytest.raises(BadCursor):
        await records.calls(limit=5, before="yesterday")
    await writer.stop()
    spool.close()


async def test_a_call_with_its_story_its_customer_and_its_recording(
    engine: AsyncEngine, tmp_path: Path, clock: WatchClock
) -> None:
    spool = SpoolJournal(tmp_path, clock)
    writer = JournalWriter(engine, spool, interval=0, normalise=lambda ani: "+86" + ani)
    await writer.start()
    async with engine.begin() as connection:
        wang = await connection.run_sync(
            people.add_customer, name="王芳", numbers=["+8613800138000", "+8613900139000"], since=1.0
        )
        assert wang is not None
        taken = await connection.run_sync(
            people.add_customer, name="x", numbers=["+8613900139000"], since=1.0
        )
        assert taken is None
    for fact in answered_call():
        clock.at = fact.at
        spool.write(fact.kind, call_id=fact.call_id, agent=fact.agent, **fact.data)
    await writer.flush(30)
    records = DatabaseRecords(engine, lambda kind, identifier: f"{kind} {identifier}")
    found = await records.call(CALL)
    assert found is not None
    assert (found["call"]["customer_id"], found["call"]["customer_name"]) == (wang, "王芳")
    assert found["call"]["has_recording"]
    assert len(found["story"]) == 16
    assert await records.recording_path(CALL) == "2026/11/22/x.wav"
    assert await records.call("no-such-call") is None
    file = await records.customer(wang)
    assert file is not None
    assert [(e["call_id"], e["queue_name"], e["agent_name"]) for e in file["timeline"]] == [
        (CALL, "queue orders", "agent amy")
    ]
    rows = await records.rows_since(clock.at - 3600)
    assert [row.id for row in rows] == [CALL]
    await writer.stop()
    spool.close()


async def test_customers_are_found_by_name_number_and_note_and_changed(engine: AsyncEngine) -> None:
    told: list[str] = []
    records = DatabaseRecords(engine, on_customer_changed=told.extend)
    async with engine.begin() as connection:
        for name, number in (
            ("王芳", "+8613800138000"),
            ("John 100%", "+442079460000"),
            ("Li_Lei", "+8613900139000"),
        ):
            await connection.run_sync(
                people.add_customer, name=name, numbers=[number], since=1.0, note="prefers mornings"
            )

    async def names(q: str) -> list[str]:
        return sorted(c["name"] for c in await records.customers(q, 10))

    assert await names("") == ["John 100%", "Li_Lei", "王芳"]
    assert await names("王") == ["王芳"]
    assert await names("JOHN") == ["John 100%"]
    assert await names("0%") == ["John 100%"]
    assert await names("_") == ["Li_Lei"]
    assert await names("138 0013") == ["王芳"]
    assert await names("mornings") == ["John 100%", "Li_Lei", "王芳"]
    assert await names("' OR 1=1 --") == []
    john = (await records.customers("john", 1))[0]
    changed = await records.update_customer(john["id"], {"level": "vip", "note": "call after ten", "id": 99})
    assert changed is not None
    assert (changed["id"], changed["level"], changed["note"], changed["name"]) == (
        john["id"],
        "vip",
        "call after ten",
        "John 100%",
    )
    assert told == ["+442079460000"]
    assert await records.update_customer(123456, {"note": "x"}) is None


async def test_voicemails_and_callbacks_are_worked_off_and_the_journal_hears_of_it(
    engine: AsyncEngine, tmp_path: Path, clock: WatchClock
) -> None:
    spool = SpoolJournal(tmp_path, clock)
    writer = JournalWriter(engine, spool, interval=0)
    await writer.start()
    short_call(spool, "a")
    spool.write("voicemail.left", call_id="a", box="main", path="a.wav", seconds=7.5, language="zh-CN")
    await writer.flush(30)
    spool.write("callback.wanted", call_id="a", ani="13800138000", queue="orders", why="cut")
    await writer.flush(30)
    records = DatabaseRecords(engine, journal=spool)
    voicemail = (await records.voicemails())[0]
    assert (voicemail["ani"], voicemail["seconds"], voicemail["status"]) == ("13800138000", 7.5, "new")
    assert await records.voicemail_path(voicemail["id"]) == "a.wav"
    done = await records.set_voicemail(voicemail["id"], "done", "amy")
    assert done is not None and done["status"] == "done"
    assert await records.set_voicemail(999, "done", "amy") is None

    callback = (await records.callbacks())[0]
    assert await records.callbacks_open() == 1
    assert await records.set_callback(callback["id"], "done", "amy") is not None
    assert await records.callbacks_open() == 0
    assert await records.set_callback(callback["id"], "open", "sue") is not None
    await writer.flush(30)
    story = await records.call("a")
    assert story is not None
    assert [line["kind"] for line in story["story"]][-3:] == [
        "callback.wanted",
        "callback.done",
        "callback.reopened",
    ]
    assert (await records.callbacks())[0]["status"] == "open"
    await writer.stop()
    spool.close()


async def test_whoever_is_due_is_called_back_first_and_what_is_done_hides_nobody(
    engine: AsyncEngine, tmp_path: Path, clock: WatchClock
) -> None:
    spool = SpoolJournal(tmp_path, clock)
    writer = JournalWriter(engine, spool, interval=0)
    await writer.start()
    for name, later in (("tomorrow", 86_400), ("now", None), ("soon", 600), ("done", None), ("next", None)):
        clock.at += 60
        short_call(spool, name)
        when = None if later is None else clock.at + later
        spool.write("callback.wanted", call_id=name, ani="1", queue="orders", why="cut", not_before=when)
    spool.write("callback.done", call_id="done", agent="amy")
    await writer.flush(30)
    records = DatabaseRecords(engine)
    listed = [one["call_id"] for one in await records.callbacks()]
    assert listed == ["now", "next", "soon", "tomorrow", "done"]
    await writer.stop()
    spool.close()


async def test_what_a_caller_recorded_and_how_he_rated_stands_with_his_call(
    engine: AsyncEngine, tmp_path: Path, clock: WatchClock
) -> None:
    spool = SpoolJournal(tmp_path, clock)
    writer = JournalWriter(engine, spool, interval=0, normalise=lambda ani: "+86" + ani)
    await writer.start()
    async with engine.begin() as connection:
        wang = await connection.run_sync(
            people.add_customer, name="王芳", numbers=["+8613800138000"], since=1.0
        )
    short_call(spool, "a")
    spool.write("ivr.recorded", call_id="a", name="why", path="2026/a-said-why.wav", seconds=4.5)
    spool.write("survey.answered", call_id="a", question="service", score=4, node="rate")
    label = {"zh-CN": "问题是否解决", "en": "Solved"}
    spool.write("survey.answered", call_id="a", question="solved", score=1, node="rate", label=label)
    await writer.flush(30)
    records = DatabaseRecords(engine)
    found, file = await records.call("a"), await records.customer(wang or 0)
    assert found is not None and file is not None
    assert found["recorded"] == [{"name": "why", "seconds": 4.5, "label": {}}], (
        "and not where it lies on disk"
    )
    assert found["scores"] == [
        {"question": "service", "score": 4.0, "label": {}},
        {"question": "solved", "score": 1.0, "label": label},
    ]
    assert file["timeline"][0]["recorded"] == found["recorded"]
    assert await records.recorded_path("a", "why") == "2026/a-said-why.wav"
    assert await records.recorded_path("a", "other") is None
    assert await records.recorded_path("b", "why") is None
    await writer.stop()
    spool.close()
