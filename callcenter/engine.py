"""The engine: distributor, desk, reception and switch joined. No database, web server or files of its own.

The same engine runs on the real Asterisk and on the simulated switch in virtual time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import structlog

from callcenter.acd import figures, workload
from callcenter.acd.agents import AgentAtWork
from callcenter.acd.desk import Desk
from callcenter.acd.figures import AgentFigures
from callcenter.acd.service import Distributor
from callcenter.acd.steering import Steering
from callcenter.calls.callback_story import Line
from callcenter.calls.callbacks import Callbacks
from callcenter.calls.office import Office, Outside
from callcenter.calls.reception import Reception
from callcenter.calls.recovery import (
    hold_until_back,
    remember_agents,
    remember_calls,
    remember_wishes,
    restore_pops,
)
from callcenter.calls.supervision import Supervision
from callcenter.center.hours import is_open
from callcenter.center.model import Center
from callcenter.ivr.library import FlowLibrary
from callcenter.ivr.runner import PromptPort
from callcenter.recording.service import Recorder
from callcenter.storage.facts import Fact, Journal
from callcenter.telephony.clock import Clock, Ids
from callcenter.telephony.events import (
    PhoneAnswered,
    PhoneRinging,
    PhoneStateChanged,
    PhoneStopped,
    SwitchDown,
    SwitchEvent,
    SwitchUp,
)
from callcenter.telephony.monitoring import MonitorEnded, MonitorJoined, MonitorModeChanged
from callcenter.telephony.switch import OutcomeUnknown, Switch

log = structlog.get_logger(__name__)

#: after a restart: pauses before customers are looked up again whom a busy database did not tell, seconds
POPS_AGAIN_SECONDS = (0.3, 0.7, 2.0)


#: what `Engine.prime` is to be told of
FIGURE_KINDS = tuple({*figures.KINDS, *workload.KINDS})


class ListeningJournal(Journal, Protocol):
    """A journal that tells of each fact as it is written."""

    def subscribe(self, listener: Callable[[Fact], None]) -> Callable[[], None]: ...


class Engine:
    """Everything between a knocking leg and an agent's phone."""

    def __init__(
        self,
        switch: Switch,
        *,
        center: Callable[[], Center],
        flows: FlowLibrary,
        clock: Clock,
        ids: Ids,
        journal: ListeningJournal,
        prompts: PromptPort,
        recorder: Recorder,
        voicemail_folder: Path,
        brief: Callable[[str], Awaitable[dict[str, Any]]],
        outside: Outside,
        emergency: Callable[[str], bool],
        publish: Callable[[str, Callable[[], dict[str, Any]]], None],
        sounds: Path,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        dialable: Callable[[str], str],
    ) -> None:
        """`publish(topic, make)` sends `make()` to the pages that listen to the topic, if any do. `sounds` is
        the folder of the center file's sounds. `dialable` gives a number in the form in which it
        is called back, or raises Refused."""
        self._switch = switch
        self._center = center
        self._brief = brief
        self._clock = clock
        self._publish = publish
        self._voicemail_folder = voicemail_folder
        self.switch_up = asyncio.Event()
        self.figures = AgentFigures(lambda: center().time_zone)
        self.acd = Distributor(
            center(),
            clock=clock,
            journal=journal,
            changed=self._agent_changed,
            is_open=self.is_open,
            emergency=emergency,
        )
        self.desk = Desk(
            self.acd,
            center=center,
            clock=clock,
            journal=journal,
            hang_up_phone=switch.hang_up_phone,
            today=self._today,
        )
        office = Office(
            clock=clock,
            ids=ids,
            journal=journal,
            acd=self.acd,
            center=center,
            flows=flows,
            prompts=prompts,
            recorder=recorder,
            is_open=self.is_open,
            emergency=emergency,
            outside=outside,
            brief=brief,
            show_pop=self._show_pop,
            pop_seen=self.desk.until_shown,
            spawn=spawn,
            voicemail_path=self._voicemail_path,
            sounds=sounds,
        )
        self.reception = Reception(office)
        self.callbacks = office.callbacks = Callbacks(
            office,
            line=Line(
                node=lambda: switch.node,
                call_out=switch.call_out,
                live_legs=switch.live_legs,
                up=self.switch_up,
            ),
            dialable=dialable,
            hang_up_leg=switch.hang_up_leg,
            calls=self.reception.calls,
        )
        self.steering = Steering(self.acd, center=center, clock=clock, journal=journal)
        self.supervision = Supervision(
            self.acd,
            switch,
            center=center,
            calls=self.reception.calls,
            clock=clock,
            journal=journal,
            spawn=spawn,
        )
        journal.subscribe(self.acd.workload.on_fact)
        journal.subscribe(self.reception.on_fact)
        journal.subscribe(self.callbacks.on_fact)
        journal.subscribe(self.figures.on_fact)
        journal.subscribe(self.acd.estimates.on_fact)
        switch.attach(self.reception.on_leg, self.on_event)

    def prime(self, facts: Iterable[Fact], states: Iterable[Fact] = ()) -> None:
        """Before `recover`: the facts of `FIGURE_KINDS` of the last hours, and each agent's last state, for
        the agents' figures."""
        told = list(facts)
        self.figures.prime(f for f in told if f.kind in figures.KINDS)
        self.acd.workload.prime((f for f in told if f.kind in workload.KINDS), states)

    def recover(
        self, agents: dict[str, Fact], calls: dict[str, list[Fact]], wishes: Iterable[Fact] = ()
    ) -> None:
        """Before the switch is started: bring back what the journal knows, and serve nobody yet. `wishes` are
        the agent.next facts of calls that are wrapped up."""
        self.acd.hold()
        remember_agents(self.acd, agents)
        self.acd.estimates.staff_changed(self.acd.at_work())
        found = remember_calls(self.reception, self.acd, calls)
        if found:
            log.info("open calls of the time before", calls=found)
        self.callbacks.recover(calls)
        remember_wishes(self.acd, (*wishes, *chain.from_iterable(calls.values())))
        self.supervision.recover()
        self.reception.close_elsewhere(self._switch.node)
        self.reception.keep_left_behind()

    def _today(self, agent: str) -> dict[str, Any]:
        now = self._clock.now()
        return {**self.figures.today(agent, now), **self.acd.workload.today(agent, now)}

    async def serve_when_back(self) -> None:
        """After `recover`: serve as soon as the switch is there and those who waited are back."""
        await self._restore_pops()
        await hold_until_back(self.acd, switch_up=self.switch_up)
        for seconds in POPS_AGAIN_SECONDS:
            await asyncio.sleep(seconds)
            await self._restore_pops()

    async def _restore_pops(self) -> None:
        try:
            await restore_pops(self.reception, self.acd, self._center(), self._brief)
        except Exception:
            log.exception("the screen pops of before could not be restored")

    def stop_serving(self) -> None:
        """Before the switch is stopped: nobody is given a caller whose story is about to stop, and nobody is
        dialed any more."""
        self.acd.hold()
        self.callbacks.stop()

    def on_event(self, event: SwitchEvent) -> None:
        """What the switch reports."""
        match event:
            case PhoneStateChanged(phone, state):
                self.acd.roster.phone_changed(phone, state)
            case PhoneRinging(call_id, phone):
                self.acd.offers.ringing(call_id, phone)
            case PhoneAnswered(call_id, phone):
                self.acd.offers.answered(call_id, phone)
                self.reception.answered(call_id, phone)
            case PhoneStopped(call_id, phone, rejected):
                self.acd.offers.stopped(call_id, phone, rejected=rejected)
            case MonitorJoined() | MonitorModeChanged() | MonitorEnded():
                self.supervision.on_event(event)
            case SwitchUp():
                for phone, state in event.phones.items():
                    self.acd.roster.phone_changed(phone, state)
                self.reception.resolve(event)
                self.switch_up.set()
            case SwitchDown(node):
                log.warning("the link to the switch is lost", node=node)
                self.switch_up.clear()

    async def look_again(self) -> None:
        """To be called every second or two: calls whose legs are out of our hands may have ended, and callers
        may have to go elsewhere."""
        self.acd.look_around()
        self.supervision.look_again()
        asked_for = self.reception.without_story()
        if self._switch.up and asked_for:
            try:
                legs = await self._switch.live_legs()
            except (OutcomeUnknown, ConnectionError, TimeoutError):
                return
            self.reception.look_again(self._switch.node, legs, asked_for)

    def reconcile(self) -> None:
        """To be called every few seconds: compare our picture with what must be. Without the switch nobody
        knows what must be: its whole picture comes with it."""
        if not self._switch.up:
            return
        for what in self.acd.adoption.reconcile(self.reception.calls):
            log.error("our picture was wrong and is mended", what=what)

    def is_open(self, hours: str) -> bool:
        """Are these hours of the center open now? Unknown ones are: nobody is turned away by a slip."""
        center = self._center()
        found = center.hours.get(hours)
        return True if found is None else is_open(found, center.time_zone, self._clock.now())

    def _tell_pages(self, topic: str, make: Callable[[], dict[str, Any]]) -> None:
        """What goes wrong with a page must not go wrong with a call."""
        try:
            self._publish(topic, make)
        except Exception:
            log.exception("pages could not be told", topic=topic)

    def _agent_changed(self, agent: AgentAtWork) -> None:
        self._tell_pages(
            f"agent:{agent.agent_id}",
            lambda: {"type": "agent", "agent": self.desk.view(agent.agent_id)},
        )

    def _show_pop(self, agent_id: str, pop: dict[str, Any]) -> None:
        self._tell_pages(f"agent:{agent_id}", lambda: {"type": "pop", "pop": pop})

    def _voicemail_path(self, call_id: str, name: str = "voicemail") -> tuple[str, Path]:
        relative = f"{call_id[0:4]}/{call_id[4:6]}/{call_id[6:8]}/{call_id}-{name}.wav"
        path = self._voicemail_folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        return relative, path
