"""A flow without a phone: a pretended caller at a pretended time. Pure, and thousands of calls a second.

`callcenter ivr rehearse`, the page's rehearsal and the `tests:` of flow files all run here. The same inputs
give the same transcript, so a page may send all of them again each time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from callcenter.center.hours import is_open
from callcenter.center.model import Center
from callcenter.ivr.interpreter import FlowRun
from callcenter.ivr.model import Flow
from callcenter.ivr.scripted import FlowTest, HttpOutcome
from callcenter.ivr.steps import (
    AskKey,
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

Who = Literal["system", "caller", "note"]
MAX_LINES = 4_000
QUEUE_ENDS = ("served", "max_wait", "full", "callback", "voicemail", "failed")
"""What may come of waiting: the words of `QueueEnded`."""
_NOTES = {  # for who watches
    "queue": ("→ waits in queue", "→ 进入队列"),
    "whisper": ("→ the agent hears", "→ 坐席听到"),
    "voicemail": ("→ leaves a message in", "→ 留言至"),
    "transfer": ("→ transferred to", "→ 转接至"),
    "record": ("→ is recorded as", "→ 录音为"),
    "http": ("→ asks", "→ 查询"),
    "message": ("→ sends by", "→ 发送"),
    "end": ("the call is ended", "通话结束"),
    "failed": ("! failed at", "! 出错"),
    "language": ("language:", "语言："),
    "callback": ("→ call back at", "→ 回拨"),
    "callback_in_place": ("→ keep his place, and call back at", "→ 保留排队位置并回拨"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the transcript."""

    who: Who
    text: str
    node: str = ""


@dataclass(slots=True)
class Transcript:
    """What was said and done."""

    lines: list[Line] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    waits_for: str = ""  # keys, speech, http, queue, transfer; '' when the call is over
    node: str = ""
    outcome: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    def heard(self) -> list[str]:
        """All the caller heard."""
        return [line.text for line in self.lines if line.who == "system"]


@dataclass(slots=True)
class Setting:
    """The pretended world. Implements `Surroundings`."""

    at: datetime
    flows: Mapping[str, Flow]
    hours: Callable[[str, datetime], bool] = lambda hours, at: True
    opened: Mapping[str, bool] = field(default_factory=dict)
    emergencies: frozenset[str] = frozenset()
    ani: str = ""
    did: str = ""
    language: str = ""
    customer: Mapping[str, Any] | None = None
    outcomes: Mapping[str, Any] = field(default_factory=dict)
    notes_in: str = "en"  # the language of the notes, for who watches

    def now(self) -> datetime:
        return self.at

    def is_open(self, hours: str) -> bool:
        known = self.opened.get(hours)
        return self.hours(hours, self.at) if known is None else known

    def emergency(self, switch: str) -> bool:
        return switch in self.emergencies

    def flow(self, flow_id: str) -> Flow | None:
        return self.flows.get(flow_id)


def rehearse(flow: Flow, setting: Setting, inputs: Sequence[str], *, then_silent: bool = False) -> Transcript:
    """Run a flow with what the caller does: keys such as `1` or `123#`, `say WORDS`, `mumble WORDS`,
    `silence`, `hangup`; where another system or a person is asked, `http JSON`, a word of `QUEUE_ENDS`,
    `talked`, `busy` and so on.

    It stops where an input is missing (`waits_for`), or goes on with silence. Never raises.
    """
    return _Rehearsal(flow, setting, inputs, then_silent).run()


