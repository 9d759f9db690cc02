"""How many callers can be in menus at once on this machine before a prompt comes late, and what limits it.

    make bench-ivr                                      50 to 400 callers, about six minutes
    make bench-ivr ARGS="--callers 200 --seconds 60"

One real Asterisk and one controller. SIPp calls; a process of ours sends what each caller says and presses (a
packet each 20 ms, keys by RFC 4733), and each caller is replaced when he leaves. Among them are a few probes,
callers who hear with the kernel's time stamps: from a key's press until the next prompt is heard, until the
prompt it cuts short is silent, between two prompts in a row, and holes in the middle of a prompt.
A prompt is late when it is heard more than 300 ms after the key's press.

First, with nobody else in the menus, many callers at once ask for a text with a value in it that nobody has
heard before, so that it must be spoken and rendered while they wait.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console

from benchmarks.asterisk_threads import by_kind, thread_names
from benchmarks.cpu import children_time, idle_time, process_time, thread_times
from benchmarks.ivr_probe import Heard, Probe, send_all
from benchmarks.ivr_report import LATE_S, Window, report, report_values
from benchmarks.ivr_world import PROBE_DID, VALUE_TEXTS, VALUES_DID, write_world
from benchmarks.menu_callers import MenuCallers
from callcenter import child_process
from callcenter.asterisk.local_install import find_or_install
from callcenter.asterisk.local_server import free_ports
from callcenter.demo.local_center import LocalCenter
from callcenter.demo.sipp_process import SippEvent

RAMP_S = 8.0
SETTLE_S = 12.0
HEALTH_EVERY_S = 0.05
RENDERED_S = 4.0
"""No new prompt for so long: all that are rendered beforehand are there."""
_CROWD_AT, _PROBE_AT, _EARS_AT, _REST_AT = 0, 12, 24, 200
"""Which ports beyond the first each part takes."""


@dataclass(slots=True)
class Crowd:
    """The crowd's process, and its last words."""

    process: asyncio.subprocess.Process
    said: dict[str, Any] = field(default_factory=dict)

    async def listen(self) -> None:
        """Read what it tells."""
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self.said = json.loads(line)


class Bench:
    """One Asterisk and one controller, measured with growing crowds."""

    def __init__(self, folder: Path, first_port: int, probes: int, console: Console) -> None:
        self._folder = folder
        self._port = first_port
        self._probes = probes
        self._console = console
        self._chance = random.Random(3)
        center, flows = write_world(folder)
        self.center = LocalCenter(
            folder, find_or_install(), free_ports(first_port + _REST_AT, first_port + 2_999, rtp=1_000),
            center=center, flows=flows, log_level="warning",
        )  # fmt: skip

    @asynccontextmanager
    async def probes(self, count: int, did: str) -> AsyncIterator[list[Probe]]:
        """So many callers with ears, all answered."""
        ports = [self._port + _EARS_AT + 2 * n for n in range(count)]
        probes = {str(port): Probe(port, self._chance) for port in ports}

        def on_event(event: SippEvent) -> None:
            if event.kind == "answered":
                probes[event.words[1]].answered(event.call_id, int(event.words[0]))
            elif event.kind == "cut":
                next(p for p in probes.values() if p.call_id == event.call_id).cut()

        callers = MenuCallers(
            "probes", self.center.sip_port, self._port + _PROBE_AT, self._folder, did,
            audio_ports=ports, at_once=count, count=count, rate=10, on_event=on_event,
        )  # fmt: skip
        await callers.start()
        sending = asyncio.create_task(send_all(probes.values()))
        try:
            async with asyncio.timeout(20 + count / 5):
                while not all(probe.there for probe in probes.values()):
                    await asyncio.sleep(0.05)
            yield list(probes.values())
        except TimeoutError:
            raise RuntimeError(f"the probes were not answered\n{callers.errors()[-2000:]}") from None
        finally:
            for probe in probes.values():
                callers.hang_up(probe.call_id)
            await asyncio.sleep(1)
            sending.cancel()
            for probe in probes.values():
                probe.close()
            await callers.stop()

    @asynccontextmanager
    async def crowd(self, callers: int, seconds: float) -> AsyncIterator[Crowd]:
        """So many callers in the crowd's flow, all there."""
        command = [
            sys.executable, "-m", "benchmarks.ivr_crowd", "--sip-port", str(self.center.sip_port),
            "--first-port", str(self._port + _CROWD_AT), "--folder", str(self._folder),
            "--callers", str(callers), "--rate", str(max(4, round(callers / RAMP_S))),
            "--seconds", str(seconds),
        ]  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            *child_process.dies_with_us(), *command,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        crowd = Crowd(process)
        listening = asyncio.create_task(crowd.listen())
        try:
            yield crowd
        finally:
            assert process.stdin is not None
            process.stdin.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 15)
            await child_process.end(process, 5)
            await listening

    async def measure(self, callers: int, seconds: int) -> Window:
        """One window with so many callers, the probes among them."""
        lasts = RAMP_S + SETTLE_S + seconds + 40
        async with self.crowd(callers - self._probes, lasts) as crowd:
            await asyncio.sleep(RAMP_S + 2)
            async with self.probes(self._probes, PROBE_DID) as probes:
                await asyncio.sleep(SETTLE_S - 2)
                return await self._window(callers, seconds, crowd, probes)

    async def _window(self, callers: int, seconds: int, crowd: Crowd, probes: list[Probe]) -> Window:
        pbx = self.center.asterisk
        controller = self.center.controller_pid
        assert pbx.pid is not None and controller is not None
        loop = asyncio.get_running_loop()
        names = await thread_names(pbx)
        before = dict(crowd.said)
        first = _Snapshot(pbx.pid, controller, crowd)
        delays: list[float] = []
        asking = asyncio.create_task(self._health(delays))
        walks = [asyncio.create_task(probe.walk(loop.time() + seconds)) for probe in probes]
        present: list[int] = []
        behind: list[float] = []
        until = loop.time() + seconds
        while loop.time() < until:
            await asyncio.sleep(1)
            present.append(int(crowd.said.get("now", 0)) + sum(probe.there for probe in probes))
            behind.append(float(crowd.said.get("behind_ms", 0)))
        last = _Snapshot(pbx.pid, controller, crowd)
        names |= await thread_names(pbx)
        asking.cancel()
        await asyncio.wait(walks, timeout=30)
        heard = Heard()
        for probe in probes:
            heard.add(probe.heard)
        cut = sum(not probe.there for probe in probes)
        wall = last.at - first.at
        spent = last.asterisk - first.asterisk
        threads = by_kind(first.asterisk_threads, last.asterisk_threads, names, spent)
        main = last.controller_threads[controller] - first.controller_threads.get(controller, 0.0)
        busiest = max(
            last.asterisk_threads.items(), key=lambda item: item[1] - first.asterisk_threads.get(item[0], 0.0)
        )
        return Window(
            callers=callers,
            present=statistics.fmean(present),
            heard=heard,
            health=delays,
            asterisk=spent / wall,
            controller=(last.controller - first.controller) / wall,
            event_loop=main / wall,
            rendering=(last.rendering - first.rendering) / wall,
            load=(last.crowd - first.crowd) / wall,
            machine=1 - (last.idle - first.idle) / wall / (os.cpu_count() or 1),
            cores=os.cpu_count() or 1,
            threads={kind: seconds / wall for kind, seconds in threads.items()},
            busiest=(
                names.get(busiest[0], "a call's own"),
                (busiest[1] - first.asterisk_threads.get(busiest[0], 0.0)) / wall,
            ),
            keys=(int(crowd.said["pressed"]) - int(before["pressed"])) / wall,
            calls=(int(crowd.said["begun"]) - int(before["begun"])) / wall,
            failed=int(crowd.said["failed"]) + cut,
            behind_ms=max(behind),
            owed_ms=min(behind[-3:]),
            others_load=os.getloadavg()[0],
        )

    async def _health(self, delays: list[float]) -> None:
        async with aiohttp.ClientSession() as http:
            while True:
                begun = time.perf_counter()
                async with http.get(self.center.address + "/healthz") as answer:
                    await answer.read()
                delays.append(time.perf_counter() - begun)
                await asyncio.sleep(HEALTH_EVERY_S)

    async def all_rendered(self) -> None:
        """Wait until every text that is known beforehand has been rendered."""
        prompts = self.center.data / "prompts"
        known, since = -1, time.monotonic()
        while time.monotonic() - since < RENDERED_S:
            await asyncio.sleep(0.5)
            files = sum(1 for _ in prompts.rglob("*.wav"))
            if files != known:
                known, since = files, time.monotonic()

    async def values(self, count: int) -> dict[str, list[tuple[float, float]]]:
        """All at once ask for a text with values; by text, seconds until each heard it, and the longest
        silence within it."""
        found = {}
        async with self.probes(count, VALUES_DID) as probes:
            await asyncio.sleep(3)
            for key, text in VALUE_TEXTS.items():
                await asyncio.gather(*(probe.quiet() for probe in probes))
                found[text] = list(await asyncio.gather(*(probe.ask_value(key) for probe in probes)))
        return found


