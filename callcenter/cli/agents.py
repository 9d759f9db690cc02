"""`callcenter agent`: agents and their phones."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from callcenter.center.phone_secrets import PhoneSecrets, supervisor_key
from callcenter.cli.common import (
    DEFAULT_CONFIG,
    ConfigOption,
    ask_running,
    fail,
    go,
    out,
    read_center,
    read_config,
)

group = typer.Typer(no_args_is_help=True)


@group.command("phone")
def phone(
    agent: Annotated[
        str, typer.Argument(help="The agent's id in center.yaml, or the name of a supervisor with a phone.")
    ],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """What a softphone needs to register as this agent's phone."""
    settings = read_config(config)
    center = read_center(settings)
    if center is not None and agent in center.agents:
        key, extension = agent, center.agents[agent].extension
    elif center is not None and agent in center.supervision.phones:
        key, extension = supervisor_key(agent), center.supervision.phones[agent]
    else:
        fail(f"no agent {agent} is declared")
    secret = PhoneSecrets(settings.data_path / "phone-secrets.json").of(key)
    out.print(f"user name  {extension}", highlight=False)
    out.print(f"password   {secret}", highlight=False, markup=False)
    out.print("server     the address of your Asterisk, SIP over UDP", highlight=False)


@group.command("list")
def list_agents(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Every agent of the running center and what he does now."""
    answer = go(ask_running(read_config(config), "GET", "/agents"))
    if answer is None:
        fail("the center does not run here")
    table = Table("agent", "name", "phone", "state", "")
    for view in answer["agents"]:
        phone = f"{view['extension']} {view['phone']}"
        table.add_row(view["id"], view["name"], phone, view["state"], view["reason"])
    out.print(table)