class _Rehearsal:
    def __init__(self, flow: Flow, setting: Setting, inputs: Sequence[str], then_silent: bool) -> None:
        self._flow = flow
        self._setting = setting
        self._inputs: list[str] = [each for text in inputs for each in _split(text)]
        self._then_silent = then_silent
        self._out = Transcript()
        self._run = FlowRun(
            flow, setting, language=setting.language, caller={"number": setting.ani},
            facts={"did": setting.did}, customer=setting.customer,
        )  # fmt: skip

    def run(self) -> Transcript:
        out = self._out
        step = self._run.begin()
        while True:
            self._happened()
            self._say(step)
            if isinstance(step, HangUp):
                out.outcome = out.outcome or "hangup"
                break
            outcome = self._outcome(step)
            if outcome is None:
                break
            if len(out.lines) > MAX_LINES:
                out.outcome = "endless"
                break
            step = self._run.proceed(outcome)
        out.node = self._run.node
        out.values = dict(self._run.values)
        return out

    # --- what the system does -------------------------------------------------------------------------

    def _say(self, step: Step) -> None:
        utterances: tuple[Utterance, ...] = getattr(step, "utterances", ())
        for utterance in utterances:
            text = utterance.text or f"♪ {utterance.audio.rsplit('/', 1)[-1]}"
            self._out.lines.append(Line("system", text, step.node))
        match step:
            case EnterQueue(whisper=whisper):
                self._note("queue", step.queue)
                if whisper:
                    self._note("whisper", whisper[0].text)
                self._out.outcome = f"queue {step.queue}"
            case TakeVoicemail():
                self._note("voicemail", step.box)
                self._out.outcome = f"voicemail {step.box}"
            case Transfer():
                self._note("transfer", step.number)
                self._out.outcome = f"transfer {step.number}"
            case PromiseCallback():
                self._note("callback_in_place", step.number)
                self._out.outcome = f"callback {step.queue}"
            case Record():
                self._note("record", step.name)
            case Fetch():
                url = re.sub(r"\{(\w+)\}", lambda name: step.values.get(name[1], name[0]), step.url)
                self._note("http", f"{step.method} {url}")
            case SendMessage():
                self._note("message", f"{step.via} → {step.to}: {step.text}")
            case HangUp():
                self._note("end", "")
            case _:
                pass

    def _happened(self) -> None:
        for kind, data in self._run.take_happenings():
            if kind == "ivr.node":
                self._out.path.append(data["node"])
            elif kind == "ivr.failed":
                self._note("failed", f"{data['node']}: {data['error']}")
            elif kind == "ivr.set":
                given = data["values"].items()
                self._note("", ", ".join(f"{name} = {_short(value)}" for name, value in given))
            elif kind == "ivr.collected":
                self._note("", f"{data['name']} = {_short(data['value'])}")
            elif kind == "ivr.language":
                self._note("language", data["language"])
            elif kind == "callback.wanted":
                self._note("callback", data["ani"])
                self._out.outcome = f"callback {data['queue']}"

    def _note(self, what: str, text: str) -> None:
        english, chinese = _NOTES.get(what, ("", ""))
        told = chinese if self._setting.notes_in.startswith("zh") else english
        self._out.lines.append(Line("note", f"{told} {text}".strip(), self._run.node))

    # --- what comes of it -----------------------------------------------------------------------------

    def _outcome(self, step: Step) -> Outcome | None:
        """None when the caller has left, or when an input is missing."""
        scripted = self._setting.outcomes.get(step.node)
        if scripted == "fails":
            return Fetched(False, error="no answer") if isinstance(step, Fetch) else _failed(step)
        match step:
            case AskKey() | Listen():
                return self._answer(step)
            case EnterQueue():
                how = scripted or self._taken("queue", QUEUE_ENDS, "served")
                return None if how is None else QueueEnded(how)
            case Transfer():
                how = scripted or self._taken(
                    "transfer", ("talked", "busy", "no_answer", "unreachable"), "talked"
                )
                return None if how is None else Transferred(how)
            case Fetch():
                return self._fetched(scripted)
            case FindCustomer():
                known = scripted if isinstance(scripted, Mapping) else None
                return Found(known if scripted is not None else self._setting.customer)
            case Record():
                return Recorded("" if scripted == "silence" else f"{step.name}.wav", 3.0)
            case SendMessage():
                return Sent(True)
            case PromiseCallback():
                return Promised(scripted != "refused")
            case Play() if self._inputs[:1] == ["hangup"]:
                self._left()
                return None
            case _:
                return Done()

    def _answer(self, step: AskKey | Listen) -> Outcome | None:
        given = self._next("speech" if isinstance(step, Listen) else "keys")
        if given is None:
            return None
        if given == "hangup":
            self._left()
            return None
        self._out.lines.append(Line("caller", given or "…", step.node))
        if given in ("", "silence"):
            return Pressed("")
        for verb, score in (("say ", 95), ("mumble ", 55)):
            if given.startswith(verb):
                return Spoken(given[len(verb) :], score) if isinstance(step, Listen) else Pressed("")
        if (
            isinstance(step, AskKey)
            and step.closing
            and given.isdigit()
            and self._inputs[:1] == [step.closing]
        ):
            self._inputs.pop(0)  # it belongs to the digits
        return Pressed(given)

    def _fetched(self, scripted: Any) -> Outcome | None:
        if isinstance(scripted, HttpOutcome):
            return Fetched(scripted.status < 400, scripted.status, scripted.answer)
        if isinstance(scripted, Mapping):
            return Fetched(True, 200, scripted)
        if self._inputs[:1] == ["hangup"]:
            self._left()
            return None
        if not self._inputs and not self._then_silent:
            self._out.waits_for = "http"
            return None
        if self._inputs and not self._inputs[0].startswith(("http", "fails", "{", "[")):
            return Fetched(False, error="no answer")  # what he presses next is not for the other system
        given = self._inputs.pop(0) if self._inputs else ""
        try:
            return Fetched(True, 200, json.loads(given.removeprefix("http ")))
        except (ValueError, RecursionError):
            return Fetched(False, error="no answer")

    def _taken(self, kind: str, words: tuple[str, ...], usual: str) -> str | None:
        """The input, if it fits; what usually happens when the caller's script says nothing of it."""
        if self._inputs and self._inputs[0] in words:
            return self._inputs.pop(0)
        if self._then_silent or self._inputs:
            if self._inputs[:1] == ["hangup"]:
                self._left()
                return None
            return usual
        self._out.waits_for = kind
        return None

    def _next(self, kind: str) -> str | None:
        if self._inputs:
            return self._inputs.pop(0)
        if self._then_silent:
            return ""
        self._out.waits_for = kind
        return None

    def _left(self) -> None:
        self._out.lines.append(Line("caller", "hangup", self._run.node))
        self._out.outcome = self._out.outcome or "left"


