"""The audio side of a caller in our own hands: he hears with exact times and presses keys (RFC 4733) as fast
as one likes. SIPp does his signalling (`caller_scenario(..., ear=person.port)`)."""

from __future__ import annotations

import asyncio
import socket
import struct
from itertools import pairwise
from typing import cast

FRAME_S = 0.02
_SILENCE = b"\xff" * 160
_KEYS = "0123456789*#ABCD"
_KEY_PAYLOAD = 96


class RtpPerson(asyncio.DatagramProtocol):
    """One caller's ear, mouth and fingers, on a port of 127.0.0.1. Times are those of the event loop."""

    def __init__(self) -> None:
        self.port = 0
        self.loud: list[float] = []
        """When each packet that is not silence came."""
        self.pressed: list[tuple[float, float]] = []
        """When each key was pressed and when it was let go."""
        self.says = _SILENCE
        """What is sent each 20 ms: 160 bytes of ulaw or more; what is over is said next."""
        self._there: tuple[str, int] | None = None
        self._sequence = 0
        self._stamp = 0
        self._to_press: list[tuple[str, int, int]] = []  # key, frames of tone, frames of pause after it
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, port: int) -> RtpPerson:
        loop = asyncio.get_running_loop()
        _, person = await loop.create_datagram_endpoint(cls, ("127.0.0.1", port), family=socket.AF_INET)
        person.port = port
        return person

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: object) -> None:
        if sum(1 for byte in data[12:] if (byte & 0x7F) < 0x70) > 20:
            self.loud.append(asyncio.get_running_loop().time())

    def talk_to(self, address: str) -> None:
        """Begin to send, to host:port."""
        host, _, port = address.rpartition(":")
        self._there = (host, int(port))
        self._task = asyncio.create_task(self._send_all())

    @property
    def talking(self) -> bool:
        """He has begun to send."""
        return self._task is not None

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._transport.close()

    async def press(self, keys: str, tone_ms: int = 100, pause_ms: int = 60) -> None:
        """Press keys one after the other; returns when the last one was let go."""
        self.push(keys, tone_ms, pause_ms)
        await self._idle.wait()

    def push(self, keys: str, tone_ms: int = 100, pause_ms: int = 60) -> None:
        """Begin to press keys one after the other."""
        self._to_press += [(key, max(1, tone_ms // 20), max(1, pause_ms // 20)) for key in keys]
        self._idle.clear()

    def gaps(self, since: float, over: float = 0.03) -> list[float]:
        """The silences between sounds heard after `since`, in seconds, that are longer than `over`."""
        heard = [at for at in self.loud if at >= since]
        return [later - before - FRAME_S for before, later in pairwise(heard) if later - before > over]

    async def _send_all(self) -> None:
        loop = asyncio.get_running_loop()
        next_frame = loop.time()
        while True:
            if self._to_press:
                key, tone, pause = self._to_press.pop(0)
                began, stamp = loop.time(), self._stamp
                for frame in range(tone + pause):
                    if frame < tone:
                        self._send_key(key, stamp, frame + 1, first=frame == 0, last=False)
                        self._stamp += 160
                    else:
                        if frame == tone:
                            for _ in range(3):
                                self._send_key(key, stamp, tone, first=False, last=True)
                            self.pressed.append((began, loop.time()))
                        self._send_sound()
                    next_frame += FRAME_S
                    await asyncio.sleep(max(0.0, next_frame - loop.time()))
                if not self._to_press:
                    self._idle.set()
                continue
            self._send_sound()
            next_frame += FRAME_S
            await asyncio.sleep(max(0.0, next_frame - loop.time()))

    def _send_sound(self) -> None:
        frame, self.says = self.says[:160], self.says[160:] or _SILENCE
        self._send(0, self._stamp, frame.ljust(160, b"\xff"), mark=False)
        self._stamp += 160

    def _send_key(self, key: str, stamp: int, frames: int, *, first: bool, last: bool) -> None:
        event = struct.pack("!BBH", _KEYS.index(key), 0x8A if last else 0x0A, frames * 160)
        self._send(_KEY_PAYLOAD, stamp, event, mark=first)

    def _send(self, payload: int, stamp: int, data: bytes, *, mark: bool) -> None:
        header = struct.pack(
            "!BBHII", 0x80, payload | (0x80 if mark else 0), self._sequence & 0xFFFF, stamp, 7
        )
        self._sequence += 1
        self._transport.sendto(header + data, self._there)
