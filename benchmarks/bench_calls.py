"""CPU per queued call: this engine against Asterisk's own app_queue, on the same Asterisk in the same run.

    make bench-calls                          all of it, about 20 minutes
    make bench-calls ARGS="--agents 200 --rates 20 --rounds 1"

Both sides do the same: answer, music on hold, the agent free for longest, his phone rings, answers, talks,
hangs up, and he is ready again at once. Nothing is recorded. The phones, callers, times and endpoints are the
same ones; Asterisk is one process for the whole of a size. In turn:

* ours: app_queue is not loaded; the controller is attached by AMI (with the event filters that are installed
  with it) and FastAGI, journals into SQLite as always, and shows no pop, as nobody is at a desk;
* app_queue: the controller is not there and AMI has no client; app_queue is loaded with the agents' phones
  as direct members, strategy leastrecent, ringinuse=no, wrapuptime=0, no queue log;
* app_queue, attached: the same, and somebody hears of it: the queue log is on, and one AMI client reads the
  events of calls and queues. It parses nothing: what a product's own controller costs is not counted;
* bare Dial, the floor: no queue and no controller; the dialplan answers and dials the agents' phones one
  after the other. Nobody waits, nobody is told: what the two legs and their bridge cost by themselves.

CPU is what /proc says of the Asterisk and controller processes in the middle of the run, divided by the
calls that ended then by Asterisk's CDR. What both cost while nobody calls (thousands of phones are asked
whether they are there) is measured right before each window, and totals are printed with and without it. A
call counts as failed when the caller saw anything but an answer and a hang-up, or the CDR knows no agent's
answer. The figures move with the machine: trust the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from rich.console import Console

from benchmarks.asterisk_threads import by_kind, thread_names
from benchmarks.attached import Listener
from benchmarks.call_load import Callers, Phones
from benchmarks.calls_report import APP_QUEUE, ATTACHED, BARE, OURS, SIDES, Measured, report
from benchmarks.controller_profile import ProfiledController, show_profile
from benchmarks.cpu import idle_time, process_time, thread_times
from callcenter.asterisk.local_install import find_or_install
from callcenter.asterisk.local_server import free_ports
from callcenter.demo.accounts import parse_cdr
from callcenter.demo.local_center import LocalCenter

DIDS = {OURS: "4000", APP_QUEUE: "7000", ATTACHED: "7000", BARE: "7100"}
FIRST_EXTENSION = 10_001
RING_MS, TALK_MS = 500, 2_500
IDLE_S = 10  # how long it is looked at what Asterisk and the controller cost while nobody calls
WARM_UP_S, TAIL_S = 6, 2
SPEND_S = 60.0  # longest time for the last calls to end; each gives up by itself after half of it

_CENTER = """version: 1
name: {{en: Bench}}
country: CN
default_language: en
numbers: [{{did: "{did}", name: {{en: Bench}}, flow: bench}}]
skills: {{calls: {{name: {{en: Calls}}}}}}
queues:
  bench:
    name: {{en: Bench}}
    skills: {{calls: 1}}
    wrap_up_seconds: 0
    record: false
agents:
{agents}
"""
_FLOW = """version: 1
name: {en: Bench}
language: en
start: line
nodes:
  line: {type: queue, queue: bench, on_max_wait: bye}
  bye: {type: hangup}
"""
_DIALPLAN = f"""[callcenter-inbound](+)
exten => {DIDS[APP_QUEUE]},1,Answer()
 same => n,Queue(bench)
 same => n,Hangup()
exten => {DIDS[BARE]},1,Answer()
 same => n,Set(GLOBAL(BENCH_TURN)=$[(0${{GLOBAL(BENCH_TURN)}} + 1) % %(agents)d])
 same => n,Dial(PJSIP/$[{FIRST_EXTENSION} + ${{GLOBAL(BENCH_TURN)}}],15,gim(default))
 same => n,Hangup()
"""
_QUEUES = """[general]
persistentmembers = no
autofill = yes
shared_lastcall = no

