"""`callcenter doctor`: what is wrong, in plain words."""

from __future__ import annotations

import typer

from callcenter.cli.common import DEFAULT_CONFIG, ConfigOption, go, out, read_config
from callcenter.cli.examination import examine

_SIGNS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "red")}


def doctor(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Look at everything a call needs, and say what is wrong and what to do. Exit code 1 on failure."""
    findings = go(examine(read_config(config)))
    for finding in findings:
        sign, style = _SIGNS[finding.verdict.value]
        out.print(f"{sign} {finding.what}", style=style, markup=False, highlight=False)
        if finding.advice:
            out.print(f"    {finding.advice}", markup=False, highlight=False)
    if any(f.verdict.value == "fail" for f in findings):
        raise typer.Exit(1)
