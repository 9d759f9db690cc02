"""The ways between cards: curves, as wide and as dark as callers took them, with their counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from callcenter.ivr.drawing.cards import short
from callcenter.ivr.drawing.layout import Point
from callcenter.ivr.drawing.shapes import (
    DEEP,
    HEAT,
    SURFACE,
    arrowhead,
    escaped,
    group,
    number,
    path_of,
    tag,
    text,
)
from callcenter.ivr.drawing.words import SAID, width, word

START_SIZE = 48.0
_PALE, _DARK = (140, 190, 182), (10, 70, 65)  # of the least and the most taken way
_COUNT_SIZE = 10.5


@dataclass(frozen=True, slots=True)
class Line:
    """A way between two cards."""

    start: str
    end: str
    label: str
    taken: int | None = None  # callers who came this way; None: nobody counts
    counted: bool = True  # its count is shown (of several ways between two nodes, one shows it)
    alarm: bool = False  # what happens when something goes wrong
    dashed: bool = False


def way_svg(line: Line, points: Sequence[Point], most: int, language: str) -> str:
    """The curve and its arrowhead; `most` is the count of the busiest way."""
    thick, colour = _heat(line, most)
    *curve, tip = points
    told = f"{line.start} → {line.end}" + (f": {line.label}" if line.label else "")
    if line.taken is not None:
        told += f" ({word(SAID, 'took', language).format(count=line.taken)})"
    look = "way alarm" if line.alarm else "way"
    if line.taken is not None:
        look += f" heat-{1 + min(3, 4 * line.taken // most) if line.taken else 0}"
    parts = [
        tag("title", escaped(told)),
        tag(
            "path",
            d=path_of(curve),
            fill="none",
            stroke=colour,
            stroke_width=thick,
            stroke_linecap="round",
            stroke_dasharray="5 4" if line.dashed else "",
        ),
        arrowhead(curve[-1], tip, 7.0 + thick, colour),
    ]
    return group("".join(parts), class_=look, data_from=line.start, data_to=line.end)


def count_svg(line: Line, points: Sequence[Point]) -> str:
    """The number of callers, at the way's beginning, where no other way runs yet."""
    if not line.taken or not line.counted:
        return ""
    shown = short(line.taken)
    wide = width(shown, _COUNT_SIZE) + 10
    x, y = points[0]
    parts = [
        tag("rect", width=wide, height=16, rx=8, fill=SURFACE, stroke="#7fb2aa"),
        text(shown, wide / 2, 12, "figure", HEAT, _COUNT_SIZE, 600, "middle"),
    ]
    return group("".join(parts), class_="count", transform=f"translate({number(x + 4)} {number(y - 8)})")


def start_svg(corner: Point, points: Sequence[Point], language: str) -> str:
    """Where calls come in."""
    half = START_SIZE / 2
    x, y = corner[0] + half, corner[1] + half
    *curve, tip = points
    parts = [
        tag("path", d=path_of(curve), fill="none", stroke=DEEP, stroke_width=1.8),
        arrowhead(curve[-1], tip, 9, DEEP),
        tag("circle", cx=x, cy=y, r=half, fill=DEEP),
        text(word(SAID, "call", language), x, y + 4.5, "figure", "#ffffff", 12.5, 600, "middle"),
    ]
    return group("".join(parts), class_="start")


def _heat(line: Line, most: int) -> tuple[float, str]:
    """Width and colour, by the share of the busiest way."""
    if line.taken is None:
        return (1.2, "#c3cbc6") if line.alarm else (1.5, "#8f9c97")
    if line.taken <= 0 or most <= 0:
        return 1.0, "#cfd5cd"
    share = math.sqrt(line.taken / most)
    mixed = "".join(
        f"{round(pale + (dark - pale) * share):02x}" for pale, dark in zip(_PALE, _DARK, strict=True)
    )
    return 1.5 + 5.5 * share, f"#{mixed}"
