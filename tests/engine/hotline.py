"""A small hotline in virtual time: the real engine on the simulated switch."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from callcenter.background import Background
from callcenter.calls.state import recall
from callcenter.center.check import parse_center
from callcenter.center.model import Center
from callcenter.customers.dialing import dialable
from callcenter.engine import FIGURE_KINDS, Engine
from callcenter.ivr.library import FlowLibrary
from callcenter.ivr.steps import Fetch, Fetched, SendMessage, Sent, Utterance
from callcenter.recording.service import Recorder
from callcenter.simulation.journal import MemoryJournal
from callcenter.simulation.people import CallerScript, PhoneBehaviour, SimulatedCaller, SimulatedPhone
from callcenter.simulation.switch import SimulatedSwitch
from callcenter.simulation.virtual_time import VirtualClock, run_virtual
from callcenter.storage.facts import Fact
from callcenter.telephony.switch import Phone

CENTER = """
version: 1
name: {zh-CN: 测试中心, en: Test center}
numbers:
  - {did: "4001", name: {zh-CN: 热线, en: Hotline}, flow: hotline}
  - {did: "4002", name: {zh-CN: 直线, en: Direct line}, flow: direct}
skills:
  orders: {name: {zh-CN: 订单, en: Orders}}
  refunds: {name: {zh-CN: 退款, en: Refunds}}
queues:
  orders:
    name: {zh-CN: 订单, en: Orders}
    skills: {orders: 1}
    ring_seconds: 15
    wrap_up_seconds: 30
    max_wait_seconds: 300
  refunds:
    name: {zh-CN: 退款, en: Refunds}
    skills: {refunds: 2}
    priority: 5
    wrap_up_seconds: 0
agents:
  amy: {name: Amy, extension: "1001", skills: {orders: 3, refunds: 2}}
  bo: {name: Bo, extension: "1002", skills: {orders: 1}}
not_ready_reasons:
  lunch: {name: {zh-CN: 午餐, en: Lunch}}
dispositions:
  solved: {name: {zh-CN: 已解决, en: Solved}}
"""

HOTLINE = """
version: 1
name: {zh-CN: 热线, en: Hotline}
language: en
start: main
nodes:
  main:
    type: menu
    say: {zh-CN: 请选择, en: Press 1 for orders or 2 for refunds}
    keys:
      "1": {go: to_orders, label: {zh-CN: 订单, en: Orders}}
      "2": {go: to_refunds, label: {zh-CN: 退款, en: Refunds}}
  to_orders: {type: queue, queue: orders, on_max_wait: message}
  to_refunds: {type: queue, queue: refunds}
  message:
    type: voicemail
    box: orders
    say: {zh-CN: 请留言, en: Leave a message}
    next: bye
  bye: {type: hangup, say: {zh-CN: 再见, en: Good-bye}}
"""

DIRECT = """
version: 1
name: {zh-CN: 直线, en: Direct}
language: en
start: line
nodes:
  line: {type: queue, queue: orders}
"""


class SpokenAsNamed:
    """Prompts are named after their text, so that a caller's script can wait for one."""

    async def path(self, utterance: Utterance) -> Path:
        return Path("/prompts") / utterance.text.replace("/", " ")


class CountedIds:
    def __init__(self) -> None:
        self._n = 0

    def call_id(self, now: float) -> str:
        self._n += 1
        return f"20260101-call-{self._n}"


class Outside:
    """Other systems: what they answer, and what was sent to them."""

    def __init__(self) -> None:
        self.asked: list[Fetch] = []
        self.sent: list[SendMessage] = []
        self.answer = Fetched(True, 200, {})
        self.delay = 0.0

    async def fetch(self, step: Fetch) -> Fetched:
        self.asked.append(step)
        await asyncio.sleep(self.delay)
        return self.answer

    async def send(self, step: SendMessage) -> Sent:
        self.sent.append(step)
        return Sent(True)


