"""`callcenter check` and `callcenter apply`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from callcenter.center.check import load_center
from callcenter.center.config import load_config
from callcenter.center.problems import Problem, has_errors
from callcenter.cli.common import (
    DEFAULT_CONFIG,
    ConfigOption,
    ask_running,
    err,
    fail,
    go,
    out,
    read_config,
    show,
)
from callcenter.ivr.check import load_flows

_SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}


def check(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Find every mistake in settings, center and flows, each with file, line and column."""
    settings, problems = load_config(config)
    if settings is not None:
        folder = settings.flows_path
        names = {p.stem for p in folder.glob("*.yaml")}
        center, found = load_center(settings.center_path, names)
        problems += found
        _, found = load_flows(folder, center)
        problems += found
    show(problems)
    errors = sum(1 for p in problems if p.severity == "error")
    if errors:
        fail(f"{errors} error{'s' if errors > 1 else ''}")
    out.print(f"no errors{f', {len(problems)} warnings' if problems else ''}")


def apply(
    file: Annotated[Path, typer.Argument(help="The center to put in force.")] = Path("center.yaml"),
    config: ConfigOption = DEFAULT_CONFIG,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Show what a center file changes, and put it in force in the running center."""
    settings = read_config(config)
    center, problems = load_center(file, {p.stem for p in settings.flows_path.glob("*.yaml")})
    show(problems)
    if center is None or has_errors(problems):
        fail("nothing was changed")
    body = {"text": file.read_text(encoding="utf-8")}
    plan = go(ask_running(settings, "POST", "/admin/center/plan", body))
    if plan is None:
        fail("the center does not run here: start it with `callcenter run`, then apply")
    if not plan["changes"]:
        out.print("nothing changes")
        return
    for change in plan["changes"]:
        sign, style = _SIGNS.get(change["kind"], ("?", ""))
        text = f"{sign} {change['what']}  {change['detail']}"
        out.print(text, style=style, markup=False, highlight=False)
    if not yes and not typer.confirm("Put this in force?"):
        raise typer.Exit(1)
    answer = go(ask_running(settings, "POST", "/admin/center/apply", body))
    if answer is None:
        fail("the center stopped meanwhile; nothing was changed")
    _refused(answer)
    out.print(f"in force: {len(answer['changes'])} changes")


def _refused(answer: dict[str, Any]) -> None:
    problems = [Problem.from_dict(p) for p in answer["problems"]]
    if has_errors(problems):
        show(problems)
        err.print("nothing was changed", style="red")
        raise typer.Exit(1)
