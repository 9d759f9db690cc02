"""Builds the rooms, starts them in order and stops them in reverse: the only place that knows them all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from callcenter.acd.service import reason_texts
from callcenter.acd.steering import KINDS as STEERING_KINDS
from callcenter.acd.waits import KINDS as WAIT_KINDS
from callcenter.acd.wallboard import wallboard
from callcenter.acd.why import why_agent_idles, why_caller_waits
from callcenter.asterisk.ownership import controller_id
from callcenter.asterisk.switch import AsteriskAddress, AsteriskSwitch
from callcenter.background import Background
from callcenter.calls.waiting_words import all_words
from callcenter.center.config import Config
from callcenter.center.emergencies import Emergencies
from callcenter.center.model import Center
from callcenter.center.names import names_of
from callcenter.center.phone_secrets import PhoneSecrets, supervisor_key
from callcenter.center.service import CenterService
from callcenter.customers.dialing import dialable
from callcenter.customers.service import CustomerDirectory
from callcenter.engine import FIGURE_KINDS, Engine
from callcenter.ivr.editing import FlowEditing
from callcenter.ivr.library import FlowLibrary
from callcenter.ivr.service import FlowService
from callcenter.loop_delay import LoopDelay
from callcenter.metrics import read_metrics
from callcenter.outside import OutsideSystems
from callcenter.recording.service import Recorder
from callcenter.sound import make_ears, make_prompts, make_recognition
from callcenter.storage.emergencies import last_emergencies
from callcenter.storage.engine import make_engine, migrate
from callcenter.storage.facts import Fact
from callcenter.storage.flow_steps import heat_of
from callcenter.storage.flow_versions import FlowVersions
from callcenter.storage.journal import SpoolJournal
from callcenter.storage.records import DatabaseRecords
from callcenter.storage.recovery import facts_since, last_agent_states, open_calls, wishes
from callcenter.storage.stats import TodayStats
from callcenter.storage.writer import JournalWriter
from callcenter.supervisors import SupervisorDesk
from callcenter.telephony.clock import RandomIds, SystemClock
from callcenter.telephony.switch import Phone
from callcenter.web.app import WebServer, make_app
from callcenter.web.hub import Hub
from callcenter.web.settings import Services, WebSettings
from callcenter.web.users import DatabaseUsers

log = structlog.get_logger(__name__)

#: skills that were changed by hand longer ago are as in the center file after a restart, seconds
SKILLS_KEPT_SECONDS = 30 * 86_400

#: how long before midnight the shifts began that go on after it
NIGHT_SHIFT_SECONDS = 12 * 3600.0
#: how far back a center that starts looks for what waits were like, seconds
WAITS_LEARNT_FROM = 2 * 3600.0


class App:
    """One controller with its web server."""

    def __init__(self, config: Config) -> None:
        """Raises CenterBroken when there is no usable center."""
        self.config = config
        self.clock = clock = SystemClock()
        data = config.data_path
        data.mkdir(parents=True, exist_ok=True)
        self.background = Background()
        self.loop_delay = LoopDelay()
        self.database = make_engine(config.database.url)
        self.journal = SpoolJournal(data / "journal", clock)
        self.hub = Hub()
        flows_folder = config.flows_path
        self.center = CenterService(
            config.center_path,
            config.center_in_force_path,
            clock=clock,
            journal=self.journal,
            flows=lambda: {p.stem for p in flows_folder.glob("*.yaml")},
            reasons=reason_texts,
        )
        self.center.on_applied = self._center_applied
        names = names_of(lambda: self.center.center, reason_texts)
        self.customers = CustomerDirectory(
            self.database, country=lambda: self.center.center.country, names=names
        )
        self.writer = JournalWriter(
            self.database,
            self.journal,
            normalise=self.customers.normalise,
            projections=[self.customers],
            rejected_file=data / "rejected-facts.jsonl",
        )
        self.stats = TodayStats(
            self.center.center.time_zone,
            clock,
            lambda q: (
                self.center.center.queues[q].service_level.seconds if q in self.center.center.queues else 20.0
            ),
        )
        self.prompts = make_prompts(config)
        self.library = FlowLibrary(
            flows_folder, lambda: self.center.center, set(config.secrets), make_ears(config)
        )
        self.flow_service = FlowService(
            self.library,
            self.prompts,
            clock=clock,
            journal=self.journal,
            tell=lambda: self.hub.publish("problems", {"type": "problems"}),
            heard_elsewhere=lambda: all_words(self.center.center, config.center_path.parent),
        )
        self.flow_versions = FlowVersions(self.database)
        self.flow_editing = FlowEditing(
            self.library,
            self.flow_service,
            self.flow_versions,
            center=lambda: self.center.center,
            clock=clock,
            heat=lambda flow, since: heat_of(self.database, flow, since),
        )
        self.emergencies = Emergencies(
            lambda: self.center.center,
            self.journal,
            tell=lambda: self.hub.publish("emergencies", {"emergencies": self.emergencies.views()}),
        )
        self.outside = OutsideSystems(
            config,
            center=lambda: self.center.center,
            voicemails=data / "voicemail",
            brief=self.customers.brief,
        )
        self.recognition = make_recognition(config)
        self._listens = False
        self.secrets = PhoneSecrets(data / "phone-secrets.json")
        pbx = config.asterisk
        self.switch = AsteriskSwitch(
            AsteriskAddress(
                node=pbx.node,
                ami_host=pbx.ami.host,
                ami_port=pbx.ami.port,
                ami_user=pbx.ami.username,
                ami_secret=pbx.ami.secret,
                agents_file=Path(pbx.config_dir) / "callcenter" / "pjsip_agents.conf",
                agi_host=pbx.agi.host,
                agi_port=pbx.agi.port,
                trunk=pbx.trunk,
                controller=controller_id(data),
            ),
            clock,
        )
        self.engine = Engine(
            self.switch,
            center=lambda: self.center.center,
            flows=self.library,
            clock=clock,
            ids=RandomIds(),
            journal=self.journal,
            prompts=self.prompts,
            recorder=Recorder(config.recordings_path, self.journal),
            voicemail_folder=data / "voicemail",
            brief=self.customers.brief,
            outside=self.outside,
            emergency=self.emergencies.is_on,
            publish=self._publish,
            sounds=config.center_path.parent,
            spawn=self.background.spawn,
            dialable=lambda number: dialable(number, self.center.center.country),
        )
        self.journal.subscribe(self.stats.on_fact)
        self.journal.subscribe(self._mail_voicemail)
        self.users = DatabaseUsers(self.database)
        self.records = DatabaseRecords(
            self.database,
            names,
            normalise=self.customers.normalise,
            journal=self.journal,
            on_customer_changed=self.customers.forget,
        )
        services = Services(
            desk=self.engine.desk,
            feed=self.hub,
            live=self,
            center=self.center,
            flows=self.flow_editing,
            emergencies=self.emergencies,
            supervisors=SupervisorDesk(self.engine),
            records=self.records,
            callbacks=self.engine.callbacks,
            users=self.users,
            clock=clock,
            metrics=lambda: read_metrics(self.engine, self.switch, self.writer, self.loop_delay),
        )
        settings = WebSettings(
            recordings=config.recordings_path,
            voicemails=data / "voicemail",
            public_origin=config.web.public_origin,
        )
        self.web = WebServer(
            make_app(services, settings), config.web.host, config.web.port, data / "control.sock"
        )

    @property
    def address(self) -> str:
        """Where the pages are."""
        return self.web.address

    # --- life -----------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start everything. Raises OSError when a port is taken."""
        await self._open_database()
        await self.writer.start()
        center = self.center.center
        rows = await self.records.rows_since(self.stats.midnight())
        self.stats.prime(rows, await self.records.callbacks_open())
        self.flow_service.remember(await self.flow_versions.newest())
        self.flow_service.read()
        await self.flow_service.fall_back(self.flow_versions.text, center)
        self.emergencies.recover(await last_emergencies(self.database))
        recent = await facts_since(self.database, self.clock.now() - WAITS_LEARNT_FROM, WAIT_KINDS)
        self.engine.acd.estimates.prime(recent)
        states = await last_agent_states(self.database)
        # from before midnight on: who signed in for the night still counts from then
        since = self.stats.midnight() - NIGHT_SHIFT_SECONDS
        self.engine.prime(await facts_since(self.database, since, FIGURE_KINDS), states.values())
        self.engine.recover(
            states,
            await open_calls(self.database, self.clock.now()),
            await wishes(self.database, states.values()),
        )
        since = self.clock.now() - SKILLS_KEPT_SECONDS
        self.engine.steering.recover(await facts_since(self.database, since, STEERING_KINDS))
        await self.customers.warm_up()
        if self.center.differs():
            log.warning("center.yaml differs from what is in force; apply it with `callcenter apply`")
        await self.outside.start()
        await self.switch.provision(self._phones(center))
        await self.web.start()
        await self.switch.start()
        every = self.background.every
        every(1.0, self._watch_flows, "flow files")
        every(2.0, self.engine.look_again, "calls out of our hands")
        every(5.0, self._reconcile, "reconciler")
        self.background.keep(self.engine.serve_when_back())
        self.background.keep(self.loop_delay.watch())
        self.background.spawn(self.flow_service.speak())
        self._listen_if_wanted()
        self.background.spawn(self.customers.learn_numbers())
        log.info("the center runs", pages=self.address, agents=len(center.agents), queues=len(center.queues))

    async def stop(self) -> None:
        """Stop everything. Talks go on at the switch; every fact is kept."""
        self.engine.stop_serving()
        await self.web.stop()
        await self.switch.stop()
        await self.background.close()
        await self.outside.close()
        await self.recognition.stop()
        await self.customers.close()
        await self.prompts.close()
        await self.writer.stop()
        self.journal.close()
        self.users.close()
        await self.customers.close()
        await self.database.dispose()

    async def _watch_flows(self) -> None:
        await self.flow_service.watch()
        self._listen_if_wanted()

    def _listen_if_wanted(self) -> None:
        """Start the recogniser when a flow in force listens: it takes processes and memory."""
        if not self._listens and any(flow.listens for flow in self.library.flows.values()):
            self._listens = True
            self.background.spawn(self.recognition.start())

    async def _open_database(self) -> None:
        """Bring the tables up to date; wait for a database that is not there yet."""
        told = False
        while True:
            try:
                await migrate(self.database)
                return
            except OSError as failure:
                if not told:
                    log.error("the database can not be reached; trying again", why=str(failure))
                told = True
                await asyncio.sleep(2)

    # --- the center -----------------------------------------------------------------------------------

    async def _center_applied(self, center: Center) -> None:
        self.engine.acd.apply(center)
        self.engine.steering.applied()
        await self.switch.provision(self._phones(center))
        await self.flow_service.watch()
        self.background.spawn(self.flow_service.speak())  # what is heard in line may be new
        self.hub.publish("problems", {"type": "problems"})

    def _caller(self, call_id: str) -> tuple[str, str]:
        """The number and name of an open call's caller, as the call came with them."""
        state = self.engine.reception.calls.get(call_id)
        return (state.ani, state.caller_name) if state is not None else ("", "")

    def _mail_voicemail(self, fact: Fact) -> None:
        if fact.kind == "voicemail.left":  # his call may be over before the mail is written
            self.background.spawn(self.outside.mail_voicemail(fact, *self._caller(fact.call_id)))

    def _phones(self, center: Center) -> list[Phone]:
        return [
            Phone(a.extension, self.secrets.of(agent_id), a.name, a.webrtc)
            for agent_id, a in center.agents.items()
        ] + [
            Phone(extension, self.secrets.of(supervisor_key(name)), name)
            for name, extension in center.supervision.phones.items()
        ]

    def _reconcile(self) -> None:
        self.engine.reconcile()

    # --- what pages are shown -------------------------------------------------------------------------

    def _publish(self, topic: str, make: Callable[[], dict[str, Any]]) -> None:
        if self.hub.listened(topic):
            self.hub.publish(topic, make())

    def wallboard(self) -> dict[str, Any]:
        """The wallboard of this moment."""
        return wallboard(
            self.engine.acd,
            self.stats,
            now=self.clock.now(),
            switch_up=self.switch.up,
            views=self.engine.desk.views(),
            callbacks_open=self.stats.callbacks_open,
            callbacks_in_line=self.engine.callbacks.in_line,
        )

    def why_call(self, call_id: str) -> dict[str, Any] | None:
        """Why a caller in line waits."""
        return why_caller_waits(self.engine.acd, self.center.center, call_id, self.clock.now())

    def why_agent(self, agent_id: str) -> dict[str, Any] | None:
        """Why an agent has no call."""
        return why_agent_idles(self.engine.acd, self.center.center, agent_id, self.clock.now())

    def ratings(self) -> list[dict[str, Any]]:
        """How callers rated us today."""
        return self.stats.ratings()

    def ready(self) -> list[str]:
        """Why calls can not be taken now; empty when all is well."""
        reasons = []
        if not self.switch.up:
            why = self.switch.ami.last_error
            reasons.append(f"no link to Asterisk: {why}" if why else "no link to Asterisk")
        if self.writer.away:
            reasons.append("the database is away; facts gather in the spool")
        return reasons
