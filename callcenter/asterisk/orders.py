"""What Asterisk is told when a leg is to be joined to a phone, and what an order under way has come to.

Nothing that comes from outside can say more here than it should: each value is checked against what it may
look like before it becomes part of a line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from callcenter.telephony.legs import ConnectOrder, RecordTracks, TransferOrder
from callcenter.telephony.outgoing import CallOutOrder

MUSIC_CLASS = re.compile(r"[A-Za-z0-9_-]{1,79}")
_EXTENSION = re.compile(r"[0-9]{2,15}")
_NUMBER = re.compile(r"\+?[0-9]{2,20}")
_LEG_ID = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_ENDPOINT = re.compile(r"[A-Za-z0-9_.-]{1,79}")
_SAYS_MORE = re.compile(r"[(),|^&:;`$%\x00-\x1f\x7f\"'\\]")


@dataclass(slots=True)
class OrderProgress:
    """An order under way, as the manager's events tell of it. Times are of the switch's clock."""

    call_id: str
    phones: tuple[str, ...]  # the extensions that are rung, or one number
    ringing: set[str] = field(default_factory=set)  # those that have begun to ring
    stopped: set[str] = field(default_factory=set)  # those told to have stopped by themselves
    answered_by: str = ""
    answered_at: float | None = None
    over: bool = False  # Dial has returned


def dial_words(order: ConnectOrder) -> str:
    """The argument of Dial for agents' phones. Raises ValueError for a value that could say more.

    A: what the agent hears before he is joined.
    """
    phones = (order.phone, *order.also)
    for phone in phones:
        if not _EXTENSION.fullmatch(phone):
            raise ValueError(f"not an extension: {phone!r}")
    called = "&".join(f"PJSIP/{phone}" for phone in phones)
    whisper = f"A({plain_file(order.whisper.path)})" if order.whisper else ""
    return f"{called},{order.ring_seconds:g},{_options(order.music)}{whisper}"


def transfer_words(order: TransferOrder, trunk: str) -> str:
    """The argument of Dial for a number behind `trunk`, or for an extension of ours ('').

    Raises ValueError for a value that could say more. f: the number shown to the called party.
    """
    if not _NUMBER.fullmatch(order.number):
        raise ValueError(f"not a number that can be dialed: {order.number!r}")
    if trunk and not _ENDPOINT.fullmatch(trunk):
        raise ValueError(f"not the name of a trunk: {trunk!r}")
    if order.caller_id and not _NUMBER.fullmatch(order.caller_id):
        raise ValueError(f"not a number that can be shown: {order.caller_id!r}")
    shown = f"f({order.caller_id})" if order.caller_id else ""
    called = f"{order.number}@{trunk}" if trunk else order.number
    return f"PJSIP/{called},{order.ring_seconds:g},{_options(order.music)}{shown}"


def call_out_words(order: CallOutOrder, trunk: str) -> tuple[str, str]:
    """The channel that is dialed for a number behind `trunk`, or for an extension of ours (''), and the
    caller id it shows. Raises ValueError for a value that could say more."""
    if not _NUMBER.fullmatch(order.number):
        raise ValueError(f"not a number that can be dialed: {order.number!r}")
    if trunk and not _ENDPOINT.fullmatch(trunk):
        raise ValueError(f"not the name of a trunk: {trunk!r}")
    if order.caller_id and not _NUMBER.fullmatch(order.caller_id):
        raise ValueError(f"not a number that can be shown: {order.caller_id!r}")
    if not _LEG_ID.fullmatch(order.leg_id):
        raise ValueError(f"not an id for a leg: {order.leg_id!r}")
    called = f"{order.number}@{trunk}" if trunk else order.number
    return f"PJSIP/{called}", f"<{order.caller_id}>" if order.caller_id else ""


def recording_words(tracks: RecordTracks) -> str:
    """The argument of MixMonitor: two tracks and no mix, only while the leg talks (b)."""
    for path in (tracks.caller, tracks.agent):
        if path.suffix != ".wav" or _SAYS_MORE.search(str(path)):
            raise ValueError(f"not a name for a recording: {str(path)!r}")
    return f",br({tracks.caller})t({tracks.agent})"


def plain_file(path: Path) -> str:
    """A file's name, fit to be part of an application's argument. Raises ValueError if it could say more."""
    if _SAYS_MORE.search(str(path)):
        raise ValueError(f"not a name for a prompt: {str(path)!r}")
    return str(path)


def _options(music: str) -> str:
    """g: the leg goes on when the other side hangs up; i: a phone cannot forward our callers elsewhere;
    m: music until the answer."""
    if not MUSIC_CLASS.fullmatch(music):
        raise ValueError(f"not a music class: {music!r}")
    return f"gim({music})"
