"""The crowd in the menus: SIPp calls, this process sends what each caller says and presses.

Run by bench_ivr as a process of its own, so that its work does not disturb the measuring. It ends itself
after `--seconds`, or when its input closes; each caller then hangs up. Every caller sends a packet each
20 ms, as telephones do, and presses keys as `ivr_world` wants them. A line of JSON a second says how it is.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import socket
import sys
from pathlib import Path

import uvloop

from benchmarks.ivr_world import CROWD_DID, crowd_keys
from benchmarks.menu_callers import MenuCallers
from callcenter.demo.rtp_mouth import FRAME_S, RtpMouth
from callcenter.demo.sipp_process import SippEvent

HOLD_S = (30.0, 60.0)
PHASES = 4
"""The callers' packets are spread over the 20 ms."""
SPEND_S = 5.0
"""How long the good-byes may take."""


class Crowd:
    """Callers by their call ids. All audio leaves from one port; what arrives there nobody hears."""

    def __init__(self, arguments: argparse.Namespace, chance: random.Random) -> None:
        self._chance = chance
        self._phases: list[dict[str, tuple[RtpMouth, tuple[str, int]]]] = [{} for _ in range(PHASES)]
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(("127.0.0.1", arguments.first_port + 8))
        self.latest = 0.0  # how far behind the packets have been, seconds
        self.cut = 0
        self.pressed = 0
        self._leaving = False
        self.callers = MenuCallers(
            "crowd", arguments.sip_port, arguments.first_port, Path(arguments.folder), CROWD_DID,
            audio_ports=[arguments.first_port + 8], at_once=arguments.callers,
            count=arguments.callers * 20, rate=arguments.rate, on_event=self._on_event,
        )  # fmt: skip

    @property
    def now(self) -> int:
        """Callers that are there."""
        return len(self._tasks)

    def _on_event(self, event: SippEvent) -> None:
        if event.kind == "answered" and not self._leaving:
            mouth = RtpMouth(self._chance.getrandbits(32))
            phase = self._chance.randrange(PHASES)
            self._phases[phase][event.call_id] = mouth, ("127.0.0.1", int(event.words[0]))
            self._tasks[event.call_id] = asyncio.create_task(self._act(event.call_id, mouth))
        elif event.kind == "answered":
            self.callers.hang_up(event.call_id)
        elif event.kind in ("cut", "ended"):
            self.cut += event.kind == "cut"
            for voices in self._phases:
                voices.pop(event.call_id, None)
            if task := self._tasks.pop(event.call_id, None):
                task.cancel()

    async def _act(self, call_id: str, mouth: RtpMouth) -> None:
        """Press keys until it is time to leave; a hang-up that gets lost is said again."""
        loop = asyncio.get_running_loop()
        leaves = loop.time() + self._chance.uniform(*HOLD_S)
        for wait, keys in crowd_keys(self._chance):
            if loop.time() + wait > leaves or self._leaving:
                break
            await asyncio.sleep(wait)
            mouth.push(keys, tone_ms=100, pause_ms=160)
            self.pressed += len(keys)
        await asyncio.sleep(max(0.0, leaves - loop.time()))
        while True:
            self.callers.hang_up(call_id)
            await asyncio.sleep(2)

    async def speak(self) -> None:
        """Send everybody's packets, for ever."""
        loop = asyncio.get_running_loop()
        send, phase = self._socket.sendto, 0
        due = loop.time()
        while True:
            for mouth, there in self._phases[phase].values():
                for packet in mouth.packets():
                    send(packet, there)
            phase = (phase + 1) % PHASES
            due += FRAME_S / PHASES
            self.latest = max(self.latest, loop.time() - due)
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def leave(self) -> None:
        """Everybody hangs up."""
        self._leaving = True
        for _ in range(round(SPEND_S / 0.25)):
            for call_id in list(self._tasks):
                self.callers.hang_up(call_id)
            await asyncio.sleep(0.25)
            if not self._tasks:
                break


async def main(arguments: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), told.set)
    crowd = Crowd(arguments, random.Random(arguments.callers))
    speaking = asyncio.create_task(crowd.speak())
    await crowd.callers.start()
    try:
        until = loop.time() + arguments.seconds
        while loop.time() < until and not told.is_set():
            crowd.latest = 0.0
            await asyncio.sleep(1)
            begun, failed = crowd.callers.counts()
            print(
                json.dumps(
                    {
                        "now": crowd.now, "begun": begun, "failed": failed + crowd.cut,
                        "pressed": crowd.pressed, "behind_ms": round(crowd.latest * 1000, 1),
                        "sipp": crowd.callers.pid,
                    }
                ),
                flush=True,
            )  # fmt: skip
        await crowd.leave()
    finally:
        await crowd.callers.stop()
        speaking.cancel()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Callers in menus; see bench_ivr.")
    parser.add_argument("--sip-port", type=int, required=True)
    parser.add_argument("--first-port", type=int, required=True, help="ten ports from here")
    parser.add_argument("--folder", required=True)
    parser.add_argument("--callers", type=int, required=True, help="at the same time")
    parser.add_argument("--rate", type=int, default=15, help="calls that may begin in a second")
    parser.add_argument("--seconds", type=float, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(main(_arguments()))
