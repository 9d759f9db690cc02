"""A planned day on the real distributor, in virtual time.

The callers come, wait, hang up and talk; the agents sign in, take breaks and wrap up. Who gets whom is
decided by `callcenter.acd` as in a living center; there is no switch and no flow. The same plan and seed give
the same day. Each caller's patience, talk and wrap-up are drawn when he comes, from his queue's own source of
chance, so that a day with two agents less has the same callers.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from callcenter.acd.agents import AgentAtWork, AgentState
from callcenter.acd.service import Distributor
from callcenter.acd.tickets import Assignment, Elsewhere, Ticket
from callcenter.center.hours import is_open
from callcenter.planning.plan import LONGEST_WRAP_UP, Calls, Duty, Plan
from callcenter.planning.scenario_model import Length, Patience
from callcenter.planning.tally import QUARTER_SECONDS, DayCount, Tally
from callcenter.simulation.virtual_time import VirtualClock, run_virtual
from callcenter.storage.facts import Fact
from callcenter.telephony.clock import Clock
from callcenter.telephony.events import PhoneState

Told = Callable[[float], None]
BREAK = "planned_break"  # the reason of not being ready; none of the center's, which may have limits
LOOK_SECONDS = 2.0
#: how long after closing those in line are waited for; then they are led elsewhere, seconds
PATIENCE_OF_THE_HOUSE = 3600.0


def simulate(plan: Plan, day: int = 0, told: Told = lambda share: None) -> DayCount:
    """One day of a plan; `day` chooses the chance. `told` hears how much of it is over, 0 to 1."""
    return run_virtual(_Day(plan, day, told).run())


def simulate_days(plan: Plan, told: Told = lambda share: None) -> list[DayCount]:
    """All days of a plan."""
    found = []
    for day in range(plan.days):
        found.append(simulate(plan, day, partial(_of_all, told, day, plan.days)))
        told((day + 1) / plan.days)
    return found


def _of_all(told: Told, day: int, days: int, share: float) -> None:
    told((day + share) / days)


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who will call. Lengths in seconds; `at` counts from midnight."""

    at: float
    call_id: str
    queue: str
    patience: float  # infinite: he waits as long as it takes
    answer: float  # how long the agent's phone rings
    talk: float
    wrap_up: float


class _Journal:
    """Tells each fact, and keeps none: a day has hundreds of thousands."""

    def __init__(self, clock: Clock, listeners: list[Callable[[Fact], None]]) -> None:
        self._clock = clock
        self.listeners = listeners
        self._seq = 0

    def write(self, kind: str, *, call_id: str = "", agent: str = "", **data: Any) -> Fact:
        self._seq += 1
        fact = Fact(self._seq, self._clock.now(), kind, call_id, agent, data)
        for listener in self.listeners:
            listener(fact)
        return fact


