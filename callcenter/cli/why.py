"""`callcenter why`: how the running center explains itself."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from callcenter.cli.common import (
    DEFAULT_CONFIG,
    ConfigOption,
    ask_running,
    fail,
    go,
    out,
    read_config,
    speaks_chinese,
)

group = typer.Typer(no_args_is_help=True)
Language = Annotated[str, typer.Option(help="zh-CN or en; left out: the terminal's.")]


@group.command("call")
def why_call(
    call_id: Annotated[str, typer.Argument(help="The call's id.")],
    config: ConfigOption = DEFAULT_CONFIG,
    language: Language = "",
) -> None:
    """Why this caller waits, or why he was given to whom he was."""
    language = language or ("zh-CN" if speaks_chinese() else "en")
    answer = go(ask_running(read_config(config), "GET", f"/calls/{call_id}/why"))
    if answer is None:
        fail("the center does not run here")
    for line in answer["routed"]:
        out.print(f"+{line['offset']:7.1f} s  ", style="dim", end="", highlight=False)
        out.print(line["text"].get(language, ""), markup=False, highlight=False, soft_wrap=True)
    waits = answer["waiting"]
    if waits is None:
        out.print("not in line now", style="dim")
        return
    out.print(
        f"waits {waits['waited']:.0f} s in {waits['queue']}, {waits['position']} of {waits['waiting']},"
        f" needs {waits['needs'] or 'anybody'}" + (f", at first {waits['only']}" if waits["only"] else ""),
        markup=False,
        highlight=False,
    )
    out.print(waits["summary"]["text"].get(language, ""), markup=False, highlight=False)
    table = Table("agent", "name", "why not")
    for agent in waits["agents"]:
        table.add_row(agent["id"], agent["name"], agent["text"].get(language, ""))
    out.print(table)


@group.command("agent")
def why_agent(
    agent: Annotated[str, typer.Argument(help="The agent's id.")],
    config: ConfigOption = DEFAULT_CONFIG,
    language: Language = "",
) -> None:
    """Why this agent has no call: of each caller in line why he does not get him."""
    language = language or ("zh-CN" if speaks_chinese() else "en")
    answer = go(ask_running(read_config(config), "GET", f"/agents/{agent}/why"))
    if answer is None:
        fail("the center does not run here")
    out.print(answer["summary"]["text"].get(language, ""), markup=False, highlight=False)
    out.print(f"serves: {', '.join(answer['queues']) or 'no queue'}", style="dim", highlight=False)
    if answer["callers"]:
        table = Table("call", "queue", "waits", "why not")
        for caller in answer["callers"]:
            words = caller["text"].get(language, "")
            table.add_row(caller["call_id"], caller["queue"], f"{caller['waited']:.0f} s", words)
        out.print(table)
