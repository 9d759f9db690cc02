"""What a caller wants of a queue: what the flow says, who he is, and who talked with him last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from callcenter.acd.tickets import Wants
from callcenter.center.needs import at_levels, both, parsed
from callcenter.ivr.steps import EnterQueue


def wants_of(step: EnterQueue, known: Mapping[str, Any]) -> Wants:
    """`known` is the brief of the customer directory; it may be empty."""
    needs = at_levels(step.skills)
    if step.needs:
        needs = both(needs, parsed(step.needs))
    customer = known.get("customer") or {}
    return Wants(step.priority, needs, str(customer.get("level") or ""), "")
