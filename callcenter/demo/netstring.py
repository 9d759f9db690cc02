"""Netstrings (LENGTH:BYTES,) in and out, without I/O."""

from __future__ import annotations

_LONGEST = 1_000_000


class NetstringError(ValueError):
    """These bytes are no netstring; the stream can not be read any further."""


def encode(payload: bytes) -> bytes:
    """One netstring."""
    return b"%d:%b," % (len(payload), payload)


class Netstrings:
    """Takes bytes as they come and gives whole payloads."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads that are complete now. Raises NetstringError."""
        self._buffer += data
        found: list[bytes] = []
        while True:
            head, colon, rest = self._buffer.partition(b":")
            if not colon:
                if len(head) > len(str(_LONGEST)):
                    raise NetstringError(f"no length: {head[:20]!r}")
                return found
            if not (head.isdigit() and len(head) <= len(str(_LONGEST)) and int(head) <= _LONGEST):
                raise NetstringError(f"bad length: {head[:20]!r}")
            length = int(head)
            if len(rest) <= length:
                return found
            if rest[length : length + 1] != b",":
                raise NetstringError("no comma at the end")
            found.append(rest[:length])
            self._buffer = rest[length + 1 :]
