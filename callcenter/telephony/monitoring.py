"""A supervisor with a talk: he listens to it, whispers to the agent, barges in, or takes the caller over.

His own phone is rung and joined to the talk under an id that we choose; what becomes of it is told in events.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

#: how often the tone is heard that says that a supervisor listens, seconds
TONE_SECONDS = 15


class MonitorMode(StrEnum):
    """Whom the supervisor hears, and who hears him."""

    LISTEN = "listen"  # he hears both, nobody hears him
    WHISPER = "whisper"  # he hears both, the agent hears him, the caller does not
    BARGE = "barge"  # everybody hears everybody
    HOLD = "hold"  # he hears nobody: only to take the caller over


class MonitorEnd(StrEnum):
    """Why a supervisor is no longer with a talk."""

    ENDED = "ended"  # he hung up, we ended it, or the talk is over
    NO_ANSWER = "no_answer"  # his phone was rung in vain, or rejected the call
    UNREACHABLE = "unreachable"  # not registered, or no such phone


@dataclass(frozen=True, slots=True)
class MonitorOrder:
    """Ring the supervisor's phone and let him be with the talk of a caller's leg and an agent's phone."""

    monitor_id: str  # ours, never used before: letters, digits and hyphens
    phone: str  # extension of the supervisor's phone
    agent_phone: str  # extension of the agent whose talk it is
    leg_id: str  # the caller's leg
    mode: MonitorMode
    ring_seconds: float
    shown: str = ""  # on the display of the supervisor's phone
    tone: bool = False  # caller and agent hear a tone when he begins, and again every `TONE_SECONDS`


@dataclass(frozen=True, slots=True)
class MonitorJoined:
    """The supervisor answered and is with the talk."""

    monitor_id: str


@dataclass(frozen=True, slots=True)
class MonitorModeChanged:
    """He listens, whispers or barges from now on: as we asked for, or by the keys of his phone."""

    monitor_id: str
    mode: MonitorMode


@dataclass(frozen=True, slots=True)
class MonitorEnded:
    """He is no longer with the talk. Not told of one who took the caller over: that is a talk of the leg."""

    monitor_id: str
    why: MonitorEnd


MonitorEvent = MonitorJoined | MonitorModeChanged | MonitorEnded
