"""espeak-ng as a library: a text becomes samples, with the time of each word and sound in them.

    voice = Espeak()
    said = voice.say("one two", "en-us+m3", rate=170, pitch=50, spread=50)
    said.samples, said.words          # float32 at 22,050 Hz; [Spoken(place=1, start=0.0, end=0.31), ...]

One engine a process: the library keeps its state to itself.
"""

from __future__ import annotations

import ctypes
from ctypes import CFUNCTYPE, POINTER, Structure, Union, c_char_p, c_int, c_short, c_uint, c_void_p
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SOUND_RATE = 22050
_RETRIEVAL, _PHONEME_EVENTS, _DONT_EXIT = 1, 0x0001, 0x8000
_UTF8_AND_PAUSES = 1 | 0x1000
_WORD, _END, _PHONEME = 1, 5, 7
_RATE, _VOLUME, _PITCH, _RANGE = 1, 2, 3, 4


class _Id(Union):
    _fields_ = [("number", c_int), ("name", c_char_p), ("string", ctypes.c_char * 8)]


class _Event(Structure):
    _fields_ = [
        ("type", c_int), ("unique_identifier", c_uint), ("text_position", c_int), ("length", c_int),
        ("audio_position", c_int), ("sample", c_int), ("user_data", c_void_p), ("id", _Id),
    ]  # fmt: skip


_CALLBACK = CFUNCTYPE(c_int, POINTER(c_short), c_int, POINTER(_Event))


@dataclass(frozen=True, slots=True)
class Mark:
    """A word (`name` empty) or a sound. `place`: the word's first character, from 1; `at`: seconds."""

    kind: str
    at: float
    place: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a text."""

    samples: NDArray[np.float32]
    marks: tuple[Mark, ...]


class UnknownVoice(ValueError):
    """espeak-ng has no such voice or variant."""


class Espeak:
    """The one engine of this process."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libespeak-ng.so.1")
        rate = self._library.espeak_Initialize(_RETRIEVAL, 0, None, _PHONEME_EVENTS | _DONT_EXIT)
        if rate != SOUND_RATE:
            raise RuntimeError(f"espeak-ng speaks at {rate} Hz, {SOUND_RATE} expected")
        self._pieces: list[bytes] = []
        self._marks: list[Mark] = []
        self._callback = _CALLBACK(self._hear)  # kept: the library calls it later
        self._library.espeak_SetSynthCallback(self._callback)
        self._voice = ""

    def _hear(self, samples: ctypes._Pointer[c_short], count: int, events: ctypes._Pointer[_Event]) -> int:
        if samples and count > 0:
            self._pieces.append(ctypes.string_at(samples, count * 2))
        place = 0
        while events[place].type != 0:
            event = events[place]
            at = event.audio_position / 1000
            if event.type == _WORD:
                self._marks.append(Mark("word", at, event.text_position))
            elif event.type == _PHONEME:
                self._marks.append(
                    Mark("sound", at, event.text_position, event.id.string.decode("utf-8", "replace"))
                )
            elif event.type == _END:
                self._marks.append(Mark("end", at))
            place += 1
        return 0

    def say(self, text: str, voice: str, *, rate: int = 170, pitch: int = 50, spread: int = 50) -> Said:
        """Speak `text`. `rate` in words a minute; `pitch` and `spread` (how lively) 0 to 99."""
        if voice != self._voice:
            if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
                raise UnknownVoice(voice)
            self._voice = voice
        for parameter, value in ((_RATE, rate), (_VOLUME, 90), (_PITCH, pitch), (_RANGE, spread)):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._pieces, self._marks = [], []
        data = text.encode()
        self._library.espeak_Synth(data, len(data) + 1, 0, 1, 0, _UTF8_AND_PAUSES, None, None)
        self._library.espeak_Synchronize()
        samples = np.frombuffer(b"".join(self._pieces), dtype="<i2").astype(np.float32) / 32768
        return Said(samples, tuple(self._marks))
