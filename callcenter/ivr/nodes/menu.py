"""Menus by key and voice, and questions answered by voice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field

from callcenter.center.model import Language, Model
from callcenter.ivr.fields import Key, Label, NodeName, OptionalNode, OptionalVariable, Place, Spoken, Words
from callcenter.ivr.nodes import voice
from callcenter.ivr.nodes.base import Edge, Mistake, SpeakingNode
from callcenter.ivr.steps import AskKey, Deaf, Listen, Pressed, Utterance
from callcenter.ivr.steps import Spoken as Said
from callcenter.ivr.visit import Visit, Walk
from callcenter.speech import phrases


class MenuKey(Model):
    """What a key does."""

    go: NodeName = Field(description="The node this key leads to.")
    label: Label = Field(default={}, description="What the key means, shown to the agent.")
    language: Language | None = Field(default=None, description="Go on in this language.")
    words: Words = Field(
        default={}, description="What may be said instead of pressing the key, per language."
    )


class AskingNode(SpeakingNode):
    """What is common to nodes the caller answers."""

    asks: ClassVar[bool] = True

    timeout_seconds: float = Field(
        default=5, ge=1, le=60, description="How long to wait for an answer after the text."
    )
    retries: int = Field(default=2, ge=0, le=9, description="How often it is asked again.")
    invalid: Spoken = Field(default={}, description="Said after a wrong answer.")
    sure: int = Field(
        default=80, ge=0, le=100, description="From this score on, words are taken for what was said."
    )
    unsure: int = Field(
        default=50, ge=0, le=100, description="From this score on, the caller is asked whether he said that."
    )

    def wrong(self, at: Visit) -> tuple[Utterance, ...]:
        """What is said after an answer that is none."""
        return at.heard(self.invalid) or at.phrases(phrases.WRONG_KEY)

    @property
    def sureness(self) -> voice.Sureness:
        return voice.Sureness(self.sure, min(self.unsure, self.sure))


class MenuNode(AskingNode):
    """Say the choices and wait for a key, or for words where keys have them."""

    type: Literal["menu"]
    keys: dict[Key, MenuKey] = Field(min_length=1, description="What each key (0-9, * or #) does.")
    barge_in: bool = Field(default=True, description="A key cuts the text short.")
    on_timeout: OptionalNode = Field(default="", description="Where to go when no key came, retries used up.")
    on_invalid: OptionalNode = Field(default="", description="Where to go after wrong keys, retries used up.")

    def edges(self) -> Iterator[Edge]:
        for edge in super().edges():
            language = ""
            if edge.place[0] == "keys":
                language = self.keys[str(edge.place[1])].language or ""
            yield Edge(edge.place, edge.target, language, edge.silent)

    def mistakes(self) -> Iterator[Mistake]:
        yield from _said_twice([(("keys", key), chosen.words) for key, chosen in self.keys.items()])

    def _silent(self, place: Place) -> bool:
        if place == ("on_timeout",):
            return True
        return place == ("on_invalid",) and not self.on_timeout

    def run(self, at: Visit) -> Walk:
        choices = [voice.Sayable(key, chosen.words, key) for key, chosen in self.keys.items()]
        spoken = any(choice.words.get(at.language) for choice in choices)  # type: ignore[call-overload]
        before: tuple[Utterance, ...] = ()
        silent = True
        for _ in range(self.retries + 1):
            heard = (*before, *self.words(at))
            if spoken:
                answer = yield from voice.ask(at, heard, choices, self.sureness, self.timeout_seconds)
            else:
                outcome = yield AskKey(
                    at.node, heard, "".join(self.keys), self.timeout_seconds, self.barge_in
                )
                answer = voice.Chosen(key=outcome.key if isinstance(outcome, Pressed) else "")
            key = answer.key or answer.name
            if key in self.keys:
                chosen = self.keys[key]
                at.chose(key, chosen.label)
                if chosen.language is not None:
                    at.speak(chosen.language)
                return at.go(f"keys.{key}", chosen.go)
            silent = not key and not answer.text
            before = () if silent else self.wrong(at)
        # Where only one of the two ways out is given, it serves for both.
        if silent:
            via, node = (
                ("on_timeout", self.on_timeout) if self.on_timeout else ("on_invalid", self.on_invalid)
            )
        else:
            via, node = (
                ("on_invalid", self.on_invalid) if self.on_invalid else ("on_timeout", self.on_timeout)
            )
        return at.go(via, node, phrases.NOT_UNDERSTOOD_GOODBYE)


class Answer(Model):
    """One answer to a question."""

    words: Words = Field(description="What may be said, per language.")
    key: Key | Literal[""] = Field(default="", description="The key that means the same.")
    go: NodeName = Field(description="The node this answer leads to.")
    label: Label = Field(default={}, description="What it means, shown to the agent.")


class AskNode(AskingNode):
    """Ask a question that is answered by voice. Who is not understood, or not heard, answers by key."""

    type: Literal["ask"]
    answers: dict[str, Answer] = Field(
        default={}, description="The answers by name. Leave it out for an open question."
    )
    into: OptionalVariable = Field(
        default="", description="The variable that keeps the answer's name, or the words of an open answer."
    )
    label: Label = Field(default={}, description="With `into`. What it is called, shown to the agent.")
    next: OptionalNode = Field(default="", description="Where an open answer leads.")
    keys_say: Spoken = Field(
        default={}, description="Said where answers must be given by key: which key means what."
    )
    on_failed: OptionalNode = Field(default="", description="Where to go without an answer, retries used up.")

    def mistakes(self) -> Iterator[Mistake]:
        if not self.answers and not (self.next and self.into):
            hint = "an open question needs `into` and `next`"
            yield Mistake((), "'answers' is missing", hint)
        if self.answers and self.next:
            yield Mistake(("next",), "each answer leads somewhere itself", "remove `next`, or `answers`")
        used: dict[str, str] = {}
        for name, answer in self.answers.items():
            if answer.key and answer.key in used:
                yield Mistake(
                    ("answers", name, "key"), f"key {answer.key} means '{used[answer.key]}' already"
                )
            used[answer.key] = name
        yield from _said_twice([(("answers", name), answer.words) for name, answer in self.answers.items()])

    def _silent(self, place: Place) -> bool:
        return place == ("on_failed",)

    def run(self, at: Visit) -> Walk:
        return (yield from self._open(at)) if not self.answers else (yield from self._choose(at))

    def _choose(self, at: Visit) -> Walk:
        choices = [voice.Sayable(answer.key, answer.words, name) for name, answer in self.answers.items()]
        by_key = {answer.key: name for name, answer in self.answers.items() if answer.key}
        before: tuple[Utterance, ...] = ()
        for turn in range(self.retries + 1):
            heard = self.words(at)
            if turn and self.keys_say:  # words did not help: offer the keys
                heard = at.heard(self.keys_say)
            answer = yield from voice.ask(at, (*before, *heard), choices, self.sureness, self.timeout_seconds)
            name = by_key.get(answer.key, "") if answer.key else answer.name
            if name:
                chosen = self.answers[name]
                at.chose(answer.key or answer.text, chosen.label)
                at.collected(self.into, name, self.label)
                return at.go(f"answers.{name}", chosen.go)
            before = () if not answer.key and not answer.text else at.phrases(phrases.NOT_UNDERSTOOD)
        return at.go("on_failed", self.on_failed, phrases.NOT_UNDERSTOOD_GOODBYE)

    def _open(self, at: Visit) -> Walk:
        for _ in range(self.retries + 1):
            outcome = yield Listen(at.node, self.words(at), (), at.language, "", self.timeout_seconds)
            if isinstance(outcome, Deaf):
                at.note("ivr.deaf", node=at.node)
                break
            if isinstance(outcome, Said) and outcome.text.strip() and outcome.score >= self.unsure:
                at.collected(self.into, outcome.text[:500], self.label)
                return at.go("next", self.next, phrases.GOODBYE)
        return at.go("on_failed", self.on_failed, phrases.NOT_UNDERSTOOD_GOODBYE)

    def title(self) -> dict[Any, str]:
        return dict(self.say)


def _said_twice(choices: list[tuple[Place, Words]]) -> Iterator[Mistake]:
    used: dict[tuple[str, str], Place] = {}
    for place, words in choices:
        for language, said in words.items():
            for index, word in enumerate(said):
                key = (language, voice.plain(word, language))
                if key in used and used[key] != place:
                    where = f"'{used[key][-1]}'"
                    yield Mistake((*place, "words", language, index), f"'{word}' is said for {where} already")
                used.setdefault(key, place)
