"""Texts with values in them: `Your order {order.number|digits} arrives on {order.day|date}.`"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from callcenter.ivr.expressions import Expression, ExpressionError, Scope, bounded, expression

FORMATS = ("text", "digits", "number", "ordinal", "money", "date", "time", "datetime", "phone")
"""How a value can be said; see `speech/reading.py`."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A value in a text: `{order.number|digits}`, `{balance|money USD}`. `column` of the expression."""

    expression: Expression
    how: str
    currency: str
    column: int


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret of the settings, in a text that may hold one."""

    name: str
    column: int


_HOLE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_SENTENCE_END = re.compile(r"(?:(?:^|(?<=[^\W\d_]{3}))[.!?]\s+)|[。！？]+\s*")
"""Not the point of "Mr." or "9 a.m."."""
_HEAD = 6
"""Bytes, two Chinese characters or a longer word, that are worth a piece: they last longer than a short text
takes to render."""
_SECRET = re.compile(r"secret:([A-Za-z_][A-Za-z0-9_]*)\Z")


class Template:
    """A text with values. `{{` and `}}` are the braces themselves. Raises ExpressionError.

    `{secret:NAME}` is left as it is where `secrets` are allowed: who sends the text fills it in.
    """

    def __init__(self, text: str, *, secrets: bool = False) -> None:
        self.parts: list[str | Hole] = []
        self.secrets: list[str] = []
        for part in parts(text, secrets):
            if isinstance(part, ExpressionError):
                raise part
            if isinstance(part, Secret):
                self.secrets.append(part.name)
                self.parts.append("{secret:" + part.name + "}")
            else:
                self.parts.append(part)

    @property
    def holes(self) -> list[Hole]:
        return [part for part in self.parts if isinstance(part, Hole)]

    def fill(self, scope: Scope, write: Callable[[Any, Hole], str]) -> str:
        """The text with its values, each as `write` says it. Raises ExpressionError."""
        return "".join(self.fill_pieces(scope, write))

    def fill_pieces(self, scope: Scope, write: Callable[[Any, Hole], str]) -> list[str]:
        """The same in pieces: see `pieces`."""
        filled = [
            "".join(p if isinstance(p, str) else write(p.expression.value(scope), p) for p in piece)
            for piece in self.pieces
        ]
        bounded("".join(filled))
        return filled

    @cached_property
    def pieces(self) -> list[list[str | Hole]]:
        """The text in pieces that can be spoken one by one: its sentences, and of a first sentence with a
        value what stands before that. A piece without values is rendered before anybody calls; while it is
        heard, the next one is made."""
        pieces: list[list[str | Hole]] = [[]]
        for part in self.parts:
            if isinstance(part, Hole):
                # what stands before a plain value may change how it is said: 第2位 is not 2位
                if len(pieces) == 1 and part.how != "text" and _is_head(pieces[0]):
                    pieces.append([])
                pieces[-1].append(part)
                continue
            begin = 0
            for end in (found.end() for found in _SENTENCE_END.finditer(part)):
                if any(sign.isalnum() for sign in part[end:]) or part is not self.parts[-1]:
                    pieces[-1].append(part[begin:end])
                    pieces.append([])
                    begin = end
            pieces[-1].append(part[begin:])
        return [piece for piece in pieces if any(piece)]


def parts(text: str, secrets: bool) -> Iterator[str | Hole | Secret | ExpressionError]:
    """What a text is made of, in order, with all that is wrong with it."""
    end = 0
    for found in _HOLE.finditer(text):
        yield text[end : found.start()]
        end = found.end()
        inner = found[1]
        if found[0] in ("{{", "}}"):
            yield found[0][0]
        elif inner is None:
            yield ExpressionError(f"a '{found[0]}' alone; for the sign itself write it twice", found.start())
        elif secret := _SECRET.match(inner.strip()):
            here = ExpressionError("a secret cannot stand here", found.start())
            yield Secret(secret[1], found.start()) if secrets else here
        else:
            try:
                yield _hole(inner, found.start() + 1)
            except ExpressionError as error:
                yield error
    yield text[end:]


def fixed_pieces(text: str) -> list[str]:
    """The pieces of a text that have no values. Raises ExpressionError."""
    pieces = template(text).pieces
    found = [
        "".join(p for p in piece if isinstance(p, str)).strip() for piece in pieces if not _has_hole(piece)
    ]
    return [piece for piece in found if any(sign.isalnum() for sign in piece)]


def _is_head(piece: list[str | Hole]) -> bool:
    text = "".join(part for part in piece if isinstance(part, str))
    return not _has_hole(piece) and len(text.strip().encode()) >= _HEAD


def _has_hole(piece: list[str | Hole]) -> bool:
    return any(isinstance(part, Hole) for part in piece)


def fixed_parts(text: str) -> str:
    """A text without its values."""
    return " ".join(part for part in parts(text, True) if isinstance(part, str))


def _hole(inner: str, column: int) -> Hole:
    text, _, how = inner.rpartition("|") if "|" in inner else (inner, "", "text")
    words = how.split()
    if not words or words[0] not in FORMATS or len(words) > 2 or (len(words) == 2 and words[0] != "money"):
        raise ExpressionError(
            f"a value cannot be said as '{how.strip()}' (there are {', '.join(FORMATS)})", column
        )
    currency = words[1] if len(words) == 2 else ""
    if currency and not re.fullmatch("[A-Z]{3}", currency):
        raise ExpressionError(f"'{currency}' is not a currency such as CNY", column)
    try:
        return Hole(expression(text), words[0], currency, column)
    except ExpressionError as error:
        raise ExpressionError(f"'{text.strip()[:60]}' {error}", column + error.column) from None


@lru_cache(maxsize=4096)
def template(text: str, secrets: bool = False) -> Template:
    """The parsed text; the same one for the same text."""
    return Template(text, secrets=secrets)
