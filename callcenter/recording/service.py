"""Each talk is recorded on two tracks by the switch, then kept as one stereo file: caller left, agent right.

Paths are relative to the recordings folder and made of the call's id alone, so that a restart between the
beginning and the end of a talk loses nothing.
"""

from __future__ import annotations

import asyncio
import re
import warnings
import wave
from contextlib import suppress
from pathlib import Path

from callcenter.storage.facts import Journal
from callcenter.telephony.legs import RecordTracks

with warnings.catch_warnings():
    # pydub looks for ffmpeg when it is imported; only WAV is used here, which needs none
    warnings.simplefilter("ignore")
    from pydub import AudioSegment

_CALL_ID = re.compile(r"[A-Za-z0-9-]{1,64}")

#: of a WAV file, before its samples
_HEADER_BYTES = 44

#: the switch closes the tracks a moment after the talk: how long to wait for them, seconds
SETTLE = 0.5
SETTLE_TRIES = 6


class RecordingFailed(Exception):
    """The tracks are missing or unreadable."""


class Recorder:
    """Plans tracks, and turns them into the kept file."""

    def __init__(self, folder: Path, journal: Journal, *, parallel: int = 2) -> None:
        self._folder = folder
        self._journal = journal
        self._gate = asyncio.Semaphore(parallel)

    def tracks(self, call_id: str) -> RecordTracks:
        """Where the switch writes the two sides of this call's talk; the folder exists on return."""
        folder = self._folder / "tracks"
        folder.mkdir(parents=True, exist_ok=True)
        return RecordTracks(folder / f"{_safe(call_id)}-caller.wav", folder / f"{_safe(call_id)}-agent.wav")

    async def keep(self, call_id: str) -> None:
        """Make the stereo file after the talk and journal it. Never raises: a failure is a fact, too."""
        tracks = self.tracks(call_id)
        target = self._folder / _relative(call_id)
        try:
            async with self._gate:
                for attempt in range(SETTLE_TRIES):
                    await asyncio.sleep(SETTLE)
                    last = attempt == SETTLE_TRIES - 1
                    try:
                        seconds = await asyncio.to_thread(combine, tracks, target, unfinished=last)
                        break
                    except RecordingFailed:
                        if last:
                            self.discard(call_id)  # nothing to hear in them
                            raise
        except (RecordingFailed, OSError) as failure:
            self._journal.write("recording.failed", call_id=call_id, error=str(failure)[:300])
        else:
            self._journal.write(
                "recording.kept", call_id=call_id, path=_relative(call_id), seconds=round(seconds, 2)
            )

    def left_behind(self) -> set[str]:
        """Calls whose tracks nobody turned into a file: the controller died as their talk ended.

        Tracks without any sound (of a ring nobody answered) are removed."""
        found = set()
        for track in (self._folder / "tracks").glob("*.wav"):
            call_id = track.stem.rpartition("-")[0]
            if not _CALL_ID.fullmatch(call_id):
                continue
            if track.stat().st_size > _HEADER_BYTES:
                found.add(call_id)
            else:
                track.unlink(missing_ok=True)
        return found

    def discard(self, call_id: str) -> None:
        """Remove the tracks of a ring that nobody answered."""
        tracks = self.tracks(call_id)
        for track in (tracks.caller, tracks.agent):
            with suppress(OSError):
                track.unlink()


def combine(tracks: RecordTracks, target: Path, *, unfinished: bool = False) -> float:
    """Write caller and agent as left and right of one WAV, remove the tracks, return its seconds.

    A side that has no file, or a shorter one, is silence. Raises RecordingFailed when neither has any sound:
    the files are not written yet, or neither phone sent any. `unfinished`: take also what a switch that died
    has written, without having come to say its length. A second talk of a call is put behind its first.
    """
    sides = [_read(track, unfinished) for track in (tracks.caller, tracks.agent)]
    if all(side is None for side in sides):
        raise RecordingFailed("neither side of the talk has any sound")
    length = max(len(side) for side in sides if side is not None)
    padded = [
        (side or AudioSegment.silent(0, frame_rate=8000)) + AudioSegment.silent(length, frame_rate=8000)
        for side in sides
    ]
    stereo = AudioSegment.from_mono_audiosegments(*(p[:length] for p in padded))
    if (before := _sound(target)) is not None:
        stereo = before + stereo
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    stereo.export(partial, format="wav").close()
    partial.replace(target)
    for track in (tracks.caller, tracks.agent):
        with suppress(OSError):
            track.unlink()
    return len(stereo) / 1000


def seconds_of(path: Path) -> float:
    """How long a WAV file of the switch sounds; 0 for one that is missing or broken."""
    try:
        with wave.open(str(path), "rb") as file:
            return file.getnframes() / (file.getframerate() or 1)
    except (OSError, EOFError, wave.Error):
        return 0.0


def _read(path: Path, unfinished: bool) -> AudioSegment | None:
    segment = _read_finished(path)
    if segment is None and unfinished:
        with suppress(OSError):
            written = path.read_bytes()
            samples = written[_HEADER_BYTES : len(written) & ~1]
            if written[:4] == b"RIFF" and samples:
                return AudioSegment(samples, sample_width=2, frame_rate=8000, channels=1)
    return segment


def _read_finished(path: Path) -> AudioSegment | None:
    segment = _sound(path)
    return None if segment is None else segment.set_channels(1).set_frame_rate(8000).set_sample_width(2)


def _sound(path: Path) -> AudioSegment | None:
    """What a WAV file holds; None for one that is missing, broken or empty."""
    try:
        with wave.open(str(path), "rb") as file:
            data = file.readframes(file.getnframes())
            if not data:
                return None
            return AudioSegment(
                data,
                sample_width=file.getsampwidth(),
                frame_rate=file.getframerate(),
                channels=file.getnchannels(),
            )
    except (OSError, EOFError, wave.Error):
        return None


def _relative(call_id: str) -> str:
    """`2026/11/22/CALL.wav`: call ids begin with their day."""
    safe = _safe(call_id)
    return f"{safe[0:4]}/{safe[4:6]}/{safe[6:8]}/{safe}.wav"


def _safe(call_id: str) -> str:
    if not _CALL_ID.fullmatch(call_id):
        raise ValueError(f"not a call id: {call_id[:40]!r}")
    return call_id
