"""Secrets: texts, requests and logs hold `{secret:NAME}`; the value is put in at the last moment."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

_PLACE = re.compile(r"\{(secret:)?([A-Za-z_][A-Za-z0-9_]*)\}")
_SHORTEST_MASKED = 4  # a shorter one is masked only where it stands alone: it may be part of any word
MASK = "••••"


class UnknownSecret(LookupError):
    """A secret that the settings do not have. The message names it."""


class Secrets:
    """The values by name. Nothing here shows them but `reveal`."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)
        forms = {form for value in values.values() for form in _forms(value)}
        self._masked = sorted(
            (form for form in forms if len(form) >= _SHORTEST_MASKED), key=len, reverse=True
        )
        self._short = {value for value in values.values() if 0 < len(value) < _SHORTEST_MASKED}

    def __repr__(self) -> str:
        return f"Secrets({', '.join(sorted(self._values))})"

    def reveal(
        self, text: str, values: Mapping[str, str] | None = None, escape: Callable[[str], str] | None = None
    ) -> str:
        """The text with `{secret:NAME}` and, of `values`, `{name}` filled in.

        It is gone through once, so that a value cannot ask for a secret. `escape` is applied to what is
        filled in. Raises UnknownSecret.
        """

        def fill(found: re.Match[str]) -> str:
            secret, name = found[1], found[2]
            if secret:
                if name not in self._values:
                    raise UnknownSecret(f"the settings have no secret '{name}'")
                value = self._values[name]
            elif values is not None and name in values:
                value = values[name]
            else:
                return found[0]
            return escape(value) if escape else value

        return _PLACE.sub(fill, text)

    def reveal_deep(self, data: Any, values: Mapping[str, str] | None = None) -> Any:
        """The same for every text in JSON data. Raises UnknownSecret."""
        return _deep(data, lambda text: self.reveal(text, values))

    def mask(self, text: str) -> str:
        """The text without any secret: as it is, percent-encoded, in JSON or in base64."""
        if text in self._short:
            return MASK
        for form in self._masked:
            text = text.replace(form, MASK)
        return text

    def mask_deep(self, data: Any) -> Any:
        """The same for every text in JSON data, keys as well."""
        return _deep(data, self.mask, keys=True)


def _forms(value: str) -> set[str]:
    """How a far side may give a secret back."""
    plain = base64.b64encode(value.encode()).decode()
    return {
        value,
        quote(value, safe=""),
        quote(value),
        quote_plus(value),
        json.dumps(value)[1:-1],
        plain,
        plain.rstrip("="),
    }


def _deep(data: Any, change: Callable[[str], str], keys: bool = False) -> Any:
    if isinstance(data, str):
        return change(data)
    if isinstance(data, Mapping):
        return {change(key) if keys else key: _deep(value, change, keys) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_deep(value, change, keys) for value in data]
    return data
