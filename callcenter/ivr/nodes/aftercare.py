"""Nodes that end a contact well: a call later, a rating, a message."""

from __future__ import annotations

import re
from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from callcenter.center.model import Model
from callcenter.ivr.fields import (
    ALL_KEYS,
    FilledText,
    Key,
    Label,
    NodeName,
    OptionalNode,
    Place,
    QueueName,
    Readable,
    Spoken,
    Variable,
)
from callcenter.ivr.nodes.base import Node, SpeakingNode
from callcenter.ivr.steps import (
    AskKey,
    Outcome,
    Pressed,
    PromiseCallback,
    Promised,
    SendMessage,
    Sent,
    Step,
    labelled,
)
from callcenter.ivr.visit import Exit, NodeFailed, Visit, Walk
from callcenter.speech import phrases

ANSWER_SECONDS = 6.0


class CallbackTime(Model):
    """When a caller may be called back."""

    label: Label = Field(default={}, description="What the key means, shown to the agent.")
    in_minutes: int | None = Field(default=None, ge=0, le=20160, description="Not before this many minutes.")
    days: int = Field(default=0, ge=0, le=14, description="With `at`: how many days from today.")
    at: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] | Literal[""] = Field(
        default="", description='Time of day, such as "09:00".'
    )

    def moment(self, now: datetime) -> datetime:
        """Not before this. A time of day that is past means the next day."""
        if self.at:
            hour, minute = map(int, self.at.split(":"))
            then = (now + timedelta(days=self.days)).replace(
                hour=hour, minute=minute, second=0, microsecond=0
            )
            return then if then > now else then + timedelta(days=1)
        return now + timedelta(minutes=self.in_minutes or 0)


class CallbackNode(SpeakingNode):
    """Promise a call back: to which number, and when."""

    type: Literal["callback"]
    asks: ClassVar[bool] = True
    queue: QueueName = Field(description="The queue whose agents call back.")
    number: FilledText = Field(default="{caller.number}", description="The number that is offered first.")
    times: dict[Key, CallbackTime] = Field(
        default={}, description="When, by key; `say` tells the keys. Left out: as soon as possible."
    )
    in_place: bool = Field(
        default=False,
        description="Keep the caller's place in the queue's line: when its turn comes an agent is reserved "
        "and the caller is dialed (docs/acd.md). Otherwise people see to it.",
    )
    next: NodeName = Field(description="The node that follows.")
    on_failed: OptionalNode = Field(
        default="",
        description="Where to go without a number, or with one that is not called back. Empty: hang up.",
    )
    retries: int = Field(default=2, ge=0, le=9, description="How often each question is asked again.")

    def _silent(self, place: Place) -> bool:
        return place == ("on_failed",)

    def run(self, at: Visit) -> Walk:
        when: Key | None = None
        if self.times:
            when = yield from self._ask(at, self.words(at), self.times)
            if not when:
                return at.go("on_failed", self.on_failed, phrases.NOT_UNDERSTOOD_GOODBYE)
            at.chose(when, self.times[when].label)
        number = yield from self._number(at)
        if not number:
            return at.go("on_failed", self.on_failed, phrases.NOT_UNDERSTOOD_GOODBYE)
        now = at.around.now()
        then = (self.times[when].moment(now) if when else now).timestamp()
        if self.in_place:
            kept = yield PromiseCallback(at.node, self.queue, number, then if when else 0.0)
            if not (isinstance(kept, Promised) and kept.ok):
                return at.go("on_failed", self.on_failed, phrases.CANNOT_CALL_BACK)
            return at.go("next", self.next)
        at.note("callback.wanted", ani=number, queue=self.queue, why="requested", not_before=then)
        return at.go("next", self.next)

    def _ask(self, at: Visit, heard: Any, keys: Any) -> Generator[Step, Outcome, str]:
        for _ in range(self.retries + 1):
            outcome = yield AskKey(at.node, heard, "".join(keys), ANSWER_SECONDS)
            if isinstance(outcome, Pressed) and outcome.key in keys:
                return outcome.key
        return ""

    def _number(self, at: Visit) -> Generator[Step, Outcome, str]:
        offered = at.text(self.number)
        if re.fullmatch(r"\+?[0-9]{3,20}", offered):
            read = at.phrase(phrases.CALL_YOU_BACK_ON, at.read(offered, "phone"))
            key = yield from self._ask(at, read, "12")
            if key != "2":
                return offered if key else ""
        for _ in range(self.retries + 1):
            digits, heard, seconds = "", at.phrases(phrases.ENTER_YOUR_NUMBER), ANSWER_SECONDS
            while len(digits) < 20:
                outcome = yield AskKey(at.node, heard, ALL_KEYS, seconds)
                key = outcome.key if isinstance(outcome, Pressed) else ""
                if not key or key == "#":
                    break
                digits = "" if key == "*" else digits + key if key in "0123456789" else digits
                heard, seconds = (), 4.0
            if len(digits) >= 5:
                return digits
        return ""


