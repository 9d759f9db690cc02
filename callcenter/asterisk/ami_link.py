"""One connection to a manager: messages, answers to the actions that wait for them, signs of life."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, cast

from callcenter.asterisk.ami_codec import AmiDecoder, AmiMessage, ProtocolError, encode_action

log = logging.getLogger(__name__)

Headers = Mapping[str, str] | Iterable[tuple[str, str]]

PING_SECONDS = 3.0
SILENCE_SECONDS = 8.0
TICK_SECONDS = 0.5
STALL_SECONDS = 2.0


class AmiError(Exception):
    """An action could not be done."""


class AmiNotConnected(AmiError):
    """There is no signed-in link; nothing was sent."""


class AmiConnectionLost(AmiError):
    """The link was lost before the answer came: whether the action was carried out is unknown."""


class AmiTimeout(AmiError):
    """No answer before the deadline: whether the action was carried out is unknown."""


class AmiActionFailed(AmiError):
    """Asterisk refused an action."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.message = message


class Counters(Protocol):
    """What a link counts, over all links of a client."""

    events: int
    actions: int
    handler_failures: int
    dropped_events: int
    round_trip_seconds: float


class _Pending:
    """An action that waits for its answer."""

    __slots__ = ("future", "items", "limit", "name", "response", "sent_at", "timer")

    def __init__(
        self, name: str, future: asyncio.Future[AmiMessage], sent_at: float, limit: int | None
    ) -> None:
        self.name = name
        self.future = future
        self.sent_at = sent_at
        self.limit = limit
        self.items: list[AmiMessage] = []
        self.response: AmiMessage | None = None
        self.timer: asyncio.TimerHandle | None = None


