"""Text to speech: the port `Speaker`, and espeak-ng behind it."""

from __future__ import annotations

import asyncio
import contextlib
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

SAMPLE_RATE = 8000
_DEADLINE_SECONDS = 30.0
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]+")

# What the telephone carries (300-3400 Hz); no silence at either end, so that prompts follow closely;
# quiet parts raised and peaks held down, so that voices and languages are equally loud (-18 dBFS RMS or so).
_TELEPHONE = (
    "gain", "-n", "-6", "rate", "-v", str(SAMPLE_RATE),
    "highpass", "180", "lowpass", "3600",
    "silence", "1", "0.02", "0.3%", "reverse", "silence", "1", "0.02", "0.3%", "reverse",
    "norm", "-1", "compand", "0.002,0.08", "6:-70,-70,-40,-30,-20,-15,0,-9", "0", "-60", "0.005",
    "norm", "0", "gain", "-l", "4", "norm", "-3",
    "pad", "0.02", "0.06",
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

    # A lower pitch and a short gap between words make the voice less harsh on the telephone. espeak-ng counts
    # Chinese syllables as words, so Chinese needs a faster pace for the 4 characters a second of people,
    # and no gaps. cmn reads Latin letters as English: mixed texts work.
    DEFAULT_VOICES: Mapping[str, str] = {"zh-CN": "cmn", "en": "en-us"}
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
        return " ".join(["espeak-ng", *self._options(language), *_TELEPHONE])

    async def speak(self, text: str, language: str, target: Path) -> None:
        spoken = sayable(text)
        if not spoken:
            raise SpeechError("there is nothing to say")
        with tempfile.TemporaryDirectory(prefix="callcenter-speech-") as folder:
            raw = Path(folder) / "raw.wav"
            await _run(
                [self._program, *self._options(language), "-b", "1", "--stdin", "-z", "-w", str(raw)],
                spoken.encode(),
            )
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
        await _run(
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


async def _run(command: Sequence[str], stdin: bytes = b"") -> None:
    """Run a program to its end, without a shell. Raises SpeechError with what it complained of."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
    except FileNotFoundError as error:
        raise SpeechError(f"the program '{command[0]}' is not installed") from error
    except OSError as error:
        raise SpeechError(f"{command[0]}: {error.strerror or error}") from error
    try:
        async with asyncio.timeout(_DEADLINE_SECONDS):
            _, complaint = await process.communicate(stdin or None)
    except TimeoutError as error:
        raise SpeechError(f"{command[0]} took longer than {_DEADLINE_SECONDS:g} s") from error
    except RuntimeError as error:  # uvloop's word for a program that ended before it read its input
        raise SpeechError(f"{command[0]} ended too soon: {error}") from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode != 0:
        lines = complaint.decode(errors="replace").strip().splitlines()
        raise SpeechError(f"{command[0]}: {lines[-1][:200] if lines else f'exit code {process.returncode}'}")
