"""Time and ids, handed in from outside so that a day can run in seconds, and the same twice."""

from __future__ import annotations

import secrets
import time
from typing import Protocol


class Clock(Protocol):
    """Wall-clock time in seconds since the epoch."""

    def now(self) -> float: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        return time.time()


class Ids(Protocol):
    """Makes ids that nobody else makes."""

    def call_id(self, now: float) -> str: ...


class RandomIds:
    """Call ids such as `20261122-101530-7f3a9c`: sortable by time, short enough to read aloud."""

    def call_id(self, now: float) -> str:
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
        return f"{stamp}-{secrets.token_hex(3)}"
