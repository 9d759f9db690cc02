"""A flow file as data: named nodes, each with a type. Cross references are checked in `check.py`.

The JSON Schema of `FlowFile` is published for editors, so each field says what it is for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from callcenter.center.model import Id, Language, Model, Text
from callcenter.ivr.fields import Heard, NodeName, OptionalNode, Place, QueueName, Said, VariableName, values
from callcenter.ivr.nodes import AnyNode
from callcenter.ivr.nodes.base import Node, SpeakingNode
from callcenter.ivr.scripted import FlowTest
from callcenter.ivr.steps import Utterance
from callcenter.ivr.templates import fixed_pieces


class FlowFile(Model):
    """A flow file."""

    version: Literal[1] = Field(default=1, description="The version of this language.")
    name: Text = Field(description="The flow's name, per language.")
    language: Language = Field(description="The language a call begins in.")
    start: NodeName = Field(description="The first node.")
    on_error: OptionalNode = Field(
        default="", description="Where to go when a node fails that has no `on_error` of its own."
    )
    overflow_queue: QueueName | Literal[""] = Field(
        default="",
        description="Who helps when nothing else does. Left out: the first queue the flow names.",
    )
    variables: dict[VariableName, str | bool | int | float] = Field(
        default={}, description="Variables the flow begins with, and their values."
    )
    nodes: dict[Id, AnyNode] = Field(min_length=1, max_length=2000, description="The nodes by name.")
    tests: list[FlowTest] = Field(default=[], description="Scripted callers, and what must come of them.")


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
    def language(self) -> Language:
        """The language its calls begin in."""
        return self.file.language

    @property
    def overflow_queue(self) -> str:
        """Where callers go when the flow fails; '' for nowhere."""
        named = (getattr(node, "queue", "") for node in self.file.nodes.values() if node.type == "queue")
        return self.file.overflow_queue or next(named, "")

    @property
    def listens(self) -> bool:
        """Whether callers may speak to it."""
        nodes = self.file.nodes.values()
        return any(node.type == "ask" or any(w for _, w in values(node, Said)) for node in nodes)

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
        """All that can be heard and has no values in it, for rendering before the first caller; of texts with
        values the pieces without."""
        for node in self.file.nodes.values():
            audio = node.audio if isinstance(node, SpeakingNode) else {}
            own = node.say if isinstance(node, SpeakingNode) else {}
            for language in audio:
                heard = self.utterance(own, audio, language)
                if heard is not None and "{" not in heard.text:
                    yield heard
            for place, texts in values(node, Heard):
                for language, text in texts.items():
                    if not text.strip() or (place == ("say",) and language in audio):
                        continue
                    fixed = fixed_pieces(text) if "{" in text else [text.strip()]
                    yield from (Utterance(piece, language=language) for piece in fixed)


def version_of(content: bytes) -> str:
    """The version of a flow file's content."""
    return hashlib.sha256(content).hexdigest()[:10]


def exits(node: Node) -> Iterator[tuple[Place, str]]:
    """Each way out of a node that is given: its place in the node, and the node it leads to."""
    return ((edge.place, edge.target) for edge in node.edges())


def flow_schema() -> dict[str, Any]:
    """The JSON Schema of a flow file, for editors."""
    schema = FlowFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
