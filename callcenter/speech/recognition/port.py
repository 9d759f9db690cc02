"""The port of recognition engines, and what passes through it.

Theory of operation
-------------------
An engine lives in a worker process and holds one model. For each listening it opens a `Hearing` and feeds it
audio as it comes; when the speaker has been silent for long enough the hearing gives a `Recognised`. Engines
know nothing of calls, sockets or processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

RATE = 8000
"""Samples a second, everywhere in this room."""

Kind = Literal["heard", "unclear", "failed"]


@dataclass(frozen=True, slots=True)
class SpokenGrammar:
    """What may be said. `words`: phrases; () is anything the model knows.

    `end_seconds`: how long a pause ends the utterance (engines may need a little more).
    """

    language: str
    words: tuple[str, ...] = ()
    end_seconds: float = 0.5


@dataclass(frozen=True, slots=True)
class HeardWord:
    """One word: when (seconds from the first sample) and how sure (0 to 1)."""

    word: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Recognised:
    """What came of an utterance.

    heard: `text` is one of the grammar's phrases (digits: several, joined by blanks). unclear: somebody
    spoke, but said none of them. failed: the engine is missing, dead or too slow. `score`: 0 to 100; it
    orders answers by how surely they are right, and is no probability (docs/speech.md).
    """

    kind: Kind
    text: str = ""
    score: int = 0
    words: tuple[HeardWord, ...] = ()


class EngineMissing(Exception):
    """The engine or its model cannot be used. The message says why, in a line."""


class Hearing(Protocol):
    """One listening."""

    @property
    def partial(self) -> str:
        """What has been understood so far; may change."""

    def feed(self, pcm: bytes) -> Recognised | None:
        """Take some 16-bit little-endian samples. A result ends the utterance; feeding on begins the next."""

    def finish(self) -> Recognised | None:
        """The audio is over: what was said, None if nothing was."""

    def close(self) -> None:
        """Let go of everything. Feeding is over."""


class Recogniser(Protocol):
    """An engine with its model loaded."""

    def open(self, grammar: SpokenGrammar) -> Hearing:
        """Begin to listen. Raises ValueError when the model knows none of the grammar's words."""

    def unknown_words(self, phrase: str) -> list[str]:
        """Which words of a phrase the model does not know; [] if it can be heard."""
