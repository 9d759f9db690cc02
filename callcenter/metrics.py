"""What /metrics reports of the engine."""

from __future__ import annotations

import asyncio
from typing import Any

from callcenter.asterisk.switch import AsteriskSwitch
from callcenter.engine import Engine
from callcenter.loop_delay import LoopDelay
from callcenter.storage.writer import JournalWriter


def read_metrics(
    engine: Engine, switch: AsteriskSwitch, writer: JournalWriter, loop_delay: LoopDelay
) -> dict[str, Any]:
    """Every counter at this moment: `{name: number}` or `{name: [({label: value}, number), ...]}`."""
    acd = engine.acd
    states: dict[str, int] = {}
    for agent in acd.agents.values():
        states[agent.state.value] = states.get(agent.state.value, 0) + 1
    return {
        "callcenter_calls_open": sum(1 for state in engine.reception.calls.values() if not state.held),
        "callcenter_callbacks_in_place": [({"queue": q}, engine.callbacks.in_line(q)) for q in acd.queues],
        "callcenter_calls_talking": engine.reception.talking(),
        "callcenter_queue_waiting": [({"queue": q}, len(acd.on_the_line(q))) for q in acd.queues],
        "callcenter_agents": [({"state": s}, n) for s, n in states.items()],
        "callcenter_assignments_total": acd.offers.decisions,
        "callcenter_mended_total": acd.adoption.mended,
        "callcenter_switch_up": int(switch.up),
        "callcenter_ami_events_total": switch.ami.events,
        "callcenter_ami_reconnects_total": switch.ami.reconnects,
        "callcenter_ami_round_trip_seconds": switch.ami.round_trip_seconds,
        "callcenter_agi_sessions_total": switch.agi.sessions,
        "callcenter_agi_refused_total": switch.agi.refused,
        "callcenter_journal_lag_facts": writer.lag,
        "callcenter_journal_facts_total": writer.facts_saved,
        "callcenter_journal_failures_total": writer.failures,
        "callcenter_event_loop_delay_seconds": loop_delay.worst(asyncio.get_running_loop().time()),
    }
