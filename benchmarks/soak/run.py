"""The soak from its start to its verdict."""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import random
import re
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

from benchmarks.cpu import children_time, idle_time, process_time
from benchmarks.soak import judge
from benchmarks.soak.agents import SoakAgent, leave_work
from benchmarks.soak.call_backs import call_backs_astray
from benchmarks.soak.callers import Crowd
from benchmarks.soak.control import UNREACHABLE, Control
from benchmarks.soak.disturb import Disturber
from benchmarks.soak.outside import Outside
from benchmarks.soak.phones import Mood, Switchboard
from benchmarks.soak.supervisor import Supervisor
from benchmarks.soak.watch import Watch
from benchmarks.soak.world import DISPOSITIONS, REASONS, SoakCenter, agents_of
from callcenter.asterisk.local_install import find_or_install
from callcenter.asterisk.local_server import free_ports
from callcenter.center.check import load_center
from callcenter.demo.accounts import Accounts, Books
from callcenter.demo.agents import DemoAgent, DeskHabits
from callcenter.demo.ports import PortPool
from callcenter.demo.voices import make_voices
from callcenter.storage.engine import make_engine
from callcenter.web.users import DatabaseUsers

PASSWORD = "soak-soak-soak-1"
SHARE = 0.7
"""Of what the machine carries."""
AGENT_SECONDS_A_CALL = 17.0
"""Ringing, talk, wrap-up, and what pauses take."""
TRIAL_RATE, TRIAL_WARM_UP_S, TRIAL_S, IDLE_S = 1.5, 20.0, 25.0, 8.0
OUTSIDE_AT = 5_040
"""Behind the first port: the trunk's other end."""
SPARE_PHONES = 3
"""Of agents who do not work: a supervisor uses them."""
WAVE_S = 5.0
"""So often another number of callers a second comes: half as many to half as many again."""
LAST_CALLS_S, SETTLE_S = 75.0, 75.0


