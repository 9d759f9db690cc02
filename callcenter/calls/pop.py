"""The screen pop: who calls and why, before the phone rings."""

from __future__ import annotations

from typing import Any

from callcenter.acd.tickets import Assignment
from callcenter.calls.state import CallState
from callcenter.center.model import Center


def screen_pop(
    state: CallState, assignment: Assignment, brief: dict[str, Any], center: Center
) -> dict[str, Any]:
    """`Pop` of docs/contracts.md. `brief` comes from the customer directory; it may be empty."""
    queue = center.queues.get(assignment.queue)
    number = next((n for n in center.numbers if n.did == state.did), None)
    return {
        "call_id": state.call_id,
        "assigned_at": assignment.at,
        "answered_at": None,
        "caller": {
            "ani": state.ani,
            "display_number": brief.get("display_number") or state.ani,
            "name": state.caller_name,
            "region": brief.get("region") or {},
        },
        "customer": brief.get("customer"),
        "did": {"number": state.did, "name": dict(number.name) if number else {}},
        "queue": {"id": assignment.queue, "name": dict(queue.name) if queue else {}},
        "language": state.language or center.default_language,
        "path": [{"node": c.node, "key": c.key, "label": dict(c.label)} for c in state.path],
        "collected": dict(state.collected),
        "labels": {name: dict(label) for name, label in state.labels.items()},
        "recorded": [dict(said) for said in state.recorded.values()],
        "waited_seconds": round(assignment.waited, 1),
        "callback": _called_back(state),
        "timeline": brief.get("timeline", []),
        "note": "",
    }


def _called_back(state: CallState) -> dict[str, Any] | None:
    """What an agent is told of a call that is a call-back: since when it was promised, and by whom."""
    if not state.callback:
        return None
    return {
        "promised_at": state.offered_at,
        "since": float(state.callback["since"]),
        "by": str(state.callback.get("by", "")),
        "of": str(state.callback.get("of", "")),
        "tries": state.tries,
        "on_the_line": not state.held,
    }
