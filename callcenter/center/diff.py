"""What an admin's edit changes, in lines a person reads before he says yes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from callcenter.center.model import Center

Kind = Literal["added", "changed", "removed"]

# Parts of the center that hold things by id, and how one of them is called.
_PARTS = {
    "hours": "hours",
    "skills": "skill",
    "queues": "queue",
    "agents": "agent",
    "not_ready_reasons": "not-ready reason",
    "dispositions": "disposition",
}
_OWN = ("name", "time_zone", "country", "default_language", "missed_limit", "sign_in")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that will be different."""

    what: str  # such as `queue orders`
    kind: Kind
    detail: str = ""  # changed: `wrap_up_seconds: 30 → 45`; several are joined by '; '


def changes(old: Center, new: Center) -> list[Change]:
    """Everything that differs, in the order of the file."""
    found: list[Change] = []
    own = [_field(key, getattr(old, key), getattr(new, key)) for key in _OWN]
    own.append(_field("supervision", old.supervision.model_dump(), new.supervision.model_dump()))
    if any(own):
        found.append(Change("center", "changed", "; ".join(line for line in own if line)))
    found += _part(
        "number",
        {number.did: number for number in old.numbers},
        {number.did: number for number in new.numbers},
    )
    for part, what in _PARTS.items():
        found += _part(what, getattr(old, part), getattr(new, part))
    return found


def _part(what: str, old: Mapping[str, BaseModel], new: Mapping[str, BaseModel]) -> list[Change]:
    found = [Change(f"{what} {name}", "removed") for name in old if name not in new]
    for name, thing in new.items():
        if name not in old:
            found.append(Change(f"{what} {name}", "added", _title(thing)))
        elif thing != old[name]:
            before, after = old[name].model_dump(), thing.model_dump()
            lines = [_field(key, before[key], after[key]) for key in after]
            found.append(Change(f"{what} {name}", "changed", "; ".join(line for line in lines if line)))
    return found


def _title(thing: BaseModel) -> str:
    name = getattr(thing, "name", "")
    return " / ".join(name.values()) if isinstance(name, dict) else str(name)


def _field(key: str, old: Any, new: Any) -> str:
    """The difference of one field; '' when there is none. Blocks are gone into, so that one line suffices."""
    if old == new:
        return ""
    if isinstance(old, dict) and isinstance(new, dict):
        lines = []
        for inner in dict.fromkeys([*old, *new]):
            if inner not in new:
                lines.append(f"{key}.{inner} removed (was {_show(old[inner])})")
            elif inner not in old:
                lines.append(f"{key}.{inner} added: {_show(new[inner])}")
            else:
                lines.append(_field(f"{key}.{inner}", old[inner], new[inner]))
        return "; ".join(line for line in lines if line)
    return f"{key}: {_show(old)} → {_show(new)}"


def _show(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return ", ".join(_show(item) for item in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_show(item)}" for key, item in value.items()) or "none"
    return str(value) if value not in ("", None) else "none"
