"""Erlang C and Erlang A: a line of callers before a number of like agents, in the long run. Pure.

Callers come by chance at a steady rate (Poisson), calls last exponentially, there is one line for all. In
Erlang C (M/M/n) everybody waits as long as it takes; in Erlang A (M/M/n+M) whoever waits gives up after an
exponential patience. A call's length here is all that binds the agent: talk and wrap-up.

Terms are those of docs/metrics.md. Times are in seconds, rates in events a second. All sums run over terms of
one sign and are scaled by their greatest, so that thousands of agents neither overflow nor cancel out.

Sources: A. K. Erlang (1917) for B and C; C. Palm (1957) for A; O. Garnett, A. Mandelbaum and M. Reiman,
"Designing a Call Center with Impatient Customers", Manufacturing & Service Operations Management 4 (2002),
for A as it is written here; S. Zeltyn and A. Mandelbaum, "Call Centers with Impatient Customers: Many-Server
Asymptotics of the M/M/n+G Queue", Queueing Systems 51 (2005), for the distribution of the offered wait.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

SHORT_ABANDON = 5.0  # seconds; left out of the service level (docs/metrics.md)
MAX_AGENTS = 100_000
_NEGLIGIBLE = 1e-17


def erlang_b(load: float, agents: int) -> float:
    """Share of callers who find all agents busy if nobody may wait (Erlang's loss formula).

    By the recursion B(0) = 1, 1/B(n) = 1 + n / (a B(n-1)), which stays in numbers from 1 up.
    """
    if load <= 0:
        return 0.0 if agents else 1.0
    inverse = 1.0
    for n in range(1, agents + 1):
        inverse = 1.0 + inverse * n / load
        if math.isinf(inverse):
            return 0.0
    return 1.0 / inverse


@dataclass(frozen=True)
class ErlangC:
    """M/M/n: nobody gives up. Raises ValueError for values that mean nothing."""

    rate: float  # callers a second
    aht: float  # seconds an agent is bound by a call
    agents: int

    def __post_init__(self) -> None:
        _meaningful(self.rate, self.aht, self.agents)

    @property
    def load(self) -> float:
        """Offered load in Erlang: how many agents the calls would keep busy."""
        return self.rate * self.aht

    @property
    def stable(self) -> bool:
        """False: the line grows without end."""
        return self.load < self.agents

    @cached_property
    def waits(self) -> float:
        """Probability of waiting: C = B / (1 - a/n (1 - B)) (Erlang 1917)."""
        if not self.stable:
            return 1.0
        blocked = erlang_b(self.load, self.agents)
        return blocked / (1.0 - self.load / self.agents * (1.0 - blocked))

    @property
    def asa(self) -> float:
        """Average speed of answer: C aht / (n - a); infinite while the line grows."""
        return self.waits * self.aht / (self.agents - self.load) if self.stable else math.inf

    @property
    def abandoned(self) -> float:
        return 0.0

    @property
    def occupancy(self) -> float:
        """a / n."""
        return min(1.0, self.load / self.agents) if self.agents else 1.0

    def answered_within(self, seconds: float) -> float:
        """Share of callers answered within `seconds`: 1 - C exp(-(n - a) t / aht)."""
        if not self.stable:
            return 0.0
        return 1.0 - self.waits * math.exp(-(self.agents - self.load) * seconds / self.aht)

    def service_level(self, seconds: float) -> float:
        """As docs/metrics.md has it."""
        return self.answered_within(seconds)


@dataclass(frozen=True)
class ErlangA:
    """M/M/n+M: whoever waits gives up after an exponential patience. It is stable at any load."""

    rate: float
    aht: float
    agents: int
    patience: float  # mean, seconds

    def __post_init__(self) -> None:
        _meaningful(self.rate, self.aht, self.agents)
        if not (self.patience > 0 and math.isfinite(self.patience)):
            raise ValueError(f"patience must be more than 0 seconds, not {self.patience:g}")

    @property
    def load(self) -> float:
        """Offered load in Erlang."""
        return self.rate * self.aht

    @cached_property
    def waits(self) -> float:
        """Probability of finding all agents busy: the sum of the states with n and more in the system.

        Below n the states are Erlang B's; above, each is its neighbour times rate / (n mu + j theta)
        (Garnett, Mandelbaum, Reiman 2002, section 3).
        """
        if self.rate == 0:
            return 0.0 if self.agents else 1.0
        blocked = erlang_b(self.load, self.agents)  # pi_n / (pi_0 + … + pi_n)
        if blocked in (0.0, 1.0):
            return blocked
        log_below = math.log1p(-blocked) - math.log(blocked)  # (pi_0 + … + pi_n-1) / pi_n
        return 1.0 / (1.0 + math.exp(min(700.0, log_below - self._log_queue_sum)))

    @property
    def abandoned(self) -> float:
        """Share of callers who give up: theta E[queue] / rate; with nobody at work, all."""
        if not self.agents:
            return 1.0
        theta = 1.0 / self.patience
        served_rate = self.agents / self.aht
        # of a caller at place p in line the share p theta / (n mu + p theta) gives up
        return self.waits * sum(
            share * place * theta / (served_rate + place * theta) for place, share in self._places
        )

    @property
    def asa(self) -> float:
        """Mean wait of the answered: of a caller at place p, 1/(n mu + theta) + … + 1/(n mu + p theta), as
        what happens next in the line does not depend on when (Garnett, Mandelbaum, Reiman 2002)."""
        if not self.agents:
            return math.inf
        theta = 1.0 / self.patience
        served_rate = self.agents / self.aht
        total, wait, reached = 0.0, 0.0, 0
        for place, share in self._places:
            while reached < place:
                reached += 1
                wait += 1.0 / (served_rate + reached * theta)
            total += share * served_rate / (served_rate + place * theta) * wait
        return self.waits * total / (1.0 - self.abandoned)

    @property
    def occupancy(self) -> float:
        """rate (1 - abandoned) / (n mu): by Little's law."""
        return min(1.0, self.load * (1.0 - self.abandoned) / self.agents) if self.agents else 1.0

    def offered_wait_over(self, seconds: float) -> float:
        """Probability that a caller of endless patience would wait longer:
        P(V > t) = rate J(t) / (E + rate J(0)), J(t) the integral from t on of exp(rate H(x) - n mu x) and
        H(x) = (1 - exp(-theta x)) / theta (Zeltyn and Mandelbaum 2005, section 4, for this patience)."""
        return self.waits * self._tail(seconds, 0)

    def answered_within(self, seconds: float) -> float:
        """Share of callers answered within `seconds`: those who wait x are still there with exp(-theta x)."""
        if not self.agents:
            return 0.0
        within = self._tail(0.0, 1) - self._tail(seconds, 1)
        return min(1.0, max(0.0, 1.0 - self.waits + self.waits * within))

    def abandoned_within(self, seconds: float) -> float:
        """Share of callers who give up within `seconds` of entering the line."""
        given_up = 1.0 - math.exp(-seconds / self.patience)
        if not self.agents:
            return given_up
        before = self._tail(0.0, 0) - self._tail(seconds, 0)
        still_there = self._tail(0.0, 1) - self._tail(seconds, 1)
        return max(0.0, self.waits * (before - still_there + given_up * self._tail(seconds, 0)))

    def service_level(self, seconds: float) -> float:
        """As docs/metrics.md has it: short abandons are left out."""
        counted = 1.0 - self.abandoned_within(SHORT_ABANDON)
        return self.answered_within(seconds) / counted if counted > 0 else 0.0

    # --- the line when all agents are busy ------------------------------------------------------------

    @cached_property
    def _log_queue_sum(self) -> float:
        return _log_series(self.rate, self.agents / self.aht, 1.0 / self.patience)

    @cached_property
    def _places(self) -> list[tuple[int, float]]:
        """Of those who find all agents busy: the share that takes place 1, 2, … in line. Shares below any
        meaning are left out."""
        found = []
        for j, log_term in enumerate(_log_terms(self.rate, self.agents / self.aht, 1.0 / self.patience)):
            share = math.exp(log_term - self._log_queue_sum)
            if share > _NEGLIGIBLE:
                found.append((j + 1, share))
        return found

    def _tail(self, seconds: float, power: int) -> float:
        """The integral of exp(-power theta x) over the offered wait x of those who wait, from `seconds` on.

        J(t) = exp(rate H(t) - n mu t) / (n mu) A(n mu / theta, rate exp(-theta t) / theta), with the series A
        of Garnett, Mandelbaum and Reiman; a further factor exp(-theta x) makes n mu to n mu + theta.
        """
        theta = 1.0 / self.patience
        served_rate = self.agents / self.aht
        if served_rate == 0:
            return 0.0 if power else 1.0  # the wait is endless
        whole = self._log_queue_sum - math.log(served_rate)
        bound = served_rate + power * theta
        left = math.exp(-theta * seconds)
        log_part = (
            self.rate * -math.expm1(-theta * seconds) / theta - bound * seconds - math.log(bound)
            + _log_series(self.rate * left, bound, theta)
        )  # fmt: skip
        return math.exp(min(0.0, log_part - whole))


Model = ErlangC | ErlangA


def erlang(rate: float, aht: float, agents: int, patience: float | None = None) -> Model:
    """Erlang A with a patience, Erlang C without. Raises ValueError for values that mean nothing."""
    return ErlangC(rate, aht, agents) if patience is None else ErlangA(rate, aht, agents, patience)


def _meaningful(rate: float, aht: float, agents: int) -> None:
    if not (rate >= 0 and math.isfinite(rate)):
        raise ValueError(f"callers a second must be 0 or more, not {rate:g}")
    if not (aht > 0 and math.isfinite(aht)):
        raise ValueError(f"a call's length must be more than 0 seconds, not {aht:g}")
    if not 0 <= agents <= MAX_AGENTS:
        raise ValueError(f"agents must be between 0 and {MAX_AGENTS}, not {agents}")


def _log_terms(rate: float, served_rate: float, theta: float) -> Iterator[float]:
    """Logs of the terms rate^j / ((n mu + theta) … (n mu + j theta)), from j = 0, while they count."""
    log_term = highest = 0.0
    yield log_term
    bound = served_rate
    log_rate = math.log(rate) if rate > 0 else -math.inf
    while log_term > highest - 45.0 or rate > bound:
        bound += theta
        log_term += log_rate - math.log(bound)
        highest = max(highest, log_term)
        yield log_term
        # what is still to come is a geometric series at most
        if rate < bound and log_term - math.log1p(-rate / bound) < highest - 40.0:
            return


def _log_series(rate: float, served_rate: float, theta: float) -> float:
    """The log of the sum of `_log_terms`: A(n mu / theta, rate / theta) in the words of the 2002 paper."""
    terms = list(_log_terms(rate, served_rate, theta))
    highest = max(terms)
    return highest + math.log(math.fsum(math.exp(term - highest) for term in terms))
