"""How far estimates of the wait are off, by estimator, in centers in virtual time: `make bench-wait`.

    python -m benchmarks.bench_wait [--hours 8] [--seeds 3] [--only TEXT]

Each center is the real distributor (`callcenter.acd`) in virtual time with made-up callers and agents; every
estimator learns its rates from what happens there, as in a living center, and says at each entry how long
this caller will wait. Compared with what those came to wait who had to wait and were served, the first half
hour left out: the root of the mean square error, and the mean error (bias), both over the mean wait. One
random source a center and seed: a run gives the same table twice.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from callcenter.acd.agents import AgentState
from callcenter.acd.estimate import QueueHistory, queue_length_wait
from callcenter.acd.service import Distributor
from callcenter.acd.tickets import Assignment, Ticket
from callcenter.center.model import Agent, Center, Named, Number, Queue
from callcenter.simulation.journal import MemoryJournal
from callcenter.simulation.people import Habits
from callcenter.simulation.virtual_time import VirtualClock, run_virtual
from callcenter.telephony.events import PhoneState

Draw = Callable[[], float]
WARM_UP = 1800.0
TALK = 180.0


@dataclass
class World:
    """One center in virtual time."""

    center: Center
    chance: random.Random
    hours: float
    load: Callable[[str, float], float]  # a queue's arrivals a second, at a time
    talk: Callable[[str], Draw]
    patience: Draw | None
    shift: Callable[[str, float], bool] = lambda agent, at: True  # works at this time?
    noted: list[tuple[dict[str, float | None], float]] = field(default_factory=list)
    average: dict[str, float] = field(default_factory=dict)  # of past waits, as app_queue keeps it

    async def run(self) -> None:
        self.clock = VirtualClock()
        self.journal = MemoryJournal(self.clock)
        self.acd = Distributor(self.center, clock=self.clock, journal=self.journal, changed=lambda a: None)
        self.journal.subscribe(self.acd.estimates.on_fact)
        self.journal.subscribe(lambda fact: self.journal.facts.clear())  # nobody reads them here
        self.loop = asyncio.get_running_loop()
        self.begin = self.loop.time()
        for agent in self.acd.agents.values():
            self.acd.roster.phone_changed(agent.extension, PhoneState.IDLE)
        self.staff()
        self.calls = 0
        for queue in self.center.queues:
            self.loop.call_soon(self.arrivals, queue)
        await asyncio.sleep(self.hours * 3600)

    def now(self) -> float:
        return self.loop.time() - self.begin

    def staff(self) -> None:
        """Every minute: who begins, who takes a break."""
        for agent in self.acd.agents.values():
            works = self.shift(agent.agent_id, self.now())
            wanted = AgentState.READY if works else AgentState.NOT_READY
            if agent.call_id:
                agent.goes_next(None if works else wanted)
            elif agent.state is not wanted:
                self.acd.roster.enter(agent, wanted)
        self.loop.call_later(60.0, self.staff)

    def arrivals(self, queue: str) -> None:
        """The next caller of a queue, by thinning: the rate changes with time."""
        most = max(self.load(queue, at) for at in range(0, int(self.hours * 3600) + 1, 900))
        wait = self.chance.expovariate(most)
        while self.chance.random() > self.load(queue, self.now() + wait) / most:
            wait += self.chance.expovariate(most)
        self.loop.call_later(wait, self.arrive, queue)

    def arrive(self, queue: str) -> None:
        self.loop.call_soon(self.arrivals, queue)
        self.calls += 1
        call = f"c{self.calls}"
        estimates = {} if self.acd.free(queue) else self.estimates(queue)
        ticket = self.acd.enter(call, queue)
        leaving: asyncio.TimerHandle | None = None
        if not ticket.assigned.done() and self.patience is not None:
            leaving = self.loop.call_later(self.patience(), self.acd.leave, call, "abandoned")
        ticket.assigned.add_done_callback(lambda done: self.serve(done.result(), ticket, estimates, leaving))

    def serve(
        self,
        given: Assignment,
        ticket: Ticket,
        estimates: dict[str, float | None],
        leaving: asyncio.TimerHandle | None,
    ) -> None:
        if leaving is not None:
            leaving.cancel()
        if given.waited > 0:
            if self.now() >= WARM_UP and estimates:
                self.noted.append((estimates, given.waited))
            kept = self.average.get(given.queue, given.waited)
            self.average[given.queue] = kept + (given.waited - kept) / 4
        self.acd.offers.answered(given.call_id, given.phone)
        seconds = self.talk(given.queue)()
        self.loop.call_later(seconds, self.acd.talk_ended, given.call_id, given.agent_id, "caller", seconds)

    def estimates(self, queue: str) -> dict[str, float | None]:
        """What each estimator says of the caller who comes now."""
        history: QueueHistory = self.acd.estimates.history(queue)
        position = len(history.waiting) + 1
        book, served = history.served_by_book(), history.served()
        at = history.at
        return {
            "queue length, s·mu": None if book is None else position / book,
            "the same with abandonment": (
                None if book is None else queue_length_wait(position, book, history.hazard())
            ),
            "rate seen in the line": None if served is None else position / served,
            "**the same with abandonment**": history.by_queue_length(position),
            "head of line": history.by_head_of_line(at),
            "last served": history.by_last_served(),
            "average of past waits": self.average.get(queue),
        }


# -- centers -----------------------------------------------------------------------------------------


def center(queues: dict[str, int], skills: dict[str, list[str]]) -> Center:
    """Queues with their priority, agents with the queues they serve."""
    text: Any = {"zh-CN": "测试", "en": "Test"}
    return Center(
        name=text,
        numbers=[Number(did="4000", name=text, flow="main")],
        skills={name: Named(name=text) for name in queues},
        queues={
            name: Queue(name=text, skills={name: 1}, priority=priority, wrap_up_seconds=0)
            for name, priority in queues.items()
        },
        agents={
            agent: Agent(name=agent, extension=str(1000 + n), skills=dict.fromkeys(serves, 1))
            for n, (agent, serves) in enumerate(skills.items())
        },
    )


def one_queue(agents: int) -> Center:
    return center({"one": 0}, {f"a{n}": ["one"] for n in range(agents)})


def exponential(chance: random.Random, mean: float) -> Draw:
    return Habits(chance).exponential(mean)


def plain(agents: int, load: float, patience: float | None) -> Callable[[random.Random, float], World]:
    def made(chance: random.Random, hours: float) -> World:
        talk = exponential(chance, TALK)
        return World(
            one_queue(agents), chance, hours, lambda q, at: load * agents / TALK, lambda q: talk,
            exponential(chance, patience) if patience else None,
        )  # fmt: skip

    return made


def shaped(agents: int, load: float, patience: float) -> Callable[[random.Random, float], World]:
    """Lognormal talks, Erlang-2 patience: as centers really are."""

    def made(chance: random.Random, hours: float) -> World:
        talk, half = Habits(chance).lognormal(TALK, 1.0), exponential(chance, patience / 2)
        return World(
            one_queue(agents), chance, hours, lambda q, at: load * agents / TALK, lambda q: talk,
            lambda: half() + half(),
        )  # fmt: skip

    return made


LEVELS = {"orders": 1.0, "refunds": 0.6, "vip": 0.25}  # a queue's share of the callers
LENGTHS = {"orders": 150.0, "refunds": 240.0, "vip": 200.0}


def several(agents: int, load: float) -> tuple[Center, Callable[[str], float]]:
    """Three queues, VIP first; most agents serve two or three of them."""
    kinds = (["orders"], ["orders", "refunds"], ["refunds", "vip"], ["orders", "refunds", "vip"], ["orders"])
    skills = {f"a{n}": kinds[n % len(kinds)] for n in range(agents)}
    work = sum(LEVELS[q] * LENGTHS[q] for q in LEVELS)
    return center({"orders": 0, "refunds": 0, "vip": 10}, skills), lambda q: load * agents * LEVELS[q] / work


def skilled(agents: int, load: float) -> Callable[[random.Random, float], World]:
    def made(chance: random.Random, hours: float) -> World:
        declared, rate = several(agents, load)
        talks = {q: Habits(chance).lognormal(mean, 0.8) for q, mean in LENGTHS.items()}
        half = exponential(chance, 120.0)
        return World(
            declared, chance, hours, lambda q, at: rate(q), lambda q: talks[q], lambda: half() + half()
        )

    return made


def breaks(chance: random.Random, agents: int, hours: float) -> Callable[[str, float], bool]:
    """Shifts of four hours or more that overlap, and a break of a quarter of an hour every two hours."""
    plan = {}
    for n in range(agents):
        begin = chance.choice([0.0, 0.0, 1.0, 2.0]) * hours / 8
        end = hours - chance.choice([0.0, 0.0, 1.0, 2.0]) * hours / 8
        plan[f"a{n}"] = (begin * 3600, end * 3600, chance.uniform(0, 7200))

    def works(agent: str, at: float) -> bool:
        begin, end, phase = plan[agent]
        return begin <= at < end and (at + phase) % 7200 >= 900

    return works


def wave(at: float, hours: float) -> float:
    """The day's callers: few, many before noon, many again in the afternoon."""
    share = at / 3600 / hours
    return 0.6 + 0.45 * math.sin(math.pi * share) ** 2 + 0.25 * math.sin(3 * math.pi * share) ** 2


