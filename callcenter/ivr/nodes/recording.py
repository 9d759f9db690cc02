"""Nodes that keep what the caller says."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from callcenter.ivr.fields import BoxName, Label, NodeName, OptionalNode, Variable
from callcenter.ivr.nodes.base import SpeakingNode
from callcenter.ivr.steps import Record, Recorded, TakeVoicemail
from callcenter.ivr.visit import Visit, Walk
from callcenter.speech import phrases


class RecordNode(SpeakingNode):
    """Record what the caller says, for whoever handles the call."""

    type: Literal["record"]
    into: Variable = Field(description="What the recording is called; the variable keeps its place.")
    label: Label = Field(default={}, description="What it is called, shown to the agent.")
    max_seconds: float = Field(default=60, ge=2, le=600, description="The longest recording.")
    next: NodeName = Field(description="The node that follows.")
    on_silence: OptionalNode = Field(
        default="", description="Where to go when nothing was said. Empty: `next`."
    )

    def run(self, at: Visit) -> Walk:
        outcome = yield Record(at.node, self.words(at), self.into, self.label, self.max_seconds)
        if isinstance(outcome, Recorded) and outcome.path:
            at.set(self.into, outcome.path)
            return at.go("next", self.next)
        at.set(self.into, "")
        return at.go("on_silence", self.on_silence) if self.on_silence else at.go("next", self.next)


class VoicemailNode(SpeakingNode):
    """Record a message for a mailbox: it is listed on the desk, and mailed if the mailbox has addresses."""

    type: Literal["voicemail"]
    ends: ClassVar[bool] = True
    box: BoxName = Field(default="main", description="Where the message is listed.")
    max_seconds: float = Field(default=120, ge=5, le=600, description="The longest message.")
    next: OptionalNode = Field(default="", description="The node that follows. Empty: thank and hang up.")

    def run(self, at: Visit) -> Walk:
        heard = self.words(at) or at.phrases(phrases.LEAVE_A_MESSAGE)
        yield TakeVoicemail(at.node, heard, self.box, self.max_seconds, at.language)
        return at.go("next", self.next, phrases.MESSAGE_KEPT, phrases.GOODBYE)
