"""The callers of the soak: who calls whom, what each does and when he leaves."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import socket
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.soak.caller_scenario import soak_caller
from benchmarks.soak.world import DIRECT, HOTLINE, UNKNOWN
from callcenter.demo.rtp_mouth import FRAME_S, RtpMouth
from callcenter.demo.sipp_process import SippEvent, SippProcess

NUMBERS = 400
"""So many callers, who call in turn."""
PHASES = 4
"""The packets of all callers are spread over the 20 ms."""
_AGAIN_S = 3.0
_ABORTED = re.compile(r"Aborting call on unexpected message for Call-Id '([^']+)'")

#: what callers of the hotline do, with their shares
HOTLINE_KINDS = {
    "leaves before the answer": 2,
    "leaves during the announcement": 4,
    "leaves from the menu": 5,
    "waits for nothing": 2,
    "gives up in line or while it rings": 13,
    "talks until the agent leaves": 38,
    "leaves the talk": 16,
    "answers the survey": 6,
    "leaves a message": 5,
    "leaves in the middle of his message": 2,
    "wants to be called back": 7,
    "takes an offer in line": 8,
}
#: of the direct line, which has no menu
DIRECT_KINDS = {
    "leaves before the answer": 3,
    "gives up in line or while it rings": 20,
    "talks until the agent leaves": 55,
    "leaves the talk": 22,
    "takes an offer in line": 8,
}


@dataclass(slots=True)
class SoakCall:
    """One call as its caller tells it. Seconds since the epoch, 0: never."""

    ani: str
    did: str
    kind: str
    started: float
    answered: float = 0.0
    ended: float = 0.0
    how: str = "open"  # far | near (who hung up) | cancelled | refused | forgotten | aborted
    status: int = 0  # of a refusal
    leaves: bool = field(default=False, repr=False)  # told to hang up


def _said(line: str) -> str:
    return line.split(": ", 1)[-1].split(", received", 1)[0][:90]


class Crowd:
    """Callers by their SIP Call-IDs, for as long as the context lasts. All audio is sent from one port; what
    arrives there nobody hears."""

    def __init__(
        self, sip_port: int, first_port: int, folder: Path, *, chance: random.Random, speech: bytes
    ) -> None:
        """Uses ten ports from `first_port` on. `speech` is what they say as a message, ulaw."""
        self.calls: dict[str, SoakCall] = {}
        self.latest = 0.0  # how far behind their packets have been, seconds
        self._port = first_port
        self._chance = chance
        self._speech = speech
        self._told: dict[str, asyncio.Event] = {}  # set by each event of an open call
        self._mouths: list[dict[str, tuple[RtpMouth, tuple[str, int]]]] = [{} for _ in range(PHASES)]
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(("127.0.0.1", first_port + 8))
        self._control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._mouth: asyncio.Task[None] | None = None
        rows = "".join(f"{1390000_0000 + n};{self._dials()};\n" for n in range(NUMBERS))
        self._sipp = SippProcess(
            "callers",
            [
                f"127.0.0.1:{sip_port}", "-sf", "{xml}", "-inf", "{csv}",
                "-r", "0", "-rp", "10000", "-m", "10000000", "-l", "5000", "-cid_str", "soak-%u",
            ],
            {"xml": soak_caller(first_port + 8), "csv": "SEQUENTIAL\n" + rows},
            folder=folder, port=first_port, on_event=self._on_event,
        )  # fmt: skip

    @property
    def pid(self) -> int | None:
        return self._sipp.pid

    async def start(self) -> None:
        """Nobody calls before `set_rate`."""
        await self._sipp.start()
        self._mouth = asyncio.create_task(self._speak())

    async def stop(self) -> None:
        """End all at once, whatever they do."""
        for task in [*self._tasks.values(), *([self._mouth] if self._mouth else [])]:
            task.cancel()
        await self._sipp.stop()
        self._socket.close()
        self._control.close()

    def set_rate(self, calls_a_second: float) -> None:
        """So many call from now on. SIPp takes the order by its control port."""
        order = f"cset rate {round(calls_a_second * 10)}\n".encode()
        self._control.sendto(order, ("127.0.0.1", self._port + 1))

    def open(self) -> int:
        """Calls that are not over."""
        return len(self._told)

    async def all_leave(self) -> None:
        """Everybody who is still there hangs up."""
        for call_id in list(self._told):
            self._hang_up(call_id)

    def give_up_on_aborted(self) -> None:
        """What arrives between two steps (an order to leave, a 100 beside a CANCEL) makes SIPp forget the
        call: his account ends there (`aborted`), and the switch is not told that he left."""
        for call_id in _ABORTED.findall(self._sipp.errors()):
            if (call := self.calls.get(call_id)) is not None and not call.ended:
                call.how, call.ended = "aborted", time.time()
                self._over(call_id)

    def errors(self) -> Counter[str]:
        """What SIPp complained about, by kind."""
        lines = [line for line in self._sipp.errors().splitlines() if line.lstrip("'")[:4].isdigit()]
        return Counter(re.sub(r"soak-\d+|index \d+|type \d+", "…", _said(line)) for line in lines)

    # --- inside ---------------------------------------------------------------------------------------

    def _dials(self) -> str:
        return self._chance.choices((HOTLINE, DIRECT, UNKNOWN), (72, 26, 2))[0]

    def _on_event(self, event: SippEvent) -> None:
        call_id = event.call_id
        if event.kind == "invited":
            ani, did = event.words[:2]
            kinds = DIRECT_KINDS if did == DIRECT else HOTLINE_KINDS
            kind = self._chance.choices([*kinds], [*kinds.values()])[0] if did != UNKNOWN else "is wrong here"
            self.calls[call_id] = SoakCall(ani, did, kind, event.at)
            self._told[call_id] = asyncio.Event()
            self._tasks[call_id] = asyncio.create_task(self._live(call_id), name=f"caller {call_id}")
            return
        call = self.calls[call_id]
        match event.kind:
            case "answered":
                call.answered = event.at
                mouth = RtpMouth(self._chance.getrandbits(32))
                self._mouths[self._chance.randrange(PHASES)][call_id] = (
                    mouth, ("127.0.0.1", int(event.words[0])),
                )  # fmt: skip
                self._told[call_id].set()
                return
            case "ended":
                call.how = event.words[0] if call.how == "open" else call.how
            case "refused":
                call.how, call.status = "refused", int(event.words[0])
            case _:
                call.how = event.kind
        if event.kind != "forgotten":
            call.ended = event.at
            self._over(call_id)

    def _over(self, call_id: str) -> None:
        for mouths in self._mouths:
            mouths.pop(call_id, None)
        if told := self._told.pop(call_id, None):
            told.set()
        if task := self._tasks.pop(call_id, None):
            task.cancel()

    async def _live(self, call_id: str) -> None:
        """One caller from his call to his leaving. Cancelled when the call is over."""
        call, chance = self.calls[call_id], self._chance
        if call.kind == "leaves before the answer":
            await asyncio.sleep(chance.uniform(0.005, 0.06))
        else:
            await self._told[call_id].wait()
            mouth = next(m[call_id][0] for m in self._mouths if call_id in m)
            await self._act(call, mouth)
        while True:  # an order that comes while SIPp is busy with the call gets lost
            self._hang_up(call_id)
            await asyncio.sleep(_AGAIN_S)

    async def _act(self, call: SoakCall, mouth: RtpMouth) -> None:
        chance = self._chance
        match call.kind:
            case "leaves during the announcement":
                await asyncio.sleep(chance.uniform(0.05, 1.5))
                return
            case "leaves from the menu":
                await asyncio.sleep(chance.uniform(1.5, 8))
                return
            case "leaves a message" | "leaves in the middle of his message":
                await self._press(mouth, "5", chance.uniform(1.5, 4))
                await asyncio.sleep(chance.uniform(4, 6))
                mouth.says = self._speech
                await asyncio.sleep(chance.uniform(2, 5))
                if call.kind == "leaves a message":
                    mouth.push("#")
                    await asyncio.sleep(30)
                return
            case "wants to be called back":
                await self._press(mouth, "4", chance.uniform(1.5, 4))
                await self._press(mouth, "1", chance.uniform(2, 6))
                await asyncio.sleep(30)
                return
            case "waits for nothing" | "is wrong here":
                await asyncio.sleep(60)
                return
        if call.did == HOTLINE:
            await self._press(mouth, chance.choices("123", (5, 3, 1))[0], chance.uniform(1.5, 4))
        match call.kind:
            case "gives up in line or while it rings":
                await asyncio.sleep(chance.choice((chance.uniform(0.05, 1), chance.uniform(0.5, 9))))
            case "leaves the talk":
                await asyncio.sleep(chance.uniform(4, 20))
            case "takes an offer in line":
                key = chance.choice("45")
                await self._press(mouth, key, chance.uniform(2, 7))
                await asyncio.sleep(chance.uniform(2, 6))
                if key == "4":
                    mouth.push("1")
                else:
                    mouth.says = self._speech
                await asyncio.sleep(chance.uniform(10, 25))
            case "answers the survey":
                for _ in range(16):
                    await self._press(mouth, chance.choice("12345"), 4)
            case _:
                await asyncio.sleep(chance.uniform(70, 110))

    async def _press(self, mouth: RtpMouth, key: str, after: float) -> None:
        await asyncio.sleep(after)
        mouth.push(key)

    def _hang_up(self, call_id: str) -> None:
        self.calls[call_id].leaves = True
        self._sipp.tell(call_id, "HANGUP")

    async def _speak(self) -> None:
        """Send everybody's packets, for ever."""
        loop = asyncio.get_running_loop()
        send, phase = self._socket.sendto, 0
        due = loop.time()
        while True:
            for mouth, there in self._mouths[phase].values():
                for packet in mouth.packets():
                    with contextlib.suppress(OSError):
                        send(packet, there)
            phase = (phase + 1) % PHASES
            due += FRAME_S / PHASES
            self.latest = max(self.latest, loop.time() - due)
            if loop.time() - due > 1.0:
                due = loop.time()  # the machine was busy: what was not sent is lost, as on a bad line
            await asyncio.sleep(max(0.0, due - loop.time()))
