"""Versions of flows and the positions of emergency switches are kept as they came into force."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.storage.emergencies import last_emergencies
from callcenter.storage.flow_versions import FlowVersion, FlowVersions
from callcenter.storage.journal import SpoolJournal
from callcenter.storage.writer import JournalWriter
from tests.storage.conftest import WatchClock


async def test_each_version_is_kept_with_its_text_and_who_brought_it(
    engine: AsyncEngine, tmp_path: Path, clock: WatchClock
) -> None:
    spool = SpoolJournal(tmp_path, clock)
    writer = JournalWriter(engine, spool, interval=0)
    await writer.start()
    for version, by in (("aa", "file"), ("bb", "ada"), ("aa", "ada")):  # the first was put back
        clock.at += 10
        spool.write("flow.in_force", flow="main", version=version, by=by, text=f"text of {version}\n客服")
    spool.write("flow.in_force", flow="other", version="cc", by="file", text="x")
    spool.write("flow.in_force", flow="short", version="dd", by="file")  # replaced before it could be read
    await writer.flush(30)
    versions = FlowVersions(engine)
    at = clock.at
    assert await versions.of("main") == [
        FlowVersion("aa", at, "ada"),
        FlowVersion("bb", at - 10, "ada"),
        FlowVersion("aa", at - 20, "file"),
    ]
    assert await versions.text("main", "bb") == "text of bb\n客服"
    assert await versions.text("other", "bb") is None
    assert await versions.newest() == {
        "main": FlowVersion("aa", at, "ada"),
        "other": FlowVersion("cc", at, "file"),
    }
    assert writer._task is not None
    writer._task.cancel()
    spool._spool.close()
    again = SpoolJournal(tmp_path, clock)
    second = JournalWriter(engine, again, interval=0)
    await second.start()  # the spool is told once more
    assert len(await versions.of("main")) == 3
    await second.stop()
    again.close()


async def test_a_thrown_switch_is_still_thrown_after_a_restart(
    engine: AsyncEngine, tmp_path: Path, clock: WatchClock
) -> None:
    spool = SpoolJournal(tmp_path, clock)
    writer = JournalWriter(engine, spool, interval=0)
    await writer.start()
    spool.write("emergency.switched", id="outage", on=True, by="sue", note="the network is down")
    spool.write("emergency.switched", id="storm", on=True, by="sue", note="")
    spool.write("emergency.switched", id="storm", on=False, by="ada", note="over")
    await writer.flush(30)
    last = await last_emergencies(engine)
    assert last["outage"].data == {"id": "outage", "on": True, "by": "sue", "note": "the network is down"}
    assert (last["storm"].data["on"], last["storm"].data["by"], last["storm"].at) == (False, "ada", clock.at)
    await writer.stop()
    spool.close()
