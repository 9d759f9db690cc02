"""`callcenter user`: who may sign in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from callcenter.center.config import Config
from callcenter.cli.common import DEFAULT_CONFIG, ConfigOption, fail, go, out, read_center, read_config
from callcenter.storage.engine import make_engine, migrate
from callcenter.web.users import ROLES, DatabaseUsers

T = TypeVar("T")
group = typer.Typer(no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The name to sign in with.")]
Password = Annotated[
    str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, envvar="CALLCENTER_PASSWORD")
]


def _with_users(config: Config, work: Callable[[DatabaseUsers], Awaitable[T]]) -> T:
    async def run() -> T:
        config.data_path.mkdir(parents=True, exist_ok=True)
        engine = make_engine(config.database.url)
        try:
            await migrate(engine)
            users = DatabaseUsers(engine)
            try:
                return await work(users)
            finally:
                users.close()
        finally:
            await engine.dispose()

    return go(run())


def _check_agent(settings: Config, role: str, agent: str) -> None:
    """Who has the role of an agent is one of the center's agents; others may be one, too."""
    if role == "agent" and not agent:
        fail("say which agent of the center he is: --agent ID (`center.yaml` lists them under `agents`)")
    if not agent:
        return
    center = read_center(settings)
    if center is None:
        fail("the center can not be read; run `callcenter check`")
    if agent not in center.agents:
        known = ", ".join(sorted(center.agents)[:20]) or "none yet"
        hint = "a new one counts after `callcenter apply`"
        fail(f"the center in force has no agent '{agent}', only {known}; {hint}")


@group.command("add")
def add(
    name: Name,
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")],
    password: Password,
    agent: Annotated[str, typer.Option(help="The agent of the center he is (an id).")] = "",
    display_name: Annotated[str, typer.Option(help="Shown on the pages.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Let somebody in."""
    if role not in ROLES:
        fail(f"no such role: {role}; one of {', '.join(ROLES)}")
    settings = read_config(config)
    _check_agent(settings, role, agent)
    made = _with_users(
        settings,
        lambda users: users.create_user(name, password, role, agent_id=agent, display_name=display_name),
    )
    if not made:
        fail(f"there is a user {name} already")
    out.print(f"{name} may sign in as {role}")


@group.command("password")
def password(name: Name, password: Password, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Give somebody a new password; his open sessions end."""
    if not _with_users(read_config(config), lambda users: users.set_password(name, password)):
        fail(f"there is no user {name}")
    out.print("done")


@group.command("disable")
def disable(name: Name, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Let somebody in no more; his sessions end."""
    if not _with_users(read_config(config), lambda users: users.set_disabled(name, True)):
        fail(f"there is no user {name}")
    out.print("done")


@group.command("list")
def list_users(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Who may sign in."""
    table = Table("name", "role", "agent", "shown as", "")
    for user in _with_users(read_config(config), lambda users: users.all()):
        state = "disabled" if user["disabled"] else ""
        table.add_row(user["name"], user["role"], user["agent_id"], user["display_name"], state)
    out.print(table)
