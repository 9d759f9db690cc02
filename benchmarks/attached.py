"""What every product on app_queue has besides: somebody outside who hears of it.

A manager client that is told of calls and queues, and Asterisk's queue log. The client only reads and counts:
it parses nothing and decides nothing, so no controller's time is counted on that side.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from types import TracebackType
from typing import Self

from callcenter.asterisk.local_server import LocalAsterisk

_USER = "attached"
_SIGN_IN_S = 10.0


class Listener:
    """One manager client of a private Asterisk, and its queue log. Use as an async context manager."""

    def __init__(self) -> None:
        self._secret = secrets.token_urlsafe(18)
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None
        self._pbx: LocalAsterisk | None = None
        self.events = 0

    @property
    def manager_conf(self) -> str:
        """The client's user, without any filter: what comes with `read = call,agent`."""
        return (
            f"[{_USER}]\nsecret = {self._secret}\nread = call,agent\nwrite = \n"
            "deny = 0.0.0.0/0.0.0.0\npermit = 127.0.0.1/255.255.255.255\n"
        )

    def to(self, pbx: LocalAsterisk) -> Self:
        """Name the Asterisk, for the `async with` that follows."""
        self._pbx = pbx
        return self

    async def __aenter__(self) -> Self:
        assert self._pbx is not None
        await self._queue_log("no", "yes")
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._pbx.ports.ami)
        self._writer.write(f"Action: Login\r\nUsername: {_USER}\r\nSecret: {self._secret}\r\n\r\n".encode())
        async with asyncio.timeout(_SIGN_IN_S):
            await self._reader.readuntil(b"Response: Success")
        self.events = 0
        self._task = asyncio.create_task(self._read(self._reader))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._writer is not None:
            self._writer.close()
            with suppress(ConnectionError):
                await self._writer.wait_closed()
        await self._queue_log("yes", "no")

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while chunk := await reader.read(65536):
            self.events += chunk.count(b"Event: ")

    async def _queue_log(self, before: str, now: str) -> None:
        assert self._pbx is not None
        file = self._pbx.places.etc / "logger.conf"
        text = file.read_text()
        if f"queue_log = {before}" not in text:
            raise RuntimeError(f"logger.conf does not say queue_log = {before}")
        file.write_text(text.replace(f"queue_log = {before}", f"queue_log = {now}"))
        await self._pbx.rx("logger reload")
