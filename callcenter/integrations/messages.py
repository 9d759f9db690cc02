"""Short messages and mails to callers, sent by a web service. A call waits for one at most five seconds."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from callcenter.integrations.http_lookup import HttpClient, HttpRequest

LONGEST_WAIT = 5.0  # seconds a call waits
_MOST_WAITING = 200
_AT_ONCE = 4
_LONGEST_TEXT = 2000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_PHONE = re.compile(r"\+?[0-9]{3,20}")
_ADDRESS = re.compile(r"[^@\s<>,;:\"\\]{1,64}@[^@\s<>,;:\"\\]{1,190}")

_log = structlog.get_logger(__name__)


class Way(Protocol):
    """How one kind of message leaves. Its texts hold {to}, {text}, {language} and {secret:NAME}."""

    @property
    def url(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> Mapping[str, Any]: ...
    @property
    def timeout_seconds(self) -> float: ...
    @property
    def retries(self) -> int: ...
    @property
    def idempotent(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a message. `ok` with `waiting`: it is on its way, and the call need not wait for it."""

    ok: bool
    error: str = ""
    waiting: bool = False


class Messages:
    """Sends. `close` lets what is under way finish for a few seconds."""

    def __init__(
        self,
        ways: Mapping[str, Way],
        client: HttpClient,
        *,
        most_waiting: int = _MOST_WAITING,
        longest_wait: float = LONGEST_WAIT,
    ) -> None:
        self._ways = dict(ways)
        self._client = client
        self._most_waiting = most_waiting
        self._longest_wait = longest_wait
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._under_way: set[asyncio.Task[Sent]] = set()

    async def send(self, via: str, to: str, text: str, language: str) -> Sent:
        """Send `text` by "sms" or "email". Returns after five seconds at the latest; nothing is raised."""
        way = self._ways.get(via)
        if way is None:
            return Sent(False, f"the settings have no way '{via}' to send messages")
        to = re.sub(r"[\s()-]", "", to) if via == "sms" else to.strip()
        if not (_PHONE if via == "sms" else _ADDRESS).fullmatch(to):
            return Sent(False, "there is no number or address to send to")
        text = _CONTROL.sub(" ", text).strip()[:_LONGEST_TEXT]
        if not text:
            return Sent(False, "the message is empty")
        if len(self._under_way) >= self._most_waiting:
            _log.error("message.refused", via=via, waiting=len(self._under_way))
            return Sent(False, "too many messages are waiting to be sent")
        task = asyncio.create_task(self._deliver(way, via, to, text, language))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        done, _ = await asyncio.wait(
            {task}, timeout=self._longest_wait
        )  # a hang-up must not stop the message
        return task.result() if done else Sent(True, waiting=True)

    async def close(self, seconds: float = 5.0) -> None:
        """Let messages under way finish, then drop the rest and say how many."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds)
        left = list(self._under_way)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        if left:
            _log.error("message.dropped", count=len(left))

    async def _deliver(self, way: Way, via: str, to: str, text: str, language: str) -> Sent:
        request = HttpRequest(
            way.url,
            "POST",
            headers=way.headers,
            body=way.body,
            values={"to": to, "text": text, "language": language},
            timeout_seconds=way.timeout_seconds,
            retries=way.retries,
            idempotent=way.idempotent,
        )
        async with self._places:
            answer = await self._client.fetch(request)
        if answer.ok:
            _log.info("message.sent", via=via, to=_hidden(to), seconds=answer.seconds)
            return Sent(True)
        # services that take the message often answer with a word instead of JSON
        if 200 <= answer.status < 300:
            _log.info("message.sent", via=via, to=_hidden(to), seconds=answer.seconds, answer="not JSON")
            return Sent(True)
        _log.warning("message.failed", via=via, to=_hidden(to), error=answer.error, seconds=answer.seconds)
        return Sent(False, answer.error)


def _hidden(to: str) -> str:
    """Enough of a number or address to find a message in a log."""
    name, at, host = to.partition("@")
    return f"{name[:2]}…@{host}" if at else f"…{to[-4:]}"
