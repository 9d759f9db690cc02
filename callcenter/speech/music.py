"""Music for waiting callers, composed here, so that nobody's rights are touched.

Seventy seconds of slow broken chords in D major over soft held notes, made of sine waves only: a plucked
voice (decaying partials), a pad (two voices slightly apart, swelling slowly) and a low root, with two quiet
echoes. It ends where it begins, so that it can go round. Pure Python; made once and kept.
"""

from __future__ import annotations

import array
import math
import wave
from pathlib import Path

SAMPLE_RATE = 8000
VERSION = 1
LEVEL_DBFS = -20.0  # RMS: as loud as speech on the line, or a little below
_BEAT = 0.625  # seconds: 96 beats a minute
_BAR = 4 * _BEAT
_PEAK = 0.5

# Chords as MIDI notes: root, then the notes of the pad. Two bars each.
_D, _BM, _G, _A, _EM, _FSM = (
    (38, (57, 62, 66, 69)),
    (35, (59, 62, 66, 71)),
    (31, (59, 62, 67, 71)),
    (33, (57, 61, 64, 69)),
    (40, (59, 64, 67, 71)),
    (42, (57, 61, 66, 69)),
)
_SONG = (_D, _BM, _G, _A, _D, _FSM, _G, _A, _BM, _FSM, _G, _D, _EM, _A)  # 14 chords, 70 s
# Which note of the chord is plucked on each half beat of two bars (-1: none, 4 and 5: an octave higher).
_FIGURES = (
    (0, 1, 2, 3, 2, 1, 2, -1, 0, 2, 3, 4, 3, 2, 1, -1),
    (0, 2, 1, 3, 4, 3, 2, 1, 0, -1, 2, 3, 5, 4, 3, -1),
)


def ensure_music(folder: Path) -> Path:
    """The music file in `folder`, made when it is not there yet (takes seconds). Raises OSError."""
    target = folder / f"waiting-{VERSION}.wav"
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f".{target.name}.part"
    with wave.open(str(made), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        out.writeframes(_pcm(compose()))
    made.replace(target)
    return target


def compose() -> list[float]:
    """The piece as samples between -1 and 1, at the level callers hear."""
    length = int(len(_SONG) * 2 * _BAR * SAMPLE_RATE)
    mix = [0.0] * length
    plucks: dict[int, list[float]] = {}
    for index, (root, notes) in enumerate(_SONG):
        start = int(index * 2 * _BAR * SAMPLE_RATE)
        for note in notes[:3]:
            _add(mix, start, _pad(note, 2 * _BAR + 1.2), 0.11)
        _add(mix, start, _bass(root + 12, 2 * _BAR), 0.30)
        figure = _FIGURES[index % 2]
        for step, which in enumerate(figure):
            if which < 0:
                continue
            note = notes[which] if which < len(notes) else notes[which - 4] + 12
            if note not in plucks:
                plucks[note] = _pluck(note)
            accent = 1.0 if step % 8 == 0 else 0.72 + 0.08 * (step % 3)
            _add(mix, start + int(step * _BEAT / 2 * SAMPLE_RATE), plucks[note], 0.26 * accent)
    _echo(mix, 0.47, 0.22)
    _echo(mix, 0.31, 0.14)
    return _levelled(mix)


def _frequency(note: int) -> float:
    return 440.0 * float(2 ** ((note - 69) / 12))


def _add(mix: list[float], start: int, sound: list[float], volume: float) -> None:
    """Mix a sound in; what reaches over the end comes in again at the beginning."""
    length = len(mix)
    for offset, value in enumerate(sound):
        mix[(start + offset) % length] += value * volume


def _pluck(note: int) -> list[float]:
    """A soft key: the higher a partial, the quicker it dies."""
    base = 2 * math.pi * _frequency(note) / SAMPLE_RATE
    sound = [0.0] * int(1.8 * SAMPLE_RATE)
    for partial, volume, seconds in ((1, 1.0, 0.55), (2, 0.35, 0.30), (3, 0.12, 0.16), (4, 0.05, 0.09)):
        if base * partial > 2.6:  # above 3.3 kHz the telephone carries nothing
            continue
        decay = math.exp(-1 / (seconds * SAMPLE_RATE))
        level = volume
        for n in range(len(sound)):
            sound[n] += level * math.sin(base * partial * n)
            level *= decay
    for n in range(48):  # 6 ms: no click at the start
        sound[n] *= n / 48
    for n in range(1, 400):
        sound[-n] *= n / 400
    return sound


def _pad(note: int, seconds: float) -> list[float]:
    """Two voices a little apart, swelling and fading slowly."""
    count = int(seconds * SAMPLE_RATE)
    base = 2 * math.pi * _frequency(note) / SAMPLE_RATE
    rise, fall = int(0.9 * SAMPLE_RATE), int(1.6 * SAMPLE_RATE)
    sound = []
    for n in range(count):
        envelope = min(1.0, n / rise, (count - n) / fall)
        voices = math.sin(base * 1.0016 * n) + math.sin(base * 0.9984 * n + 1.0)
        sound.append(envelope * envelope * (voices + 0.18 * math.sin(2 * base * n)) / 2)
    return sound


def _bass(note: int, seconds: float) -> list[float]:
    """A low root with enough overtone to be heard on a telephone."""
    count = int(seconds * SAMPLE_RATE)
    base = 2 * math.pi * _frequency(note) / SAMPLE_RATE
    sound = []
    for n in range(count):
        envelope = min(1.0, n / 400, (count - n) / 2000) * math.exp(-n / (1.8 * SAMPLE_RATE))
        sound.append(
            envelope * (math.sin(base * n) + 0.5 * math.sin(2 * base * n) + 0.2 * math.sin(3 * base * n))
        )
    return sound


def _echo(mix: list[float], seconds: float, volume: float) -> None:
    delay = int(seconds * SAMPLE_RATE)
    dry = list(mix)
    for n in range(len(mix)):
        mix[n] += dry[n - delay] * volume  # a negative index comes from the end: the piece goes round


def _levelled(mix: list[float]) -> list[float]:
    """At `LEVEL_DBFS`, single peaks rounded off."""
    rms = math.sqrt(sum(value * value for value in mix) / len(mix))
    gain = 10 ** (LEVEL_DBFS / 20) / rms
    return [_PEAK * math.tanh(value * gain / _PEAK) for value in mix]


def _pcm(samples: list[float]) -> bytes:
    return array.array("h", (round(value * 32767) for value in samples)).tobytes()
