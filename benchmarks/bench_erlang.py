"""The distributor in virtual time against Erlang C and Erlang A, where those hold: `make bench-erlang`.

    python -m benchmarks.bench_erlang [--calls 200000] [--only TEXT]

One queue, like agents, no wrap-up apart from the call, exponential times, a steady load: days of 24 hours,
each with another seed, without their first hour, until so many calls are simulated. Shown is what was
simulated with its 95 % confidence interval (Student's t over the days), the formula's value, and how far they
are apart. The same every time: the seeds are fixed.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from dataclasses import dataclass

from callcenter.planning.lone_queue import WARM_UP, steady
from callcenter.planning.outcome import half_width
from callcenter.planning.simulate import simulate
from callcenter.planning.staffing import Demand
from callcenter.planning.tally import Count, Time, summed

AHT = 180.0
THRESHOLD = 20.0
ALLOWED = 0.03
#: agents, offered load by agents, patience in seconds (None: Erlang C)
CASES: list[tuple[int, float, float | None]] = [
    (10, 0.8, None),
    (50, 0.9, None),
    (300, 0.96, None),
    (10, 0.9, 180.0),
    (20, 1.1, 60.0),
    (50, 1.0, 120.0),
    (300, 1.05, 60.0),
]


@dataclass(frozen=True)
class Day:
    """One simulated day, without its first hour."""

    calls: Count
    time: Time


def days_of(agents: int, load: float, patience: float | None, calls: int) -> tuple[Demand, list[Day]]:
    demand = Demand(load * agents / AHT, AHT, patience)
    plan = steady(demand, agents, THRESHOLD)
    days = max(8, math.ceil(calls / (demand.rate * 23 * 3600)))
    found = []
    for day in range(days):
        counted = simulate(plan, day)
        whole = Time()
        for quarter in counted.times[WARM_UP:]:
            whole.add(quarter)
        [quarters] = counted.calls.values()
        found.append(Day(summed(quarters[WARM_UP:]), whole))
    return demand, found


def figures(day: Day) -> dict[str, float]:
    values = {
        "waits": day.calls.waited,
        "service level": day.calls.service_level,
        "ASA": day.calls.asa,
        "abandoned": day.calls.abandonment,
        "occupancy": day.time.occupancy,
    }
    return {name: value or 0.0 for name, value in values.items()}


def whole(days: list[Day]) -> dict[str, float]:
    total = Time()
    for day in days:
        total.add(day.time)
    return figures(Day(summed(day.calls for day in days), total))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--calls", type=int, default=200_000, help="simulated for each line, at least")
    options.add_argument("--only", default="", help="lines that hold this text")
    chosen = options.parse_args()
    print("| line | figure | simulated | formula | apart |")
    print("| --- | --- | ---: | ---: | ---: |")
    far, calls, began = [], 0, time.process_time()
    for agents, load, patience in CASES:
        kind = "Erlang C" if patience is None else f"Erlang A, patience {patience:g} s"
        line = f"{kind}: {agents} agents, load {load:g}"
        if chosen.only not in line:
            continue
        demand, days = days_of(agents, load, patience, chosen.calls)
        calls += sum(day.calls.offered for day in days)
        model = demand.model(agents)
        expected = {
            "waits": model.waits,
            "service level": model.service_level(THRESHOLD),
            "ASA": model.asa,
            "abandoned": model.abandoned,
            "occupancy": model.occupancy,
        }
        by_day = [figures(day) for day in days]
        for name, value in whole(days).items():
            if name == "abandoned" and patience is None:
                continue
            spread = half_width([day[name] for day in by_day]) or 0.0
            apart = value / expected[name] - 1
            far += [f"{line}, {name}: {apart:+.1%}"] if abs(apart) > ALLOWED else []
            print(f"| {line} | {name} | {shown(name, value)} ± {shown(name, spread)} "
                  f"| {shown(name, expected[name])} | {apart:+.1%} |", flush=True)  # fmt: skip
    each = (time.process_time() - began) / max(calls, 1) * 1e6
    print(f"\n{calls} calls, {each:.0f} microseconds of CPU a call")
    print("All within 3 %." if not far else "Further apart than 3 %: " + "; ".join(far))
    sys.exit(1 if far else 0)


def shown(name: str, value: float) -> str:
    return f"{value:.2f} s" if name == "ASA" else f"{value * 100:.2f} %"


if __name__ == "__main__":
    main()
