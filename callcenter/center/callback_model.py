"""`center.yaml`: how callers of a queue are called back in their place."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from callcenter.center.base import Did, Id, Model


class CallbackRules(Model):
    """Call-back in place: when its turn has come, who hung up is dialed."""

    hours: Id | None = None  # nobody is called outside these hours; none: from 08:00 to 21:00 every day
    tries: Annotated[int, Field(ge=1, le=10)] = 3  # then people have to see to it
    retry_minutes: Annotated[float, Field(ge=1, le=1440)] = 15  # between two tries
    ring_seconds: Annotated[float, Field(ge=5, le=120)] = 30
    keep_hours: Annotated[float, Field(ge=1, le=336)] = 48  # so long a place is kept; then people see to it
    caller_id: Did | None = None  # the number shown; none: the one that was called, or the center's first
