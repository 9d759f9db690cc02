"""`center.yaml` to a checked `Center`, with every mistake at once: spelling, form and cross references."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import zoneinfo
from collections.abc import Collection, Iterable
from pathlib import Path

from callcenter.center.check_queues import check_queues, known_skills
from callcenter.center.hours import known_country, minutes
from callcenter.center.model import ENGINE_REASONS, LANGUAGES, Center, Hours
from callcenter.center.problems import Problem, did_you_mean, has_errors, tidy
from callcenter.center.source import Document, Place, parse_document, read_document
from callcenter.center.validate import validate
from callcenter.center.waiting_check import LANGUAGE_NAMES, waiting_problems

__all__ = ["LANGUAGE_NAMES", "load_center", "parse_center"]


def load_center(path: Path, flows: Collection[str] | None = None) -> tuple[Center | None, list[Problem]]:
    """Read and check a center file. The center is None when there is any error.

    `flows` are the flows that exist (names of the files without `.yaml`); None leaves them unchecked.
    """
    document, problems = read_document(path)
    return _check(document, problems, flows, path.parent)


def parse_center(
    data: bytes,
    file: str = "center.yaml",
    flows: Collection[str] | None = None,
    folder: Path | None = None,
) -> tuple[Center | None, list[Problem]]:
    """The same for bytes that stand in no file yet (an editor's text), or will stand in `folder`: where its
    sound files are looked for, unless it is None."""
    document, problems = parse_document(data, file)
    return _check(document, problems, flows, folder)


def _check(
    document: Document | None, problems: list[Problem], flows: Collection[str] | None, folder: Path | None
) -> tuple[Center | None, list[Problem]]:
    if document is None:
        return None, tidy(problems)
    validated = validate(document, Center)
    problems = problems + validated.problems
    if validated.rest is not None:
        found = list(_cross_references(document, validated.rest, flows, folder))
        # What is left of a wrong file may lack an agent that only is misspelt: no warnings from it.
        problems += found if validated.model is not None else [p for p in found if p.severity == "error"]
    return (None if has_errors(problems) else validated.model), tidy(problems)


def _cross_references(
    doc: Document, center: Center, flows: Collection[str] | None, folder: Path | None
) -> Iterable[Problem]:
    yield from _numbers(doc, center, flows)
    yield from _agents(doc, center)
    yield from check_queues(doc, center, flows)
    yield from _supervisors(doc, center)
    yield from _reasons(doc, center)
    yield from _time_zone(doc, ("time_zone",), center.time_zone)
    if not known_country(center.country):
        yield doc.problem(("country",), f"unknown country '{center.country}'", 'a code such as "CN" or "US"')
    for name, hours in center.hours.items():
        yield from _hours(doc, ("hours", name), hours)
    for name in center.queues:
        yield from waiting_problems(doc, center, name, folder)
    yield from _texts(doc, center)


def _numbers(doc: Document, center: Center, flows: Collection[str] | None) -> Iterable[Problem]:
    places = _list_places(doc, "numbers", "did")
    seen: dict[str, int] = {}
    for index, did in places:
        plain = did.removeprefix("+")
        if plain in seen:
            line = doc.find(("numbers", seen[plain], "did")).value.line
            yield doc.problem(
                ("numbers", index, "did"), f"the number {did} stands twice", f"it stands first in line {line}"
            )
        seen.setdefault(plain, index)
    if flows is not None:
        for index, flow in _list_places(doc, "numbers", "flow"):
            if flow not in flows:
                yield doc.problem(
                    ("numbers", index, "flow"),
                    f"there is no flow '{flow}'",
                    did_you_mean(flow, flows, "flows"),
                )


def _list_places(doc: Document, key: str, field: str) -> list[tuple[int, str]]:
    """Index and text of a field in each element of a list of blocks."""
    found = doc.find((key,))
    pairs = [(index, item.get(field)) for index, item in enumerate(found.value.items) if found.whole]
    return [(index, pair[1].raw) for index, pair in pairs if pair is not None and pair[1].raw]


def _agents(doc: Document, center: Center) -> Iterable[Problem]:
    skills = doc.keys(("skills",))
    dids = {number.did.removeprefix("+") for number in center.numbers}
    seen: dict[str, str] = {}
    for name, agent in center.agents.items():
        place = ("agents", name, "extension")
        if agent.extension in seen:
            other = seen[agent.extension]
            yield doc.problem(place, f"extension {agent.extension} is already that of '{other}'")
        seen.setdefault(agent.extension, name)
        if agent.extension in dids:
            yield doc.problem(place, f"extension {agent.extension} is also one of the numbers")
        yield from known_skills(doc, ("agents", name, "skills"), agent.skills, skills)


def _supervisors(doc: Document, center: Center) -> Iterable[Problem]:
    seen = {agent.extension: name for name, agent in center.agents.items()}
    dids = {number.did.removeprefix("+") for number in center.numbers}
    for name, extension in center.supervision.phones.items():
        place = ("supervision", "phones", name)
        if extension in seen:
            yield doc.problem(place, f"extension {extension} is already that of '{seen[extension]}'")
        seen.setdefault(extension, name)
        if extension in dids:
            yield doc.problem(place, f"extension {extension} is also one of the numbers")


def _reasons(doc: Document, center: Center) -> Iterable[Problem]:
    for name, reason in center.not_ready_reasons.items():
        place = ("not_ready_reasons", name)
        if name in ENGINE_REASONS:
            yield doc.problem(
                place, f"'{name}' is a reason the engine itself gives", "take another id", at_key=True
            )
        if reason.at_once is not None and reason.at_once > 1 and reason.at_once % 1:
            hint = "such as 3 (agents), or 0.2 (of those signed in)"
            yield doc.problem((*place, "at_once"), "'at_once' is a whole number, or a share below 1", hint)
        timed = reason.limit_minutes is not None or reason.per_day_minutes is not None
        if "at_limit" in reason.model_fields_set and not timed:
            hint = "add limit_minutes or per_day_minutes"
            yield doc.problem(
                (*place, "at_limit"), "'at_limit' says what comes at a limit, and there is none", hint,
                "warning", at_key=True,
            )  # fmt: skip


@functools.cache
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _time_zone(doc: Document, place: Place, name: str) -> Iterable[Problem]:
    if name not in _time_zones():
        hint = did_you_mean(name, _time_zones())
        hint = hint if hint.startswith("did") else 'a name such as "Asia/Shanghai"'
        yield doc.problem(place, f"unknown time zone '{name[:60]}'", hint)


def _hours(doc: Document, place: Place, hours: Hours) -> Iterable[Problem]:
    if hours.time_zone:
        yield from _time_zone(doc, (*place, "time_zone"), hours.time_zone)
    if hours.holidays and not known_country(hours.holidays):
        yield doc.problem(
            (*place, "holidays"), f"no public holidays are known for '{hours.holidays[:40]}'",
            'a country code such as "CN"',
        )  # fmt: skip
    for weekday, ranges in hours.weekly.items():
        yield from _ranges(doc, (*place, "weekly", weekday), ranges)
    for day, ranges in hours.open.items():
        if not _is_date(day):
            yield doc.problem((*place, "open", day), f"there is no day {day}", at_key=True)
        yield from _ranges(doc, (*place, "open", day), ranges)
    for index, day in enumerate(hours.closed):
        if not _is_date(day):
            yield doc.problem((*place, "closed", index), f"there is no day {day}")
        elif day in hours.open:
            yield doc.problem(
                (*place, "closed", index), f"{day} is also under 'open', which wins", severity="warning"
            )
    if not any(hours.weekly.values()) and not any(hours.open.values()):
        yield doc.problem(place, f"hours '{place[-1]}' are never open", severity="warning", at_key=True)


def _ranges(doc: Document, place: Place, ranges: list[str]) -> Iterable[Problem]:
    spans = []
    for index, text in enumerate(ranges):
        start, end = (minutes(part) for part in text.split("-"))
        if end <= start:
            hint = "for a night, write until 24:00 on one day and from 00:00 on the next"
            yield doc.problem((*place, index), f"'{text}' ends before it begins", hint)
        else:
            spans.append((start, end, index, text))
    spans.sort()
    for first, second in itertools.pairwise(spans):
        if second[0] < first[1]:
            yield doc.problem((*place, second[2]), f"'{second[3]}' overlaps '{first[3]}'")


def _is_date(day: str) -> bool:
    try:
        dt.date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _texts(doc: Document, center: Center) -> Iterable[Problem]:
    """Names must be there in the default language, and should be in all."""
    places: list[Place] = [("name",)]
    places += [("numbers", index, "name") for index in range(len(doc.find(("numbers",)).value.items))]
    for part in ("skills", "queues", "not_ready_reasons", "dispositions"):
        places += [(part, name, "name") for name in doc.keys((part,))]
    for place in places:
        found = doc.find(place)
        if not found.whole or found.value.kind != "map":
            continue
        given = {key.raw for key, value in found.value.pairs if value.raw.strip()}
        for language in LANGUAGES:
            if language in given:
                continue
            severity = "error" if language == center.default_language else "warning"
            yield doc.problem(
                place, f"the name has no text in {LANGUAGE_NAMES[language]}",
                f"add `{language}: …`", "error" if severity == "error" else "warning", at_key=True,
            )  # fmt: skip
