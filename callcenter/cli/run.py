"""`callcenter run`: the controller and its web server."""

from __future__ import annotations

import asyncio
import gc
import signal

import uvloop

from callcenter.app import App
from callcenter.center.config import Config
from callcenter.center.service import CenterBroken
from callcenter.cli.common import DEFAULT_CONFIG, ConfigOption, err, fail, out, read_config
from callcenter.logs import set_up_logging


def run(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Serve callers and agents until Ctrl-C or SIGTERM."""
    settings = read_config(config)
    set_up_logging(settings.log.level, settings.log.format)
    try:
        uvloop.run(serve(settings))
    except CenterBroken as broken:
        err.print(str(broken), style="red", markup=False, highlight=False, soft_wrap=True)
        fail("the center can not start: mend the file above")


async def serve(settings: Config) -> None:
    """Run until told to stop. Talks go on at the switch when we end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    app = App(settings)
    await app.start()
    _calm_the_collector()
    try:
        out.print(f"callcenter runs at {app.address}", highlight=False)
        await stop.wait()
    finally:
        await app.stop()


def _calm_the_collector() -> None:
    """What was built at start lives as long as the process: the garbage collector need not walk it for every
    few hundred new objects. A call makes some thousand short-lived ones."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
