"""Opens the database (embedded SQLite or PostgreSQL) and brings its tables up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import orjson
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, Insert, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

T = TypeVar("T")
_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}


THREADS = 3  # of SQLite: the journal's writer and two readers


def make_engine(url: str, *, connect_seconds: float = 5, statement_seconds: float = 30) -> AsyncEngine:
    """An engine for `sqlite:///FILE` or `postgresql://USER@HOST/NAME`. Nothing is opened yet.

    SQLite runs in WAL mode, in its driver's own thread, so that readers and the journal's writer do not
    wait for each other and the event loop waits for neither.
    """
    parsed = make_url(url)
    parsed = parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))
    options: dict[str, Any] = {"json_serializer": dumps, "json_deserializer": orjson.loads}
    if parsed.get_backend_name() == "postgresql":
        options["connect_args"] = {"timeout": connect_seconds, "command_timeout": statement_seconds}
        options["pool_pre_ping"] = True
        options["pool_size"] = 8
    engine = create_async_engine(parsed, **options)
    if parsed.get_backend_name() != "sqlite":
        return engine
    direct = create_engine(parsed.set(drivername="sqlite"), **options)
    event.listen(engine.sync_engine, "connect", _sqlite_settings)
    event.listen(direct, "connect", _sqlite_settings)
    return EmbeddedEngine(engine.sync_engine, direct)


class EmbeddedEngine(AsyncEngine):
    """SQLite. Its asynchronous driver goes to a thread and back several times for each statement, which costs
    more than the statement; `in_transaction` goes there once for a whole transaction."""

    def __init__(self, sync_engine: Engine, direct: Engine) -> None:
        super().__init__(sync_engine)
        self._direct = direct
        self._threads: ThreadPoolExecutor | None = None

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in a transaction of a thread's own."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="sqlite")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, work)

    def _run(self, work: Callable[[Connection], T]) -> T:
        with self._direct.begin() as connection:
            return work(connection)

    async def dispose(self, close: bool = True) -> None:
        """Close every connection; work under way is waited for."""
        if self._threads is not None:
            await asyncio.to_thread(self._threads.shutdown)
            self._threads = None
        self._direct.dispose(close)
        await super().dispose(close)


async def in_transaction(engine: AsyncEngine, work: Callable[[Connection], T]) -> T:
    """Do `work` in one transaction off the event loop, on any database; what it raises rolls it back."""
    if isinstance(engine, EmbeddedEngine):
        return await engine.run(work)
    async with engine.begin() as connection:
        return await connection.run_sync(work)


def dumps(value: Any) -> str:
    """JSON text of a value, as the JSON columns hold it."""
    return orjson.dumps(value, default=str).decode()


def _sqlite_settings(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for setting in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


async def migrate(engine: AsyncEngine) -> None:
    """Bring the tables to the newest version. Safe to call at every start; nothing is done when they are."""
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings: the packaged steps, on a connection that is already open."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    command.upgrade(alembic_config(connection), "head")


def insert_for(engine: AsyncEngine) -> Callable[[Table], postgresql.Insert | sqlite.Insert]:
    """The INSERT of this database's kind, which knows ON CONFLICT."""
    return postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert


def driver_sql(engine: AsyncEngine, statement: Insert) -> str:
    """The statement as the driver takes it, with one placeholder a column in the table's order.

    For the hot path: with `exec_driver_sql` a row costs a third of what the same statement costs otherwise.
    Values must be what the driver takes; JSON columns take text.
    """
    compiled = statement.compile(dialect=engine.dialect)
    order = compiled.positiontup
    columns = [column.name for column in statement.table.columns]
    if order != columns:
        raise ValueError(f"placeholders {order} do not follow the columns {columns}")
    return str(compiled)


def upsert(engine: AsyncEngine, table: Table) -> Insert:
    """INSERT that replaces the row with the same primary key."""
    statement = insert_for(engine)(table)
    keys = [column.name for column in table.primary_key]
    others = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=others)
