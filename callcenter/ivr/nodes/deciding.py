"""Nodes that decide where to go without asking the caller."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field

from callcenter.ivr.fields import (
    EmergencyName,
    Expr,
    FlowName,
    Handed,
    HoursName,
    NodeName,
    OptionalNode,
    OptionalVariable,
    Values,
)
from callcenter.ivr.nodes.base import Mistake, Node
from callcenter.ivr.visit import CallFlow, ReturnFlow, Visit, Walk


class HoursNode(Node):
    """Go one way when open, another when closed, a third in an emergency."""

    type: Literal["hours"]
    hours: HoursName = Field(description="Which hours of the center file.")
    open: NodeName = Field(description="The node when open.")
    closed: NodeName = Field(description="The node when closed.")
    switch: EmergencyName = Field(
        default="", description="Which emergency switch of the center file is looked at first."
    )
    emergency: OptionalNode = Field(default="", description="The node while a supervisor has the switch on.")

    def mistakes(self) -> Iterator[Mistake]:
        if bool(self.switch) != bool(self.emergency):
            yield Mistake((), "`switch` and `emergency` belong together", "give both, or neither")

    def run(self, at: Visit) -> Walk:
        if self.switch and self.emergency and at.around.emergency(self.switch):
            return at.go("emergency", self.emergency)
        if at.around.is_open(self.hours):
            return at.go("open", self.open)
        return at.go("closed", self.closed)
        yield


class IfNode(Node):
    """Go one way or the other."""

    type: Literal["if"]
    when: Expr = Field(description="The condition, such as `customer.level == 'vip' and time.hour < 18`.")
    then: NodeName = Field(description="The node when it holds.")
    otherwise: NodeName = Field(alias="else", description="The node when it does not.")

    def run(self, at: Visit) -> Walk:
        if at.value(self.when):
            return at.go("then", self.then)
        return at.go("else", self.otherwise)
        yield

    def title(self) -> dict[Any, str]:
        return {"zh-CN": self.when, "en": self.when}


class SwitchNode(Node):
    """Go the way a value says."""

    type: Literal["switch"]
    value: Expr = Field(description="What is looked at, such as `order.status`.")
    cases: dict[str, NodeName] = Field(min_length=1, description="The node for each value.")
    otherwise: NodeName = Field(alias="else", description="The node for any other value.")

    def run(self, at: Visit) -> Walk:
        value = at.value(self.value)
        text = at.text("{it}", it=value)
        if text in self.cases:
            return at.go(f"cases.{text}", self.cases[text])
        return at.go("else", self.otherwise)
        yield

    def title(self) -> dict[Any, str]:
        return {"zh-CN": self.value, "en": self.value}


class SetNode(Node):
    """Give variables values."""

    type: Literal["set"]
    values: Values = Field(min_length=1, description="Name and value; `{total * 2}` reckons.")
    next: NodeName = Field(description="The node that follows.")

    def run(self, at: Visit) -> Walk:
        for name, written in self.values.items():
            at.set(name, at.filled(written), secret=at.is_secret(written))
        return at.go("next", self.next)
        yield


class GotoNode(Node):
    """Go to a node, of this flow or of another, without coming back."""

    type: Literal["goto"]
    next: OptionalNode = Field(default="", description="The node of this flow.")
    flow: FlowName | Literal[""] = Field(default="", description="Another flow, begun at its start.")

    def mistakes(self) -> Iterator[Mistake]:
        if bool(self.next) == bool(self.flow):
            yield Mistake((), "a goto names a node (`next`) or a flow", "give one of them")

    def run(self, at: Visit) -> Walk:
        return CallFlow(self.flow, at.node) if self.flow else at.go("next", self.next)
        yield


class CallNode(Node):
    """Run another flow and come back."""

    type: Literal["call"]
    flow: FlowName = Field(description="The flow.")
    values: Handed = Field(default={}, alias="with", description="Variables it begins with.")
    into: OptionalVariable = Field(
        default="", description="The variable that keeps what it returns: `into.name` for each value."
    )
    next: NodeName = Field(description="The node that follows when it returns.")

    def run(self, at: Visit) -> Walk:
        values, secrets = at.handed(self.values)
        return CallFlow(self.flow, at.node, self.next, self.into, values=values, secrets=secrets)
        yield


class ReturnNode(Node):
    """Go back to the flow that called this one. In a flow nobody called, the call ends."""

    type: Literal["return"]
    ends: ClassVar[bool] = True
    values: Handed = Field(default={}, description="What is given back.")

    def run(self, at: Visit) -> Walk:
        values, secrets = at.handed(self.values)
        return ReturnFlow(values=values, secrets=secrets)
        yield
