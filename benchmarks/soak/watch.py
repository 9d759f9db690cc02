"""Looks at everything while it runs: a line a minute, and what must hold at every moment."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks.cpu import idle_time, process_time
from benchmarks.soak.callers import Crowd
from benchmarks.soak.control import UNREACHABLE, Control, Json
from benchmarks.soak.disturb import Disturber
from benchmarks.soak.world import RING_SECONDS, SoakCenter

POLL_S, COMPARE_S, LINE_S = 1.0, 10.0, 60.0
RESERVED_S = RING_SECONDS + 2 + 12 + 20
"""Longest ring, what a lease adds, and the dialing of who is called back: who is reserved or rung for longer
is stuck."""
SETTLED_S = 20.0
"""After a cut link or a killed controller its picture may be behind for so long."""


def resident_mb(pid: int) -> float:
    """Memory of a process. Raises OSError when it is not there."""
    text = Path(f"/proc/{pid}/status").read_text()
    match = re.search(r"VmRSS:\s+(\d+) kB", text)
    return int(match[1]) / 1024 if match else 0.0


class Watch:
    """What the center says of itself, each second; beside Asterisk's own picture, each ten."""

    def __init__(
        self,
        center: SoakCenter,
        control: Control,
        crowd: Crowd,
        disturber: Disturber,
        *,
        say: Callable[[str], None],
    ) -> None:
        self.views: dict[str, Json] = {}
        self.problems: list[str] = []
        self.controller_mb: list[tuple[float, float]] = []
        self.asterisk_mb: list[tuple[float, float]] = []
        self.weighing = True  # at the end, when calls grow less and then none, memory says nothing
        self.mends = 0.0
        self.worst_delay = 0.0
        self._center = center
        self._control = control
        self._crowd = crowd
        self._disturber = disturber
        self._say = say
        self._mends_now = 0.0
        self._pid: int | None = None
        self._suspects: set[tuple[str, str]] = set()
        self._begun = time.monotonic()
        self._machine = (0.0, 0.0, 0.0)

    def view(self, agent_id: str) -> Json | None:
        """What was last heard of an agent."""
        return self.views.get(agent_id)

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        compare, line = loop.time() + COMPARE_S, loop.time() + LINE_S
        self._machine = self._machine_now()
        while True:
            await asyncio.sleep(POLL_S)
            try:
                await self.poll()
                if loop.time() >= compare:
                    compare = loop.time() + COMPARE_S
                    if self.weighing:
                        self._weigh()
                    await self._compare()
                if loop.time() >= line:
                    line = loop.time() + LINE_S
                    self._say(await self._line())
            except UNREACHABLE:
                continue  # the controller is away

    async def poll(self) -> None:
        """Hear of every agent."""
        self.views = {view["id"]: view for view in (await self._control.ask("/agents"))["agents"]}

    def _weigh(self) -> None:
        at, pid = time.monotonic() - self._begun, self._center.controller_pid
        if pid != self._pid:
            self.controller_mb.clear()  # another process
            self._pid = pid
        try:
            if pid is not None:
                self.controller_mb.append((at, resident_mb(pid)))
            if self._center.asterisk.pid is not None:
                self.asterisk_mb.append((at, resident_mb(self._center.asterisk.pid)))
        except OSError:
            return

    async def _compare(self) -> None:
        """Who talks has a channel at Asterisk, and nobody is reserved for ever. Only what is so twice counts:
        the two pictures are not taken at one moment."""
        channels = await self._center.asterisk.rx("core show channels concise")
        await self.poll()
        there = set(re.findall(r"^PJSIP/(\d+)-", channels, re.MULTILINE))
        suspects = set()
        for view in self.views.values():
            held = time.time() - view["since"]
            if view["state"] == "talking" and held > 2 and view["extension"] not in there:
                suspects.add((view["id"], f"talking, call {view['call_id']}, without a channel"))
            if view["state"] in ("reserved", "ringing") and held > RESERVED_S:
                suspects.add((view["id"], f"{view['state']} for call {view['call_id']} for too long"))
            if view["state"] == "wrap_up" and view["until"] and time.time() > view["until"] + 5:
                suspects.add((view["id"], "in a wrap-up that is over"))
        calm = asyncio.get_running_loop().time() - self._disturber.disturbed_at > SETTLED_S
        if calm:
            for agent, what in suspects & self._suspects:
                self.problems.append(f"stuck: {agent} {what}")
        self._suspects = suspects

    async def count_mends(self) -> dict[str, float]:
        """The metrics; `mends` counts over restarts."""
        metrics = await self._control.metrics()
        mended = metrics["callcenter_mended_total"]
        self.mends += mended - (self._mends_now if mended >= self._mends_now else 0.0)
        self._mends_now = mended
        self.worst_delay = max(self.worst_delay, metrics["callcenter_event_loop_delay_seconds"])
        return metrics

    def _machine_now(self) -> tuple[float, float, float]:
        ours = 0.0
        for pid in (self._center.asterisk.pid, self._center.controller_pid):
            if pid is not None:
                ours += process_time(pid).total
        return time.monotonic(), idle_time(), ours

    async def _line(self) -> str:
        metrics = await self.count_mends()
        board = await self._control.ask("/wallboard")
        today = board["today"]
        states = Counter(view["state"] for view in self.views.values())
        in_line = sum(queue["waiting"] for queue in board["queues"])
        before, self._machine = self._machine, self._machine_now()
        seconds = self._machine[0] - before[0]
        idle = self._machine[1] - before[1]
        agents = " ".join(f"{state} {n}" for state, n in sorted(states.items()))
        latest, self._crowd.latest = self._crowd.latest, 0.0
        wire = sum(1 for call in self._crowd.calls.values() if call.how in ("refused", "forgotten"))
        failures = len(self.problems) + len(self._disturber.problems) + wire
        memory = [m[-1][1] if m else 0.0 for m in (self.controller_mb, self.asterisk_mb)]
        return (
            f"{(time.monotonic() - self._begun) / 60:4.0f} min  "
            f"offered {today['offered']} answered {today['answered']} abandoned {today['abandoned']}  "
            f"open {metrics['callcenter_calls_open']:.0f} in line {in_line}  agents: {agents}  "
            f"mends {self.mends:.0f}  controller {memory[0]:.0f} MB Asterisk {memory[1]:.0f} MB  "
            f"loop delay {metrics['callcenter_event_loop_delay_seconds'] * 1000:.0f} ms  "
            f"callers behind {latest * 1000:.0f} ms  idle {idle / seconds:.2f} cores  failures {failures}"
        )
