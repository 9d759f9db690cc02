"""When agents who also do outbound work get it: callers come first. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from callcenter.center.routing_model import Blending

#: with fewer callers than this in the window the service level says nothing, and does not forbid
FEWEST = 5


class RecentService:
    """The service level of each queue over the last minutes: the share of those who were answered within the
    threshold, of all who were answered or left (docs/metrics.md, without short abandons)."""

    def __init__(self) -> None:
        self._served: dict[str, deque[tuple[float, bool]]] = {}

    def count(self, queue: str, at: float, in_time: bool) -> None:
        """A caller was answered in time or not, or left."""
        self._served.setdefault(queue, deque(maxlen=10_000)).append((at, in_time))

    def level(self, queue: str, now: float, seconds: float) -> float | None:
        """0 to 1 over the last `seconds`; None when too few callers came."""
        served = self._served.get(queue)
        while served and served[0][0] < now - seconds:
            served.popleft()
        if not served or len(served) < FEWEST:
            return None
        return sum(in_time for _, in_time in served) / len(served)


def may_do_outbound(
    rules: Blending, levels: Iterable[float | None], others_ready: Iterable[int], waiting: Iterable[int]
) -> bool:
    """Whether an agent may be given outbound work now. Of each inbound queue he serves: its recent service
    level (None: unknown), how many others are ready for it, and how many callers wait in it."""
    return (
        all(level is None or level >= rules.service_level_at_least for level in levels)
        and all(ready >= rules.keep_ready for ready in others_ready)
        and not any(waiting)
    )
