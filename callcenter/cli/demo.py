"""`callcenter demo`: a living call center on this machine, with callers and agents."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.panel import Panel
from rich.table import Table

from callcenter.asterisk.config_files import AsteriskPorts
from callcenter.asterisk.local_install import AsteriskProgram, cache_folder, find_or_install
from callcenter.asterisk.local_server import free_ports
from callcenter.center.check import load_center
from callcenter.center.model import Center
from callcenter.center.phone_secrets import PhoneSecrets
from callcenter.cli.common import fail, out, show
from callcenter.demo.local_center import LocalCenter
from callcenter.demo.people import USERS
from callcenter.demo.run import DemoSettings, run_demo
from callcenter.demo.seed import seed
from callcenter.demo.shop import DemoShop

PASSWORD = "demo"  # noqa: S105 - of a center on loopback that lives as long as this command


def demo(
    calls: Annotated[int, typer.Option(min=0, help="Make that many calls, then end; 0: go on.")] = 0,
    headless: Annotated[bool, typer.Option(help="Fast, and for no one to look at.")] = False,
    port: Annotated[int, typer.Option(help="Of the pages; 0: any free one.")] = 8080,
    folder: Annotated[Path, typer.Option(help="Where the demo center lives.")] = Path("var/demo"),
    center: Annotated[Path, typer.Option(help="The center to bring to life.")] = Path("center.yaml"),
    flows: Annotated[Path, typer.Option(help="Its flows.")] = Path("ivr_flows"),
) -> None:
    """Start a whole call center with real callers and agents. Ctrl-C ends it, and nothing is left running.

    With --calls, exit code 0 only if every call is accounted for.
    """
    raise typer.Exit(asyncio.run(_until_interrupted(calls, headless, port, folder, center, flows)))


async def _until_interrupted(
    calls: int, headless: bool, port: int, folder: Path, center: Path, flows: Path
) -> int:
    task = asyncio.ensure_future(_live(calls, headless, port, folder, center, flows))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        _say("ended; nothing is left running")
        return 0 if not calls else 130


async def _live(calls: int, headless: bool, port: int, folder: Path, center_file: Path, flows: Path) -> int:
    begun = time.monotonic()
    center, problems = load_center(center_file, {p.stem for p in flows.glob("*.yaml")})
    show(problems)
    if center is None:
        fail("the center file has mistakes")
    program = await asyncio.to_thread(find_or_install, say=_say)
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    async with DemoShop() as shop:
        return await _with_shop(
            begun, shop, program, center, calls, headless, port, folder, center_file, flows
        )


async def _with_shop(
    begun: float,
    shop: DemoShop,
    program: AsteriskProgram,
    center: Center,
    calls: int,
    headless: bool,
    port: int,
    folder: Path,
    center_file: Path,
    flows: Path,
) -> int:
    local = LocalCenter(
        folder,
        program,
        _sip_ports(headless),
        center=center_file,
        flows=flows,
        web_port=0 if headless or not _port_is_free(port) else port,
        prompts=cache_folder() / "prompts",
        settings=shop.settings(),
        say=_say,
    )
    database = f"sqlite:///{local.data / 'callcenter.sqlite3'}"
    _say("customers and their history")
    await seed(database, local.data / "journal", center, PASSWORD)
    secrets = PhoneSecrets(local.data / "phone-secrets.json")
    phone_secrets = {agent.extension: secrets.of(agent_id) for agent_id, agent in center.agents.items()}
    _say("Asterisk and the controller start")
    async with local:
        _say(f"the center runs after {time.monotonic() - begun:.1f} s")
        _tell(local, list(center.agents))
        return await run_demo(
            DemoSettings(
                address=local.address,
                sip_port=local.sip_port,
                center=center,
                phone_secrets=phone_secrets,
                password=PASSWORD,
                database_url=database,
                cdr_file=local.asterisk.places.cdr_file,
                recordings=local.data / "recordings",
                folder=local.folder / "people",
                calls=calls or None,
                headless=headless,
            ),
            _say,
            out,
        )


def _sip_ports(headless: bool) -> AsteriskPorts:
    """Softphones look for SIP at 5060; a headless run takes whatever is free."""
    ports = free_ports(10000, 19999)
    if headless or not _port_is_free(5060, socket.SOCK_DGRAM):
        return ports
    return AsteriskPorts(5060, ports.ami, ports.http, ports.rtp_first, ports.rtp_last)


def _port_is_free(port: int, kind: int = socket.SOCK_STREAM) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _tell(local: LocalCenter, agents: list[str]) -> None:
    names = Table.grid(padding=(0, 3))
    for user in USERS:
        names.add_row(user.name, user.role.replace("_", " "))
    names.add_row(agents[0], f"agent (also {', '.join(agents[1:4])}, …)")
    out.print(Panel(names, title=f"{local.address}   password: {PASSWORD}", expand=False))
    out.print(f"SIP 127.0.0.1:{local.sip_port} · settings {local.config_file}", style="dim", highlight=False)


def _say(text: str) -> None:
    out.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] ", end="")
    out.print(text, markup=False, highlight=False)
