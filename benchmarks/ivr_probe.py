"""A caller who listens closely: when each packet came (by the kernel's clock), how loud and how high it was.

He measures while he walks through the probe flow of `ivr_world`: how soon after a key the next one is heard,
how soon a key silences a prompt, what silence is between two prompts, and where a prompt has holes.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from benchmarks.ivr_world import HIGH, LOW, SAID, TONE_S
from callcenter.demo.rtp_mouth import FRAME_S, RtpMouth

_STAMP = getattr(socket, "SO_TIMESTAMPNS", 35)
GIVE_UP_S = 5.0
"""Who hears nothing for so long counts with this time."""
QUIET_S = 0.3
HOLE_S = 0.04
"""Two packets of a prompt that are further apart; they are 20 ms apart when all is well."""
_LOOK_S = 0.02
_TONE_PACKETS = 5


@dataclass(frozen=True, slots=True)
class Packet:
    """What was heard in 20 ms."""

    at: float  # seconds since the epoch
    sequence: int
    loud: bool
    pitch: int  # LOW, HIGH or SAID; 0 for anything else


@dataclass(slots=True)
class Heard:
    """What was measured, in seconds."""

    answers: list[float] = field(default_factory=list)  # key pressed in silence: until the next prompt
    stops: list[float] = field(default_factory=list)  # key pressed in a prompt: until it was silent
    after_stops: list[float] = field(default_factory=list)  # the same: until the next prompt
    gaps: list[float] = field(default_factory=list)  # between two prompts that follow each other
    values: list[float] = field(default_factory=list)  # key: until a text with values
    holes: list[float] = field(default_factory=list)  # silences in the middle of a tone
    lost: int = 0  # packets that never came
    packets: int = 0  # of tones

    def add(self, other: Heard) -> None:
        """Take in what another one heard."""
        for name in ("answers", "stops", "after_stops", "gaps", "values", "holes"):
            getattr(self, name).extend(getattr(other, name))
        self.lost += other.lost
        self.packets += other.packets


def _packet(data: bytes, at: float) -> Packet:
    sound = data[12:]
    loud = sum(1 for byte in sound if (byte & 0x7F) < 0x60)
    flips = sum(1 for one, two in pairwise(sound) if (one ^ two) & 0x80)
    pitch = 0
    if loud > 100:
        pitch = next((p for p in (LOW, HIGH, SAID) if abs(flips - p / 25) <= 2), 0)
    return Packet(at, int.from_bytes(data[2:4], "big"), loud > 20, pitch)


class Probe:
    """One caller on a port of 127.0.0.1."""

    def __init__(self, port: int, chance: random.Random) -> None:
        self.port = port
        self.heard = Heard()
        self.mouth = RtpMouth(chance.getrandbits(32))
        self.call_id = ""
        self.pressed_at = 0.0
        self._chance = chance
        self._packets: list[Packet] = []
        self._there: tuple[str, int] | None = None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, _STAMP, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind(("127.0.0.1", port))
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._read)

    @property
    def there(self) -> bool:
        """His call was answered, and not cut."""
        return self._there is not None

    def answered(self, call_id: str, port: int) -> None:
        """Begin to send."""
        self.call_id, self._there = call_id, ("127.0.0.1", port)

    def cut(self) -> None:
        """The call is over."""
        self._there = None

    def close(self) -> None:
        """No more is heard."""
        self._there = None
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()

    def send(self) -> None:
        """What is due each 20 ms."""
        if self._there is None:
            return
        held = self.mouth.key_down
        for packet in self.mouth.packets():
            self._socket.sendto(packet, self._there)
        if self.mouth.key_down and not held:
            self.pressed_at = time.time()

    def _read(self) -> None:
        while True:
            try:
                data, more, _, _ = self._socket.recvmsg(2048, 64)
            except BlockingIOError:
                return
            seconds, nanoseconds = struct.unpack("qq", more[0][2])
            if len(data) > 12 and data[1] & 0x7F == 0:
                self._packets.append(_packet(data, seconds + nanoseconds / 1e9))

    # --- what he does -------------------------------------------------------------------------------

    async def walk(self, until: float) -> None:
        """Go round in the probe flow until the loop's time `until`."""
        loop = asyncio.get_running_loop()
        here = await self._settled(LOW)
        moves = [self._answer, self._cut_in, self._wrong_key, self._say_and_menu, self._value]
        while loop.time() < until and self.there:
            self._chance.shuffle(moves)
            for move in moves:
                if loop.time() < until and self.there:
                    here = await move(here)
        self._judge_tones()

    async def _settled(self, pitch: int) -> int:
        """Wait until this menu has been said."""
        await self._tone(pitch, 0.0)
        await self.quiet()
        return pitch

    async def _answer(self, here: int) -> int:
        pressed = await self.press("1")
        self.heard.answers.append(await self._sound(pressed) - pressed)
        await self.quiet()
        return _other(here)

    async def _cut_in(self, here: int) -> int:
        """Let the other menu begin, and cut it short."""
        pressed = await self.press("1")
        here = _other(here)
        began = await self._tone(here, pressed)
        await asyncio.sleep(max(0.0, began + self._chance.uniform(0.3, TONE_S - 0.7) - time.time()))
        pressed = await self.press("1")
        begins = await self._tone(_other(here), pressed)
        last = max((p.at for p in self._since(pressed) if p.pitch == here), default=pressed)
        self.heard.stops.append(last - pressed)
        self.heard.after_stops.append(begins - pressed)
        await self.quiet()
        return _other(here)

    async def _wrong_key(self, here: int) -> int:
        """Two prompts of one play: that the key is wrong, and the menu once more."""
        pressed = await self.press("9")
        await self._gap_before(here, pressed)
        return here

    async def _say_and_menu(self, here: int) -> int:
        """Prompts of two nodes."""
        pressed = await self.press("2")
        await self._gap_before(_other(here), pressed)
        return _other(here)

    async def _value(self, here: int) -> int:
        """A text nobody has heard before."""
        pressed = await self.press("3")
        begins = await self._sound(pressed)
        self.heard.values.append(begins - pressed)
        await asyncio.sleep(0.5)
        pressed = await self.press("1")  # also counts in the menu that follows
        await self._tone(HIGH, pressed)
        await self.quiet()
        return HIGH

    async def ask_value(self, key: str) -> tuple[float, float]:
        """In the values flow: a key, how long until its text is heard, and the longest silence between its
        pieces."""
        pressed = await self.press(key)
        begins = await self._sound(pressed)
        ends = await self._tone(LOW, begins, GIVE_UP_S + 20)
        times = [p.at for p in self._since(pressed) if begins <= p.at <= ends]
        await self.quiet()
        return begins - pressed, max((b - a - FRAME_S for b, a in pairwise(times)), default=0.0)

    async def _gap_before(self, menu: int, pressed: float) -> None:
        begins = await self._tone(menu, pressed, GIVE_UP_S + 3)
        last = max((p.at for p in self._since(pressed) if p.loud and p.at < begins), default=pressed)
        self.heard.gaps.append(begins - last - FRAME_S)
        await self.quiet()

    async def press(self, key: str) -> float:
        """Press a key; when it went down."""
        before = self.pressed_at
        self.mouth.push(key)
        while self.pressed_at == before and self.there:
            await asyncio.sleep(_LOOK_S / 4)
        return self.pressed_at

    async def quiet(self) -> None:
        """Wait until nothing is heard."""
        while self.there and self._packets and time.time() - self._packets[-1].at < QUIET_S:
            await asyncio.sleep(_LOOK_S)

    async def _sound(self, since: float) -> float:
        """When something was heard first after `since`."""
        return await self._first(lambda p: p.loud, 1, since, GIVE_UP_S)

    async def _tone(self, pitch: int, since: float, give_up: float = GIVE_UP_S) -> float:
        """When this tone began first after `since`. Speech has its pitch at times, but not for so long."""
        return await self._first(lambda p: p.pitch == pitch, _TONE_PACKETS, since, give_up)

    async def _first(self, wanted: Callable[[Packet], bool], row: int, since: float, give_up: float) -> float:
        """When the first of so many packets in a row came after `since`; `since` and GIVE_UP_S for never."""
        until = time.time() + give_up
        seen = len(self._packets)
        while seen and self._packets[seen - 1].at > since:
            seen -= 1
        run = 0
        while time.time() < until:
            while seen < len(self._packets):
                run = run + 1 if wanted(self._packets[seen]) else 0
                if run == row:
                    return self._packets[seen - row + 1].at
                seen += 1
            await asyncio.sleep(_LOOK_S)
        return since + GIVE_UP_S

    def _since(self, at: float) -> Iterable[Packet]:
        for packet in reversed(self._packets):
            if packet.at <= at:
                return
            yield packet

    def _judge_tones(self) -> None:
        """Holes between packets of the same tone, and packets that never came."""
        for before, later in pairwise(self._packets):
            step = (later.sequence - before.sequence) & 0xFFFF
            self.heard.lost += step - 1 if 1 < step < 1000 else 0
            if before.pitch and before.pitch == later.pitch:
                self.heard.packets += 1
                if HOLE_S < later.at - before.at < TONE_S / 3:
                    self.heard.holes.append(later.at - before.at)


def _other(menu: int) -> int:
    return HIGH if menu == LOW else LOW


async def send_all(probes: Iterable[Probe]) -> None:
    """Send what the probes say and press, for ever."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        for probe in probes:
            probe.send()
        due += FRAME_S
        await asyncio.sleep(max(0.0, due - loop.time()))
