"""The one door for legs: Asterisk connects here (FastAGI) for each leg that needs a decision.

Theory of operation
-------------------
A connection is one leg and one task, made when the opening is complete; a stranger costs a socket and a
timer. One command is under way at a time. What the code that uses a session may rely on, each shown on
Asterisk 22.10 in tests/asterisk/test_agi_facts.py or found by trying:

* Idle. After `SET MUSIC ON class` the caller hears music while no command runs, and during commands that
  play nothing themselves (`WAIT FOR DIGIT`, `EXEC Wait`). Playing a file stops it, and so does a Dial with
  option m once the phone rang; it outlives the closed socket. Keys pressed while no command runs are lost
  to AGI (AMI's DTMFBegin reports them, see keys.py). `ANSWER` waits up to 0.5 s for the first sound from
  the caller.
* Hang-up. While idle, `HANGUP` comes at once. During a command its reply (-1) comes first, then `HANGUP`:
  often in one piece, but who sees -1 and must know asks something more first. Afterwards GET VARIABLE, SET
  VARIABLE and EXEC work; what needs the caller answers 511. -1 without a hang-up is a failure: a file that
  is missing or cannot be written.
* Closing. When our side closes, idle or in a Dial, AGISTATUS is SUCCESS and the dialplan goes on; a talk
  under way goes on to its end first. AGISTATUS is FAILURE when nobody answered the knock, and also when a
  command of the session had failed (-1) without a hang-up: the dialplan cannot tell the two apart.
* `EXEC Dial phone,seconds,gm(class)` answers -1 if the caller left (DIALSTATUS CANCEL before the answer,
  ANSWER in the talk), else 0. DIALSTATUS and HANGUPCAUSE: the phone ended the talk ANSWER 16, it rang out
  NOANSWER 0, 486 BUSY 17, 480 NOANSWER 19, declined (603) CHANUNAVAIL 21, not registered or unknown
  CHANUNAVAIL 3. ANSWEREDTIME counts from the caller's own answer, menu and queue included: it is not the
  talk time.
* Keys. `STREAM FILE`, `GET OPTION` and `WAIT FOR DIGIT` answer with the key's character code
  (`AgiReply.key`), 0 when none came; other keys do not stop a file. `GET OPTION` waits on after the file.
  `RECORD FILE` answers `35 (dtmf)`, `0 (timeout)`, `-1 (hangup)` or `-1 (writefile)`; the file stays after
  a hang-up.
* Limits. `GET VARIABLE` cuts at 1,023 bytes, `GET FULL VARIABLE ${NAME}` does not. A line holds 8,191 bytes
  with its line feed, and 127 words (see MAX_WORDS in the codec).
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import cast

from callcenter.asterisk.agi_codec import (
    AgiHangup,
    AgiReply,
    EnvironmentParser,
    ReplyParser,
    arguments,
    encode_command,
)
from callcenter.asterisk.ami_codec import ProtocolError

log = logging.getLogger(__name__)

CLOSE_SECONDS = 5.0
"""How long handlers may clean up when the server closes."""


class AgiGone(Exception):
    """The socket is closed. `caller_left`: after a HANGUP, else the link to Asterisk (or Asterisk) broke."""

    def __init__(self, caller_left: bool) -> None:
        super().__init__("the caller left" if caller_left else "the link to Asterisk broke")
        self.caller_left = caller_left


class AgiTimeout(Exception):
    """No reply before the deadline. The command may still be under way; its reply will be thrown away."""


class AgiSession(asyncio.Protocol):
    """One leg at the door.

    `hungup` turns True, and `on_hangup` is called, when Asterisk says that the caller left, be a command
    under way or not; that command still gets its reply, and variables can be read and written afterwards.
    `on_gone` is called when the socket is closed, by whomever, with the same AgiGone that a command would
    raise.
    """

    __slots__ = (
        "_deadline",
        "_loop",
        "_on_gone",
        "_on_hangup",
        "_opening",
        "_owed",
        "_replies",
        "_server",
        "_transport",
        "_waiter",
        "args",
        "env",
        "gone",
        "hungup",
    )

    def __init__(self, server: AgiServer, loop: asyncio.AbstractEventLoop) -> None:
        self._server = server
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._opening: EnvironmentParser | None = EnvironmentParser()
        self._replies = ReplyParser()
        self._waiter: asyncio.Future[AgiReply] | None = None
        self._owed = 0  # replies still to come for commands nobody waits for any more
        self._deadline: asyncio.TimerHandle | None = None
        self.env: dict[str, str] = {}
        """The `agi_…` values of the opening."""
        self.args: list[str] = []
        """The arguments the dialplan gave."""
        self.hungup = False
        self.gone = False
        self._on_hangup: Callable[[], None] | None = None
        self._on_gone: Callable[[AgiGone], None] | None = None

    # What a handler uses

    @property
    def on_hangup(self) -> Callable[[], None] | None:
        """Called once when the caller has left; soon, if he had left before this was set."""
        return self._on_hangup

    @on_hangup.setter
    def on_hangup(self, callback: Callable[[], None] | None) -> None:
        if callback is not None and self.hungup:
            self._loop.call_soon(_call, callback)
        else:
            self._on_hangup = callback

    @property
    def on_gone(self) -> Callable[[AgiGone], None] | None:
        """Called once when the socket is closed; soon, if it was closed before this was set."""
        return self._on_gone

    @on_gone.setter
    def on_gone(self, callback: Callable[[AgiGone], None] | None) -> None:
        if callback is not None and self.gone:
            self._loop.call_soon(_call, callback, AgiGone(self.hungup))
        else:
            self._on_gone = callback

    async def command(self, name: str, *words: str, deadline: float | None = None) -> AgiReply:
        """Send one command and return its reply, also when it is 510, 511 or 520 (`reply.ok`).

        `deadline` in seconds, None for commands that last as long as they last (a talk). Raises AgiGone,
        AgiTimeout, UnsafeValue or CommandTooLong, and RuntimeError when a command is already under way.
        """
        if self._waiter is not None:
            raise RuntimeError("an AGI command is already under way on this leg")
        if self.gone:
            raise AgiGone(self.hungup)
        line = encode_command(name, *words)
        loop = self._loop
        waiter: asyncio.Future[AgiReply] = loop.create_future()
        self._waiter = waiter
        timer = None if deadline is None else loop.call_later(deadline, _expire, waiter, name, deadline)
        assert self._transport is not None
        self._transport.write(line)
        try:
            return await waiter
        except AgiTimeout:
            self._owed += 1
            raise
        except asyncio.CancelledError:
            self._owed += waiter.cancelled()  # else the reply had come just before
            raise
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()

    def close(self) -> None:
        """Give the leg back to the dialplan, which goes on at its next priority."""
        if self._transport is not None:
            self._transport.close()

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        server = self._server
        server.connections += 1
        if not server._admit(self):
            transport.close()
            return
        self._deadline = self._loop.call_later(server.request_deadline, self._refuse, "silent")

    def data_received(self, data: bytes) -> None:
        if self._opening is not None:
            try:
                complete = self._opening.feed(data)
            except ProtocolError as error:
                self._refuse(str(error))
                return
            if not complete:
                return
            data = self._begin(self._opening)
            if not data:
                return
        try:
            items = self._replies.feed(data)
        except ProtocolError as error:
            log.warning("AGI session given up: %s", error)
            self._abort()
            return
        for item in items:
            if isinstance(item, AgiHangup):
                self._hang_up()
            elif self._owed:
                self._owed -= 1
            elif self._waiter is not None and not self._waiter.done():
                self._waiter.set_result(item)
            else:
                self._server.stray_replies += 1

    def connection_lost(self, error: Exception | None) -> None:
        self.gone = True
        if self._deadline is not None:
            self._deadline.cancel()
        server = self._server
        if self._opening is not None:
            server.refused += server._leave(self)
            return
        gone = AgiGone(self.hungup)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(gone)
        callback, self._on_gone, self._on_hangup = self._on_gone, None, None
        if callback is not None:
            _call(callback, gone)

    def _begin(self, opening: EnvironmentParser) -> bytes:
        self._opening = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self.env = opening.env
        self.args = arguments(opening.env)
        self._server._start(self)
        return opening.rest

    def _hang_up(self) -> None:
        if self.hungup:
            return
        self.hungup = True
        callback, self._on_hangup = self._on_hangup, None
        if callback is not None:
            _call(callback)

    def _refuse(self, why: str) -> None:
        """Close a connection that never became a leg."""
        log.debug("FastAGI connection refused: %s", why)
        self._abort()

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class AgiServer:
    """Listens for Asterisk and runs `handler`, one task a leg, from the complete opening to its return.

    A connection costs nothing until its opening is complete: no task is made, and it is closed at
    `request_deadline` seconds or at the first byte that cannot be Asterisk's. A handler that raises is
    logged and its leg given back to the dialplan. Above `max_sessions` connections a new one is closed at
    once, so that the dialplan can say something polite.
    """

    def __init__(
        self,
        host: str,
        port: int,
        handler: Callable[[AgiSession], Awaitable[None]],
        *,
        request_deadline: float = 5.0,
        max_sessions: int = 5000,
    ) -> None:
        self.host = host
        self.port = port
        self.request_deadline = request_deadline
        self.max_sessions = max_sessions
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._open: dict[AgiSession, asyncio.Task[None] | None] = {}
        self._full = False
        self.connections = 0
        self.sessions = 0
        """Connections that became a leg."""
        self.refused = 0
        """Connections that closed, sent garbage or stayed silent before their opening was complete."""
        self.overflowed = 0
        self.handler_failures = 0
        self.stray_replies = 0

    @property
    def active(self) -> int:
        """Connections open now."""
        return len(self._open)

    async def start(self) -> None:
        """Open the door. Raises OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: AgiSession(self, loop), self.host, self.port, backlog=1024, family=socket.AF_UNSPEC
        )
        if self.port == 0:
            self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Close the door, cancel the handlers, give them time to clean up, then cut every connection."""
        if self._server is not None:
            self._server.close()
        tasks = [task for task in self._open.values() if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=CLOSE_SECONDS)
            if late:
                log.error("%d AGI handlers did not end in %.0f s", len(late), CLOSE_SECONDS)
        for session in list(self._open):
            session._abort()
        self._open.clear()

    def _admit(self, session: AgiSession) -> bool:
        full = len(self._open) >= self.max_sessions
        if full:
            self.overflowed += 1
            if not self._full:  # said once each time it fills up
                log.warning("FastAGI: %d sessions are open, further legs are turned away", self.max_sessions)
        else:
            self._open[session] = None
        self._full = full
        return not full

    def _start(self, session: AgiSession) -> None:
        self.sessions += 1
        self._open[session] = session._loop.create_task(self._run(session))

    async def _run(self, session: AgiSession) -> None:
        try:
            await self._handler(session)
        except AgiGone:
            pass  # the leg ended and the handler had nothing left to do
        except Exception:
            self.handler_failures += 1
            log.exception("the handler of leg %s failed", session.env.get("agi_uniqueid", "?"))
        finally:
            session.close()
            self._leave(session)

    def _leave(self, session: AgiSession) -> bool:
        """Forget a session; True if it was among the open ones."""
        known = session in self._open
        self._open.pop(session, None)
        return known


def _expire(waiter: asyncio.Future[AgiReply], name: str, deadline: float) -> None:
    if not waiter.done():
        waiter.set_exception(AgiTimeout(f"{name}: no reply in {deadline:g} s"))


def _call(callback: Callable[..., None], *args: object) -> None:
    try:
        callback(*args)
    except Exception:
        log.exception("a leg's callback failed")
