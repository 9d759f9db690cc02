"""What people call the things of a center, by their ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from callcenter.center.model import Center, Named, Queue
from callcenter.storage.names import Names

Reasons = Callable[[Center], dict[str, dict[str, str]]]


def names_of(center: Callable[[], Center], reasons: Reasons) -> Names:
    """The names in the center of the moment; the id itself for what is no longer declared.

    `reasons` gives the names of all not-ready reasons, the engine's own included."""

    def name(kind: str, identifier: str) -> str | dict[str, str]:
        known = center()
        if kind == "agent":
            agent = known.agents.get(identifier)
            return agent.name if agent is not None else identifier
        if kind == "reason":
            return reasons(known).get(identifier) or identifier
        tables: dict[str, Mapping[str, Queue | Named]] = {
            "queue": known.queues,
            "disposition": known.dispositions,
            "skill": known.skills,
            "emergency": known.emergencies,
        }
        named = tables.get(kind, {}).get(identifier)
        return {str(language): text for language, text in named.name.items()} if named else identifier

    return name
