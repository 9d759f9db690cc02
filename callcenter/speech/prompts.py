"""The prompt cache: each text in each voice, and each sound file, as one file the switch can play.

Files are named by their content, so a changed text is a new file and an old one is never wrong. Whoever asks
first has it rendered, in processes of its own; others that want the same wait for the same work.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import math
import struct
import wave
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Protocol

import structlog

from callcenter.speech.tts import SAMPLE_RATE, Speaker, SpeechError, to_telephone

_FORMAT_VERSION = 1
_FORGET_FAILURE_SECONDS = (
    30.0  # until then a text that failed is not tried again, so callers do not wait for it
)
_TELL_EVERY_SECONDS = 60.0

Render = Callable[[Path], Awaitable[None]]  # writes the file it is given

_log = structlog.get_logger(__name__)


class Heard(Protocol):
    """What can be made audible: a sound file, or a text in a language. With both, the file is tried first."""

    @property
    def text(self) -> str: ...
    @property
    def audio(self) -> str: ...
    @property
    def language(self) -> str: ...


class PromptStore:
    """Prompts in a folder. `close` ends work under way."""

    def __init__(
        self,
        folder: Path,
        speaker: Speaker,
        parallel: int = 2,
        seen_as: Path | None = None,
        stand_in: Speaker | None = None,
    ) -> None:
        """`seen_as` is the folder's path for the switch, when that lives in another root.

        `stand_in` speaks what `speaker` fails to; its prompts are kept as its own, so that those of `speaker`
        come back with it.
        """
        self._stand_in = stand_in
        self._told_at = -math.inf  # when the stand-in was last spoken of in the log
        self._folder = folder
        self._seen_as = seen_as or folder
        self._speaker = speaker
        self._places = asyncio.Semaphore(parallel)
        self._working: dict[str, asyncio.Task[None]] = {}
        self._failed: dict[str, tuple[float, SpeechError]] = {}
        self._sounds: dict[tuple[str, int, int], str] = {}  # (file, modified, size): its content's key

    async def path(self, utterance: Heard) -> Path:
        """The prompt's file for the switch, without its extension. A beep when it cannot be made."""
        try:
            return await self.make(utterance)
        except SpeechError as error:
            said = utterance.audio or utterance.text
            _log.error("prompt.failed", prompt=said[:80], error=str(error))
            return self._beep()

    async def make(self, utterance: Heard) -> Path:
        """As `path`, but raises SpeechError."""
        if utterance.audio:
            try:
                return await self._sound(Path(utterance.audio))
            except SpeechError as error:
                if not utterance.text:
                    raise
                _log.warning(
                    "prompt.sound_failed", file=utterance.audio, error=str(error), instead="the text"
                )
        text, language = utterance.text, utterance.language
        try:
            return await self._spoken(self._speaker, text, language)
        except SpeechError as error:
            stand_in = self._stand_in
            if stand_in is None or stand_in.identity(language) == self._speaker.identity(language):
                raise
            now = asyncio.get_running_loop().time()
            if now - self._told_at >= _TELL_EVERY_SECONDS:
                self._told_at = now
                _log.warning("prompt.stand_in_speaks", prompt=text[:80], error=str(error))
            return await self._spoken(stand_in, text, language)

    async def _spoken(self, speaker: Speaker, text: str, language: str) -> Path:
        key = _key("text", speaker.identity(language), language, text)
        return await self._rendered(key, lambda target: speaker.speak(text, language, target))

    async def prerender(
        self, utterances: Iterable[Heard], progress: Callable[[int, int], None] | None = None
    ) -> list[str]:
        """Render all beforehand. `progress(done, total)` is told after each. Returns the failures."""
        wanted = list(dict.fromkeys(utterances))
        failures: list[str] = []
        done = 0

        async def one(utterance: Heard) -> None:
            nonlocal done
            try:
                await self.make(utterance)
            except SpeechError as error:
                failures.append(f"{(utterance.audio or utterance.text)[:60]}: {error}")
            done += 1
            if progress is not None:
                progress(done, len(wanted))

        async with asyncio.TaskGroup() as group:
            for utterance in wanted:
                group.create_task(one(utterance))
        return failures

    async def close(self) -> None:
        """End work under way."""
        tasks = list(self._working.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _sound(self, file: Path) -> Path:
        try:
            stamp = _stamp(file)
            if stamp not in self._sounds:
                content = await asyncio.to_thread(file.read_bytes)
                self._sounds[stamp] = _key("sound", hashlib.sha256(content).hexdigest())
        except OSError as error:
            raise SpeechError(f"{file}: {error.strerror or error}") from error
        return await self._rendered(self._sounds[stamp], lambda target: to_telephone(file, target))

    async def _rendered(self, key: str, render: Render) -> Path:
        name = f"{key[:2]}/{key}"
        target = self._folder / f"{name}.wav"
        if not _exists(target):
            failed = self._failed.get(key)
            if failed is not None and asyncio.get_running_loop().time() - failed[0] < _FORGET_FAILURE_SECONDS:
                raise SpeechError(str(failed[1]))
            task = self._working.get(key)
            if task is None:
                task = self._working[key] = asyncio.create_task(self._work(key, target, render))
                task.add_done_callback(lambda done: self._finished(key, done))
            await asyncio.shield(task)  # a caller who hangs up must not end it for the others
        return self._seen_as / name

    async def _work(self, key: str, target: Path, render: Render) -> None:
        async with self._places:
            try:
                await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
                await render(target)
            except OSError as error:
                raise SpeechError(f"{target}: {error.strerror or error}") from error

    def _finished(self, key: str, task: asyncio.Task[None]) -> None:
        self._working.pop(key, None)
        self._failed.pop(key, None)
        if not task.cancelled() and isinstance(error := task.exception(), SpeechError):
            self._failed[key] = (asyncio.get_running_loop().time(), error)

    def _beep(self) -> Path:
        """A short soft tone, so that the caller notices something and the call goes on."""
        target = self._folder / "beep.wav"
        if not _exists(target):
            with contextlib.suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True)
                _write_beep(target)
        return self._seen_as / "beep"


def _key(*parts: str) -> str:
    return hashlib.sha256(json.dumps([_FORMAT_VERSION, *parts]).encode()).hexdigest()[:40]


def _stamp(file: Path) -> tuple[str, int, int]:
    stat = file.stat()
    return str(file), stat.st_mtime_ns, stat.st_size


def _exists(file: Path) -> bool:
    return file.exists()


def _write_beep(target: Path) -> None:
    frames = int(0.25 * SAMPLE_RATE)
    made = target.with_name("beep.part.wav")
    with wave.open(str(made), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        for n in range(frames):
            fade = min(1.0, n / 200, (frames - n) / 400)
            out.writeframesraw(
                struct.pack("<h", int(6000 * fade * math.sin(2 * math.pi * 660 * n / SAMPLE_RATE)))
            )
    made.replace(target)
