"""A flow file as a graph to be drawn."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from callcenter.ivr.drawing.graph import Exit, draw_graph
from callcenter.ivr.drawing.words import EXITS, word
from callcenter.ivr.model import FlowFile, exits
from callcenter.ivr.nodes.base import Node

_ALARMS = ("on_error", "on_failed", "on_invalid", "on_timeout", "on_status")


async def draw(
    flow: FlowFile,
    *,
    language: str,
    heat: Mapping[tuple[str, str], int] | None = None,
    left: Mapping[str, int] | None = None,
    dead: Collection[str] = (),
) -> str:
    """The flow as SVG, its words in `language`; with `heat` and `left` as a heat map. Raises DrawingError."""
    nodes = {str(name): (node.type, _in(node.title(), language)) for name, node in flow.nodes.items()}
    ways = [
        _exit(str(name), node, tuple(str(part) for part in place), str(target), language)
        for name, node in flow.nodes.items()
        for place, target in exits(node)
    ]
    name = _in(flow.name, language)
    return await draw_graph(
        nodes, ways, flow.start, language=language, name=name, heat=heat, left=left, dead=dead
    )


def _exit(name: str, node: Node, place: tuple[str, ...], target: str, language: str) -> Exit:
    """`keys.1.go` is key 1 with its label; `on_timeout` is a word of ours; `cases.vip` is the value."""
    alarm = place[0] in _ALARMS
    if len(place) == 1:
        return Exit(name, target, label=word(EXITS, place[0], language), alarm=alarm)
    chosen = _at(node, place[:-1]) if place[-1] == "go" else None
    label = _in(getattr(chosen, "label", {}), language)
    return Exit(name, target, place[1], label, alarm)


def _at(node: object, place: tuple[str, ...]) -> object:
    """What stands at a place of a node; None where nothing does."""
    for part in place:
        node = node.get(part) if isinstance(node, Mapping) else getattr(node, part, None)
    return node


def _in(texts: Mapping[Any, str], language: str) -> str:
    """A text in a language, or in any."""
    return texts.get(language) or next(iter(texts.values()), "")
