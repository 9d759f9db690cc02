"""A leg: one channel of a call, as the engine sees it.

The IVR and the distributor talk to a `Leg`; the real one drives an Asterisk channel, the simulated one
a caller in virtual time. Every method that takes time ends early with `LegGone` when the other side leaves.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class Gone(StrEnum):
    """Why a leg is gone."""

    HANGUP = "hangup"  # the person at the other end left
    SWITCH_LOST = "switch_lost"  # the link to the switch broke; the leg may still be alive
    CLOSED = "closed"  # we ended it


class LegGone(Exception):
    """The leg ended while something was asked of it."""

    def __init__(self, why: Gone) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class LegInfo:
    """What the switch knows about a leg when it knocks."""

    leg_id: str  # unique on its node, for Asterisk the channel's Uniqueid
    channel: str  # the switch's own name for it, used in commands
    node: str  # which switch it is on
    ani: str  # the caller's number as sent by the trunk; may be empty
    caller_name: str  # any text at all: never to be trusted
    did: str  # the dialed number


@dataclass(frozen=True, slots=True)
class Prompt:
    """One thing to play: a file the switch can read, without its extension."""

    path: Path


Playable = Prompt | Awaitable[Prompt]
"""A prompt, or a task that is still making one: it is awaited when its turn to be played comes."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """What may be said."""

    words: tuple[str, ...]  # phrases in lower case; () means anything
    language: str  # zh-CN or en


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of `Leg.listen`: a key, or words, or nothing."""

    key: str = ""
    text: str = ""
    score: int = 0  # 0 (a guess) to 100 (sure)
    failed: bool = False  # the recogniser is missing, dead or too slow: go on by keys


class ConnectResult(StrEnum):
    """How an attempt to connect the leg to a phone ended. Of several phones that were rung at once: NO_ANSWER
    when one of them rang to the end, else BUSY when one rejected the call, else UNREACHABLE."""

    TALKED = "talked"  # answered; the talk is over when connect() returns
    NO_ANSWER = "no_answer"
    BUSY = "busy"  # the phone rejected the call or is in use
    UNREACHABLE = "unreachable"  # not registered, or no such phone


@dataclass(frozen=True, slots=True)
class Connected:
    """The end of `Leg.connect`."""

    result: ConnectResult
    talk_seconds: float = 0.0
    caller_left: bool = False  # TALKED: the caller hung up (else the agent did)
    phone: str = ""  # TALKED: the extension or number that answered


@dataclass(frozen=True, slots=True)
class RecordTracks:
    """Where the two sides of a talk are written, as WAV files of equal length."""

    caller: Path
    agent: Path


@dataclass(frozen=True, slots=True)
class ConnectOrder:
    """Ring a phone, or several at once, and join the one that answers first to the leg; the others stop."""

    phone: str  # extension of the agent's phone
    ring_seconds: float
    call_id: str
    caller_name: str = ""  # shown on the phone's display
    music: str = "default"  # what the caller hears until the answer
    record: RecordTracks | None = None
    whisper: Prompt | None = None
    """The agent hears it after he answered, while the caller still hears music. Ringing lasts until it is
    over: only then is the phone reported as answered, and talk and recording begin. An agent who hangs up
    before that counts as BUSY. Of several phones the others stop when the first is picked up."""
    also: tuple[str, ...] = ()  # extensions of further phones that ring at the same time


@dataclass(frozen=True, slots=True)
class TransferOrder:
    """Send the caller on: to an extension of ours, or to a number outside through the trunk."""

    number: str  # digits, with a + before them if the trunk takes it so
    ring_seconds: float
    call_id: str
    caller_id: str = ""  # the number shown to the called party; '': the caller's own
    music: str = "default"  # what the caller hears until the answer


class Leg(Protocol):
    """One leg under our control. One command at a time."""

    @property
    def info(self) -> LegInfo: ...

    @property
    def gone(self) -> Gone | None: ...

    async def answer(self) -> None:
        """Answer the leg. Answering twice does no harm."""

    async def play(self, prompts: Sequence[Playable], keys: str = "") -> str:
        """Play prompts in order; return the key of `keys` that cut them short, or ''.

        A key pressed before counts as well: if it is of `keys`, nothing is played. Keys that were not asked
        for are kept, in order, for the next `play`, `listen` or `read_key`; what stands behind one of them
        waits for its turn.
        """

    async def read_key(self, seconds: float) -> str:
        """Wait for one key (0-9*#A-D); return it, or '' when the time is up.

        Keys are kept from the answer on, whatever the leg does, until they are read here, cut a prompt short
        or are forgotten: by `connect`, `transfer` and `record`, and by `forget_keys`.
        """

    async def wait_key(self, keys: str) -> str:
        """Wait, without a command, until one of `keys` is pressed, and return it; other keys are forgotten.

        Music plays meanwhile. Nothing else may be asked of the leg until it returns or is cancelled, and it
        does not notice that the leg is gone.
        """

    def forget_keys(self) -> None:
        """Forget what was pressed until now."""

    async def listen(self, prompts: Sequence[Playable], grammar: Grammar, keys: str, seconds: float) -> Heard:
        """Play prompts and recognise what is said meanwhile or up to `seconds` after them.

        What was understood, or a key of `keys`, cuts the prompts short. Without a recogniser the prompts are
        played as by `play`, nothing is waited for, and `failed` is set.
        """

    async def music(self, music_class: str | None) -> None:
        """Start music on hold, or stop it (None). It plays while no other command runs."""

    async def wait_gone(self) -> Gone:
        """Wait until the leg is gone. May be cancelled; the leg then goes on."""

    async def record(self, path: Path, max_seconds: float, stop_keys: str = "#", beep: bool = True) -> float:
        """Record the caller to `path` (WAV); return the seconds kept.

        A caller who hangs up ends the recording as if he had pressed a stop key: what he said is kept,
        and the leg is gone at the next command.
        """

    async def connect(self, order: ConnectOrder) -> Connected:
        """Ring a phone, join it, and return when the talk is over or the phone did not answer.

        Progress (ringing, stopped, answered) arrives meanwhile as events of the switch with the order's call
        id, of each phone that is rung.
        Raises LegGone when the caller left before an answer, or when the switch was lost meanwhile; a talk
        may then still be going on.
        """

    async def transfer(self, order: TransferOrder) -> Connected:
        """Ring an extension or a number outside, join it, and return as `connect` does, with its errors.

        Raises ValueError for what is not a number. A number outside without a trunk is UNREACHABLE.
        """

    async def hang_up(self) -> None:
        """End the leg. Ending a gone leg does no harm."""
