"""What a node has at hand while a caller is in it: texts with their values filled in, variables, notes.

A node's `run` is a generator: it yields steps, is sent what came of each, and returns where to go. It knows
no switch, no clock and no other node.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from callcenter.center.model import Language, Text
from callcenter.ivr.expressions import expression
from callcenter.ivr.frame import MAX_VALUE, SECRET, Frame, Handed, as_text, fits, journaled
from callcenter.ivr.steps import Choice, Outcome, Step, Utterance, labelled
from callcenter.ivr.templates import Hole, template
from callcenter.speech.phrases import Phrase
from callcenter.speech.phrases import around as phrases_around
from callcenter.speech.phrases import text as phrase_text
from callcenter.speech.reading import read

if TYPE_CHECKING:
    from datetime import datetime


class Surroundings(Protocol):
    """What a flow may ask of the center; answered at once."""

    def now(self) -> datetime:
        """The center's local time."""

    def is_open(self, hours: str) -> bool: ...

    def emergency(self, switch: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Leave:
    """Where a node leads. `via`: the place of the exit in the node, such as `keys.1` or `on_timeout`."""

    via: str
    node: str


@dataclass(frozen=True, slots=True)
class CallFlow(Handed):
    """Run another flow, then go on at `then` with what it returned in `into`. `then` '': never come back."""

    flow: str
    node: str
    then: str = ""
    into: str = ""


@dataclass(frozen=True, slots=True)
class ReturnFlow(Handed):
    """Go back to the flow that called this one."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Say this and end the call."""

    utterances: tuple[Utterance, ...] = ()


Exit = Leave | CallFlow | ReturnFlow | Finish
Walk = Generator[Step, Outcome, Exit]


class NodeFailed(Exception):
    """A node cannot go on; the caller takes its `on_error` way."""


Happening = tuple[str, dict[str, Any]]  # kind and fields of a fact, see storage/facts.py


@dataclass(slots=True)
class Call:
    """What is the same in all flows of a call."""

    around: Surroundings
    language: str
    caller: Mapping[str, Any]
    facts: Mapping[str, Any]  # id, did
    customer: Mapping[str, Any]
    path: list[Choice] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    queue: str = ""


class Visit:
    """A caller's visit to one node."""

    def __init__(self, call: Call, frame: Frame[Any]) -> None:
        self._call = call
        self._frame = frame
        self.node = frame.node

    @property
    def around(self) -> Surroundings:
        return self._call.around

    @property
    def language(self) -> str:
        return self._call.language

    # --- where to go --------------------------------------------------------------------------------

    def go(self, via: str, node: str, *said: Phrase) -> Exit:
        """To a node; where none is given, say so and end the call."""
        return Leave(via, node) if node else Finish(self.phrases(*said))

    # --- values -------------------------------------------------------------------------------------

    def scope(self, **more: Any) -> dict[str, Any]:
        """All names an expression may use."""
        now = self._call.around.now()
        return {
            **self._frame.values,
            "caller": self._call.caller,
            "customer": self._call.customer,
            "call": {**self._call.facts, "language": self._call.language, "queue": self._call.queue},
            "time": {
                "hour": now.hour, "minute": now.minute, "weekday": now.isoweekday(), "day": now.day,
                "month": now.month, "year": now.year, "date": now.date().isoformat(),
                "clock": now.strftime("%H:%M"),
            },
            **more,
        }  # fmt: skip

    def value(self, text: str, **more: Any) -> Any:
        """What an expression comes to. Raises ExpressionError."""
        return expression(text).value(self.scope(**more))

    def filled(self, written: Any, **more: Any) -> Any:
        """A value as an admin writes it, in JSON at any depth: a text with values is filled in; one that is
        nothing but a value keeps its kind."""
        if isinstance(written, Mapping):
            return {key: self.filled(item, **more) for key, item in written.items()}
        if isinstance(written, list | tuple):
            return [self.filled(item, **more) for item in written]
        if not isinstance(written, str):
            return written
        parsed = template(written, secrets=True)
        filled = [part for part in parsed.parts if part != ""]
        if len(filled) == 1 and isinstance(filled[0], Hole) and filled[0].how == "text":
            return filled[0].expression.value(self.scope(**more))
        return parsed.fill(self.scope(**more), lambda value, hole: as_text(value))

    def text(self, written: str, **more: Any) -> str:
        """The same, always as a text."""
        return as_text(self.filled(written, **more))

    def sealed(self, written: Any, values: dict[str, str]) -> Any:
        """Like `filled`, for texts in which whoever sends them fills secrets in: each value is put aside into
        `values`, and only its name stands in the text. A caller may call himself `{secret:TOKEN}`."""
        if isinstance(written, Mapping):
            return {key: self.sealed(item, values) for key, item in written.items()}
        if isinstance(written, list | tuple):
            return [self.sealed(item, values) for item in written]
        if not isinstance(written, str):
            return written
        parsed = template(written, secrets=True)
        parts = [part for part in parsed.parts if part != ""]
        if len(parts) == 1 and isinstance(parts[0], Hole) and parts[0].how == "text":
            return _aside(parts[0].expression.value(self.scope()), values)
        return self.sealed_text(written, values)

    def sealed_text(self, written: str, values: dict[str, str]) -> str:
        """The same, always as a text."""
        parsed = template(written, secrets=True)
        return parsed.fill(self.scope(), lambda value, hole: str(_aside(as_text(value), values)))

    def handed(self, written: Mapping[str, Any]) -> tuple[dict[str, Any], frozenset[str]]:
        """Values for another flow, and the names of those that must not be written anywhere."""
        values = {name: self.filled(text) for name, text in written.items()}
        return values, frozenset(name for name, text in written.items() if self.is_secret(text))

    def is_secret(self, written: Any) -> bool:
        """Whether a value, as an admin writes it, is made of one that must not be written anywhere."""
        if not isinstance(written, str):
            return False
        names = (name for hole in template(written, secrets=True).holes for name in hole.expression.names)
        return any(name.parts[0] in self._frame.secrets for name in names)

    def set(self, name: str, value: Any, *, secret: bool = False) -> None:
        """Give a variable a value, and note it."""
        if name:
            self.note("ivr.set", values={name: journaled(self._keep(name, value, secret))})

    def collected(self, name: str, value: Any, label: Text, *, secret: bool = False) -> None:
        """Give a variable what the caller gave, and note it under its label."""
        if name:
            shown = as_text(self._keep(name, value, secret))
            self.note("ivr.collected", name=name, value=shown, **labelled(label))

    def _keep(self, name: str, value: Any, secret: bool) -> Any:
        """Give a variable a value; the value as it may be shown. Raises NodeFailed."""
        if not fits(value, MAX_VALUE):
            raise NodeFailed(f"the value of '{name}' is too large")
        secret = secret or self._frame.tells_secret(value)
        self._frame.values[name] = value
        (self._frame.secrets.add if secret else self._frame.secrets.discard)(name)
        return SECRET if secret else value

    def customer_found(self, customer: Mapping[str, Any] | None) -> None:
        """From here on `customer` is this one."""
        self._call.customer = {"known": customer is not None, **(customer or {})}

    # --- what is heard ------------------------------------------------------------------------------

    def heard(
        self, say: Mapping[Language, str], audio: Mapping[Language, str] | None = None, **more: Any
    ) -> tuple[Utterance, ...]:
        """A text or sound in the caller's language, with its values read out."""
        found = self._frame.flow.utterance(say, audio or {}, self._call.language)
        if found is None:
            return ()
        if "{" not in found.text and "}" not in found.text:
            return (found,)

        def reading(value: Any, hole: Hole) -> str:
            if hole.how == "text" and (value is None or value == ""):
                return ""  # a customer without a name
            try:
                return read(value, hole.how, found.language, currency=hole.currency or "CNY")
            except ValueError as error:
                raise NodeFailed(f"{{{hole.expression.text}|{hole.how}}}: {error}") from error

        filled = template(found.text).fill_pieces(self.scope(**more), reading)
        audible = (piece.strip() for piece in filled if any(sign.isalnum() for sign in piece))
        pieces = () if found.audio else tuple(audible)
        return (Utterance("".join(filled).strip(), found.audio, found.language, pieces),)

    def in_every_language(self, say: Mapping[Language, str]) -> tuple[Utterance, ...]:
        """A text in each of its languages, the flow's own first: for those whose language is not known."""
        own = self._frame.flow.language
        languages = sorted(say, key=lambda language: language != own)
        return tuple(said for language in languages for said in self.heard({language: say[language]}))

    def phrases(self, *said: Phrase) -> tuple[Utterance, ...]:
        """What the engine itself says."""
        language = self._call.language
        return tuple(Utterance(phrase_text(phrase, language), language=language) for phrase in said)

    def phrase(self, said: Phrase, *value: str) -> tuple[Utterance, ...]:
        """A phrase of the engine with a value, spoken in pieces: what stands around it is at hand, and of
        a secret value given in parts no sound is kept that tells it."""
        language = self._call.language
        text = phrase_text(said, language)
        head, tail = phrases_around(text)
        return (Utterance(text.replace("{value}", " ".join(value)), "", language, (head, *value, tail)),)

    def read(self, value: Any, how: str) -> str:
        """A value in words. Raises NodeFailed."""
        try:
            return read(value, how, self._call.language)
        except ValueError as error:
            raise NodeFailed(str(error)) from error

    def speak(self, language: Language) -> None:
        """Go on in another language. The caller chose it."""
        if language != self._call.language:
            self._call.language = language
            self.note("ivr.language", language=language)

    # --- what is written down -----------------------------------------------------------------------

    def chose(self, key: str, label: Mapping[Language, str]) -> None:
        """The caller chose this."""
        self._call.path.append(Choice(self.node, key, dict(label)))
        self.note("ivr.key", node=self.node, key=key, label=dict(label))

    def waits_in(self, queue: str) -> None:
        self._call.queue = queue

    def note(self, kind: str, **data: Any) -> None:
        """A fact of this call."""
        self._call.happenings.append((kind, data))


def _aside(value: Any, values: dict[str, str]) -> Any:
    """A value whose texts are put aside into `values`; their names stand in their places."""
    if isinstance(value, str):
        name = f"value_{len(values) + 1}"
        values[name] = value
        return "{" + name + "}"
    if isinstance(value, Mapping):
        return {str(key): _aside(item, values) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_aside(item, values) for item in value]
    return value
