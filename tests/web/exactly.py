"""Holds what the rooms answer to the shapes of the contract: nothing missing, of another type, or unnamed."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


def exactly(shape: type[BaseModel], answer: Any) -> None:
    """Raises when `answer` is not just what `shape` says."""
    unnamed = sorted(_unnamed(shape.model_validate(answer, strict=True)))
    assert not unnamed, f"{shape.__name__} does not name {', '.join(unnamed)}"


def _unnamed(value: Any, place: str = "") -> set[str]:
    if isinstance(value, BaseModel):
        found = {f"{place}{name}" for name in value.model_extra or {}}
        for name in type(value).model_fields:
            found |= _unnamed(getattr(value, name), f"{place}{name}.")
        return found
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*(_unnamed(one, place) for one in inner))
