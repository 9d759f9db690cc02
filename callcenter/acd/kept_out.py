"""Agents kept out of a queue by hand: said in the matcher's own words, by a mark its calls must not meet.

Only queues that somebody is kept out of ask for it, so that the others go on sharing their free agents. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from callcenter.center.needs import Has, Needs, Not, Skills, both

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


def kept_out_by(agents: Mapping[str, Skills]) -> frozenset[str]:
    """The queues that somebody is kept out of."""
    return frozenset(queue for skills in agents.values() for queue in kept_out_of(skills))


def heeding(needs: Needs, queue: str, kept_out: Collection[str]) -> Needs:
    """What a queue needs, and nobody with its mark if somebody is kept out of it. Parsed needs, not text: an
    expression may be as long and as deep as a center may have it."""
    return both(needs, Not(Has(_MARK + queue, 1))) if queue in kept_out else needs
