"""The matcher at size: decisions a second, what one takes, and how it grows, against a plain scan.

    make bench-acd                            about two minutes
    make bench-acd ARGS="--strategies longest_idle --seconds 2"

A center of 200 queues over 50 skills. An agent has one to five skills at levels 1 to 10; a queue asks for one
or two at some level. Where "rings" is said, each queue has a wider ring as well, and an agent stands in three
times as many lines. Two states are measured, as each asks something else:

* busy: callers wait, nobody is free; an agent becomes free and is given the best of them, and another
  caller comes and waits;
* quiet: agents are free, nobody waits; a caller comes and is given the first of them, and another
  agent becomes free.

Each event is timed by itself, in CPU time of the thread, so that other work on the machine does not count.
One decision is an event that joins a caller and an agent. Decisions a second count both events of a pair, as
there is no decision without the other. The plain scan does the same by looking at everybody, with the same
needs and the same order, in the same run. The figures move with the machine: trust the ratios.
"""

from __future__ import annotations

import argparse
import gc
import math
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from callcenter.acd.match import Matcher
from callcenter.acd.strategy import Choice, QueueRule, Standing, Strategy
from callcenter.center.needs import Has, Needs, Skills, both, either, meets

SKILLS, QUEUES = 50, 200


@dataclass(slots=True)
class World:
    """A made-up center of some size."""

    queues: dict[str, QueueRule]
    agents: dict[str, Skills]
    names: list[str]
    chance: random.Random

    @classmethod
    def of(cls, agents: int, strategy: Strategy, rings: bool = False, seed: int = 1) -> World:
        chance = random.Random(seed)
        queues = {}
        for n in range(QUEUES):
            first: Needs = Has(f"s{n % SKILLS}", chance.randint(1, 5))
            if chance.random() < 0.5:
                first = both(first, Has(f"s{chance.randrange(SKILLS)}", chance.randint(1, 4)))
            wider = (either(first, Has(f"s{n % SKILLS}", 1)),) if rings else ()
            ranks = {f"a{chance.randrange(agents)}": chance.randint(1, 9) for _ in range(20)}
            queues[f"q{n}"] = QueueRule(first, wider, strategy, ranks, threshold=chance.choice([10, 20, 60]))
        people: dict[str, Skills] = {
            f"a{n}": {
                f"s{skill}": chance.randint(1, 10)
                for skill in chance.sample(range(SKILLS), chance.randint(1, 5))
            }
            for n in range(agents)
        }
        return cls(queues, people, list(people), chance)

    def matcher(self, choice: Choice) -> Matcher:
        return Matcher(self.queues, self.agents, ageing=60.0, choice=choice, chance=random.Random(2))

    def queue(self) -> str:
        return f"q{self.chance.randrange(QUEUES)}"


@dataclass(slots=True)
class Taken:
    """Times of one state, nanoseconds."""

    decisions: list[int]
    seconds: float

    @property
    def rate(self) -> float:
        return len(self.decisions) / self.seconds

    def at(self, share: float) -> float:
        """Microseconds within which `share` of the decisions were taken."""
        ordered = sorted(self.decisions)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1000


def busy(world: World, matcher: Matcher, waiting: int, seconds: float) -> Taken:
    """Callers wait; agents become free."""
    calls = 0
    for _ in range(waiting):
        matcher.call_waits(f"c{calls}", world.queue(), world.chance.randint(0, 2), float(calls))
        calls += 1
    return _time(world, matcher, calls, seconds, _agent_then_call)


def quiet(world: World, matcher: Matcher, free: int, seconds: float) -> Taken:
    """Agents are free; callers come."""
    for n, agent in enumerate(world.names[:free]):
        matcher.agent_free(agent, Standing(n, world.chance.random(), n % 50), float(n))
    return _time(world, matcher, 0, seconds, _call_then_agent)


Step = Callable[[World, Matcher, int, float], tuple[int, int, bool]]


def _agent_then_call(world: World, matcher: Matcher, calls: int, now: float) -> tuple[int, int, bool]:
    """Returns (nanoseconds of the decision, of the other event, whether there was a decision)."""
    agent = world.names[world.chance.randrange(len(world.names))]
    if matcher.is_free(agent):
        return 0, 0, False
    standing = Standing(now, world.chance.random(), calls % 50)
    begun = time.thread_time_ns()
    match = matcher.agent_free(agent, standing, now)
    taken = time.thread_time_ns() - begun
    if match is None:  # nobody waits whom he serves
        matcher.agent_busy(agent)
        return 0, taken, False
    queue, priority = match.queue, world.chance.randint(0, 2)
    begun = time.thread_time_ns()
    matcher.call_waits(f"c{calls}", queue, priority, now)
    return taken, time.thread_time_ns() - begun, True


def _call_then_agent(world: World, matcher: Matcher, calls: int, now: float) -> tuple[int, int, bool]:
    queue = world.queue()
    begun = time.thread_time_ns()
    match = matcher.call_waits(f"c{calls}", queue, 0, now)
    taken = time.thread_time_ns() - begun
    if match is None:
        matcher.call_gone(f"c{calls}")
        return 0, taken, False
    begun = time.thread_time_ns()
    for agent in match.agents:
        matcher.agent_free(agent, Standing(now, world.chance.random(), calls % 50), now)
    return taken, time.thread_time_ns() - begun, True


