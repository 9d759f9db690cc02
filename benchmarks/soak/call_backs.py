"""Are the call-backs in place in order? Each attempt is dialed once, and each that is over has ended once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from sqlalchemy import select

from callcenter.storage import tables
from callcenter.storage.engine import make_engine
from callcenter.storage.facts import Fact
from callcenter.storage.recovery import fact_of

KINDS = ("callback.promised", "call.dialed", "callback.unanswered", "callback.cancelled", "call.ended")


async def call_backs_astray(database_url: str, cdr_legs: Collection[str]) -> list[str]:
    """What is wrong with them. `cdr_legs`: the legs that Asterisk has on file, none of which lives."""
    engine = make_engine(database_url)
    try:
        query = select(tables.journal).where(tables.journal.c.kind.in_(KINDS)).order_by(tables.journal.c.seq)
        async with engine.connect() as connection:
            return astray([fact_of(row) for row in await connection.execute(query)], cdr_legs)
    finally:
        await engine.dispose()


def astray(facts: Sequence[Fact], cdr_legs: Collection[str]) -> list[str]:
    """The same of facts of `KINDS`. Pure."""
    promised = {fact.call_id for fact in facts if fact.kind == "callback.promised"}
    count = {kind: Counter(f.call_id for f in facts if f.kind == kind) for kind in KINDS}
    # an order on its way when the link breaks, or the customer calls in himself, may not have arrived
    unsent = Counter(f.call_id for f in facts if f.data.get("result") in ("not_sent", "lost"))
    unsent += count["callback.cancelled"]
    found = []
    for call_id in sorted(promised):
        legs = [f.data["leg_id"] for f in facts if f.kind == "call.dialed" and f.call_id == call_id]
        if len(set(legs)) != len(legs):
            found.append(f"call-back {call_id}: an attempt was dialed twice")
        missing = [leg for leg in legs if leg not in cdr_legs]
        if len(missing) > unsent[call_id]:
            found.append(f"call-back {call_id}: {missing} are not in Asterisk's CDR")
        if count["call.ended"][call_id] > 1:
            found.append(f"call-back {call_id}: has ended {count['call.ended'][call_id]} times")
    return found
