"""What is said in training: words alone and in strings, words within sentences, and much that is no word."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.random import Generator

from scripts.train_speech_model import words


@dataclass(frozen=True, slots=True)
class Line:
    """A text, and which parts are words of the model: (first character from 1, word); others are garbage."""

    text: str
    known: tuple[tuple[int, str], ...] = ()
    kind: str = "word"


KINDS = {"word": 0.33, "digits": 0.15, "words": 0.05, "carried": 0.12, "other": 0.13, "odd": 0.11,
"near": 0.07,
         "foreign": 0.02, "nothing": 0.02}  # fmt: skip


def line(kind: str, language: str, draw: Generator, order: list[str]) -> Line:
    """One line of that kind. `order`: the vocabulary, drawn from evenly."""
    match kind:
        case "word":
            return _string([order[draw.integers(len(order))]], language, draw, kind)
        case "digits":
            count = int(draw.choice([2, 3, 4, 4, 4, 5, 6, 8, 11]))
            return _string(
                [str(draw.choice(words.DIGITS[language])) for _ in range(count)], language, draw, kind
            )
        case "words":
            count = int(draw.integers(2, 4))
            return _string([order[draw.integers(len(order))] for _ in range(count)], language, draw, kind)
        case "carried":
            word = order[draw.integers(len(order))]
            carrier = str(draw.choice(words.CARRIERS[language]))
            before, _, after = carrier.partition("{}")
            return Line(before + word + after, ((len(before) + 1, word),), kind)
        case "other":
            others = [word for word in words.OTHERS[language] if word not in order]
            return Line(_joined(draw.choice(others, _few(draw)).tolist(), language), (), kind)
        case "near":
            return Line(_near(order[draw.integers(len(order))], language, draw), (), kind)
        case _:
            return Line(_joined([odd_word(language, draw) for _ in range(_few(draw))], language), (), kind)


def _few(draw: Generator) -> int:
    return int(draw.choice([1, 1, 1, 2, 2, 3, 4, 6]))


def _joined(parts: list[str], language: str) -> str:
    return (" " if language == "en" else "").join(parts)


def _string(parts: list[str], language: str, draw: Generator, kind: str) -> Line:
    """Words one after another, at times with pauses."""
    gap = str(draw.choice([" ", " ", ", "] if language == "en" else ["", "", "", "，"]))
    text, known = "", []
    for part in parts:
        text += gap if text else ""
        known.append((len(text) + 1, part))
        text += part
    return Line(text, tuple(known), kind)


def odd_word(language: str, draw: Generator) -> str:
    """A word nobody says: syllables put together by chance, or characters."""
    if language == "en":
        onsets, nuclei, codas = words.SYLLABLE_PARTS
        return "".join(
            str(draw.choice(onsets) if draw.random() < 0.85 else "")
            + str(draw.choice(nuclei))
            + str(draw.choice(codas))
            for _ in range(int(draw.choice([1, 1, 2, 2, 3])))
        )
    return "".join(_character(draw) for _ in range(int(draw.choice([1, 2, 2, 3, 4]))))


def _character(draw: Generator) -> str:
    """One of the 3,755 characters of GB 2312's first level."""
    number = int(draw.integers(3755))
    return bytes([0xB0 + number // 94, 0xA1 + number % 94]).decode("gb2312")


def _near(word: str, language: str, draw: Generator) -> str:
    """Part of a word, or a word with another beginning, middle or end."""
    if language != "en":
        if len(word) == 1:
            return word + _character(draw) if draw.random() < 0.5 else _character(draw) + word
        place = int(draw.integers(len(word)))
        return word[:place] + (_character(draw) if draw.random() < 0.8 else "") + word[place + 1 :]
    onsets, nuclei, codas = words.SYLLABLE_PARTS
    half = max(1, len(word) // 2)
    match int(draw.integers(6)):
        case 0:
            return word[:half] if len(word) > 4 else odd_word("en", draw)
        case 1:
            return word[half:] if len(word) > 4 else odd_word("en", draw)
        case 2:
            return (
                str(draw.choice(onsets)) + str(draw.choice(nuclei)) + word.lstrip("bcdfghjklmnpqrstvwxyz")[1:]
            )
        case 3:
            return word[:half] + str(draw.choice(nuclei)) + str(draw.choice(codas))
        case 4:
            return str(draw.choice(onsets)) + str(draw.choice(nuclei)) + str(draw.choice(codas)) + word
        case _:
            return word + str(draw.choice(onsets)) + str(draw.choice(nuclei)) + str(draw.choice(codas))
