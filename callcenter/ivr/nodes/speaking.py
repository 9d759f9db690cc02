"""Nodes that speak and go on, or end the call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from callcenter.center.model import Language
from callcenter.ivr.fields import NodeName
from callcenter.ivr.nodes.base import Edge, Node, SpeakingNode
from callcenter.ivr.steps import Play
from callcenter.ivr.visit import Finish, Visit, Walk


class SayNode(SpeakingNode):
    """Say something, then go on."""

    type: Literal["say"]
    next: NodeName = Field(description="The node that follows.")
    skip: bool = Field(
        default=True,
        description="A key cuts it short and counts for the next question. Off for what must be heard.",
    )

    def run(self, at: Visit) -> Walk:
        yield Play(at.node, self.words(at), self.skip)
        return at.go("next", self.next)


class HangUpNode(SpeakingNode):
    """Say good-bye and end the call."""

    type: Literal["hangup"]
    ends: ClassVar[bool] = True

    def run(self, at: Visit) -> Walk:
        return Finish(self.words(at))
        yield


class LanguageNode(Node):
    """Go on in another language. It is kept for the customer's next calls."""

    type: Literal["language"]
    language: Language = Field(description="The language from here on.")
    next: NodeName = Field(description="The node that follows.")

    def edges(self) -> Iterator[Edge]:
        for edge in super().edges():
            yield Edge(edge.place, edge.target, self.language if edge.place == ("next",) else "", edge.silent)

    def run(self, at: Visit) -> Walk:
        at.speak(self.language)
        return at.go("next", self.next)
        yield
