"""SIP callers and agents' phones made of SIPp. Everything stays on 127.0.0.1.

ports = PortPool(26000, 26999)
async with Caller(5060, ports, folder, did="4000", ani="13800138000", name="Ann", keys=[(2, "1")]) as caller:
    await caller.wait_answered()
    await caller.press("2"); caller.speak(); caller.hang_up()
    result = await caller.wait_ended()

async with SippPhones(5060, ports, folder, {"1001": "secret"}, answer_after=1.0, talk_seconds=3.0) as phones:
    await phones.wait_registered()
    phones.manners["1001"] = Manners(answer_after=None)     # rings until told: await phones.answer("1001")
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from callcenter.demo.ports import PortPool
from callcenter.demo.sip_text import from_value
from callcenter.demo.sipp_process import SippEvent, SippProcess
from callcenter.demo.sipp_scenarios import caller as caller_scenario

_GOODBYE_SECONDS = 1.0  # how long the end of a call may take when its caller is sent away
_KEY_SECONDS = 1.1  # SIPp needs 0.86 s to send one key; a second one meanwhile would garble both


@dataclass(slots=True)
class CallerResult:
    """What a caller lived through, as seen on the wire. Times are seconds since the epoch, 0: never."""

    call_id: str
    did: str
    ani: str
    name: str
    started: float = 0.0
    answered: float = 0.0
    ended: float = 0.0
    how: str = "lost"  # far | near (who hung up) | cancelled | refused | lost
    status: int = 0  # SIP status of a refusal
    keys: list[str] = field(default_factory=list)


class Caller:
    """One caller, with a script or steered from outside.

    `keys`: (seconds after the answer or the key before, key). `patience_seconds`: he hangs up that long after
    his last key, whether or not somebody talks to him (on the wire the two look alike).
    """

    def __init__(
        self,
        sip_port: int,
        ports: PortPool,
        folder: Path,
        *,
        did: str,
        ani: str = "",
        name: str = "",
        keys: Iterable[tuple[float, str]] = (),
        patience_seconds: float | None = None,
        speech: Path | None = None,
        speak_after: float | None = None,
    ) -> None:
        """`speech`: headerless 8 kHz ulaw, begun `speak_after` seconds after the last key."""
        token = f"call-{secrets.token_hex(6)}"
        self.result = CallerResult(token, did, ani, name)
        self._keys = list(keys)
        self._patience = patience_seconds
        self._speak_after = speak_after if speech is not None else None
        self._ports = ports
        self._port = ports.take()
        self._answered = asyncio.Event()
        self._over = asyncio.Event()
        self._key_free_at = 0.0
        self._key_lock = asyncio.Lock()
        self._script: asyncio.Task[None] | None = None
        self._sipp = SippProcess(
            token,
            [
                f"127.0.0.1:{sip_port}", "-sf", "{xml}", "-m", "1", "-cid_str", token, "-key", "did", did,
                "-key", "who", from_value(ani, name),
            ],
            {"xml": caller_scenario(str(speech or ""))},
            folder=folder, port=self._port, on_event=self._on_event,
        )  # fmt: skip

    async def __aenter__(self) -> Self:
        await self._sipp.start()
        self._script = asyncio.create_task(self._follow_script(), name=f"script of {self.result.call_id}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._script is not None:
            self._script.cancel()
            await asyncio.wait([self._script])
        await self._say_goodbye()
        await self._sipp.stop()
        self._ports.give_back(self._port)

    async def _say_goodbye(self) -> None:
        """Leave a call that is still under way. Without that the switch would hold the leg of a caller who is
        no more, and an agent would be given him."""
        if self._sipp.pid is not None and self.result.started and not self.result.ended:
            self.hang_up()
            with contextlib.suppress(TimeoutError):
                await self.wait_ended(_GOODBYE_SECONDS)

    def _on_event(self, event: SippEvent) -> None:
        result = self.result
        match event.kind:
            case "invited":
                result.started = event.at
            case "answered":
                result.answered = event.at
                self._answered.set()
            case "pressed":
                result.keys += event.words[:1]
            case "ended":
                result.ended, result.how = event.at, event.words[0]
            case "cancelled":
                result.ended, result.how = event.at, "cancelled"
            case "refused":
                result.ended, result.how = event.at, "refused"
                result.status = int(event.words[0]) if event.words and event.words[0].isdigit() else 0

    async def _follow_script(self) -> None:
        await self._answered.wait()
        for after, key in self._keys:
            await asyncio.sleep(after)
            await self.press(key)
        if self._speak_after is not None:
            await asyncio.sleep(max(self._speak_after, _KEY_SECONDS if self._keys else 0))
            self.speak()
        if self._patience is not None:
            await asyncio.sleep(self._patience - (self._speak_after or 0))
            self.hang_up()

    async def wait_answered(self, seconds: float = 10.0) -> None:
        """Wait for the answer. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            await self._answered.wait()

    async def press(self, key: str) -> None:
        """Press one key; returns at once unless the key before is still sounding. Speech pauses."""
        loop = asyncio.get_running_loop()
        async with self._key_lock:
            await asyncio.sleep(max(0.0, self._key_free_at - loop.time()))
            self._sipp.tell(self.result.call_id, "KEY", X_Key=key)
            self._key_free_at = loop.time() + _KEY_SECONDS

    def speak(self) -> None:
        """Speak the file again and again."""
        self._sipp.tell(self.result.call_id, "SPEAK")

    def hush(self) -> None:
        """Stop speaking."""
        self._sipp.tell(self.result.call_id, "HUSH")

    def hang_up(self) -> None:
        """Leave (before the answer: cancel)."""
        self._sipp.tell(self.result.call_id, "HANGUP")

    async def wait_ended(self, seconds: float | None = None) -> CallerResult:
        """Wait until the call is over. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            await self._sipp.wait_ended()
        return self.result

    def errors(self) -> str:
        """What SIPp complained about."""
        return self._sipp.errors()
