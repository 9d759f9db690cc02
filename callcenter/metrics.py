"""What /metrics reports of the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callcenter.app import App


class Metrics:
    """Reads the counters of the rooms at the moment they are asked for."""

    def __init__(self, app: App) -> None:
        self._app = app

    def read(self) -> dict[str, Any]:
        """`{name: number}` or `{name: [({label: value}, number), ...]}`."""
        app = self._app
        acd = app.engine.acd
        states: dict[str, int] = {}
        for agent in acd.agents.values():
            states[agent.state.value] = states.get(agent.state.value, 0) + 1
        return {
            "callcenter_calls_open": len(app.engine.reception.calls),
            "callcenter_calls_talking": app.engine.reception.talking(),
            "callcenter_queue_waiting": [({"queue": q}, len(acd.waiting(q))) for q in acd.queues],
            "callcenter_agents": [({"state": s}, n) for s, n in states.items()],
            "callcenter_assignments_total": acd.decisions,
            "callcenter_mended_total": acd.mended,
            "callcenter_switch_up": int(app.switch.up),
            "callcenter_ami_events_total": app.switch.ami.events,
            "callcenter_ami_reconnects_total": app.switch.ami.reconnects,
            "callcenter_ami_round_trip_seconds": app.switch.ami.round_trip_seconds,
            "callcenter_journal_lag_facts": app.writer.lag,
            "callcenter_journal_facts_total": app.writer.facts_saved,
            "callcenter_journal_failures_total": app.writer.failures,
        }
