"""`callcenter ivr`: flows, without a running center."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from callcenter.center.check import load_center
from callcenter.center.config import load_config
from callcenter.center.model import Center
from callcenter.center.problems import Problem
from callcenter.cli.common import DEFAULT_CONFIG, ConfigOption, fail, out, show
from callcenter.ivr.check import load_flow
from callcenter.ivr.model import flow_schema

group = typer.Typer(no_args_is_help=True)


@group.command("check")
def check(
    files: Annotated[list[Path], typer.Argument(help="Flow files.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Find every mistake in flow files. Queues and hours are checked if there is a center to read."""
    center = _declared_center(config)
    problems: list[Problem] = []
    for file in files:
        problems += load_flow(file, center)[1]
    show(problems)
    errors = sum(1 for problem in problems if problem.severity == "error")
    if errors:
        fail(f"{errors} error{'s' if errors > 1 else ''}")
    told = f", {len(problems)} warnings" if problems else ""
    unchecked = "" if center else "; queues and hours were not checked: there is no center to read"
    out.print(f"no errors{told}{unchecked}", highlight=False, soft_wrap=True)


@group.command("schema")
def schema() -> None:
    """Print the JSON Schema of a flow file, for editors that complete and explain while you write."""
    print(json.dumps(flow_schema(), ensure_ascii=False, indent=2))


def _declared_center(config: Path) -> Center | None:
    settings, _ = load_config(config)
    if settings is None or not settings.center_path.exists():
        return None
    return load_center(settings.center_path, {path.stem for path in settings.flows_path.glob("*.yaml")})[0]