class _Snapshot:
    """CPU seconds of all that takes part."""

    def __init__(self, asterisk: int, controller: int, crowd: Crowd) -> None:
        self.at = time.monotonic()
        self.asterisk = process_time(asterisk).total
        self.asterisk_threads = thread_times(asterisk)
        self.controller = process_time(controller).total
        self.controller_threads = thread_times(controller)
        self.rendering = children_time(controller)
        self.crowd = process_time(crowd.process.pid).total + process_time(os.getpid()).total
        if sipp := crowd.said.get("sipp"):
            self.crowd += process_time(int(sipp)).total
        self.idle = idle_time()


async def main(arguments: argparse.Namespace) -> int:
    """All windows; 0 when nothing was late up to 200 callers."""
    console = Console(width=arguments.width)
    folder = Path(tempfile.mkdtemp(prefix="bench-ivr-"))
    bench = Bench(folder, arguments.first_port, arguments.probes, console)
    windows: list[Window] = []
    try:
        async with bench.center:
            console.print(f"the machine's load before: {os.getloadavg()[0]:.1f}", style="dim")
            await bench.all_rendered()
            if arguments.values:
                report_values(await bench.values(arguments.values), console)
            for callers in arguments.callers:
                windows.append(await bench.measure(callers, arguments.seconds))
                console.print(windows[-1].line(), style="dim", highlight=False)
                await asyncio.sleep(3)
            if words := bench.center.last_words():
                console.print(f"the controller's last words:\n{words[-2000:]}", style="dim", highlight=False)
    finally:
        if arguments.keep:
            console.print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    report(windows, console)
    return 0 if all(w.good for w in windows if w.callers <= 200) else 1


def _arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=f"Callers in menus; late is over {LATE_S * 1000:.0f} ms.")
    parser.add_argument("--callers", type=int, nargs="*", default=[50, 100, 200, 300, 400])
    parser.add_argument("--seconds", type=int, default=30, help="measured in each window")
    parser.add_argument("--probes", type=int, default=12, help="callers who measure; 80 at most")
    parser.add_argument("--values", type=int, default=50, help="who ask for values at once; 0: nobody")
    parser.add_argument("--first-port", type=int, default=37_000, help="3,000 ports from here")
    parser.add_argument("--width", type=int, default=150)
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and journal")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(_arguments())))
