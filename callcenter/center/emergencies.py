"""Emergency switches: declared in center.yaml, thrown by a supervisor, asked for by flows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from callcenter.center.model import Center
from callcenter.storage.facts import Fact, Journal
from callcenter.telephony.refusal import Refused


class Emergencies:
    """The switches of this moment. Implements the web server's `Emergencies` port."""

    def __init__(self, center: Callable[[], Center], journal: Journal, tell: Callable[[], None]) -> None:
        """`tell` lets open pages know that one was switched."""
        self._center = center
        self._journal = journal
        self._tell = tell
        self._last: dict[str, Fact] = {}

    def recover(self, facts: Mapping[str, Fact]) -> None:
        """After a start: the last emergency.switched of each switch."""
        self._last = {**facts, **self._last}

    def is_on(self, emergency: str) -> bool:
        """Is this declared switch thrown?"""
        last = self._last.get(emergency)
        return emergency in self._center().emergencies and last is not None and last.data["on"] is True

    def views(self) -> list[dict[str, Any]]:
        """Every declared switch: `{id, name, on, at, by, note}`; `at` is None for one never switched."""
        return [self._view(name) for name in self._center().emergencies]

    def switch(self, emergency: str, on: bool, note: str, by: str) -> dict[str, Any]:
        """Throw a switch or take it back. Counts for the next caller who comes to a node that asks for it.

        Raises Refused for one that is not declared.
        """
        if emergency not in self._center().emergencies:
            raise Refused("emergency_unknown", "There is no such switch", "没有这个应急开关", status=404)
        if self.is_on(emergency) != on:
            self._last[emergency] = self._journal.write(
                "emergency.switched", id=emergency, on=on, by=by, note=note
            )
            self._tell()
        return self._view(emergency)

    def _view(self, emergency: str) -> dict[str, Any]:
        last = self._last.get(emergency)
        return {
            "id": emergency,
            "name": dict(self._center().emergencies[emergency].name),
            "on": self.is_on(emergency),
            "at": last.at if last is not None else None,
            "by": last.data["by"] if last is not None else "",
            "note": last.data["note"] if last is not None else "",
        }
