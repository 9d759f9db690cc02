"""What a flow asks to be done, and what it is told came of it. Plain data, no switch, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from callcenter.center.model import Text
from callcenter.center.routing_model import OverflowTarget


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something to be heard: a text to be spoken in a language, or an audio file."""

    text: str = ""
    audio: str = ""
    language: str = "zh-CN"
    pieces: tuple[str, ...] = field(default=(), compare=False)
    """The text in pieces to be spoken one by one, if that is heard sooner; see `Template.pieces`."""

    def apart(self) -> tuple[Utterance, ...]:
        """The pieces, each to be heard by itself; itself when it has none."""
        if not self.pieces:
            return (self,)
        return tuple(Utterance(piece, language=self.language) for piece in self.pieces)


# --- steps ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Play:
    """Play; with `skip`, a key cuts it short and is kept for the next question."""

    node: str
    utterances: tuple[Utterance, ...]
    skip: bool = True


@dataclass(frozen=True, slots=True)
class AskKey:
    """Play and wait for a key. Any key cuts the prompt short unless `barge_in` is off."""

    node: str
    utterances: tuple[Utterance, ...]
    keys: str  # those that mean something here; others are told as well
    seconds: float
    barge_in: bool = True
    closing: str = ""  # a key that may come after this one without meaning anything


@dataclass(frozen=True, slots=True)
class Listen:
    """Play and wait for words or a key."""

    node: str
    utterances: tuple[Utterance, ...]
    words: tuple[str, ...]  # () means anything
    language: str
    keys: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Record:
    """Play, then record what the caller says."""

    node: str
    utterances: tuple[Utterance, ...]
    name: str
    label: Text
    max_seconds: float


@dataclass(frozen=True, slots=True)
class TakeVoicemail:
    """Play the invitation, then record a message for a box."""

    node: str
    utterances: tuple[Utterance, ...]
    box: str
    max_seconds: float
    language: str


@dataclass(frozen=True, slots=True)
class EnterQueue:
    """Let the caller wait for an agent."""

    node: str
    queue: str
    priority: int = 0
    skills: Mapping[str, int] = field(default_factory=dict)  # beside those of the queue
    needs: str = ""  # beside both, as an expression
    max_wait_seconds: float | None = None  # None: as the queue has it
    whisper: tuple[Utterance, ...] = ()  # heard by the agent before he is joined to the caller


@dataclass(frozen=True, slots=True)
class Transfer:
    """Send the caller on to a number or extension."""

    node: str
    utterances: tuple[Utterance, ...]
    number: str
    ring_seconds: float


@dataclass(frozen=True, slots=True)
class PromiseCallback:
    """Keep the caller's place in a queue, and call him back when its turn comes."""

    node: str
    queue: str
    number: str
    not_before: float  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class FindCustomer:
    """Look a customer up by number."""

    node: str
    number: str


@dataclass(frozen=True, slots=True)
class Fetch:
    """Ask another system by HTTP. In URL, headers, query and body stand `{secret:NAME}` and the names of
    `values`; who sends it fills them in, in one go, and escapes those of the URL."""

    node: str
    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: Any  # JSON; None for none
    values: Mapping[str, str]
    timeout_seconds: float
    retries: int
    utterances: tuple[Utterance, ...] = ()  # heard meanwhile


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Send a short message or a mail by one of the configured ways."""

    node: str
    via: str
    to: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """Say good-bye (may be empty) and end the call."""

    node: str
    utterances: tuple[Utterance, ...] = ()


Step = (
    Play | AskKey | Listen | Record | TakeVoicemail | EnterQueue | Transfer | PromiseCallback | FindCustomer
    | Fetch
    | SendMessage | HangUp
)  # fmt: skip


# --- outcomes ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Done:
    """A Play or TakeVoicemail is over."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """AskKey or Listen: the key, '' when time ran out. A key that was not offered is told as it is."""

    key: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """Listen: what was understood, and how surely (0-100)."""

    text: str
    score: int


@dataclass(frozen=True, slots=True)
class Deaf:
    """Listen: there is no recogniser now. The prompts were played; a key may still come."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Record: where, '' when nothing was said."""

    path: str
    seconds: float


@dataclass(frozen=True, slots=True)
class QueueEnded:
    """EnterQueue: `served` (the talk is over), `max_wait`, `full` (or closed), `elsewhere`, `failed`, or the
    offer he took in line: `callback`, `voicemail` (his message is recorded)."""

    how: str
    to: OverflowTarget | None = None  # elsewhere: where the queue's rule sends him


@dataclass(frozen=True, slots=True)
class Transferred:
    """Transfer: `talked`, `no_answer`, `busy` or `unreachable`."""

    how: str


@dataclass(frozen=True, slots=True)
class Promised:
    """PromiseCallback: whether it was; not for a number that is not called back."""

    ok: bool


@dataclass(frozen=True, slots=True)
class Found:
    """FindCustomer: his data, None when there is none."""

    customer: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """Fetch: the answer's data, or why there is none."""

    ok: bool
    status: int = 0
    data: Any = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """SendMessage: whether it is on its way."""

    ok: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """Any step: it could not be done, for a reason that is not the caller's."""

    error: str


Outcome = (
    Done
    | Pressed
    | Spoken
    | Deaf
    | Recorded
    | QueueEnded
    | Transferred
    | Promised
    | Found
    | Fetched
    | Sent
    | Failed
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A key the caller pressed or a word he said, for the story and the screen pop."""

    node: str
    key: str
    label: Text


def labelled(label: Text) -> dict[str, dict[str, str]]:
    """A label as a field of a fact; a flow that gives none adds no field."""
    return {"label": {str(language): text for language, text in label.items()}} if label else {}
