"""One AGI session as the line of one leg: one command at a time, until the leg is gone.

* **The end.** `HANGUP` on the session says that the caller left; a socket that closes without it says that
  the link, or Asterisk, is lost. Asterisk keeps a dead channel for as long as its session is open, so a
  session is closed as soon as its leg is gone and no command is under way.
* **A cancelled command goes on at Asterisk**; the next one waits there for its end. Only hanging up does not
  wait: it then goes by the manager.
* **Keys** that cut a command short do so at once: the manager is asked to stop what plays.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from callcenter.asterisk.agi_codec import AgiReply
from callcenter.asterisk.agi_server import AgiGone, AgiSession, AgiTimeout
from callcenter.asterisk.keys import Keys
from callcenter.asterisk.orders import OrderProgress
from callcenter.asterisk.speech import SpeechRest
from callcenter.telephony.legs import Gone, LegGone, LegInfo
from callcenter.telephony.switch import OutcomeUnknown

log = logging.getLogger(__name__)

SHORT_SECONDS = 10.0
"""A command that needs no caller is answered in this time, or the link is lost."""
HANGUP_NEWS_SECONDS = 0.5
"""How long after a failed command the news that the caller left may take."""
KEY_NEWS_SECONDS = 0.2
"""How much later than a command the manager may tell of a key."""


class LegHome(Protocol):
    """What a leg needs of its switch."""

    @property
    def up(self) -> bool:
        """The manager's link is there."""

    @property
    def tells_keys(self) -> bool:
        """The manager's link is there, and has told of keys."""

    @property
    def speech_rest(self) -> SpeechRest: ...

    def order_begins(self, leg_id: str, call_id: str, phones: tuple[str, ...]) -> OrderProgress: ...

    def now(self) -> float: ...

    def trunk_to(self, number: str) -> str | None:
        """The trunk to a number, '' for a phone of ours, None if there is no way to it."""

    async def stop_playing(self, channel: str) -> None:
        """Cut what plays on a channel short. Does nothing when it cannot."""

    async def let_go(self, channel: str, key: str) -> None:
        """Pretend that the caller let a key go. Does nothing when it cannot."""

    async def hang_up_leg(self, channel: str) -> bool: ...


