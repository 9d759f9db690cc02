"""G.711 ulaw to 16-bit samples and back, by table."""

from __future__ import annotations

import array
import sys


def _sample(code: int) -> int:
    code = ~code & 0xFF
    value = (((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)
    return 0x84 - value if code & 0x80 else value - 0x84


_TABLE = [_sample(code) for code in range(256)]


def decode(data: bytes) -> bytes:
    """16-bit little-endian samples."""
    samples = array.array("h", map(_TABLE.__getitem__, data))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def encode(pcm: bytes) -> bytes:
    """From 16-bit little-endian samples."""
    samples = array.array("h", pcm)
    if sys.byteorder == "big":
        samples.byteswap()
    return bytes(map(_code, samples))


def _code(value: int) -> int:
    sign = 0x80 if value < 0 else 0
    magnitude = min(abs(value), 32635) + 132
    exponent = magnitude.bit_length() - 8
    return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0F)) & 0xFF
