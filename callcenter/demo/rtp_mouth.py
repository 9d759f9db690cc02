"""What one caller sends on his way to the switch: a packet each 20 ms, sound (ulaw) or a key (RFC 4733)."""

from __future__ import annotations

import struct
from collections import deque

FRAME_S = 0.02
FRAME_BYTES = 160
SILENCE = b"\xff" * FRAME_BYTES
KEY_PAYLOAD = 96
"""The payload type that the call's SDP must give telephone-event."""
_KEYS = "0123456789*#ABCD"
_ENDS = 3  # the last packet of a key is sent so often, as one may be lost


class RtpMouth:
    """Makes packets; sending them in time is the owner's part."""

    def __init__(self, ssrc: int = 7, key_payload: int = KEY_PAYLOAD) -> None:
        self.says = b""
        """ulaw to be said; silence when it is over."""
        self.key_down = False
        """A key is held at this moment."""
        self._ssrc = ssrc
        self._key_payload = key_payload
        self._sequence = 0
        self._stamp = 0
        self._to_press: deque[tuple[str, int, int]] = deque()  # key, frames of tone, frames of pause after it
        self._key = ""
        self._key_stamp = 0
        self._held = 0
        self._tone = 0
        self._pause = 0

    @property
    def busy(self) -> bool:
        """A key is being pressed, or the pause after it lasts, or another one follows."""
        return self.key_down or self._pause > 0 or bool(self._to_press)

    def push(self, keys: str, tone_ms: int = 100, pause_ms: int = 60) -> None:
        """Press keys one after the other, from the next packet on."""
        self._to_press += [(key, max(1, tone_ms // 20), max(1, pause_ms // 20)) for key in keys]

    def packets(self) -> list[bytes]:
        """What is sent in the next 20 ms."""
        if not self.key_down and not self._pause and self._to_press:
            self._key, self._tone, self._pause = self._to_press.popleft()
            self._key_stamp, self._held, self.key_down = self._stamp, 0, True
        if not self.key_down:
            self._pause = max(0, self._pause - 1)
            return [self._sound()]
        if self._held == self._tone:
            self.key_down = False
            self._pause -= 1
            return [*(self._key_packet(last=True) for _ in range(_ENDS)), self._sound()]
        self._held += 1
        self._stamp += FRAME_BYTES
        return [self._key_packet(last=False)]

    def _sound(self) -> bytes:
        frame, self.says = self.says[:FRAME_BYTES], self.says[FRAME_BYTES:]
        packet = self._packet(0, self._stamp, frame.ljust(FRAME_BYTES, b"\xff") if frame else SILENCE)
        self._stamp += FRAME_BYTES
        return packet

    def _key_packet(self, *, last: bool) -> bytes:
        flags = 0x8A if last else 0x0A
        event = struct.pack("!BBH", _KEYS.index(self._key), flags, self._held * FRAME_BYTES)
        return self._packet(self._key_payload, self._key_stamp, event, mark=not last and self._held == 1)

    def _packet(self, payload: int, stamp: int, data: bytes, *, mark: bool = False) -> bytes:
        kind = payload | (0x80 if mark else 0)
        header = struct.pack("!BBHII", 0x80, kind, self._sequence & 0xFFFF, stamp & 0xFFFFFFFF, self._ssrc)
        self._sequence += 1
        return header + data
