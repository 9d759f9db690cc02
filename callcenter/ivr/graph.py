"""Questions about a flow as a graph: who can be reached, and where a caller would go round for ever. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from callcenter.ivr.model import (
    FlowFile,
    HangUpNode,
    HoursNode,
    LanguageNode,
    MenuNode,
    Node,
    PlayNode,
    QueueNode,
    VoicemailNode,
    exits,
)

T = TypeVar("T")
Edges = Mapping[str, Iterable[str]]


def reachable(edges: Edges, start: str) -> set[str]:
    """Every node on some way from `start`, itself included."""
    return _spread([start], lambda name: edges.get(name, ()))


def states(flow: FlowFile, start_languages: Iterable[str]) -> set[tuple[str, str]]:
    """Every (node, language) a caller can be in who begins in one of some languages."""

    def leads_to(state: tuple[str, str]) -> Iterable[tuple[str, str]]:
        name, language = state
        node = flow.nodes.get(name)
        if isinstance(node, MenuNode):
            for key in node.keys.values():
                yield key.go, key.language or language
        if isinstance(node, LanguageNode):
            yield node.next, node.language
        elif node is not None:
            for place, target in exits(node):
                if place[0] != "keys":
                    yield target, language

    return _spread([(flow.start, language) for language in start_languages], leads_to)


@dataclass(frozen=True, slots=True)
class Circle:
    """Nodes a caller who presses nothing goes round in."""

    nodes: tuple[str, ...]  # in the order of the file
    by_menu: bool  # a menu is among them: a key leads out, silence does not
    left_in_time: bool  # opening hours lead out at some time


def circles(flow: FlowFile) -> list[Circle]:
    """Where silence goes round. Queues and voicemail end a round: there something happens."""
    silent = {name: list(_silent_exits(node)) for name, node in flow.nodes.items()}
    found = []
    for group in _groups(silent):
        members = tuple(name for name in flow.nodes if name in group)
        nodes = [flow.nodes[name] for name in members]
        found.append(
            Circle(
                members,
                any(isinstance(node, MenuNode) for node in nodes),
                any(target not in group for name in members for target in silent[name]),
            )
        )
    return found


def without_end(flow: FlowFile) -> set[str]:
    """Nodes from which no way leads to a queue, a message or the end of the call."""
    edges = {name: [target for _, target in exits(node)] for name, node in flow.nodes.items()}
    back: dict[str, list[str]] = {}
    for name, targets in edges.items():
        for target in targets:
            back.setdefault(target, []).append(name)
    ends = [name for name, node in flow.nodes.items() if _can_end(node)]

    def leads_back(name: str) -> list[str]:
        return back.get(name, [])

    with_end: set[str] = _spread(ends, leads_back)
    return set(flow.nodes) - with_end


def _can_end(node: Node) -> bool:
    if isinstance(node, MenuNode):  # without a way out, a menu ends with a good-bye
        return not node.on_timeout and not node.on_invalid
    return isinstance(node, HangUpNode | QueueNode | VoicemailNode)


def _silent_exits(node: Node) -> Iterable[str]:
    if isinstance(node, MenuNode):
        return [way for way in [node.on_timeout or node.on_invalid] if way]
    if isinstance(node, PlayNode | LanguageNode):
        return [node.next]
    if isinstance(node, HoursNode):
        return [node.open, node.closed]
    return []


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
