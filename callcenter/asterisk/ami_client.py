"""The link to one Asterisk's manager: keeps it up, sends actions, hands events to who asked for them.

Theory of operation
-------------------
`run` is the link's only owner. It connects, signs in, waits until Asterisk is fully booted, lets `on_up`
rebuild the picture, and then declares the link `up`; when the link is lost it says so once (`on_down`),
waits with growing, random pauses and begins again until `close`.

* **Sign-in by MD5 challenge.** The secret never crosses the wire; that costs one round trip a connection.
* **A half-open link is noticed.** Ping every 3 s; any byte counts as life; 8 s of silence drop the link. When
  our own process stood still meanwhile, the silence was ours and is not counted.
* **Nothing is ever sent twice.** An action whose answer did not come before the link was lost fails with
  `AmiConnectionLost`: it may or may not have been carried out. Who originates a call chooses its channel's
  id, so that he can ask after the reconnect whether it exists (`channel_exists`).
* **No task per event.** Handlers are plain functions, called in the order of arrival. One that raises is
  logged and counted; the next event still goes to its handler and the link stays. Events already flow while
  `on_up` runs: a handler sees what changes during the resync.
* **Only events in `on_event` are parsed**; the rest is dropped by name (and should not be sent at all: see
  `eventfilter` in manager.conf).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

from callcenter.asterisk.ami_codec import AmiMessage, ProtocolError
from callcenter.asterisk.ami_link import (
    AmiActionFailed,
    AmiConnectionLost,
    AmiError,
    AmiLink,
    AmiNotConnected,
    AmiTimeout,
    Headers,
)

__all__ = [
    "AmiActionFailed",
    "AmiClient",
    "AmiConnectionLost",
    "AmiError",
    "AmiNotConnected",
    "AmiResponse",
    "AmiTimeout",
    "State",
]

log = logging.getLogger(__name__)

AmiResponse = AmiMessage
State = Literal["stopped", "connecting", "denied", "booting", "resync", "up", "waiting"]

CONNECT_SECONDS = 5.0
RESYNC_SECONDS = 60.0
BACKOFF_FIRST = 0.2
BACKOFF_CAP = 15.0
BOOT_HINT_SECONDS = 20.0
STEADY_SECONDS = 5.0
"""A link that lasted shorter than this does not make the next pause short again."""


class _Denied(Exception):
    """Asterisk refused the sign-in."""


class AmiClient:
    """One link to a manager, kept up until `close`.

    `on_event` maps an event's exact name to its handler. `on_up` rebuilds the picture, with actions allowed,
    before the link counts as up. `on_down` hears why a link that had come to `on_up` was lost.
    """

    def __init__(
        self,
        host: str,
        port: int,
        username: str,
        secret: str,
        *,
        on_event: Mapping[str, Callable[[AmiMessage], None]],
        on_up: Callable[[], Awaitable[None]] | None = None,
        on_down: Callable[[str], None] | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self._username = username
        self._secret = secret
        self._handlers = dict(on_event)
        self._on_up = on_up
        self._on_down = on_down
        self._random = rng or random.Random()
        self._link: AmiLink | None = None
        self._closing = asyncio.Event()
        self._stopped = asyncio.Event()
        self._stopped.set()
        self._up = asyncio.Event()
        self._complained = ""  # the last trouble that was said aloud, so that it is said once
        self._connections = 0
        self._was_up = False
        self.state: State = "stopped"
        self.last_error = ""
        """Why the link is not up, in words; empty while it is."""
        self.version = ""
        """The manager protocol's version in Asterisk's greeting."""
        self.events = 0
        self.actions = 0
        self.reconnects = 0
        """How often the link came up again after it had been lost."""
        self.handler_failures = 0
        self.dropped_events = 0
        self.round_trip_seconds = 0.0
        """How long the last action or ping took to be answered."""

    @property
    def ready(self) -> bool:
        """True while the link is up and the picture was rebuilt."""
        return self._up.is_set()

    async def wait_ready(self) -> None:
        """Wait until `ready`; the caller sets the deadline."""
        await self._up.wait()

    async def run(self) -> None:
        """Keep the link up until `close` or cancellation. To be run once, in a task of its owner."""
        self._stopped.clear()
        work = asyncio.create_task(self._keep_up(), name="ami-link")
        closing = asyncio.create_task(self._closing.wait())
        try:
            await asyncio.wait({work, closing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (work, closing):
                task.cancel()
            results = await asyncio.gather(work, closing, return_exceptions=True)
            self.state = "stopped"
            self._stopped.set()
        if isinstance(results[0], Exception):
            raise results[0]

    async def close(self) -> None:
        """End the link, whatever it is doing, and wait for `run` to return."""
        self._closing.set()
        await self._stopped.wait()

    async def action(
        self,
        name: str,
        headers: Headers = (),
        *,
        variables: Mapping[str, str] | None = None,
        deadline: float = 5.0,
    ) -> AmiResponse:
        """Send one action and return its response, be it a success or an error (`response.ok`).

        Raises AmiNotConnected (nothing was sent), AmiTimeout or AmiConnectionLost (the outcome is unknown)
        and UnsafeValue (a value that cannot be sent).
        """
        response, _ = await self._usable().request(name, headers, variables, deadline, None)
        return response

    async def list_action(
        self,
        name: str,
        headers: Headers = (),
        *,
        deadline: float = 10.0,
        limit: int = 100_000,
    ) -> list[AmiMessage]:
        """Send an action that answers with a list of events and return them without the closing one.

        Asterisk says an empty list as an error in some actions ("No Contacts found"): that is an empty list
        too. Raises AmiActionFailed when Asterisk refuses or more than `limit` events come; else as
        `action`.
        """
        response, items = await self._usable().request(name, headers, None, deadline, limit)
        if not response.ok and not _says_empty(response.message):
            raise AmiActionFailed(name, response.message)
        return items

    async def originate(
        self,
        channel: str,
        channel_id: str,
        *,
        context: str = "",
        exten: str = "s",
        application: str = "",
        data: str = "",
        caller_id: str = "",
        ring_seconds: float = 30.0,
        variables: Mapping[str, str] | None = None,
        other_channel_id: str = "",
        early_media: bool = False,
        deadline: float = 5.0,
    ) -> AmiResponse:
        """Ask for one outgoing call, under a channel id of the caller's choice, to a context or an
        application.

        The response says only that Asterisk took the order; how it went arrives as OriginateResponse. After
        AmiConnectionLost or AmiTimeout ask `channel_exists`, never send it again unasked.
        """
        headers = {
            "Channel": channel,
            "ChannelId": channel_id,
            "Async": "true",
            "Timeout": str(round(ring_seconds * 1000)),
        }
        if application:
            headers |= {"Application": application, "Data": data}
        else:
            headers |= {"Context": context, "Exten": exten, "Priority": "1"}
        if caller_id:
            headers["CallerID"] = caller_id
        if other_channel_id:
            headers["OtherChannelId"] = other_channel_id
        if early_media:
            headers["EarlyMedia"] = "true"
        return await self.action("Originate", headers, variables=variables, deadline=deadline)

    async def channel_exists(self, channel_id: str, *, deadline: float = 5.0) -> bool:
        """Whether a channel with this id (or name) lives now."""
        response = await self.action(
            "Getvar", {"Channel": channel_id, "Variable": "CHANNEL(name)"}, deadline=deadline
        )
        return response.ok and bool(response.get("Value"))

    def _usable(self) -> AmiLink:
        if self._link is None or not self._link.signed_in:
            raise AmiNotConnected(self.last_error or "the link to Asterisk is not up")
        return self._link

    async def _keep_up(self) -> None:
        attempt = 0
        while True:
            lasted = await self._one_link()
            attempt = 0 if lasted >= STEADY_SECONDS else attempt + 1
            # Full jitter: many controllers cut off at once do not come back at once.
            ceiling = min(BACKOFF_CAP, BACKOFF_FIRST * 2.0 ** min(attempt, 10))
            await asyncio.sleep(self._random.uniform(0.0, ceiling))

    async def _one_link(self) -> float:
        """One link from connecting to its loss; for how many seconds it was up."""
        self.state = "connecting"
        self._connections += 1
        link = AmiLink(self._handlers, self, f"{self._connections:x}-{self._random.getrandbits(32):08x}")
        loop = asyncio.get_running_loop()
        up_since = loop.time()
        resyncing = False
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await loop.create_connection(lambda: link, self.host, self.port)
                self._link = link
                await self._sign_in(link)
            self.state = "booting"
            await self._until_booted(link)
            self.state, resyncing = "resync", True
            if self._on_up is not None:
                await self._resync(link, self._on_up)
            up_since = loop.time()
            self.reconnects += self._was_up
            self._was_up = True
            self.state, self.last_error = "up", ""
            if self._complained:
                log.info("asterisk manager %s:%d: the link is up again", self.host, self.port)
                self._complained = ""
            self._up.set()
            await link.lost
        except _Denied as error:
            self.state = "denied"
            said = f"sign-in as {self._username!r} refused: {error} (wrong name or secret?)"
            self._complain(said, logging.ERROR)
        except TimeoutError:
            self._complain("no answer in time")
        except (AmiError, ProtocolError, OSError) as error:
            self._complain(str(error) or type(error).__name__)
        except Exception as error:
            log.exception("asterisk manager: rebuilding the picture failed")
            self._complain(f"rebuilding the picture failed: {error!r}")
        finally:
            lasted = loop.time() - up_since if self._up.is_set() else 0.0
            self._up.clear()
            self._link = None
            if self.state != "denied":
                self.state = "waiting"
            link.drop("closed by us")
            if resyncing and self._on_down is not None:
                try:
                    self._on_down(self.last_error or link.why_lost)
                except Exception:
                    self.handler_failures += 1
                    log.exception("asterisk manager: a handler of the lost link failed")
        return lasted

    def _complain(self, trouble: str, level: int = logging.WARNING) -> None:
        """Say a trouble once, not at every retry."""
        self.last_error = trouble
        again = trouble == self._complained
        self._complained = trouble
        log.log(
            logging.DEBUG if again else level,
            "asterisk manager %s:%d: %s; trying again with growing pauses",
            self.host,
            self.port,
            trouble,
        )

    async def _sign_in(self, link: AmiLink) -> None:
        challenge, _ = await link.request("Challenge", {"AuthType": "MD5"}, None, CONNECT_SECONDS, None)
        if not challenge.ok:
            raise _Denied(challenge.message)
        self.version = link.version
        salted = (challenge.get("Challenge") + self._secret).encode()
        key = hashlib.md5(salted, usedforsecurity=False).hexdigest()
        login = {"AuthType": "MD5", "Username": self._username, "Key": key}
        answer, _ = await link.request("Login", login, None, CONNECT_SECONDS, None)
        if not answer.ok:
            raise _Denied(answer.message)
        link.signed_in = True

    async def _until_booted(self, link: AmiLink) -> None:
        """Wait for FullyBooted, which Asterisk sends at sign-in or when it has loaded everything."""
        while not link.booted.done():
            done, _ = await asyncio.wait(
                {link.booted, link.lost}, timeout=BOOT_HINT_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if link.lost in done:
                link.lost.result()
            if not done:
                self._complain(
                    "signed in, but Asterisk does not say that it is fully booted: it is still "
                    "loading, or the user lacks `read = system` in manager.conf"
                )

    async def _resync(self, link: AmiLink, on_up: Callable[[], Awaitable[None]]) -> None:
        """Run `on_up`, but no longer than the link lives."""

        async def work() -> None:
            try:
                async with asyncio.timeout(RESYNC_SECONDS):
                    await on_up()
            except TimeoutError:
                raise AmiError(f"rebuilding the picture took more than {RESYNC_SECONDS:g} s") from None

        task = asyncio.create_task(work(), name="ami-resync")
        try:
            await asyncio.wait({task, link.lost}, return_when=asyncio.FIRST_COMPLETED)
            if link.lost.done():
                link.lost.result()
            await task
        finally:
            if not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await task


def _says_empty(message: str) -> bool:
    said = message.strip().lower()
    return said.startswith("no ") and said.endswith(" found")