[bench]
musicclass = default
strategy = leastrecent
timeout = 15
retry = 1
wrapuptime = 0
ringinuse = no
autopause = no
"""


class Bench:
    """One Asterisk with `agents` phones, measured in turns."""

    def __init__(self, folder: Path, agents: int, first_port: int, last_port: int) -> None:
        self.agents = agents
        self._folder = folder
        self._port = first_port
        extensions = [str(FIRST_EXTENSION + n) for n in range(agents)]
        center, flows = folder / "center.yaml", folder / "flows"
        flows.mkdir(parents=True)
        lines = [f'  a{e}: {{name: "Agent {e}", extension: "{e}", skills: {{calls: 5}}}}' for e in extensions]
        center.write_text(_CENTER.format(did=DIDS[OURS], agents="\n".join(lines)))
        (flows / "bench.yaml").write_text(_FLOW)
        members = "".join(f"member => PJSIP/{e}\n" for e in extensions)
        self._extensions = extensions
        self._listener = Listener()
        self.center = LocalCenter(
            folder,
            find_or_install(),
            free_ports(first_port + 100, last_port),
            center=center,
            flows=flows,
            log_level="warning",
            extra_files={
                "extensions_local.conf": _DIALPLAN.replace("%(agents)d", str(agents)),
                "queues.conf": _QUEUES + members,
                "manager_local.conf": self._listener.manager_conf,
            },
        )
        self._phones: Phones | None = None

    async def start(self) -> None:
        """Asterisk, the phones; the controller provisions them and ends again."""
        await self.center.start()
        secrets = {e: self.center.phone_secret(f"a{e}") for e in self._extensions}
        self._phones = Phones(
            self.center.sip_port, self._port, self._folder, secrets, ring_ms=RING_MS, talk_ms=TALK_MS
        )
        await self._phones.start()
        await self.center.stop_controller()

    async def stop(self) -> None:
        """End everything."""
        if self._phones is not None:
            await self._phones.stop()
        await self.center.stop()

    async def measure(self, side: str, rate: int, seconds: int) -> Measured:
        """One window."""
        pbx = self.center.asterisk
        if side == OURS:
            await pbx.rx("module unload app_queue.so")
            await self.center.start_controller()
            await self._all_ready()
        else:
            await pbx.rx("module load app_queue.so")
        await asyncio.sleep(1)
        try:
            if side != ATTACHED:
                return await self._window(side, rate, seconds)
            async with self._listener.to(pbx) as listener:
                measured = await self._window(side, rate, seconds)
                if not listener.events:
                    raise RuntimeError("the manager client of app_queue heard nothing")
                return measured
        finally:
            if side == OURS:
                await self.center.stop_controller()

    async def profile(self, rate: int, seconds: int) -> Path:
        """Run our side under cProfile; the profile's file."""
        file = self._folder / "controller.profile"
        await self.center.asterisk.rx("module unload app_queue.so")
        async with ProfiledController(self.center.config_file, self.center.address, file):
            await self._all_ready()
            callers = Callers(
                self.center.sip_port,
                self._port + 20,
                self._folder,
                DIDS[OURS],
                rate=rate,
                count=rate * seconds,
            )
            await callers.start()
            try:
                await callers.failed(seconds + SPEND_S)
            finally:
                await callers.stop()
        return file

    async def _all_ready(self) -> None:
        """Sign every agent in and make him ready."""
        connector = aiohttp.UnixConnector(str(self.center.data / "control.sock"), limit=8)
        async with aiohttp.ClientSession(connector=connector) as http:

            async def ready(agent: str) -> None:
                address = f"http://callcenter/api/v1/agents/{agent}/state"
                while (answer := await http.post(address, json={"state": "ready"})).status == 409:
                    answer.release()
                    await asyncio.sleep(0.2)  # his phone is not registered yet
                answer.raise_for_status()
                answer.release()

            await asyncio.gather(*(ready(f"a{e}") for e in self._extensions))

    async def _window(self, side: str, rate: int, seconds: int) -> Measured:
        pbx = self.center.asterisk
        assert pbx.pid is not None
        did = DIDS[side]
        controller = self.center.controller_pid if side == OURS else None
        idle = [self._snapshot(pbx.pid, controller)]
        await asyncio.sleep(IDLE_S)
        idle.append(self._snapshot(pbx.pid, controller))
        cdr_before = _lines(pbx.places.cdr_file)
        callers = Callers(
            self.center.sip_port, self._port + 20, self._folder, did,
            rate=rate, count=rate * (WARM_UP_S + seconds + TAIL_S),
        )  # fmt: skip
        await callers.start()
        try:
            await asyncio.sleep(WARM_UP_S)
            names = await thread_names(pbx)
            first = self._snapshot(pbx.pid, controller)
            await asyncio.sleep(seconds)
            last = self._snapshot(pbx.pid, controller)
            names |= await thread_names(pbx)
            failed = await callers.failed(SPEND_S + TAIL_S)
        finally:
            await callers.stop()
        await asyncio.sleep(1)
        records = [r for r in parse_cdr(cdr_before.new(pbx.places.cdr_file)) if "trunk" in r.channel]
        offered = rate * (WARM_UP_S + seconds + TAIL_S)
        talked = sum(bool(r.dstchannel) and r.disposition == "ANSWERED" for r in records)
        # what is done before Dial in the dialplan has a line of its own
        calls = round((last.ended - first.ended) / max(1, round(len(records) / offered)))
        if not calls:
            raise RuntimeError(f"{side}, {rate}/s: no call ended in {seconds} s; {failed} failed")
        asterisk = last.asterisk - first.asterisk
        return Measured(
            side=side, agents=self.agents, rate=rate, seconds=last.at - first.at, calls=calls,
            asterisk_ms=1000 * asterisk / calls,
            controller_ms=1000 * (last.controller - first.controller) / calls,
            asterisk_idle=1000 * (idle[1].asterisk - idle[0].asterisk) / (idle[1].at - idle[0].at),
            controller_idle=1000 * (idle[1].controller - idle[0].controller) / (idle[1].at - idle[0].at),
            failed=max(failed, offered - talked),
            seconds_a_call=statistics.fmean(r.end - r.start for r in records if r.dstchannel),
            machine_busy=1 - (last.idle - first.idle) / ((last.at - first.at) * (os.cpu_count() or 1)),
            threads={
                kind: 1000 * seconds / calls
                for kind, seconds in by_kind(first.threads, last.threads, names, asterisk).items()
            },
        )  # fmt: skip

    def _snapshot(self, asterisk: int, controller: int | None) -> _Snapshot:
        loop = asyncio.get_running_loop()
        return _Snapshot(
            at=loop.time(),
            asterisk=process_time(asterisk).total,
            controller=process_time(controller).total if controller else 0.0,
            threads=thread_times(asterisk),
            ended=len(_lines(self.center.asterisk.places.cdr_file).text.splitlines()),
            idle=idle_time(),
        )


