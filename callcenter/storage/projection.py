"""From facts to the row of a call. Pure: the same facts give the same row, whoever asks and whenever."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import orjson

from callcenter.storage.facts import Fact

OUTCOMES = ("answered", "abandoned", "ivr", "transferred", "voicemail", "callback", "refused", "cut")
#: of call-backs in place, beside those
OUTCOMES_OUT = ("cancelled", "unreached")
Changes = dict[str, Any]


class CallRow(NamedTuple):
    """One call, as the table `calls` holds it. Seconds and epoch times are floats."""

    id: str
    at: float
    ended_at: float | None = None
    ani: str = ""
    number: str = ""  # the ANI in E.164, filled in by the writer
    caller_name: str = ""
    did: str = ""
    flow: str = ""
    flow_version: str = ""
    queue: str = ""  # the last queue the call was in
    agent: str = ""  # the last agent who talked with the caller
    language: str = ""
    path: str = ""  # keys pressed, such as "1>2"
    wait_seconds: float = 0.0  # in all queues together
    talk_seconds: float = 0.0
    wrap_up_seconds: float = 0.0
    answered_at: float | None = None  # the first agent's answer
    outcome: str = ""  # final once ended_at is set
    disposition: str = ""
    note: str = ""
    recording: str = ""
    visits: tuple[Changes, ...] = ()  # {queue, at, wait, how, talk, wrap, agent}; how '' while he waits
    recorded: tuple[
        Changes, ...
    ] = ()  # {name, path, seconds, label} at nodes of type record; the last of a name
    scores: tuple[
        Changes, ...
    ] = ()  # {question, score, queue, agent, at, label}: whom he rated; '' for nobody
    direction: str = "in"  # out: it began with our promise to call
    last_seq: int = 0

    @property
    def has_recording(self) -> bool:
        return bool(self.recording)

    def as_dict(self) -> dict[str, Any]:
        """Column values, lists as lists."""
        return {**self._asdict(), **{name: list(getattr(self, name)) for name in _LISTS}}

    def as_tuple(self) -> tuple[Any, ...]:
        """Column values in the table's order, lists as JSON text."""
        written = {name: orjson.dumps(value).decode() if value else "[]" for name, value in self._lists()}
        return tuple(self._replace(**written))  # type: ignore[arg-type]

    def _lists(self) -> Iterator[tuple[str, tuple[Changes, ...]]]:
        return ((name, getattr(self, name)) for name in _LISTS)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> CallRow:
        """The row again, from its column values."""
        known = {name: values[name] for name in FIELDS}
        known.update({name: tuple(known[name] or ()) for name in _LISTS})
        return cls(**known)


FIELDS = CallRow._fields
_LISTS = ("visits", "recorded", "scores")
_STARTS = ("call.offered", "callback.promised", "call.refused", "call.resumed")


def fold(row: CallRow | None, fact: Fact) -> CallRow | None:
    """The row after `fact`. None stays None until a fact begins a call; folding one twice changes nothing."""
    if row is None:
        if fact.kind not in _STARTS or not fact.call_id:
            return None
        row = CallRow(id=fact.call_id, at=fact.at)
    elif fact.seq <= row.last_seq:
        return row
    handler = _HANDLERS.get(fact.kind)
    if handler is None:
        return row  # nothing the row shows; the journal has it
    return row._replace(**handler(row, fact), last_seq=fact.seq)


def outcome_of(row: CallRow) -> str:
    """The outcome a call has when its end does not name one: the furthest it got."""
    hows = [visit.get("how") for visit in row.visits]
    if row.answered_at is not None:
        return "answered"
    if row.outcome in OUTCOMES:  # refused, transferred or voicemail, known before the end
        return row.outcome
    if hows and hows[-1] in ("", "cut"):
        return "cut"
    return "abandoned" if "abandoned" in hows else "ivr"


def text(value: Any) -> str:
    """A field as text; absent and null are ''."""
    return value if isinstance(value, str) else "" if value is None else str(value)


