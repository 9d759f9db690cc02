"""Simulated days as a picture (SVG): each figure of the day by quarter hour."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from callcenter.planning.outcome import Outcome
from callcenter.planning.words import said

_WIDTH, _LEFT, _RIGHT = 960.0, 64.0, 24.0
_PANEL, _GAP, _TOP = 130.0, 46.0, 112.0
_INK, _FAINT, _GRID = "#1f2933", "#52606d", "#e4e7eb"
_COLOURS = ("#1f6feb", "#d9480f", "#2b8a3e", "#7048e8")  # told apart also by those who see no red or green
_DASHES = ("", "7 4", "2 3", "9 3 2 3")
_FONT = "font-family=\"system-ui, 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif\""

Values = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class _Panel:
    """One figure over the day."""

    title: str
    lines: Sequence[Values]  # one for each variant
    unit: Callable[[float], str]
    top: float  # the scale goes from 0 to here
    goal: float | None = None


def draw(variants: Sequence[tuple[str, Outcome]], title: str, note: str, chinese: bool) -> str:
    """The picture of a plan and what became of it otherwise: (name, outcome), the plan first."""
    first = variants[0][1]
    places = range(first.plan.quarters)
    days = len(first.days)

    def lines(figure: Callable[[Outcome, int], float | None]) -> list[Values]:
        return [[figure(outcome, place) for place in places] for _, outcome in variants]

    levels = lines(lambda outcome, place: outcome.quarter(place).service_level)
    calls = lines(lambda outcome, place: outcome.quarter(place).offered / days)
    agents = lines(lambda outcome, place: outcome.agents(place))
    left = lines(lambda outcome, place: outcome.quarter(place).abandonment)
    speed = lines(lambda outcome, place: outcome.quarter(place).asa)
    busy = lines(lambda outcome, place: outcome.quarter_time(place).occupancy)
    panels = [
        _Panel(said("service_level", chinese), levels, _percent, 1.0, first.target()),
        _Panel(said("abandonment", chinese), left, _percent, _scale(left, 0.05)),
        _Panel(said("asa", chinese), speed, lambda v: f"{v:g} s", _scale(speed, 10)),
        _Panel(said("occupancy", chinese), busy, _percent, 1.0),
        _Panel(said("agents", chinese), agents, lambda v: f"{v:g}", _scale(agents, 4)),
        _Panel(said("calls_a_quarter", chinese), calls, lambda v: f"{v:g}", _scale(calls, 4)),
    ]
    high = _TOP + len(panels) * (_PANEL + _GAP) + 6
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {high:g}" width="{_WIDTH:g}" '
        f'height="{high:g}" role="img" {_FONT}>',
        f"<title>{html.escape(title)}</title>",
        f'<rect width="{_WIDTH:g}" height="{high:g}" fill="#ffffff"/>',
        _text(title, _LEFT, 32, 19, _INK, bold=True),
        _text(note, _LEFT, 52, 12, _FAINT),
        _legend([name for name, _ in variants], said("target", chinese)),
    ]
    for index, panel in enumerate(panels):
        parts.append(_panel(panel, _TOP + index * (_PANEL + _GAP), [first.clock(place) for place in places]))
    return "".join([*parts, "</svg>\n"])


def _panel(panel: _Panel, top: float, clocks: Sequence[str]) -> str:
    count = len(clocks)
    wide = _WIDTH - _LEFT - _RIGHT

    def x(place: float) -> float:
        return _LEFT + wide * place / count

    def y(value: float) -> float:
        return top + _PANEL * (1.0 - min(value / panel.top, 1.0))

    parts = [_text(panel.title, _LEFT, top - 7, 13, _INK, bold=True)]
    for step in range(5):
        value = panel.top * step / 4
        parts.append(_line(_LEFT, y(value), _WIDTH - _RIGHT, y(value), _GRID))
        parts.append(_text(panel.unit(round(value, 4)), _LEFT - 8, y(value) + 4, 11, _FAINT, at="end"))
    hours = [place for place, clock in enumerate(clocks) if clock.endswith(":00")]
    every = max(1, math.ceil(len(hours) / 14))
    for place in hours[::every]:
        parts.append(_line(x(place), top, x(place), top + _PANEL, _GRID))
        parts.append(_text(clocks[place], x(place), top + _PANEL + 15, 11, _FAINT, at="middle"))
    if panel.goal is not None:
        parts.append(_line(_LEFT, y(panel.goal), _WIDTH - _RIGHT, y(panel.goal), "#868e96", "3 3"))
    for index, values in enumerate(panel.lines):
        parts.append(_steps(values, x, y, index))
    return "".join(parts)


def _steps(values: Values, x: Callable[[float], float], y: Callable[[float], float], index: int) -> str:
    """A line that is level within each quarter hour, and missing where there is no figure."""
    path, down = "", False
    for place, value in enumerate(values):
        if value is None:
            down = False
            continue
        path += f"{'L' if down else 'M'}{x(place):.1f} {y(value):.1f}H{x(place + 1):.1f}"
        down = True
    colour, dash = _COLOURS[index % 4], _DASHES[index % 4]
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>' if path else ""


def _legend(names: Sequence[str], target: str) -> str:
    parts, at = [], _LEFT
    marks = [(name, _COLOURS[i % 4], _DASHES[i % 4], 3.0) for i, name in enumerate(names)]
    for name, colour, dash, thick in [*marks, (target, "#868e96", "3 3", 1.0)]:
        parts.append(_line(at, 66, at + 28, 66, colour, dash, thick))
        parts.append(_text(name, at + 34, 70, 12, _INK))
        at += 34 + 22 + sum(12.0 if ord(char) > 0x2E80 else 6.6 for char in name)
    return "".join(parts)


def _scale(lines: Sequence[Values], least: float) -> float:
    """The end of a scale that holds all values, and divides into four round steps."""
    most = max([least, *(value for values in lines for value in values if value is not None)])
    step = 10.0 ** math.floor(math.log10(most / 4))
    for times in (1, 2, 2.5, 5, 10):
        if step * times * 4 >= most - 1e-12:
            return step * times * 4
    return most


def _percent(value: float) -> str:
    return f"{value * 100:g} %"


def _text(
    said: str, x: float, y: float, size: float, colour: str, at: str = "start", bold: bool = False
) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{colour}" text-anchor="{at}"{weight}>'
        f"{html.escape(said)}</text>"
    )


def _line(
    x1: float, y1: float, x2: float, y2: float, colour: str, dash: str = "", thick: float = 1.0
) -> str:  # fmt: skip
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-width="{thick:g}"{dashes}/>'
    )