class Hotline:
    """The center, its switch and its people. `restart` is a killed controller that starts again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = VirtualClock()
        self.journal = MemoryJournal(self.clock)
        center, problems = parse_center(CENTER.encode())
        assert center is not None, [p.render() for p in problems]
        self.center: Center = center
        flows = folder / "flows"
        flows.mkdir(exist_ok=True)
        (flows / "hotline.yaml").write_text(HOTLINE)
        (flows / "direct.yaml").write_text(DIRECT)
        self.flows = FlowLibrary(flows, lambda: self.center)
        self.flows.reload()
        assert set(self.flows.flows) == {"hotline", "direct"}, self.flows.problems
        self.switch = SimulatedSwitch(self.clock, write_audio=True)
        self.ids = CountedIds()
        self.outside = Outside()
        self.emergencies: set[str] = set()
        self.shown: list[tuple[float, str, dict[str, Any]]] = []
        self.phones = {
            "amy": self.switch.add_phone(SimulatedPhone("1001")),
            "bo": self.switch.add_phone(SimulatedPhone("1002")),
        }

    async def start(self, *, after_crash: bool = False) -> None:
        if after_crash:
            self.journal._listeners.clear()
        self.background = Background()
        self.engine = Engine(
            self.switch,
            center=lambda: self.center,
            flows=self.flows,
            clock=self.clock,
            ids=self.ids,
            journal=self.journal,
            prompts=SpokenAsNamed(),
            recorder=Recorder(self.folder / "recordings", self.journal),
            voicemail_folder=self.folder / "voicemail",
            brief=self._brief,
            outside=self.outside,
            emergency=lambda switch: switch in self.emergencies,
            publish=self._publish,
            sounds=self.folder,
            spawn=self.background.spawn,
            dialable=lambda number: dialable(number, self.center.country),
        )
        if after_crash:
            self.engine.acd.estimates.prime(self.journal.facts)
            wishes = [f for f in self.facts("agent.next") if f.call_id not in self._open_calls()]
            self.engine.prime([f for f in self.journal.facts if f.kind in FIGURE_KINDS])
            self.engine.recover(self._last_states(), self._open_calls(), wishes)
            self.engine.steering.recover(self.journal.facts)
            self.background.keep(self.engine.serve_when_back())
        await self.switch.provision([Phone(p.extension, "", "") for p in self.phones.values()])
        await self.switch.start()
        self.background.every(2.0, self.engine.look_again, "look again")
        self.background.every(5.0, self.engine.reconcile, "reconcile")
        await asyncio.sleep(0.1)

    async def crash(self) -> None:
        """The controller is gone at once: nothing is written, nobody is told."""
        written = len(self.journal.facts)
        self.engine.callbacks.stop()
        await self.switch.stop()
        await self.background.close(0)
        for holder in (*self.engine.acd.agents.values(), *self.engine.acd.callers.tickets.values()):
            if holder.timer is not None:
                holder.timer.cancel()
        del self.journal.facts[written:]

    async def restart(self) -> None:
        await self.crash()
        await self.start(after_crash=True)

    async def stop(self) -> None:
        self.engine.callbacks.stop()
        await self.switch.stop()
        await self.background.close()
        assert self.switch.failures == []

    def declare(self, *edits: tuple[str, str]) -> None:
        """Put the center in force with these texts replaced."""
        text = CENTER
        for old, new in edits:
            assert old in text
            text = text.replace(old, new, 1)
        center, problems = parse_center(text.encode())
        assert center is not None, [p.render() for p in problems]
        self.center = center
        self.engine.acd.apply(center)

    def ready(self, *agents: str) -> None:
        for agent in agents:
            self.engine.desk.set_state(agent, "ready")

    def call(self, **script: Any) -> SimulatedCaller:
        return self.switch.place_call(CallerScript(**script))

    async def until_state(self, agent: str, state: str, seconds: float = 60) -> None:
        """Wait until the agent is in this state."""
        async with asyncio.timeout(seconds):
            while self.state(agent)[0] != state:
                await asyncio.sleep(0.05)

    def behave(self, agent: str, **how: Any) -> None:
        self.phones[agent].behaviour = PhoneBehaviour(**how)

    def state(self, agent: str) -> tuple[str, str]:
        view = self.engine.desk.view(agent)
        return view["state"], view["reason"]

    def kinds(self, call: int = 1) -> list[str]:
        return [f.kind for f in self.journal.facts if f.call_id == f"20260101-call-{call}"]

    def facts(self, kind: str) -> list[Fact]:
        return [f for f in self.journal.facts if f.kind == kind]

    def outcomes(self) -> list[str]:
        return [f.data["outcome"] for f in self.facts("call.ended")]

    def _publish(self, topic: str, make: Callable[[], dict[str, Any]]) -> None:
        self.shown.append((self.clock.now(), topic, make()))

    async def _brief(self, ani: str) -> dict[str, Any]:
        return {"display_number": ani, "customer": None, "timeline": [], "region": ""}

    def _open_calls(self) -> dict[str, list[Fact]]:
        calls: dict[str, list[Fact]] = {}
        for fact in self.journal.facts:
            if fact.call_id:
                calls.setdefault(fact.call_id, []).append(fact)
        return {c: f for c, f in calls.items() if not recall(c, f).ended}

    def _last_states(self) -> dict[str, Fact]:
        return {f.agent: f for f in self.facts("agent.state")}


def nobody_left_behind(h: Hotline) -> None:
    """No call is open, nobody stands in line, no agent is on a call."""
    assert h.engine.reception.calls == {}
    assert [t.call_id for q in h.engine.acd.queues for t in h.engine.acd.waiting(q)] == []
    assert h.engine.acd.callers.tickets == {}
    assert [a.state for a in h.engine.acd.agents.values() if a.call_id and a.state != "wrap_up"] == []


def on_the_hotline(folder: Path, story: Callable[[Hotline], Coroutine[Any, Any, None]]) -> Hotline:
    """Run a story on a fresh hotline, in virtual time."""

    async def run() -> Hotline:
        hotline = Hotline(folder)
        await hotline.start()
        try:
            await story(hotline)
        finally:
            await hotline.stop()
        return hotline

    return run_virtual(run())


def unindented(text: str) -> str:
    return textwrap.dedent(text).strip() + "\n"