def _failed(step: Step) -> Outcome:
    return Sent(False, "not sent") if isinstance(step, SendMessage) else Failed("it failed")


def _split(text: str) -> list[str]:
    """`12#` is three keys."""
    text = text.strip()
    return list(text) if text and all(c in "0123456789*#" for c in text) else [text]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else text[:117] + "…"


def hours_of(center: Center | None) -> Callable[[str, datetime], bool]:
    """The center's hours at a moment of its own time; all are open without a center."""

    def hours(name: str, at: datetime) -> bool:
        found = center.hours.get(name) if center is not None else None
        if center is None or found is None:
            return True
        return is_open(found, center.time_zone, at.replace(tzinfo=ZoneInfo(center.time_zone)).timestamp())

    return hours


# --- the tests of a flow file ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TestResult:
    """What came of one scripted caller."""

    __test__ = False  # not a test of ours

    name: str
    failures: tuple[str, ...]
    transcript: Transcript

    @property
    def ok(self) -> bool:
        return not self.failures


def run_test(
    flow: Flow, test: FlowTest, flows: Mapping[str, Flow], hours: Callable[[str, datetime], bool]
) -> TestResult:
    """Run one scripted caller and compare with what is expected."""
    setting = Setting(
        datetime.strptime(test.at, "%Y-%m-%d %H:%M"),
        {**flows, flow.id: flow}, hours, test.open, frozenset(test.emergency), test.ani, test.did,
        test.language or "", test.customer, test.outcomes,
    )  # fmt: skip
    transcript = rehearse(flow, setting, test.caller, then_silent=True)
    return TestResult(test.name, tuple(_differences(test, transcript)), transcript)


def _differences(test: FlowTest, got: Transcript) -> list[str]:
    expect = test.expect
    wrong = []
    missing = _missing(expect.path, got.path)
    if missing:
        wrong.append(f"he never came to '{missing}'; his path: {' → '.join(got.path)}")
    if expect.outcome and expect.outcome != got.outcome:
        wrong.append(
            f"it ended with '{got.outcome}', not '{expect.outcome}'; his path: {' → '.join(got.path)}"
        )
    unsaid = _unsaid(expect.says, "\n".join(got.heard()))
    if unsaid:
        wrong.append(f"he never heard '{unsaid}'; he heard: {' | '.join(got.heard())[:600]}")
    wrong += [f"he heard '{text}'" for text in expect.never_says if any(text in t for t in got.heard())]
    for name, value in expect.values.items():
        if got.values.get(name) != value:
            wrong.append(f"{name} is {_short(got.values.get(name))}, not {_short(value)}")
    return wrong


def _missing(wanted: Sequence[str], there: Sequence[str]) -> str:
    """The first of `wanted` that does not come in order; '' when all do."""
    rest = iter(there)
    return next((w for w in wanted if not any(w == t for t in rest)), "")


def _unsaid(wanted: Sequence[str], heard: str) -> str:
    """The first text that was not heard after those before it; '' when all were."""
    end = 0
    for text in wanted:
        place = heard.find(text, end)
        if place < 0:
            return text
        end = place + len(text)
    return ""
