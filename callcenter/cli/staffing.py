"""`callcenter staff`: how many agents are needed?"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.markup import escape
from rich.table import Table

from callcenter.center.model import LANGUAGES
from callcenter.center.needs import meets
from callcenter.cli.common import fail, out, speaks_chinese
from callcenter.cli.planning import DaysOption, SeedOption, progress, read_scenario, replaced
from callcenter.planning.plan import Plan, on_duty, plan_of
from callcenter.planning.report import number, percent
from callcenter.planning.staff_day import StaffedDay, staff_day
from callcenter.planning.staff_steady import Needed, staff_steadily
from callcenter.planning.staffing import Demand, Impossible, Target, with_shrinkage
from callcenter.planning.words import named, said

_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h)?")
_UNITS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, None: 60.0}
_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_TARGET = re.compile(r"(\d+(?:\.\d+)?)\s*%?\s*/\s*(\d+(?:\.\d+)?)\s*s?")


def staff(
    scenario: Annotated[
        Path | None, typer.Argument(help="A scenario (YAML): agents by quarter hour. Else give --calls.")
    ] = None,
    calls: Annotated[float | None, typer.Option(help="Calls that come in --per.")] = None,
    per: Annotated[str, typer.Option(help="In which time: 15m, 30m, 1h.")] = "30m",
    aht: Annotated[float | None, typer.Option(help="Talk and wrap-up of a call, seconds.")] = None,
    patience: Annotated[
        float | None, typer.Option(help="Mean patience, seconds (Erlang A); else nobody gives up (Erlang C).")
    ] = None,
    target: Annotated[
        str, typer.Option(help="80/20: 80 % answered within 20 s. Of a scenario, else each queue's own.")
    ] = "",
    max_abandon: Annotated[str, typer.Option(help="Not more abandon: 5%.")] = "",
    max_occupancy: Annotated[str, typer.Option(help="Agents not busier: 85%.")] = "",
    shrinkage: Annotated[str, typer.Option(help="Paid time away from the phones: 30%.")] = "",
    distribution: Annotated[
        str, typer.Option(help="Of the calls' lengths in the simulation: lognormal or exponential.")
    ] = "lognormal",
    days: DaysOption = None,
    seed: SeedOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    language: Annotated[str, typer.Option(help="zh-CN or en; else the terminal's.")] = "",
) -> None:
    """How many agents does a target need? By Erlang C or A, then checked by simulation."""
    if language and language not in LANGUAGES:
        fail(f"language must be one of {', '.join(LANGUAGES)}, not '{language}'")
    if distribution not in ("lognormal", "exponential"):
        fail(f"--distribution must be lognormal or exponential, not '{distribution}'")
    chinese = language == "zh-CN" if language else speaks_chinese()
    away = _share("--shrinkage", shrinkage) or 0.0
    if away >= 1:
        fail("--shrinkage must be less than 100 %")
    limits = (_share("--max-abandon", max_abandon), _share("--max-occupancy", max_occupancy))
    if scenario is not None:
        if calls is not None or aht is not None or patience is not None:
            fail("--calls, --aht and --patience stand in the scenario: give one or the other")
        plan = replaced(plan_of(read_scenario(scenario)), days, seed)
        _by_day(plan, lambda queue: _target(target, limits, plan, queue), away, chinese, as_json)
        return
    if calls is None or aht is None:
        fail("give a scenario, or --calls and --aht: callcenter staff --calls 240 --per 30m --aht 180")
    if not 0 < calls <= 1_000_000 or not 0 < aht <= 14_400:
        fail("--calls must be more than 0 and at most 1000000, --aht more than 0 and at most 14400 s")
    if patience is not None and not 0 < patience <= 14_400:
        fail("--patience must be more than 0 and at most 14400 s")
    demand = Demand(calls / _seconds("--per", per), aht, patience)
    _steadily(demand, _target(target or "80/20", limits), away, distribution, (calls, per), chinese, as_json)


# --- what was asked -----------------------------------------------------------------------------------


def _target(
    text: str, limits: tuple[float | None, float | None], plan: Plan | None = None, queue: str = ""
) -> Target:
    if not text and plan is not None:
        level = plan.center.queues[queue].service_level
        return Target(level.target, level.seconds, *limits)
    found = _TARGET.fullmatch(text.strip())
    if found is None or not 0 < float(found[1]) <= 100 or float(found[2]) > 3600:
        fail(f"--target must be percent/seconds such as 80/20, not '{text}'")
    return Target(float(found[1]) / 100, float(found[2]), *limits)


def _share(option: str, text: str) -> float | None:
    if not text:
        return None
    found = _SHARE.fullmatch(text.strip())
    if found is None or float(found[1]) > 100:
        fail(f"{option} must be a percentage such as 5%, not '{text}'")
    return float(found[1]) / 100


def _seconds(option: str, text: str) -> float:
    found = _TIME.fullmatch(text.strip())
    length = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not 60 <= length <= 86_400:
        fail(f"{option} must be a time from 1m to 24h such as 30m, not '{text}'")
    return length


def _impossible(why: Impossible, chinese: bool, queue: str = "") -> NoReturn:
    text = why.chinese if chinese else str(why)
    fail(f"{queue}: {text}" if queue else text)


# --- a steady load ------------------------------------------------------------------------------------


def _steadily(
    demand: Demand, target: Target, away: float, distribution: str, asked: tuple[float, str], chinese: bool,
    as_json: bool,
) -> None:  # fmt: skip
    try:
        with progress() as bar:
            task = bar.add_task(said("simulating", chinese), total=1.0)

            def told(agents: int, share: float) -> None:
                text = f"{said('simulating', chinese)}: {agents} {said('agents', chinese)}"
                bar.update(task, description=text, completed=share)

            needed = staff_steadily(demand, target, distribution, told)
    except Impossible as why:
        _impossible(why, chinese)
    scheduled = with_shrinkage(needed.agents, away)
    if as_json:
        found = {
            "agents": needed.agents,
            "formula": needed.formula,
            "scheduled": scheduled,
            "model": "erlang_a" if demand.patience is not None else "erlang_c",
            "load": demand.rate * demand.aht,
            "by_agents": [_row(demand, target, needed, n) for n in _around(needed)],
        }
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    texts = {"agents": needed.agents, "calls": f"{asked[0]:g}", "aht": f"{demand.aht:g}", "per": asked[1]}
    out.print(said("answer", chinese, **texts), style="bold", highlight=False)
    if away:
        out.print(said("shrinkage", chinese, agents=scheduled, percent=percent(away, 0)), highlight=False)
    out.print()
    out.print(_steady_table(demand, target, needed, chinese))


def _around(needed: Needed) -> list[int]:
    """The numbers of agents that are told of."""
    return sorted({*needed.tried, *range(max(1, needed.agents - 2), needed.agents + 3)})


def _row(demand: Demand, target: Target, needed: Needed, agents: int) -> dict[str, Any]:
    model, tried = demand.model(agents), needed.tried.get(agents)
    finite = model.asa if model.asa != float("inf") else None
    row: dict[str, Any] = {
        "agents": agents,
        "formula": {
            "service_level": model.service_level(target.seconds),
            "abandonment": model.abandoned,
            "asa": finite,
            "occupancy": model.occupancy,
        },
    }
    if tried is not None:
        row["simulated"] = {
            "service_level": tried.calls.service_level,
            "abandonment": tried.calls.abandonment,
            "asa": tried.calls.asa,
            "occupancy": tried.time.occupancy,
        }
    return row


def _steady_table(demand: Demand, target: Target, needed: Needed, chinese: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(said("agents", chinese), justify="right")
    for way in ("formula", "simulated"):
        head = said(way, chinese)
        for word in ("level_short", "left_short", "asa_short", "busy_short"):
            unit = "s" if word == "asa_short" else "%"
            table.add_column(f"{head}\n{said(word, chinese)} {unit}", justify="right")
            head = ""
    for agents in _around(needed):
        row = _row(demand, target, needed, agents)
        cells = [str(agents)]
        for way in ("formula", "simulated"):
            figures = row.get(way)
            cells += ["", "", "", ""] if figures is None else [
                number(figures["service_level"], 100), number(figures["abandonment"], 100),
                number(figures["asa"]), number(figures["occupancy"], 100),
            ]  # fmt: skip
        table.add_row(*cells, style="bold" if agents == needed.agents else "")
    return table


# --- a day --------------------------------------------------------------------------------------------


def _by_day(plan: Plan, target: Callable[[str], Target], away: float, chinese: bool, as_json: bool) -> None:
    serves = _who_serves(plan)
    found: dict[str, Any] = {}
    for queue in plan.calls:
        name = named(plan.center.queues[queue].name, chinese)
        aim = target(queue)
        try:
            with progress() as bar:
                task = bar.add_task(escape(f"{said('simulating', chinese)}: {name}"), total=1.0)
                day = staff_day(plan, queue, aim, lambda share, task=task: bar.update(task, completed=share))  # type: ignore[misc]
        except Impossible as why:
            _impossible(why, chinese, name)
        planned = on_duty(plan, queue, serves)
        if as_json:
            found[queue] = _day_dict(plan, day, planned, away)
        else:
            out.print(f"[bold]{escape(name)}[/bold]  {aim.share * 100:g} % / {aim.seconds:g} s")
            out.print(_day_table(plan, day, planned, away, chinese))
            hours = sum(day.agents) / 4
            out.print(f"{said('hours_a_day', chinese)}: {hours:g}", highlight=False)
            out.print()
    if as_json:
        typer.echo(json.dumps({"queues": found}, ensure_ascii=False, indent=2))
    elif len(plan.calls) > 1:
        out.print(said("alone", chinese), style="dim")


def _who_serves(plan: Plan) -> dict[str, list[str]]:
    """The queues each agent serves at once, without their later rings."""
    asked = {name: queue.asked for name, queue in plan.center.queues.items()}
    return {
        agent: [name for name, needs in asked.items() if meets(declared.skills, needs)]
        for agent, declared in plan.center.agents.items()
    }


def _clock(plan: Plan, place: int) -> str:
    minute = plan.opens + place * 15
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _day_dict(plan: Plan, day: StaffedDay, planned: list[int], away: float) -> list[dict[str, Any]]:
    return [
        {
            "from": _clock(plan, place),
            "calls": day.calls[place].offered / day.days,
            "formula": day.formula[place],
            "agents": agents,
            "scheduled": with_shrinkage(agents, away),
            "planned": planned[place],
            "service_level": day.calls[place].service_level,
            "abandonment": day.calls[place].abandonment,
            "occupancy": day.times[place].occupancy,
            "met": place not in day.missed,
        }
        for place, agents in enumerate(day.agents)
    ]


def _day_table(plan: Plan, day: StaffedDay, planned: list[int], away: float, chinese: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    words = ["time", "calls", "formula", "needed", *(["scheduled"] if away else []), "staffed", "difference",
             "level_short", "left_short", "busy_short"]  # fmt: skip
    for word in words:
        unit = " %" if word in ("level_short", "left_short", "busy_short") else ""
        table.add_column(said(word, chinese) + unit, justify="left" if word == "time" else "right")
    for place, agents in enumerate(day.agents):
        count, more = day.calls[place], planned[place] - agents
        level = number(count.service_level, 100, 0)
        table.add_row(
            _clock(plan, place),
            f"{count.offered / day.days:.0f}",
            str(day.formula[place]),
            f"[bold]{agents}[/bold]",
            *([str(with_shrinkage(agents, away))] if away else []),
            str(planned[place]),
            f"[red]{more:+d}[/red]" if more < 0 else f"{more:+d}",
            f"[red]{level}[/red]" if place in day.missed else level,
            number(count.abandonment, 100),
            number(day.times[place].occupancy, 100, 0),
        )
    return table
