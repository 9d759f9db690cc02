"""The corpus: lines spoken by many voices, spoiled, as cepstra with the time of each word.

python -m scripts.train_speech_model.corpus en 26000 /tmp/speech-en
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from scripts.train_speech_model import flite_voice, texts, words
from scripts.train_speech_model.flite_voice import Flite
from scripts.train_speech_model.mfcc import mfcc
from scripts.train_speech_model.spoil import RATE, noise, spoiled, to_8k
from scripts.train_speech_model.voice import SOUND_RATE, Espeak, Mark, Said

GARBAGE = -1
Segment = tuple[int, int, int]
"""Word's number or GARBAGE, first frame, frame behind the last."""


def spans(
    marks: tuple[Mark, ...], known: tuple[tuple[int, str], ...], seconds: float
) -> list[tuple[str | None, float, float]]:
    """Where speech is: (word of the model or None for others, start, end), pauses left out.

    A word of the model begins at its place in the text and ends before the next mark outside it.
    """
    places = sorted(known)
    found: list[tuple[str | None, float, float]] = []
    sounds = [mark for mark in marks if mark.kind != "end"]
    owner: tuple[int, str] | None = None
    last_owner: tuple[int, str] | None = None
    for number, mark in enumerate(sounds):
        until = sounds[number + 1].at if number + 1 < len(sounds) else seconds
        if mark.kind == "word":
            inside = [one for one in places if one[0] <= mark.place < one[0] + len(one[1])]
            owner = inside[0] if inside else None
            continue
        if mark.name.startswith("_:") or mark.name == "_" or mark.name.startswith("(") or until <= mark.at:
            continue
        name = owner[1] if owner else None
        key = owner
        if found and found[-1][2] >= mark.at - 0.06 and last_owner == key:
            found[-1] = (name, found[-1][1], until)
        else:
            found.append((name, mark.at, until))
        last_owner = key
    return found


