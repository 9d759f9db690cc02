"""Walks a caller through a flow. Pure: it says what is to be done next and is told what came of it.

No switch, no clock, no chance: the same outcomes give the same call. It never raises for what a flow
contains or a caller does, and ends on every flow: a runaway is cut after `MAX_STEPS`. What a node cannot do
leads along its `on_error`, then the flow's, then with an apology to the overflow queue, and at last to a
good-bye.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from callcenter.ivr.expressions import ExpressionError
from callcenter.ivr.frame import Frame
from callcenter.ivr.model import Flow
from callcenter.ivr.steps import Choice, Done, EnterQueue, Failed, HangUp, Outcome, Play, QueueEnded, Step
from callcenter.ivr.visit import (
    Call,
    CallFlow,
    Exit,
    Finish,
    Happening,
    Leave,
    NodeFailed,
    ReturnFlow,
    Surroundings,
    Visit,
    Walk,
)
from callcenter.speech import phrases

MAX_STEPS = 2_000
MAX_DEPTH = 20  # flows that called one another
MAX_FAILURES = 5  # of a call; more lead to the overflow queue
FAULT = "a fault of the engine:"  # begins the error of a node that failed by no fault of the flow


class Flows(Surroundings, Protocol):
    """What a run asks of the center."""

    def flow(self, flow_id: str) -> Flow | None:
        """A flow of those in force when the call began."""


class FlowRun:
    """One caller in one flow, and in those it calls.

    `begin` or `resume` gives the first step; `proceed` takes what came of the last step and gives the next
    one. After a HangUp every further `proceed` gives the same HangUp.
    """

    def __init__(
        self,
        flow: Flow,
        around: Flows,
        *,
        language: str = "",
        caller: Mapping[str, Any] | None = None,
        facts: Mapping[str, Any] | None = None,
        customer: Mapping[str, Any] | None = None,
        path: Sequence[Choice] = (),
    ) -> None:
        """`language` '' is the flow's own. `caller`, `facts` (of the call) and `customer` are what
        expressions find under `caller`, `call` and `customer`."""
        self.flow = flow
        self._around = around
        self._call = Call(
            around,
            language or flow.file.language,
            {"number": "", "name": "", **(caller or {})},
            {"id": "", "did": "", **(facts or {})},
            {"known": customer is not None, **(customer or {})},
            list(path),
        )
        self._frames = [Frame(flow, values=dict(flow.file.variables))]
        self._walk: Walk | None = None
        self._step: Step = HangUp("")
        self._passed = 0
        self._failures = 0
        self._rescuing = False

    # --- what can be asked ----------------------------------------------------------------------------

    @property
    def step(self) -> Step:
        """What is being done now."""
        return self._step

    @property
    def node(self) -> str:
        """The node the caller is in."""
        return self._frames[-1].node

    @property
    def language(self) -> str:
        return self._call.language

    @property
    def path(self) -> list[Choice]:
        """What the caller chose."""
        return self._call.path

    @property
    def values(self) -> dict[str, Any]:
        """The variables of the flow he is in."""
        return self._frames[-1].values

    def take_happenings(self) -> list[Happening]:
        """What happened since the last asking, in order, as facts to be written."""
        taken, self._call.happenings = self._call.happenings, []
        return taken

    # --- going on -------------------------------------------------------------------------------------

    def begin(self) -> Step:
        """Enter the flow at its start."""
        start = self.flow.file.start
        self._note(
            "ivr.entered", flow=self.flow.id, version=self.flow.version, node=start, language=self.language
        )
        return self._follow(Leave("", start))

    def resume(self, frames: Sequence[Frame[Flow]]) -> Step:
        """Go on after an interruption: at the beginning of the node the caller was in."""
        self._frames = list(frames) or self._frames
        top = self._frames[-1]
        node = top.node if top.node in top.flow.file.nodes else top.flow.file.start
        return self._follow(Leave("resumed", node))

    def proceed(self, outcome: Outcome) -> Step:
        """Go on after the last step. An outcome that does not fit the step counts as 'nothing came of it'."""
        if isinstance(self._step, HangUp) or self._walk is None:
            return self._step
        if isinstance(outcome, Failed) and not self._rescuing:
            self._walk.close()
            return self._follow(self._failed(outcome.error))
        return self._follow(None, outcome)

    # --- inside ---------------------------------------------------------------------------------------

    def _follow(self, way: Exit | Walk | None, outcome: Outcome | None = None) -> Step:
        """Walk from node to node up to the next step."""
        while True:
            self._passed += 1
            if self._passed > MAX_STEPS:
                return self._end(self._phrases(phrases.TROUBLE_GOODBYE))
            try:
                if way is not None:
                    if isinstance(way, Finish):
                        return self._end(way.utterances)
                    self._walk = self._enter(way) if isinstance(way, Leave | CallFlow | ReturnFlow) else way
                    way = None
                assert self._walk is not None
                self._step = self._walk.send(outcome)  # type: ignore[arg-type]  # None begins a generator
                return self._step
            except StopIteration as left:
                way = left.value
            except (ExpressionError, NodeFailed) as error:
                way = self._failed(str(error))
            except Exception as error:  # our own: the caller must not be left in silence for it
                way = self._failed(f"{FAULT} {type(error).__name__}: {error}")
            outcome = None

    def _enter(self, way: Leave | CallFlow | ReturnFlow) -> Walk:
        """The node a way leads to. Raises NodeFailed."""
        if isinstance(way, CallFlow):
            target, via = self._call_flow(way), "call"
        elif isinstance(way, ReturnFlow):
            if len(self._frames) == 1:
                return _finish()
            target, via = self._return(way), "return"
        else:
            target, via = way.node, way.via
        frame = self._frames[-1]
        node = frame.flow.file.nodes.get(target)
        if node is None:
            raise NodeFailed(f"there is no node '{target}'")
        frame.node = target
        self._note("ivr.node", flow=frame.flow.id, node=target, type=node.type, via=via)
        return node.run(Visit(self._call, frame))

    def _call_flow(self, way: CallFlow) -> str:
        flow = self._around.flow(way.flow)
        if flow is None:
            raise NodeFailed(f"there is no flow '{way.flow}' in force")
        if len(self._frames) >= MAX_DEPTH:
            raise NodeFailed("flows call one another without end")
        values = {**flow.file.variables, **way.values}
        if not way.then:
            self._frames.pop()
        else:
            self._frames[-1].then, self._frames[-1].into = way.then, way.into
        self._frames.append(Frame(flow, values=values, secrets=set(way.secrets)))
        self._note(
            "ivr.called",
            flow=flow.id, version=flow.version, values=way.shown(), then=way.then, into=way.into,
        )  # fmt: skip
        return flow.file.start

    def _return(self, way: ReturnFlow) -> str:
        self._frames.pop()
        frame = self._frames[-1]
        if frame.into:
            frame.values[frame.into] = dict(way.values)
            (frame.secrets.add if way.secrets else frame.secrets.discard)(frame.into)
        self._note("ivr.returned", flow=frame.flow.id, values=way.shown())
        return frame.then

    def _failed(self, error: str) -> Exit | Walk:
        """Where a failure leads."""
        self._failures += 1
        frame = self._frames[-1]
        self._note(
            "ivr.failed", flow=frame.flow.id, node=frame.node, error=frame.without_secrets(error)[:300]
        )
        if self._rescuing:
            return Finish()
        if self._failures <= MAX_FAILURES:
            node = frame.flow.file.nodes.get(frame.node)
            if node is not None and node.on_error:
                return Leave("on_error", node.on_error)
            if frame.flow.file.on_error and frame.flow.file.on_error != frame.node:
                return Leave("on_error", frame.flow.file.on_error)
        self._rescuing = True
        return self._rescue()

    def _rescue(self) -> Walk:
        """Apologise, and let a person help if there is a queue. What fails here is passed over."""
        queue = next((f.flow.overflow_queue for f in reversed(self._frames) if f.flow.overflow_queue), "")
        if queue and not isinstance(self._step, EnterQueue):
            yield Play(self.node, self._phrases(phrases.TROUBLE), skip=False)
            outcome = yield EnterQueue(self.node, queue)
            if isinstance(outcome, QueueEnded) and outcome.how == "served":
                return Finish()
        return Finish(self._phrases(phrases.TROUBLE_GOODBYE))

    def _end(self, utterances: Any) -> Step:
        self._walk = None
        self._step = HangUp(self.node, utterances)
        return self._step

    def _phrases(self, *said: phrases.Phrase) -> Any:
        return Visit(self._call, self._frames[-1]).phrases(*said)

    def _note(self, kind: str, **data: Any) -> None:
        self._call.happenings.append((kind, data))


def _finish() -> Walk:
    return Finish()
    yield Done()
