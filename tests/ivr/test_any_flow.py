"""Any flow with any caller: it never raises, ends in bounded steps, and is remembered as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from callcenter.calls.state import CallState, recall
from callcenter.calls.surroundings import frames_of
from callcenter.center.problems import has_errors
from callcenter.ivr.check import parse_flow
from callcenter.ivr.frame import Frame, journaled
from callcenter.ivr.interpreter import FAULT, MAX_STEPS, FlowRun
from callcenter.ivr.model import Flow
from callcenter.ivr.steps import HangUp, Outcome
from callcenter.storage.facts import Fact
from tests.ivr import strategies
from tests.ivr.kit import Room
from tests.ivr.strategies import FLOW_FILES, what_comes_of

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def flow(data: dict[str, Any], flow_id: str) -> Flow:
    return Flow.of(data, flow_id)


FLOWS = st.lists(FLOW_FILES, min_size=1, max_size=2).map(
    lambda files: {flow_id: flow(data, flow_id) for flow_id, data in zip(("one", "two"), files, strict=False)}
)  # a call of flow three, or two, may find none


def run_of(flows: dict[str, Flow]) -> FlowRun:
    return FlowRun(
        flows["one"], Room(*flows.values()), caller={"number": "13800138000"}, facts={"did": "4001"}
    )


def no_fault_of_ours(run: FlowRun) -> list[tuple[str, dict[str, Any]]]:
    """All that happened; none of it a fault of the engine."""
    happened = run.take_happenings()
    faults = [data for kind, data in happened if kind == "ivr.failed" and data["error"].startswith(FAULT)]
    assert faults == []
    return happened


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(FLOWS, st.data())
def test_any_caller_in_any_flow_is_asked_something_or_let_go(
    flows: dict[str, Flow], data: st.DataObject
) -> None:
    run = run_of(flows)
    step = run.begin()
    for _ in range(25):
        if isinstance(step, HangUp):
            assert run.proceed(data.draw(strategies.ODD)) == step, "it is over"
            break
        step = run.proceed(what_comes_of(data, step))
        no_fault_of_ours(run)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(FLOWS, st.lists(strategies.HEARD, min_size=1, max_size=5), st.booleans())
def test_a_caller_who_does_the_same_over_and_over_comes_to_an_end(
    flows: dict[str, Flow], heard: list[Outcome], open_: bool
) -> None:
    run = FlowRun(flows["one"], Room(*flows.values(), closed=() if open_ else ("office",)))
    step = run.begin()
    for turn in range(MAX_STEPS + 1):
        if isinstance(step, HangUp):
            no_fault_of_ours(run)
            return
        step = run.proceed(heard[turn % len(heard)])
        run.take_happenings()
    raise AssertionError("it goes on for ever")


@settings(max_examples=80, deadline=None, suppress_health_check=SLOW)
@given(FLOW_FILES, st.data())
def test_a_flow_that_passes_the_checker_fails_on_no_unknown_name_or_node(
    content: dict[str, Any], data: st.DataObject
) -> None:
    text = json.dumps(content, ensure_ascii=False).encode()  # which is YAML as well
    checked, problems = parse_flow(text, Path("/nowhere/one.yaml"))
    assert (checked is None) == has_errors(problems)
    assume(checked is not None)
    assert checked is not None
    run = run_of({"one": checked})
    step = run.begin()
    for _ in range(20):
        for kind, fact in no_fault_of_ours(run):
            if kind == "ivr.failed":
                assert not fact["error"].startswith(("there is no '", "there is no node", "cannot be read"))
        if isinstance(step, HangUp):
            break
        step = run.proceed(what_comes_of(data, step))


# --- a restart in the middle -------------------------------------------------------------------------


def remembered(happened: list[tuple[str, dict[str, Any]]]) -> CallState:
    facts = [Fact(n, float(n), kind, call_id="c", data=data) for n, (kind, data) in enumerate(happened)]
    return recall("c", facts)


def unwritten_of(frames: list[Frame[Flow]]) -> set[str]:
    """Names of what no fact tells: secrets, and values too large for the journal."""
    large = {name for frame in frames for name, value in frame.values.items() if journaled(value) != value}
    return large.union(*(frame.secrets for frame in frames))


def told(frames: list[Frame[Flow]], unwritten: set[str]) -> list[Any]:
    """What must be the same after a restart: all but what the journal has no words for."""
    return [
        (
            frame.flow.id,
            frame.node,
            *((frame.then, frame.into) if frame is not frames[-1] else ("", "")),
            {name: value for name, value in frame.values.items() if name not in unwritten},
        )
        for frame in frames
    ]


_OFTEN = st.sampled_from(["call", "return", "set", "collect", "language"]).flatmap(
    strategies.NODES.__getitem__
)


def _nested(flow_id: str, nodes: dict[str, Any]) -> st.SearchStrategy[Flow]:
    """A flow that begins with `nodes`, and whose others often call and return."""
    often = st.fixed_dictionaries({**{name: _OFTEN for name in "bcd"}, **nodes})
    return st.builds(
        lambda content, more: flow({**content, "start": "a", "nodes": {**content["nodes"], **more}}, flow_id),
        FLOW_FILES,
        often,
    )


NESTED = st.fixed_dictionaries(
    {
        "one": _nested("one", {"a": strategies.NODES["call"]}),
        "two": _nested("two", {"b": strategies.NODES["return"]}),
        "three": _nested("three", {"b": strategies.NODES["return"]}),
    }
)
"""Flows that call one another and come back, much of the time."""


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(NESTED, st.data())
def test_what_the_facts_of_a_call_tell_is_where_the_caller_was(
    flows: dict[str, Flow], data: st.DataObject
) -> None:
    run = run_of(flows)
    step = run.begin()
    happened: list[tuple[str, dict[str, Any]]] = []
    for _ in range(data.draw(st.integers(0, 20))):
        happened += run.take_happenings()
        if isinstance(step, HangUp):
            return
        step = run.proceed(what_comes_of(data, step))
    happened += run.take_happenings()
    assume(not isinstance(step, HangUp))
    state = remembered(happened)
    assert state.language == run.language
    assert [(choice.node, choice.key) for choice in state.path] == [(c.node, c.key) for c in run.path]
    again = frames_of(state.places, flows["one"], flows)
    unwritten = unwritten_of(run._frames)
    assert told(again, unwritten) == told(run._frames, unwritten)
    after = FlowRun(flows["one"], Room(*flows.values()), language=state.language, path=state.path)
    after.resume(again)
    assert after.take_happenings()[0][1]["node"] == run.node