class LegLine:
    """See the theory above. `keys` holds what was pressed and not read yet."""

    def __init__(self, session: AgiSession, info: LegInfo, home: LegHome) -> None:
        self.info = info
        self.gone: Gone | None = None
        self.keys = Keys(self._key_pressed)
        self._session = session
        self._home = home
        self._gone_signal = asyncio.Event()
        self._busy = False
        self._left_running = False  # a cancelled command may still be under way
        self._cutting: str | None = None  # keys that end the command under way
        self._listening = False  # it is one that ends when a key is let go, and by nothing else
        self._stopping: asyncio.Task[None] | None = None  # the manager is asked to end it
        session.on_hangup = self._caller_left
        session.on_gone = self._link_closed
        if session.hungup:
            self._caller_left()

    @property
    def caller_left(self) -> bool:
        """Asterisk has said that the caller hung up."""
        return self._session.hungup

    async def wait_gone(self) -> Gone:
        await self._gone_signal.wait()
        assert self.gone is not None
        return self.gone

    async def hang_up(self) -> None:
        if self.gone is not None:
            return
        if self._busy or self._left_running:
            self.end(Gone.CLOSED)
            try:
                await self._home.hang_up_leg(self.info.channel)
            except (OSError, OutcomeUnknown) as error:
                log.warning("leg %s could not be hung up: %s", self.info.leg_id, error)
            if not self._busy:
                self._session.close()
            return
        self._busy = True
        try:
            self.end(Gone.CLOSED)
            await self._session.command("HANGUP", deadline=SHORT_SECONDS)
        except (AgiGone, AgiTimeout):
            log.debug("leg %s ended while it was hung up", self.info.leg_id)
        finally:
            self._busy = False
            self._session.close()

    def lost(self) -> None:
        """Asterisk no longer knows this leg, or knocked again for it: nothing will come on this session."""
        self.end(Gone.SWITCH_LOST)
        self._session.close()

    def _key_pressed(self) -> None:
        """A key waits to be read: end the command that it cuts short."""
        if self._cutting is not None and self._stopping is None and self.keys.next_is(self._cutting):
            channel = self.info.channel
            stop = (
                self._home.let_go(channel, self.keys.first)
                if self._listening
                else self._home.stop_playing(channel)
            )
            self._stopping = asyncio.create_task(stop)

    async def ask_until_key(
        self, keys: str, name: str, *words: str, listening: bool = False
    ) -> tuple[AgiReply, bool]:
        """Send a command that a key of `keys` ends; True if the manager was asked to end it."""
        await self._stopped()  # of a command that was cancelled meanwhile
        self._cutting, self._listening = keys, listening
        try:
            reply = await self.ask(name, *words)
        finally:
            self._cutting = None
        stopped = await self._stopped()
        if reply.key:
            await self.settle(reply.key)
        return reply, stopped

    async def _stopped(self) -> bool:
        """Wait, for milliseconds, until the manager has done what it was asked to: what comes too late for
        this command must not end the next."""
        stopping, self._stopping = self._stopping, None
        if stopping is not None:
            await stopping
        return stopping is not None

    async def settle(self, key: str) -> None:
        """A command says that this key ended it."""
        patience = KEY_NEWS_SECONDS if self._home.tells_keys else 0.0
        await self.keys.replied(key, patience, told_later=self._home.up)

    @contextmanager
    def deaf(self) -> Iterator[None]:
        """Keys are not for us."""
        self.keys.forget()
        self.keys.deaf = True
        try:
            yield
        finally:
            self.keys.deaf = False

    @contextmanager
    def one_command(self) -> Iterator[None]:
        if self._busy:
            raise RuntimeError(f"a command is already under way on leg {self.info.leg_id}")
        if self.gone is not None:
            raise LegGone(self.gone)
        self._busy = True
        try:
            yield
        finally:
            self._busy = False
            if self.gone is not None:
                self._session.close()

    async def ask(self, name: str, *words: str, deadline: float | None = None) -> AgiReply:
        """Send one command. Raises LegGone only when there will be no answer."""
        if self._left_running:
            deadline = None  # its reply comes after that of the command that was left running
        try:
            reply = await self._session.command(name, *words, deadline=deadline)
        except AgiGone as gone:
            self.end(Gone.HANGUP if gone.caller_left else Gone.SWITCH_LOST)
        except AgiTimeout as late:
            log.warning("leg %s: %s", self.info.leg_id, late)
            self.end(Gone.SWITCH_LOST)
            self._session.close()
        except asyncio.CancelledError:
            self._left_running = True
            raise
        else:
            self._left_running = False
            return reply
        raise LegGone(self.gone or Gone.SWITCH_LOST)

    async def ask_in_doubt(self, name: str, *words: str) -> AgiReply:
        """Send one command whose failure may have other reasons; raises LegGone if the leg ended."""
        reply = await self.ask(name, *words)
        if reply.number == -1:
            await self.hear_of_hangup()
        if self.gone is not None or reply.code == 511:
            self.alive(reply)
        return reply

    def alive(self, reply: AgiReply) -> None:
        """Raises LegGone if the leg ended meanwhile."""
        if self.gone is None and (reply.number == -1 or reply.code == 511):
            self.end(Gone.HANGUP)
        if self.gone is not None:
            raise LegGone(self.gone)

    async def hear_of_hangup(self) -> None:
        """After a failure: if the caller left, Asterisk says so right after it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(HANGUP_NEWS_SECONDS):
                await self._gone_signal.wait()

    def _caller_left(self) -> None:
        self.end(Gone.HANGUP)

    def _link_closed(self, gone: AgiGone) -> None:
        self.end(Gone.HANGUP if gone.caller_left else Gone.SWITCH_LOST)

    def end(self, why: Gone) -> None:
        if self.gone is None:
            self.gone = why
            self._gone_signal.set()
            if not self._busy and why is not Gone.CLOSED:
                self._session.close()
