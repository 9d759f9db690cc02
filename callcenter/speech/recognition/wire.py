"""What the controller and a worker process say to each other: length, listening, kind, payload."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

HEADER: Final = struct.Struct("<IIc")
LONGEST: Final = 1 << 20

OPEN: Final = b"O"
"""To the worker: JSON {words, end_seconds}."""
AUDIO: Final = b"A"
"""To the worker: ulaw bytes."""
CLOSE: Final = b"C"
"""To the worker: this listening is over."""
READY: Final = b"R"
"""From the worker: its model is loaded."""
RESULT: Final = b"F"
"""From the worker: JSON {kind, text, score, words}."""
PARTIAL: Final = b"P"
"""From the worker: what is understood so far, as UTF-8."""
DONE: Final = b"D"
"""From the worker: so many bytes of audio were worked through (4-byte integer)."""


class WireError(ValueError):
    """The other side speaks something else."""


def pack(listening: int, kind: bytes, payload: bytes = b"") -> bytes:
    """One message."""
    return HEADER.pack(len(payload), listening, kind) + payload


class Unpacker:
    """Collects bytes and gives whole messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
        """(listening, kind, payload) of each message that is complete now. Raises WireError."""
        self._buffer += data
        while len(self._buffer) >= HEADER.size:
            length, listening, kind = HEADER.unpack_from(self._buffer)
            if length > LONGEST:
                raise WireError(f"a message of {length} bytes")
            end = HEADER.size + length
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[HEADER.size : end])
            del self._buffer[:end]
            yield listening, kind, payload
