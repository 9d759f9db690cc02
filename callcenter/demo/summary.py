"""Is every call accounted for? What callers and phones saw on the wire, the journal, the CDR and the
recordings must tell the same story of each; what does not agree is named."""

from __future__ import annotations

import asyncio
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from callcenter.center.model import Center
from callcenter.demo.accounts import Accounts, Books, CdrRecord, JournalCall
from callcenter.demo.sipp import CallerResult
from callcenter.demo.sipp_phones import PhoneCall
from callcenter.demo.traffic import UNKNOWN_NUMBER
from callcenter.storage.projection import OUTCOMES, CallRow
from callcenter.storage.stats import TodayStats

TALK_TOLERANCE = 1.0  # seconds by which two accounts of a talk or a recording may differ
# the CDR knows whole seconds, and the caller's process tells of the end when it is told of it
END_TOLERANCE = 2.0
SPOKEN_SECONDS = 4.0  # in a talk this long both sides have said something
SILENCE = 500  # of 32,767
MATCH_SECONDS = 4.0  # from the INVITE to the first fact, under load


@dataclass(slots=True)
class Verdict:
    """What the comparison found."""

    offered: int = 0
    accounted: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    recordings: int = 0
    recordings_wanted: int = 0
    odd: list[tuple[str, str]] = field(default_factory=list)  # (who, what)

    @property
    def whole(self) -> bool:
        return not self.odd and self.offered == self.accounted


def judge(
    books: Books, callers: Sequence[CallerResult], phone_calls: Sequence[PhoneCall], center: Center
) -> Verdict:
    """Compare the books with what was seen on the wire. Pure. All callers and phones are ones that speak."""
    verdict = Verdict(offered=len(callers))
    free = sorted(books.calls, key=lambda call: call.row.at)
    cdr: dict[str, list[CdrRecord]] = {}
    for record in books.cdr:
        cdr.setdefault(record.leg_id, []).append(record)
    for caller in sorted(callers, key=lambda c: c.started):
        who = f"{caller.ani or 'anonymous'} to {caller.did}"
        call = _take_match(caller, free)
        if call is None:
            verdict.odd.append((who, f"not in the journal (on the wire: {caller.how})"))
            continue
        problems = [
            *_journal_problems(call, caller),
            *_cdr_problems(call, cdr.pop(call.leg_id, []), center),
            *_talk_problems(call, phone_calls, center),
            *_recording_problems(call, books, center, verdict),
        ]
        verdict.outcomes[call.row.outcome or "open"] += 1
        verdict.odd += [(f"{who}, call {call.row.id}", problem) for problem in problems]
        verdict.accounted += not problems
    verdict.odd += [(f"call {call.row.id}", "in the journal, but nobody made it") for call in free]
    for leg_id, records in cdr.items():
        if not any(record.linked_id in cdr and record.linked_id != leg_id for record in records):
            verdict.odd.append((f"leg {leg_id}", "in the CDR, but not in the journal"))
    return verdict


def _take_match(caller: CallerResult, free: list[JournalCall]) -> JournalCall | None:
    """The earliest call nobody took yet with this number that began when the caller did."""
    for call in free:
        row = call.row
        near = -1.0 <= row.at - caller.started <= MATCH_SECONDS
        if near and row.ani == caller.ani and row.did == caller.did:
            free.remove(call)
            return call
    return None


def _journal_problems(call: JournalCall, caller: CallerResult) -> list[str]:
    row, found = call.row, []
    if call.ends != 1 or row.ended_at is None:
        found.append(f"the journal has {call.ends} ends of it")
    if row.outcome not in OUTCOMES:
        found.append(f"no outcome ({row.outcome!r})")
    if caller.how not in ("far", "near"):
        found.append(f"on the wire it was {caller.how} {caller.status or ''}".rstrip())
    elif row.ended_at is not None and abs(row.ended_at - caller.ended) > END_TOLERANCE:
        found.append(f"ended {row.ended_at - caller.ended:+.1f} s beside the wire")
    if (caller.did == UNKNOWN_NUMBER) != (row.outcome == "refused"):
        found.append(f"dialed {caller.did} and was {row.outcome}")
    return found


def _cdr_problems(call: JournalCall, records: list[CdrRecord], center: Center) -> list[str]:
    row, found = call.row, []
    if not records:
        return ["no CDR of its leg"]
    first, last = min(r.start for r in records), max(r.end for r in records)
    if abs(first - row.at) > END_TOLERANCE or abs(last - (row.ended_at or 0)) > END_TOLERANCE:
        found.append(
            f"the CDR goes from {first - row.at:+.1f} s to {last - (row.ended_at or 0):+.1f} s of ours"
        )
    talked = [r for r in records if r.dstchannel and r.disposition == "ANSWERED"]
    if (row.outcome == "answered") != bool(talked):
        found.append(f"the journal says {row.outcome}, the CDR {', '.join(r.disposition for r in records)}")
    elif talked:
        agent = center.agents.get(row.agent)
        phones = {r.dstchannel.removeprefix("PJSIP/").rsplit("-", 1)[0] for r in talked}
        if agent is None or agent.extension not in phones:
            found.append(f"{row.agent} talked, by the CDR {', '.join(sorted(phones))}")
        if row.talk_seconds > sum(r.billsec for r in talked) + 1 + TALK_TOLERANCE:
            found.append("the talk is longer than the CDR's billed seconds")
    return found


