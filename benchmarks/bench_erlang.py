"""The distributor in virtual time against Erlang C and Erlang A, where those hold: `make bench-erlang`.

    python -m benchmarks.bench_erlang [--calls 200000] [--only TEXT]

One queue, like agents, no wrap-up apart from the call, exponential times, a steady load: days of up to 24
hours, each with another seed, without their first hour, until so many calls are simulated. Shown is what was
simulated with its 95 % confidence interval (Student's t over the days), the formula's value, and how far they
are apart. The same every time: the seeds are fixed.

How many callers came on a day, and how long they talked, is chance, and most of what differs from day to
day. Its mean is known (rate x length), so that this part is taken out by regression: the method of control
variates (Lavenberg and Welch, Management Science 27, 1981). The figures of the formula play no part in it.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from dataclasses import dataclass

from callcenter.planning.lone_queue import WARM_UP, steady
from callcenter.planning.outcome import half_width
from callcenter.planning.plan import Plan
from callcenter.planning.simulate import callers, simulate
from callcenter.planning.staffing import Demand
from callcenter.planning.tally import Count, Time, summed

AHT = 180.0
THRESHOLD = 20.0
ALLOWED = 0.03
DAYS = 24  # at least: each with its own seed
#: agents, offered load by agents, patience in seconds (None: Erlang C)
CASES: list[tuple[int, float, float | None]] = [
    (10, 0.8, None),
    (50, 0.9, None),
    (300, 0.93, None),
    (10, 0.9, 180.0),
    (20, 1.1, 60.0),
    (50, 1.0, 120.0),
    (300, 1.05, 60.0),
]


@dataclass(frozen=True)
class Day:
    """One simulated day without its first hour: each figure as a part and its whole; the load that came."""

    figures: dict[str, tuple[float, float]]
    offered: int
    load: float  # Erlang


def simulated(plan: Plan, number: int) -> Day:
    counted = simulate(plan, number)
    [quarters] = counted.calls.values()
    calls, whole = summed(quarters[WARM_UP:]), Time()
    for quarter in counted.times[WARM_UP:]:
        whole.add(quarter)
    begins = (plan.opens + WARM_UP * 15) * 60
    talked = sum(caller.talk for caller in callers(plan, number) if caller.at >= begins)
    return Day(parts(calls, whole), calls.offered, talked / (plan.closes * 60 - begins))


def parts(calls: Count, whole: Time) -> dict[str, tuple[float, float]]:
    return {
        "waits": (calls.offered - calls.at_once, calls.offered),
        "service level": (calls.in_time, calls.answered + calls.abandoned - calls.short),
        "ASA": (calls.wait, calls.answered),
        "abandoned": (calls.abandoned, calls.offered),
        "occupancy": (whole.busy, whole.busy + whole.ready),
    }


def estimated(days: list[Day], name: str, load: float) -> tuple[float, float]:
    """A figure over all days as it would be under exactly this load, and half its confidence interval."""
    tops, bottoms = zip(*(day.figures[name] for day in days), strict=True)
    ratio, mean = sum(tops) / sum(bottoms), statistics.fmean(bottoms)
    off = [(top - ratio * bottom) / mean for top, bottom in zip(tops, bottoms, strict=True)]
    loads = [day.load for day in days]
    slope = statistics.linear_regression(loads, off).slope
    rest = [each - slope * (came - load) for each, came in zip(off, loads, strict=True)]
    return ratio + statistics.fmean(rest), half_width(rest) or 0.0


@dataclass(frozen=True)
class Apart:
    """A figure that is further from the formula's than 3 %."""

    told: str
    chance: bool  # the formula's value is within the confidence interval


def compared(
    agents: int, load: float, patience: float | None, calls: int
) -> tuple[list[str], list[Apart], int]:
    """Lines of the table, what is further apart than 3 %, and how many calls it took."""
    kind = "Erlang C" if patience is None else f"Erlang A, patience {patience:g} s"
    line = f"{kind}: {agents} agents, load {load:g}"
    demand = Demand(load * agents / AHT, AHT, patience)
    hours = min(24, max(5, math.ceil(calls / DAYS / demand.rate / 3600) + 1))
    plan = steady(demand, agents, THRESHOLD, hours=hours)
    days = max(DAYS, math.ceil(calls / (demand.rate * (hours - 1) * 3600)))
    found = [simulated(plan, number) for number in range(days)]
    model = demand.model(agents)
    expected = {
        "waits": model.waits,
        "service level": model.service_level(THRESHOLD),
        "ASA": model.asa,
        "abandoned": model.abandoned,
        "occupancy": model.occupancy,
    }
    rows, far = [], []
    for name, formula in expected.items():
        if formula == 0:
            continue
        value, spread = estimated(found, name, load * agents)
        apart = value / formula - 1
        rows.append(
            f"| {line} | {name} | {shown(name, value)} ± {shown(name, spread)} | {shown(name, formula)} "
            f"| {apart:+.1%} |"
        )
        if abs(apart) > ALLOWED:
            far.append(Apart(f"{line}, {name}: {apart:+.1%}", abs(value - formula) <= spread))
    return rows, far, sum(day.offered for day in found)


def shown(name: str, value: float) -> str:
    return f"{value:.2f} s" if name == "ASA" else f"{value * 100:.2f} %"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--calls", type=int, default=200_000, help="simulated for each line, at least")
    options.add_argument("--only", default="", help="Erlang C or Erlang A alone")
    chosen = options.parse_args()
    print("| line | figure | simulated | formula | apart |")
    print("| --- | --- | ---: | ---: | ---: |")
    all_far: list[Apart] = []
    calls, began = 0, time.process_time()
    for agents, load, patience in CASES:
        if chosen.only not in ("Erlang C" if patience is None else "Erlang A"):
            continue
        rows, far, took = compared(agents, load, patience, chosen.calls)
        print("\n".join(rows), flush=True)
        all_far += far
        calls += took
    each = (time.process_time() - began) / max(calls, 1) * 1e6
    print(f"\n{calls} calls, {each:.0f} microseconds of CPU a call")
    wrong = [apart.told for apart in all_far if not apart.chance]
    if all_far:
        chance = "; ".join(apart.told for apart in all_far if apart.chance)
        print(f"Further apart than 3 %, but within what chance explains: {chance or 'none'}")
    print("All others within 3 %." if not wrong else "WRONG: " + "; ".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
