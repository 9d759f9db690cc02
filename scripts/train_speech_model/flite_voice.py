"""flite as a second synthesiser for English, so that the model does not learn espeak-ng's ways only.

The Debian package `flite` is needed for training only. Voices `slt` and `rms` are kept for testing.
"""

from __future__ import annotations

import subprocess
import wave
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from scripts.train_speech_model.voice import SOUND_RATE, Mark, Said

VOICES = ("kal", "awb")
TEST_VOICES = ("slt", "rms")


class Flite:
    """One process a text."""

    def __init__(self, folder: Path) -> None:
        self._file = folder
        self._phones: dict[tuple[str, str], list[str]] = {}

    def say(self, text: str, voice: str, *, stretch: float = 1.0, shift: float = 1.0) -> Said | None:
        """`stretch` over 1: slower, `shift` over 1: higher. None if words cannot be told apart."""
        ends = self._speak(text, voice, stretch, shift)
        with wave.open(str(self._file)) as file:
            rate, data = file.getframerate(), file.readframes(file.getnframes())
        samples = resample_poly(np.frombuffer(data, "<i2").astype(np.float32) / 32768, SOUND_RATE, rate)
        marks = self._marks(text, voice, ends)
        return None if marks is None else Said(np.asarray(samples, np.float32), tuple(marks))

    def _speak(self, text: str, voice: str, stretch: float, shift: float) -> list[tuple[str, float]]:
        """The sounds and when each ends."""
        settings = ["--setf", f"duration_stretch={stretch:.2f}", "--setf", f"f0_shift={shift:.2f}"]
        command = ["flite", "-voice", voice, *settings, "-psdur", "-t", text, "-o", str(self._file)]
        told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout
        return [(name, float(end)) for name, _, end in (part.partition(":") for part in told.split()) if end]

    def _marks(self, text: str, voice: str, ends: list[tuple[str, float]]) -> list[Mark] | None:
        words, place = [], 0
        for word in text.replace(",", " ").split():
            place = text.index(word, place)
            words.append((place + 1, self._alone(word, voice)))
            place += len(word)
        marks: list[Mark] = []
        owed: list[str] = []
        at, here = 0.0, 0
        for name, end in ends:
            if name == "pau":
                marks.append(Mark("sound", at, 0, "_:"))
            else:
                if not owed:
                    if not words:
                        return None
                    here, owed = words[0][0], list(words[0][1])
                    words = words[1:]
                    marks.append(Mark("word", at, here))
                if not owed or owed.pop(0)[0] != name[0]:  # vowels may be weaker within a text
                    return None
                marks.append(Mark("sound", at, here, name))
            at = end
        return marks if not owed and not words else None

    def _alone(self, word: str, voice: str) -> list[str]:
        key = (word, voice)
        if key not in self._phones:
            self._phones[key] = [name for name, _ in self._speak(word, voice, 1.0, 1.0) if name != "pau"]
        return self._phones[key]
