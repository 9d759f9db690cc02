"""Customers outside, behind the trunk: who is called back answers, does not, or is busy."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

from callcenter.demo.sipp_process import SippEvent, SippProcess
from callcenter.demo.sipp_scenarios import phone

NO_ANSWER, BUSY, HANGS_UP = 0.12, 0.08, 0.5
ANSWER_S, STAYS_S, PATIENCE_S = (0.3, 4.0), (0.5, 20.0), 70.0


class Outside:
    """One SIPp is everybody outside. Use `start` and `stop`."""

    def __init__(self, port: int, folder: Path, chance: random.Random) -> None:
        self.did: Counter[str] = Counter()
        self.well_behaved = False
        self._chance = chance
        self._sipp = SippProcess(
            "outside", ["-sf", "{xml}", "-rtp_echo"], {"xml": phone(None, None, own_ports=False)},
            folder=folder, port=port, on_event=self._on_event,
        )  # fmt: skip

    @property
    def pid(self) -> int | None:
        return self._sipp.pid

    async def start(self) -> None:
        await self._sipp.start()

    async def stop(self) -> None:
        await self._sipp.stop()

    def _on_event(self, event: SippEvent) -> None:
        chance, call_id = self._chance, event.call_id
        match event.kind:
            case "ringing":
                luck = 1.0 if self.well_behaved else chance.random()
                if luck >= NO_ANSWER + BUSY:
                    self._later(chance.uniform(*ANSWER_S), call_id, "ANSWER")
                elif luck >= NO_ANSWER:
                    self._later(chance.uniform(0, 1), call_id, "REJECT")
            case "talking":
                leaves = self.well_behaved or chance.random() < HANGS_UP
                # nobody stays for ever with a phone that has vanished
                self._later(chance.uniform(*STAYS_S) if leaves else PATIENCE_S, call_id, "HANGUP")
        self.did[f"called back: {' '.join((event.kind, *event.words[:1]))}" if event.kind == "ended" else
                 f"called back: {event.kind}"] += 1  # fmt: skip

    def _later(self, seconds: float, call_id: str, order: str) -> None:
        asyncio.get_running_loop().call_later(seconds, self._sipp.tell, call_id, order)
