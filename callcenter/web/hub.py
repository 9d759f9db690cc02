"""Messages for pages, from the rooms that have news to the sockets that wait for it."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from callcenter.web.ports import Json

log = structlog.get_logger("callcenter.web.hub")
Listener = Callable[[Json], None]


class Hub:
    """Implements `LiveFeed`. Publishing calls the listeners at once, in the same turn of the event loop."""

    def __init__(self) -> None:
        self._listeners: dict[str, tuple[Listener, ...]] = {}

    def listen(self, topic: str, listener: Listener) -> Callable[[], None]:
        """Tell `listener` of each message of `topic`. Returns what ends it."""
        self._listeners[topic] = (*self._listeners.get(topic, ()), listener)

        def end() -> None:
            left = tuple(other for other in self._listeners.get(topic, ()) if other is not listener)
            if left:
                self._listeners[topic] = left
            else:
                self._listeners.pop(topic, None)

        return end

    def listened(self, topic: str) -> bool:
        """Does anybody listen? Spares making a message for nobody."""
        return topic in self._listeners

    def publish(self, topic: str, message: Json) -> None:
        """Hand `message` (with its `type`) to all who listen. One that fails does not stop the others."""
        for listener in self._listeners.get(topic, ()):
            try:
                listener(message)
            except Exception:
                log.exception("a listener failed", topic=topic)
