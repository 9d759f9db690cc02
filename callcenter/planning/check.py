"""A scenario file to a checked `Scenario`, with every mistake at once, each where it stands."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from callcenter.center.check import load_center
from callcenter.center.hours import minutes
from callcenter.center.model import Center
from callcenter.center.needs import at_levels, meets
from callcenter.center.problems import Problem, did_you_mean, has_errors, tidy
from callcenter.center.source import Document, Place, parse_document, read_document
from callcenter.center.validate import validate
from callcenter.planning.scenario_model import MAX_AGENTS, MAX_CALLS, Scenario, Shift, Staff, Traffic

QUARTER = 15  # minutes
#: what a queue has from its center
_CENTERS_OWN = ("name", "skills", "priority", "service_level")


@dataclass(frozen=True, slots=True)
class Checked:
    """A scenario without mistakes, and the center it is about (None: it brings its own queues)."""

    scenario: Scenario
    center: Center | None


def load_scenario(path: Path) -> tuple[Checked | None, list[Problem]]:
    """Read and check a scenario file. None when there is any error."""
    document, problems = read_document(path)
    return _check(document, problems, path.parent)


def parse_scenario(
    data: bytes, file: str = "scenario.yaml", folder: Path = Path()
) -> tuple[Checked | None, list[Problem]]:
    """The same for bytes that stand in no file yet. `folder` is where they would stand."""
    document, problems = parse_document(data, file)
    return _check(document, problems, folder)


def _check(
    document: Document | None, problems: list[Problem], folder: Path
) -> tuple[Checked | None, list[Problem]]:
    if document is None:
        return None, tidy(problems)
    validated = validate(document, Scenario)
    problems = problems + validated.problems
    center: Center | None = None
    if validated.rest is not None:
        center, found = _center(document, validated.rest, folder)
        if validated.rest.center == "" or center is not None:
            found += _cross_references(document, validated.rest, center)
        # What is left of a wrong file may lack an agent that only is misspelt: no warnings from it.
        problems += found if validated.model is not None else [p for p in found if p.severity == "error"]
    if has_errors(problems) or validated.model is None:
        return None, tidy(problems)
    return Checked(validated.model, center), tidy(problems)


def staff_ids(name: str, staff: Staff) -> list[str]:
    """The agents a line of `agents` stands for."""
    return [name] if staff.count is None else [f"{name}-{number}" for number in range(1, staff.count + 1)]


def _center(doc: Document, scenario: Scenario, folder: Path) -> tuple[Center | None, list[Problem]]:
    if not scenario.center:
        return None, []
    center, problems = load_center(folder / scenario.center)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        errors.append(doc.problem(("center",), "the center cannot be used", "mend its file first"))
    return center, errors


def _cross_references(doc: Document, scenario: Scenario, center: Center | None) -> list[Problem]:
    found = [*_date(doc, scenario), *_opening(doc, scenario)]
    for name in scenario.queues:
        found += _queue(doc, ("queues", name), scenario, name, center)
    for name, shift in scenario.shifts.items():
        found += _shift(doc, ("shifts", name), shift)
    found += _agents(doc, scenario, center)
    found += _able(doc, scenario, center)
    found += _what_if(doc, scenario)
    return found


def _date(doc: Document, scenario: Scenario) -> Iterable[Problem]:
    try:
        dt.date.fromisoformat(scenario.date)
    except ValueError:
        yield doc.problem(("date",), f"there is no day {scenario.date}")
    else:
        if not 1971 <= int(scenario.date[:4]) <= 2200:
            yield doc.problem(("date",), f"there is no day {scenario.date}")
    zones = zoneinfo.available_timezones()
    if scenario.time_zone and scenario.time_zone not in zones:
        hint = did_you_mean(scenario.time_zone, zones)
        hint = hint if hint.startswith("did") else 'a name such as "Asia/Shanghai"'
        yield doc.problem(("time_zone",), f"unknown time zone '{scenario.time_zone[:60]}'", hint)


def span(text: str) -> tuple[int, int]:
    """Start and end of a range such as "09:00-18:00", in minutes since midnight."""
    start, _, end = text.partition("-")
    return minutes(start), minutes(end)


def _range(doc: Document, place: Place, text: str) -> list[Problem]:
    start, end = span(text)
    if end > start:
        return []
    return [doc.problem(place, f"'{text}' ends before it begins", "a scenario is about one day")]


def _opening(doc: Document, scenario: Scenario) -> Iterable[Problem]:
    yield from _range(doc, ("open",), scenario.open)
    if any(minute % QUARTER for minute in span(scenario.open)):
        message = f"'{scenario.open}' does not begin and end on a quarter hour"
        yield doc.problem(("open",), message, 'such as "08:30-18:00"')


def _queue(
    doc: Document, place: Place, scenario: Scenario, name: str, center: Center | None
) -> Iterable[Problem]:
    traffic = scenario.queues[name]
    if center is not None:
        if name not in center.queues:
            hint = did_you_mean(name, center.queues, "queues")
            yield doc.problem(place, f"there is no queue '{name}'", hint, at_key=True)
        elif center.queues[name].channel != "voice":
            yield doc.problem(place, f"queue '{name}' is not one of calls", at_key=True)
        for key in _CENTERS_OWN:
            if key in traffic.model_fields_set:
                hint = "remove it here, or `center`"
                message = f"'{key}' of this queue stands in the center"
                yield doc.problem((*place, key), message, hint, at_key=True)
    if traffic.patience.distribution != "none" and traffic.patience.mean is None:
        hint = "how many seconds callers wait on average, or distribution: none"
        yield doc.problem((*place, "patience"), "the patience has no 'mean'", hint, at_key=True)
    yield from _arrivals(doc, place, scenario, traffic)


def _arrivals(doc: Document, place: Place, scenario: Scenario, traffic: Traffic) -> Iterable[Problem]:
    opens, closes = span(scenario.open)
    here = (*place, "arrivals")
    if not traffic.arrivals:
        if traffic.calls is None:
            hint = 'add `calls: 800`, or `arrivals: {"09:00": 12, "10:00": 20}`'
            yield doc.problem(place, "how many callers come is not said", hint, at_key=True)
        return
    for time in traffic.arrivals:
        minute = minutes(time)
        if minute % QUARTER:
            hint = "arrivals are calls a quarter hour: 09:00, 09:15, 09:30, …"
            yield doc.problem((*here, time), f"{time} does not begin a quarter hour", hint, at_key=True)
        elif not opens <= minute < closes:
            hint = f"the center is open {scenario.open}"
            yield doc.problem((*here, time), f"nobody can call at {time}", hint, at_key=True)
    expected = sum(per_quarter(traffic.arrivals, opens, closes))
    if expected <= 0:
        yield doc.problem(here, "nobody calls in the whole day", at_key=True)
    elif expected > MAX_CALLS and traffic.calls is None:
        yield doc.problem(here, f"these are more than {MAX_CALLS} calls in all", at_key=True)


def per_quarter(arrivals: dict[str, float], opens: int, closes: int) -> list[float]:
    """Calls in each quarter hour of the opening: each entry holds until the next one."""
    steps = sorted((minutes(time), calls) for time, calls in arrivals.items())
    found = []
    for quarter in range(opens, closes, QUARTER):
        before = [calls for minute, calls in steps if minute <= quarter]
        found.append(before[-1] if before else 0.0)
    return found


def _shift(doc: Document, place: Place, shift: Shift) -> Iterable[Problem]:
    wrong = _range(doc, (*place, "time"), shift.time)
    yield from wrong
    starts, ends = span(shift.time)
    for index, pause in enumerate(shift.breaks):
        here = (*place, "breaks", index, "between")
        yield from _range(doc, here, pause.between)
        start, end = span(pause.between)
        if not wrong and start < end and not starts <= start < end <= ends:
            yield doc.problem(here, f"the break is not within the shift, {shift.time}")
        elif 0 < end - start < pause.minutes:
            yield doc.problem(
                (*place, "breaks", index, "minutes"),
                f"{pause.minutes} minutes do not fit between {pause.between}",
            )


def _agents(doc: Document, scenario: Scenario, center: Center | None) -> Iterable[Problem]:
    seen: dict[str, str] = {}
    for name, staff in scenario.agents.items():
        place = ("agents", name)
        if staff.shift not in scenario.shifts:
            hint = did_you_mean(staff.shift, doc.keys(("shifts",)), "shifts")
            if staff.shift not in doc.keys(("shifts",)):
                yield doc.problem((*place, "shift"), f"there is no shift '{staff.shift}'", hint)
        if center is not None:
            for skill in staff.skills:
                if skill not in center.skills:
                    hint = did_you_mean(skill, center.skills, "skills")
                    yield doc.problem(
                        (*place, "skills", skill), f"unknown skill '{skill}'", hint, at_key=True
                    )
            if name in center.agents and staff.count is not None:
                hint = "a count is for agents who are not in the center"
                yield doc.problem((*place, "count"), f"'{name}' is one agent of the center", hint)
            elif name not in center.agents and not staff.skills:
                hint = did_you_mean(name, center.agents, "agents")
                yield doc.problem(place, f"there is no agent '{name}' in the center", hint, at_key=True)
        for agent in staff_ids(name, staff):
            if agent in seen:
                yield doc.problem(place, f"there are two agents '{agent}'", at_key=True)
                break
            seen[agent] = name
    if len(seen) > MAX_AGENTS:
        yield doc.problem(("agents",), f"these are more than {MAX_AGENTS} agents", at_key=True)


def _able(doc: Document, scenario: Scenario, center: Center | None) -> Iterable[Problem]:
    """Is there anybody for each queue, if only in a later ring?"""
    known = center.agents if center is not None else {}
    skills = [
        staff.skills or (known[name].skills if name in known else {})
        for name, staff in scenario.agents.items()
    ]
    for name, traffic in scenario.queues.items():
        if center is None:
            wanted = at_levels(traffic.skills)
        elif name in center.queues:
            queue = center.queues[name]
            wanted = queue.widened[-1][1] if queue.widened else queue.asked
        else:
            continue
        if not any(meets(some, wanted) for some in skills):
            hint = f"give an agent the skills it asks for: {wanted}"
            message = f"no agent can serve queue '{name}'"
            yield doc.problem(("queues", name), message, hint, "warning", at_key=True)


def _what_if(doc: Document, scenario: Scenario) -> Iterable[Problem]:
    everybody = [agent for name, staff in scenario.agents.items() for agent in staff_ids(name, staff)]
    for name, change in scenario.what_if.items():
        place = ("what_if", name)
        for index, agent in enumerate(change.without):
            if agent not in everybody:
                hint = did_you_mean(agent, everybody, "agents")
                yield doc.problem((*place, "without", index), f"there is no agent '{agent}'", hint)
        if change.ill + len(set(change.without)) >= len(everybody) > 0:
            yield doc.problem(place, "nobody is left to answer calls", at_key=True)
