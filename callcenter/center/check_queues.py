"""Queues of `center.yaml` against the rest of it: skills, expressions, rings, overflow."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from callcenter.center.model import Center, Queue
from callcenter.center.needs import NeedsError, meets, parse, possible, skills_named
from callcenter.center.problems import Problem, Severity, did_you_mean, has_errors
from callcenter.center.source import Document, Place


def check_queues(doc: Document, center: Center, flows: Collection[str] | None) -> Iterable[Problem]:
    """Every mistake in how queues refer to other parts, and queues that cannot be served."""
    for name, queue in center.queues.items():
        place = ("queues", name)
        problems = [
            *_needs(doc, place, queue),
            *known_skills(doc, (*place, "skills"), queue.skills, doc.keys(("skills",))),
        ]
        yield from problems
        if not has_errors(problems):
            yield from _served(doc, place, name, queue, center)
        yield from _references(doc, place, queue, center)
        yield from _overflow(doc, place, name, queue, center, flows)


def known_skills(doc: Document, place: Place, used: Iterable[str], known: list[str]) -> Iterable[Problem]:
    """Skills that are not declared."""
    for skill in used:
        if skill not in known:
            hint = did_you_mean(skill, known, "skills")
            yield doc.problem((*place, skill), f"unknown skill '{skill}'", hint, at_key=True)


def _needs(doc: Document, place: Place, queue: Queue) -> Iterator[Problem]:
    texts: list[tuple[Place, str]] = [((*place, "needs"), queue.needs)] if queue.needs is not None else []
    texts += [((*place, "rings", n, "needs"), ring.needs) for n, ring in enumerate(queue.rings)]
    known = doc.keys(("skills",))
    for where, text in texts:
        try:
            needs = parse(text)
        except NeedsError as wrong:
            yield _inside(
                doc,
                where,
                text,
                wrong.at,
                str(wrong),
                "write it such as: english >= 3 and (billing or refunds)",
            )
            continue
        for skill in dict.fromkeys(skills_named(needs)):
            if skill not in known:
                yield _inside(
                    doc,
                    where,
                    text,
                    text.find(skill),
                    f"unknown skill '{skill}'",
                    did_you_mean(skill, known, "skills"),
                )
        if not possible(needs):
            yield doc.problem(where, "nobody can ever meet this: its parts contradict each other")


def _inside(doc: Document, place: Place, text: str, at: int, message: str, hint: str) -> Problem:
    """A problem at a place inside a text of one line."""
    value = doc.find(place).value
    simple = value.raw == text and "\n" not in text
    column = value.column + (at if simple else 0) + (0 if value.plain or not simple else 1)
    return doc.source.problem(value.line, column, message, hint)


def _served(doc: Document, place: Place, name: str, queue: Queue, center: Center) -> Iterator[Problem]:
    rings = [(None, queue.asked), *enumerate(needs for _, needs in queue.widened)]
    if not possible(queue.asked):
        yield doc.problem(
            place, f"nobody can ever serve queue '{name}': its skills contradict each other", at_key=True
        )
        return
    able = {
        agent_id
        for agent_id, agent in center.agents.items()
        if any(meets(agent.skills, needs) for _, needs in rings)
    }
    if not able:
        yield doc.problem(
            place, f"no agent can serve queue '{name}'",
            f"give an agent the skills it asks for: {queue.asked}", "warning", at_key=True,
        )  # fmt: skip
    reached: set[str] = {a for a, agent in center.agents.items() if meets(agent.skills, queue.asked)}
    for n, needs in rings[1:]:
        now = {a for a, agent in center.agents.items() if meets(agent.skills, needs)}
        if able and now == reached and n is not None:
            order = sorted(range(len(queue.rings)), key=lambda i: queue.rings[i].after)
            yield doc.problem((*place, "rings", order[n]), "this ring adds no agent", severity="warning")
        reached = now


def _references(doc: Document, place: Place, queue: Queue, center: Center) -> Iterator[Problem]:
    dispositions = doc.keys(("dispositions",))
    for index, disposition in enumerate(queue.dispositions):
        if disposition not in dispositions:
            hint = did_you_mean(disposition, dispositions, "dispositions")
            yield doc.problem((*place, "dispositions", index), f"unknown disposition '{disposition}'", hint)
    if queue.wrap_up is not None and "wrap_up_seconds" in queue.model_fields_set:
        yield doc.problem(
            (*place, "wrap_up_seconds"), "'wrap_up' says the same", "remove one of them", at_key=True
        )
    agents = doc.keys(("agents",))
    for agent in queue.ranks:
        if agent not in agents:
            hint = did_you_mean(agent, agents, "agents")
            yield doc.problem((*place, "ranks", agent), f"unknown agent '{agent}'", hint, at_key=True)
    if queue.ranks and queue.strategy != "ranked":
        yield doc.problem(
            (*place, "ranks"), "ranks count only with `strategy: ranked`", severity="warning", at_key=True
        )
    if queue.hours is not None and queue.hours not in doc.keys(("hours",)):
        hint = did_you_mean(queue.hours, doc.keys(("hours",)), "hours")
        yield doc.problem((*place, "hours"), f"unknown hours '{queue.hours}'", hint)
    calling = queue.callback.hours
    if calling is not None and calling not in doc.keys(("hours",)):
        hint = did_you_mean(calling, doc.keys(("hours",)), "hours")
        yield doc.problem((*place, "callback", "hours"), f"unknown hours '{calling}'", hint)


def _overflow(
    doc: Document, place: Place, name: str, queue: Queue, center: Center, flows: Collection[str] | None
) -> Iterator[Problem]:
    queues, mailboxes = doc.keys(("queues",)), doc.keys(("mailboxes",))
    emergencies = doc.keys(("emergencies",))
    seen: set[str] = set()
    for n, rule in enumerate(queue.overflow):
        where = (*place, "overflow", n)
        to = rule.to
        if to.queue is not None and to.queue not in queues:
            hint = did_you_mean(to.queue, queues, "queues")
            yield doc.problem((*where, "to", "queue"), f"there is no queue '{to.queue}'", hint)
        if to.flow is not None and flows is not None and to.flow not in flows:
            hint = did_you_mean(to.flow, flows, "flows")
            yield doc.problem((*where, "to", "flow"), f"there is no flow '{to.flow}'", hint)
        if to.voicemail is not None and to.voicemail not in mailboxes:
            hint = did_you_mean(to.voicemail, mailboxes, "mailboxes")
            yield doc.problem((*where, "to", "voicemail"), f"there is no mailbox '{to.voicemail}'", hint)
        if rule.to.queue == name:
            yield doc.problem((*where, "to", "queue"), "a queue cannot overflow into itself")
        if rule.emergency is not None and rule.emergency not in emergencies:
            hint = did_you_mean(rule.emergency, emergencies, "emergency switches")
            yield doc.problem((*where, "emergency"), f"unknown emergency switch '{rule.emergency}'", hint)
        if rule.closed and queue.hours is None:
            yield doc.problem(
                (*where, "closed"), "never holds: the queue has no `hours`", severity="warning", at_key=True
            )
        if rule.condition in ("no_agents", "closed") and rule.condition in seen:
            yield doc.problem(
                where,
                f"never reached: a rule above has the condition '{rule.condition}' already",
                severity="warning",
            )
        seen.add(rule.condition)
    circle = _circle(name, center)
    if circle:
        yield doc.problem(
            (*place, "overflow"), f"callers may go round for ever: {' → '.join(circle)}",
            "let one of these queues overflow elsewhere", severity=_SEVERITY, at_key=True,
        )  # fmt: skip


_SEVERITY: Severity = (
    "warning"  # each caller overflows into a queue once at most: he does not really go round
)


def _circle(start: str, center: Center) -> list[str]:
    """Queues that overflow into each other by the same condition, from `start` back to it."""
    trail = [start]
    while True:
        queue = center.queues.get(trail[-1])
        following = next((r.to.queue for r in queue.overflow if r.to.queue), None) if queue else None
        if following is None:
            return []
        trail.append(following)
        if following == start:
            return trail
        if following in trail[:-1]:
            return []
