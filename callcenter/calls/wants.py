"""What a caller wants of a queue: what the flow says, who he is, and who talked with him last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from callcenter.acd.tickets import Wants
from callcenter.center.needs import at_levels, both, parsed
from callcenter.ivr.steps import EnterQueue


def wants_of(step: EnterQueue, known: Mapping[str, Any], talked_since: float) -> Wants:
    """`known` is the brief of the customer directory; it may be empty. Who talked with him last counts if
    that was after `talked_since` (seconds since the epoch)."""
    needs = at_levels(step.skills)
    if step.needs:
        needs = both(needs, parsed(step.needs))
    customer = known.get("customer") or {}
    return Wants(step.priority, needs, str(customer.get("level") or ""), _last_agent(known, talked_since))


def _last_agent(known: Mapping[str, Any], since: float) -> str:
    for call in known.get("timeline") or ():  # the newest first
        if call.get("agent") and call.get("outcome") == "answered":
            return str(call["agent"]) if float(call.get("at") or 0) >= since else ""
    return ""
