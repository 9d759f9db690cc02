"""Text to speech: the port `Speaker`, and espeak-ng behind it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from callcenter.speech.pinyin import PINYIN_VOICE, pinyin_markup
from callcenter.speech.spoken import spoken, unsayable

__all__ = ["EspeakSpeaker", "Speaker", "SpeechError", "run", "sayable", "to_telephone", "unsayable"]

SAMPLE_RATE = 8000
_DEADLINE_SECONDS = 30.0
_READING_VERSION = 2  # of how texts are prepared; raise it when kept prompts would be said otherwise
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]+")

# What the telephone carries (300-3400 Hz); no silence at either end, so that prompts follow closely;
# quiet parts raised and peaks held down, so that voices and languages are equally loud (-18 dBFS RMS or so).
_TELEPHONE = (
    "gain", "-n", "-6", "rate", "-v", str(SAMPLE_RATE),
    "highpass", "180", "lowpass", "3600",
    "silence", "1", "0.02", "0.3%", "reverse", "silence", "1", "0.02", "0.3%", "reverse",
    "norm", "-1", "compand", "0.002,0.08", "6:-70,-70,-40,-30,-20,-15,0,-9", "0", "-60", "0.005",
    "norm", "0", "gain", "-l", "4", "norm", "-3",
    "pad", "0.01", "0.04",
)  # fmt: skip


class SpeechError(Exception):
    """A text or sound file could not be made audible. The message says why, in a line."""


class Speaker(Protocol):
    """A speech engine."""

    def identity(self, language: str) -> str:
        """Engine, voice and settings: when it changes, kept files are made anew."""

    async def speak(self, text: str, language: str, target: Path) -> None:
        """Write `text` to `target` as 8 kHz mono 16-bit WAV. Raises SpeechError."""


class EspeakSpeaker:
    """espeak-ng and sox, each a process of its own; the text goes through a pipe, never through a shell."""

    # The voice "cmn" of espeak-ng 1.51 (Debian 12) says the number of each tone in English.
    DEFAULT_VOICES: Mapping[str, str] = {"zh-CN": PINYIN_VOICE, "en": "en-us"}
    # A lower pitch and a short gap between words make the voice less harsh on the telephone. espeak-ng counts
    # Chinese syllables as words, so Chinese needs a faster pace for the 4 characters a second of people,
    # and no gaps.
    _PACE: Mapping[str, float] = {"zh-CN": 1.45}
    _GAP: Mapping[str, int] = {"zh-CN": 0}

    def __init__(
        self,
        voices: Mapping[str, str] | None = None,
        words_per_minute: int = 160,
        pitch: int = 45,
        program: str = "espeak-ng",
        sox: str = "sox",
    ) -> None:
        self._voices = {**self.DEFAULT_VOICES, **(voices or {})}
        self._words_per_minute = words_per_minute
        self._pitch = pitch
        self._program = program
        self._sox = sox

    def identity(self, language: str) -> str:
        return " ".join([f"espeak-ng/{_READING_VERSION}", *self._options(language), *_TELEPHONE])

    async def speak(self, text: str, language: str, target: Path) -> None:
        said = sayable(spoken(text, language))
        if not said:
            raise SpeechError("there is nothing to say")
        voice = self._voice(language)
        options = ["-b", "1", "--stdin", "-z"]
        if voice.startswith(PINYIN_VOICE):
            said = await asyncio.to_thread(pinyin_markup, said, voice, self._voice("en"))
            options.append("-m")
        with tempfile.TemporaryDirectory(prefix="callcenter-speech-") as folder:
            raw = Path(folder) / "raw.wav"
            await run([self._program, *self._options(language), *options, "-w", str(raw)], said.encode())
            await to_telephone(raw, target, self._sox)

    def _options(self, language: str) -> list[str]:
        pace = round(self._words_per_minute * self._PACE.get(language, 1.0))
        gap = self._GAP.get(language, 1)
        return ["-v", self._voice(language), "-s", str(pace), "-p", str(self._pitch), "-g", str(gap)]

    def _voice(self, language: str) -> str:
        voice = self._voices.get(language)
        if voice is None:
            raise SpeechError(f"there is no voice for {language}")
        return voice


async def to_telephone(source: Path, target: Path, sox: str = "sox") -> None:
    """Convert any sound file sox can read into an 8 kHz mono 16-bit WAV. Raises SpeechError."""
    made = target.with_name(target.name + ".part.wav")
    try:
        await run(
            [
                sox,
                "-V1",
                "-D",
                str(source),
                "-c",
                "1",
                "-b",
                "16",
                "-e",
                "signed-integer",
                str(made),
                *_TELEPHONE,
            ]
        )
        if _seconds(made) < 0.05:
            raise SpeechError("it would be silence")
        made.replace(target)
    except OSError as error:
        raise SpeechError(f"{target}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            made.unlink(missing_ok=True)


def sayable(text: str) -> str:
    """The text without what an engine would take for a command: control characters and [[phonemes]]."""
    return _CONTROL.sub(" ", text).replace("[[", "[ [").strip()


def _seconds(wav: Path) -> float:
    return max(0, wav.stat().st_size - 44) / (SAMPLE_RATE * 2)


async def run(command: Sequence[str], stdin: bytes = b"", seconds: float = _DEADLINE_SECONDS) -> None:
    """Run a program to its end, without a shell, and what it started with it.

    Raises SpeechError with what it complained of, also when it takes longer than `seconds`.

    A thread starts it: uvloop copies the whole process for a child and waits until that has become the
    program, in which time (50 ms at 200 MB on a busy machine) no caller is served. The standard library
    copies nothing.
    """
    starting = asyncio.ensure_future(asyncio.to_thread(_start, command, bool(stdin)))
    try:
        process = await asyncio.shield(starting)
    except asyncio.CancelledError:
        starting.add_done_callback(_end_late)
        raise
    except FileNotFoundError as error:
        raise SpeechError(f"the program '{command[0]}' is not installed") from error
    except OSError as error:
        raise SpeechError(f"{command[0]}: {error.strerror or error}") from error
    talking = asyncio.ensure_future(asyncio.to_thread(process.communicate, stdin or None))
    try:
        async with asyncio.timeout(seconds):
            _, complaint = await asyncio.shield(talking)
    except TimeoutError as error:
        raise SpeechError(f"{command[0]} took longer than {seconds:g} s") from error
    finally:
        if not talking.done():
            _kill(process)
            await asyncio.wait([talking])
    if process.returncode != 0:
        lines = complaint.decode(errors="replace").strip().splitlines()
        raise SpeechError(f"{command[0]}: {lines[-1][:200] if lines else f'exit code {process.returncode}'}")


def _start(command: Sequence[str], has_input: bool) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE if has_input else subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,  # so that its children can be ended with it
    )


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _end_late(starting: asyncio.Future[subprocess.Popen[bytes]]) -> None:
    """Nobody wants what this program makes."""
    if not starting.cancelled() and starting.exception() is None:
        process = starting.result()
        _kill(process)
        process.communicate()
