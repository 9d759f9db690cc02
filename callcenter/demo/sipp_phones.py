"""Agents' phones made of one SIPp process: registered by digest, each call handled as told.

The same process registers (its main scenario, one call a phone) and answers (its out-of-call scenario), so
that all phones share one SIP port, told apart by their user part.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from callcenter.demo.ports import PortPool
from callcenter.demo.sipp_process import SippEvent, SippProcess
from callcenter.demo.sipp_scenarios import phone as phone_scenario
from callcenter.demo.sipp_scenarios import registration

REGISTRATION_EXPIRES_S = 300
_LEAVE_SECONDS = 1.5
_REGISTRATIONS_A_SECOND = 50


@dataclass(frozen=True, slots=True)
class Manners:
    """How a phone behaves by itself. None: it waits to be told."""

    answer_after: float | None = 1.0  # seconds of ringing
    reject_after: float | None = None
    talk_seconds: float | None = None  # it hangs up after that
    speaks: bool = False


@dataclass(slots=True)
class PhoneCall:
    """One call at one phone. Times are seconds since the epoch, 0: never."""

    extension: str
    call_id: str  # SIP Call-ID of the phone's leg
    ringing: float = 0.0
    talking: float = 0.0
    ended: float = 0.0
    how: str = ""  # far | near (who hung up) | cancelled | rejected


def credentials(secrets_by_extension: Mapping[str, str]) -> str:
    """CSV rows for the registration scenario. SIPp reads `0x...` as hexadecimal: so most secrets are safe.

    Raises ValueError for a secret with a bracket, in which SIPp sees a keyword even then.
    """
    if any(sign in secret for secret in secrets_by_extension.values() for sign in "[]"):
        raise ValueError("SIPp takes no bracket in a secret")
    return "".join(
        f"{extension};[authentication username={extension} password=0x{secret.encode().hex()}];\n"
        for extension, secret in secrets_by_extension.items()
    )


class SippPhones:
    """Phones by extension and secret. Use as an async context manager."""

    def __init__(
        self,
        sip_port: int,
        ports: PortPool,
        folder: Path,
        secrets_by_extension: Mapping[str, str],
        *,
        manners: Manners = Manners(),
        speech: Path | None = None,
        echo: bool = False,
        on_call: Callable[[PhoneCall], None] | None = None,
    ) -> None:
        """`on_call` hears of each call when it rings, talks and ends. `speech`: headerless 8 kHz ulaw.
        `echo`: they say what they hear, all on one port; else each call takes a port of its own."""
        self.manners = dict.fromkeys(secrets_by_extension, manners)
        self.calls: list[PhoneCall] = []
        self.registered: set[str] = set()
        self.refused: set[str] = set()
        self._on_call = on_call
        self._ports = ports
        self._port = ports.take()
        self._live: dict[str, PhoneCall] = {}
        self._waiters: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self._numbers = {extension: n for n, extension in enumerate(secrets_by_extension, start=1)}
        rows = credentials(secrets_by_extension)
        self._sipp = SippProcess(
            f"phones-{self._port}",
            [
                f"127.0.0.1:{sip_port}", "-sf", "{register.xml}", "-oocsf", "{phone.xml}", "-inf", "{csv}",
                "-m", str(len(self._numbers)), "-l", str(len(self._numbers)),
                "-r", str(_REGISTRATIONS_A_SECOND), "-cid_str", f"reg-{self._port}-%u",
                *(["-rtp_echo"] if echo else []),
            ],
            {
                "register.xml": registration(REGISTRATION_EXPIRES_S, REGISTRATION_EXPIRES_S * 4 // 5),
                "phone.xml": phone_scenario(None, None, speech=str(speech or ""), own_ports=not echo),
                "csv": "SEQUENTIAL\n" + rows,
            },
            folder=folder, port=self._port, on_event=self._on_event,
        )  # fmt: skip

    @property
    def pid(self) -> int | None:
        """The process id while they are there."""
        return self._sipp.pid

    async def __aenter__(self) -> Self:
        await self._sipp.start()
        return self

    async def vanish(self) -> None:
        """All at once, without unregistering, in the middle of whatever they do. They do not come back."""
        await self._sipp.vanish()
        self.registered.clear()
        self._live.clear()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # in order: Asterisk asks a phone that came back at the same port only a minute later whether it lives
        for extension in list(self.registered):
            self.unregister(extension)
        with contextlib.suppress(TimeoutError):
            await self._until(lambda: not self.registered, _LEAVE_SECONDS)
        await self._sipp.stop()
        self._ports.give_back(self._port)

    def _on_event(self, event: SippEvent) -> None:
        match event.kind:
            case "registered":
                self.registered.add(event.words[0])
            case "unregistered":
                self.registered.discard(event.words[0])
            case "refused":
                self.refused.add(event.words[0])
            case "ringing":
                call = PhoneCall(event.words[0], event.call_id, ringing=event.at)
                self.calls.append(call)
                self._live[event.call_id] = call
                self._tell_listener(call)
                self._after(self.manners[call.extension].answer_after, call, "ANSWER")
                self._after(self.manners[call.extension].reject_after, call, "REJECT")
            case _:
                self._on_call_event(event)
        for happened, waiter in self._waiters:
            if not waiter.done() and happened():
                waiter.set_result(None)

    def _on_call_event(self, event: SippEvent) -> None:
        call = self._live.get(event.call_id)
        if call is None:
            return
        if event.kind == "talking":
            call.talking = event.at
            manners = self.manners[call.extension]
            if manners.speaks:
                self._sipp.tell(call.call_id, "SPEAK")
            self._after(manners.talk_seconds, call, "HANGUP")
        elif event.kind in ("ended", "cancelled", "rejected"):
            call.ended = event.at
            call.how = event.words[0] if event.words else event.kind
            del self._live[event.call_id]
        self._tell_listener(call)

    def _tell_listener(self, call: PhoneCall) -> None:
        if self._on_call:
            self._on_call(call)

    def _after(self, seconds: float | None, call: PhoneCall, order: str) -> None:
        """Orders to a call that is over meanwhile do nothing, so they need not be taken back."""
        if seconds is not None:
            asyncio.get_running_loop().call_later(seconds, self._sipp.tell, call.call_id, order)

    async def _until(self, happened: Callable[[], bool], seconds: float) -> None:
        if happened():
            return
        entry = (happened, asyncio.get_running_loop().create_future())
        self._waiters.append(entry)
        try:
            async with asyncio.timeout(seconds):
                await entry[1]
        except TimeoutError:
            raise TimeoutError(f"not within {seconds:g} s\n{self.errors()}") from None
        finally:
            self._waiters.remove(entry)

    def current(self, extension: str) -> PhoneCall | None:
        """The newest call at a phone that is not over."""
        return next((c for c in reversed(self._live.values()) if c.extension == extension), None)

    async def wait_registered(self, seconds: float = 20.0, extensions: Iterable[str] | None = None) -> None:
        """Wait until these phones (all) are registered. Raises TimeoutError."""
        wanted = set(self._numbers if extensions is None else extensions)
        await self._until(lambda: wanted <= self.registered, seconds)

    async def wait_ringing(self, extension: str, seconds: float = 15.0) -> PhoneCall:
        """Wait until a phone rings or talks; its call. Raises TimeoutError."""
        await self._until(lambda: self.current(extension) is not None, seconds)
        call = self.current(extension)
        assert call is not None
        return call

    async def wait_talking(self, extension: str, seconds: float = 15.0) -> PhoneCall:
        """Wait until a phone talks; its call. Raises TimeoutError."""
        await self._until(lambda: bool((call := self.current(extension)) and call.talking), seconds)
        call = self.current(extension)
        assert call is not None
        return call

    async def wait_free(self, extension: str, seconds: float = 30.0) -> None:
        """Wait until a phone has no call. Raises TimeoutError."""
        await self._until(lambda: self.current(extension) is None, seconds)

    def answer(self, extension: str) -> None:
        """Take the call that rings."""
        self._tell(extension, "ANSWER")

    def reject(self, extension: str) -> None:
        """Refuse the call that rings (486)."""
        self._tell(extension, "REJECT")

    def hang_up(self, extension: str) -> None:
        """End the talk."""
        self._tell(extension, "HANGUP")

    def speak(self, extension: str) -> None:
        """Speak the file into the talk, again and again."""
        self._tell(extension, "SPEAK")

    def hush(self, extension: str) -> None:
        """Stop speaking."""
        self._tell(extension, "HUSH")

    def _tell(self, extension: str, order: str) -> None:
        call = self.current(extension)
        if call is not None:
            self._sipp.tell(call.call_id, order)

    def unregister(self, extension: str) -> None:
        """Take a phone away, in order."""
        self._sipp.tell(self._registration(extension), "UNREGISTER")

    def register(self, extension: str) -> None:
        """Bring a phone back, or renew its registration now."""
        self._sipp.tell(self._registration(extension), "REGISTER")

    def _registration(self, extension: str) -> str:
        return f"reg-{self._port}-{self._numbers[extension]}"

    def errors(self) -> str:
        """What SIPp complained about last."""
        lines = self._sipp.errors().splitlines()
        return "\n".join([line for line in lines if "out-of-call" not in line][-12:])
