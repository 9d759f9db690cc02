"""One controller at a time: whose an Asterisk is, as it says itself.

A global variable of Asterisk names the controller and when it was last there. Another controller reads it
before it does anything, and leaves Asterisk alone while the first is there: two would each know half of what
goes on, and write over each other's phones. A controller that is started again (same data folder, so
same id) goes on at once; one that died for good is forgotten after `FRESH_SECONDS`. The variable dies with
Asterisk.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from callcenter.asterisk.ami_client import AmiClient
from callcenter.asterisk.ami_link import AmiError

log = logging.getLogger(__name__)

VARIABLE = "CC_CONTROLLER"
RENEW_SECONDS = 5.0
FRESH_SECONDS = 15.0  # clocks of two machines may differ by a few seconds
#: two who claim at the same moment both look again after this long: the one whose name is not there gives way
SETTLE_SECONDS = 0.2


class AnotherController(AmiError):
    """This Asterisk is another controller's."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who was there, and when."""

    controller: str  # an id without blanks
    where: str  # host and process, for people
    at: float  # seconds since the epoch

    def written(self) -> str:
        return f"{self.controller} {self.where} {self.at:.0f}"

    @classmethod
    def read(cls, text: str) -> Claim | None:
        """None for what is not a claim."""
        parts = text.split(" ")
        if len(parts) != 3 or not parts[0]:
            return None
        try:
            return cls(parts[0], parts[1], float(parts[2]))
        except ValueError:
            return None


def controller_id(data: Path) -> str:
    """The id of the controller with this data folder; made once. Raises OSError."""
    file = data / "controller-id"
    with contextlib.suppress(FileNotFoundError):
        if known := file.read_text(encoding="ascii", errors="replace").strip():
            return known
    made = secrets.token_hex(8)
    file.write_text(made + "\n", encoding="ascii")
    return made


class Ownership:
    """Our claim on one Asterisk."""

    def __init__(self, ami: AmiClient, controller: str, now: Callable[[], float]) -> None:
        """`controller` '' claims nothing: for tools that only look."""
        self._ami = ami
        self._me = controller
        self._now = now
        self._where = f"{socket.gethostname() or 'unknown'}:{os.getpid()}".replace(" ", "-")

    async def claim(self) -> None:
        """Before anything else is done. Raises AnotherController while Asterisk is somebody else's."""
        if not self._me:
            return
        self._give_way_to(await self._read())
        await self._write()
        await asyncio.sleep(SETTLE_SECONDS)
        self._give_way_to(await self._read())

    async def keep(self) -> None:
        """Say every few seconds that we are there, for as long as this runs."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            if self._me and self._ami.ready:
                try:
                    await self._write()
                except AmiError as error:
                    log.debug("the claim on Asterisk could not be renewed: %s", error)

    async def let_go(self) -> None:
        """Another controller may come at once."""
        if self._me and self._ami.ready:
            with contextlib.suppress(AmiError):
                await self._ami.action("Setvar", {"Variable": VARIABLE, "Value": ""}, deadline=1.0)

    def _give_way_to(self, other: Claim | None) -> None:
        if other is None or other.controller == self._me:
            return
        if abs(self._now() - other.at) < FRESH_SECONDS:
            raise AnotherController(
                f"another controller ({other.where}) is attached to this Asterisk; nothing is done here "
                "while it is there"
            )

    async def _read(self) -> Claim | None:
        answer = await self._ami.action("Getvar", {"Variable": VARIABLE})
        return Claim.read(answer.get("Value")) if answer.ok else None

    async def _write(self) -> None:
        value = Claim(self._me, self._where, self._now()).written()
        answer = await self._ami.action("Setvar", {"Variable": VARIABLE, "Value": value})
        if not answer.ok:
            raise AmiError(f"Asterisk could not be told whose it is: {answer.message}")