class _Day:
    """One day under way. The loop's time 0 is the beginning of the first shift, or opening time."""

    def __init__(self, plan: Plan, day: int, told: Told) -> None:
        self._plan = plan
        self._day = day
        self._told = told
        chance = random.Random(f"{plan.seed}/{day}/ill")
        absent = set(chance.sample(sorted(plan.duties), min(plan.ill, len(plan.duties))))
        self._duties = {agent: duty for agent, duty in plan.duties.items() if agent not in absent}
        first = min([plan.opens, *(duty.starts for duty in self._duties.values())])
        self._begin = first * 60.0
        self._closes = plan.closes * 60.0
        self._in_line = 0
        self._on_call = 0
        self._staying: list[AgentAtWork] = []

    async def run(self) -> DayCount:
        plan, self._loop = self._plan, asyncio.get_running_loop()
        self._over = self._loop.create_future()
        clock = VirtualClock(plan.midnight + self._begin)
        thresholds = {name: float(q.service_level.seconds) for name, q in plan.center.queues.items()}
        opens = plan.midnight + plan.opens * 60.0
        tally = Tally(thresholds, opens, plan.quarters)
        journal = _Journal(clock, [])
        hours, zone = plan.center.hours, plan.center.time_zone
        self._acd = Distributor(
            plan.center,
            clock=clock,
            journal=journal,
            changed=lambda agent: None,
            is_open=lambda name: is_open(hours[name], zone, clock.now()),
            chance=random.Random(f"{plan.seed}/{self._day}/acd"),
        )
        journal.listeners += [self._acd.workload.on_fact, self._acd.estimates.on_fact, tally.on_fact]
        for agent_id, duty in self._duties.items():
            agent = self._acd.agents[agent_id]
            self._acd.roster.phone_changed(agent.extension, PhoneState.IDLE)
            self._roster(agent, duty)
        self._callers = callers(plan, self._day)
        self._next_caller()
        if any(queue.overflow for queue in plan.center.queues.values()):
            self._look_around()
        self._at(self._closes, self._check_over)
        self._at(self._closes + PATIENCE_OF_THE_HOUSE, self._lead_elsewhere)
        await self._over
        return tally.close(clock.now())

    def _at(self, second: float, what: Callable[..., object], *given: Any) -> asyncio.TimerHandle:
        """At a second of the day."""
        return self._loop.call_at(max(0.0, second - self._begin), what, *given)

    def _now(self) -> float:
        return self._loop.time() + self._begin

    # --- agents ---------------------------------------------------------------------------------------

    def _roster(self, agent: AgentAtWork, duty: Duty) -> None:
        self._at(duty.starts * 60.0, self._wants, agent, AgentState.READY)
        for start, end in duty.breaks:
            self._at(start * 60.0, self._wants, agent, AgentState.NOT_READY, BREAK)
            self._at(end * 60.0, self._wants, agent, AgentState.READY)
        self._at(duty.ends * 60.0, self._goes_home, agent)

    def _wants(self, agent: AgentAtWork, state: AgentState, reason: str = "") -> None:
        """He goes there; during a call, after it."""
        if agent.call_id:
            self._acd.roster.wish(agent, None if state is AgentState.READY else state, reason)
        else:
            self._acd.roster.enter(agent, state, reason)

    def _goes_home(self, agent: AgentAtWork) -> None:
        """Who works at closing time stays until the line is empty."""
        if self._now() >= self._closes and self._in_line:
            self._staying.append(agent)
        else:
            self._wants(agent, AgentState.SIGNED_OUT)

    def _look_around(self) -> None:
        """As the living engine does every second or two: callers whose queue lost its last agent."""
        self._acd.look_around()
        self._loop.call_later(LOOK_SECONDS, self._look_around)

    # --- callers --------------------------------------------------------------------------------------

    def _next_caller(self) -> None:
        caller = next(self._callers, None)
        self._all_came = caller is None
        if caller is not None:
            self._at(caller.at, self._calls, caller)

    def _calls(self, caller: Caller) -> None:
        if int(caller.call_id.rpartition("-")[2]) % 100 == 0:
            opening = self._closes - self._plan.opens * 60.0
            self._told(min(1.0, max(0.0, 1.0 - (self._closes - caller.at) / opening)))
        self._in_line += 1
        ticket = self._acd.enter(caller.call_id, caller.queue)
        leaving = self._will_leave(caller)
        ticket.assigned.add_done_callback(lambda done: self._settled(done, caller, leaving))
        self._next_caller()

    def _will_leave(self, caller: Caller) -> asyncio.TimerHandle | None:
        longest = self._plan.calls[caller.queue].max_wait
        if longest is not None and longest < caller.patience:
            return self._loop.call_later(longest, self._leaves, caller, "max_wait")
        if math.isfinite(caller.patience):
            return self._loop.call_later(caller.patience, self._leaves, caller, "abandoned")
        return None

    def _leaves(self, caller: Caller, why: str) -> None:
        self._acd.leave(caller.call_id, why)
        self._in_line -= 1
        self._check_over()

    def _settled(
        self,
        done: asyncio.Future[Assignment | Elsewhere],
        caller: Caller,
        leaving: asyncio.TimerHandle | None,
    ) -> None:
        given = done.result()
        if isinstance(given, Elsewhere):
            self._led_elsewhere(given, caller, leaving)
        elif caller.answer > 0:
            self._acd.offers.ringing(caller.call_id, given.phone)
            self._loop.call_later(caller.answer, self._answers, caller, given, leaving)
        else:
            self._answers(caller, given, leaving)

    def _led_elsewhere(self, given: Elsewhere, caller: Caller, leaving: asyncio.TimerHandle | None) -> None:
        """To another queue the distributor leads him itself. Anywhere else he is out of this day."""
        if self._acd.ticket(caller.call_id) is None:
            return
        if leaving is not None:
            leaving.cancel()
        why = "overflow" if given.to is not None else given.why
        more = {"to": given.to.named, "condition": given.why} if given.to is not None else {}
        self._acd.leave(caller.call_id, why, **more)
        self._in_line -= 1
        self._check_over()

    def _answers(self, caller: Caller, given: Assignment, leaving: asyncio.TimerHandle | None) -> None:
        if self._acd.ticket(caller.call_id) is None:
            return  # he hung up while the phone rang
        if leaving is not None:
            leaving.cancel()
        self._acd.offers.answered(caller.call_id, given.phone)
        self._in_line -= 1
        self._on_call += 1
        self._loop.call_later(caller.talk, self._talked, caller, given)

    def _talked(self, caller: Caller, given: Assignment) -> None:
        self._acd.offers.talk_ended(caller.call_id, given.agent_id, "caller", caller.talk)
        self._on_call -= 1
        if caller.wrap_up > 0:
            self._loop.call_later(caller.wrap_up, self._wrapped_up, caller, self._acd.agents[given.agent_id])
        self._check_over()

    def _wrapped_up(self, caller: Caller, agent: AgentAtWork) -> None:
        if agent.state is AgentState.WRAP_UP and agent.call_id == caller.call_id:
            self._acd.roster.end_wrap_up(agent)

    # --- the end --------------------------------------------------------------------------------------

    def _lead_elsewhere(self) -> None:
        """Nobody came for those who would wait for ever."""
        for queue in self._acd.queues:
            for ticket in self._acd.waiting(queue):
                self._leave_late(ticket)
        self._check_over()

    def _leave_late(self, ticket: Ticket) -> None:
        self._acd.leave(ticket.call_id, "max_wait")
        self._in_line -= 1

    def _check_over(self) -> None:
        if self._now() < self._closes or self._in_line:
            return
        staying, self._staying = self._staying, []
        for agent in staying:
            self._wants(agent, AgentState.SIGNED_OUT)
        if self._all_came and not self._on_call and not self._over.done():
            self._over.set_result(None)