def changing(agents: int, load: float) -> Callable[[random.Random, float], World]:
    def made(chance: random.Random, hours: float) -> World:
        talk, half = Habits(chance).lognormal(TALK, 1.0), exponential(chance, 120.0)
        return World(
            one_queue(agents), chance, hours, lambda q, at: wave(at, hours) * load * agents / TALK,
            lambda q: talk, lambda: half() + half(), breaks(chance, agents, hours),
        )  # fmt: skip

    return made


def everything(agents: int, load: float) -> Callable[[random.Random, float], World]:
    def made(chance: random.Random, hours: float) -> World:
        declared, rate = several(agents, load)
        talks = {q: Habits(chance).lognormal(mean, 0.8) for q, mean in LENGTHS.items()}
        half = exponential(chance, 120.0)
        return World(
            declared, chance, hours, lambda q, at: wave(at, hours) * rate(q), lambda q: talks[q],
            lambda: half() + half(), breaks(chance, agents, hours),
        )  # fmt: skip

    return made


CENTERS: dict[str, Callable[[random.Random, float], World]] = {
    "100 agents, load 0.95, nobody leaves": plain(100, 0.95, None),
    "100 agents, load 1.4, patience = talk time": plain(100, 1.4, TALK),
    "20 agents, load 1.2, patience 2x": plain(20, 1.2, 2 * TALK),
    "20 agents, load 1.2, lognormal talk, Erlang-2 patience": shaped(20, 1.2, 2 * TALK),
    "6 agents, load 1.1, lognormal talk, Erlang-2 patience": shaped(6, 1.1, 2 * TALK),
    "40 agents, three queues, one to three skills each": skilled(40, 1.15),
    "40 agents, shifts and breaks, callers by the hour": changing(40, 0.95),
    "60 agents, three queues, skills, shifts, breaks, by the hour": everything(60, 1.0),
}


