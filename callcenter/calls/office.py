"""What the story of a call needs of the other rooms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from callcenter.acd.service import Distributor
from callcenter.center.model import Center
from callcenter.ivr.library import FlowLibrary
from callcenter.ivr.runner import PromptPort
from callcenter.ivr.steps import Fetch, Fetched, SendMessage, Sent
from callcenter.recording.service import Recorder
from callcenter.storage.facts import Journal
from callcenter.telephony.clock import Clock, Ids

if TYPE_CHECKING:
    from callcenter.calls.callbacks import Callbacks


class VoicemailPath(Protocol):
    """Where a message of a call is kept: relative to the folder of messages, and whole."""

    def __call__(self, call_id: str, name: str = "voicemail") -> tuple[str, Path]: ...


class Outside(Protocol):
    """Systems beyond the center. Neither method raises for what the net does."""

    async def fetch(self, step: Fetch) -> Fetched: ...

    async def send(self, step: SendMessage) -> Sent: ...


@dataclass(slots=True)
class Office:
    """Services handed to every story."""

    clock: Clock
    ids: Ids
    journal: Journal
    acd: Distributor
    center: Callable[[], Center]
    flows: FlowLibrary
    prompts: PromptPort
    recorder: Recorder
    is_open: Callable[[str], bool]
    emergency: Callable[[str], bool]
    outside: Outside
    brief: Callable[[str], Awaitable[dict[str, Any]]]
    show_pop: Callable[[str, dict[str, Any]], None]
    pop_seen: Callable[[str], Awaitable[None]]  # returns when the agent sees it, or soon
    spawn: Callable[[Coroutine[Any, Any, None]], None]
    voicemail_path: VoicemailPath
    sounds: Path  # the folder that sound files of the center file are relative to
    callbacks: Callbacks = field(init=False)  # set by who builds it: they need the office themselves
