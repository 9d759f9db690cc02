"""How an agent's time goes: on calls, ready, away for a reason; since he signed in, and on the local day.

Folded from facts, so that a restart loses none of it; pure: the times are the facts' own, or handed in.
What counts as what is said in docs/metrics.md (occupancy).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from callcenter.acd.figures import last_midnight, next_midnight
from callcenter.storage.facts import Fact

#: the facts that count
KINDS = (
    "agent.state", "agent.over_limit", "queue.assigned", "queue.returned", "phone.missed", "talk.started",
)  # fmt: skip
_BUSY, _READY, _AWAY = "busy", "ready", "away"


@dataclass(slots=True)
class _Ledger:
    """One agent's time. Seconds are sums up to `since`, where what he does now began (or was last summed)."""

    since: float = 0.0
    doing: str = ""  # '' while he is signed out
    reason: str = ""
    busy: float = 0.0
    ready: float = 0.0
    calls: int = 0
    missed: int = 0  # in a row
    over_limit: bool = False  # that the time for his reason is over was told
    day_busy: float = 0.0
    day_ready: float = 0.0
    day_reasons: dict[str, float] = field(default_factory=dict)

    def sum_up(self, at: float) -> None:
        seconds = max(0.0, at - self.since)
        if self.doing == _BUSY:
            self.busy += seconds
            self.day_busy += seconds
        elif self.doing == _READY:
            self.ready += seconds
            self.day_ready += seconds
        elif self.doing == _AWAY:
            self.day_reasons[self.reason] = self.day_reasons.get(self.reason, 0.0) + seconds
        self.since = max(self.since, at)

    def forget_day(self) -> None:
        self.day_busy = self.day_ready = 0.0
        self.day_reasons = {}


class Workload:
    """Every agent's time. To be told each fact as it is written (`on_fact`)."""

    def __init__(self, time_zone: Callable[[], str]) -> None:
        """`time_zone` is the center's, for where a day ends."""
        self._time_zone = time_zone
        self._day_ends = 0.0
        self._agents: dict[str, _Ledger] = {}

    # --- what happened --------------------------------------------------------------------------------

    def on_fact(self, fact: Fact) -> None:
        """Count a fact of `KINDS`; others are passed over."""
        if fact.kind not in KINDS or not fact.agent:
            return
        ledger = self._of(fact.agent, fact.at)
        if fact.kind == "agent.state":
            state = str(fact.data.get("state", ""))
            self._becomes(ledger, fact.at, state, str(fact.data.get("reason", "")))
        elif fact.kind == "queue.assigned":
            self._becomes(ledger, fact.at, _BUSY)
            for other in fact.data.get("also") or ():
                self._becomes(self._of(str(other), fact.at), fact.at, _BUSY)
        elif fact.kind == "talk.started":
            self._becomes(ledger, fact.at, _BUSY)
            ledger.calls += 1
            ledger.missed = 0
        elif fact.kind == "agent.over_limit":
            ledger.over_limit = True
        else:
            ledger.missed += 1

    def prime(self, facts: Iterable[Fact], states: Iterable[Fact] = ()) -> None:
        """After a restart: begin with facts of `KINDS`, in order. `states` are agents' last agent.state
        facts, for those of whom nothing else is told."""
        told = list(facts)
        first = told[0].seq if told else float("inf")
        for fact in (*sorted((f for f in states if f.seq < first), key=lambda f: f.seq), *told):
            self.on_fact(fact)

    def _becomes(self, ledger: _Ledger, at: float, state: str, reason: str = "") -> None:
        ledger.sum_up(at)
        doing = {"ready": _READY, "not_ready": _AWAY, "signed_out": ""}.get(state, _BUSY)
        if ledger.doing == "" and doing:  # he signs in
            ledger.busy = ledger.ready = 0.0
            ledger.calls = 0
        if doing in (_AWAY, ""):
            ledger.missed = 0
        ledger.doing, ledger.reason, ledger.over_limit = doing, reason, False

    # --- questions ------------------------------------------------------------------------------------

    def occupancy(self, agent_id: str, now: float) -> float:
        """Seconds on calls and in wrap-up / (the same + ready), since he signed in; 0 while there is nothing
        to divide by."""
        ledger = self._agents.get(agent_id)
        if ledger is None:
            return 0.0
        more = max(0.0, now - ledger.since)
        busy = ledger.busy + (more if ledger.doing == _BUSY else 0.0)
        ready = ledger.ready + (more if ledger.doing == _READY else 0.0)
        return busy / (busy + ready) if busy + ready > 0 else 0.0

    def idle_share(self, agent_id: str, now: float) -> float:
        """What is left of 1 beside his occupancy."""
        return 1.0 - self.occupancy(agent_id, now)

    def calls(self, agent_id: str) -> int:
        """Calls he answered since he signed in."""
        ledger = self._agents.get(agent_id)
        return ledger.calls if ledger is not None else 0

    def missed_in_a_row(self, agent_id: str) -> int:
        """Calls he missed since he last answered one, or was not ready."""
        ledger = self._agents.get(agent_id)
        return ledger.missed if ledger is not None else 0

    def over_limit(self, agent_id: str) -> bool:
        """Whether it was told that the time for his present reason is over."""
        ledger = self._agents.get(agent_id)
        return ledger is not None and ledger.over_limit

    def reason_today(self, agent_id: str, reason: str, now: float) -> float:
        """Seconds he was not ready for this reason since local midnight."""
        ledger = self._of(agent_id, now)
        running = ledger.doing == _AWAY and ledger.reason == reason
        return ledger.day_reasons.get(reason, 0.0) + (max(0.0, now - ledger.since) if running else 0.0)

    def today(self, agent_id: str, now: float) -> dict[str, Any]:
        """Since local midnight: `{busy_seconds, ready_seconds, occupancy, reasons: {reason: seconds}}`;
        occupancy is None while there is nothing to divide by."""
        ledger = self._of(agent_id, now)
        more = max(0.0, now - ledger.since)
        busy = ledger.day_busy + (more if ledger.doing == _BUSY else 0.0)
        ready = ledger.day_ready + (more if ledger.doing == _READY else 0.0)
        reasons = dict(ledger.day_reasons)
        if ledger.doing == _AWAY:
            reasons[ledger.reason] = reasons.get(ledger.reason, 0.0) + more
        return {
            "busy_seconds": round(busy, 1),
            "ready_seconds": round(ready, 1),
            "occupancy": round(busy / (busy + ready), 4) if busy + ready > 0 else None,
            "reasons": {reason: round(seconds, 1) for reason, seconds in reasons.items()},
        }

    # --- the day --------------------------------------------------------------------------------------

    def _of(self, agent_id: str, at: float) -> _Ledger:
        if at >= self._day_ends:
            self._new_day(at)
        ledger = self._agents.get(agent_id)
        if ledger is None:
            ledger = self._agents[agent_id] = _Ledger(since=at)
        return ledger

    def _new_day(self, at: float) -> None:
        """What was going on at midnight goes on: its part before midnight stays with the day that ended."""
        zone = self._time_zone()
        began = last_midnight(at, zone)
        for ledger in self._agents.values():
            ledger.sum_up(began)
            ledger.forget_day()
        self._day_ends = next_midnight(at, zone)
