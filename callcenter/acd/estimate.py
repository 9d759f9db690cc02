"""How long a caller in line will wait: the formulas, and the rates they need, learnt from the past. Pure.

Sources: R. Ibrahim and W. Whitt, "Real-Time Delay Estimation in Overloaded Multiserver Queues with
Abandonments", Management Science 55 (2009), for the estimators by queue length; the same, "Real-Time Delay
Estimation Based on Delay History", Manufacturing & Service Operations Management 11 (2009), for those by
others' waits. Their error here stands in docs/acd.md (`make bench-wait`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

#: what happened so long ago counts for 1/e of what happens now, seconds
MEMORY = 3600.0
#: how many callers' worth the rate of whole days weighs against the rate seen while a line stands
PRIOR_STARTS = 5.0
#: how many calls must have ended before anything is said of a queue
LEAST_CALLS = 3
#: callers' seconds in line, all of them patient, that each queue begins with
PATIENT_SECONDS = 300.0
#: who gets an agent within this time found him free: there was no line, seconds
AT_ONCE = 0.1
_ONE_BY_ONE = 64


def queue_length_wait(position: int, served: float, hazard: float = 0.0) -> float:
    """Seconds until the caller at `position` (1 is next) gets an agent, while all agents are busy.

    `served` is how many callers of the line get an agent a second, s·mu of the textbook; `hazard` the share
    of those who wait that gives up a second, theta. Each step of the line takes 1/(s·mu + i·theta) with i
    callers ahead who may give up: the sum over those ahead is the estimator QL_m of Ibrahim and Whitt (2009);
    with hazard 0 it is position/(s·mu). Raises ValueError for a rate of 0 or less.
    """
    if served <= 0.0 or hazard < 0.0:
        raise ValueError("nobody is served at this rate")
    ahead = max(1, position)
    wait = sum(1.0 / (served + i * hazard) for i in range(min(ahead, _ONE_BY_ONE)))
    if ahead > _ONE_BY_ONE:  # a long line: the rest of the sum as its integral, by the midpoint rule
        first, last = served + (_ONE_BY_ONE - 0.5) * hazard, served + (ahead - 0.5) * hazard
        rest = math.log(last / first) / hazard if last > first else (ahead - _ONE_BY_ONE) / served
        wait += rest
    return wait


@dataclass(slots=True)
class QueueHistory:
    """What happened in one queue, as sums that fade with time, and its line at this moment.

    Every method takes the time it happened at, which must not go back. Seconds.
    """

    at: float = 0.0
    working: int = 0  # its agents who take calls or are on one
    busy: int = 0  # those of them who are on a call of any queue, or in its wrap-up
    waiting: dict[str, float] = field(default_factory=dict)  # since when, by call; the first in line is first
    last_wait: float | None = None  # of the last caller who waited and got an agent
    calls: int = 0  # of this queue that were brought to an end
    _ended: float = 0.0  # the same
    _busy_seconds: float = 0.0  # of its agents, with calls of any queue
    _starts: float = 0.0  # callers who got an agent out of a line
    _line_seconds: float = 0.0  # its agents' seconds while somebody waited
    _gave_up: float = 0.0
    _waited_seconds: float = 0.0  # all callers' seconds in line
    _answers: float = 0.0
    _answer_seconds: float = 0.0  # from being given to an agent to his answer

    def advance(self, at: float) -> None:
        """Nothing happened until now."""
        if at <= self.at:
            return
        kept = math.exp(-(at - self.at) / MEMORY)
        weight = MEMORY * (1.0 - kept)  # of the seconds since then
        self._ended *= kept
        self._starts *= kept
        self._gave_up *= kept
        self._answers *= kept
        self._answer_seconds *= kept
        self._busy_seconds = self._busy_seconds * kept + self.busy * weight
        self._line_seconds = self._line_seconds * kept + (self.working * weight if self.waiting else 0.0)
        self._waited_seconds = self._waited_seconds * kept + len(self.waiting) * weight
        self.at = at

    def staff(self, at: float, working: int, busy: int) -> None:
        """So many more of its agents work and are busy from now on; fewer with a minus."""
        self.advance(at)
        self.working += working
        self.busy += busy

    def enters(self, at: float, call_id: str) -> None:
        """A caller is in line."""
        self.advance(at)
        self.waiting[call_id] = at

    def given(self, at: float, call_id: str) -> None:
        """A caller gets an agent."""
        self.advance(at)
        since = self.waiting.pop(call_id, at)
        if at - since > AT_ONCE:
            self._starts += 1.0
            self.last_wait = at - since

    def returns(self, at: float, call_id: str, since: float, waited: bool) -> None:
        """The agent did not answer: the caller is in line again, since `since`; `waited`: he was before."""
        self.advance(at)
        if waited:
            self._starts = max(0.0, self._starts - 1.0)
        self.waiting[call_id] = since
        self.waiting = dict(sorted(self.waiting.items(), key=lambda item: item[1]))

    def leaves(self, at: float, call_id: str) -> None:
        """A caller leaves the line without an agent."""
        self.advance(at)
        if self.waiting.pop(call_id, None) is not None:
            self._gave_up += 1.0

    def answered(self, at: float, seconds: float) -> None:
        """An agent answered, so long after the caller was given to him."""
        self.advance(at)
        self._answers += 1.0
        self._answer_seconds += seconds

    def ends(self, at: float) -> None:
        """An agent is done with a call of this queue, wrap-up included."""
        self.advance(at)
        self.calls += 1
        self._ended += 1.0

    # --- what is learnt -------------------------------------------------------------------------------

    def served(self) -> float | None:
        """How many callers get an agent a second while a line stands, with the agents at work now. None while
        fewer than `LEAST_CALLS` calls have ended, or nobody works.

        An agent's rate, times those at work. It is what was seen while a line stood; so agents who
        serve other queues too, or pause, count with the part of their time that this queue gets. While lines
        were short or few, what a busy agent ends a second stands in for it, as if `PRIOR_STARTS` callers had
        been seen (the mean of a Gamma prior with its Poisson count).
        """
        if not self._known():
            return None
        usual = self._ended / self._busy_seconds
        rate = (self._starts + PRIOR_STARTS) / (self._line_seconds + PRIOR_STARTS / usual)
        return rate * self.working

    def served_by_book(self) -> float | None:
        """s·mu as the textbook has it: agents at work, times what a busy one ends a second."""
        if not self._known():
            return None
        return self.working * self._ended / self._busy_seconds

    def _known(self) -> bool:
        seen = self.calls >= LEAST_CALLS and self._ended > 0.0 and self._busy_seconds > 0.0
        return seen and self.working > 0

    def hazard(self) -> float:
        """The share of those in line that gives up a second; 0 while nobody did."""
        return self._gave_up / (self._waited_seconds + PATIENT_SECONDS)

    def answer_seconds(self) -> float:
        """From being given to an agent to his answer, in the mean; 0 while nothing is known."""
        return self._answer_seconds / self._answers if self._answers > 0.0 else 0.0

    # --- estimates of the wait for an agent -----------------------------------------------------------

    def by_queue_length(self, position: int) -> float | None:
        """Of the caller at this position, by the rates learnt: the default (see docs/acd.md)."""
        served = self.served()
        return None if served is None else queue_length_wait(position, served, self.hazard())

    def by_head_of_line(self, at: float) -> float | None:
        """Of a caller who comes now: as long as the first in line has waited (HOL). None without a line."""
        since = next(iter(self.waiting.values()), None)
        return None if since is None else at - since

    def by_last_served(self) -> float | None:
        """Of a caller who comes now: as long as the last one waited who got an agent (LES)."""
        return self.last_wait