@dataclass(frozen=True, slots=True)
class _Snapshot:
    at: float
    asterisk: float
    controller: float
    threads: dict[int, float]
    ended: int
    idle: float


@dataclass(frozen=True, slots=True)
class _Lines:
    text: str

    def new(self, file: Path) -> list[str]:
        """The lines written since."""
        return _lines(file).text[len(self.text) :].splitlines()


def _lines(file: Path) -> _Lines:
    return _Lines(file.read_text(errors="replace") if file.exists() else "")


async def main(arguments: argparse.Namespace) -> int:
    console = Console(width=120)
    results: list[Measured] = []
    for agents in arguments.agents:
        folder = Path(tempfile.mkdtemp(prefix="bench-calls-"))
        bench = Bench(folder, agents, arguments.first_port, arguments.first_port + 3000)
        try:
            await bench.start()
            console.print(f"{agents} phones are registered", style="dim")
            for rate in arguments.rates:
                for turn in range(arguments.rounds):
                    for side in SIDES if turn % 2 == 0 else SIDES[::-1]:
                        measured = await bench.measure(side, rate, arguments.seconds)
                        results.append(measured)
                        figures = f"{measured.asterisk_ms:.1f} + {measured.controller_ms:.2f} ms"
                        figures += f" ({measured.idle_ms:.2f} of it idle)"
                        text = f"{agents} agents, {rate}/s, {side}: {figures}, failed {measured.failed}"
                        console.print(text, style="dim", highlight=False)
            if arguments.profile:
                show_profile(await bench.profile(arguments.rates[0], arguments.seconds), console)
        finally:
            await bench.stop()
            if not arguments.keep:
                shutil.rmtree(folder, ignore_errors=True)
    report(results, console)
    if arguments.json:
        Path(arguments.json).write_text(
            json.dumps([{n: getattr(m, n) for n in Measured.__slots__} for m in results], indent=1)
        )
    return 0 if not any(m.failed for m in results) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="CPU per queued call, against app_queue.")
    parser.add_argument("--agents", type=int, nargs="+", default=[200, 3000])
    parser.add_argument("--rates", type=int, nargs="+", default=[20, 40])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=int, default=20, help="measured in each window")
    parser.add_argument("--first-port", type=int, default=26_000)
    parser.add_argument("--json", help="write all windows to this file")
    parser.add_argument("--profile", action="store_true", help="also say where the controller's time goes")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and journal")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(_arguments())))
