"""What the interpreter asks to be done, and what it is told came of it. Plain data, no switch, no clock."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.center.model import Text


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something to be heard: a text to be spoken in a language, or an audio file."""

    text: str = ""
    audio: str = ""
    language: str = "zh-CN"


@dataclass(frozen=True, slots=True)
class Play:
    """Play; any key is kept for the next menu."""

    node: str
    utterances: tuple[Utterance, ...]


@dataclass(frozen=True, slots=True)
class AskKey:
    """Play and wait for one of `keys`; a key cuts the prompt short."""

    node: str
    utterances: tuple[Utterance, ...]
    keys: str
    seconds: float


@dataclass(frozen=True, slots=True)
class EnterQueue:
    """Let the caller wait for an agent."""

    node: str
    queue: str
    priority: int = 0


@dataclass(frozen=True, slots=True)
class TakeVoicemail:
    """Play the invitation, then record a message."""

    node: str
    utterances: tuple[Utterance, ...]
    box: str
    max_seconds: float
    language: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """Say good-bye (may be empty) and end the call."""

    node: str
    utterances: tuple[Utterance, ...] = ()


Step = Play | AskKey | EnterQueue | TakeVoicemail | HangUp


@dataclass(frozen=True, slots=True)
class Done:
    """A Play or TakeVoicemail is over."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """AskKey: the key, '' when time ran out. A key that was not offered is told as it is."""

    key: str


@dataclass(frozen=True, slots=True)
class QueueEnded:
    """EnterQueue: `served` (the talk is over), `max_wait`, or `failed`."""

    how: str


Outcome = Done | Pressed | QueueEnded


@dataclass(frozen=True, slots=True)
class Choice:
    """A key the caller pressed, for the story and the screen pop."""

    node: str
    key: str
    label: Text
