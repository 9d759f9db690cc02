"""Joins a flow's run to a real leg: plays, asks, and hands the caller to queue and voicemail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

import structlog

from callcenter.ivr.interpreter import FlowRun
from callcenter.ivr.model import MENU_KEYS
from callcenter.ivr.steps import (
    AskKey,
    Done,
    EnterQueue,
    HangUp,
    Outcome,
    Play,
    Pressed,
    QueueEnded,
    Step,
    TakeVoicemail,
    Utterance,
)
from callcenter.speech import phrases
from callcenter.telephony.legs import Leg, LegGone, Prompt

_log = structlog.get_logger(__name__)


class PromptPort(Protocol):
    """Makes something audible."""

    async def path(self, utterance: Utterance) -> Path:
        """A file the switch can read, without its extension."""


async def run_flow(
    run: FlowRun,
    leg: Leg,
    *,
    prompts: PromptPort,
    fact: Callable[..., object],
    on_queue: Callable[[EnterQueue], Awaitable[str]],
    on_voicemail: Callable[[TakeVoicemail], Awaitable[None]],
    begin_node: str = "",
) -> str:
    """Take a leg through a flow to its end, and end the leg.

    `fact(kind, **data)` writes a fact of this call. `on_queue` returns how the waiting ended (`served`,
    `max_wait`, `failed`); `on_voicemail` plays the invitation and records. Returns what came of it:
    `answered`, `voicemail` or `ivr`. Raises LegGone when the caller leaves. A failure inside a node is noted,
    the caller hears an apology and goes to the flow's first queue, or the call ends.
    """
    return await _Walk(run, leg, prompts, fact, on_queue, on_voicemail).walk(begin_node)


class _Walk:
    def __init__(
        self,
        run: FlowRun,
        leg: Leg,
        prompts: PromptPort,
        fact: Callable[..., object],
        on_queue: Callable[[EnterQueue], Awaitable[str]],
        on_voicemail: Callable[[TakeVoicemail], Awaitable[None]],
    ) -> None:
        self._run = run
        self._leg = leg
        self._prompts = prompts
        self._fact = fact
        self._on_queue = on_queue
        self._on_voicemail = on_voicemail
        self._key = ""  # pressed while nothing was asked yet
        self._result = "ivr"

    async def walk(self, begin_node: str) -> str:
        await self._leg.answer()
        flow = self._run.flow
        self._fact(
            "ivr.entered",
            flow=flow.id,
            version=flow.version,
            node=begin_node or flow.file.start,
            language=self._run.language,
        )
        try:
            step = self._run.begin(begin_node)
            while True:
                self._write_happenings()
                if isinstance(step, HangUp):
                    await self._say(step.utterances)
                    break
                step = self._run.proceed(await self._do(step))
        except LegGone:
            raise
        except Exception as error:
            await self._rescue(error)
        await self._leg.hang_up()
        return self._result

    async def _do(self, step: Step) -> Outcome:
        match step:
            case Play():
                self._key = await self._say(step.utterances, MENU_KEYS) or self._key
            case AskKey():
                return Pressed(await self._ask(step))
            case EnterQueue():
                self._key = ""  # what was pressed before waiting must not choose anything after it
                how = await self._on_queue(step)
                if how == "served":
                    self._result = "answered"
                return QueueEnded(how)
            case TakeVoicemail():
                self._key = ""
                await self._on_voicemail(step)
                self._result = "voicemail"
            case HangUp():
                pass
        return Done()

    async def _ask(self, step: AskKey) -> str:
        """A key pressed before, during or after the prompt. Wrong keys cut it short as well."""
        if self._key:
            key, self._key = self._key, ""
            return key
        return await self._say(step.utterances, MENU_KEYS) or await self._leg.read_key(step.seconds)

    async def _say(self, utterances: Sequence[Utterance], keys: str = "") -> str:
        if not utterances:
            return ""
        files = [Prompt(await self._prompts.path(utterance)) for utterance in utterances]
        return await self._leg.play(files, keys)

    async def _rescue(self, error: Exception) -> None:
        """The flow failed: apologise, and let a person help if there is a queue."""
        node = self._run.node
        _log.error("ivr.failed", flow=self._run.flow.id, node=node, error=repr(error), exc_info=error)
        self._write_happenings()
        self._fact("ivr.failed", node=node, error=f"{type(error).__name__}: {error}"[:300])
        queue = self._run.flow.first_queue
        if queue and not isinstance(self._run.step, EnterQueue):
            await self._apologise(phrases.TROUBLE)
            try:
                if await self._on_queue(EnterQueue(node, queue)) == "served":
                    self._result = "answered"
                    return
            except LegGone:
                raise
            except Exception as second:
                _log.error("ivr.rescue_failed", flow=self._run.flow.id, queue=queue, exc_info=second)
                self._fact("ivr.failed", node=node, error=f"{type(second).__name__}: {second}"[:300])
        await self._apologise(phrases.TROUBLE_GOODBYE)

    async def _apologise(self, phrase: phrases.Phrase) -> None:
        language = self._run.language
        try:
            await self._say([Utterance(phrases.text(phrase, language), language=language)])
        except LegGone:
            raise
        except Exception as error:
            _log.error("ivr.apology_failed", exc_info=error)

    def _write_happenings(self) -> None:
        for kind, data in self._run.take_happenings():
            self._fact(kind, **data)
