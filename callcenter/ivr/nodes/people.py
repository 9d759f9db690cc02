"""Nodes that bring the caller to a person, now or later."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field

from callcenter.center.needs import NeedsError, parse
from callcenter.center.routing_model import OverflowTarget
from callcenter.ivr.expressions import ExpressionError
from callcenter.ivr.fields import FilledText, NeedsText, OptionalNode, QueueName, SkillLevels, Spoken
from callcenter.ivr.nodes.base import Mistake, Node, SpeakingNode
from callcenter.ivr.steps import (
    EnterQueue,
    PromiseCallback,
    Promised,
    QueueEnded,
    TakeVoicemail,
    Transfer,
    Transferred,
    Utterance,
)
from callcenter.ivr.visit import CallFlow, Finish, NodeFailed, Visit, Walk
from callcenter.speech import phrases

#: of an overflow rule's mailbox and number
OVERFLOW_MESSAGE_SECONDS = 120.0
OVERFLOW_RING_SECONDS = 30.0
#: said for an offer that was taken in line
_THANKS = {
    "callback": phrases.CALL_BACK_NOTED,
    "voicemail": phrases.MESSAGE_KEPT,
}


class QueueNode(Node):
    """Let the caller wait for an agent."""

    type: Literal["queue"]
    ends: ClassVar[bool] = True
    queue: QueueName = Field(description="Which queue of the center file.")
    priority: int = Field(
        default=0, ge=-100, le=100, description="Added to the queue's own; higher is served first."
    )
    skills: SkillLevels = Field(
        default={}, description="Skills with levels this caller needs beside those of the queue."
    )
    needs: NeedsText = Field(
        default="",
        description="The same as an expression over skills: `english >= 3 and (billing or refunds)`.",
    )
    max_wait_seconds: float | None = Field(
        default=None, ge=1, le=14400, description="The longest wait here. Left out: the queue's own."
    )
    whisper: Spoken = Field(
        default={}, description="Said to the agent alone before he is joined: `VIP, {customer.name}`."
    )
    on_max_wait: OptionalNode = Field(
        default="",
        description="Where to go when the longest wait is over. Empty: apologise and hang up.",
    )
    on_full: OptionalNode = Field(
        default="",
        description="Where to go when the queue is full or closed and no overflow rule of the center says "
        "where. Empty: as when the longest wait is over.",
    )
    after_offer: OptionalNode = Field(
        default="",
        description="Where the caller goes who took an offer of the queue (a call-back, a message). Empty:"
        " thank and hang up.",
    )
    after_talk: OptionalNode = Field(
        default="",
        description="Where the caller goes when the agent has hung up, such as a survey. Empty: nowhere.",
    )

    def mistakes(self) -> Iterator[Mistake]:
        if self.needs:
            try:
                parse(self.needs)
            except NeedsError as wrong:
                yield Mistake(
                    ("needs",), str(wrong), "write it such as: english >= 3 and (billing or refunds)"
                )

    def run(self, at: Visit) -> Walk:
        at.waits_in(self.queue)
        outcome = yield EnterQueue(
            at.node,
            self.queue,
            self.priority,
            dict(self.skills),
            self.needs,
            self.max_wait_seconds,
            self._whispered(at),
        )
        how = outcome.how if isinstance(outcome, QueueEnded) else "failed"
        if how == "served":
            return at.go("after_talk", self.after_talk) if self.after_talk else Finish()
        if how in _THANKS:
            return at.go("after_offer", self.after_offer, _THANKS[how], phrases.GOODBYE)
        if how == "failed":
            raise NodeFailed("the queue failed")
        if how == "elsewhere" and isinstance(outcome, QueueEnded) and outcome.to is not None:
            return (yield from self._elsewhere(at, outcome.to))
        if how == "full" and self.on_full:
            return at.go("on_full", self.on_full)
        return at.go("on_max_wait", self.on_max_wait, phrases.WAITED_TOO_LONG)

    def _elsewhere(self, at: Visit, to: OverflowTarget) -> Walk:
        """The queue's overflow rule says where the caller goes."""
        if to.flow:
            return CallFlow(to.flow, at.node)
        if to.voicemail:
            invitation = at.phrases(phrases.LEAVE_A_MESSAGE)
            yield TakeVoicemail(at.node, invitation, to.voicemail, OVERFLOW_MESSAGE_SECONDS, at.language)
            return Finish(at.phrases(phrases.MESSAGE_KEPT, phrases.GOODBYE))
        if to.number:
            sent = yield Transfer(at.node, (), to.number, OVERFLOW_RING_SECONDS)
            if isinstance(sent, Transferred) and sent.how == "talked":
                return Finish()
            return Finish(at.phrases(phrases.NOT_REACHED, phrases.GOODBYE))
        if to.callback:
            number = at.text("{caller.number}")
            kept = yield PromiseCallback(at.node, self.queue, number, 0.0)
            if isinstance(kept, Promised) and kept.ok:
                return Finish(at.phrases(phrases.PLACE_KEPT, phrases.GOODBYE))
            if number:  # one that is not dialed by itself: people see to it
                at.note("callback.wanted", ani=number, queue=self.queue, why="requested")
                return Finish(at.phrases(phrases.CALL_BACK_NOTED, phrases.GOODBYE))
        return at.go("on_max_wait", self.on_max_wait, phrases.WAITED_TOO_LONG)

    def _whispered(self, at: Visit) -> tuple[Utterance, ...]:
        """What the agent hears; nothing when a value lacks: nobody is kept from the queue for it."""
        try:
            return at.heard(self.whisper)
        except (ExpressionError, NodeFailed):
            return ()

    def title(self) -> dict[Any, str]:
        return {"zh-CN": self.queue, "en": self.queue}


class TransferNode(SpeakingNode):
    """Send the caller on to a number outside or to an extension."""

    type: Literal["transfer"]
    ends: ClassVar[bool] = True
    number: FilledText = Field(description="The number, in quotes, or `{a.value}`.")
    ring_seconds: float = Field(default=30, ge=5, le=120, description="How long it rings.")
    on_no_answer: OptionalNode = Field(
        default="", description="Where to go when nobody answers. Empty: apologise and hang up."
    )
    on_busy: OptionalNode = Field(
        default="", description="Where to go when it is busy. Empty: as nobody answers."
    )
    after_talk: OptionalNode = Field(
        default="", description="Where the caller goes when the other side has hung up. Empty: the call ends."
    )

    def run(self, at: Visit) -> Walk:
        number = re.sub(r"[\s().-]", "", at.text(self.number))
        if not re.fullmatch(r"\+?[0-9]{2,20}", number):
            raise NodeFailed(f"'{number[:40]}' is not a number")
        outcome = yield Transfer(at.node, self.words(at), number, self.ring_seconds)
        how = outcome.how if isinstance(outcome, Transferred) else "unreachable"
        if how == "talked":
            return at.go("after_talk", self.after_talk) if self.after_talk else Finish()
        if how == "busy" and self.on_busy:
            return at.go("on_busy", self.on_busy)
        return at.go("on_no_answer", self.on_no_answer, phrases.NOT_REACHED)

    def title(self) -> dict[Any, str]:
        return {"zh-CN": self.number, "en": self.number}
