"""`make soak`: see docs/soak.md."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from pathlib import Path

from benchmarks.soak.run import Soak
from callcenter.logs import set_up_logging


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description="A busy center in which all goes wrong.")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, help="calls a second; left out: 70 %% of what is measured")
    parser.add_argument("--chaos", action="store_true", help="kill the controller from time to time")
    parser.add_argument("--agents", type=int, default=150, help="declared; as many work as the rate needs")
    parser.add_argument("--desks", type=int, default=6, help="of them, who work at a page")
    parser.add_argument("--lone", type=int, default=8, help="of them, whose phones vanish")
    parser.add_argument("--soft", type=int, default=3, help="of them, whose phone is a baresip")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first-port", type=int, default=12_000, help="9,000 ports from here")
    parser.add_argument("--folder", type=Path, help="kept; left out: a new one, removed when all was well")
    return parser.parse_args()


async def main(arguments: argparse.Namespace) -> int:
    set_up_logging("error")
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="soak-"))
    return await Soak(folder.resolve(), arguments).run()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(_arguments())))
