"""Questions about a flow as a graph: who can be reached, and where a caller would go round for ever. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from callcenter.ivr.model import FlowFile
from callcenter.ivr.names import variables_of

T = TypeVar("T")
Edges = Mapping[str, Iterable[str]]


def edges(flow: FlowFile) -> dict[str, list[str]]:
    """Where each node leads. `on_error` of the flow leads from every node that has none of its own."""
    common = [flow.on_error] if flow.on_error else []
    return {name: [e.target for e in node.edges()] + common for name, node in flow.nodes.items()}


def reachable(edges: Edges, start: str) -> set[str]:
    """Every node on some way from `start`, itself included."""
    return _spread([start], lambda name: edges.get(name, ()))


def states(flow: FlowFile, start_languages: Iterable[str]) -> set[tuple[str, str]]:
    """Every (node, language) a caller can be in who begins in one of some languages."""

    def leads_to(state: tuple[str, str]) -> Iterable[tuple[str, str]]:
        name, language = state
        node = flow.nodes.get(name)
        if node is not None:
            for edge in node.edges():
                yield edge.target, edge.language or language
            if flow.on_error:
                yield flow.on_error, language

    return _spread([(flow.start, language) for language in start_languages], leads_to)


_SETTING_EXITS = ("next", "answers", "on_silence")  # by the others a node leaves without its variables


def surely_set(flow: FlowFile) -> dict[str, set[str]]:
    """The variables that have a value on every way to a node; only nodes that can be reached."""
    every = variables_of(flow.nodes) | set(flow.variables)
    before = {name: set(every) for name in reachable(edges(flow), flow.start)}
    before[flow.start] = set(flow.variables)
    waiting, seen = [flow.start], {flow.start}
    while waiting:
        name = waiting.pop()
        node = flow.nodes.get(name)
        if node is None:
            continue
        given = variables_of({name: node}) if node.surely_sets else set()
        ways = [(e.target, given if e.place[0] in _SETTING_EXITS else set()) for e in node.edges()]
        ways += [(flow.on_error, set())] if flow.on_error else []
        for target, more in ways:
            left = before[target] & (before[name] | more)
            if left != before[target] or target not in seen:
                before[target] = left
                seen.add(target)
                waiting.append(target)
    return before


@dataclass(frozen=True, slots=True)
class Circle:
    """Nodes a caller who does nothing goes round in."""

    nodes: tuple[str, ...]  # in the order of the file
    by_asking: bool  # he is asked something there: an answer leads out, silence does not
    left_in_time: bool  # hours or a value lead out at some time


def circles(flow: FlowFile) -> list[Circle]:
    """Where silence goes round. Nodes where the call may end, such as queues, end a round."""
    silent = {
        name: [] if node.ends else [e.target for e in node.edges() if e.silent]
        for name, node in flow.nodes.items()
    }
    found = []
    for group in _groups(silent):
        members = tuple(name for name in flow.nodes if name in group)
        found.append(
            Circle(
                members,
                any(flow.nodes[name].asks for name in members),
                any(target not in group for name in members for target in silent[name]),
            )
        )
    return found


def without_end(flow: FlowFile) -> set[str]:
    """Nodes from which no way leads to a queue, a message or the end of the call."""
    back: dict[str, list[str]] = {}
    ends = []
    for name, node in flow.nodes.items():
        targets = [edge.target for edge in node.edges() if edge.place != ("on_error",)]
        for target in targets:
            back.setdefault(target, []).append(name)
        # without a way out for silence, asking ends with a good-bye
        if node.ends or not targets or (node.asks and not any(e.silent for e in node.edges())):
            ends.append(name)

    def leads_back(name: str) -> list[str]:
        return back.get(name, [])

    with_end: set[str] = _spread(ends, leads_back)
    return set(flow.nodes) - with_end


def _groups(edges: Edges) -> list[set[str]]:
    """Sets of nodes that can all reach each other (only those with a circle)."""
    known = set(edges)
    ahead = {
        name: _spread([t for t in edges[name] if t in known], lambda n: edges.get(n, ())) for name in known
    }
    groups: list[set[str]] = []
    done: set[str] = set()
    for name in edges:
        if name in done or name not in ahead[name]:
            continue
        group = {other for other in ahead[name] if other in known and name in ahead[other]}
        done |= group
        groups.append(group)
    return groups


def _spread(starts: Iterable[T], leads_to: Callable[[T], Iterable[T]]) -> set[T]:
    seen = set(starts)
    waiting = list(seen)
    while waiting:
        for target in leads_to(waiting.pop()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen
