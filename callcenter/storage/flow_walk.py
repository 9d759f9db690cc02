"""The way of a call through its flows, folded from facts: which edge it took, and where it left. Pure."""

from __future__ import annotations

from typing import NamedTuple

from callcenter.storage.facts import Fact
from callcenter.storage.projection import text

#: facts that move a call in its flow, or decide what leaving there means
KINDS = frozenset(
    (
        "ivr.entered", "ivr.node", "queue.entered", "queue.left", "talk.started", "transfer.answered",
        "transfer.ended", "voicemail.left", "callback.in_place", "call.ended",
    )
)  # fmt: skip
#: the caller got what he came for here, or the flow ended the call: going now is no leaving
OVER = "over"


class Place(NamedTuple):
    """Where a call is. Fields in the order of the table `flow_places`."""

    call_id: str
    seq: int  # the newest fact folded in
    flow: str
    node: str  # '' before the first node
    type: str  # of the node, or OVER
    entering: bool  # the next node is come to from outside, or once more after an interruption


class Step(NamedTuple):
    """A caller went from `node` by `exit` to `target`.

    `node` '' is the world outside; `target` '' means that he left. A target in another flow is `flow:node`.
    `exit` is '' where the fact does not name it.
    """

    flow: str
    node: str
    exit: str
    target: str


def walk(place: Place | None, fact: Fact) -> tuple[Place | None, Step | None]:
    """Where the call is after `fact`, None once it ended, and the step it took, if any.

    A fact folded in before changes nothing.
    """
    if place is not None and fact.seq <= place.seq:
        return place, None
    if fact.kind == "ivr.entered":
        return _entered(place, fact)
    if fact.kind == "ivr.node":
        return _came(place, fact)
    if place is None:
        return None, None
    if fact.kind == "call.ended":
        return None, Step(place.flow, place.node, "", "") if _left(place, fact) else None
    if fact.kind == "queue.entered":
        return place._replace(seq=fact.seq, type="queue"), None
    abandoned = fact.kind == "queue.left" and fact.data.get("why") == "abandoned"
    if abandoned or (fact.kind == "transfer.ended" and fact.data.get("result") != "talked"):
        return place._replace(seq=fact.seq), None
    return place._replace(seq=fact.seq, type=OVER), None


def _entered(place: Place | None, fact: Fact) -> tuple[Place, Step | None]:
    flow, node = text(fact.data.get("flow")), text(fact.data.get("node"))
    again = place is not None and (place.flow, place.node) == (flow, node)
    step = None if again else Step(flow, "", "", node)
    if place is not None and again:
        return place._replace(seq=fact.seq, entering=True), None
    return Place(fact.call_id, fact.seq, flow, "", "", True), step


def _came(place: Place | None, fact: Fact) -> tuple[Place, Step | None]:
    flow, node = text(fact.data.get("flow")), text(fact.data.get("node"))
    here = Place(fact.call_id, fact.seq, flow, node, text(fact.data.get("type")), False)
    if place is None or place.entering or not place.node or fact.data.get("via") == "resumed":
        return here, None
    target = node if flow == place.flow else f"{flow}:{node}"
    return here, Step(place.flow, place.node, text(fact.data.get("via")), target)


def _left(place: Place, fact: Fact) -> bool:
    """Did the caller hang up at a node, rather than the flow or we?"""
    if not place.node or place.type in (OVER, "hangup"):
        return False
    by = text(fact.data.get("by"))
    outcome = text(fact.data.get("outcome"))
    if by:
        return by == "caller" and outcome not in ("cut", "refused")
    return outcome in ("ivr", "abandoned")
