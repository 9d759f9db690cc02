"""Simulated days as tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from callcenter.planning.outcome import Outcome
from callcenter.planning.words import named, said

Variants = Sequence[tuple[str, Outcome]]  # what each is called, the plan first


def percent(share: float | None, digits: int = 1) -> str:
    """`81.4 %`; a dash for nothing to divide by."""
    return "–" if share is None else f"{share * 100:.{digits}f} %"


def seconds(value: float | None) -> str:
    """`12.3 s`."""
    return "–" if value is None else f"{value:.1f} s"


def summary(variants: Variants, chinese: bool) -> Table:
    """The day in figures, a column for each variant."""
    first = variants[0][1]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for name, _ in variants:
        table.add_column(escape(name), justify="right")

    def row(word: str, values: Sequence[str], style: str = "") -> None:
        table.add_row(word, *values, style=style)

    days = len(first.days)
    whole = [outcome.whole() for _, outcome in variants]
    row(said("calls_a_day", chinese), [f"{count.offered / days:,.0f}" for count in whole])
    row(said("service_level", chinese), [_level(outcome, "") for _, outcome in variants], "bold")
    if len(first.queues) > 1:
        for queue in first.queues:
            name = escape(named(first.plan.center.queues[queue].name, chinese))
            goal = f"{said('target', chinese)} {first.target(queue):.0%}"
            row(f"  {name} ({goal})", [_level(outcome, queue) for _, outcome in variants])
    else:
        row(f"  {said('target', chinese)}", [f"{outcome.target():.0%}" for _, outcome in variants])
    row(said("abandonment", chinese), [percent(count.abandonment) for count in whole])
    for word in ("timed_out", "overflowed", "turned_away"):
        if any(getattr(count, word) for count in whole):
            row(said(word, chinese), [f"{getattr(count, word) / days:,.1f}" for count in whole])
    row(said("asa", chinese), [seconds(count.asa) for count in whole])
    row(said("longest", chinese), [seconds(count.longest) for count in whole])
    row(said("occupancy", chinese), [percent(outcome.time.occupancy) for _, outcome in variants])
    return table


def by_quarter(variants: Variants, chinese: bool) -> Table:
    """Quarter hours as rows; of several variants the figures of each, in order. Red is below the target."""
    first = variants[0][1]
    title = escape(" → ".join(name for name, _ in variants))
    table = Table(box=None, pad_edge=False, header_style="bold", title_justify="left")
    table.title = title if len(variants) > 1 else None
    table.add_column(said("time", chinese))
    columns = (
        said("calls", chinese), said("agents", chinese), said("level_short", chinese) + " %",
        said("left_short", chinese) + " %", said("asa_short", chinese) + " s",
        said("busy_short", chinese) + " %",
    )  # fmt: skip
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    for place in range(first.plan.quarters):
        rows = [_quarter(outcome, place) for _, outcome in variants]
        table.add_row(first.clock(place), *(" → ".join(cells) for cells in zip(*rows, strict=True)))
    return table


def _quarter(outcome: Outcome, place: int) -> list[str]:
    count = outcome.quarter(place)
    level, busy = count.service_level, outcome.quarter_time(place).occupancy
    shown = number(level, 100, 0)
    if level is not None and level < outcome.target():
        shown = f"[red]{shown}[/red]"
    return [
        f"{count.offered / len(outcome.days):.0f}",
        f"{outcome.agents(place):.1f}",
        shown,
        number(count.abandonment, 100, 1),
        number(count.asa, 1, 0),
        number(busy, 100, 0),
    ]


def number(value: float | None, times: float = 1, digits: int = 1) -> str:
    """`81.4`; a dash for nothing to divide by."""
    return "–" if value is None else f"{value * times:.{digits}f}"


def _level(outcome: Outcome, queue: str) -> str:
    level = outcome.whole(queue).service_level
    spread = outcome.spread(lambda count: count.service_level, queue)
    sure = "" if spread is None else f" ±{spread * 100:.1f}"
    shown = "–" if level is None else f"{level * 100:.1f}{sure} %"
    return f"[red]{shown}[/red]" if level is not None and level < outcome.target(queue) else shown
