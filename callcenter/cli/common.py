"""What the commands share: settings, the running center's own door, and plain failures."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import aiohttp
import typer
from rich.console import Console

from callcenter.center.check import load_center
from callcenter.center.config import Config, load_config
from callcenter.center.model import Center
from callcenter.center.problems import Problem

T = TypeVar("T")
out = Console()
err = Console(stderr=True)

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", help="The engine's settings.", envvar="CALLCENTER_CONFIG")
]
DEFAULT_CONFIG = Path("callcenter.yaml")


def fail(text: str, code: int = 1) -> NoReturn:
    """Say what is wrong and end with an exit code."""
    err.print(text, style="red", markup=False, highlight=False)
    raise typer.Exit(code)


def read_config(path: Path) -> Config:
    """The settings, or the list of what is wrong with them."""
    config, problems = load_config(path)
    show(problems)
    if config is None:
        raise typer.Exit(1)
    return config


def read_center(config: Config) -> Center | None:
    """The center in force or, before the first start, as declared; None when there is none without errors."""
    in_force = config.center_in_force_path
    return load_center(in_force if in_force.exists() else config.center_path)[0]


def speaks_chinese(environment: Mapping[str, str] | None = None) -> bool:
    """Whether the terminal is a Chinese one. `environment` is that of the process unless given."""
    given = os.environ if environment is None else environment
    locale = next(filter(None, (given.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return locale.lower().startswith("zh")


def show(problems: list[Problem]) -> None:
    """Print problems as a compiler does, in the terminal's language."""
    chinese = speaks_chinese()
    for problem in problems:
        style = "red" if problem.severity == "error" else "yellow"
        err.print(problem.render(chinese), style=style, markup=False, highlight=False, soft_wrap=True)


def go(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine from a command."""
    return asyncio.run(work)


async def ask_running(
    config: Config, method: str, path: str, body: dict[str, Any] | None = None
) -> dict[str, Any] | None:
    """Ask the running center through its control socket; None when it does not run.

    The socket stands in the data folder and is open to its owner only, so no password is asked.
    """
    socket = config.data_path / "control.sock"
    if not socket.exists():
        return None
    try:
        async with (
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(socket))) as session,
            session.request(method, f"http://callcenter/api/v1{path}", json=body) as response,
        ):
            if response.status == 204:
                return {}
            answer: dict[str, Any] = await response.json()
            if response.status >= 400:
                said = answer.get("error", {}).get("message", {})
                fail(said.get("zh-CN" if speaks_chinese() else "en", str(response.status)))
            return answer
    except aiohttp.ClientConnectorError:
        return None
