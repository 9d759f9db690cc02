"""Joins a flow's run to a real leg: plays, asks, listens, and hands all else to the story of the call."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import structlog

from callcenter.ivr.frame import Frame
from callcenter.ivr.interpreter import FlowRun
from callcenter.ivr.model import Flow
from callcenter.ivr.steps import (
    AskKey,
    Deaf,
    Done,
    EnterQueue,
    Failed,
    Fetch,
    Fetched,
    FindCustomer,
    Found,
    HangUp,
    Listen,
    Outcome,
    Play,
    Pressed,
    PromiseCallback,
    Promised,
    QueueEnded,
    Record,
    Recorded,
    SendMessage,
    Sent,
    Spoken,
    Step,
    TakeVoicemail,
    Transfer,
    Transferred,
    Utterance,
)
from callcenter.telephony.legs import Grammar, Leg, LegGone, Prompt

_log = structlog.get_logger(__name__)

EVERY_KEY = "0123456789*#"
CLOSING_SECONDS = 3.0
"""So long after the last digit a pound key still belongs to the digits."""


class PromptPort(Protocol):
    """Makes something audible."""

    async def path(self, utterance: Utterance) -> Path:
        """A file the switch can read, without its extension."""


class Services(Protocol):
    """What a flow asks for beyond the leg. Each may raise LegGone; any other error fails the node."""

    async def wait_in_line(self, step: EnterQueue) -> QueueEnded: ...

    async def take_voicemail(self, step: TakeVoicemail) -> None:
        """Record a message; the invitation was played."""

    async def record(self, step: Record) -> Recorded:
        """Record what the caller says; the prompt was played."""

    async def transfer(self, step: Transfer) -> Transferred: ...

    async def promise_callback(self, step: PromiseCallback) -> Promised:
        """Call the caller back in his place in line."""

    async def customer(self, number: str) -> Mapping[str, Any] | None: ...

    async def fetch(self, step: Fetch) -> Fetched: ...

    async def send(self, step: SendMessage) -> Sent: ...


async def run_flow(
    run: FlowRun,
    leg: Leg,
    *,
    prompts: PromptPort,
    fact: Callable[..., object],
    services: Services,
    frames: Sequence[Frame[Flow]] = (),
    meanwhile: Outcome | None = None,
) -> None:
    """Take a leg through a flow to its end, and end the leg.

    `fact(kind, **data)` writes a fact of this call. `frames` are where the caller was before an interruption;
    `meanwhile` is what came of the step he was in then, when that is over.
    Raises LegGone when the caller leaves. A failure inside a node is noted, and the caller goes where the
    flow leads failures.
    """
    await _Walk(run, leg, prompts, fact, services).walk(frames, meanwhile)


class _Walk:
    def __init__(
        self, run: FlowRun, leg: Leg, prompts: PromptPort, fact: Callable[..., object], services: Services
    ) -> None:
        self._run = run
        self._leg = leg
        self._prompts = prompts
        self._fact = fact
        self._services = services
        self._keys: deque[str] = deque()  # pressed while nothing was asked yet
        self._closing = ("", 0.0)  # a key that may still come, and until when

    async def walk(self, frames: Sequence[Frame[Flow]], meanwhile: Outcome | None) -> None:
        await self._leg.answer()
        step = self._run.resume(frames) if frames else self._run.begin()
        if frames and meanwhile is not None:
            step = self._run.proceed(meanwhile)
        while not isinstance(step, HangUp):
            self._write_happenings()
            step = self._run.proceed(await self._outcome(step))
        self._write_happenings()
        await self._outcome(step)
        await self._leg.hang_up()

    async def _outcome(self, step: Step) -> Outcome:
        try:
            return await self._do(step)
        except LegGone:
            raise
        except Exception as error:
            flow, node = self._run.flow.id, step.node
            _log.error("ivr.failed", flow=flow, node=node, error=repr(error), exc_info=error)
            return Failed(f"{type(error).__name__}: {error}")

    async def _do(self, step: Step) -> Outcome:
        match step:
            case Play():
                keys = EVERY_KEY if step.skip else ""
                key = await self._say(step.utterances, keys)
                self._keep(await self._say(step.utterances, keys) if self._closes(key) else key)
                return Done()
            case AskKey():
                key = await self._ask(step)
                key = await self._ask(step) if self._closes(key) else key
                if step.closing and key.isdigit():
                    self._closing = step.closing, self._now() + CLOSING_SECONDS
                return Pressed(key)
            case Listen():
                heard = await self._listen(step)
                again = isinstance(heard, Pressed) and self._closes(heard.key)
                return await self._listen(step) if again else heard
            case Fetch():
                return await self._fetch(step)
            case PromiseCallback():
                return await self._services.promise_callback(step)
            case FindCustomer():
                return Found(await self._services.customer(step.number))
            case SendMessage():
                return await self._services.send(step)
            case HangUp():
                await self._say(step.utterances)
                return Done()
            case _:
                return await self._without_keys(step)

    async def _without_keys(self, step: Step) -> Outcome:
        """What was pressed before these must not choose anything after them."""
        self._keys.clear()
        match step:
            case EnterQueue():
                outcome: Outcome = await self._services.wait_in_line(step)
            case Record():
                await self._say(step.utterances)
                outcome = await self._services.record(step)
            case TakeVoicemail():
                await self._say(step.utterances)
                await self._services.take_voicemail(step)
                outcome = Done()
            case Transfer():
                await self._say(step.utterances)
                outcome = await self._services.transfer(step)
            case _:
                outcome = Failed(f"a step nobody knows: {step}")
        self._leg.forget_keys()
        return outcome

    async def _ask(self, step: AskKey) -> str:
        """A key pressed before, during or after the prompt. Wrong keys cut it short as well."""
        if self._keys:
            return self._keys.popleft()
        key = await self._say(step.utterances, EVERY_KEY if step.barge_in else "")
        return key or await self._leg.read_key(step.seconds)

    async def _listen(self, step: Listen) -> Outcome:
        if self._keys:
            return Pressed(self._keys.popleft())
        with _Prompts(self._prompts, step.utterances) as files:
            heard = await self._leg.listen(
                files, Grammar(step.words, step.language), EVERY_KEY if step.keys else "", step.seconds
            )
        if heard.key:
            return Pressed(heard.key)
        if heard.failed:
            return Deaf()
        return Spoken(heard.text, heard.score)

    async def _fetch(self, step: Fetch) -> Outcome:
        asking = asyncio.ensure_future(self._services.fetch(step))
        gone = asyncio.ensure_future(self._leg.wait_gone())
        try:
            key = await self._say(step.utterances, EVERY_KEY)
            self._keep("" if self._closes(key) else key)
            await asyncio.wait((asking, gone), return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                raise LegGone(gone.result())
            return asking.result()
        finally:
            asking.cancel()
            gone.cancel()

    async def _say(self, utterances: Sequence[Utterance], keys: str = "") -> str:
        if not utterances:
            return ""
        with _Prompts(self._prompts, utterances) as files:
            return await self._leg.play(files, keys)

    def _closes(self, key: str) -> bool:
        """Whether a key belongs to the digits before, which were as many as could be."""
        if not key:
            return False
        (closing, until), self._closing = self._closing, ("", 0.0)
        return key == closing and self._now() < until

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _keep(self, key: str) -> None:
        if key:
            self._keys.append(key)

    def _write_happenings(self) -> None:
        for kind, data in self._run.take_happenings():
            self._fact(kind, **data)


class _Prompts:
    """Prompts in the making: the next is made while the one before plays, and none is left behind."""

    def __init__(self, port: PromptPort, utterances: Sequence[Utterance]) -> None:
        pieces = [piece for utterance in utterances for piece in utterance.apart()]
        self._tasks = [asyncio.ensure_future(self._make(port, piece)) for piece in pieces]

    async def _make(self, port: PromptPort, utterance: Utterance) -> Prompt:
        return Prompt(await port.path(utterance))

    def __enter__(self) -> list[asyncio.Future[Prompt]]:
        return list(self._tasks)

    def __exit__(self, *_: object) -> None:
        for task in self._tasks:
            if not task.cancel() and not task.cancelled():
                task.exception()  # of one that was never played: nobody else asks
