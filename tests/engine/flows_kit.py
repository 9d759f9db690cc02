"""Flows of one story on the hotline: the real engine and its journal, the simulated switch, virtual time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from callcenter.center.check import parse_center
from callcenter.ivr.steps import Fetch, Fetched, SendMessage, Sent
from callcenter.simulation.people import Act, SimulatedCaller
from callcenter.simulation.virtual_time import run_virtual

from .hotline import CENTER, Hotline, Outside

MORE = """
hours:
  office: {weekly: {mon: ["09:00-18:00"]}}
emergencies:
  outage: {name: {zh-CN: 故障, en: Outage}}
mailboxes:
  main: {name: {zh-CN: 留言, en: Messages}}
"""
NUMBERS = '  - {did: "4003", name: {zh-CN: 中文, en: Chinese}, flow: bilingual, language: zh-CN}\nskills:'
HEADER = "version: 1\nname: {zh-CN: 流程, en: Flow}\nlanguage: en\n"
ENDS = (
    "bye: {type: hangup, say: {en: Good-bye, zh-CN: 再见}}",
    "sorry: {type: hangup, say: {en: Sorry, zh-CN: 抱歉}}",
)
LI = "13800138000"


def flow_of(*nodes: str, **variables: str) -> str:
    """A flow of these nodes, a line each, and two ends `bye` and `sorry`. It begins at the first."""
    start = nodes[0].partition(":")[0]
    lines = [f"start: {start}", f"variables: {json.dumps(variables)}", "nodes:"]
    return "\n".join([*lines, *(f"  {node}" for node in (*nodes, *ENDS))]) + "\n"


class Others(Outside):
    """Other systems, which may break."""

    breaks = False

    async def fetch(self, step: Fetch) -> Fetched:
        answer = await super().fetch(step)
        if self.breaks:
            raise ConnectionError("the line to the shop is cut")
        return answer

    async def send(self, step: SendMessage) -> Sent:
        await super().send(step)
        return Sent(not self.breaks, "no such way" if self.breaks else "")


class FlowHotline(Hotline):
    """A hotline whose number 4001 leads to the flow `hotline` of a story."""

    def __init__(self, folder: Path, flows: dict[str, str]) -> None:
        super().__init__(folder)
        center, problems = parse_center((CENTER.replace("skills:", NUMBERS, 1) + MORE).encode())
        assert center is not None, [p.render() for p in problems]
        self.center = center
        self.others = self.outside = Others()
        self.customers: dict[str, dict[str, Any]] = {}
        for name, text in flows.items():
            (folder / "flows" / f"{name}.yaml").write_text(HEADER + text)
        self.flows.reload()
        broken = [
            p.render() for found in self.flows.problems.values() for p in found if p.severity == "error"
        ]
        assert not broken, "\n".join(broken)

    async def _brief(self, ani: str) -> dict[str, Any]:
        return {**await super()._brief(ani), "customer": self.customers.get(ani)}

    def data(self, kind: str) -> list[dict[str, Any]]:
        """What the facts of a kind say."""
        return [fact.data for fact in self.facts(kind)]

    def nodes(self) -> list[str]:
        """The nodes callers came to."""
        return [fact["node"] for fact in self.data("ivr.node")]


def heard(caller: SimulatedCaller) -> list[str]:
    """The prompts he heard."""
    return [told.removeprefix("prompt /prompts/") for _, told in caller.story if told.startswith("prompt")]


def on_flows(
    folder: Path, flows: str | dict[str, str], story: Callable[[FlowHotline], Coroutine[Any, Any, None]]
) -> FlowHotline:
    """Tell a story of a flow (called `hotline`), or of several by name."""

    async def run() -> FlowHotline:
        hotline = FlowHotline(folder, {"hotline": flows} if isinstance(flows, str) else flows)
        await hotline.start()
        try:
            await story(hotline)
        finally:
            await hotline.stop()
        return hotline

    return run_virtual(run())


def one_caller(
    folder: Path, flow: str, *acts: Act, recogniser: bool = True, breaks: bool = False
) -> tuple[FlowHotline, list[str]]:
    """One caller's call on a hotline of its own; what he heard. What failed in it is printed: pytest shows it
    when the story's expectation fails."""
    what: list[str] = []
    own = folder / str(len(list(folder.iterdir())))
    own.mkdir()

    async def story(h: FlowHotline) -> None:
        h.switch.recogniser = recogniser
        h.others.breaks = breaks
        caller = h.call(ani=LI, did="4001", name="Li", acts=acts, leave_after=120)
        await caller.wait_ended()
        what.extend(heard(caller))
        await asyncio.sleep(1)

    hotline = on_flows(own, flow, story)
    for failure in hotline.data("ivr.failed"):
        print("ivr.failed:", failure)
    return hotline, what
