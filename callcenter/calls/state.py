"""What is known of an open call, folded from its facts.

The live story and the recovery after a restart read the same state, made by the same fold: what the journal
does not say, nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import structlog

from callcenter.calls.waiting_plan import Item
from callcenter.center.model import Text
from callcenter.ivr.frame import SECRET
from callcenter.ivr.steps import Choice
from callcenter.storage.facts import Fact

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class FlowPlace:
    """Where the caller is in one flow, and what its variables hold; see `ivr.visit.Frame`."""

    flow: str
    node: str = ""
    then: str = ""
    into: str = ""
    values: dict[str, Any] = field(default_factory=dict)


class Stage(StrEnum):
    """Where a call is in its story."""

    IVR = "ivr"
    QUEUE = "queue"
    TALK = "talk"
    AFTER = "after"  # the talk is over


@dataclass(slots=True)
class CallState:
    """One open call."""

    call_id: str
    node: str = ""
    leg_id: str = ""
    channel: str = ""
    ani: str = ""
    caller_name: str = ""
    did: str = ""
    offered_at: float = 0.0
    last_at: float = 0.0
    stage: Stage = Stage.IVR
    flow: str = ""
    places: list[FlowPlace] = field(default_factory=list)  # the flow he is in stands last
    language: str = ""
    path: list[Choice] = field(default_factory=list)
    collected: dict[str, str] = field(default_factory=dict)
    labels: dict[str, Text] = field(default_factory=dict)  # what `collected` is called, where a flow says so
    recorded: dict[str, Data] = field(default_factory=dict)  # {name, seconds, label} of what he said, by name
    queue: str = ""
    priority: int = 0
    since: float = 0.0  # entered the first queue, with which his place in line counts
    entered: float = 0.0  # entered the queue he is in
    came_from: tuple[str, ...] = ()  # queues he has overflowed from
    heard_in_line: list[tuple[float, Item]] = field(default_factory=list)  # of the queue's plan, and when
    offer: str = ""  # of the queue, that he took at this node
    agent: str = ""
    also: tuple[str, ...] = ()  # further agents whose phones ring for him
    talk_since: float = 0.0
    talked: bool = False
    transferred: bool = False
    sent_to: str = ""  # the number he is being sent on to
    reached_at: float = 0.0  # when it answered
    monitors: dict[str, Data] = field(default_factory=dict)  # supervisors who are with the talk, by who
    taken_by: str = ""  # the supervisor who talks with him in his agent's place
    taken_phone: str = ""
    taken_at: float = 0.0
    served: bool = False  # the talk is over that he came to his node for
    voicemail: bool = False
    message: dict[str, str] = field(default_factory=dict)  # being recorded: its box, path and language
    messages: int = 0  # that he left
    message_left: bool = False  # at the node he is in
    abandoned: bool = False
    refused: bool = False
    callback: Data = field(default_factory=dict)  # the fact it began with, if it is a call-back in place
    held: bool = False  # a place in line is kept for somebody who is not on the line yet
    on_line: float = 0.0  # came into line, on the line: later than `since` if his place was kept for him
    tries: int = 0  # to call him back
    resumed: bool = False  # his leg has knocked more than once
    reached_back_at: float = 0.0  # when he answered our call
    cancelled: bool = False
    called_back_in: str = ""  # the call-back in place that was promised in this call
    ended: bool = False
    failures: int = 0  # of our own story code in this process; not a fact

    def apply(self, fact: Fact) -> None:
        """Take a fact of this call into account. Unknown kinds change nothing."""
        self.last_at = fact.at
        change = _CHANGES.get(fact.kind)
        if change is not None:
            change(self, fact, fact.data)

    @property
    def rung(self) -> tuple[str, ...]:
        """The agents this call is given to: who talks, or all whose phones ring."""
        return (self.agent, *self.also) if self.agent else ()

    @property
    def message_name(self) -> str:
        """What the file of the message is called that he leaves now: each has its own."""
        return f"voicemail-{self.messages + 1}" if self.messages else "voicemail"

    def waits_since(self) -> float:
        """From when on his patience counts, once he is on the line."""
        return self.reached_back_at or self.on_line

    def outcome(self) -> str:
        """What the call came to, if it ended now."""
        if self.refused:
            return "refused"
        if self.cancelled:
            return "cancelled"
        if self.talked:
            return "answered"
        if self.transferred:
            return "transferred"
        if self.voicemail:
            return "voicemail"
        if self.called_back_in:
            return "callback"
        if self.abandoned or self.stage is Stage.QUEUE:
            return "abandoned"
        return "ivr"


def recall(call_id: str, facts: list[Fact]) -> CallState:
    """The state of a call from its facts, in order."""
    state = CallState(call_id)
    for fact in facts:
        try:
            state.apply(fact)
        except (KeyError, TypeError, ValueError, AttributeError):  # as another version wrote it
            log.exception("a fact is left out of a call's state", kind=fact.kind, seq=fact.seq)
    return state


Data = dict[str, Any]


def _known(data: Data) -> dict[str, Any]:
    """The values of a fact. What was secret is not known any more."""
    return {name: value for name, value in (data.get("values") or {}).items() if value != SECRET}


def _offered(s: CallState, fact: Fact, data: Data) -> None:
    s.offered_at = fact.at
    s.leg_id, s.node, s.channel = data["leg_id"], data["node"], data["channel"]
    s.ani, s.caller_name, s.did = data["ani"], data["caller_name"], data["did"]


def _resumed(s: CallState, fact: Fact, data: Data) -> None:
    s.resumed = True
    if s.stage is Stage.QUEUE:
        s.agent, s.also = "", ()  # the ring came to nothing


def _refused(s: CallState, fact: Fact, data: Data) -> None:
    s.refused = True


def _flow_entered(s: CallState, fact: Fact, data: Data) -> None:
    s.flow = data["flow"]
    s.places = [FlowPlace(s.flow, data.get("node", ""))]
    s.language = data.get("language") or s.language


def _flow_node(s: CallState, fact: Fact, data: Data) -> None:
    s.message, s.message_left, s.offer = {}, False, ""
    s.served, s.sent_to, s.reached_at = False, "", 0.0
    if s.places:
        s.places[-1].node = data["node"]


def _flow_called(s: CallState, fact: Fact, data: Data) -> None:
    if data.get("then") and s.places:
        s.places[-1].then, s.places[-1].into = data["then"], data.get("into", "")
    else:
        s.places = s.places[:-1]
    s.places.append(FlowPlace(data["flow"], values=_known(data)))


def _flow_returned(s: CallState, fact: Fact, data: Data) -> None:
    s.places = s.places[:-1] or s.places
    if s.places and s.places[-1].into:
        s.places[-1].values[s.places[-1].into] = _known(data)


def _set(s: CallState, fact: Fact, data: Data) -> None:
    if s.places:
        s.places[-1].values.update(_known(data))


def _key(s: CallState, fact: Fact, data: Data) -> None:
    s.path.append(Choice(data["node"], data["key"], data.get("label") or {}))


def _collected(s: CallState, fact: Fact, data: Data) -> None:
    s.collected[data["name"]] = data["value"]
    s.labels.pop(data["name"], None)  # asked again, by a flow that calls it otherwise
    if label := data.get("label"):
        s.labels[data["name"]] = label
    if s.places and data["value"] != SECRET:
        s.places[-1].values[data["name"]] = data["value"]


def _recorded(s: CallState, fact: Fact, data: Data) -> None:
    name = data["name"]
    s.recorded[name] = {"name": name, "seconds": data["seconds"], "label": data.get("label") or {}}


def _language(s: CallState, fact: Fact, data: Data) -> None:
    s.language = data["language"]


def _promised_back(s: CallState, fact: Fact, data: Data) -> None:
    s.offered_at, s.callback, s.held = fact.at, dict(data), True
    s.ani, s.caller_name, s.did = data["number"], data.get("name", ""), data.get("shows", "")
    s.language, s.queue = data.get("language", ""), data["queue"]
    s.path = [Choice(c["node"], c["key"], c.get("label") or {}) for c in data.get("path", ())]
    s.collected, s.labels = dict(data.get("collected") or {}), dict(data.get("labels") or {})


def _dialed(s: CallState, fact: Fact, data: Data) -> None:
    s.leg_id, s.node = data["leg_id"], data["node"]


def _reached_back(s: CallState, fact: Fact, data: Data) -> None:
    s.held, s.channel, s.reached_back_at = False, data.get("channel", ""), fact.at


def _not_reached_back(s: CallState, fact: Fact, data: Data) -> None:
    s.leg_id, s.tries = "", int(data.get("tries", 0))


def _to_be_called_back(s: CallState, fact: Fact, data: Data) -> None:
    s.called_back_in = data["call"]


def _cancelled(s: CallState, fact: Fact, data: Data) -> None:
    s.cancelled = True


def _queued(s: CallState, fact: Fact, data: Data) -> None:
    s.stage, s.since, s.entered = Stage.QUEUE, float(data.get("since", fact.at)), fact.at
    s.came_from = tuple(data.get("came_from", ()))
    if not s.came_from:
        s.on_line = fact.at
    s.heard_in_line = []
    s.queue, s.priority, s.abandoned = data["queue"], data["priority"], False
    s.agent, s.also = "", ()


def _announced(s: CallState, fact: Fact, data: Data) -> None:
    s.heard_in_line.append((fact.at, Item("announcement")))


def _offered_in_line(s: CallState, fact: Fact, data: Data) -> None:
    s.heard_in_line.append((fact.at, Item("offer", data["key"])))


def _told_in_line(s: CallState, fact: Fact, data: Data) -> None:
    s.heard_in_line.append((fact.at, Item("message", str(data["item"]))))


def _taken(s: CallState, fact: Fact, data: Data) -> None:
    s.offer = data["offer"]


def _assigned(s: CallState, fact: Fact, data: Data) -> None:
    s.agent, s.also = fact.agent, tuple(data.get("also", ()))


def _missed(s: CallState, fact: Fact, data: Data) -> None:
    s.agent, *also = [agent for agent in s.rung if agent != fact.agent] or [""]
    s.also = tuple(also)


def _returned(s: CallState, fact: Fact, data: Data) -> None:
    s.agent, s.also = "", ()


def _talk(s: CallState, fact: Fact, data: Data) -> None:
    s.stage, s.talked, s.talk_since = Stage.TALK, True, fact.at
    s.agent, s.also = fact.agent, ()


def _talk_ended(s: CallState, fact: Fact, data: Data) -> None:
    s.stage, s.served = Stage.AFTER, True


def _sent_on(s: CallState, fact: Fact, data: Data) -> None:
    s.sent_to, s.reached_at = data["number"], 0.0


def _reached(s: CallState, fact: Fact, data: Data) -> None:
    s.transferred, s.reached_at = True, fact.at


def _transferred(s: CallState, fact: Fact, data: Data) -> None:
    s.transferred = s.transferred or data["result"] == "talked"
    s.sent_to = ""


def _left(s: CallState, fact: Fact, data: Data) -> None:
    s.stage, s.agent, s.also, s.abandoned = Stage.IVR, "", (), data["why"] == "abandoned"


def _prioritised(s: CallState, fact: Fact, data: Data) -> None:
    s.priority = data["priority"]


def _monitored(s: CallState, fact: Fact, data: Data) -> None:
    s.monitors[data["by"]] = {"agent": fact.agent, "at": fact.at}


def _unmonitored(s: CallState, fact: Fact, data: Data) -> None:
    s.monitors.pop(data["by"], None)


def _taken_over(s: CallState, fact: Fact, data: Data) -> None:
    s.taken_by, s.taken_phone, s.taken_at = data["by"], data["phone"], fact.at


def _takeover_ended(s: CallState, fact: Fact, data: Data) -> None:
    s.taken_by = ""


def _voicemail_begun(s: CallState, fact: Fact, data: Data) -> None:
    s.message = {name: str(data.get(name) or "") for name in ("box", "path", "language")}


def _voicemail(s: CallState, fact: Fact, data: Data) -> None:
    s.voicemail, s.message, s.message_left = True, {}, True
    s.messages += 1


def _ended(s: CallState, fact: Fact, data: Data) -> None:
    s.ended = True


_CHANGES: dict[str, Callable[[CallState, Fact, Data], None]] = {
    "call.offered": _offered,
    "call.resumed": _resumed,
    "call.dialed": _dialed,
    "call.answered": _reached_back,
    "callback.promised": _promised_back,
    "callback.unanswered": _not_reached_back,
    "callback.cancelled": _cancelled,
    "callback.in_place": _to_be_called_back,
    "call.refused": _refused,
    "ivr.entered": _flow_entered,
    "ivr.node": _flow_node,
    "ivr.called": _flow_called,
    "ivr.returned": _flow_returned,
    "ivr.set": _set,
    "ivr.key": _key,
    "ivr.collected": _collected,
    "ivr.recorded": _recorded,
    "ivr.language": _language,
    "queue.entered": _queued,
    "waiting.announced": _announced,
    "waiting.offered": _offered_in_line,
    "waiting.message": _told_in_line,
    "waiting.taken": _taken,
    "queue.prioritised": _prioritised,
    "queue.assigned": _assigned,
    "phone.missed": _missed,
    "queue.returned": _returned,
    "queue.left": _left,
    "talk.started": _talk,
    "talk.ended": _talk_ended,
    "monitor.started": _monitored,
    "monitor.ended": _unmonitored,
    "takeover.started": _taken_over,
    "takeover.ended": _takeover_ended,
    "transfer.started": _sent_on,
    "transfer.answered": _reached,
    "transfer.ended": _transferred,
    "voicemail.begun": _voicemail_begun,
    "voicemail.left": _voicemail,
    "call.ended": _ended,
}