# -- the table ---------------------------------------------------------------------------------------


@dataclass
class Errors:
    """One estimator in one center."""

    squares: float = 0.0
    sum: float = 0.0
    count: int = 0
    unknown: int = 0

    def add(self, said: float | None, waited: float) -> None:
        if said is None:
            self.unknown += 1
            return
        self.count += 1
        self.squares += (said - waited) ** 2
        self.sum += said - waited

    def shown(self, mean: float) -> str:
        if not self.count:
            return "–"
        return f"{math.sqrt(self.squares / self.count) / mean:.2f} ({self.sum / self.count / mean:+.2f})"


async def told(world: World) -> World:
    await world.run()
    return world


def measure(
    make: Callable[[random.Random, float], World], hours: float, seeds: int
) -> tuple[dict[str, Errors], int, float]:
    """Errors by estimator, callers who waited and were served, and their mean wait."""
    errors: dict[str, Errors] = {}
    waits: list[float] = []
    for seed in range(seeds):
        story: Coroutine[Any, Any, World] = told(make(random.Random(seed), hours))
        for estimates, waited in run_virtual(story).noted:
            waits.append(waited)
            for name, said in estimates.items():
                errors.setdefault(name, Errors()).add(said, waited)
    return errors, len(waits), sum(waits) / len(waits) if waits else 0.0


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--hours", type=float, default=8.0)
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--only", default="", help="centers whose name holds this text")
    chosen = options.parse_args()
    print("Root of the mean square error over the mean wait, and (bias over the mean wait)\n")
    head_told = False
    silent: list[tuple[str, dict[str, int]]] = []
    for name, make in CENTERS.items():
        if chosen.only not in name:
            continue
        errors, served, mean = measure(make, chosen.hours, chosen.seeds)
        if not head_told:
            head_told = True
            print(f"| center | waited, served | mean wait | {' | '.join(errors)} |")
            print("| --- | ---: | ---: |" + " ---: |" * len(errors))
        cells = " | ".join(found.shown(mean) for found in errors.values())
        print(f"| {name} | {served} | {mean:.0f} s | {cells} |", flush=True)
        lacking = {which: found.unknown for which, found in errors.items() if found.unknown}
        silent.append((name, lacking))
    print("\nCallers for whom an estimator said nothing:")
    for name, lacking in silent:
        if lacking:
            print(f"- {name}: " + ", ".join(f"{which} {count}" for which, count in lacking.items()))


if __name__ == "__main__":
    main()
