"""Tracks that a dead controller or a dead switch left behind become recordings all the same."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from callcenter.recording.service import Recorder, RecordingFailed, combine
from callcenter.simulation.journal import MemoryJournal
from callcenter.simulation.virtual_time import VirtualClock, run_virtual

CALL = "20260102-030405-abcdef"
SECOND = b"\x01\x10" * 8000


def written(path: Path, samples: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples)


def cut_off(path: Path, samples: bytes) -> None:
    """As the switch leaves it when it dies: the lengths in the header are still zero."""
    written(path, samples)
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = bytes(4)
    path.write_bytes(data)


def recorder(folder: Path) -> tuple[Recorder, MemoryJournal]:
    async def make() -> tuple[Recorder, MemoryJournal]:
        journal = MemoryJournal(VirtualClock())
        return Recorder(folder, journal), journal

    return run_virtual(make())


def test_what_a_dead_switch_has_written_is_kept_at_last(tmp_path: Path) -> None:
    at_work, _ = recorder(tmp_path)
    tracks = at_work.tracks(CALL)
    cut_off(tracks.caller, SECOND * 3 + b"\x01")  # the last sample is half there
    cut_off(tracks.agent, SECOND * 2)
    with pytest.raises(RecordingFailed):
        combine(tracks, tmp_path / "kept.wav")
    assert combine(tracks, tmp_path / "kept.wav", unfinished=True) == pytest.approx(3.0)
    with wave.open(str(tmp_path / "kept.wav")) as file:
        assert (file.getnchannels(), file.getnframes()) == (2, 24_000)
    assert not tracks.caller.exists() and not tracks.agent.exists()


def test_tracks_nobody_combined_are_found_and_empty_ones_removed(tmp_path: Path) -> None:
    at_work, _ = recorder(tmp_path)
    tracks = at_work.tracks(CALL)
    written(tracks.caller, SECOND)
    other = at_work.tracks("20260102-030406-fedcba")
    written(other.caller, b"")
    written(other.agent, b"")
    (tmp_path / "tracks" / "notes.wav").write_bytes(b"not ours" * 20)
    assert at_work.left_behind() == {CALL}
    assert not other.caller.exists() and not other.agent.exists()


def test_there_may_be_nothing_at_all(tmp_path: Path) -> None:
    assert recorder(tmp_path / "new")[0].left_behind() == set()


def test_tracks_without_sound_fail_once_and_do_not_come_back(tmp_path: Path) -> None:
    async def story() -> list[str]:
        journal = MemoryJournal(VirtualClock())
        at_work = Recorder(tmp_path, journal)
        tracks = at_work.tracks(CALL)
        tracks.caller.write_bytes(b"garbage, and more than a header of it" * 3)
        assert at_work.left_behind() == {CALL}
        await at_work.keep(CALL)
        assert at_work.left_behind() == set()
        return [fact.kind for fact in journal.facts]

    assert run_virtual(story()) == ["recording.failed"]
