"""Walks a caller through a flow. Pure: it says what is to be done next and is told what came of it.

No switch, no clock, no chance: the same outcomes give the same call. It never raises for what a flow contains
or a caller does, and ends on every flow: a runaway is cut after `MAX_STEPS` nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, assert_never

from callcenter.center.model import Language
from callcenter.ivr.model import (
    MENU_KEYS,
    Flow,
    HangUpNode,
    HoursNode,
    LanguageNode,
    MenuNode,
    PlayNode,
    QueueNode,
    VoicemailNode,
)
from callcenter.ivr.steps import (
    AskKey,
    Choice,
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

MAX_STEPS = 10_000

Happening = tuple[str, dict[str, Any]]  # kind and fields of a fact, see storage/facts.py


class FlowRun:
    """One caller in one flow.

    `begin` gives the first step; `proceed` takes what came of the last step and gives the next one. After a
    HangUp every further `proceed` gives the same HangUp.
    """

    def __init__(self, flow: Flow, language: str, is_open: Callable[[str], bool]) -> None:
        """`language` '' is the flow's own; `is_open` is asked with an id of the center's hours."""
        self.flow = flow
        self.language: str = language or flow.file.language
        self.path: list[Choice] = []
        self.node = ""
        self._is_open = is_open
        self._step: Step = HangUp("")
        self._failures = 0  # of the menu the caller is in: silences and wrong keys
        self._passed = 0
        self._happenings: list[Happening] = []

    @property
    def step(self) -> Step:
        """What is being done now."""
        return self._step

    def take_happenings(self) -> list[Happening]:
        """What happened since the last asking, in order, as facts to be written."""
        taken, self._happenings = self._happenings, []
        return taken

    def begin(self, node: str = "") -> Step:
        """Enter the flow at its start, or at `node` when the call goes on after an interruption."""
        known = self.flow.file.nodes
        return self._enter(node if node in known else self.flow.file.start)

    def proceed(self, outcome: Outcome) -> Step:
        """Go on after the last step. An outcome that does not fit the step counts as 'nothing came of it'."""
        node = self.flow.file.nodes.get(self.node)
        if isinstance(self._step, HangUp) or node is None:
            return self._step
        if isinstance(node, MenuNode):
            return self._menu_answer(node, outcome.key if isinstance(outcome, Pressed) else "")
        if isinstance(node, QueueNode):
            return self._queue_ended(node, outcome.how if isinstance(outcome, QueueEnded) else "failed")
        if isinstance(node, VoicemailNode):
            if node.next:
                return self._enter(node.next)
            return self._hang_up(phrases.MESSAGE_KEPT, phrases.GOODBYE)
        if isinstance(node, PlayNode):
            return self._enter(node.next)
        if isinstance(node, HoursNode | LanguageNode | HangUpNode):  # never waited for: passed, or the end
            return self._hang_up(phrases.TROUBLE_GOODBYE)
        assert_never(node)

    def _enter(self, name: str) -> Step:
        """Walk from a node to the next step that needs the caller."""
        while True:
            self._passed += 1
            node = self.flow.file.nodes.get(name)
            if node is None or self._passed > MAX_STEPS:
                return self._hang_up(phrases.TROUBLE_GOODBYE)
            self.node = name
            self._failures = 0
            self._note("ivr.node", flow=self.flow.id, node=name, type=node.type)
            if isinstance(node, HoursNode):
                name = node.open if self._is_open(node.hours) else node.closed
            elif isinstance(node, LanguageNode):
                self._speak(node.language)
                name = node.next
            elif isinstance(node, MenuNode):
                return self._ask(node)
            elif isinstance(node, PlayNode):
                return self._set(Play(name, self._heard(node.say, node.audio)))
            elif isinstance(node, QueueNode):
                return self._set(EnterQueue(name, node.queue, node.priority))
            elif isinstance(node, VoicemailNode):
                heard = self._heard(node.say, node.audio) or self._phrases(phrases.LEAVE_A_MESSAGE)
                return self._set(TakeVoicemail(name, heard, node.box, node.max_seconds, self.language))
            elif isinstance(node, HangUpNode):
                return self._set(HangUp(name, self._heard(node.say, node.audio)))
            else:
                assert_never(node)

    def _ask(self, node: MenuNode, *before: Utterance) -> Step:
        heard = self._heard(node.say, node.audio)
        keys = "".join(key for key in MENU_KEYS if key in node.keys)
        return self._set(AskKey(self.node, (*before, *heard), keys, node.timeout_seconds))

    def _menu_answer(self, node: MenuNode, key: str) -> Step:
        self._passed += 1
        chosen = node.keys.get(key)
        if chosen is not None:
            self.path.append(Choice(self.node, key, dict(chosen.label)))
            self._note("ivr.key", node=self.node, key=key, label=dict(chosen.label))
            if chosen.language is not None:
                self._speak(chosen.language)
            return self._enter(chosen.go)
        self._failures += 1
        if self._failures <= node.retries and self._passed <= MAX_STEPS:
            if not key:
                return self._ask(node)
            wrong = self.flow.utterance(node.invalid, {}, self.language)
            return self._ask(node, *((wrong,) if wrong else self._phrases(phrases.WRONG_KEY)))
        # Where only one of the two ways out is given, it serves for both.
        way_out = (node.on_invalid or node.on_timeout) if key else (node.on_timeout or node.on_invalid)
        return self._enter(way_out) if way_out else self._hang_up(phrases.NOT_UNDERSTOOD_GOODBYE)

    def _queue_ended(self, node: QueueNode, how: str) -> Step:
        if how == "served":
            return self._set(HangUp(self.node))
        if node.on_max_wait:
            return self._enter(node.on_max_wait)
        return self._hang_up(phrases.WAITED_TOO_LONG if how == "max_wait" else phrases.TROUBLE_GOODBYE)

    def _speak(self, language: Language) -> None:
        if language != self.language:
            self.language = language
            self._note("ivr.language", language=language)

    def _heard(self, say: Mapping[Language, str], audio: Mapping[Language, str]) -> tuple[Utterance, ...]:
        heard = self.flow.utterance(say, audio, self.language)
        return (heard,) if heard is not None else ()

    def _phrases(self, *said: phrases.Phrase) -> tuple[Utterance, ...]:
        return tuple(
            Utterance(phrases.text(phrase, self.language), language=self.language) for phrase in said
        )

    def _hang_up(self, *said: phrases.Phrase) -> Step:
        return self._set(HangUp(self.node, self._phrases(*said)))

    def _set(self, step: Step) -> Step:
        self._step = step
        return step

    def _note(self, kind: str, **data: Any) -> None:
        self._happenings.append((kind, data))
