"""Which words a vosk model knows, read from its folder: for checkers, without loading the model."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from callcenter.speech.recognition.phrases import split


class Vocabulary:
    """The words of one model."""

    def __init__(self, words: frozenset[str]) -> None:
        self.words = words

    @classmethod
    def of_folder(cls, folder: Path) -> Vocabulary:
        """Raises OSError when the folder has no list of words."""
        file = folder / "graph" / "words.txt"
        return _read(file if file.is_file() else folder / "words.txt")

    def unknown_words(self, phrase: str) -> list[str]:
        """The words of a phrase that can not be heard; [] if all can."""
        return [word for word in split(phrase, self.words.__contains__) if word not in self.words]


@lru_cache(maxsize=8)
def _read(file: Path) -> Vocabulary:
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    words = (line.rsplit(" ", 1)[0] for line in lines)
    return Vocabulary(frozenset(word for word in words if word and word[0] not in "<[#!"))
