"""`callcenter asterisk`: bring one here, or make one that is here ours."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from callcenter.asterisk.config_files import AsteriskValues, ConfigValueError
from callcenter.asterisk.install_plan import AFTERWARDS, InstallConflict, apply_install, plan_install
from callcenter.asterisk.local_install import AsteriskNotFound, find_or_install
from callcenter.cli.common import DEFAULT_CONFIG, ConfigOption, fail, out, read_config

group = typer.Typer(no_args_is_help=True)


@group.command("fetch")
def fetch(quiet: Annotated[bool, typer.Option(help="Say nothing when it is there.")] = False) -> None:
    """Find an Asterisk on this machine, or bring one here without touching the system."""
    try:
        program = find_or_install(say=lambda line: out.print(line, markup=False, highlight=False))
    except AsteriskNotFound as nothing:
        fail(str(nothing))
    if not quiet:
        version = ".".join(str(n) for n in program.version)
        out.print(f"Asterisk {version} ({program.origin}): {' '.join(program.command)}", highlight=False)


@group.command("install")
def install(
    config: ConfigOption = DEFAULT_CONFIG,
    target: Annotated[Path | None, typer.Option(help="Asterisk's configuration folder.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Write our parts of Asterisk's configuration: shows a diff first and keeps a backup."""
    settings = read_config(config)
    pbx = settings.asterisk
    listening = settings.speech.recognition
    values = AsteriskValues(
        agi_address=f"{pbx.agi.host}:{pbx.agi.port}",
        stt_address=f"{listening.host}:{listening.port}",
        ami_user=pbx.ami.username,
        ami_secret=pbx.ami.secret,
        hold_limit_s=pbx.hold_limit_seconds,
    )
    folder = target or Path(pbx.config_dir)
    try:
        _install(folder, values, ask=not yes)
    except (ConfigValueError, InstallConflict) as refused:
        fail(str(refused))
    except FileNotFoundError as missing:
        fail(f"{missing}: name it with --target, or as asterisk.config_dir in {config}")
    except OSError as failure:
        fail(f"{failure.filename}: {failure.strerror}; this needs the rights of Asterisk's admin")


def _install(folder: Path, values: AsteriskValues, *, ask: bool) -> None:
    plan = plan_install(folder, values)
    if not plan:
        out.print("everything is in place")
        return
    for change in plan:
        out.print(change.diff, markup=False, highlight=False, soft_wrap=True)
    if ask and not typer.confirm(f"Write these {len(plan)} files?"):
        raise typer.Exit(1)
    backup = apply_install(plan, folder / "callcenter-backups", dt.datetime.now())
    if backup is not None:
        out.print(f"the files as they were: {backup}", highlight=False)
    out.print(
        "Asterisk reads them after these commands, which end no call (a new pjsip.conf: after a restart):"
    )
    for command in AFTERWARDS:
        out.print(f"    asterisk -rx '{command}'", highlight=False)
    out.print("then `callcenter doctor` says what is still wrong")
