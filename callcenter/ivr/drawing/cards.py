"""A node as a card: its name and kind, the beginning of its text, and a row for each exit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from callcenter.ivr.drawing.layout import Point
from callcenter.ivr.drawing.shapes import (
    COLOURS,
    FAINT,
    GROUND,
    HEAT,
    HEAT_SOFT,
    INK,
    INK_2,
    LINE,
    ROSE,
    SURFACE,
    escaped,
    group,
    number,
    tag,
    text,
)
from callcenter.ivr.drawing.words import SAID, fitted, kind_name, width, word

CARD_WIDTH = 216.0
TEXT_SIZE = 12.5
ROW = 24.0
_HEAD, _TEXT_LINE = 31.0, 17.0
_SMALL = 11.0
_PAD = 15.0
_CUT = 9.0
_LONGEST_TOOLTIP = 400
_ID = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class Jump:
    """A way told by its target's name and not drawn: back to an earlier card, or to a common ending."""

    start: str
    end: str
    back: bool
    taken: int | None = None  # callers who came this way; None: nobody counts


@dataclass(frozen=True, slots=True)
class Row:
    """One exit on a card: a key or a short word, and what it means."""

    key: str
    label: str
    alarm: bool = False
    jump: Jump | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A node as it is drawn."""

    name: str
    kind: str
    family: str
    title: str  # in full, for the tooltip
    lines: Sequence[str]  # its beginning, as it fits
    rows: Sequence[Row]
    state: str = ""  # unreachable, dead or missing
    left: int = 0  # callers who left here

    @property
    def head(self) -> float:
        """The height of what stands above the rows."""
        return _HEAD + _TEXT_LINE * len(self.lines) + (7.0 if self.lines else 1.0)


def card_svg(card: Card, corner: Point, language: str) -> str:
    """The card with its upper left corner at `corner`."""
    dark, soft = COLOURS[card.family]
    parts = [tag("title", escaped(_tooltip(card, language))), _outline(card, dark)]
    kind = fitted(kind_name(card.kind, language) if card.kind else "?", _SMALL, 90)
    chip = width(kind, _SMALL) + 16
    x = CARD_WIDTH - 9 - chip
    parts.append(tag("rect", class_="chip", x=x, y=8, width=chip, height=18, rx=9, fill=soft))
    parts.append(text(kind, x + chip / 2, 21, "kind", dark, _SMALL, at="middle"))
    parts.append(text(fitted(card.name, 13.5, x - _PAD - 6), _PAD, 22, "name", INK, 13.5, 600))
    for index, said in enumerate(card.lines):
        parts.append(text(said, _PAD, _HEAD + _TEXT_LINE * (index + 1) - 5, "words", INK_2, TEXT_SIZE))
    parts += [_row(row, card.head + ROW * at, dark, soft, language) for at, row in enumerate(card.rows)]
    if card.left:
        parts.append(_badge(card.left, language))
    return group(
        "".join(parts),
        id=f"node-{card.name}" if _ID.fullmatch(card.name) else "",
        class_=f"node family-{card.family} {card.state}".strip(),
        data_node=card.name,
        data_kind=card.kind,
        transform=f"translate({number(corner[0])} {number(corner[1])})",
    )


def _outline(card: Card, dark: str) -> str:
    """Round corners; cut ones where the flow decides; round ends where it ends. The bar tells the family."""
    wide, high = CARD_WIDTH, card.head + ROW * len(card.rows)
    stroke = ROSE if card.state in ("dead", "missing") else INK_2 if card.state else LINE
    dashes = "5 4" if card.state else ""
    line_width = 1.4 if card.state else 1.0
    bar = tag("rect", class_="bar", x=5, y=9, width=3.5, height=high - 18, rx=1.75, fill=dark)
    if card.family != "decide":
        corner = min(19.0, high / 2) if card.family == "end" else 10.0
        box = tag(
            "rect",
            class_="card",
            width=wide,
            height=high,
            rx=corner,
            fill=SURFACE,
            stroke=stroke,
            stroke_width=line_width,
            stroke_dasharray=dashes,
        )
        return box + bar
    right, low, cut = number(wide - _CUT), number(high - _CUT), number(_CUT)
    around = f"M{cut} 0H{right}L{number(wide)} {cut}V{low}L{right} {number(high)}H{cut}L0 {low}V{cut}Z"
    box = tag(
        "path",
        class_="card",
        d=around,
        fill=SURFACE,
        stroke=stroke,
        stroke_width=line_width,
        stroke_dasharray=dashes,
    )
    return box + bar


def _row(row: Row, top: float, dark: str, soft: str, language: str) -> str:
    parts = [tag("line", class_="rule", x1=_PAD, x2=CARD_WIDTH - 1, y1=top, y2=top, stroke=FAINT)]
    x, right = _PAD, CARD_WIDTH - 10
    if row.jump is not None:
        jump, wide = _jump(row.jump, top, language)
        parts.append(jump)
        right -= wide
    if row.key:
        key = fitted(row.key, _SMALL, right - x - 24)
        wide = max(18.0, width(key, _SMALL) + 10)
        parts.append(tag("rect", class_="key", x=x, y=top + 4, width=wide, height=16, rx=4, fill=soft))
        parts.append(text(key, x + wide / 2, top + 16, "key-text", dark, _SMALL, 600, "middle"))
        x += wide + 7
    label = fitted(row.label, 12, right - x)
    if label:
        look = "label alarm" if row.alarm else "label"
        parts.append(text(label, x, top + 16.5, look, "#7a8682" if row.alarm else INK_2, 12))
    return "".join(parts)


def _jump(jump: Jump, top: float, language: str) -> tuple[str, float]:
    """A small sign with the target's name at the row's right end, and its width."""
    count = f" · {short(jump.taken)}" if jump.taken else ""
    shown = f"{'↩' if jump.back else '→'} {fitted(jump.end, _SMALL, 84)}{count}"
    wide = width(shown, _SMALL) + 14
    told = f"{jump.start} → {jump.end}"
    if jump.taken is not None:
        told += f" ({word(SAID, 'took', language).format(count=jump.taken)})"
    x = CARD_WIDTH - 7 - wide
    parts = [
        tag("title", escaped(told)),
        tag("rect", x=x, y=top + 4, width=wide, height=16, rx=8, fill=HEAT_SOFT if jump.taken else FAINT),
        text(shown, x + wide / 2, top + 16, "target", HEAT if jump.taken else INK_2, _SMALL, at="middle"),
    ]
    return group("".join(parts), class_="jump", data_from=jump.start, data_to=jump.end), wide + 4


def _badge(left: int, language: str) -> str:
    """How many callers left at this node, on the card's upper corner."""
    shown = short(left)
    wide = width(shown, _SMALL) + 15
    said = word(SAID, "left", language).format(count=left)
    parts = [
        tag("title", escaped(said)),
        tag("rect", width=wide, height=19, rx=9.5, fill=ROSE, stroke=GROUND, stroke_width=2),
        text(shown, wide / 2, 13.5, "figure", "#ffffff", _SMALL, 600, "middle"),
    ]
    return group("".join(parts), class_="left", transform=f"translate({number(CARD_WIDTH - wide + 9)} -11)")


def _tooltip(card: Card, language: str) -> str:
    told = [f"{card.name} · {kind_name(card.kind, language)}" if card.kind else card.name]
    if card.state and card.title != word(SAID, card.state, language):
        told.append(word(SAID, card.state, language))
    if card.title:
        cut = len(card.title) > _LONGEST_TOOLTIP
        told.append(card.title[:_LONGEST_TOOLTIP] + "…" if cut else card.title)
    return "\n".join(told)


def short(count: int) -> str:
    """12345 as 12k, so that a figure stays small."""
    if count < 10_000:
        return str(count)
    return f"{count // 1000}k" if count < 10**6 else f"{count // 10**6}M"
