"""What a window of the call benchmark measured, and how it is told."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

OURS, APP_QUEUE, ATTACHED, BARE = "callcenter", "app_queue", "attached", "bare Dial"
SIDES = (APP_QUEUE, ATTACHED, OURS, BARE)


@dataclass(frozen=True, slots=True)
class Measured:
    """One window of one side. `…_idle` is what the same processes cost in the seconds before, while nobody
    called: phones that are asked whether they are there, and the controller's own housekeeping."""

    side: str
    agents: int
    rate: int
    seconds: float
    calls: int
    asterisk_ms: float  # a call
    controller_ms: float
    asterisk_idle: float  # milliseconds a second
    controller_idle: float
    failed: int
    seconds_a_call: float
    machine_busy: float
    threads: dict[str, float]  # Asterisk's ms a call by kind of thread

    @property
    def total_ms(self) -> float:
        """Everything, divided by the calls."""
        return self.asterisk_ms + self.controller_ms

    @property
    def idle_ms(self) -> float:
        """The part of it that would have been there without a call."""
        return (self.asterisk_idle + self.controller_idle) * self.seconds / self.calls

    @property
    def calls_ms(self) -> float:
        """What the calls alone cost."""
        return self.total_ms - self.idle_ms


def _mean(runs: Sequence[Measured], of: Callable[[Measured], float]) -> float:
    return statistics.fmean(of(m) for m in runs)


def report(results: Sequence[Measured], console: Console) -> None:
    """Print the tables, the ratios and where Asterisk's time goes."""
    for agents, rate in sorted({(m.agents, m.rate) for m in results}):
        by_side = {
            side: runs
            for side in SIDES
            if (runs := [m for m in results if (m.agents, m.rate, m.side) == (agents, rate, side)])
        }
        console.print(_costs(by_side, f"ms a call, {agents} agents, {rate}/s"))
        console.print(_threads(by_side, f"Asterisk's ms a call, {agents} agents, {rate}/s"))


def _costs(by_side: dict[str, list[Measured]], title: str) -> Table:
    table = Table(
        "side", "Asterisk", "controller", "total", "to app_queue", "to attached", "of it idle",
        "without idle", "to app_queue", "to attached", "s a call", "failed", "machine", title=title,
    )  # fmt: skip

    def ratios(runs: list[Measured], of: Callable[[Measured], float]) -> list[str]:
        return [
            f"{_mean(runs, of) / _mean(by_side[base], of):.2f}" if base in by_side else "-"
            for base in (APP_QUEUE, ATTACHED)
        ]

    for side, runs in by_side.items():
        table.add_row(
            side,
            f"{_mean(runs, lambda m: m.asterisk_ms):.1f}",
            f"{_mean(runs, lambda m: m.controller_ms):.2f}",
            f"{_mean(runs, lambda m: m.total_ms):.1f}",
            *ratios(runs, lambda m: m.total_ms),
            f"{_mean(runs, lambda m: m.idle_ms):.2f}",
            f"{_mean(runs, lambda m: m.calls_ms):.1f}",
            *ratios(runs, lambda m: m.calls_ms),
            f"{_mean(runs, lambda m: m.seconds_a_call):.1f}",
            f"{sum(m.failed for m in runs)} of {sum(m.rate * (m.calls // m.rate) for m in runs)}+",
            f"{_mean(runs, lambda m: m.machine_busy):.0%}",
        )
    return table


def _threads(by_side: dict[str, list[Measured]], title: str) -> Table:
    table = Table("kind of thread", *by_side, title=title)
    kinds = {kind for runs in by_side.values() for m in runs for kind in m.threads}
    cells = {
        kind: [_mean(runs, lambda m, kind=kind: m.threads.get(kind, 0.0)) for runs in by_side.values()]  # type: ignore[misc]
        for kind in kinds
    }
    for kind, spent in sorted(cells.items(), key=lambda item: -max(item[1])):
        if max(spent) >= 0.05:
            table.add_row(kind, *(f"{ms:.2f}" for ms in spent))
    return table