# --- chance ---------------------------------------------------------------------------------------------


def callers(plan: Plan, day: int) -> Iterator[Caller]:
    """Everybody who calls on a day, in order."""
    everybody: list[Caller] = []
    for queue, calls in plan.calls.items():
        everybody += _callers(plan, day, queue, calls)
    everybody.sort(key=lambda caller: caller.at)
    return iter(everybody)


def _callers(plan: Plan, day: int, queue: str, calls: Calls) -> Iterator[Caller]:
    when = random.Random(f"{plan.seed}/{day}/{queue}/when")
    how = random.Random(f"{plan.seed}/{day}/{queue}/how")
    patience, talk = _patience(how, calls.patience), _length(how, calls.talk)
    answer, wrap_up = _length(how, calls.answer), _length(how, calls.wrap_up)
    for number, at in enumerate(arrivals(when, plan.opens * 60.0, calls.per_quarter)):
        yield Caller(
            at, f"{queue}-{number}", queue, patience(), answer(), talk(), min(wrap_up(), LONGEST_WRAP_UP - 1)
        )  # fmt: skip


def arrivals(chance: random.Random, opens: float, per_quarter: tuple[float, ...]) -> Iterator[float]:
    """A Poisson stream whose rate changes each quarter hour: having no memory, it begins anew in each."""
    for quarter, expected in enumerate(per_quarter):
        start = opens + quarter * QUARTER_SECONDS
        at = start
        while expected > 0:
            at += chance.expovariate(expected / QUARTER_SECONDS)
            if at >= start + QUARTER_SECONDS:
                break
            yield at


def _patience(chance: random.Random, patience: Patience) -> Callable[[], float]:
    if patience.distribution == "none" or patience.mean is None:
        return lambda: math.inf
    kind, mean, variation = patience.distribution, patience.mean, patience.variation
    return _length(chance, Length(mean=mean, distribution=kind, variation=variation))


def _length(chance: random.Random, length: Length | None) -> Callable[[], float]:
    if length is None:
        return lambda: 0.0
    mean = length.mean
    if length.distribution == "fixed":
        return lambda: mean
    if length.distribution == "exponential":
        return lambda: chance.expovariate(1.0 / mean)
    spread = math.sqrt(math.log(1.0 + length.variation**2))
    middle = math.log(mean) - spread * spread / 2.0
    return lambda: chance.lognormvariate(middle, spread)
