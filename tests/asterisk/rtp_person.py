"""The audio side of a person in our own hands: he hears with exact times and presses keys (RFC 4733) as fast
as one likes. SIPp does his signalling (`caller_scenario` and `phone_scenario` with `ear=person.port`)."""

from __future__ import annotations

import asyncio
import math
import socket
from itertools import pairwise
from typing import cast

from callcenter.demo.rtp_mouth import FRAME_S, KEY_PAYLOAD, RtpMouth

TONE_HEIGHT = 4000.0
"""How loud people hum: half of it would still be understood, an eighth is no accident."""
LISTENED = 2400
"""How many samples are listened to for a tone: enough to tell 110 Hz apart."""


def _linear(byte: int) -> int:
    """A ulaw byte as a sample (G.711)."""
    value = ~byte & 0xFF
    height = (((value & 0x0F) << 3) + 0x84 << ((value & 0x70) >> 4)) - 0x84
    return -height if value & 0x80 else height


_LINEAR = [_linear(byte) for byte in range(256)]
_ULAW = {sample: byte for byte, sample in enumerate(_LINEAR)}


def tone(hertz: int) -> bytes:
    """One second of a tone as headerless ulaw."""
    steps = sorted(_ULAW)
    return bytes(
        _ULAW[min(steps, key=lambda step: abs(step - wanted))]
        for wanted in (TONE_HEIGHT * math.sin(2.0 * math.pi * hertz * n / 8000.0) for n in range(8000))
    )


class RtpPerson(asyncio.DatagramProtocol):
    """One caller's ear, mouth and fingers, on a port of 127.0.0.1. Times are those of the event loop."""

    def __init__(self, key_payload: int = KEY_PAYLOAD) -> None:
        self.port = 0
        self.loud: list[float] = []
        """When each packet that is not silence came."""
        self.pressed: list[tuple[float, float]] = []
        """When each key was pressed and when it was let go."""
        self._last_second = bytearray()  # of what he hears, ulaw
        self._mouth = RtpMouth(key_payload=key_payload)
        self._there: tuple[str, int] | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, port: int, key_payload: int = KEY_PAYLOAD) -> RtpPerson:
        """`key_payload`: the payload type of keys that the other side has told."""
        loop = asyncio.get_running_loop()
        _, person = await loop.create_datagram_endpoint(
            lambda: cls(key_payload), ("127.0.0.1", port), family=socket.AF_INET
        )
        person.port = port
        return person

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: object) -> None:
        if data[1] & 0x7F == 0:
            self._last_second += data[12:]
            del self._last_second[:-8000]
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

    def hum(self, hertz: int, seconds: int = 120) -> None:
        """Say one tone for so long."""
        self.say(tone(hertz) * seconds)

    def hears(self, hertz: int) -> bool:
        """Whether this tone was in what he heard at last, loud enough to be meant (Goertzel)."""
        samples = [_LINEAR[byte] for byte in self._last_second[-LISTENED:]]
        if len(samples) < LISTENED:
            return False
        turn = 2.0 * math.cos(2.0 * math.pi * hertz / 8000.0)
        one = two = 0.0
        for sample in samples:
            one, two = sample + turn * one - two, one
        power = one * one + two * two - turn * one * two
        return 2.0 * math.sqrt(max(0.0, power)) / len(samples) > TONE_HEIGHT / 8.0

    def deafen(self) -> None:
        """Forget what he heard until now."""
        self._last_second.clear()

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
