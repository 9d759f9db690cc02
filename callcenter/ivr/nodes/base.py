"""What every node has. How a node type is added is told in docs/architecture.md.

A node is its fields (the language), and `run` (what it does). What its fields refer to is said by their types
(`ivr/fields.py`), from which checker, drawing, schema and reference page are made.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import Field

from callcenter.center.model import Model
from callcenter.ivr.fields import Files, NodeRef, OptionalNode, Place, Spoken, values
from callcenter.ivr.steps import Utterance
from callcenter.ivr.visit import Visit, Walk


@dataclass(frozen=True, slots=True)
class Edge:
    """One way out of a node."""

    place: Place
    target: str
    language: str = ""  # the caller goes on in this language
    silent: bool = True  # a caller who does and says nothing may be led this way

    @property
    def via(self) -> str:
        """The name of the exit, as facts and counts have it."""
        return ".".join(str(part) for part in self.place if part != "go")


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something an admin must mend."""

    place: Place
    message: str
    hint: str = ""
    warning: bool = False


class Node(Model):
    """One step of a flow."""

    type: str
    on_error: OptionalNode = Field(
        default="", description="Where to go when this node fails. Empty: the flow's own `on_error`."
    )

    asks: ClassVar[bool] = False
    """The caller answers here: he can leave a circle this node is in, and silence takes one of its ways."""
    ends: ClassVar[bool] = False
    """The call may end here, or something happens that ends a round: a talk, a message."""

    surely_sets: ClassVar[bool] = True
    """Its variables have values when it is left by `next` or an answer."""
    more_names: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Names that values of a field may use beside the usual ones."""

    def edges(self) -> Iterator[Edge]:
        """All ways out that are given."""
        for place, target in values(self, NodeRef):
            if target:
                yield Edge(place, target, silent=place != ("on_error",) and self._silent(place))

    def _silent(self, place: Place) -> bool:
        return not self.asks

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong with the fields together, beyond what their types say."""
        yield from ()

    @abstractmethod
    def run(self, at: Visit) -> Walk:
        """What happens here. Raises ExpressionError and NodeFailed."""

    def title(self) -> dict[Any, str]:
        """A few words for the drawing, by language; may be empty."""
        return {}


class SpeakingNode(Node):
    """A node that says something."""

    say: Spoken = Field(
        default={}, description="Text to be spoken, per language; `{order.number|digits}` says a value."
    )
    audio: Files = Field(
        default={},
        description="Sound file per language, relative to the flow file. It is played instead of the text.",
    )

    every_language: bool = Field(
        default=False, description="Say it in each language in turn: for a choice of language."
    )

    def words(self, at: Visit) -> tuple[Utterance, ...]:
        """What is heard here."""
        return at.in_every_language(self.say) if self.every_language else at.heard(self.say, self.audio)

    def title(self) -> dict[Any, str]:
        return dict(self.say)
