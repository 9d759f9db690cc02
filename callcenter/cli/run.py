"""`callcenter run`: the controller and its web server."""

from __future__ import annotations

import asyncio
import gc
import signal

import uvloop

from callcenter.app import App
from callcenter.center.config import Config
from callcenter.center.service import CenterBroken
from callcenter.cli.common import DEFAULT_CONFIG, ConfigOption, fail, out, read_config, show
from callcenter.logs import set_up_logging


def run(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Serve callers and agents until Ctrl-C or SIGTERM."""
    settings = read_config(config)
    set_up_logging(settings.log.level, settings.log.format)
    try:
        uvloop.run(serve(settings))
    except CenterBroken as broken:
        show(broken.problems)
        fail("the center can not start: mend the file above")


async def serve(settings: Config) -> None:
    """Run until told to stop. Talks go on at the switch when we end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    app = App(settings)
    if not await _started(app, stop):
        await app.stop()
        return
    _calm_the_collector()
    try:
        out.print(f"callcenter runs at {app.address}", highlight=False)
        await stop.wait()
    finally:
        await app.stop()


async def _started(app: App, stop: asyncio.Event) -> bool:
    """Start, or be told to stop before that is done: it may wait for a database for hours."""
    starting = asyncio.ensure_future(app.start())
    told = asyncio.ensure_future(stop.wait())
    await asyncio.wait((starting, told), return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if starting.done():
        starting.result()
        return True
    starting.cancel()
    await asyncio.wait((starting,))
    return False


def _calm_the_collector() -> None:
    """What was built at start lives as long as the process: the garbage collector need not walk it for every
    few hundred new objects. A call makes some thousand short-lived ones."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
