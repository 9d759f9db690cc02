"""Worker processes of one language, seen from the event loop.

Theory of operation
-------------------
Each worker is a process with a pipe each way. The loop never waits for one: audio is written and forgotten,
results come as events. Three things can go wrong, and each ends in a `failed` result for the listenings
concerned and nothing else:

* The process dies (a crash, a kill): its listenings fail at once; it is started again, after a pause
that grows
  while it keeps dying.
* It cannot begin (no engine, no model): one line in the log, then now and then another try.
* It is slow: audio that was sent and not worked through piles up. Beyond `PATIENCE_SECONDS` of silence
from it
  the process is taken for stuck and killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import struct
import sys
from collections.abc import Callable

from callcenter import child_process
from callcenter.speech.recognition import wire
from callcenter.speech.recognition.port import RATE, HeardWord, Recognised, SpokenGrammar
from callcenter.speech.recognition.worker import MISSING_EXIT

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 3.0
"""A worker that has audio to work on and says nothing for so long is stuck."""
MOST_BEHIND_SECONDS = 2.0
"""A listening whose audio waits longer than this for its turn has failed: the caller should go on by keys."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 30.0
_LASTS_SECONDS = 20.0
_CHECK_SECONDS = 0.25
_LOAD_SECONDS = 120.0

FAILED = Recognised("failed")


