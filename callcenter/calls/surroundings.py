"""What the flow of a call may ask of the center, and how it finds its place again after a restart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from callcenter.calls.office import Office
from callcenter.calls.state import CallState, FlowPlace
from callcenter.ivr.frame import Frame
from callcenter.ivr.model import Flow
from callcenter.ivr.steps import Done, Outcome, QueueEnded, Transferred


class Around:
    """Implements `ivr.visit.Surroundings` for one call: the flows are those in force when it began."""

    def __init__(self, office: Office, flows: Mapping[str, Flow]) -> None:
        self._office = office
        self._flows = flows

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._office.clock.now(), ZoneInfo(self._office.center().time_zone))

    def is_open(self, hours: str) -> bool:
        return self._office.is_open(hours)

    def emergency(self, switch: str) -> bool:
        return self._office.emergency(switch)

    def flow(self, flow_id: str) -> Flow | None:
        return self._flows.get(flow_id)


def frames_of(places: Sequence[FlowPlace], first: Flow, flows: Mapping[str, Flow]) -> list[Frame[Flow]]:
    """The frames of a call that goes on after an interruption; none for one that begins. Of a flow that is no
    longer there, those before it are left."""
    frames: list[Frame[Flow]] = []
    for index, place in enumerate(places):
        flow = first if index == 0 and place.flow == first.id else flows.get(place.flow)
        if flow is None:
            break
        values = {**flow.file.variables, **place.values}
        frames.append(Frame(flow, place.node, place.then, place.into, values))
    return frames


def over_meanwhile(state: CallState) -> tuple[str, Outcome] | None:
    """What a caller had come to his node for, when it is over by the time his leg knocks again: the type of
    that node, and what came of it. Nobody is served, sent on or recorded a second time."""
    if state.served:
        return "queue", QueueEnded("served")
    if state.sent_to and state.reached_at:
        return "transfer", Transferred("talked")
    if state.offer == "callback" or (state.offer and state.message_left):
        return "queue", QueueEnded(state.offer)
    return ("voicemail", Done()) if state.message_left else None


def node_type(frame: Frame[Flow]) -> str:
    """Of the node the caller is in; '' when the flow has no such node."""
    node = frame.flow.file.nodes.get(frame.node)
    return node.type if node is not None else ""
