"""A scenario made ready to be simulated: who works when, who calls when, in which center. Pure."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from callcenter.center.model import Agent, Center, Named, Number, Queue
from callcenter.planning.check import QUARTER, Checked, per_quarter, span, staff_ids
from callcenter.planning.scenario_model import Break, Length, Patience, Scenario, Shift, Traffic, WhatIf

#: a queue whose wrap-up is drawn from call to call: the agent ends it himself, before this
LONGEST_WRAP_UP = 3600.0
_EXTENSIONS = 800_000_000  # of agents who stand in no center
_TIME_ZONE = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Calls:
    """What comes to a queue, and how long it takes."""

    per_quarter: tuple[float, ...]  # expected calls, from opening on
    patience: Patience
    talk: Length
    wrap_up: Length | None  # None: as long as the queue allows
    answer: Length | None
    max_wait: float | None


@dataclass(frozen=True, slots=True)
class Duty:
    """When an agent works. Minutes since midnight; breaks in order."""

    starts: float
    ends: float
    breaks: tuple[tuple[float, float], ...] = ()

    def away(self, minute: float) -> bool:
        """Not at work at this minute."""
        inside = self.starts <= minute < self.ends
        return not inside or any(start <= minute < end for start, end in self.breaks)


@dataclass(frozen=True, slots=True)
class Plan:
    """One day, as it is planned."""

    center: Center
    midnight: float  # seconds since the epoch
    opens: int  # minutes since midnight
    closes: int
    calls: Mapping[str, Calls]  # by queue
    duties: Mapping[str, Duty]  # by agent
    seed: int = 1
    days: int = 1
    ill: int = 0  # so many agents do not come, others each day

    @property
    def quarters(self) -> int:
        """Quarter hours of the opening."""
        return (self.closes - self.opens) // QUARTER


def plan_of(checked: Checked) -> Plan:
    """The day of a scenario."""
    scenario = checked.scenario
    opens, closes = span(scenario.open)
    center = checked.center or _own_center(scenario)
    day = dt.datetime.combine(
        dt.date.fromisoformat(scenario.date),
        dt.time(),
        zoneinfo.ZoneInfo(scenario.time_zone or center.time_zone),
    )
    calls = {
        name: _calls(traffic, checked.center, name, opens, closes)
        for name, traffic in scenario.queues.items()
    }
    return Plan(
        center=_staffed(center, scenario, calls),
        midnight=day.timestamp(),
        opens=opens,
        closes=closes,
        calls=calls,
        duties=dict(_duties(scenario)),
        seed=scenario.seed,
        days=scenario.days,
    )


def changed(plan: Plan, change: WhatIf) -> Plan:
    """The day if it goes otherwise."""
    absent = set(change.without)
    return replace(
        plan,
        duties={agent: duty for agent, duty in plan.duties.items() if agent not in absent},
        calls={
            name: replace(calls, per_quarter=tuple(n * change.volume for n in calls.per_quarter))
            for name, calls in plan.calls.items()
        },
        ill=plan.ill + change.ill,
    )


def on_duty(plan: Plan, queue: str, serves: Mapping[str, Iterable[str]]) -> list[int]:
    """Agents planned for each quarter hour who serve a queue, at the middle of it."""
    able = [duty for agent, duty in plan.duties.items() if queue in serves.get(agent, ())]
    middles = (plan.opens + QUARTER * (n + 0.5) for n in range(plan.quarters))
    return [sum(not duty.away(minute) for duty in able) for minute in middles]


# --- calls --------------------------------------------------------------------------------------------


def _calls(traffic: Traffic, center: Center | None, name: str, opens: int, closes: int) -> Calls:
    quarters = (closes - opens) // QUARTER
    expected = per_quarter(traffic.arrivals, opens, closes) if traffic.arrivals else [1.0] * quarters
    if traffic.calls is not None:
        whole = sum(expected)
        expected = [share * traffic.calls / whole for share in expected]
    longest = traffic.max_wait
    if longest is None and center is not None:
        longest = center.queues[name].max_wait_seconds
    return Calls(
        tuple(expected), traffic.patience, traffic.talk, traffic.wrap_up, traffic.answer, longest
    )  # fmt: skip


# --- agents -------------------------------------------------------------------------------------------


def _duties(scenario: Scenario) -> Iterator[tuple[str, Duty]]:
    """Each agent's day. Those of a shift take their breaks one after another, in the order of the file."""
    members: dict[str, list[str]] = {}
    for name, staff in scenario.agents.items():
        members.setdefault(staff.shift, []).extend(staff_ids(name, staff))
    for shift, agents in members.items():
        for place, agent in enumerate(agents):
            yield agent, _duty(scenario.shifts[shift], place, len(agents))


def _duty(shift: Shift, place: int, of: int) -> Duty:
    starts, ends = span(shift.time)
    return Duty(starts, ends, tuple(sorted(_break(pause, place, of) for pause in shift.breaks)))


def _break(pause: Break, place: int, of: int) -> tuple[float, float]:
    first, last = span(pause.between)
    room = last - first - pause.minutes
    start = first + (round(room * place / (of - 1)) if of > 1 else 0)
    return start, start + pause.minutes


# --- the center ---------------------------------------------------------------------------------------


def _own_center(scenario: Scenario) -> Center:
    """The center of a scenario that brings its own queues."""
    skills = {skill for queue in scenario.queues.values() for skill in queue.skills}
    skills |= {skill for staff in scenario.agents.values() for skill in staff.skills}
    return Center(
        name=scenario.name,
        time_zone=scenario.time_zone or _TIME_ZONE,
        numbers=[Number(did="1000000", name=scenario.name, flow="simulated")],
        skills={skill: Named(name={"en": skill}) for skill in sorted(skills)},
        queues={
            name: Queue(
                name=queue.name or {"en": name, "zh-CN": name},
                skills=queue.skills,
                priority=queue.priority,
                service_level=queue.service_level,
                wrap_up_seconds=0,
            )
            for name, queue in scenario.queues.items()
        },
    )


def _staffed(center: Center, scenario: Scenario, calls: Mapping[str, Calls]) -> Center:
    """The center with the agents of the scenario, and queues as they are simulated."""
    queues = dict(center.queues)
    for name, traffic in calls.items():
        if traffic.wrap_up is not None:
            changes = {"wrap_up_seconds": LONGEST_WRAP_UP, "wrap_up": None}
            queues[name] = queues[name].model_copy(update=changes)
    agents: dict[str, Agent] = {}
    for name, staff in scenario.agents.items():
        known = center.agents.get(name)
        for agent in staff_ids(name, staff):
            extension = known.extension if known is not None else str(_EXTENSIONS + len(agents))
            skills = staff.skills or (known.skills if known is not None else {})
            called = staff.name or (known.name if known is not None else agent)
            capacity = known.capacity if known is not None else {}
            agents[agent] = Agent(name=called, extension=extension, skills=skills, capacity=capacity)
    return center.model_copy(update={"queues": queues, "agents": agents})
