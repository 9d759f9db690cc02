"""What sentences of a story are made of: names, terms, texts per language."""

from __future__ import annotations

from typing import Any

from callcenter.storage.facts import Fact
from callcenter.storage.names import Names, in_language
from callcenter.storage.projection import text

EN, ZH = "en", "zh-CN"
Sentence = tuple[str, str]  # English, Chinese


class Teller:
    """Knows the names of people and things."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def name(self, kind: str, identifier: Any) -> Sentence:
        known = self._names(kind, text(identifier))
        return in_language(known, EN, text(identifier)), in_language(known, ZH, text(identifier))

    def agent(self, fact: Fact) -> Sentence:
        return self.name("agent", fact.data.get("agent") or fact.agent or "?")

    def queue(self, fact: Fact) -> Sentence:
        return self.name("queue", fact.data.get("queue") or "?")


def get(fact: Fact, field: str) -> str:
    """A field as text."""
    return text(fact.data.get(field))


def term(terms: dict[str, Sentence], value: str) -> Sentence:
    """A word of ours in both languages."""
    return terms.get(value, (value or "unknown", value or "未知"))


def per_language(value: Any) -> Sentence:
    """A field that is a text, or one per language."""
    if isinstance(value, dict):
        return text(value.get(EN)), text(value.get(ZH)) or text(value.get(EN))
    return text(value), text(value)
