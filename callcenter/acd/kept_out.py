"""Agents kept out of a queue by hand: said in the matcher's own words, by a mark its calls must not meet.

Only queues that somebody is kept out of ask for it, so that the others go on sharing their free agents. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from callcenter.center.model import Center
from callcenter.center.needs import Skills

_MARK = "kept-out-of-"


def marked(skills: Skills, queues: Collection[str]) -> dict[str, int]:
    """An agent's skills, with the marks of the queues he is kept out of."""
    return {**skills, **{_MARK + queue: 1 for queue in queues}}


def unmarked(skills: Skills) -> dict[str, int]:
    """The same without marks."""
    return {skill: level for skill, level in skills.items() if not skill.startswith(_MARK)}


def kept_out_of(skills: Skills) -> list[str]:
    """The queues whose marks are among an agent's skills."""
    return sorted(skill.removeprefix(_MARK) for skill in skills if skill.startswith(_MARK))


def heeding(center: Center, agents: Mapping[str, Skills]) -> Center:
    """The center, in which queues that somebody is kept out of say so in what they need."""
    names = {queue for skills in agents.values() for queue in kept_out_of(skills)} & center.queues.keys()
    changed = {}
    for name in names:
        queue, mark = center.queues[name], f"not {_MARK}{name}"
        rings = [ring.model_copy(update={"needs": f"({ring.needs}) and {mark}"}) for ring in queue.rings]
        needs = f"({queue.needs}) and {mark}" if queue.needs else mark
        changed[name] = queue.model_copy(update={"needs": needs, "rings": rings})
    return center.model_copy(update={"queues": {**center.queues, **changed}}) if changed else center
