"""Which names expressions and texts of a flow may use. Unknown ones are found here, not by a caller."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from callcenter.center.problems import did_you_mean
from callcenter.ivr.expressions import Expression, ExpressionError, expression
from callcenter.ivr.fields import (
    Filled,
    FilledDeep,
    Heard,
    MaySecret,
    Place,
    Reckoned,
    Sets,
    SetsAll,
    Written,
    values,
)
from callcenter.ivr.nodes.base import Node
from callcenter.ivr.templates import Hole, Secret, parts

KNOWN: Mapping[str, tuple[str, ...]] = {
    "caller": ("number", "name"),
    "call": ("id", "did", "language", "queue"),
    "customer": ("known", "id", "name", "level", "language", "note"),
    "time": ("hour", "minute", "weekday", "day", "month", "year", "date", "clock"),
}
"""What every flow may use. `time.weekday` is 1 on Mondays; `time.clock` is such as '09:05'."""


@dataclass(frozen=True, slots=True)
class Slip:
    """Something in an expression or text that cannot be. `column` is inside the value, from 0."""

    place: Place
    column: int
    message: str
    hint: str = ""


def variables_of(nodes: Mapping[str, Node]) -> set[str]:
    """All variables that some node sets."""
    found: set[str] = set()
    for node in nodes.values():
        found |= {name for _, name in values(node, Sets) if name}
        for _, given in values(node, SetsAll):
            found |= set(given)
    return found


def slips(node: Node, variables: Collection[str], secrets: Collection[str] | None) -> Iterator[Slip]:
    """What is wrong with the expressions and texts of a node. `secrets` None: not known."""
    may_secret = {place for place, _ in values(node, MaySecret)}
    for place, text in values(node, Reckoned):
        try:
            parsed = expression(text)
        except ExpressionError as error:
            yield Slip(place, error.column, f"'{text[:60]}' {error}")
            continue
        yield from _unknown(place, 0, parsed, _allowed(node, place, variables))
    for place, text in _texts(node):
        allowed = _allowed(node, place, variables)
        secret_here = any(place[: len(inside)] == inside for inside in may_secret) or place == ("url",)
        yield from _of_text(place, parts(text, secret_here), allowed, secrets)


def unset(node: Node, variables: Collection[str], before: Collection[str]) -> Iterator[Slip]:
    """Variables that are read here, though on some way to it nothing has set them. `before`: those set."""
    ready = set(before)
    reckoned = list(values(node, Reckoned))
    for place, text in (*reckoned, *_texts(node)):
        if place[0] == "values" and node.type == "set":  # one after the other
            ready = set(before) | set(_keys_before(node, place))
        own = node.more_names.get(str(place[0]), ())
        holes = (
            _whole(text)
            if (place, text) in reckoned
            else [p for p in parts(text, True) if isinstance(p, Hole)]
        )
        for hole in holes:
            for name in hole.expression.names:
                first = name.parts[0]
                if first in variables and first not in ready and first not in own and first not in KNOWN:
                    yield Slip(
                        place, hole.column + name.column, f"'{first}' may have no value here yet",
                        f"give it one from the beginning: `variables: {{{first}: ...}}`",
                    )  # fmt: skip


def _keys_before(node: Node, place: Place) -> list[str]:
    given = [key for _, keys in values(node, SetsAll) for key in keys]
    return given[: given.index(str(place[1]))]


def _whole(text: str) -> list[Hole]:
    """An expression as if it were the value of a text."""
    try:
        return [Hole(expression(text), "text", "", 0)]
    except ExpressionError:
        return []  # told already


def _of_text(
    place: Place,
    found: Iterable[object],
    allowed: Mapping[str, tuple[str, ...] | None],
    secrets: Collection[str] | None,
) -> Iterator[Slip]:
    for part in found:
        if isinstance(part, ExpressionError):
            yield Slip(place, part.column, str(part))
        elif isinstance(part, Hole):
            yield from _unknown(place, part.column, part.expression, allowed)
        elif isinstance(part, Secret) and secrets is not None and part.name not in secrets:
            near = did_you_mean(part.name, secrets)
            hint = near if near.startswith("did") else "add it to `secrets` of callcenter.yaml"
            yield Slip(place, part.column, f"the settings have no secret '{part.name}'", hint)


def _texts(node: Node) -> Iterator[tuple[Place, str]]:
    for place, text in values(node, Filled):
        if isinstance(text, str):
            yield place, text
    for place, texts in (*values(node, Heard), *values(node, Written)):
        for language, text in texts.items():
            yield (*place, language), text
    for place, data in values(node, FilledDeep):
        yield from _deep(place, data)
    url = getattr(node, "url", "")
    if url:
        yield ("url",), url


def _deep(place: Place, data: Any) -> Iterator[tuple[Place, str]]:
    if isinstance(data, str):
        yield place, data
    elif isinstance(data, Mapping):
        for key, item in data.items():
            yield from _deep((*place, key), item)
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from _deep((*place, index), item)


def _allowed(node: Node, place: Place, variables: Collection[str]) -> dict[str, tuple[str, ...] | None]:
    """Names, and what each has; None for anything."""
    allowed: dict[str, tuple[str, ...] | None] = {name: None for name in variables}
    allowed.update({name: None for name in node.more_names.get(str(place[0]), ())})
    allowed.update(KNOWN)
    return allowed


def _unknown(
    place: Place, column: int, parsed: Expression, allowed: Mapping[str, tuple[str, ...] | None]
) -> Iterator[Slip]:
    for name in parsed.names:
        first, rest = name.parts[0], name.parts[1:]
        if first not in allowed:
            yield Slip(
                place, column + name.column, f"there is no '{first}' in this flow",
                did_you_mean(first, allowed, "names"),
            )  # fmt: skip
            continue
        has = allowed[first]
        if has is not None and not rest:
            hint = f"say which part: {', '.join(f'{first}.{part}' for part in has)}"
            yield Slip(place, column + name.column, f"'{first}' alone is no value", hint)
        elif has is not None and rest[0] not in has:
            message = f"'{first}' has no '{rest[0]}'"
            yield Slip(place, column + name.column, message, did_you_mean(rest[0], has, f"parts of {first}"))
