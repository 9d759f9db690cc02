"""Draw the pictures of docs/acd.md: each strategy's choice as the matcher itself makes it, rings, and ageing.

.venv/bin/python scripts/draw_routing.py docs/images
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from callcenter.acd.match import Matcher
from callcenter.acd.strategy import QueueRule, Standing, Strategy
from callcenter.center.needs import parse

INK, SOFT, LINE, GOOD, PAPER = "#1f2933", "#7b8794", "#d9e2ec", "#0f9d76", "#ffffff"
FONT = "font-family='Inter, Noto Sans CJK SC, sans-serif'"


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    ready_for: int  # seconds
    occupancy: float
    calls: int
    levels: int
    rank: int
    last_offer: int  # calls of this queue ago


PEOPLE = (
    Person("Amy", 95, 0.81, 14, 18, 3, 1),
    Person("Bo", 20, 0.62, 9, 4, 2, 3),
    Person("Cai", 60, 0.55, 12, 9, 1, 2),
)
SHOWN = {
    Strategy.LONGEST_IDLE: ("ready longest", lambda p: f"ready {p.ready_for} s"),
    Strategy.OCCUPANCY: ("least busy so far", lambda p: f"{p.occupancy:.0%} busy"),
    Strategy.FEWEST_CALLS: ("fewest calls", lambda p: f"{p.calls} calls"),
    Strategy.LEAST_SKILLED: ("experts stay free", lambda p: f"levels {p.levels}"),
    Strategy.RANKED: ("by rank", lambda p: f"rank {p.rank}"),
    Strategy.ROUND_ROBIN: ("each in turn", lambda p: f"offer {p.last_offer} ago"),
    Strategy.RANDOM: ("by chance", lambda p: "1 in 3"),
    Strategy.RING_ALL: ("all at once", lambda p: "rings"),
}


def chosen(strategy: Strategy) -> tuple[str, ...]:
    """Whom the matcher gives the caller to."""
    ranks = {p.name: p.rank for p in PEOPLE}
    queue = QueueRule(parse("orders"), strategy=strategy, ranks=ranks)
    skills = {p.name: {"orders": 1, "other": p.levels - 1} for p in PEOPLE}
    matcher = Matcher({"q": queue}, skills)
    for person in sorted(PEOPLE, key=lambda p: -p.last_offer):  # each has had an offer before
        matcher.agent_free(person.name, Standing(0))
        matcher.call_waits(f"before {person.name}", "q", 0, 0)
    for person in PEOPLE:
        matcher.agent_free(person.name, Standing(1000 - person.ready_for, person.occupancy, person.calls))
    match = matcher.call_waits("caller", "q", 0, 1000)
    assert match is not None
    return match.agents


def text(
    x: float, y: float, words: str, size: int = 13, fill: str = INK, anchor: str = "start", bold: bool = False
) -> str:
    weight = " font-weight='600'" if bold else ""
    where = f"x='{x}' y='{y}' text-anchor='{anchor}'"
    return f"<text {where} {FONT} font-size='{size}' fill='{fill}'{weight}>{words}</text>"


def svg(width: int, height: int, parts: list[str]) -> str:
    inside = "\n".join(parts)
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}'"
        f" width='{width}' height='{height}'>\n"
        f"<rect width='{width}' height='{height}' fill='{PAPER}'/>\n{inside}\n</svg>\n"
    )


def strategies() -> str:
    """A card for each strategy: three agents, what is compared, and who gets the caller."""
    parts = []
    for n, (strategy, (words, value)) in enumerate(SHOWN.items()):
        x, y = 16 + (n % 4) * 226, 16 + (n // 4) * 172
        parts.append(f"<rect x='{x}' y='{y}' width='214' height='160' rx='10' fill='none' stroke='{LINE}'/>")
        parts += [text(x + 14, y + 26, strategy.value, 14, bold=True), text(x + 14, y + 44, words, 12, SOFT)]
        winners = chosen(strategy)
        for row, person in enumerate(PEOPLE):
            top, wins = y + 58 + row * 32, person.name in winners
            fill, stroke = ("#e3f7f0", GOOD) if wins else ("none", LINE)
            box = f"x='{x + 12}' y='{top}' width='190' height='26' rx='6'"
            parts.append(f"<rect {box} fill='{fill}' stroke='{stroke}'/>")
            parts.append(text(x + 22, top + 18, person.name, 13, bold=wins))
            parts.append(text(x + 192, top + 18, value(person), 12, GOOD if wins else SOFT, "end"))
    return svg(926, 364, parts)


def rings() -> str:
    """Who may serve a caller as he waits."""
    parts = [
        text(
            16,
            26,
            "needs: english &gt;= 3   rings: after 30 s english &gt;= 1, after 60 s helpers",
            13,
            bold=True,
        )
    ]
    people = (
        ("Amy", "english 5", 0),
        ("Bo", "english 3", 0),
        ("Cai", "english 1", 30),
        ("Dan", "helpers", 60),
    )
    left, scale = 150, 6.0
    for second in range(0, 121, 30):
        x = left + second * scale
        parts.append(f"<line x1='{x}' y1='44' x2='{x}' y2='216' stroke='{LINE}'/>")
        parts.append(text(x, 234, f"{second} s", 12, SOFT, "middle"))
    for row, (name, skill, since) in enumerate(people):
        y = 56 + row * 40
        parts += [text(16, y + 14, name, 13, bold=True), text(58, y + 14, skill, 12, SOFT)]
        x = left + since * scale
        parts.append(
            f"<rect x='{x}' y='{y}' width='{(120 - since) * scale}' height='22' rx='5' fill='{GOOD}'"
            f" opacity='{0.85 - since / 130}'/>"
        )
    return svg(900, 248, parts)


def ageing() -> str:
    """Three callers of different priority: whose turn it is, by when an agent becomes free."""
    left, bottom, scale = 60, 220, 2.4
    callers = (
        ("priority 0, came at 0 s", 0, 0, INK),
        ("priority 2, came at 90 s", 90, 2, "#b54708"),
        ("priority 2, came at 150 s", 150, 2, "#0f62fe"),
    )
    parts = [
        text(16, 24, "ageing_seconds: 60 — a point of priority is worth a minute of waiting", 13, bold=True)
    ]
    for second in range(0, 301, 60):
        x = left + second * scale
        parts.append(f"<line x1='{x}' y1='44' x2='{x}' y2='{bottom}' stroke='{LINE}'/>")
        parts.append(text(x, bottom + 18, f"{second} s", 12, SOFT, "middle"))
    for words, came, priority, colour in callers:
        ahead = priority * 60
        x1, x2 = left + came * scale, left + 300 * scale
        y1, y2 = bottom - ahead * 0.42, bottom - (300 - came + ahead) * 0.42
        parts.append(f"<line x1='{x1}' y1='{y1}' x2='{x2}' y2='{y2}' stroke='{colour}' stroke-width='2.5'/>")
        parts.append(f"<circle cx='{x1}' cy='{y1}' r='4' fill='{colour}'/>")
        parts.append(text(x2 + 8, y2 + 4, words, 12, colour))
    parts.append(text(16, 60, "waited +", 11, SOFT))
    parts.append(text(16, 74, "priority", 11, SOFT))
    return svg(980, 250, parts)


def main() -> None:
    """Write the pictures into the folder given."""
    folder = Path(sys.argv[1])
    for name, draw in (("acd-strategies", strategies), ("acd-rings", rings), ("acd-ageing", ageing)):
        (folder / f"{name}.svg").write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
