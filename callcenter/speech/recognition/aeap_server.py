"""The WebSocket server Asterisk's speech client connects to: one connection a leg that may speak.

Asterisk says neither when a listening begins nor when it ends. It begins with `SPEECH_ENGINE(grammar)`; it is
over with a result, a key, the next grammar, the end of the connection, or when no audio has come for a while.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable
from typing import Protocol

from aiohttp import WSMsgType, web

from callcenter.speech.recognition import aeap_messages as aeap
from callcenter.speech.recognition.pool import FAILED
from callcenter.speech.recognition.port import Recognised, SpokenGrammar

log = logging.getLogger(__name__)

PATH = "/stt"
PIECE = 640
"""Audio goes on in pieces of 80 ms (ulaw bytes)."""
LONGEST_SILENCE_SECONDS = 10.0
"""Without audio for so long a listening is over."""


class OneListening(Protocol):
    """What the server needs of a listening."""

    def feed(self, ulaw: bytes) -> None: ...

    def close(self) -> None: ...

    @property
    def partial(self) -> str: ...


Opener = Callable[[SpokenGrammar, Callable[[Recognised], None]], "OneListening | None"]
"""Opens a listening; None when nobody can listen in that language now."""


class AeapServer:
    """Listens on one address."""

    def __init__(self, opener: Opener, host: str, port: int) -> None:
        self._opener = opener
        self._host, self._port = host, port
        self._runner: web.AppRunner | None = None
        self._legs: set[web.WebSocketResponse] = set()

    @property
    def port(self) -> int:
        """Where it listens; differs from what was asked if that was 0."""
        assert self._runner is not None
        return int(self._runner.addresses[0][1])

    @property
    def legs(self) -> int:
        """How many legs are connected."""
        return len(self._legs)

    async def start(self) -> None:
        """Raises OSError when the address is taken."""
        app = web.Application()
        app.router.add_get(PATH, self._serve)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except BaseException:
            await runner.cleanup()
            raise
        self._runner = runner

    async def stop(self) -> None:
        """Close all connections."""
        for socket in list(self._legs):
            await socket.close(code=1001)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(
            protocols=(aeap.PROTOCOL,), max_msg_size=aeap.LONGEST_MESSAGE, compress=False, timeout=1.0
        )
        await socket.prepare(request)
        self._legs.add(socket)
        leg = _Leg(socket, self._opener)
        try:
            async for message in socket:
                if message.type is WSMsgType.BINARY:
                    leg.audio(message.data)
                elif message.type is WSMsgType.TEXT:
                    leg.message(message.data)
                await leg.flush()
        finally:
            leg.close()
            self._legs.discard(socket)
        return socket


class _Leg:
    """One connection. Everything but sending is synchronous; what is to be sent waits in `_outbox`."""

    def __init__(self, socket: web.WebSocketResponse, opener: Opener) -> None:
        self._socket = socket
        self._opener = opener
        self._listening: OneListening | None = None
        self._failed = False
        self._told_failed = False
        self._audio = bytearray()
        self._outbox: list[str] = []
        self._ids = itertools.count(1)
        self._came = False
        self._idle: asyncio.TimerHandle | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._closed = False

    def message(self, text: str) -> None:
        """One text of Asterisk; what is no message is logged and passed over."""
        try:
            request = aeap.parse(text)
        except aeap.AeapError as error:
            log.warning("Asterisk's speech client sent what is no message: %s", error)
            return
        if isinstance(request, aeap.Answer):
            if request.error:
                log.warning("Asterisk did not take a result: %s", request.error[:200])
            return
        try:
            self._outbox.append(self._answer(request))
        except aeap.AeapError as error:
            log.warning("a request of Asterisk's speech client was refused: %s", error)
            self._outbox.append(aeap.refused(request, str(error)))

    def _answer(self, request: aeap.Request) -> str:
        match request.name:
            case "setup":
                return aeap.setup_accepted(request)
            case "get":
                return aeap.accepted(request, {name: self._value(name) for name in request.names[:1]})
            case "set":
                if "dtmf" in request.values:
                    self._over()
                if "grammar" in request.values:
                    self._begin(request.values["grammar"])
                return aeap.accepted(request)

    def _value(self, name: str) -> str:
        if name == "state":
            if self._failed:
                return "failed"
            speaking = self._listening is not None and self._listening.partial
            return "speaking" if speaking else "ready"
        return ""

    def _begin(self, text: str) -> None:
        self._over()
        self._failed = self._told_failed = False
        self._audio.clear()
        try:
            grammar = aeap.parse_grammar(text)
        except aeap.AeapError:
            self._failed = True
            raise
        self._listening = self._opener(grammar, self._on_result)
        self._failed = self._listening is None

    def audio(self, ulaw: bytes) -> None:
        """Audio of the caller."""
        if self._failed:
            # a result that comes before SpeechBackground runs would be thrown away; now it runs
            if not self._told_failed:
                self._told_failed = True
                self._hand_over(FAILED)
            return
        if self._listening is None:
            return
        self._came = True
        if self._idle is None:
            self._wait_for_more()
        self._audio += ulaw
        if len(self._audio) >= PIECE:
            piece = bytes(self._audio)
            self._audio.clear()
            self._listening.feed(piece)

    def _wait_for_more(self) -> None:
        """Look again and again whether audio still comes: cheaper than a timer a frame."""
        if not self._came:
            self._over()
            return
        self._came = False
        self._idle = asyncio.get_running_loop().call_later(LONGEST_SILENCE_SECONDS, self._wait_for_more)

    def _on_result(self, result: Recognised) -> None:
        """Called between two messages of Asterisk, so it is sent from a task of its own."""
        if result.kind == "failed":
            self._listening, self._failed, self._told_failed = None, True, True
        else:
            self._over()
        self._hand_over(result)
        if not self._closed:
            task = asyncio.get_running_loop().create_task(self.flush())
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    def _hand_over(self, result: Recognised) -> None:
        self._outbox.append(aeap.results(f"result-{next(self._ids)}", result))

    def _over(self) -> None:
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.close()
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    async def flush(self) -> None:
        """Send what waits; a connection that is gone is noticed by its reader."""
        while self._outbox and not self._closed:
            try:
                await self._socket.send_str(self._outbox.pop(0))
            except (ConnectionError, RuntimeError):
                return

    def close(self) -> None:
        """The connection is over."""
        self._closed = True
        self._over()
