"""Any graph of named nodes as a picture; knows nothing of flow files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from callcenter.ivr.drawing.cards import CARD_WIDTH, ROW, TEXT_SIZE, Card, Jump, Row
from callcenter.ivr.drawing.layout import Box, Way, place
from callcenter.ivr.drawing.svg import render
from callcenter.ivr.drawing.ways import START_SIZE, Line
from callcenter.ivr.drawing.words import SAID, family, lines, word

_LINES = 2  # of a node's text
_COMMON = 3  # a node that so many ways lead to is a common ending
_DOT = Box(START_SIZE, START_SIZE)


@dataclass(frozen=True, slots=True)
class Exit:
    """A way out of a node."""

    start: str
    end: str
    key: str = ""  # a key of the telephone, or the word that chooses this way
    label: str = ""
    alarm: bool = False  # taken when something goes wrong


async def draw_graph(
    nodes: Mapping[str, tuple[str, str]],
    edges: Sequence[Exit | tuple[str, str, str]],
    start: str,
    *,
    language: str = "en",
    name: str = "",
    heat: Mapping[tuple[str, str], int] | None = None,
    left: Mapping[str, int] | None = None,
    dead: Collection[str] = (),
) -> str:
    """The SVG of a graph.

    `nodes`: name to (kind, text). `edges`: `Exit`s, or (from, to, label). `heat`: callers by (from, to);
    `left`: callers who left, by node; `dead`: nodes to be marked as dead ends. Nodes that cannot be reached
    from `start`, and targets that do not exist, are drawn dashed. Ways back, and those of mishaps to a common
    ending, are told on the card instead of drawn, or the picture would be a web. The same input gives the
    same picture. Raises DrawingError.
    """
    exits = [edge if isinstance(edge, Exit) else Exit(edge[0], edge[1], label=edge[2]) for edge in edges]
    exits = [edge for edge in exits if edge.start in nodes]
    missing = [edge.end for edge in exits if edge.end not in nodes] + ([start] if start not in nodes else [])
    names = list(dict.fromkeys([*nodes, *missing]))
    index = {node: number for number, node in enumerate(names)}
    of_node: dict[str, list[Exit]] = {node: [] for node in names}
    for edge in exits:
        of_node[edge.start].append(edge)
    graph = _Graph(start, exits)
    counts: Mapping[tuple[str, str], int] = heat or {}
    seen: set[tuple[str, str]] = set()  # of several ways between two nodes, the first one shows the count

    cards: list[Card] = []
    ways: list[Way] = []
    drawn: list[Line] = []
    for node in names:
        kind, text = nodes.get(node, ("", word(SAID, "missing", language)))
        state = "" if node in graph.depth else "unreachable"
        state = "missing" if node not in nodes else state or ("dead" if node in dead else "")
        rows: list[Row] = []
        bare = not any(edge.key or edge.label or graph.is_jump(edge) for edge in of_node[node])
        for edge in of_node[node]:
            pair = (edge.start, edge.end)
            first = pair not in seen
            seen.add(pair)
            taken = None if heat is None else counts.get(pair, 0)
            if graph.is_jump(edge):
                jump = Jump(*pair, graph.is_back(edge), taken if first or heat is None else 0)
                rows.append(Row(edge.key, edge.label, edge.alarm, jump))
                continue
            label = " ".join(part for part in (edge.key, edge.label) if part)
            dashed = node not in graph.depth or edge.end not in nodes
            drawn.append(Line(*pair, label, taken, first, edge.alarm, dashed))
            ways.append(Way(index[node], -1 if bare else len(rows), index[edge.end]))
            if not bare:
                rows.append(Row(edge.key, edge.label, edge.alarm))
        shown = lines(text, TEXT_SIZE, CARD_WIDTH - 28, _LINES)
        look = "missing" if state == "missing" else family(kind)
        cards.append(Card(node, kind, look, text, shown, rows, state, (left or {}).get(node, 0)))

    boxes = [Box(CARD_WIDTH, card.head, [ROW] * len(card.rows)) for card in cards]
    placed = await place([*boxes, _DOT], [*ways, Way(len(boxes), -1, index[start])])
    return render(cards, drawn, placed, language, name or word(SAID, "flow", language))


class _Graph:
    """How far from the start each node is, and which ways are better told than drawn."""

    def __init__(self, start: str, exits: Sequence[Exit]) -> None:
        self._targets: dict[str, list[str]] = {}
        for edge in exits:
            self._targets.setdefault(edge.start, []).append(edge.end)
        self._incoming = Counter(edge.end for edge in exits)
        self.depth = {start: 0}
        self._first: dict[str, Exit] = {}  # the way a node is first reached by is always drawn
        by_start: dict[str, list[Exit]] = {}
        for edge in exits:
            by_start.setdefault(edge.start, []).append(edge)
        waiting = [start]
        for node in waiting:
            for edge in sorted(by_start.get(node, []), key=lambda edge: edge.alarm):
                if edge.end not in self.depth:
                    self.depth[edge.end] = self.depth[node] + 1
                    self._first[edge.end] = edge
                    waiting.append(edge.end)
        self._reach: dict[str, set[str]] = {}

    def is_jump(self, edge: Exit) -> bool:
        """Told on the card, not drawn."""
        if edge.start not in self.depth or self._first.get(edge.end) is edge:
            return False
        return self.is_back(edge) or (edge.alarm and self._incoming[edge.end] >= _COMMON)

    def is_back(self, edge: Exit) -> bool:
        """The way leads round in a circle."""
        near = self.depth.get(edge.end, 0) <= self.depth.get(edge.start, 0)
        return near and edge.start in self._reached_from(edge.end)

    def _reached_from(self, node: str) -> set[str]:
        if node not in self._reach:
            reached, left = {node}, [node]
            while left:
                for target in self._targets.get(left.pop(), []):
                    if target not in reached:
                        reached.add(target)
                        left.append(target)
            self._reach[node] = reached
        return self._reach[node]