class Listening:
    """One listening in a worker. `on_result` is called on the event loop, once for each utterance.

    After a `failed` result nothing more comes.
    """

    def __init__(self, worker: WorkerProcess, number: int, on_result: Callable[[Recognised], None]) -> None:
        self._worker: WorkerProcess | None = worker
        self.number = number
        self._on_result = on_result
        self.sent = 0
        self.done = 0
        self.partial = ""
        """What is understood so far; may change."""

    @property
    def over(self) -> bool:
        """It failed, or was closed."""
        return self._worker is None

    def feed(self, ulaw: bytes) -> None:
        """Pass audio on; does nothing once it is over."""
        if self._worker is not None:
            self.sent += len(ulaw)
            self._worker.send(self.number, wire.AUDIO, ulaw)
            if self.sent - self.done > MOST_BEHIND_SECONDS * RATE:
                log.warning("speech recognition is %.1f s behind", (self.sent - self.done) / RATE)
                self.fail()

    def close(self) -> None:
        """No more is wanted."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.forget(self.number)

    def fail(self) -> None:
        """Report that nothing will come."""
        if self._worker is not None:
            self.close()
            self._on_result(FAILED)

    def hear(self, result: Recognised) -> None:
        """A result of the worker."""
        if result.kind == "failed":
            self.fail()
        elif self._worker is not None:
            self._on_result(result)


class WorkerProcess:
    """One process, started again for as long as it is wanted."""

    def __init__(self, name: str, command: list[str], most: int) -> None:
        self.name = name
        self._command = command
        self._most = most
        self._listenings: dict[int, Listening] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._next = 1
        self._task: asyncio.Task[None] | None = None
        self._heard_at = 0.0
        self._said: list[str] = []
        self.ready = asyncio.Event()
        self.told = asyncio.Event()
        """Set when it is first known whether it works."""
        self.starts = 0

    @property
    def pid(self) -> int | None:
        """Of the process that runs now."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    @property
    def load(self) -> int:
        """How many listen now."""
        return len(self._listenings)

    def start(self) -> None:
        """Begin; returns at once."""
        self._task = asyncio.create_task(self._keep_running(), name=f"speech worker {self.name}")

    async def stop(self) -> None:
        """End the process; listenings fail."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    def open(self, grammar: SpokenGrammar, on_result: Callable[[Recognised], None]) -> Listening | None:
        """None when it is not ready or full."""
        if not self.ready.is_set() or self.load >= self._most:
            return None
        listening = Listening(self, self._next, on_result)
        self._next = self._next % 0x7FFFFFFF + 1
        if not self._listenings:
            self._heard_at = asyncio.get_running_loop().time()
        self._listenings[listening.number] = listening
        asked = {"words": grammar.words, "end_seconds": grammar.end_seconds}
        self.send(listening.number, wire.OPEN, json.dumps(asked, ensure_ascii=False).encode())
        return listening

    def send(self, number: int, kind: bytes, payload: bytes = b"") -> None:
        """Write to the process; lost when it has just died, which is noticed elsewhere."""
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError, RuntimeError):
                self._process.stdin.write(wire.pack(number, kind, payload))

    def forget(self, number: int) -> None:
        """A listening is over."""
        if self._listenings.pop(number, None) is not None:
            self.send(number, wire.CLOSE)

    async def _keep_running(self) -> None:
        loop = asyncio.get_running_loop()
        pause = _FIRST_PAUSE
        complained = False
        while True:
            begun = loop.time()
            code = await self._run_once()
            if loop.time() - begun > _LASTS_SECONDS:
                pause, complained = _FIRST_PAUSE, False
            if code == MISSING_EXIT:
                pause = _LONGEST_PAUSE
            if not complained:
                why = self._said[-1] if self._said else f"exit code {code}"
                log.error("speech recognition %s does not run: %s", self.name, why)
                complained = True
            self.told.set()
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)

    async def _run_once(self) -> int | None:
        """From start to end of one process; returns its exit code."""
        self.starts += 1
        self._said = []
        try:
            process = await asyncio.create_subprocess_exec(
                *child_process.dies_with_us(), *self._command,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            self._said = [str(error)]
            return None
        self._process = process
        chores = [
            asyncio.create_task(self._listen(process)),
            asyncio.create_task(self._read_complaints(process)),
            asyncio.create_task(self._watch(process)),
        ]
        try:
            await process.wait()
            # what it said last is still in the pipes
            await asyncio.wait(chores[:2], timeout=1.0)
            return process.returncode
        finally:
            self.ready.clear()
            for chore in chores:
                chore.cancel()
            await child_process.kill(process)
            await asyncio.wait(chores)
            if process.stdin is not None:
                process.stdin.close()
            self._process = None
            for listening in list(self._listenings.values()):
                listening.fail()

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        unpacker = wire.Unpacker()
        while data := await process.stdout.read(65536):
            self._heard_at = asyncio.get_running_loop().time()
            try:
                for number, kind, payload in unpacker.feed(data):
                    self._take(number, kind, payload)
            except (wire.WireError, ValueError, KeyError, TypeError, struct.error) as error:
                log.error("speech recognition %s speaks nonsense: %s", self.name, error)
                await child_process.kill(process)
                return

    def _take(self, number: int, kind: bytes, payload: bytes) -> None:
        if kind == wire.READY:
            self.ready.set()
            self.told.set()
            return
        listening = self._listenings.get(number)
        if listening is None:
            return
        if kind == wire.DONE:
            listening.done += struct.unpack("<I", payload)[0]
        elif kind == wire.PARTIAL:
            listening.partial = payload.decode("utf-8", "replace")
        elif kind == wire.RESULT:
            raw = json.loads(payload)
            words = tuple(HeardWord(**word) for word in raw.pop("words"))
            listening.hear(Recognised(**raw, words=words))

    async def _read_complaints(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        with contextlib.suppress(ValueError):  # a line without end
            while line := await process.stderr.readline():
                text = line.decode("utf-8", "replace").strip()
                if text:
                    log.debug("speech recognition %s: %s", self.name, text)
                    self._said = [*self._said[-9:], text[:300]]
        while await process.stderr.read(65536):
            pass

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Kill it when it is stuck."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_LOAD_SECONDS):
                await self.ready.wait()
        except TimeoutError:
            log.error("speech recognition %s did not load its model in %.0f s", self.name, _LOAD_SECONDS)
            await child_process.kill(process)
            return
        while True:
            await asyncio.sleep(_CHECK_SECONDS)
            waiting = any(one.sent > one.done for one in self._listenings.values())
            if not waiting:
                self._heard_at = loop.time()
            elif loop.time() - self._heard_at > PATIENCE_SECONDS:
                self._said = [f"stuck for {PATIENCE_SECONDS:.0f} s"]
                await child_process.kill(process)
                return


class WorkerPool:
    """The workers of one language; a new listening goes to the one with the fewest."""

    def __init__(self, engine: str, language: str, folder: str, workers: int, most_per_worker: int) -> None:
        command = [sys.executable, "-m", "callcenter.speech.recognition.worker", engine, language, folder]
        self.workers = [
            WorkerProcess(f"{language}/{number + 1} ({engine})", command, most_per_worker)
            for number in range(workers)
        ]

    async def start(self) -> None:
        """Start all; returns when each is ready or has said why not."""
        for worker in self.workers:
            worker.start()
        await asyncio.gather(*(worker.told.wait() for worker in self.workers))

    async def stop(self) -> None:
        """End all."""
        await asyncio.gather(*(worker.stop() for worker in self.workers))

    @property
    def ready(self) -> bool:
        """Whether anybody could listen now."""
        return any(worker.ready.is_set() for worker in self.workers)

    def open(self, grammar: SpokenGrammar, on_result: Callable[[Recognised], None]) -> Listening | None:
        """None when no worker is ready, or all are full."""
        for worker in sorted(self.workers, key=lambda one: one.load):
            listening = worker.open(grammar, on_result)
            if listening is not None:
                return listening
        return None
