"""`Leg` at the simulated switch: the controller's session with one caller's line.

As on the real switch: one command at a time; a cancelled command goes on at the switch, and the next one
waits for its end; keys pressed during a prompt or while a key is waited for are never lost; keys pressed
while no command runs, during a talk or while recording are.
"""

from __future__ import annotations

import asyncio
import wave
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from callcenter.simulation.line import Line
from callcenter.telephony.legs import Connected, ConnectOrder, ConnectResult, Gone, LegGone, LegInfo, Prompt

ALL_KEYS = "0123456789*#ABCD"


def write_silence(path: Path, seconds: float) -> None:
    """A WAV file of 8 kHz, 16 bit, mono."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2 * round(8000 * seconds)))


class SimulatedLeg:
    """One knock of one line."""

    def __init__(
        self,
        line: Line,
        prompt_seconds: Callable[[Prompt], float],
        recorded: Callable[[Path, float], None],
    ) -> None:
        self._line = line
        self._prompt_seconds = prompt_seconds
        self._recorded = recorded
        self._loop = asyncio.get_running_loop()
        self._gone: Gone | None = None
        self._gone_signal = asyncio.Event()
        self._busy = False
        self._left_running: asyncio.Future[str] | None = None  # of a cancelled command
        self._early_keys: deque[str] = deque()
        self._waiter: asyncio.Future[str] | None = None
        self._cutting = ""  # keys that end the wait
        self._keeping = False  # other keys are kept for later
        line.session = self

    @property
    def info(self) -> LegInfo:
        return self._line.info

    @property
    def gone(self) -> Gone | None:
        return self._gone

    def __repr__(self) -> str:
        return f"<SimulatedLeg {self.info.leg_id} {self.info.ani}>"

    # -- what the line tells -------------------------------------------------------------------------------

    def key_pressed(self, key: str) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done() and key in self._cutting:
            waiter.set_result(key)
        elif self._keeping:
            self._early_keys.append(key)

    def line_ended(self, why: Gone) -> None:
        if self._gone is None:
            self._gone = why
            self._gone_signal.set()
            if self._waiter is not None and not self._waiter.done():
                self._waiter.set_exception(LegGone(why))

    # -- Leg -----------------------------------------------------------------------------------------------

    async def answer(self) -> None:
        with self._command():
            await self._turn()
            self._line.answer()

    async def play(self, prompts: Sequence[Prompt], keys: str = "") -> str:
        with self._command():
            await self._turn()
            for prompt in prompts:
                if self._early_keys and self._early_keys[0] in keys:
                    return self._early_keys.popleft()
                self._line.caller.hears_prompt(str(prompt.path))
                if key := await self._wait(self._prompt_seconds(prompt), keys, keeping=True):
                    return key
            return ""

    async def read_key(self, seconds: float) -> str:
        with self._command():
            await self._turn()
            if self._early_keys:
                return self._early_keys.popleft()
            return await self._wait(seconds, ALL_KEYS, keeping=True)

    async def music(self, music_class: str | None) -> None:
        with self._command():
            await self._turn()
            self._line.caller.hears_music(music_class)

    async def wait_gone(self) -> Gone:
        await self._gone_signal.wait()
        assert self._gone is not None
        return self._gone

    async def record(self, path: Path, max_seconds: float, stop_keys: str = "#", beep: bool = True) -> float:
        with self._command():
            await self._turn()
            self._early_keys.clear()
            began = self._loop.time()
            try:
                await self._wait(max_seconds, stop_keys, keeping=False)
            except LegGone as gone:
                if gone.why is Gone.SWITCH_LOST:
                    raise
            seconds = self._loop.time() - began
            self._recorded(path, seconds)
            return seconds

    async def connect(self, order: ConnectOrder) -> Connected:
        with self._command():
            await self._turn()
            self._early_keys.clear()
            waiter: asyncio.Future[Connected | None] = self._loop.create_future()
            session_over = self._watch_gone()
            self._line.connect(order, lambda end: self._attempt_ended(order, waiter, end))
            try:
                # the talk goes on at the switch when this wait is cancelled or the link breaks
                await asyncio.wait((waiter, session_over), return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                self._left_running = self._loop.create_future()
                self._resolve_after(waiter, self._left_running)
                raise
            finally:
                session_over.cancel()
            if self._gone is Gone.SWITCH_LOST or not waiter.done():
                raise LegGone(Gone.SWITCH_LOST)
            end = waiter.result()
            if end is None:
                raise LegGone(self._gone or Gone.HANGUP)
            return end

    async def hang_up(self) -> None:
        if self._gone is None:
            self._line.end(Gone.CLOSED)

    # -- inside --------------------------------------------------------------------------------------------

    @contextmanager
    def _command(self) -> Iterator[None]:
        if self._busy:
            raise RuntimeError(f"a command is already under way on leg {self.info.leg_id}")
        if self._gone is not None:
            raise LegGone(self._gone)
        self._busy = True
        try:
            yield
        finally:
            self._busy = False

    async def _turn(self) -> None:
        """Wait until a cancelled command has ended at the switch."""
        running, self._left_running = self._left_running, None
        if running is not None:
            self._waiter = running
            try:
                await running
            finally:
                self._waiter = None
                self._cutting, self._keeping = "", False

    async def _wait(self, seconds: float, cutting: str, keeping: bool) -> str:
        """Let time pass; returns the key that cut it short, or ''. Raises LegGone."""
        waiter: asyncio.Future[str] = self._loop.create_future()
        timer = self._loop.call_later(max(0.0, seconds), _time_is_up, waiter)
        self._waiter, self._cutting, self._keeping = waiter, cutting, keeping
        try:
            await asyncio.wait((waiter,))
        except asyncio.CancelledError:
            self._left_running = waiter  # its timer runs on
            raise
        finally:
            self._waiter, self._cutting, self._keeping = None, "", False
        timer.cancel()
        return waiter.result()

    def _watch_gone(self) -> asyncio.Future[bool]:
        return asyncio.ensure_future(self._gone_signal.wait())

    def _attempt_ended(
        self, order: ConnectOrder, waiter: asyncio.Future[Connected | None], end: Connected | None
    ) -> None:
        if end is not None and end.result is ConnectResult.TALKED and order.record:
            self._recorded(order.record.caller, end.talk_seconds)
            self._recorded(order.record.agent, end.talk_seconds)
        if not waiter.done():
            waiter.set_result(end)

    def _resolve_after(self, first: asyncio.Future[Connected | None], then: asyncio.Future[str]) -> None:
        first.add_done_callback(lambda _: _time_is_up(then))


def _time_is_up(waiter: asyncio.Future[str]) -> None:
    if not waiter.done():
        waiter.set_result("")