class Maker:
    """Speaks lines of one language."""

    def __init__(self, language: str, draw: Generator, flite: Flite | None = None) -> None:
        self.flite = flite
        self.language = language
        self.draw = draw
        self.espeak = Espeak()
        self.vocabulary = words.vocabulary(language)
        self._number = {word: place for place, word in enumerate(self.vocabulary)}
        base = words.BASES[language][0]
        self.sounds = {word: self._sounds(word, base) for word in self.vocabulary}
        self._taken = set(self.sounds.values())
        self._babble = np.zeros(0, np.float32)

    def _sounds(self, text: str, voice: str) -> tuple[str, ...]:
        said = self.espeak.say(text, voice)
        return tuple(m.name for m in said.marks if m.kind == "sound" and not m.name.startswith(("_", "(")))

    def example(self, kind: str) -> tuple[NDArray[np.float32], list[Segment]] | None:
        """Cepstra and segments of one line; None if it could be taken for a word."""
        draw = self.draw
        if kind == "nothing":
            return self._nothing()
        line = texts.line(kind, self.language, draw, self.vocabulary)
        said = self._said_by_flite(line) if self.flite and kind != "foreign" else self._said(line, kind)
        if said is None:
            return None
        if len(said.samples) < 1000:
            return None
        parts = spans(said.marks, line.known, len(said.samples) / SOUND_RATE)
        if len([part for part in parts if part[0]]) != len(line.known):
            return None
        warp = float(np.clip(draw.normal(1.0, 0.1), 0.78, 1.28))
        sound = to_8k(said.samples, warp)
        sound *= 0.5 / max(1e-4, float(np.abs(sound).max()))
        before, after = int(draw.uniform(0.1, 0.7) * RATE), int(draw.uniform(0.1, 0.6) * RATE)
        end = int(parts[-1][2] / warp * RATE) + 400 if parts else len(sound)
        sound = np.concatenate([np.zeros(before, np.float32), sound[:end], np.zeros(after, np.float32)])
        heard = spoiled(sound, draw, self._babble)
        self._babble = sound[before : before + 16000] if draw.random() < 0.3 else self._babble
        features = mfcc(heard * 32767)
        segments: list[Segment] = []
        for name, start, stop in parts:
            first = round((start / warp + before / RATE) * 100) - 1
            last = min(len(features), round((stop / warp + before / RATE) * 100))
            if last - first >= 3:
                segments.append((self._number[name] if name else GARBAGE, max(0, first), last))
        return features, segments

    def _said(self, line: texts.Line, kind: str) -> Said | None:
        """By espeak-ng; None if it sounds like a word and is none."""
        draw = self.draw
        base = str(
            draw.choice(words.FOREIGN[self.language] if kind == "foreign" else words.BASES[self.language])
        )
        voice = base if draw.random() < 0.04 else f"{base}+{draw.choice(words.VARIANTS)}"
        rate = int(draw.integers(105, 275)) if draw.random() < 0.8 else int(draw.integers(80, 330))
        rate += 4 if any(abs(rate - held) < 3 for held in words.TEST_RATES) else 0
        said = self.espeak.say(
            line.text, voice, rate=rate, pitch=int(draw.integers(15, 85)), spread=int(draw.integers(15, 95))
        )
        if not line.known:
            names = tuple(
                m.name for m in said.marks if m.kind == "sound" and not m.name.startswith(("_", "("))
            )
            if names in self._taken or len(names) < 2:
                return None
        return said

    def _said_by_flite(self, line: texts.Line) -> Said | None:
        draw = self.draw
        assert self.flite is not None
        voice = str(draw.choice(flite_voice.VOICES))
        stretch, shift = float(draw.uniform(0.65, 1.35)), float(draw.uniform(0.75, 1.5))
        return self.flite.say(line.text, voice, stretch=stretch, shift=shift)

    def _nothing(self) -> tuple[NDArray[np.float32], list[Segment]]:
        """Noise, tones, a dead line."""
        draw = self.draw
        count = int(draw.uniform(0.8, 3) * RATE)
        sound = noise(count, draw) * 0.1
        match int(draw.integers(4)):
            case 0:
                sound = np.zeros(count, np.float32)
            case 1:  # keys
                times = np.arange(count) / RATE
                tone = np.sin(2 * np.pi * draw.choice([697, 770, 852, 941]) * times)
                tone += np.sin(2 * np.pi * draw.choice([1209, 1336, 1477]) * times)
                sound = np.asarray(
                    tone * (np.sin(2 * np.pi * 2 * times + draw.uniform(0, 6)) > 0) * 0.2, np.float32
                )
            case 2:  # music
                times = np.arange(count) / RATE
                steps = np.repeat(110 * 2 ** (draw.integers(0, 36, 12) / 12), count // 12 + 1)[:count]
                tone = sum(np.sin(2 * np.pi * np.cumsum(steps) * n / RATE) / n for n in range(1, 5))
                sound = np.asarray(tone * (0.5 + 0.5 * np.cos(times * 9)) * 0.1, np.float32)
        return mfcc(spoiled(np.asarray(sound, np.float32), draw) * 32767), []


PIECE = 500


FLITE_SEEDS = 1000
"""Pieces from this seed on are spoken by flite."""


def make_piece(language: str, file: Path, seed: int) -> None:
    """`PIECE` lines into one file."""
    draw = np.random.default_rng(seed)
    flite = Flite(file.with_suffix(".wav")) if seed >= FLITE_SEEDS else None
    maker = Maker(language, draw, flite)
    kinds, shares = list(texts.KINDS), np.array(list(texts.KINDS.values()))
    features: list[NDArray[np.float32]] = []
    segments: list[Segment] = []
    frames = 0
    while len(features) < PIECE:
        example = maker.example(str(draw.choice(kinds, p=shares / shares.sum())))
        if example is None:
            continue
        rows, parts = example
        segments += [(word, frames + first, frames + last) for word, first, last in parts]
        features.append(rows)
        frames += len(rows)
    sizes = [
        max(3, round(len(maker.sounds[word]) * (1.3 if language == "en" else 1.6)))
        for word in maker.vocabulary
    ]
    np.savez(
        file,
        features=np.concatenate(features).astype(np.float16),
        segments=np.array(segments),
        states=np.array(sizes),
    )


def make(language: str, count: int, folder: Path, flite_count: int = 0) -> None:
    """Write features.npy (float16), segments.npy, states.npy (states of each word) and plain.npy to `folder`.

    plain.npy: how many frames espeak-ng spoke; flite's lines come behind them.

    Each piece has a process of its own: espeak-ng at times crashes on an odd text, and then the piece is left
    out and another begun.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pieces: list[Path] = []
    seed = 0
    while len(pieces) * PIECE < count + flite_count:
        seed = FLITE_SEEDS if seed < FLITE_SEEDS and len(pieces) * PIECE >= count else seed + 1
        file = folder / f"piece{seed}.npz"
        command = [
            sys.executable,
            "-m",
            "scripts.train_speech_model.corpus",
            language,
            str(file),
            str(seed),
            "piece",
        ]
        code = 0 if file.exists() else subprocess.run(command, timeout=400, check=False).returncode
        print(f"{language}: piece {seed} {'made' if code == 0 else f'crashed ({code})'}", flush=True)
        if code == 0:
            pieces.append(file)
    loaded = [np.load(file) for file in pieces]
    offsets = np.concatenate([[0], np.cumsum([len(one["features"]) for one in loaded])])
    np.save(folder / "features.npy", np.concatenate([one["features"] for one in loaded]))
    shifted = [
        one["segments"] + [0, int(offset), int(offset)]
        for one, offset in zip(loaded, offsets[:-1], strict=True)
    ]
    np.save(folder / "segments.npy", np.concatenate(shifted))
    np.save(folder / "states.npy", loaded[0]["states"])
    plain = sum(int(file.stem.removeprefix("piece")) < FLITE_SEEDS for file in pieces)
    np.save(folder / "plain.npy", offsets[plain])


if __name__ == "__main__":
    if sys.argv[-1] == "piece":
        make_piece(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
    else:
        make(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else 0)
