"""What the stories of this folder share: small flows, and a center around them that says what they need."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from callcenter.ivr.interpreter import FlowRun
from callcenter.ivr.model import Flow
from callcenter.ivr.steps import HangUp, Outcome, Step, Utterance

MONDAY_MORNING = datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


class Room:
    """Implements `ivr.visit.Surroundings`: open at all hours but those of `closed`."""

    def __init__(
        self,
        *flows: Flow,
        closed: tuple[str, ...] = (),
        emergencies: tuple[str, ...] = (),
        now: datetime = MONDAY_MORNING,
    ) -> None:
        self.flows = {flow.id: flow for flow in flows}
        self.closed = closed
        self.emergencies = emergencies
        self.time = now

    def now(self) -> datetime:
        return self.time

    def is_open(self, hours: str) -> bool:
        return hours not in self.closed

    def emergency(self, switch: str) -> bool:
        return switch in self.emergencies

    def flow(self, flow_id: str) -> Flow | None:
        return self.flows.get(flow_id)


def flow_of(nodes: Mapping[str, Any], flow_id: str = "flow", **top: Any) -> Flow:
    """A flow in Chinese that begins at its first node."""
    start = next(iter(nodes))
    return Flow.of({"name": {}, "language": "zh-CN", "start": start, "nodes": nodes, **top}, flow_id)


def run_of(nodes: Mapping[str, Any], *others: Flow, room: Room | None = None, **call: Any) -> FlowRun:
    """A call in a flow of these nodes. `call` is as `FlowRun` takes it, `flow` more of the file."""
    flow = flow_of(nodes, **call.pop("flow", {}))
    return FlowRun(flow, room or Room(flow, *others), **call)


def after(run: FlowRun, *outcomes: Outcome) -> Step:
    """Begin, let this come of each step in turn, and tell the step that follows."""
    step = run.begin()
    for outcome in outcomes:
        step = run.proceed(outcome)
    return step


def texts(step: Step) -> list[str]:
    """What is heard at a step."""
    heard: tuple[Utterance, ...] = getattr(step, "utterances", ())
    return [utterance.text for utterance in heard]


def facts(run: FlowRun, kind: str) -> list[dict[str, Any]]:
    """The facts of a kind since the last asking."""
    return [data for told, data in run.take_happenings() if told == kind]


def nodes_of(run: FlowRun) -> list[str]:
    """The nodes the caller came to since the last asking."""
    return [data["node"] for data in facts(run, "ivr.node")]


def ended(step: Step) -> bool:
    return isinstance(step, HangUp)
