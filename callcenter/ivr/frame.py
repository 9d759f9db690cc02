"""A flow a caller is in with its variables: which of them are secret, and what of them is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from callcenter.center.model import Language
from callcenter.ivr.steps import Utterance

SECRET = "••••"  # noqa: S105 - what the journal shows instead of a secret value

SHORTEST_SECRET = 4  # characters; a shorter one may be part of any value, and is only known by its name
MAX_JOURNALED = 4_000  # characters of a value, about; larger ones are not remembered over a restart
MAX_VALUE = 1_000_000  # characters of a variable, about: a whole answer of another system fits


class FlowText(Protocol):
    """What a node's visit needs of its flow."""

    @property
    def language(self) -> str:
        """The flow's own."""

    def utterance(
        self, say: Mapping[Language, str], audio: Mapping[Language, str], language: str
    ) -> Utterance | None:
        """What is heard in a language; where it lacks, in the flow's own, or in any."""


F = TypeVar("F", bound=FlowText)


@dataclass(slots=True)
class Frame(Generic[F]):
    """One flow a caller is in, with its own variables. A flow that called another goes on at `then`."""

    flow: F
    node: str = ""
    then: str = ""
    into: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)  # names of values that must not be written anywhere

    def without_secrets(self, text: str) -> str:
        """A text in which no secret value can be read."""
        for value in self._secret_texts():
            text = text.replace(value, SECRET)
        return text

    def tells_secret(self, value: Any) -> bool:
        """Whether a secret value can be read in another one: other systems may give back what they got."""
        secrets = [text for text in self._secret_texts() if len(text) >= SHORTEST_SECRET]
        told = str(value) if secrets else ""
        return any(text in told for text in secrets)

    def _secret_texts(self) -> list[str]:
        """All texts in the secret values, longest first."""
        waiting = [self.values.get(name) for name in self.secrets]
        found: set[str] = set()
        while waiting:
            value = waiting.pop()
            if isinstance(value, Mapping):
                waiting += value.values()
            elif isinstance(value, list | tuple):
                waiting += value
            elif not isinstance(value, bool):
                found.add(as_text(value))
        return sorted(found - {""}, key=len, reverse=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """Values that one flow hands to another. Those of `secrets` must not be written anywhere."""

    values: Mapping[str, Any] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()

    def shown(self) -> dict[str, Any]:
        """As they are written to the journal."""
        return {
            name: SECRET if name in self.secrets else journaled(value) for name, value in self.values.items()
        }


def journaled(value: Any) -> Any:
    """A value as it is written to the journal: None when it is too large for it."""
    return value if fits(value, MAX_JOURNALED) else None


def fits(value: Any, most: int) -> bool:
    """Whether a value has at most so many characters, about; found out in as many steps."""
    waiting = [value]
    while waiting and most >= 0:
        part = waiting.pop()
        most -= len(part) if isinstance(part, str) else 1
        if isinstance(part, Mapping):
            waiting += [*part.keys(), *part.values()]
        elif isinstance(part, list | tuple):
            waiting += part
        if len(waiting) > most:
            return False
    return most >= 0


def as_text(value: Any) -> str:
    """A value as a text says it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
