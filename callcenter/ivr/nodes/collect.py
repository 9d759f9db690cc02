"""Digits the caller keys in: an order number, a card number, an amount."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import SchemaError

from callcenter.ivr.expressions import FUNCTIONS
from callcenter.ivr.fields import ALL_KEYS, Label, NodeName, OptionalNode, Place, Variable
from callcenter.ivr.nodes import voice
from callcenter.ivr.nodes.base import Mistake
from callcenter.ivr.nodes.menu import AskingNode
from callcenter.ivr.steps import AskKey, Outcome, Pressed, Step, Utterance
from callcenter.ivr.visit import NodeFailed, Visit, Walk
from callcenter.speech import phrases


class CollectNode(AskingNode):
    """Ask for digits. A star begins anew."""

    type: Literal["collect"]
    into: Variable = Field(description="The variable that keeps the digits.")
    label: Label = Field(default={}, description="What it is called, shown to the agent.")
    next: NodeName = Field(description="The node that follows when the digits are right.")
    on_failed: OptionalNode = Field(
        default="", description="Where to go without right digits, retries used up."
    )
    min_digits: int = Field(default=1, ge=1, le=40, description="Fewer are wrong.")
    max_digits: int = Field(default=20, ge=1, le=40, description="With this many the caller is done.")
    end_key: Literal["#", ""] = Field(default="#", description="The key that says: done.")
    between_seconds: float = Field(
        default=3, ge=0.5, le=20, description="The longest pause between two digits; then the caller is done."
    )
    check: Literal["", "luhn", "date", "time"] = Field(
        default="",
        description="luhn: check digit of card numbers; date: YYYYMMDD or MMDD; time: HHMM.",
    )
    pattern: Annotated[str, StringConstraints(max_length=200)] = Field(
        default="", description="A regular expression the digits must match as a whole."
    )
    confirm: bool = Field(default=False, description="Read the digits back and ask whether they are right.")
    read_as: Literal["digits", "number", "money"] = Field(
        default="digits", description="How they are read back."
    )
    secret: bool = Field(
        default=False,
        description="A PIN or card number: never written to the journal, nor shown to the agent.",
    )

    def _silent(self, place: Place) -> bool:
        return place == ("on_failed",)

    def mistakes(self) -> Iterator[Mistake]:
        if self.min_digits > self.max_digits:
            yield Mistake(("min_digits",), f"'min_digits' is more than 'max_digits' ({self.max_digits})")
        if self.pattern:
            try:
                matcher(self.pattern)
            except SchemaError:
                yield Mistake(("pattern",), "is not a regular expression", "such as `1[3-9][0-9]{9}`")

    def run(self, at: Visit) -> Walk:
        before: tuple[Utterance, ...] = ()
        for _ in range(self.retries + 1):
            digits = yield from self._read(at, (*before, *self.words(at)))
            if not digits:
                before = ()
                continue
            if not self.is_right(digits):
                before = at.heard(self.invalid) or at.phrases(phrases.WRONG_NUMBER)
                continue
            if self.confirm:
                try:
                    # a secret digit by digit: its sound must not lie in the prompt cache
                    parts, how = (digits, "digits") if self.secret else ((digits,), self.read_as)
                    question = at.phrase(phrases.YOU_ENTERED, *(at.read(part, how) for part in parts))
                except NodeFailed:  # more digits than a number of that kind has
                    before = at.heard(self.invalid) or at.phrases(phrases.WRONG_NUMBER)
                    continue
                if not (yield from voice.confirm(at, question)):
                    before = ()
                    continue
            at.collected(self.into, digits, self.label, secret=self.secret)
            return at.go("next", self.next)
        return at.go("on_failed", self.on_failed, phrases.NOT_UNDERSTOOD_GOODBYE)

    def _read(self, at: Visit, heard: tuple[Utterance, ...]) -> Generator[Step, Outcome, str]:
        digits, seconds = "", self.timeout_seconds
        while len(digits) < self.max_digits:
            closing = self.end_key if len(digits) + 1 == self.max_digits else ""
            outcome = yield AskKey(at.node, heard, ALL_KEYS, seconds, closing=closing)
            key = outcome.key if isinstance(outcome, Pressed) else ""
            if not key or key == self.end_key:
                break
            if key == "*":
                digits = ""
            elif key.isdigit():
                digits += key
            heard, seconds = (), self.between_seconds
        return digits

    def is_right(self, digits: str) -> bool:
        """Whether the digits are as the node wants them."""
        if not self.min_digits <= len(digits) <= self.max_digits:
            return False
        if self.pattern and not matcher(self.pattern)(digits):
            return False
        if self.check == "luhn":
            return bool(FUNCTIONS["luhn"](digits))
        if self.check == "date":
            found = re.fullmatch(r"(?:(\d{4}))?(\d\d)(\d\d)", digits)
            return found is not None and _is_date(int(found[1] or 2000), int(found[2]), int(found[3]))
        if self.check == "time":
            return re.fullmatch(r"([01]\d|2[0-3])[0-5]\d", digits) is not None
        return True


@lru_cache(maxsize=512)
def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a text matches as a whole. pydantic's own engine needs no more time than the text is long,
    whatever the pattern: no caller waits for a clumsy one. Raises pydantic_core.SchemaError for what is no
    pattern."""
    known: TypeAdapter[str] = TypeAdapter(Annotated[str, StringConstraints(pattern=f"^(?:{pattern})$")])

    def matches(text: str) -> bool:
        try:
            known.validate_python(text)
        except ValidationError:
            return False
        return True

    return matches


def _is_date(year: int, month: int, day: int) -> bool:
    if not (1 <= month <= 12 and year >= 1):
        return False
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return (
        1
        <= day
        <= (29 if leap and month == 2 else (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1])
    )