class SurveyQuestion(Model):
    """One question of a survey."""

    say: Spoken = Field(default={}, description="The question. Left out: the usual one, from one to five.")
    label: Label = Field(default={}, description="What it is called, shown to the agent.")
    keys: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,10}$")] = Field(
        default="12345", description="Keys that are an answer."
    )


class SurveyNode(SpeakingNode):
    """Ask for ratings, usually after the talk. Who does not answer is thanked all the same."""

    type: Literal["survey"]
    surely_sets: ClassVar[bool] = False  # he may answer none
    asks: ClassVar[bool] = True
    questions: dict[Variable, SurveyQuestion] = Field(
        min_length=1,
        max_length=10,
        description="Questions by name; the variable of that name keeps the answer.",
    )
    next: OptionalNode = Field(default="", description="The node that follows. Empty: thank and hang up.")
    retries: int = Field(default=1, ge=0, le=5, description="How often a question is asked again.")

    def _silent(self, place: Place) -> bool:
        return True

    def run(self, at: Visit) -> Walk:
        before = self.words(at)
        for name, question in self.questions.items():
            score = yield from self._score(at, before, question)
            before = ()
            if not score:
                break  # he does not want to, or has hung up in his mind
            at.set(name, score)
            label = labelled(question.label)
            at.note("survey.answered", question=name, score=int(score), node=at.node, **label)
        return self._end(at)

    def _end(self, at: Visit) -> Exit:
        return at.go("next", self.next, phrases.THANKS_FOR_RATING, phrases.GOODBYE)

    def _score(self, at: Visit, before: Any, question: SurveyQuestion) -> Generator[Step, Outcome, str]:
        asked = at.heard(question.say) or at.phrases(phrases.RATE_US)
        for _ in range(self.retries + 1):
            outcome = yield AskKey(at.node, (*before, *asked), question.keys, ANSWER_SECONDS)
            before = ()
            if isinstance(outcome, Pressed) and outcome.key and outcome.key in question.keys:
                return outcome.key
        return ""


class MessageNode(Node):
    """Send a short message or mail by a way of the settings (`messages`)."""

    type: Literal["message"]
    via: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")] = Field(
        default="sms", description="Which of the configured ways."
    )
    to: FilledText = Field(default="{caller.number}", description="The number or address.")
    text: Readable = Field(min_length=1, description="What is written, per language, with values.")
    next: NodeName = Field(
        description="The node that follows, also when it could not be sent without `on_error`."
    )

    def run(self, at: Visit) -> Walk:
        language = next((code for code in (at.language, *self.text) if code in self.text), at.language)
        text = at.text(self.text[language])  # type: ignore[index]
        outcome = yield SendMessage(at.node, self.via, at.text(self.to), text, language)
        sent = outcome if isinstance(outcome, Sent) else Sent(False)
        at.note("message.sent", via=self.via, ok=sent.ok, error=sent.error[:200], node=at.node)
        if not sent.ok and self.on_error:
            raise NodeFailed(sent.error)
        return at.go("next", self.next)

    def title(self) -> dict[Any, str]:
        return dict(self.text)
