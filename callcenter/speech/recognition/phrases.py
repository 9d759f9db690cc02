"""From the phrases of a menu to words a model knows, and back from words heard to a phrase. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

UNKNOWN = "[unk]"
"""What engines call speech outside the grammar."""
DIGITS = dict(
    zip(
        ("zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
        "00123456789",
        strict=True,
    )
) | dict(zip("零一二三四五六七八九幺两", "012345678912", strict=True))
"""Digits as words, and as they are written."""
_LONGEST_WORD = 8
_SEPARATORS = re.compile(r"[\s,.!?;:，。！？；：、]+")


@dataclass(frozen=True, slots=True)
class Fitted:
    """A phrase as asked for, and as the model's words (unknown ones as `[unk]`)."""

    phrase: str
    words: tuple[str, ...]


def split(phrase: str, known: Callable[[str], bool]) -> list[str]:
    """The words of a phrase. Chinese is written without blanks: as few known words as cover it."""
    words: list[str] = []
    for part in _SEPARATORS.split(phrase.lower().strip()):
        if not part:
            continue
        if known(part) or part.isascii():
            words.append(part)
        else:
            words += _cut(part, known)
    return words


def _cut(text: str, known: Callable[[str], bool]) -> list[str]:
    """Fewest words, unknown characters counting most."""
    best: list[tuple[int, list[str]]] = [(0, [])]
    for end in range(1, len(text) + 1):
        ways = []
        for start in range(max(0, end - _LONGEST_WORD), end):
            word = text[start:end]
            if known(word):
                ways.append((best[start][0] + 1, [*best[start][1], word]))
            elif end - start == 1:
                ways.append((best[start][0] + 100, [*best[start][1], word]))
        best.append(min(ways, key=lambda way: way[0]))
    return best[-1][1]


def fit(phrases: Iterable[str], known: Callable[[str], bool]) -> list[Fitted]:
    """Each phrase of which the model knows at least one word."""
    fitted = []
    for phrase in phrases:
        words = [word if known(word) else UNKNOWN for word in split(phrase, known)]
        plain = tuple(
            word for place, word in enumerate(words) if word != UNKNOWN or words[:place][-1:] != [UNKNOWN]
        )
        if any(word != UNKNOWN for word in plain):
            fitted.append(Fitted(phrase, plain))
    return fitted


@dataclass(frozen=True, slots=True)
class Choice:
    """The phrase that was said; `alone`: and nothing else."""

    text: str
    alone: bool
    first: int
    last: int
    """The heard words it is made of, from `first` up to but not `last`."""


def choose(heard: Sequence[str], fitted: Sequence[Fitted]) -> Choice | None:
    """Which phrase the heard words are; None if none, or several different ones.

    Words around it are allowed ("a refund, please"). Only digits may follow one another.
    """
    found: list[tuple[str, int, int]] = []
    longest_first = sorted(fitted, key=lambda one: -len(one.words))
    place = 0
    while place < len(heard):
        for one in longest_first:
            end = place + len(one.words)
            if tuple(heard[place:end]) == one.words:
                found.append((one.phrase, place, end))
                place = end
                break
        else:
            place += 1  # other speech, or a word that is none without its neighbours
    if not found:
        return None
    first, last = found[0][1], found[-1][2]
    alone = sum(end - start for _, start, end in found) == len(heard)
    phrases = [phrase for phrase, _, _ in found]
    digits = all(len(one.words) == 1 and one.words[0] in DIGITS for one in fitted if one.phrase in phrases)
    if len(set(phrases)) > 1 and not digits:
        return None
    return Choice(" ".join(phrases) if digits else phrases[0], alone, first, last)


def as_digits(text: str) -> str:
    """ "one oh 七" -> "107"; "" if anything but digits was said."""
    digits = [DIGITS.get(word, "") for word in text.split()]
    return "".join(digits) if all(digits) else ""
