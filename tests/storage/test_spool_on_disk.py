"""Facts on the local disk: safe at once, whatever happens to the process or the disk."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.storage.facts import Fact
from callcenter.storage.journal import SpoolJournal
from callcenter.storage.spool import SpoolInUse, decode_line, encode_line
from callcenter.telephony.clock import SystemClock

CHILD = """
import sys
from pathlib import Path
from callcenter.storage.journal import SpoolJournal
from callcenter.telephony.clock import SystemClock
journal = SpoolJournal(Path(sys.argv[1]), SystemClock(), segment_bytes=4000)
while True:
    fact = journal.write("ivr.node", call_id="c", flow="main", node="menu", type="menu")
    sys.stdout.write(f"{fact.seq}\\n")
    sys.stdout.flush()
"""


def everything(journal: SpoolJournal) -> list[Fact]:
    """All that the journal would still bring to the database, in order."""
    found: list[Fact] = []
    while facts := journal.unsaved(7):
        found += facts
        journal.saved(facts[-1].seq)
    return found


@contextmanager
def full_disk(after_bytes: int) -> Iterator[None]:
    """The kernel refuses files larger than this, as it refuses a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (after_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_killed_process_loses_no_fact_it_was_told_of(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    told = 0
    while told < 500:
        told = int(child.stdout.readline())
    child.send_signal(signal.SIGKILL)
    told = max(
        [told, *(int(line) for line in child.stdout.read().splitlines(keepends=True) if line.endswith(b"\n"))]
    )
    child.wait()
    child.stdout.close()
    journal = SpoolJournal(tmp_path, SystemClock())
    assert journal.last_seq >= told
    assert [fact.seq for fact in everything(journal)] == list(range(1, journal.last_seq + 1))
    journal.close()


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 30),
    segment=st.integers(100, 2000),
    cut=st.integers(0, 400),
    name=st.text(max_size=20),
)
def test_a_spool_cut_anywhere_keeps_what_was_whole_and_doubles_nothing(
    count: int, segment: int, cut: int, name: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first = SpoolJournal(Path(folder), SystemClock(), segment_bytes=segment)
        written = [first.write("ivr.collected", call_id="c", name=name, value=n) for n in range(count)]
        first.close()
        newest = max(Path(folder).glob("*.jsonl"))
        data = newest.read_bytes()
        newest.write_bytes(data[: max(0, len(data) - cut)])
        lost = data.count(b"\n") - data[: max(0, len(data) - cut)].count(b"\n")

        second = SpoolJournal(Path(folder), SystemClock(), segment_bytes=segment)
        assert second.last_seq == count - lost
        after = second.write("call.ended", call_id="c")
        assert everything(second) == [*written[: count - lost], after]
        second.close()


@given(st.binary(max_size=200))
def test_no_line_of_bytes_breaks_the_reader(line: bytes) -> None:
    fact = decode_line(line)
    assert fact is None or isinstance(fact.seq, int)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=8), json_values, max_size=4))
def test_what_is_written_is_read_again(data: dict[str, Any]) -> None:
    fact = Fact(3, 1.5, "ivr.collected", "c", "amy", data)
    assert decode_line(encode_line(fact)) == fact


def test_values_json_does_not_know_are_kept_as_text(tmp_path: Path) -> None:
    journal = SpoolJournal(tmp_path, SystemClock())
    half = b"\xff".decode("utf-8", "surrogateescape")
    fact = journal.write("mended", what=Path("/x"), who={1}, name=half, big=2**80, inner={"x": object})
    assert fact.data["what"] == "/x"
    assert fact.data["name"] == "?"
    assert everything(journal) == [fact]
    journal.close()
    again = SpoolJournal(tmp_path, SystemClock())
    assert everything(again) == [fact]
    again.close()


def test_two_processes_can_not_write_the_same_spool(tmp_path: Path) -> None:
    journal = SpoolJournal(tmp_path, SystemClock())
    with pytest.raises(SpoolInUse):
        SpoolJournal(tmp_path, SystemClock())
    journal.close()
    SpoolJournal(tmp_path, SystemClock()).close()


def test_segments_go_when_the_database_has_them_and_the_count_goes_on(tmp_path: Path) -> None:
    journal = SpoolJournal(tmp_path, SystemClock(), segment_bytes=500)
    for n in range(100):
        journal.write("ivr.key", call_id="c", node="menu", key=str(n))
    assert len(list(tmp_path.glob("*.jsonl"))) > 5
    journal.saved(100)
    assert len(list(tmp_path.glob("*.jsonl"))) <= 2
    journal.close()
    later = SpoolJournal(tmp_path, SystemClock(), segment_bytes=500)
    assert later.last_seq == 100
    later.saved(100)
    assert later.write("call.ended").seq == 101
    later.close()


def test_a_long_absence_of_the_database_does_not_fill_the_memory(tmp_path: Path) -> None:
    journal = SpoolJournal(tmp_path, SystemClock(), memory_facts=50, segment_bytes=3000)
    for n in range(400):
        journal.write("ivr.key", call_id="c", node="menu", key=str(n))
    first = journal.unsaved(30)
    journal.saved(first[-1].seq)
    for n in range(400, 600):  # facts go on while the database catches up
        journal.write("ivr.key", call_id="c", node="menu", key=str(n))
    keys = [fact.data["key"] for fact in [*first, *everything(journal)]]
    assert keys == [str(n) for n in range(600)]
    journal.close()


def test_a_full_disk_is_survived_and_nothing_written_meanwhile_is_lost(tmp_path: Path) -> None:
    from tests.storage.conftest import WatchClock

    clock = WatchClock()
    journal = SpoolJournal(tmp_path, clock)
    for n in range(20):
        journal.write("ivr.key", key=str(n))
    size = os.path.getsize(max(tmp_path.glob("*.jsonl")))
    with full_disk(size + 100):  # room for one line and a half
        for n in range(20, 40):
            journal.write("ivr.key", key=str(n))
        assert journal.disk_refuses
    clock.at += 2
    journal.write("ivr.key", key="40")
    assert not journal.disk_refuses
    journal.close()
    again = SpoolJournal(tmp_path, clock)
    assert [fact.data["key"] for fact in everything(again)] == [str(n) for n in range(41)]
    again.close()


def test_a_listener_that_fails_stops_neither_the_writer_nor_the_others(tmp_path: Path) -> None:
    journal = SpoolJournal(tmp_path, SystemClock())
    heard: list[str] = []

    def broken(fact: Fact) -> None:
        raise RuntimeError("a listener's own fault")

    journal.subscribe(broken)
    end = journal.subscribe(lambda fact: heard.append(fact.kind))
    journal.write("call.offered", call_id="c")
    end()
    journal.write("call.ended", call_id="c")
    assert heard == ["call.offered"]
    assert journal.last_seq == 2
    journal.close()
