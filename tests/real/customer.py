"""Customers outside, behind the trunk: whoever is called there, one SIPp answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from callcenter.demo.sipp_process import SippEvent, SippProcess
from callcenter.demo.sipp_scenarios import phone
from tests.real.kit import until


@dataclass
class Customer:
    """Does what he is told, call by call. `sipp` is to be run as a context manager."""

    folder: Path
    port: int
    rung: list[str] = field(default_factory=list)  # the SIP Call-ID of each call to him
    shown: list[str] = field(default_factory=list)  # who calls
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sipp = SippProcess(
            f"customer-{self.port}", ["-sf", "{customer.xml}"], {"customer.xml": phone(None, None)},
            folder=self.folder, port=self.port, on_event=self._on_event,
        )  # fmt: skip

    def _on_event(self, event: SippEvent) -> None:
        self.told.append(event.kind)
        if event.kind == "ringing":
            self.rung.append(event.call_id)
            self.shown.append(event.words[0])

    async def rings(self, times: int = 1) -> None:
        async def rung() -> bool:
            return len(self.rung) >= times

        await until(rung, 10, say=f"the customer's phone has rung {times} times")

    def does(self, order: str) -> None:
        """ANSWER, REJECT or HANGUP, in the last call to him."""
        self.sipp.tell(self.rung[-1], order)
