"""The audio side of a caller in our own hands: he hears with exact times and presses keys (RFC 4733) as fast
as one likes. SIPp does his signalling (`caller_scenario(..., ear=person.port)`)."""

from __future__ import annotations

import asyncio
import socket
from itertools import pairwise
from typing import cast

from callcenter.demo.rtp_mouth import FRAME_S, RtpMouth


class RtpPerson(asyncio.DatagramProtocol):
    """One caller's ear, mouth and fingers, on a port of 127.0.0.1. Times are those of the event loop."""

    def __init__(self) -> None:
        self.port = 0
        self.loud: list[float] = []
        """When each packet that is not silence came."""
        self.pressed: list[tuple[float, float]] = []
        """When each key was pressed and when it was let go."""
        self._mouth = RtpMouth()
        self._there: tuple[str, int] | None = None
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

    def say(self, sound: bytes) -> None:
        """Say this, headerless ulaw."""
        self._mouth.says = sound

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
        self._mouth.push(keys, tone_ms, pause_ms)
        self._idle.clear()

    def gaps(self, since: float, over: float = 0.03) -> list[float]:
        """The silences between sounds heard after `since`, in seconds, that are longer than `over`."""
        heard = [at for at in self.loud if at >= since]
        return [later - before - FRAME_S for before, later in pairwise(heard) if later - before > over]

    async def _send_all(self) -> None:
        loop = asyncio.get_running_loop()
        next_frame = loop.time()
        began = 0.0
        while True:
            held = self._mouth.key_down
            for packet in self._mouth.packets():
                self._transport.sendto(packet, self._there)
            if self._mouth.key_down and not held:
                began = loop.time()
            elif held and not self._mouth.key_down:
                self.pressed.append((began, loop.time()))
            if not self._mouth.busy:
                self._idle.set()
            next_frame += FRAME_S
            await asyncio.sleep(max(0.0, next_frame - loop.time()))
