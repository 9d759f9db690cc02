"""Who calls: numbers in one form, cards for new callers, and a brief that is never late."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.customers.known import KnownNumbers
from callcenter.customers.numbers import display, load_geography, normalise, region
from callcenter.customers.service import CustomerDirectory, card_name
from callcenter.storage.engine import make_engine, migrate
from callcenter.storage.journal import SpoolJournal
from callcenter.storage.records import DatabaseRecords
from callcenter.storage.writer import JournalWriter
from callcenter.telephony.clock import SystemClock


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    made = make_engine(f"sqlite:///{tmp_path}/center.db")
    await migrate(made)
    yield made
    await made.dispose()


@pytest.mark.parametrize(
    ("ani", "number"),
    [
        ("13800138000", "+8613800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("008613800138000", "+8613800138000"),
        ("8613800138000", "+8613800138000"),
        ("sip:+8613800138000@10.0.0.1;user=phone", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("010 6500 1234", "+861065001234"),
        ("+442079460000", "+442079460000"),
        ("8001", "8001"),
        ("anonymous", ""),
        ("Restricted", ""),
        ("", ""),
        ("12", ""),
        ("9" * 400, ""),
        ("1; DROP TABLE calls", ""),
    ],
)
def test_a_number_has_one_form_whatever_the_trunk_sends(ani: str, number: str) -> None:
    assert normalise(ani, "CN") == number


def test_numbers_are_shown_as_people_write_them_and_where_they_are_from() -> None:
    load_geography()
    assert display("+8613800138000", "CN") == "138 0013 8000"
    assert display("+442079460000", "CN") == "+44 20 7946 0000"
    assert display("anonymous\r\n", "CN") == "anonymous"
    assert region("13800138000", "CN", "zh-CN") == "北京市"
    assert region("13800138000", "CN", "en") == "Beijing"
    assert region("8001", "CN", "en") == ""


@given(st.text(max_size=80))
def test_no_caller_id_breaks_the_reading_of_numbers(ani: str) -> None:
    number = normalise(ani, "CN")
    assert number == "" or (number.lstrip("+").isascii() and number.lstrip("+").isdigit())
    assert display(ani, "CN").isprintable()
    assert "\n" not in card_name(ani) and len(card_name(ani)) <= 80


@pytest.mark.parametrize("learned", [False, True], ids=["asking_always", "numbers_in_memory"])
async def test_a_new_caller_has_a_card_after_his_first_call_and_his_history_at_the_second(
    engine: AsyncEngine, tmp_path: Path, learned: bool
) -> None:
    directory = CustomerDirectory(engine, names=lambda kind, identifier: f"{kind} {identifier}")
    if learned:
        await directory.learn_numbers()
    spool = SpoolJournal(tmp_path / "spool", SystemClock())
    writer = JournalWriter(engine, spool, normalise=directory.normalise, projections=[directory], interval=0)
    await writer.start()
    first = await directory.brief("13800138000")
    assert (first["customer"], first["timeline"], first["display_number"]) == (None, [], "138 0013 8000")

    spool.write("call.offered", call_id="a", ani="13800138000", caller_name="王芳\n", did="400")
    spool.write("queue.entered", call_id="a", queue="orders")
    spool.write("talk.started", call_id="a", agent="amy", queue="orders", wait=5)
    spool.write("talk.ended", call_id="a", agent="amy", queue="orders", seconds=60, by="caller")
    spool.write("call.ended", call_id="a", outcome="answered")
    await writer.flush(30)
    second = await directory.brief("+8613800138000")
    assert second["customer"]["name"] == "王芳"
    assert [entry["call_id"] for entry in second["timeline"]] == ["a"]
    assert second["timeline"][0]["note"] == ""

    spool.write(
        "wrap_up.ended", call_id="a", agent="amy", disposition="solved", note="wants an invoice", seconds=9
    )
    await writer.flush(30)
    third = await directory.brief("13800138000")
    assert third["timeline"][0]["note"] == "wants an invoice"
    assert directory.hits == 0

    records = DatabaseRecords(engine, on_customer_changed=directory.forget)
    await directory.brief("13800138000")
    assert directory.hits == 1
    await records.update_customer(third["customer"]["id"], {"level": "vip"})
    assert (await directory.brief("13800138000"))["customer"]["level"] == "vip"

    spool.write("call.offered", call_id="b", ani="13800138000", caller_name="somebody else", did="400")
    spool.write("call.ended", call_id="b", outcome="ivr")
    spool.write("call.offered", call_id="c", ani="anonymous", did="400")
    spool.write("call.ended", call_id="c", outcome="ivr")
    spool.write("call.offered", call_id="d", ani="13900139000", did="999")
    spool.write("call.refused", call_id="d", reason="unknown_number")
    spool.write("call.ended", call_id="d", outcome="refused")
    await writer.flush(30)
    assert [c["name"] for c in await records.customers("", 10)] == ["王芳"]
    assert len((await directory.brief("13800138000"))["timeline"]) == 2
    await writer.stop()
    spool.close()
    await directory.close()


async def test_the_language_a_caller_chose_is_kept_for_his_next_call(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    directory = CustomerDirectory(engine)
    spool = SpoolJournal(tmp_path / "spool", SystemClock())
    writer = JournalWriter(engine, spool, normalise=directory.normalise, projections=[directory], interval=0)
    await writer.start()

    async def calls(call_id: str, ani: str, *chosen: str) -> str:
        """His language on file after a call in which he chose these."""
        spool.write("call.offered", call_id=call_id, ani=ani, caller_name="", did="400")
        spool.write("ivr.entered", call_id=call_id, flow="hotline", version="1", node="a", language="zh-CN")
        for language in chosen:
            spool.write("ivr.language", call_id=call_id, language=language)
            await writer.flush(30)
        spool.write("call.ended", call_id=call_id, outcome="ivr")
        await writer.flush(30)
        return str((await directory.brief(ani))["customer"]["language"])

    assert await calls("a", "13800138000") == "", "he only heard what everybody hears first"
    assert await calls("b", "13800138000", "en") == "en"
    assert await calls("c", "13800138000", "zh-CN", "en", "zh-CN") == "zh-CN"
    assert await calls("d", "13900139000", "en") == "en", "also in his very first call"
    await writer.stop()
    spool.close()
    await directory.close()


async def test_a_strangers_call_asks_the_database_nothing(engine: AsyncEngine, tmp_path: Path) -> None:
    before = CustomerDirectory(engine)
    await before.seed([{"name": "王芳", "numbers": ["13800138000"]}])
    spool = SpoolJournal(tmp_path / "spool", SystemClock())
    writer = JournalWriter(engine, spool, normalise=before.normalise, interval=0)
    await writer.start()
    spool.write("call.offered", call_id="a", ani="13900139000", did="999")  # he has calls, but no card
    spool.write("call.refused", call_id="a", reason="unknown_number")
    spool.write("call.ended", call_id="a", outcome="refused")
    await writer.stop()
    spool.close()

    directory = CustomerDirectory(engine)
    await directory.learn_numbers()
    stranger = directory.brief("13700137000")
    assert stranger.done()
    assert stranger.result()["customer"] is None
    assert (directory.strangers, directory.misses) == (1, 0)
    assert (await directory.brief("13800138000"))["customer"]["name"] == "王芳"
    assert [call["call_id"] for call in (await directory.brief("13900139000"))["timeline"]] == ["a"]
    await directory.close()


async def test_too_many_numbers_for_memory_are_asked_about_one_by_one(engine: AsyncEngine) -> None:
    people: list[dict[str, Any]] = [{"name": f"{n}", "numbers": [f"138001380{n:02d}"]} for n in range(4)]
    await CustomerDirectory(engine).seed(people[:3])
    few = KnownNumbers(most=3)
    await few.load(engine)
    assert not few.maybe("+8613800138003")
    few.add(["+8613800138003"])  # the fourth
    assert few.maybe("+8613800138003")
    assert few.maybe("+8613700137000")
    await CustomerDirectory(engine).seed(people)
    none = KnownNumbers(most=3)
    await none.load(engine)
    assert none.maybe("+8613700137000")


async def test_twenty_former_calls_are_shown_at_most(engine: AsyncEngine, tmp_path: Path) -> None:
    directory = CustomerDirectory(engine)
    spool = SpoolJournal(tmp_path / "spool", SystemClock())
    writer = JournalWriter(engine, spool, normalise=directory.normalise, projections=[directory], interval=0)
    await writer.start()
    for n in range(30):
        spool.write("call.offered", call_id=f"c{n:02d}", ani="13800138000", did="400")
        spool.write("call.ended", call_id=f"c{n:02d}", outcome="ivr")
    await writer.flush(30)
    timeline = (await directory.brief("13800138000"))["timeline"]
    assert [entry["call_id"] for entry in timeline] == [f"c{n:02d}" for n in range(29, 9, -1)]
    await writer.stop()
    spool.close()


async def test_seeded_customers_have_cards_with_all_their_numbers(engine: AsyncEngine) -> None:
    directory = CustomerDirectory(engine)
    people = [
        {
            "name": "王芳",
            "numbers": ["13800138000", "010 6500 1234"],
            "level": "gold",
            "language": "zh-CN",
            "since": 5,
        },
        {"name": "John", "numbers": ["+442079460000"], "note": "pays late"},
        {"name": "nobody", "numbers": ["anonymous"]},
    ]
    assert await directory.seed(people) == 2
    assert await directory.seed(people) == 0
    card = (await directory.brief("01065001234"))["customer"]
    assert (card["name"], card["level"], card["numbers"]) == (
        "王芳",
        "gold",
        ["+861065001234", "+8613800138000"],
    )


async def test_a_brief_is_never_later_than_its_deadline(engine: AsyncEngine) -> None:
    directory = CustomerDirectory(engine, deadline=0.0)
    await directory.seed([{"name": "王芳", "numbers": ["13800138000"]}])
    late = await directory.brief("13800138000")
    assert (late["customer"], late["display_number"]) == (None, "138 0013 8000")
    assert directory.late == 1
    async with asyncio.timeout(5):  # the lookup goes on and serves the next who asks
        while directory.hits == 0:
            await asyncio.sleep(0.01)
            served = await directory.brief("13800138000")
    assert served["customer"]["name"] == "王芳"
    await directory.close()


async def test_a_database_that_is_away_costs_the_history_not_the_call(tmp_path: Path) -> None:
    engine = make_engine("postgresql://callcenter@127.0.0.1:1/nothing", connect_seconds=1)
    directory = CustomerDirectory(engine)
    begun = time.monotonic()
    brief = await directory.brief("13800138000")
    assert time.monotonic() - begun < 0.5
    assert (brief["customer"], brief["timeline"], brief["display_number"]) == (None, [], "138 0013 8000")
    await directory.close()
    await engine.dispose()


async def test_many_who_ask_for_one_number_share_one_lookup(engine: AsyncEngine) -> None:
    directory = CustomerDirectory(engine, deadline=5)
    await directory.seed([{"name": "王芳", "numbers": ["13800138000"]}])
    briefs = await asyncio.gather(*(directory.brief("13800138000") for _ in range(50)))
    assert {brief["customer"]["name"] for brief in briefs} == {"王芳"}
    assert len(directory._under_way) == 0
    await directory.close()
