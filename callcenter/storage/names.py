"""How ids become names people know. The real names live in the center; they are handed in."""

from __future__ import annotations

from collections.abc import Callable

Names = Callable[[str, str], str | dict[str, str]]
"""names(kind, id): kind is queue, agent, disposition, reason or flow. A name, or one per language."""


def ids_as_names(_kind: str, identifier: str) -> str:
    """Where no center is at hand: the id itself."""
    return identifier


def in_language(name: str | dict[str, str], language: str, fallback: str = "") -> str:
    """The name in one language; in any when there is none."""
    if isinstance(name, str):
        return name or fallback
    return name.get(language) or next((text for text in name.values() if text), fallback)
