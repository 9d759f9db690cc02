"""What a switch reports, in our own words. Times are seconds of the engine's clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from callcenter.telephony.monitoring import MonitorEnded, MonitorJoined, MonitorModeChanged


class PhoneState(StrEnum):
    """What a phone is doing, as the switch sees it."""

    UNKNOWN = "unknown"
    UNREGISTERED = "unregistered"
    IDLE = "idle"
    RINGING = "ringing"
    IN_USE = "in_use"


@dataclass(frozen=True, slots=True)
class PhoneRinging:
    """The phone of an order under way has begun to ring."""

    call_id: str
    phone: str  # an extension or, in a transfer, a number outside


@dataclass(frozen=True, slots=True)
class PhoneAnswered:
    """The phone of an order under way was answered, and told what it had to be told; the talk begins."""

    call_id: str
    phone: str


@dataclass(frozen=True, slots=True)
class PhoneStopped:
    """One of several phones of an order under way rings no more, and nobody talks yet.

    Of a phone that could not be rung at all nothing is told, nor of those that stop with the whole order or
    with `PhoneAnswered` of another.
    """

    call_id: str
    phone: str
    rejected: bool  # its agent would not have the call; else another picked up, and is whispered to


@dataclass(frozen=True, slots=True)
class PhoneStateChanged:
    """A phone registered, left, or is in use (also by calls that are not ours)."""

    phone: str
    state: PhoneState


@dataclass(frozen=True, slots=True)
class SwitchDown:
    """The link to the switch is lost. Calls may go on there; nothing is known of them."""

    node: str


@dataclass(frozen=True, slots=True)
class LiveLeg:
    """A leg that exists on the switch."""

    leg_id: str
    channel: str
    phone: str  # extension when it is an agent's phone, else ''
    linked_id: str  # legs of one call share it: the leg_id of the caller's leg
    bridge: str  # '' while it talks to nobody


@dataclass(frozen=True, slots=True)
class SwitchUp:
    """The link is there (again), with the whole picture: nothing that is not in it exists."""

    node: str
    booted_at: float  # start of the switch, seconds since the epoch: tells a restart from a lost link
    legs: tuple[LiveLeg, ...]
    phones: dict[str, PhoneState]


SwitchEvent = (
    PhoneRinging
    | PhoneAnswered
    | PhoneStopped
    | PhoneStateChanged
    | SwitchDown
    | SwitchUp
    | MonitorJoined
    | MonitorModeChanged
    | MonitorEnded
)
