"""`callcenter run`: the controller and its web server."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import signal

import uvloop

from callcenter.app import App
from callcenter.center.config import Config
from callcenter.center.service import CenterBroken
from callcenter.cli.common import DEFAULT_CONFIG, ConfigOption, fail, out, read_config, show
from callcenter.logs import set_up_logging

M_ARENA_MAX = -8
"""Of glibc's malloc.h: how many heaps there may be."""


def run(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Serve callers and agents until Ctrl-C or SIGTERM."""
    keep_one_heap()
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


def keep_one_heap() -> None:
    """Let all threads share the C library's one heap. Each would get a heap of its own, and what a thread
    lets go of there (a center that was read, a recording that was mixed) is not given to the others nor
    given back: 35 MB in four minutes of calls. To be called before the first thread."""
    with contextlib.suppress(OSError, AttributeError):  # another C library has no such thing
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


def _calm_the_collector() -> None:
    """What was built at start lives as long as the process: the garbage collector need not walk it for every
    few hundred new objects. A call makes some thousand short-lived ones."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