def _talk_problems(call: JournalCall, phone_calls: Sequence[PhoneCall], center: Center) -> list[str]:
    """The agent's phone must have talked as long as the journal says."""
    row = call.row
    if row.outcome != "answered" or row.answered_at is None:
        return []
    agent = center.agents.get(row.agent)
    talks = [
        p
        for p in phone_calls
        if agent
        and p.extension == agent.extension
        and p.talking
        and abs(p.talking - row.answered_at) <= END_TOLERANCE
    ]
    if len(talks) != 1:
        return [f"the phone of {row.agent} saw {len(talks)} talks then"]
    seen = talks[0].ended - talks[0].talking
    if abs(seen - row.talk_seconds) > TALK_TOLERANCE:
        return [f"talked {row.talk_seconds:.1f} s, by the phone {seen:.1f} s"]
    return []


def _recording_problems(call: JournalCall, books: Books, center: Center, verdict: Verdict) -> list[str]:
    row = call.row
    queue = center.queues.get(row.queue)
    if row.outcome != "answered" or queue is None or not queue.record:
        return []
    verdict.recordings_wanted += 1
    if not row.recording:
        return [f"no recording: {call.recording_failed or 'the journal knows of none'}"]
    file = books.recordings.get(row.recording)
    if file is None:
        return [f"the recording {row.recording} is not there"]
    verdict.recordings += 1
    found = []
    if file.channels != 2:
        found.append(f"the recording has {file.channels} track(s)")
    if abs(file.seconds - row.talk_seconds) > TALK_TOLERANCE:
        found.append(f"the recording lasts {file.seconds:.1f} s, the talk {row.talk_seconds:.1f} s")
    if row.talk_seconds >= SPOKEN_SECONDS:
        sides = zip(("caller", "agent"), file.peaks, strict=False)
        found += [f"nothing is heard of the {side}" for side, peak in sides if peak < SILENCE]
    return found


class _Then:
    """A clock that shows when the calls began."""

    def __init__(self, at: float) -> None:
        self._at = at

    def now(self) -> float:
        return self._at


def figures(rows: Sequence[CallRow], center: Center) -> dict[str, float | int | None]:
    """Service level and mean wait as the wallboard defines them."""
    if not rows:
        return {"service_level": None, "asa": None}
    queues = center.queues
    stats = TodayStats(
        center.time_zone,
        _Then(min(row.at for row in rows)),
        lambda queue: queues[queue].service_level.seconds if queue in queues else 20.0,
    )
    stats.prime(rows)
    return stats.totals()


async def reconcile(
    accounts: Accounts,
    callers: Sequence[CallerResult],
    phone_calls: Sequence[PhoneCall],
    pops: Sequence[float],
    console: Console,
    *,
    settle_seconds: float,
) -> bool:
    """Compare all accounts, waiting up to `settle_seconds` for late facts; print the summary.

    Returns False when anything is not accounted for.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + settle_seconds
    while True:
        books = await accounts.read()
        verdict = judge(books, callers, phone_calls, accounts.center)
        if verdict.whole or loop.time() >= until:
            break
        await asyncio.sleep(0.5)
    show(verdict, books, pops, accounts.center, console)
    return verdict.whole


def show(verdict: Verdict, books: Books, pops: Sequence[float], center: Center, console: Console) -> None:
    """Print the summary."""
    numbers = figures([call.row for call in books.calls], center)
    service_level, asa = numbers.get("service_level"), numbers.get("asa")
    table = Table(title="The calls of this run", title_justify="left", show_header=False)
    table.add_row("offered", str(verdict.offered))
    for outcome in OUTCOMES:
        table.add_row(f"  {outcome}", str(verdict.outcomes[outcome]))
    table.add_row("accounted for", f"{verdict.accounted} of {verdict.offered}")
    table.add_row("service level", "-" if service_level is None else f"{service_level:.0%}")
    table.add_row("mean wait of the answered", "-" if asa is None else f"{asa:.1f} s")
    table.add_row("recordings, two tracks each", f"{verdict.recordings} of {verdict.recordings_wanted}")
    if pops:
        worst = max(pops) * 1000
        table.add_row(
            "screen pop after assignment",
            f"p50 {statistics.median(pops) * 1000:.0f} ms, worst {worst:.0f} ms",
        )
    console.print(table)
    if verdict.odd:
        console.print("Not accounted for:", style="red")
        for who, what in verdict.odd:
            console.print(f"  {who}: {what}", markup=False, highlight=False)
    else:
        console.print("Journal, Asterisk's CDR, phones and recordings agree on every call.", style="green")
