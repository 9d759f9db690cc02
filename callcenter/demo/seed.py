"""Fills an empty demo center: who may sign in, customers, and what they called about in the last 90 days.

The history is written as facts with the times of that past, so that rows, stories, reports and screen pops
come from it in the same way as from a call of today.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.center.model import Center
from callcenter.customers.service import CustomerDirectory
from callcenter.demo.people import CUSTOMERS, USERS, DemoCustomer
from callcenter.demo.stories import STORIES_EN, STORIES_ZH, Contact, Story, details, told
from callcenter.storage import tables
from callcenter.storage.engine import make_engine, migrate
from callcenter.storage.journal import SpoolJournal
from callcenter.storage.writer import JournalWriter
from callcenter.web.users import DatabaseUsers

DAY = 86_400.0
HISTORY_DAYS = 90


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was put there now (zero when it was there already)."""

    users: int
    customers: int
    contacts: int


class StoryClock:
    """A clock that shows the time of the story being told."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at


async def seed(
    database_url: str, journal_folder: Path, center: Center, password: str, *, now: float | None = None
) -> Seeded:
    """Fill the center, once: what is there already stays. Every demo user gets `password`.

    Call it before the controller is started: the journal has one writer. Raises SpoolInUse.
    """
    await asyncio.to_thread(journal_folder.parent.mkdir, parents=True, exist_ok=True)
    engine = make_engine(database_url)
    try:
        await migrate(engine)
        added_users = await _seed_users(engine, center, password)
        directory = CustomerDirectory(engine, country=lambda: center.country)
        today = time.time() if now is None else now
        people = [
            {
                "name": person.name, "numbers": [person.number], "level": person.level,
                "language": person.language, "note": person.note, "since": today - (120 + 7 * n) * DAY,
            }
            for n, person in enumerate(CUSTOMERS)
        ]  # fmt: skip
        added_people = await directory.seed(people)
        async with engine.connect() as connection:
            known = (await connection.execute(select(func.count()).select_from(tables.calls))).scalar_one()
        contacts = 0
        if not known:
            contacts = await _seed_history(engine, directory, journal_folder, center, today)
        return Seeded(added_users, added_people, contacts)
    finally:
        await engine.dispose()


async def _seed_users(engine: AsyncEngine, center: Center, password: str) -> int:
    users = DatabaseUsers(engine)
    wanted = [(u.name, u.role, "", u.display_name) for u in USERS]
    wanted += [(agent_id, "agent", agent_id, agent.name) for agent_id, agent in center.agents.items()]
    added = 0
    try:
        for name, role, agent_id, display_name in wanted:
            if await users.create_user(name, password, role, agent_id=agent_id, display_name=display_name):
                added += 1
            else:
                await users.set_password(name, password)
    finally:
        users.close()
    return added


async def _seed_history(
    engine: AsyncEngine, directory: CustomerDirectory, folder: Path, center: Center, today: float
) -> int:
    clock = StoryClock()
    journal = SpoolJournal(folder, clock)
    writer = JournalWriter(engine, journal, normalise=directory.normalise)
    await writer.start()
    try:
        calls = plan_history(center, today)
        for call in calls:
            tell_call(journal, clock, center, call)
        await writer.flush(60)
    finally:
        await writer.stop()
        journal.close()
    return len(calls)


@dataclass(frozen=True, slots=True)
class PastCall:
    """One contact of the history, ready to be told."""

    call_id: str
    at: float
    customer: DemoCustomer
    contact: Contact
    note: str
    agent: str
    wait: float
    talk: float
    wrap_up: float


def plan_history(center: Center, today: float, chance: random.Random | None = None) -> list[PastCall]:
    """The whole history in order of time. The same random source gives the same history."""
    chance = chance or random.Random(90)
    calls: list[PastCall] = []
    for n, customer in enumerate(CUSTOMERS):
        stories = STORIES_EN if customer.language == "en" else STORIES_ZH
        for told_story in (stories[n % len(stories)], *_second_story(n, stories, chance)):
            calls += _calls_of(told_story, customer, center, today, chance)
    return sorted(calls, key=lambda call: call.at)


def _second_story(n: int, stories: tuple[Story, ...], chance: random.Random) -> tuple[Story, ...]:
    """Two customers in three come back with another matter."""
    return (stories[(n * 7 + 3) % len(stories)],) if chance.random() < 0.67 else ()


def _calls_of(
    story: Story, customer: DemoCustomer, center: Center, today: float, chance: random.Random
) -> list[PastCall]:
    language = customer.language
    begins = today - chance.uniform(story[-1].day + 2, HISTORY_DAYS) * DAY
    facts = details(language, chance)
    calls: list[PastCall] = []
    at = 0.0
    for contact in story:
        if contact.queue not in center.queues:
            continue
        day = begins + contact.day * DAY
        office = (day // DAY) * DAY + chance.uniform(1.2, 11.5) * 3600  # 9:12 to 19:30 in Shanghai
        at = max(office, at + 600)
        skilled = [
            agent_id
            for agent_id, agent in center.agents.items()
            if all(
                agent.skills.get(s, 0) >= level for s, level in center.queues[contact.queue].skills.items()
            )
        ]
        answered = contact.outcome == "answered" and skilled
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(at))
        calls.append(
            PastCall(
                call_id=f"{stamp}-{chance.randrange(16**6):06x}",
                at=at,
                customer=customer,
                contact=contact,
                note=told(contact, facts),
                agent=chance.choice(skilled) if answered else "",
                wait=round(chance.expovariate(1 / 14) + 2, 1),
                talk=round(min(900, chance.lognormvariate(5.0, 0.6)), 1),
                wrap_up=round(chance.uniform(8, 30), 1),
            )
        )
    return calls


def tell_call(journal: SpoolJournal, clock: StoryClock, center: Center, call: PastCall) -> None:
    """Write the facts of one past call."""
    contact, customer, call_id = call.contact, call.customer, call.call_id
    number = next(iter(center.numbers))
    queue = contact.queue
    clock.at = call.at

    def fact(after: float, kind: str, **data: Any) -> None:
        clock.at = round(clock.at + after, 3)
        journal.write(kind, call_id=call_id, **data)

    fact(
        0, "call.offered", leg_id=f"seed-{call_id}", node="", channel="", ani=customer.number,
        caller_name="", did=number.did,
    )  # fmt: skip
    fact(0.1, "ivr.entered", flow=number.flow, version="", node="")
    if customer.language != center.default_language:
        fact(0, "ivr.language", language=customer.language)
    else:
        fact(0, "ivr.language", language=center.default_language)
    for key in contact.keys.split(">") if contact.keys else ():
        fact(4.2, "ivr.key", node="main_menu", key=key, label={})
    if contact.outcome == "ivr":
        fact(6, "call.ended", outcome="ivr")
        return
    if contact.outcome == "voicemail":
        fact(21, "call.ended", outcome="voicemail")
        return
    fact(1, "queue.entered", queue=queue, priority=center.queues[queue].priority, position=1)
    if contact.outcome == "abandoned":
        wait = call.wait + 45
        fact(wait, "queue.left", queue=queue, why="abandoned", wait=wait)
        fact(0, "call.ended", outcome="abandoned")
        return
    agent = call.agent
    fact(call.wait, "queue.assigned", queue=queue, agent=agent, wait=call.wait, phone="", looked_at=1, why="")
    fact(2.5, "talk.started", queue=queue, agent=agent, wait=call.wait + 2.5)
    fact(call.talk, "talk.ended", queue=queue, agent=agent, seconds=call.talk, by="caller")
    fact(0, "call.ended", outcome="answered")
    fact(
        call.wrap_up, "wrap_up.ended", agent=agent, disposition=contact.disposition, note=call.note,
        seconds=call.wrap_up,
    )  # fmt: skip