def number(value: Any) -> float:
    """A field as a number of seconds; anything that is none is 0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    try:
        seconds = float(value)
    except OverflowError:
        return 0.0
    return seconds if math.isfinite(seconds) else 0.0


def label(value: Any) -> dict[str, str]:
    """What a flow calls a thing, by language; {} where it does not say."""
    return {key: text(said) for key, said in value.items()} if isinstance(value, dict) else {}


def _offered(row: CallRow, fact: Fact) -> Changes:
    data = fact.data
    return {
        "at": fact.at,
        "ani": text(data.get("ani")),
        "caller_name": text(data.get("caller_name")),
        "did": text(data.get("did")),
    }


def _keys(path: Any) -> Iterator[str]:
    """The keys that were pressed in the call before."""
    if isinstance(path, list):
        yield from (text(choice.get("key")) for choice in path if isinstance(choice, dict))


def _promised(row: CallRow, fact: Fact) -> Changes:
    data = fact.data
    return {
        "at": fact.at,
        "ani": text(data.get("number")),
        "caller_name": text(data.get("name")),
        "did": text(data.get("shows")),
        "queue": text(data.get("queue")),
        "language": text(data.get("language")),
        "path": ">".join(_keys(data.get("path"))),
        "direction": "out",
    }


def _refused(row: CallRow, fact: Fact) -> Changes:
    return {"outcome": "refused"}


def _resumed(row: CallRow, fact: Fact) -> Changes:
    return {}


def _flow(row: CallRow, fact: Fact) -> Changes:
    changes: Changes = {"flow": text(fact.data.get("flow")), "flow_version": text(fact.data.get("version"))}
    if language := text(fact.data.get("language")):
        changes["language"] = language
    return changes


def _key(row: CallRow, fact: Fact) -> Changes:
    key = text(fact.data.get("key"))
    return {"path": f"{row.path}>{key}" if row.path else key}


def _language(row: CallRow, fact: Fact) -> Changes:
    return {"language": text(fact.data.get("language"))}


def _queue_entered(row: CallRow, fact: Fact) -> Changes:
    queue = text(fact.data.get("queue"))
    if row.visits and row.visits[-1].get("queue") == queue and not row.visits[-1].get("how"):
        return {}  # the same place in line, taken again after a restart
    if row.visits and row.direction == "out" and row.visits[-1].get("queue") == queue:
        return {"visits": _last_visit(row, fact, how="")}  # his place between two tries is one place
    visit = {"queue": queue, "at": fact.at, "wait": 0.0, "how": "", "talk": 0.0, "wrap": 0.0}
    return {"queue": queue, "visits": (*row.visits, visit)}


def _last_visit(row: CallRow, fact: Fact, **changes: Any) -> tuple[Changes, ...]:
    """The visits with the last one changed; one is made up when its beginning is missing."""
    if not row.visits:
        queue = text(fact.data.get("queue")) or row.queue
        empty = {"queue": queue, "at": fact.at, "wait": 0.0, "how": "", "talk": 0.0, "wrap": 0.0}
        return ({**empty, **changes},)
    return (*row.visits[:-1], {**row.visits[-1], **changes})


def _waited(row: CallRow, visits: tuple[Changes, ...]) -> float:
    return sum(number(visit.get("wait")) for visit in visits)


def _talk_started(row: CallRow, fact: Fact) -> Changes:
    agent = text(fact.data.get("agent")) or fact.agent
    visits = _last_visit(row, fact, how="answered", wait=number(fact.data.get("wait")), agent=agent)
    return {
        "agent": agent,
        "queue": text(fact.data.get("queue")) or row.queue,
        "answered_at": fact.at if row.answered_at is None else row.answered_at,
        "visits": visits,
        "wait_seconds": _waited(row, visits),
    }


def _talk_ended(row: CallRow, fact: Fact) -> Changes:
    seconds = number(fact.data.get("seconds"))
    talk = seconds + (number(row.visits[-1].get("talk")) if row.visits else 0.0)
    return {"talk_seconds": row.talk_seconds + seconds, "visits": _last_visit(row, fact, talk=talk)}


def _recording(row: CallRow, fact: Fact) -> Changes:
    return {"recording": text(fact.data.get("path"))}


def _wrap_up(row: CallRow, fact: Fact) -> Changes:
    seconds = number(fact.data.get("seconds"))
    changes: Changes = {
        "disposition": text(fact.data.get("disposition")) or row.disposition,
        "note": text(fact.data.get("note")) or row.note,
        "wrap_up_seconds": row.wrap_up_seconds + seconds,
    }
    if row.visits:
        # the caller may be in another queue, or with another agent, by the time this one is done
        agents = [visit.get("agent") for visit in row.visits]
        at = max((n for n, agent in enumerate(agents) if agent == fact.agent), default=len(agents) - 1)
        done = {**row.visits[at], "wrap": seconds + number(row.visits[at].get("wrap"))}
        changes["visits"] = (*row.visits[:at], done, *row.visits[at + 1 :])
    return changes


def _queue_left(row: CallRow, fact: Fact) -> Changes:
    visits = _last_visit(
        row, fact, how=text(fact.data.get("why")) or "cut", wait=number(fact.data.get("wait"))
    )
    return {"visits": visits, "wait_seconds": _waited(row, visits)}


def _voicemail(row: CallRow, fact: Fact) -> Changes:
    return {"outcome": "voicemail"} if row.answered_at is None else {}


def _transferred(row: CallRow, fact: Fact) -> Changes:
    reached = fact.data.get("result") == "talked" and row.answered_at is None
    return {"outcome": "transferred"} if reached else {}


def _recorded(row: CallRow, fact: Fact) -> Changes:
    name, path = text(fact.data.get("name")), text(fact.data.get("path"))
    if not name or not path:
        return {}
    said = {
        "name": name,
        "path": path,
        "seconds": number(fact.data.get("seconds")),
        "label": label(fact.data.get("label")),
    }
    # recorded again: what was said before is not there any more
    return {"recorded": (*(one for one in row.recorded if one.get("name") != name), said)}


def _scored(row: CallRow, fact: Fact) -> Changes:
    question = text(fact.data.get("question"))
    if not question:
        return {}
    score = {
        "question": question,
        "score": number(fact.data.get("score")),
        "queue": row.queue,
        "agent": row.agent,
        "at": fact.at,
        "label": label(fact.data.get("label")),
    }
    return {"scores": (*row.scores, score)}


def _ended(row: CallRow, fact: Fact) -> Changes:
    outcome = text(fact.data.get("outcome"))
    return {
        "ended_at": fact.at,
        "outcome": outcome if outcome in OUTCOMES or outcome in OUTCOMES_OUT else outcome_of(row),
    }


_HANDLERS: dict[str, Callable[[CallRow, Fact], Changes]] = {
    "call.offered": _offered,
    "callback.promised": _promised,
    "call.refused": _refused,
    "call.resumed": _resumed,
    "ivr.entered": _flow,
    "ivr.key": _key,
    "ivr.language": _language,
    "queue.entered": _queue_entered,
    "queue.left": _queue_left,
    "talk.started": _talk_started,
    "talk.ended": _talk_ended,
    "recording.kept": _recording,
    "wrap_up.ended": _wrap_up,
    "voicemail.left": _voicemail,
    "transfer.ended": _transferred,
    "ivr.recorded": _recorded,
    "survey.answered": _scored,
    "call.ended": _ended,
}
