"""The demo around a running center: phones, agents at their desks, callers, and the account at the end."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from callcenter.center.model import Center
from callcenter.demo.accounts import Accounts
from callcenter.demo.agents import DemoAgent, DeskHabits
from callcenter.demo.people import CUSTOMERS
from callcenter.demo.ports import PortPool
from callcenter.demo.sipp import CallerResult
from callcenter.demo.sipp_phones import Manners, PhoneCall, SippPhones
from callcenter.demo.summary import reconcile
from callcenter.demo.traffic import DemoTraffic, PlannedCall
from callcenter.demo.voices import make_voices

Say = Callable[[str], None]
READY_SECONDS = 30.0
SETTLE_SECONDS = 20.0
_MISSED_RINGS = 0.03


@dataclass(frozen=True, slots=True)
class Pace:
    """How busy the demo is. Seconds; pairs are (shortest, longest)."""

    mean_gap: float
    answer: tuple[float, float]
    talk: tuple[float, float]
    wrap_up: tuple[float, float]
    breaks: float


LIVE = Pace(mean_gap=6.5, answer=(1, 4), talk=(15, 60), wrap_up=(4, 12), breaks=0.06)
QUICK = Pace(mean_gap=1.4, answer=(1, 3), talk=(3, 8), wrap_up=(1.5, 4), breaks=0.0)


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """The running center, and what is asked of the demo."""

    address: str  # of the web server, such as http://127.0.0.1:8080
    sip_port: int  # of the Asterisk on this machine
    center: Center
    phone_secrets: Mapping[str, str]  # by extension
    password: str  # of every demo user
    database_url: str
    cdr_file: Path  # Asterisk's Master.csv
    recordings: Path
    folder: Path  # for SIPp's own files and the callers' voices
    calls: int | None = None  # None: go on until cancelled
    headless: bool = False
    first_port: int = 30_000  # SIP and RTP ports of callers and phones
    last_port: int = 31_999
    chance_seed: int | None = None


async def run_demo(settings: DemoSettings, say: Say, console: Console | None = None) -> int:
    """Make the center live. Returns 0 when every call is accounted for, 1 otherwise.

    Without a number of calls it goes on until cancelled; cancelling leaves no process behind. Raises
    TimeoutError when phones or agents do not come up.
    """
    chance = random.Random(settings.chance_seed)
    pace = QUICK if settings.headless else LIVE
    ports = PortPool(settings.first_port, settings.last_port)
    await asyncio.to_thread(settings.folder.mkdir, parents=True, exist_ok=True)
    voices = await make_voices(settings.folder / "voices")
    phones = SippPhones(
        settings.sip_port, ports, settings.folder, settings.phone_secrets,
        speech=voices.get(("agent", "zh-CN")), on_call=lambda call: _manners(phones, call, pace, chance),
    )  # fmt: skip
    agents = _agents(settings, pace, chance)
    async with phones:
        say(f"{len(settings.phone_secrets)} phones register")
        await phones.wait_registered(READY_SECONDS)
        desks = [asyncio.create_task(agent.run(), name=f"desk of {agent.name}") for agent in agents]
        try:
            async with asyncio.timeout(READY_SECONDS):
                await asyncio.gather(*(agent.ready.wait() for agent in agents))
            say(f"{len(agents)} agents are ready; callers call")
            return await _with_callers(
                settings, say, console or Console(), pace, ports, voices, agents, phones, chance
            )
        finally:
            for desk in desks:
                desk.cancel()
            await asyncio.wait(desks)


async def _with_callers(
    settings: DemoSettings,
    say: Say,
    console: Console,
    pace: Pace,
    ports: PortPool,
    voices: Mapping[tuple[str, str], Path],
    agents: list[DemoAgent],
    phones: SippPhones,
    chance: random.Random,
) -> int:
    done = 0

    def ended(call: PlannedCall, result: CallerResult) -> None:
        nonlocal done
        done += 1
        of = f"/{settings.calls}" if settings.calls else ""
        seconds = result.ended - result.started if result.ended else 0.0
        who = call.name or call.ani or "anonymous"
        say(f"call {done}{of}: {who}, {call.kind}, {seconds:.0f} s")

    dids: dict[str, str] = {}
    for number in settings.center.numbers:  # the hotlines stand first
        dids.setdefault(number.language or settings.center.default_language, number.did)
    traffic = DemoTraffic(
        settings.sip_port, ports, settings.folder, dids=dids, customers=CUSTOMERS, voices=voices,
        chance=chance, on_end=ended,
    )  # fmt: skip
    accounts = Accounts(settings.database_url, settings.cdr_file, settings.recordings, settings.center)
    await accounts.open()
    try:
        await traffic.run(mean_gap=pace.mean_gap, calls=settings.calls)
        say("the last call is over; wrap-ups and recordings are finished")
        await asyncio.sleep(pace.wrap_up[1])
        pops = [seconds for agent in agents for seconds in agent.diary.pops.values()]
        results = [result for _, result in traffic.results]
        whole = await reconcile(accounts, results, phones.calls, pops, console, settle_seconds=SETTLE_SECONDS)
        return 0 if whole else 1
    finally:
        await accounts.close()


def _manners(phones: SippPhones, call: PhoneCall, pace: Pace, chance: random.Random) -> None:
    """Each time a phone rings, decide how long until it is answered, and how long the talk will be."""
    if call.talking or call.ended:
        return
    missed = chance.random() < _MISSED_RINGS
    phones.manners[call.extension] = Manners(
        answer_after=None if missed else chance.uniform(*pace.answer),
        talk_seconds=chance.uniform(*pace.talk),
        speaks=True,
    )


def _agents(settings: DemoSettings, pace: Pace, chance: random.Random) -> list[DemoAgent]:
    habits = DeskHabits(wrap_up=pace.wrap_up, take_breaks=pace.breaks)
    center = settings.center
    agents: list[DemoAgent] = []

    def may_rest() -> bool:
        return sum(agent.resting for agent in agents) < max(1, len(agents) // 4)

    agents += [
        DemoAgent(
            settings.address, agent_id, settings.password, habits=habits, chance=chance,
            dispositions=list(center.dispositions), reasons=list(center.not_ready_reasons), may_rest=may_rest,
        )
        for agent_id in center.agents
    ]  # fmt: skip
    return agents
