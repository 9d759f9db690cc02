"""A worker process: one model, many listenings, bytes in and out.

    python -m callcenter.speech.recognition.worker vosk en FOLDER

It reads from standard input and writes to standard output what `wire.py` says, and ends when its input does.
Whatever a library prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import struct
import sys
from dataclasses import asdict
from pathlib import Path

from callcenter.speech.recognition import ulaw, wire
from callcenter.speech.recognition.port import (
    EngineMissing,
    Hearing,
    Recognised,
    Recogniser,
    SpokenGrammar,
)

MISSING_EXIT = 3
"""The engine or its model cannot be used; standard error says why."""
_READ = 65536


def load(engine: str, language: str, folder: str) -> Recogniser:
    """Load an engine. Raises EngineMissing."""
    if engine == "vosk":
        try:
            from callcenter.speech.recognition.vosk_engine import VoskRecogniser
        except ImportError as error:
            raise EngineMissing(f"vosk is not installed ({error})") from error
        return VoskRecogniser(Path(folder))
    if engine == "pocketsphinx":
        try:
            from callcenter.speech.recognition.sphinx_engine import SphinxRecogniser
        except ImportError as error:
            raise EngineMissing(f"pocketsphinx is not installed ({error})") from error
        return SphinxRecogniser(language)
    raise EngineMissing(f"there is no engine {engine!r}")


class Worker:
    """Hearings by number, over two file descriptors."""

    def __init__(self, recogniser: Recogniser, language: str, source: int, target: int) -> None:
        self._recogniser = recogniser
        self._language = language
        self._source = source
        self._target = target
        self._hearings: dict[int, Hearing] = {}
        self._partials: dict[int, str] = {}

    def run(self) -> None:
        """Serve until the input ends."""
        unpacker = wire.Unpacker()
        self._send(0, wire.READY)
        while data := os.read(self._source, _READ):
            for listening, kind, payload in unpacker.feed(data):
                self._take(listening, kind, payload)

    def _take(self, listening: int, kind: bytes, payload: bytes) -> None:
        if kind == wire.OPEN:
            self._close(listening)
            asked = json.loads(payload)
            grammar = SpokenGrammar(self._language, tuple(asked["words"]), float(asked["end_seconds"]))
            try:
                self._hearings[listening] = self._recogniser.open(grammar)
            except ValueError as error:
                self._say(str(error))
                self._send(listening, wire.RESULT, _as_json(Recognised("failed")))
        elif kind == wire.AUDIO:
            if (hearing := self._hearings.get(listening)) is not None:
                self._hear(listening, hearing, payload)
            self._send(listening, wire.DONE, struct.pack("<I", len(payload)))
        elif kind == wire.CLOSE:
            self._close(listening)

    def _hear(self, listening: int, hearing: Hearing, audio: bytes) -> None:
        result = hearing.feed(ulaw.decode(audio))
        if result is not None:
            self._send(listening, wire.RESULT, _as_json(result))
        partial = hearing.partial
        if partial != self._partials.get(listening, ""):
            self._partials[listening] = partial
            self._send(listening, wire.PARTIAL, partial.encode())

    def _close(self, listening: int) -> None:
        self._partials.pop(listening, None)
        hearing = self._hearings.pop(listening, None)
        if hearing is not None:
            hearing.close()

    def _send(self, listening: int, kind: bytes, payload: bytes = b"") -> None:
        data = memoryview(wire.pack(listening, kind, payload))
        while data:
            data = data[os.write(self._target, data) :]

    def _say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


def _as_json(result: Recognised) -> bytes:
    return json.dumps(asdict(result), ensure_ascii=False).encode()


def main(arguments: list[str]) -> int:
    """Returns the exit code."""
    engine, language, folder = arguments
    target = os.dup(1)
    os.dup2(2, 1)  # libraries print where they like
    try:
        recogniser = load(engine, language, folder)
    except EngineMissing as error:
        print(error, file=sys.stderr, flush=True)
        return MISSING_EXIT
    Worker(recogniser, language, 0, target).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
