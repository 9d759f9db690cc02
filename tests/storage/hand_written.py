"""Facts of calls, written by hand as the engine writes them."""

from __future__ import annotations

from typing import Any

from callcenter.storage.facts import Fact
from callcenter.storage.journal import SpoolJournal

CALL = "20261122-101530-7f3a9c"


class Writing:
    """Makes facts one after the other, each `step` seconds after the last."""

    def __init__(self, at: float = 1_790_000_000.0) -> None:
        self.at = at
        self.facts: list[Fact] = []

    def __call__(
        self, kind: str, *, call_id: str = CALL, agent: str = "", after: float = 0.0, **data: Any
    ) -> Fact:
        self.at += after
        fact = Fact(len(self.facts) + 1, self.at, kind, call_id, agent, data)
        self.facts.append(fact)
        return fact


def answered_call() -> list[Fact]:
    """A caller presses 1, waits 12 seconds, talks two minutes with Amy, who writes a note."""
    write = Writing()
    write(
        "call.offered",
        leg_id="1.1",
        node="a",
        channel="PJSIP/t-1",
        ani="13800138000",
        caller_name="王芳",
        did="4008001234",
    )
    write("ivr.entered", flow="main", version="v1", node="start")
    write("ivr.language", language="en", after=1)
    write("ivr.node", flow="main", node="menu", type="menu")
    write("ivr.key", node="menu", key="1", label={"en": "Orders", "zh-CN": "订单"}, after=3)
    write("ivr.key", node="sub", key="2", label={}, after=2)
    write("queue.entered", queue="orders", priority=0, position=3)
    write(
        "queue.assigned",
        agent="amy",
        queue="orders",
        wait=12,
        phone="8001",
        looked_at=3,
        why="longest_ready",
        after=12,
    )
    write("pop.sent", agent="amy")
    write("pop.shown", agent="amy", delay_ms=41.5)
    write("phone.ringing", agent="amy", after=0.2)
    write("talk.started", agent="amy", queue="orders", wait=14.5, after=2.3)
    write("talk.ended", agent="amy", queue="orders", seconds=123, by="caller", after=123)
    write("recording.kept", path="2026/11/22/x.wav", seconds=123)
    write("call.ended", outcome="answered")
    write("wrap_up.ended", agent="amy", disposition="solved", note="sent again", seconds=12, after=12)
    return write.facts


def short_call(journal: SpoolJournal, call_id: str, outcome: str = "ivr", ani: str = "13800138000") -> None:
    """A call that ends in the menu."""
    journal.write(
        "call.offered", call_id=call_id, leg_id="1", node="a", channel="c", ani=ani, caller_name="", did="400"
    )
    journal.write("ivr.entered", call_id=call_id, flow="main", version="1", node="start")
    journal.write("call.ended", call_id=call_id, outcome=outcome)
