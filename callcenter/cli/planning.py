"""`callcenter simulate`: what if? `callcenter staff` stands in `staffing.py`."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from callcenter.center.model import LANGUAGES
from callcenter.center.problems import did_you_mean
from callcenter.cli.common import err, fail, out, show, speaks_chinese
from callcenter.planning.chart import draw
from callcenter.planning.check import Checked, load_scenario
from callcenter.planning.outcome import Outcome
from callcenter.planning.plan import Plan, changed, plan_of
from callcenter.planning.report import by_quarter, summary
from callcenter.planning.scenario_model import WhatIf
from callcenter.planning.simulate import simulate_days
from callcenter.planning.words import named, said

ScenarioArgument = Annotated[Path, typer.Argument(help="A scenario (YAML): see docs/planning.md.")]
DaysOption = Annotated[int | None, typer.Option(min=1, max=1000, help="How many days; else the scenario's.")]
SeedOption = Annotated[int | None, typer.Option(help="Another seed, other chance.")]


def simulate(
    scenario: ScenarioArgument,
    what_if: Annotated[str, typer.Option("--what-if", help="A change the scenario has a name for.")] = "",
    without: Annotated[list[str] | None, typer.Option(help="An agent who does not come (repeat).")] = None,
    ill: Annotated[int, typer.Option(min=0, help="So many agents do not come, others each day.")] = 0,
    volume: Annotated[float, typer.Option(help="Calls as a multiple: 1.2 is a fifth more.")] = 1.0,
    days: DaysOption = None,
    seed: SeedOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="SVG file; else beside the scenario.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; draw only with --output.")] = False,
    language: Annotated[str, typer.Option(help="zh-CN or en; else the terminal's.")] = "",
) -> None:
    """Simulate a planned day on the real distributor: what if two agents are ill?"""
    if language and language not in LANGUAGES:
        fail(f"language must be one of {', '.join(LANGUAGES)}, not '{language}'")
    chinese = language == "zh-CN" if language else speaks_chinese()
    checked = read_scenario(scenario)
    plan = replaced(plan_of(checked), days, seed)
    variants = [(said("planned", chinese), plan)]
    change = _change(checked, what_if, without or [], ill, volume)
    if change != WhatIf():
        variants.append((_called(change, chinese), _changed(plan, change)))
    outcomes = _simulated(variants, chinese)
    title = named(checked.scenario.name, chinese)
    note = said("one_day" if plan.days == 1 else "days", chinese, days=plan.days, seed=plan.seed)
    target = output or (None if as_json else scenario.with_suffix(".svg"))
    if target is not None:
        _write(target, draw(outcomes, title, f"{checked.scenario.date}, {note}", chinese))
    if as_json:
        found = {
            "scenario": checked.scenario.name,
            "date": checked.scenario.date,
            "seed": plan.seed,
            "variants": [{"name": name, **outcome.as_dict()} for name, outcome in outcomes],
        }
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    out.print(f"[bold]{escape(title)}[/bold]  {checked.scenario.date} {checked.scenario.open}  ({note})")
    out.print()
    out.print(summary(outcomes, chinese))
    if plan.days > 1:
        out.print(said("sure", chinese), style="dim")
    out.print()
    out.print(by_quarter(outcomes, chinese))
    if target is not None:
        out.print(said("drawn", chinese, file=target), highlight=False, soft_wrap=True, markup=False)


def read_scenario(path: Path) -> Checked:
    """A scenario, or the list of what is wrong with it."""
    checked, problems = load_scenario(path)
    show(problems)
    if checked is None:
        raise typer.Exit(1)
    return checked


def replaced(plan: Plan, days: int | None, seed: int | None) -> Plan:
    """The plan with other days or another seed."""
    return replace(plan, days=days or plan.days, seed=plan.seed if seed is None else seed)


def progress() -> Progress:
    """A bar on the terminal, gone when all is done."""
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(),
        console=err, transient=True, disable=not err.is_terminal,
    )  # fmt: skip


def _simulated(variants: list[tuple[str, Plan]], chinese: bool) -> list[tuple[str, Outcome]]:
    found = []
    with progress() as bar:
        for name, plan in variants:
            task = bar.add_task(escape(f"{said('simulating', chinese)}: {name}"), total=1.0)
            days = simulate_days(plan, partial(_told, bar, task))
            found.append((name, Outcome(plan, days)))
    return found


def _told(bar: Progress, task: TaskID, share: float) -> None:
    bar.update(task, completed=share)


def _change(checked: Checked, what_if: str, without: list[str], ill: int, volume: float) -> WhatIf:
    """What the options ask for, on top of the named change."""
    named_changes = checked.scenario.what_if
    base = WhatIf()
    if what_if:
        if what_if not in named_changes:
            fail(f"there is no what_if '{what_if}': {did_you_mean(what_if, named_changes)}")
        base = named_changes[what_if]
    if not 0 < volume <= 20:
        fail(f"--volume must be more than 0 and at most 20, not {volume:g}")
    absent = [*base.without, *without]
    more: dict[str, Any] = {"without": absent, "ill": base.ill + ill, "volume": base.volume * volume}
    return base.model_copy(update=more)


def _changed(plan: Plan, change: WhatIf) -> Plan:
    for agent in change.without:
        if agent not in plan.duties:
            fail(f"there is no agent '{agent}': {did_you_mean(agent, plan.duties, 'agents')}")
    other = changed(plan, change)
    if other.ill >= len(other.duties):
        fail("nobody is left to answer calls")
    return other


def _called(change: WhatIf, chinese: bool) -> str:
    if change.name:
        return named(change.name, chinese)
    parts = []
    if change.without:
        parts.append(said("without", chinese, names=", ".join(change.without)))
    if change.ill:
        parts.append(said("ill", chinese, count=change.ill))
    if change.volume != 1:
        parts.append(said("volume", chinese, percent=f"{change.volume * 100:g} %"))
    return ", ".join(parts)


def _write(target: Path, picture: str) -> None:
    try:
        target.write_text(picture, encoding="utf-8")
    except OSError as error:
        fail(f"{target}: cannot be written: {error.strerror}")
