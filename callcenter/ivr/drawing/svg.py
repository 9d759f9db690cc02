"""A placed graph as SVG.

Every colour is a plain attribute and every part has a class, so that a page's style sheet can dress the
picture in its own colours (dark ones, too), and it also stands by itself: no styles, scripts or links.
"""

from __future__ import annotations

from collections.abc import Sequence

from callcenter.ivr.drawing.cards import TEXT_SIZE, Card, card_svg
from callcenter.ivr.drawing.layout import Layout
from callcenter.ivr.drawing.shapes import FONT, GROUND, escaped, group, number, tag
from callcenter.ivr.drawing.ways import Line, count_svg, start_svg, way_svg

_MARGIN = 26.0


def render(cards: Sequence[Card], lines: Sequence[Line], placed: Layout, language: str, name: str) -> str:
    """The SVG. `placed` has the cards and then the start's dot; its last way leads from the dot."""
    wide, high = placed.width + 2 * _MARGIN, placed.height + 2 * _MARGIN
    most = max((line.taken or 0 for line in lines), default=0)
    # the busiest ways are drawn last, so that they lie above the others
    order = sorted(
        range(len(lines)), key=lambda index: (lines[index].taken or 0, not lines[index].alarm, index)
    )
    parts = [way_svg(lines[index], placed.ways[index], most, language) for index in order]
    parts.append(start_svg(placed.corners[-1], placed.ways[-1], language))
    parts += [card_svg(card, corner, language) for card, corner in zip(cards, placed.corners, strict=False)]
    parts += [
        count_svg(lines[index], placed.ways[index]) for index in order
    ]  # above all: no line crosses a figure
    return tag(
        "svg",
        tag("title", escaped(name))
        + tag("rect", class_="ground", width=wide, height=high, fill=GROUND)
        + group("".join(parts), transform=f"translate({number(_MARGIN)} {number(_MARGIN)})"),
        xmlns="http://www.w3.org/2000/svg",
        class_="flow-drawing",
        role="img",
        aria_label=name,
        width=wide,
        height=high,
        viewBox=f"0 0 {number(wide)} {number(high)}",
        lang=language,
        font_family=FONT,
        font_size=TEXT_SIZE,
    )
