"""`callcenter call`: calls on file."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.table import Column, Table

from callcenter.acd.service import reason_texts
from callcenter.center.config import Config
from callcenter.center.model import Center
from callcenter.center.names import names_of
from callcenter.cli.common import DEFAULT_CONFIG, ConfigOption, fail, go, out, read_center, read_config
from callcenter.storage.engine import make_engine
from callcenter.storage.names import ids_as_names
from callcenter.storage.recovery import call_facts
from callcenter.storage.story import story

group = typer.Typer(no_args_is_help=True)
CALL_ID_LENGTH = 22


@group.command("show")
def show(
    call_id: Annotated[str, typer.Argument(help="The call's id.")],
    config: ConfigOption = DEFAULT_CONFIG,
    language: Annotated[str, typer.Option(help="zh-CN or en.")] = "en",
) -> None:
    """Print the story of a call, line by line with times (those of the center's time zone)."""
    settings = read_config(config)
    center = read_center(settings)
    lines = go(_story(settings, call_id, center))
    if not lines:
        fail(f"no call {call_id} is on file")
    zone = ZoneInfo(center.time_zone) if center is not None else None
    for line in lines:
        moment = dt.datetime.fromtimestamp(line["at"], zone).strftime("%H:%M:%S")
        out.print(f"{moment}  +{line['offset']:7.1f} s  ", style="dim", end="", highlight=False)
        out.print(line["text"].get(language, ""), markup=False, highlight=False, soft_wrap=True)


async def _story(config: Config, call_id: str, center: Center | None) -> list[dict[str, Any]]:
    names = names_of(lambda: center, reason_texts) if center is not None else ids_as_names
    engine = make_engine(config.database.url)
    try:
        return story(await call_facts(engine, call_id), names)
    finally:
        await engine.dispose()


@group.command("list")
def list_calls(
    config: ConfigOption = DEFAULT_CONFIG,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
) -> None:
    """The latest calls."""
    from callcenter.storage.tables import calls

    async def rows(settings: Config) -> list[Any]:
        engine = make_engine(settings.database.url)
        try:
            async with engine.connect() as connection:
                query = calls.select().order_by(calls.c.at.desc()).limit(limit)
                return list((await connection.execute(query)).mappings())
        finally:
            await engine.dispose()

    whole = Column("id", no_wrap=True, min_width=CALL_ID_LENGTH)  # to be copied
    table = Table(whole, "from", "to", "queue", "agent", "outcome", "wait", "talk")
    for row in go(rows(read_config(config))):
        table.add_row(
            row["id"],
            row["ani"],
            row["did"],
            row["queue"],
            row["agent"],
            row["outcome"],
            f"{row['wait_seconds']:.0f} s",
            f"{row['talk_seconds']:.0f} s",
        )
    out.print(table)