def say(text: str) -> None:
    """One line, at once."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


class Soak:
    """One run."""

    def __init__(self, folder: Path, arguments: argparse.Namespace) -> None:
        self._folder = folder
        self._arguments = arguments
        self._chance = random.Random(arguments.seed)
        first = arguments.first_port
        self._agents_by_id = agents_of(arguments.agents)
        self._center = SoakCenter(
            folder, find_or_install(), free_ports(first, first + 4_999, rtp=3_000), list(self._agents_by_id),
            f"127.0.0.1:{first + OUTSIDE_AT}",
        )  # fmt: skip
        self._outside = Outside(first + OUTSIDE_AT, folder, self._chance)
        self._ports = PortPool(first + 5_100, first + 8_999, block=16)
        self._mood = Mood(self._chance)
        self._agents: list[SoakAgent] = []
        self._desks: list[DemoAgent] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> int:
        """The verdict: 0 when all holds."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._center)
            self._control = await stack.enter_async_context(
                Control(self._center.address, self._center.data / "control.sock")
            )
            await self._come_to_work(stack)
            try:
                failed = await self._all_day()
            finally:
                await self._stop_tasks()
        if not failed and not self._arguments.folder:
            shutil.rmtree(self._folder, ignore_errors=True)
        elif failed:
            say(f"what was written stands in {self._folder}")
        return 1 if failed else 0

    async def _come_to_work(self, stack: AsyncExitStack) -> None:
        """Phones, users, callers; nobody calls yet."""
        arguments, center = self._arguments, self._center
        secrets = {e: center.phone_secret(agent) for agent, e in self._agents_by_id.items()}
        self._board = Switchboard(
            center.sip_port, self._ports, self._folder, secrets, self._mood,
            lone=arguments.lone, soft=arguments.soft,
        )  # fmt: skip
        voices = await make_voices(self._folder / "voices")
        self._crowd = Crowd(
            center.sip_port, arguments.first_port + 5_000, self._folder, chance=self._chance,
            speech=voices["voicemail", "en"].read_bytes(),
        )  # fmt: skip
        say(f"{len(secrets)} phones register")
        await self._board.start()
        stack.push_async_callback(self._board.stop)
        await self._outside.start()
        stack.push_async_callback(self._outside.stop)
        await self._crowd.start()
        stack.push_async_callback(self._crowd.stop)
        self._disturber = Disturber(
            center, self._control, list(self._agents_by_id), self._chance, chaos=arguments.chaos, say=say
        )
        self._watch = Watch(center, self._control, self._crowd, self._disturber, say=say)
        declared, _ = load_center(center.center_file)
        assert declared is not None
        self._database = f"sqlite:///{center.data / 'callcenter.sqlite3'}"
        self._accounts = Accounts(
            self._database, center.asterisk.places.cdr_file, center.data / "recordings", declared
        )
        self._supervisor = Supervisor(
            self._control, lambda: self._watch.views, list(secrets)[-SPARE_PHONES:], self._chance
        )
        await self._accounts.open()
        stack.push_async_callback(self._accounts.close)
        await self._hire()

    async def _hire(self) -> None:
        ids = list(self._agents_by_id)
        at_desks = set(ids[: self._arguments.desks])  # those with lone phones first
        engine = make_engine(self._database)
        users = DatabaseUsers(engine)
        for agent_id in sorted(at_desks):
            await users.create_user(agent_id, PASSWORD, "agent", agent_id=agent_id)
            self._desks.append(
                DemoAgent(
                    self._center.address, agent_id, PASSWORD, habits=DeskHabits((1, 4), 0.06, (4, 20), 2),
                    chance=self._chance, dispositions=DISPOSITIONS, reasons=REASONS,
                )
            )  # fmt: skip
        users.close()
        await engine.dispose()
        for agent_id, extension in self._agents_by_id.items():
            self._agents.append(
                SoakAgent(
                    agent_id, self._board.phones[extension], self._control, self._watch.view, self._chance,
                    at_desk=agent_id in at_desks,
                )
            )  # fmt: skip

    async def _all_day(self) -> bool:
        await self._watch.poll()
        self._start(*(agent.run() for agent in self._agents), *(desk.run() for desk in self._desks))
        self._start(self._watch.run())
        rate = self._arguments.rate or await self._calibrate()
        self._staff(rate)
        say(f"{self._arguments.minutes:g} minutes at {rate:.2f} calls/s, {self._at_work()} agents")
        disturbing = asyncio.gather(self._disturber.run(), self._supervisor.run())
        loop = asyncio.get_running_loop()
        until = loop.time() + self._arguments.minutes * 60
        while loop.time() < until:
            if disturbing.done():
                disturbing.result()
            self._crowd.set_rate(rate * self._chance.uniform(0.5, 1.5))
            await asyncio.sleep(min(WAVE_S, max(0.0, until - loop.time())))
        disturbing.cancel()
        await asyncio.gather(disturbing, return_exceptions=True)
        await self._quiet_down()
        return await self._judge()

    # --- how much the machine carries -----------------------------------------------------------------

    async def _calibrate(self) -> float:
        """Calls a second that are `SHARE` of what the machine has left for us."""
        self._staff(TRIAL_RATE)
        await asyncio.sleep(4)
        base, _ = await self._spent(IDLE_S)
        self._crowd.set_rate(TRIAL_RATE)
        await asyncio.sleep(TRIAL_WARM_UP_S)
        ours, others = await self._spent(TRIAL_S)
        a_call = max(0.005, (ours - base) / TRIAL_RATE)
        cores = os.cpu_count() or 1
        carries = max(0.0, cores - others - base) / a_call
        say(
            f"a call costs {a_call * 1000:.0f} ms of CPU, its people included; {base:.2f} cores without any; "
            f"others use {others:.2f} of {cores} cores: the machine carries {carries:.1f} calls/s now"
        )
        most = (len(self._agents) - SPARE_PHONES) / AGENT_SECONDS_A_CALL
        if carries * SHARE > most:
            say(f"there are agents for {most:.1f} calls/s only (--agents)")
        return min(max(carries * SHARE, 0.5), most)

    async def _spent(self, seconds: float) -> tuple[float, float]:
        """Cores used by us and by others."""
        cores = os.cpu_count() or 1
        first, idle, at = self._ours(), idle_time(), time.monotonic()
        await asyncio.sleep(seconds)
        last, seconds = self._ours(), time.monotonic() - at
        ours = sum(last[pid] - first.get(pid, 0.0) for pid in last) / seconds
        return ours, max(0.0, cores - (idle_time() - idle) / seconds - ours)

    def _ours(self) -> dict[int, float]:
        pids = [
            os.getpid(),
            self._center.asterisk.pid,
            self._center.controller_pid,
            self._crowd.pid,
            self._outside.pid,
        ]
        times = {}
        for pid in (*pids, *self._board.pids()):
            with suppress(OSError):
                if pid is not None:
                    times[pid] = process_time(pid).total
                    if pid == self._center.controller_pid:
                        times[pid] += children_time(pid)  # what renders prompts
        return times

    def _staff(self, rate: float) -> None:
        """As many come to work as the rate needs."""
        wanted = min(len(self._agents) - SPARE_PHONES, math.ceil(rate * AGENT_SECONDS_A_CALL) + 2)
        for n, agent in enumerate(self._agents):
            agent.at_work = n < wanted

    def _at_work(self) -> int:
        return sum(agent.at_work for agent in self._agents)

    # --- the end --------------------------------------------------------------------------------------

    async def _quiet_down(self) -> None:
        """Nobody calls any more, everybody behaves well, and what goes on comes to its end."""
        say("nobody calls any more")
        self._watch.weighing = False
        self._crowd.set_rate(0)
        self._mood.well_behaved = self._outside.well_behaved = True
        for agent in self._agents:
            agent.well_behaved = True
        if self._center.controller_pid is None:
            await self._center.start_controller()
        await self._disturber.apply(everybody=True)
        self._crowd.give_up_on_aborted()
        await self._wait(lambda: not self._crowd.open(), LAST_CALLS_S)
        await self._crowd.all_leave()
        await self._wait(lambda: not self._crowd.open(), 15)
        self._crowd.give_up_on_aborted()
        loop = asyncio.get_running_loop()
        until = loop.time() + SETTLE_S
        await asyncio.sleep(8)  # wrap-ups run out, phones register
        while loop.time() < until:
            with suppress(*UNREACHABLE):
                metrics = await self._watch.count_mends()
                await self._watch.poll()
                busy = [v for v in self._watch.views.values() if v["call_id"]]
                open_, lag = metrics["callcenter_calls_open"], metrics["callcenter_journal_lag_facts"]
                if not open_ and not lag and not busy:  # call-backs whose turn comes are over, too
                    break
            await asyncio.sleep(1)

    async def _wait(self, what: Callable[[], bool], seconds: float) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while loop.time() < until and not what():
            await asyncio.sleep(0.5)

    async def _judge(self) -> bool:
        metrics = await self._watch.count_mends()
        await self._watch.poll()
        pbx = self._center.asterisk
        channels = [c for c in (await pbx.rx("core show channels concise")).splitlines() if "!" in c]
        endpoints = dict(
            re.findall(r"Endpoint:\s+(\d+)\S*\s+(\S.*?)\s+\d+ of", await pbx.rx("pjsip show endpoints"))
        )
        stuck = [*self._watch.problems, *judge.disagreements(self._watch.views.values(), endpoints)]
        stuck += [f"a channel is left: {channel.split('!')[0]}" for channel in channels]
        if metrics["callcenter_calls_open"]:
            stuck.append(f"{metrics['callcenter_calls_open']:.0f} calls are open at the engine")
        books = await self._accounts.read(recordings=False)
        stuck += await call_backs_astray(self._database, {record.leg_id for record in books.cdr})
        await leave_work(self._agents)
        return self._verdict(books, stuck)

    def _verdict(self, books: Books, stuck: list[str]) -> bool:
        calls = list(self._crowd.calls.values())
        lost, unheard = judge.lost_calls(calls, books.calls, books.cdr, self._disturber.outages)
        tracebacks, errors = judge.exceptions(self._center.log_file.read_text(errors="replace"))
        odd = [*self._disturber.problems, *(p for agent in self._agents for p in agent.problems)]
        deeds = sum((agent.did for agent in self._agents), Counter()) + self._disturber.did
        deeds += self._supervisor.did
        self._table("what customers outside did", self._outside.did)
        self._table("what callers did", Counter(call.kind for call in calls))
        self._table("what came of it", Counter(call.row.outcome for call in books.calls))
        self._table("what agents did, and what was done to the center", deeds)
        if unheard:
            say(f"{unheard} came and left while there was no controller, and stand in Asterisk's CDR alone")
        self._table(
            "recordings",
            Counter(
                call.recording_failed or "kept"
                for call in books.calls
                if call.recording_failed or call.row.recording
            ),
        )
        if errors:
            self._table("error lines of the controller's log", errors)
        if complaints := self._crowd.errors():
            self._table("what SIPp complained of", complaints)
        failed = [
            self._holds("no stuck agent", stuck),
            self._holds(f"no lost call ({len(calls)} made)", lost),
            self._holds(
                "no mend of the reconciler", [f"{self._watch.mends:.0f} mends"] if self._watch.mends else []
            ),
            self._holds(
                "no exception in the controller's log", [f"{tracebacks} tracebacks"] if tracebacks else []
            ),
            self._holds("nothing else went wrong", [*odd, *judge.not_a_soak(calls, books.calls)]),
            *(
                self._flat(name, samples)
                for name, samples in (
                    ("controller", self._watch.controller_mb), ("Asterisk", self._watch.asterisk_mb),
                )
            ),
        ]  # fmt: skip
        say(f"worst delay of the event loop: {self._watch.worst_delay * 1000:.0f} ms")
        return any(failed)

    def _flat(self, name: str, samples: list[tuple[float, float]]) -> bool:
        memory = judge.memory(samples)
        if memory is None or samples[-1][0] - samples[0][0] < judge.SHORTEST_JUDGED_S:
            say(f"memory of {name}: {memory.words if memory else 'too few samples'} (too short to be judged)")
            return False
        grows = memory.growth_an_hour > judge.GROWTH_AN_HOUR
        return self._holds(f"memory of {name} is flat: {memory.words}", [memory.words] if grows else [])

    @staticmethod
    def _holds(what: str, against: list[str]) -> bool:
        say(f"{'NOT ' if against else ''}so: {what}")
        for line in against[:40]:
            say(f"    {line}")
        if len(against) > 40:
            say(f"    and {len(against) - 40} more")
        return bool(against)

    @staticmethod
    def _table(title: str, counts: Counter[str]) -> None:
        say(f"{title}: " + ", ".join(f"{what or '-'} {n}" for what, n in counts.most_common()))

    # --- tasks ----------------------------------------------------------------------------------------

    def _start(self, *work: Coroutine[Any, Any, None]) -> None:
        for coroutine in work:
            task = asyncio.create_task(coroutine)
            task.add_done_callback(_tell)
            self._tasks.append(task)

    async def _stop_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _tell(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        print(f"a task of the soak failed: {task.exception()!r}", file=sys.stderr, flush=True)
