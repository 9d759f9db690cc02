"""What must hold at the end. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.soak.callers import SoakCall
from callcenter.demo.accounts import CdrRecord, JournalCall

GROWTH_AN_HOUR = 0.05
LEAST_ANSWERED, MOST_ABORTED = 0.35, 0.02
"""Shares of all calls. Otherwise the soak proves nothing: the callers did not do what they were to do."""
SHORTEST_JUDGED_S = 1200.0
"""Memory of a shorter run says little: caches fill, and the allocator's arenas."""
#: what Asterisk's CLI calls an endpoint's state, and what we call his phone's
PHONE_STATES = {
    "Not in use": {"idle"},
    "Unavailable": {"unregistered"},
    "In use": {"in_use"},
    "Ringing": {"ringing"},
    "Busy": {"in_use"},
}


def lost_calls(
    callers: Sequence[SoakCall],
    journal: Sequence[JournalCall],
    cdr: Sequence[CdrRecord],
    outages: Sequence[tuple[float, float]] = (),
) -> tuple[list[str], int]:
    """Calls that do not stand in all three accounts, each with its end; and how many came and left while
    there was no controller (`outages`, seconds since the epoch), which Asterisk's CDR alone can know.

    A caller calls again after minutes, so the calls of a number are the same ones in the order they came in.
    """
    found, unheard = [], 0
    ours: dict[tuple[str, str], list[JournalCall]] = {}
    for told in sorted(journal, key=lambda c: c.row.at):
        ours.setdefault((told.row.ani, told.row.did), []).append(told)
    legs = {record.leg_id for record in cdr}
    unanswered = Counter(record.src for record in cdr if record.disposition != "ANSWERED")
    seen = {(record.src, round(record.start) + near) for record in cdr for near in (-1, 0, 1, 2)}
    for caller in sorted(callers, key=lambda c: c.started):
        who = f"{caller.ani} to {caller.did} ({caller.kind}; on the wire: {caller.how} {caller.status or ''})"
        known = ours.get((caller.ani, caller.did), [])
        call = known[0] if known and abs(known[0].row.at - caller.started) < 30 else None
        if not caller.ended:
            found.append(f"{who}: never ended on the wire")
        if caller.how in ("forgotten", "refused"):
            found.append(f"{who}: on the wire it was {caller.how}")
        if call is None:
            if caller.how == "cancelled" and unanswered[caller.ani]:
                continue  # gone before his leg knocked; Asterisk has seen him
            away = any(begun - 1 <= caller.started and caller.ended <= over for begun, over in outages)
            if away and (caller.ani, round(caller.started)) in seen:
                unheard += 1
                continue
            found.append(f"{who}: not in the journal")
            continue
        known.pop(0)
        if call.ends != 1:
            found.append(f"{who}, {call.row.id}: the journal has {call.ends} ends of it")
        if call.leg_id not in legs:
            found.append(f"{who}, {call.row.id}: not in Asterisk's CDR")
    left = [told for calls in ours.values() for told in calls]
    found += [f"{told.row.id}: in the journal, but nobody called" for told in left]
    return found, unheard


def not_a_soak(callers: Sequence[SoakCall], journal: Sequence[JournalCall]) -> list[str]:
    """Why this run proves nothing."""
    calls = len(callers)
    answered = sum(told.row.outcome == "answered" for told in journal)
    aborted = sum(caller.how == "aborted" for caller in callers)
    found = []
    if answered < LEAST_ANSWERED * calls or not calls:
        found.append(f"only {answered} of {calls} callers talked with an agent")
    if aborted > max(2, MOST_ABORTED * calls):
        found.append(f"SIPp forgot {aborted} of {calls} calls")
    return found


def disagreements(views: Iterable[Mapping[str, object]], endpoints: Mapping[str, str]) -> list[str]:
    """Agents whose state does not fit the picture of an Asterisk in which there are no calls any more.
    `endpoints`: its device states by extension."""
    found = []
    for view in views:
        agent, state, phone = view["id"], view["state"], str(view["phone"])
        if state in ("reserved", "ringing", "talking", "wrap_up"):
            found.append(f"{agent} is {state} for call {view['call_id']}, and there are no calls")
        elif view["call_id"]:
            found.append(f"{agent} is {state} and has call {view['call_id']}")
        device = endpoints.get(str(view["extension"]), "not there")
        if phone not in PHONE_STATES.get(device, {phone}):
            found.append(f"{agent}'s phone is {phone}, Asterisk says {device}")
        if state == "ready" and phone == "unregistered":
            found.append(f"{agent} is ready without a phone")
    return found


@dataclass(frozen=True, slots=True)
class Memory:
    """A process's memory over the second half of the run."""

    megabytes: float  # by the fit at the end
    growth_an_hour: float  # as a share of that
    seconds: float  # over which was fitted

    @property
    def words(self) -> str:
        return f"{self.megabytes:.0f} MB, {self.growth_an_hour:+.1%} an hour over {self.seconds / 60:.0f} min"


def memory(samples: Sequence[tuple[float, float]]) -> Memory | None:
    """Least squares over the second half of (seconds, megabytes); None with too few of them."""
    if len(samples) < 6:
        return None
    middle = (samples[0][0] + samples[-1][0]) / 2
    half = [sample for sample in samples if sample[0] >= middle]
    at = sum(t for t, _ in half) / len(half)
    mean = sum(m for _, m in half) / len(half)
    spread = sum((t - at) ** 2 for t, _ in half)
    slope = sum((t - at) * (m - mean) for t, m in half) / spread if spread else 0.0
    end = mean + slope * (half[-1][0] - at)
    return Memory(end, slope * 3600 / end, half[-1][0] - half[0][0])


_LEVEL = re.compile(r"\[(error|critical)\s*\]")


def exceptions(log: str) -> tuple[int, Counter[str]]:
    """Tracebacks in the controller's log, and its error lines by what they say."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", log)
    errors: Counter[str] = Counter()
    for line in plain.splitlines():
        if _LEVEL.search(line):
            said = _LEVEL.split(line, maxsplit=1)[-1].strip()
            errors[re.sub(r"\s{2,}.*|\s\[.*|\s\w+=.*", "", said)] += 1
    return plain.count("Traceback (most recent call last)"), errors