def _time(world: World, matcher: Matcher, calls: int, seconds: float, step: Step) -> Taken:
    decisions: list[int] = []
    spent = 0
    ends = time.perf_counter() + seconds
    now = float(calls)
    gc.collect()
    gc.disable()  # as in the running center, where what lives long is frozen
    try:
        while time.perf_counter() < ends:
            calls, now = calls + 1, now + 1
            taken, other, decided = step(world, matcher, calls, now)
            spent += taken + other
            if decided:
                decisions.append(taken)
    finally:
        gc.enable()
    return Taken(decisions, spent / 1e9)


def plain_scan(world: World, waiting: int, seconds: float) -> tuple[float, float]:
    """Microseconds of one decision by looking at every waiting call, and at every free agent."""
    calls = [
        (world.queues[queue].needs, (0, float(n) - 60 * world.chance.randint(0, 2), n))
        for n, queue in ((n, world.queue()) for n in range(waiting))
    ]
    busy_times, quiet_times = [], []
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        skills = world.agents[world.names[world.chance.randrange(len(world.names))]]
        begun = time.thread_time_ns()
        min((place for needs, place in calls if meets(skills, needs)), default=None)
        busy_times.append(time.thread_time_ns() - begun)
        rule = world.queues[world.queue()]
        begun = time.thread_time_ns()
        min(
            (n for n, skills in enumerate(world.agents.values()) if meets(skills, rule.needs)),
            default=None,
        )
        quiet_times.append(time.thread_time_ns() - begun)
    return statistics.median(busy_times) / 1000, statistics.median(quiet_times) / 1000


def memory(world: World, waiting: int) -> float:
    """Megabytes of a matcher with everybody in it."""
    tracemalloc.start()
    matcher = world.matcher(Choice.LONGEST_WAIT)
    for n in range(waiting):
        matcher.call_waits(f"c{n}", world.queue(), 0, float(n))
    taken = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--waiting", type=int, default=10_000)
    parser.add_argument("--agents", type=int, default=5_000)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--strategies", nargs="*", default=[s.value for s in Strategy])
    args = parser.parse_args()
    console = Console()
    console.print(
        f"{args.waiting} waiting calls, {args.agents} agents, {SKILLS} skills, {QUEUES} queues; one core"
    )
    table = Table("state", "rule", "decisions/s", "p50 µs", "p99 µs", "p99.9 µs", "max µs")

    def row(state: str, rule: str, taken: Taken) -> None:
        table.add_row(
            state,
            rule,
            f"{taken.rate:,.0f}",
            *(f"{taken.at(share):.1f}" for share in (0.5, 0.99, 0.999, 1.0)),
        )
        console.print(f"  {state} {rule}: {taken.rate:,.0f}/s", style="dim")

    for name in args.strategies:
        world = World.of(args.agents, Strategy(name))
        row("quiet", name, quiet(world, world.matcher(Choice.LONGEST_WAIT), args.agents, args.seconds))
    for choice in Choice:
        world = World.of(args.agents, Strategy.LONGEST_IDLE)
        row("busy", choice.value, busy(world, world.matcher(choice), args.waiting, args.seconds))
    world = World.of(args.agents, Strategy.LONGEST_IDLE, rings=True)
    matcher = world.matcher(Choice.LONGEST_WAIT)
    lines = sum(len(served) for served in matcher._serves.values()) / args.agents
    row("quiet", "longest_idle, rings", quiet(world, matcher, args.agents, args.seconds))
    row(
        "busy",
        "longest_wait, rings",
        busy(world, world.matcher(Choice.LONGEST_WAIT), args.waiting, args.seconds),
    )
    console.print(f"  with rings an agent stands in {lines:.1f} lines", style="dim")
    console.print(table)

    growth = Table("waiting", "agents", "busy p50 µs", "quiet p50 µs", "scan busy µs", "scan quiet µs", "MB")
    first: tuple[float, float] | None = None
    for waiting in (100, 1_000, 10_000):
        agents = max(10, waiting // 2)
        world = World.of(agents, Strategy.LONGEST_IDLE)
        full = busy(world, world.matcher(Choice.LONGEST_WAIT), waiting, args.seconds).at(0.5)
        empty = quiet(world, world.matcher(Choice.LONGEST_WAIT), agents, args.seconds).at(0.5)
        scans = plain_scan(world, waiting, args.seconds)
        growth.add_row(
            f"{waiting:,}", f"{agents:,}", f"{full:.1f}", f"{empty:.1f}",
            *(f"{scan:,.0f}" for scan in scans), f"{memory(world, waiting):.1f}",
        )  # fmt: skip
        first = first or (full, empty)
    console.print(growth)
    assert first is not None
    console.print(
        f"From 100 to 10,000: busy x{full / first[0]:.2f}, quiet x{empty / first[1]:.2f}"
        f" (log n would be x{math.log(10_000) / math.log(100):.2f});"
        f" a scan takes {scans[0] / full:,.0f} and {scans[1] / empty:,.0f} times as long"
    )


if __name__ == "__main__":
    main()
