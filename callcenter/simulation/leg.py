"""`Leg` at the simulated switch: the controller's session with one caller's line.

As on the real switch: one command at a time; a cancelled command goes on at the switch, and the next one
waits for its end; keys are kept, whatever the leg does, but in a talk and while a message is recorded. What
is said is heard by `listen` alone.
"""

from __future__ import annotations

import asyncio
import re
import wave
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from callcenter.simulation.line import Line, Order
from callcenter.telephony.legs import (
    Connected,
    ConnectOrder,
    ConnectResult,
    Gone,
    Grammar,
    Heard,
    LegGone,
    LegInfo,
    Playable,
    Prompt,
    TransferOrder,
)

ALL_KEYS = "0123456789*#ABCD"
NUMBER = re.compile(r"\+?[0-9]{2,20}")


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

    def __init__(self, line: Line, recorded: Callable[[Path, float], None], recogniser: bool = True) -> None:
        self._line = line
        self._recorded = recorded
        self._recogniser = recogniser
        self._loop = asyncio.get_running_loop()
        self._gone: Gone | None = None
        self._gone_signal = asyncio.Event()
        self._busy = False
        self._left_running: asyncio.Future[Heard] | None = None  # of a cancelled command
        self._keys: deque[str] = deque()
        self._kept = asyncio.Event()  # a key waits to be read
        self._deaf = False
        self._waiter: asyncio.Future[Heard] | None = None
        self._cutting = ""  # keys that end the wait
        self._grammar: Grammar | None = None  # of the listen under way
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
        if self._deaf:
            waiter = self._waiter
            if waiter is not None and not waiter.done() and key in self._cutting:
                waiter.set_result(Heard(key=key))
            return
        self._keys.append(key)
        self._kept.set()
        self._cut()

    def words_said(self, text: str, score: int) -> None:
        if self._grammar is not None:
            heard = Heard(text=text, score=score) if allows(self._grammar, text) else Heard()
            delay = self._line.exchange.delays.recognition
            self._loop.call_later(delay, self._understood, self._grammar, heard)

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

    async def play(self, prompts: Sequence[Playable], keys: str = "") -> str:
        with self._command():
            await self._turn()
            return (await self._play(prompts, keys)).key

    async def read_key(self, seconds: float) -> str:
        with self._command():
            await self._turn()
            return (await self._wait(seconds, ALL_KEYS)).key

    async def wait_key(self, keys: str) -> str:
        while True:
            while self._keys:
                key = self._keys.popleft()
                if key in keys:
                    return key
            self._kept.clear()
            await self._kept.wait()

    def forget_keys(self) -> None:
        self._keys.clear()

    async def listen(self, prompts: Sequence[Playable], grammar: Grammar, keys: str, seconds: float) -> Heard:
        with self._command():
            await self._turn()
            if not self._recogniser:
                return Heard(key=(await self._play(prompts, keys)).key, failed=True)
            ready = [prompt if isinstance(prompt, Prompt) else await prompt for prompt in prompts]
            self._grammar = grammar
            try:
                return await self._play(ready, keys, seconds)
            finally:
                self._grammar = None

    async def music(self, music_class: str | None) -> None:
        with self._command():
            await self._turn()
            self._line.caller.hears_music(music_class)

    async def wait_gone(self) -> Gone:
        await self._gone_signal.wait()
        assert self._gone is not None
        return self._gone

    async def record(self, path: Path, max_seconds: float, stop_keys: str = "#", beep: bool = True) -> float:
        with self._command(), self._no_keys():
            await self._turn()
            began = self._loop.time()
            try:
                await self._wait(max_seconds, stop_keys)
            except LegGone as gone:
                if gone.why is Gone.SWITCH_LOST:
                    raise
            seconds = self._loop.time() - began
            self._recorded(path, seconds)
            return seconds

    async def connect(self, order: ConnectOrder) -> Connected:
        return await self._ring(order)

    async def transfer(self, order: TransferOrder) -> Connected:
        for number in (order.number, order.caller_id or order.number):
            if not NUMBER.fullmatch(number):
                raise ValueError(f"not a number: {number!r}")
        return await self._ring(order)

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

    @contextmanager
    def _no_keys(self) -> Iterator[None]:
        """Keys are not for us."""
        self._keys.clear()
        self._deaf = True
        try:
            yield
        finally:
            self._deaf = False

    async def _turn(self) -> None:
        """Wait until a cancelled command has ended at the switch."""
        running, self._left_running = self._left_running, None
        if running is not None:
            self._waiter = running
            try:
                await running
            finally:
                self._waiter = None

    async def _play(self, prompts: Sequence[Playable], keys: str, then: float = 0.0) -> Heard:
        """Play prompts, and wait on so long; what cut it short."""
        for playable in prompts:
            if self._keys and self._keys[0] in keys:
                break
            prompt = playable if isinstance(playable, Prompt) else await playable
            self._line.caller.hears_prompt(str(prompt.path))
            seconds = self._line.exchange.prompt_seconds(prompt)
            heard = await self._wait(seconds, keys)
            if heard is not _NOTHING:
                return heard
        return await self._wait(then, keys)

    async def _wait(self, seconds: float, cutting: str) -> Heard:
        """Let time pass; returns what cut it short. Raises LegGone."""
        waiter: asyncio.Future[Heard] = self._loop.create_future()
        timer = self._loop.call_later(max(0.0, seconds), _resolve, waiter, _NOTHING)
        self._waiter, self._cutting = waiter, cutting
        self._cut()
        if self._gone is not None:
            raise LegGone(self._gone)
        try:
            if not waiter.done() and seconds > 0.0:
                await asyncio.wait((waiter,))
        except asyncio.CancelledError:
            self._left_running = waiter  # its timer runs on
            raise
        finally:
            self._waiter, self._cutting = None, ""
        timer.cancel()
        return waiter.result() if waiter.done() else _NOTHING

    def _understood(self, grammar: Grammar, heard: Heard) -> None:
        if self._waiter is not None and self._grammar is grammar:
            _resolve(self._waiter, heard)

    def _cut(self) -> None:
        """End the wait under way if the next key is one of those that do."""
        waiter = self._waiter
        if waiter is not None and not waiter.done() and self._keys and self._keys[0] in self._cutting:
            waiter.set_result(Heard(key=self._keys.popleft()))

    async def _ring(self, order: Order) -> Connected:
        with self._command(), self._no_keys():
            await self._turn()
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

    def _watch_gone(self) -> asyncio.Future[bool]:
        return asyncio.ensure_future(self._gone_signal.wait())

    def _attempt_ended(
        self, order: Order, waiter: asyncio.Future[Connected | None], end: Connected | None
    ) -> None:
        record = order.record if isinstance(order, ConnectOrder) else None
        if end is not None and end.result is ConnectResult.TALKED and record:
            self._recorded(record.caller, end.talk_seconds)
            self._recorded(record.agent, end.talk_seconds)
        if not waiter.done():
            waiter.set_result(end)

    def _resolve_after(self, first: asyncio.Future[Connected | None], then: asyncio.Future[Heard]) -> None:
        first.add_done_callback(lambda _: _resolve(then, _NOTHING))


_NOTHING = Heard()


def allows(grammar: Grammar, text: str) -> bool:
    """Whether what is said can be heard: one of the phrases, or several of them one after the other."""
    said = text.lower()
    return not grammar.words or said in grammar.words or all(word in grammar.words for word in said.split())


def _resolve(waiter: asyncio.Future[Heard], heard: Heard) -> None:
    if not waiter.done():
        waiter.set_result(heard)