class AmiLink(asyncio.Protocol):
    """One connection. `lost` ends, with AmiConnectionLost, when it is gone; `booted` at FullyBooted."""

    def __init__(
        self, handlers: Mapping[str, Callable[[AmiMessage], None]], counters: Counters, prefix: str
    ) -> None:
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._handlers = handlers
        self._counters = counters
        self._decoder = AmiDecoder({name.encode() for name in handlers} | {b"FullyBooted"})
        self._prefix = prefix  # an answer to an action of an earlier link must not be taken for one of ours
        self._count = 0
        self._pending: dict[str, _Pending] = {}
        self._transport: asyncio.Transport | None = None
        self._tick: asyncio.TimerHandle | None = None
        self._heard_at = self._pinged_at = self._ticked_at = loop.time()
        self.lost: asyncio.Future[None] = loop.create_future()
        self.lost.add_done_callback(_retrieve)
        self.booted: asyncio.Future[None] = loop.create_future()
        self.signed_in = False
        self.why_lost = ""

    @property
    def version(self) -> str:
        return self._decoder.version or ""

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._heard_at = self._pinged_at = self._ticked_at = self._loop.time()
        self._tick = self._loop.call_later(TICK_SECONDS, self._on_tick)

    def data_received(self, data: bytes) -> None:
        self._heard_at = self._loop.time()
        dropped = self._decoder.dropped
        try:
            messages = self._decoder.feed(data)
        except ProtocolError as error:
            self.drop(str(error))
            return
        self._counters.dropped_events += self._decoder.dropped - dropped
        for message in messages:
            fields = message.fields
            action_id = fields.get("ActionID")
            if action_id is not None and (pending := self._pending.get(action_id)) is not None:
                self._answer(action_id, pending, message)
            elif (event := fields.get("Event")) is not None:
                self._dispatch(event, message)

    def eof_received(self) -> None:
        self.drop("Asterisk closed the connection")

    def connection_lost(self, error: Exception | None) -> None:
        self.drop(f"the connection broke: {error}" if error else "Asterisk closed the connection")

    # What the client calls

    async def request(
        self,
        name: str,
        headers: Headers,
        variables: Mapping[str, str] | None,
        deadline: float,
        limit: int | None,
    ) -> tuple[AmiMessage, list[AmiMessage]]:
        """Send an action once; its response, and (with a `limit`) the events of its list."""
        if self._transport is None or self.lost.done():
            raise AmiNotConnected("the link to Asterisk is not up")
        self._count += 1
        action_id = f"{self._prefix}-{self._count:x}"
        data = encode_action(name, action_id, headers, variables)
        pending = _Pending(name, self._loop.create_future(), self._loop.time(), limit)
        self._pending[action_id] = pending
        pending.timer = self._loop.call_later(deadline, _expire, pending, deadline)
        self._counters.actions += 1
        try:
            self._transport.write(data)
            return await pending.future, pending.items
        finally:
            pending.timer.cancel()
            self._pending.pop(action_id, None)

    def drop(self, why: str) -> None:
        """Give the connection up at once; everything waiting for an answer learns that none will come."""
        if self.lost.done():
            return
        self.why_lost = why
        self.signed_in = False
        if self._tick is not None:
            self._tick.cancel()
        if self._transport is not None:
            self._transport.abort()
        self.lost.set_exception(AmiConnectionLost(why))
        for pending in list(self._pending.values()):
            if not pending.future.done():
                pending.future.set_exception(AmiConnectionLost(f"{pending.name}: {why}; outcome unknown"))
        if not self.booted.done():
            self.booted.cancel()

    # Answers, events, signs of life

    def _answer(self, action_id: str, pending: _Pending, message: AmiMessage) -> None:
        if pending.future.done():
            return
        event = message.fields.get("Event")
        if event is None:
            self._counters.round_trip_seconds = self._loop.time() - pending.sent_at
            pending.response = message
            if pending.limit is None or not message.ok:
                pending.future.set_result(message)
        elif pending.limit is None:
            self._dispatch(event, message)
        elif message.get("EventList") == "Complete" or event.endswith("Complete"):
            pending.future.set_result(pending.response or message)
        elif message.get("EventList") == "Cancelled":
            pending.future.set_exception(AmiActionFailed(pending.name, "Asterisk cancelled the list"))
        elif len(pending.items) >= pending.limit:
            error = AmiActionFailed(pending.name, f"more than {pending.limit} entries")
            pending.future.set_exception(error)
        else:
            pending.items.append(message)

    def _dispatch(self, event: str, message: AmiMessage) -> None:
        if event == "FullyBooted" and not self.booted.done():
            self.booted.set_result(None)
        handler = self._handlers.get(event)
        if handler is None:
            return
        self._counters.events += 1
        try:
            handler(message)
        except Exception:
            self._counters.handler_failures += 1
            log.exception("the handler of %s failed", event)

    def _on_tick(self) -> None:
        now = self._loop.time()
        if now - self._ticked_at > STALL_SECONDS:
            self._heard_at = now  # we stood still, so we could not have heard anything
        self._ticked_at = now
        if now - self._heard_at >= SILENCE_SECONDS:
            self.drop(f"nothing heard for {SILENCE_SECONDS:.0f} s")
            return
        if self.signed_in and now - self._pinged_at >= PING_SECONDS:
            self._pinged_at = now
            self._ping(now)
        self._tick = self._loop.call_later(TICK_SECONDS, self._on_tick)

    def _ping(self, now: float) -> None:
        """A ping nobody waits for: any byte counts as life, its answer gives the round trip."""
        assert self._transport is not None
        self._count += 1
        action_id = f"{self._prefix}-{self._count:x}"
        pending = _Pending("Ping", self._loop.create_future(), now, None)
        self._pending[action_id] = pending

        def answered(future: asyncio.Future[AmiMessage]) -> None:
            self._pending.pop(action_id, None)
            _retrieve(future)

        pending.future.add_done_callback(answered)
        self._transport.write(encode_action("Ping", action_id))


def _expire(pending: _Pending, deadline: float) -> None:
    if not pending.future.done():
        said = f"{pending.name}: no answer in {deadline:g} s; outcome unknown"
        pending.future.set_exception(AmiTimeout(said))


def _retrieve(future: asyncio.Future[AmiMessage] | asyncio.Future[None]) -> None:
    """Look at the outcome, so that asyncio does not complain that nobody did."""
    if not future.cancelled():
        future.exception()
