"""What bench_ivr prints, and how it finds what limits."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.ivr_probe import Heard

LATE_S = 0.3
KEPT_UP_MS = 200.0
"""A crowd that is late for a moment makes up for it; one that owes more at the end was too small a load."""
FULL = 0.85
"""A core, or all of them, that is busy for more than this share is what limits."""


@dataclass(frozen=True, slots=True)
class Window:
    """One window. CPU is in cores."""

    callers: int
    present: float  # on average, over the window
    heard: Heard
    health: list[float]  # how long the controller needed to say that it is well
    asterisk: float
    controller: float
    event_loop: float  # of which in the thread that serves all calls
    rendering: float  # programs the controller started: texts with values
    load: float  # SIPp, what the callers send, and the probes
    machine: float  # share of all cores, other people's work included
    cores: int
    threads: dict[str, float]  # of Asterisk, by kind
    busiest: tuple[str, float]  # Asterisk's busiest thread
    keys: float  # a second
    calls: float  # begun, a second
    failed: int
    behind_ms: float  # the latest packet of the crowd
    owed_ms: float  # how much of what it should have sent the crowd had not sent at the end
    others_load: float

    @property
    def prompts(self) -> list[float]:
        """From each key until the next prompt."""
        return self.heard.answers + self.heard.after_stops

    @property
    def late(self) -> int:
        """Prompts that came too late."""
        return sum(delay > LATE_S for delay in self.prompts)

    @property
    def late_values(self) -> int:
        """Texts with values, rendered while the caller waited, that came too late."""
        return sum(delay > LATE_S for delay in self.heard.values)

    @property
    def kept_up(self) -> bool:
        """The callers sent all their packets: the load was what it is said to be."""
        return self.owed_ms < KEPT_UP_MS

    @property
    def good(self) -> bool:
        """The load was whole, nothing was late, and no call failed."""
        return self.kept_up and not (self.late or self.late_values or self.failed)

    @property
    def others(self) -> float:
        """Cores that other programs had."""
        ours = self.asterisk + self.controller + self.rendering + self.load
        return max(0.0, self.machine * self.cores - ours)

    def line(self) -> str:
        """In a line, while the others are still being measured."""
        return (
            f"{self.present:.0f} callers: {len(self.prompts)} prompts, {self.late} late, "
            f"p99 {1000 * percentile(self.prompts, 0.99):.0f} ms; machine {self.machine:.0%}, "
            f"Asterisk {self.asterisk:.2f}, controller {self.controller:.2f}, "
            f"rendering {self.rendering:.2f}, load {self.load:.2f}, others {self.others:.2f} cores"
        )

    def limit(self) -> str:
        """What was scarce."""
        parts = {
            "Asterisk": self.asterisk, "the controller": self.controller, "rendering": self.rendering,
            "SIPp and the callers' audio": self.load, "other programs": self.others,
        }  # fmt: skip
        if not self.kept_up:
            return "the callers' own process had too little of the machine to send in time: measure again"
        order = sorted(parts.items(), key=lambda item: -item[1])
        shares = ", ".join(f"{name} {cores:.2f}" for name, cores in order)
        if self.event_loop > FULL:
            return f"the controller's event loop ({self.event_loop:.0%} of a core); cores: {shares}"
        if self.busiest[1] > FULL:
            name, share = self.busiest
            return f"Asterisk's thread {name} ({share:.0%} of a core); cores: {shares}"
        if self.machine > FULL:
            full = f"the machine's {self.cores} cores were full ({self.machine:.0%})"
            return f"{full}, first by {order[0][0]}: {shares}"
        return f"nothing was full (machine {self.machine:.0%}; cores: {shares})"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all does not exceed; 0 of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)] if ordered else 0.0


def _spread(values: Sequence[float]) -> str:
    if not values:
        return "-"
    figures = (statistics.median(values), percentile(values, 0.99), max(values))
    return " / ".join(f"{1000 * value:.0f}" for value in figures)


def report_values(found: dict[str, list[tuple[float, float]]], console: Console) -> None:
    """Print how long callers waited for texts with values."""
    table = Table(
        "text", "callers at once", "first sound", "late", "longest silence in it",
        title="texts never heard before; ms: p50 / p99 / max",
    )  # fmt: skip
    for text, waits in found.items():
        first, within = [wait for wait, _ in waits], [silence for _, silence in waits]
        late = sum(wait > LATE_S for wait in first)
        table.add_row(text, str(len(waits)), _spread(first), str(late), _spread(within))
    console.print(table)


def report(windows: Sequence[Window], console: Console) -> None:
    """Print what was heard, what it cost, and the limit."""
    heard = Table(
        "callers", "prompts", "key to prompt", "late", "key to silence", "silence between prompts",
        "texts with values", "late", "holes over 40 ms", "lost", "failed calls",
        title="what callers hear; ms: p50 / p99 / max",
    )  # fmt: skip
    cost = Table(
        "callers", "keys/s", "calls/s", "Asterisk", "controller", "of it event loop", "rendering", "load",
        "others", "machine", "ms/s a caller", "healthz, ms",
        title="what it costs; cores",
    )  # fmt: skip
    for w in windows:
        h = w.heard
        heard.add_row(
            f"{w.present:.0f}", str(len(w.prompts) + len(h.values)), _spread(w.prompts), str(w.late),
            _spread(h.stops), _spread(h.gaps), _spread(h.values), str(w.late_values),
            f"{len(h.holes)} of {h.packets}", str(h.lost), str(w.failed),
        )  # fmt: skip
        each = max(1.0, w.present)
        cost.add_row(
            f"{w.present:.0f}", f"{w.keys:.0f}", f"{w.calls:.1f}",
            f"{w.asterisk:.2f}", f"{w.controller:.2f}", f"{w.event_loop:.2f}", f"{w.rendering:.2f}",
            f"{w.load:.2f}", f"{w.others:.2f}", f"{w.machine:.0%}",
            f"{1000 * w.asterisk / each:.1f} + {1000 * w.controller / each:.1f}", _spread(w.health),
        )  # fmt: skip
    console.print(heard)
    console.print(cost)
    for w in windows:
        kinds = sorted(w.threads.items(), key=lambda item: -item[1])[:5]
        text = ", ".join(f"{kind} {cores:.2f}" for kind, cores in kinds)
        console.print(
            f"{w.callers}: Asterisk's threads: {text}; the busiest is {w.busiest[0]} ({w.busiest[1]:.0%}); "
            f"the callers' packets were up to {w.behind_ms:.0f} ms behind, {w.owed_ms:.0f} at the end; "
            f"load {w.others_load:.1f}",
            style="dim", highlight=False,
        )  # fmt: skip
    good = [w for w in windows if w.good]
    bad = [w for w in windows if not w.good]
    if good:
        console.print(
            f"Without a late prompt or a failed call: {good[-1].callers} callers. There {good[-1].limit()}."
        )
    if bad:
        console.print(f"The first that was not so: {bad[0].callers} callers. There {bad[0].limit()}.")
