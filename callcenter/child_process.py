"""Processes we start: none outlives us, none hangs us."""

from __future__ import annotations

import asyncio
import contextlib
import shutil


def dies_with_us() -> list[str]:
    """What to put before a command so that the kernel ends it when we are killed and cannot."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


async def end(process: asyncio.subprocess.Process | None, patience: float) -> None:
    """Ask a process to end, and kill it if it has not after `patience` seconds. Returns when it has ended."""
    if process is None or process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(patience):
            await process.wait()
    except TimeoutError:
        await kill(process)


async def kill(process: asyncio.subprocess.Process | None) -> None:
    """End a process without warning, as a crash would. Returns when it has ended."""
    if process is None or process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()
