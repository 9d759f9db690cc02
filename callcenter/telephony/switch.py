"""What the engine asks of a switch, beyond a single leg."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from callcenter.telephony.events import LiveLeg, SwitchEvent
from callcenter.telephony.legs import Leg
from callcenter.telephony.monitoring import MonitorMode, MonitorOrder
from callcenter.telephony.outgoing import CallOutOrder, CallOutResult

LegHandler = Callable[[Leg], Awaitable[None]]
EventHandler = Callable[[SwitchEvent], None]


@dataclass(frozen=True, slots=True)
class Phone:
    """An agent's phone, to be known to the switch."""

    extension: str
    secret: str
    display_name: str
    webrtc: bool = False


class OutcomeUnknown(Exception):
    """The link broke after a command was sent: it may or may not have been carried out. Never sent again."""


class Switch(Protocol):
    """One switch. Legs knock at `on_leg`; everything else is reported to `on_event`, in order."""

    @property
    def node(self) -> str: ...

    @property
    def up(self) -> bool:
        """True while the link is there and the picture is whole."""

    def attach(self, on_leg: LegHandler, on_event: EventHandler) -> None:
        """Set who is told. Called once, before `start`."""

    async def start(self) -> None:
        """Open the door for legs and keep the link up until `stop`."""

    async def stop(self) -> None:
        """Close the door and the link; legs go on at the switch."""

    async def provision(self, phones: Sequence[Phone]) -> None:
        """Make the switch know exactly these phones, without dropping a call."""

    async def live_legs(self) -> list[LiveLeg]:
        """Ask the switch which legs exist now."""

    async def hang_up_phone(self, phone: str) -> bool:
        """End the talk of an agent's phone; False when it has none."""

    async def hang_up_leg(self, channel: str) -> bool:
        """End a leg by the switch's name for it, or by the id of one that we dial; False when it is gone."""

    async def call_out(self, order: CallOutOrder) -> CallOutResult:
        """Dial a number; return when it was answered or came to nothing.

        An answered leg knocks at `on_leg` under the order's leg id, also when this is cancelled or the link
        is lost meanwhile: dialing then goes on at the switch, and `live_legs` tells whether it still does.
        The number stands as `ani` in what it knows of itself, the number shown as `did`.
        Raises ConnectionError when nothing was dialed for want of a link, and ValueError for what is not a
        number or a leg id that is in use. It is never sent twice.
        """

    async def monitor(self, order: MonitorOrder) -> bool:
        """Ring a supervisor's phone and let him be with a talk; what becomes of it is told in events.

        False, and nothing done, when there is no such talk. Raises ConnectionError (nothing done); after
        OutcomeUnknown it is never ordered again, and events tell once the link is back.
        """

    async def set_monitor_mode(self, monitor_id: str, mode: MonitorMode) -> bool:
        """Listen, whisper or barge from now on; told as an event. False when he is not with a talk."""

    async def end_monitor(self, monitor_id: str) -> bool:
        """Hang up the supervisor's phone; the talk goes on. False when it is over already."""

    async def take_over(self, monitor_id: str) -> bool:
        """The supervisor, who is with the talk, talks on with the caller in the agent's place; the agent's
        phone is hung up. For the caller's leg the order to connect goes on: it ends with this talk. False,
        and nothing done, when one of them is gone."""
