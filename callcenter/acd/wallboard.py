"""The wallboard: queues and agents at this moment, beside the day's figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from callcenter.acd.agents import ON_CALL, AgentState
from callcenter.acd.service import Distributor


class Today(Protocol):
    """The day's figures, counted from the journal (docs/metrics.md)."""

    def queue(self, queue: str) -> dict[str, Any]: ...

    def totals(self) -> dict[str, Any]: ...


def wallboard(
    acd: Distributor,
    today: Today,
    *,
    now: float,
    switch_up: bool,
    views: list[dict[str, Any]],
    callbacks_open: int,
    callbacks_in_line: Callable[[str], int],
) -> dict[str, Any]:
    """`Wallboard` of docs/contracts.md. `callbacks_in_line`: places kept in a queue for who is not on the
    line."""
    serving: dict[str, list[AgentState]] = {name: [] for name in acd.queues}
    for agent in acd.agents.values():
        if agent.state is not AgentState.SIGNED_OUT:
            for name in acd.serves(agent.agent_id):
                serving.setdefault(name, []).append(agent.state)
    queues = []
    for name, queue in acd.queues.items():
        waiting = acd.waiting(name)
        on_line = [ticket for ticket in waiting if not ticket.absent]
        states = serving[name]
        figures = today.queue(name)
        queues.append(
            {
                "id": name,
                "name": dict(queue.name),
                "waiting": len(on_line),
                "longest_wait": round(max((now - t.since for t in on_line), default=0.0), 1),
                "estimated_wait": acd.estimated_wait(name, len(waiting) + 1),
                "agents_ready": acd.free(name),
                "agents_talking": sum(1 for s in states if s in ON_CALL),
                "agents_signed_in": len(states),
                **figures,
                "callbacks": {"in_line": callbacks_in_line(name), **figures.get("callbacks", {})},
            }
        )
    return {
        "at": now,
        "switch_up": switch_up,
        "queues": queues,
        "agents": views,
        "today": today.totals(),
        "callbacks_open": callbacks_open,
    }
