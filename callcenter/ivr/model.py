"""A flow file as data: named nodes, each with a type. Cross references are checked in `check.py`.

The JSON Schema of `FlowFile` is published for editors, so each field says what it is for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from callcenter.center.model import Id, Language, Model, Text
from callcenter.ivr.steps import Utterance

MENU_KEYS = "0123456789*#"

Key = Annotated[str, StringConstraints(pattern=r"^[0-9*#]$")]
Spoken = dict[Language, Annotated[str, StringConstraints(max_length=2000)]]
Files = dict[Language, Annotated[str, StringConstraints(min_length=1, max_length=500)]]
OptionalNode = Id | Literal[""]


class SpeakingNode(Model):
    """What is common to nodes that speak."""

    say: Spoken = Field(default={}, description="Text to be spoken, per language.")
    audio: Files = Field(
        default={},
        description="Sound file per language, relative to the flow file. It is played instead of the text.",
    )


class PlayNode(SpeakingNode):
    """Say something, then go on."""

    type: Literal["play"]
    next: Id = Field(description="The node that follows.")


class MenuKey(Model):
    """What a key does."""

    go: Id = Field(description="The node this key leads to.")
    label: Text = Field(default={}, description="What the key means, shown to the agent.")
    language: Language | None = Field(default=None, description="Go on in this language.")


class MenuNode(SpeakingNode):
    """Say the choices and wait for a key."""

    type: Literal["menu"]
    keys: dict[Key, MenuKey] = Field(min_length=1, description="What each key (0-9, * or #) does.")
    timeout_seconds: float = Field(
        default=5, ge=1, le=60, description="How long to wait for a key after the text."
    )
    retries: int = Field(default=2, ge=0, le=9, description="How often the menu is said again.")
    on_timeout: OptionalNode = Field(default="", description="Where to go when no key came, retries used up.")
    on_invalid: OptionalNode = Field(default="", description="Where to go after wrong keys, retries used up.")
    invalid: Spoken = Field(default={}, description="Said after a wrong key.")


class HoursNode(Model):
    """Go one way when open, another when closed."""

    type: Literal["hours"]
    hours: Id = Field(description="Which hours of the center file.")
    open: Id = Field(description="The node when open.")
    closed: Id = Field(description="The node when closed.")


class QueueNode(Model):
    """Let the caller wait for an agent."""

    type: Literal["queue"]
    queue: Id = Field(description="Which queue of the center file.")
    priority: int = Field(
        default=0, ge=-100, le=100, description="Added to the queue's own; higher is served first."
    )
    on_max_wait: OptionalNode = Field(
        default="",
        description="Where to go when the queue's longest wait is over. Empty: apologise and hang up.",
    )


class VoicemailNode(SpeakingNode):
    """Invite to leave a message, and record it."""

    type: Literal["voicemail"]
    box: Id = Field(default="main", description="Where the message is listed.")
    max_seconds: float = Field(default=120, ge=5, le=600, description="The longest message.")
    next: OptionalNode = Field(default="", description="The node that follows. Empty: thank and hang up.")


class LanguageNode(Model):
    """Go on in another language."""

    type: Literal["language"]
    language: Language = Field(description="The language from here on.")
    next: Id = Field(description="The node that follows.")


class HangUpNode(SpeakingNode):
    """Say good-bye and end the call."""

    type: Literal["hangup"]


Node = Annotated[
    PlayNode | MenuNode | HoursNode | QueueNode | VoicemailNode | LanguageNode | HangUpNode,
    Field(discriminator="type"),
]


class FlowFile(Model):
    """A flow file."""

    version: Literal[1] = Field(default=1, description="The version of this language.")
    name: Text = Field(description="The flow's name, per language.")
    language: Language = Field(description="The language a call begins in.")
    start: Id = Field(description="The first node.")
    nodes: dict[Id, Node] = Field(min_length=1, max_length=2000)


@dataclass(frozen=True)
class Flow:
    """A flow in force. A call keeps the one it began with."""

    id: str  # the file's name without .yaml; what `numbers` of the center refer to
    file: FlowFile
    version: str = ""  # of the content: a few hexadecimal digits
    folder: Path = field(default=Path())  # what audio files are relative to

    @classmethod
    def of(cls, content: Mapping[str, Any], flow_id: str = "flow") -> Flow:
        """A flow from plain data (tests, editors). Raises pydantic.ValidationError."""
        return cls(flow_id, FlowFile.model_validate(content), version_of(repr(content).encode()))

    @property
    def first_queue(self) -> str:
        """Where callers go when the flow fails: the first queue it names, or ''."""
        return next((node.queue for node in self.file.nodes.values() if isinstance(node, QueueNode)), "")

    def utterance(
        self, say: Mapping[Language, str], audio: Mapping[Language, str], language: str
    ) -> Utterance | None:
        """What is heard in a language; where it lacks, in the flow's own, or in any."""
        for choice in (language, self.file.language, *say, *audio):
            text = say.get(choice, "").strip()  # type: ignore[call-overload]
            sound = audio.get(choice, "")  # type: ignore[call-overload]
            if text or sound:
                return Utterance(text, str(self.folder / sound) if sound else "", str(choice))
        return None

    def utterances(self) -> Iterator[Utterance]:
        """All that can be heard, for rendering before the first caller."""
        for node in self.file.nodes.values():
            if isinstance(node, SpeakingNode):
                for language in {**node.say, **node.audio}:
                    heard = self.utterance(node.say, node.audio, language)
                    if heard is not None:
                        yield heard
            if isinstance(node, MenuNode):
                for language, text in node.invalid.items():
                    if text.strip():
                        yield Utterance(text.strip(), language=language)


def version_of(content: bytes) -> str:
    """The version of a flow file's content."""
    return hashlib.sha256(content).hexdigest()[:10]


def exits(node: Node) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each (place inside the node, node it leads to). Empty exits are left out."""
    pairs: list[tuple[tuple[str, ...], str]] = []
    if isinstance(node, MenuNode):
        pairs = [(("keys", key, "go"), target.go) for key, target in node.keys.items()]
        pairs += [(("on_timeout",), node.on_timeout), (("on_invalid",), node.on_invalid)]
    elif isinstance(node, HoursNode):
        pairs = [(("open",), node.open), (("closed",), node.closed)]
    elif isinstance(node, QueueNode):
        pairs = [(("on_max_wait",), node.on_max_wait)]
    elif isinstance(node, PlayNode | VoicemailNode | LanguageNode):
        pairs = [(("next",), node.next)]
    return (pair for pair in pairs if pair[1])


def flow_schema() -> dict[str, Any]:
    """The JSON Schema of a flow file, for editors."""
    schema = FlowFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
