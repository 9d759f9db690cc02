"""Pieces of SVG: escaped text, rectangles, colours. All names and texts pass through `escaped`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from html import escape

from callcenter.ivr.drawing.layout import Point

FONT = "system-ui, 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
INK, INK_2, SURFACE, LINE, FAINT, GROUND = "#16201e", "#45524f", "#ffffff", "#d5dbd2", "#eef0ec", "#f3f4f1"
ROSE, ROSE_SOFT, DEEP = "#ab2f3c", "#fbe9ea", "#0f2f2d"
HEAT, HEAT_SOFT = "#0b544e", "#d3e9e4"
# family of nodes: (dark, soft), as the pages have them
COLOURS: Mapping[str, tuple[str, str]] = {
    "say": ("#0e5a54", "#e2f0ec"),
    "ask": ("#1d55b8", "#e6eefb"),
    "decide": ("#955003", "#fdf0d9"),
    "record": ("#5f3bb3", "#efeafb"),
    "people": ("#14753f", "#e0f3e7"),
    "lookup": ("#5c6864", "#ebeeea"),
    "jump": ("#5c6864", "#ebeeea"),
    "end": (ROSE, ROSE_SOFT),
    "missing": (ROSE, ROSE_SOFT),
}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def escaped(text: str) -> str:
    """Text as XML may hold it, between tags and in quotes."""
    return escape(_NOT_XML.sub("\ufffd", text))


def number(value: float) -> str:
    """A coordinate to a tenth of a pixel."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")  # + 0.0: no minus before a zero


def tag(name: str, content: str = "", **attributes: str | float) -> str:
    """An element. `_` in an attribute's name is `-`, one at its end is left out; values are escaped,
    and empty ones left out.
    """
    said = ""
    for key, value in attributes.items():
        if value != "":
            shown = number(value) if isinstance(value, int | float) else escaped(value)
            said += f' {key.rstrip("_").replace("_", "-")}="{shown}"'
    return f"<{name}{said}>{content}</{name}>" if content else f"<{name}{said}/>"


def text(
    said: str, x: float, y: float, look: str, fill: str, size: float, weight: int = 400, at: str = ""
) -> str:
    """One line of text; `look` is its class, `at` its anchor."""
    return tag(
        "text",
        escaped(said),
        class_=look,
        x=x,
        y=y,
        text_anchor=at,
        font_size=size,
        font_weight=weight,
        fill=fill,
    )


def group(content: str, **attributes: str | float) -> str:
    """A group of elements."""
    return tag("g", content, **attributes)


def path_of(points: Sequence[Point]) -> str:
    """The path of a Bézier curve."""
    (x, y), *rest = points
    return f"M{number(x)} {number(y)}C" + " ".join(f"{number(x)} {number(y)}" for x, y in rest)


def arrowhead(base: Point, tip: Point, wide: float, fill: str) -> str:
    """A tip as dot leaves room for it, pointing from `base`."""
    dx, dy = tip[0] - base[0], tip[1] - base[1]
    length = math.hypot(dx, dy) or 1.0
    dx, dy = dx / length, dy / length
    x, y, half = tip[0] - dx * 10, tip[1] - dy * 10, wide / 2
    corners = [tip, (x - dy * half, y + dx * half), (x + dy * half, y - dx * half)]
    return tag(
        "path",
        class_="tip",
        d="M" + "L".join(f"{number(a)} {number(b)}" for a, b in corners) + "Z",
        fill=fill,
    )
