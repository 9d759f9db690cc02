"""One Asterisk as a `Switch`: legs knock by FastAGI; the rest is heard and steered by the manager (AMI).

The picture (which phones are registered or in use, which legs live) is rebuilt from Asterisk each time the
link comes up, and told whole as `SwitchUp`; from then on changes are told as they happen. Of a call's events
only DialState and DialEnd are used: they say that the phone rings and that it was answered.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from callcenter.asterisk.agi_server import AgiServer, AgiSession
from callcenter.asterisk.ami_client import (
    AmiClient,
    AmiConnectionLost,
    AmiError,
    AmiNotConnected,
    AmiTimeout,
)
from callcenter.asterisk.ami_codec import AmiMessage
from callcenter.asterisk.caller_name import whole_name
from callcenter.asterisk.leg import AsteriskLeg, leg_info
from callcenter.asterisk.monitoring import Monitors
from callcenter.asterisk.orders import OrderProgress
from callcenter.asterisk.outgoing import OutgoingCalls
from callcenter.asterisk.ownership import AnotherController, Ownership
from callcenter.asterisk.provision import RELOAD_MODULE, provision, render_phones
from callcenter.asterisk.speech import SpeechRest
from callcenter.telephony.clock import Clock
from callcenter.telephony.events import (
    LiveLeg,
    PhoneAnswered,
    PhoneRinging,
    PhoneState,
    PhoneStateChanged,
    PhoneStopped,
    SwitchDown,
    SwitchEvent,
    SwitchUp,
)
from callcenter.telephony.legs import LegGone
from callcenter.telephony.monitoring import MonitorMode, MonitorOrder
from callcenter.telephony.outgoing import CallOutOrder, CallOutResult
from callcenter.telephony.switch import EventHandler, LegHandler, OutcomeUnknown, Phone

log = logging.getLogger(__name__)
T = TypeVar("T")

#: Asterisk tells its start in whole seconds, rounded down. Counted from the end of that second, no leg of the
#: time before seems younger than the start and is taken for one whose caller merely left.
BOOT_ROUNDING_S = 1.0

#: after this time an order whose phone stopped to ring is known to go on, seconds
STOP_SETTLES_S = 0.2

_PHONE_STATES = {
    "UNKNOWN": PhoneState.UNKNOWN,
    "NOT_INUSE": PhoneState.IDLE,
    "INUSE": PhoneState.IN_USE,
    "BUSY": PhoneState.IN_USE,
    "ONHOLD": PhoneState.IN_USE,
    "RINGINUSE": PhoneState.IN_USE,
    "RINGING": PhoneState.RINGING,
    "UNAVAILABLE": PhoneState.UNREGISTERED,
    "INVALID": PhoneState.UNREGISTERED,
}
_PHONE_CHANNEL = re.compile(r"PJSIP/([0-9]{2,15})-[0-9a-f]+")


@dataclass(frozen=True)
class AsteriskAddress:
    """Where an Asterisk is, and where it finds us."""

    node: str
    ami_host: str
    ami_port: int
    ami_secret: str = field(repr=False)
    agents_file: Path
    """pjsip_agents.conf: where the agents' phones are written."""
    ami_user: str = "callcenter"
    agi_host: str = "127.0.0.1"
    agi_port: int = 4573
    trunk: str = ""
    """The endpoint for numbers outside; '' if there is none."""
    controller: str = ""
    """Our id, by which other controllers know that this Asterisk is ours; '' claims nothing."""


class AsteriskSwitch:
    """`Switch` over one Asterisk."""

    def __init__(self, address: AsteriskAddress, clock: Clock) -> None:
        self.address = address
        self._clock = clock
        self._on_leg: LegHandler | None = None
        self._on_event: EventHandler | None = None
        self._up = False
        self._task: asyncio.Task[None] | None = None
        self._booted_at = 0.0
        self._uptime_s = 0.0  # as Asterisk said when it was fully booted
        self._known: set[str] = set()  # extensions of the provisioned phones
        self._phones: dict[str, PhoneState] = {}  # the last state told of each device that may be a phone
        self._legs: dict[str, AsteriskLeg] = {}  # sessions under way, by leg id
        self._told_meanwhile: set[str] = set()  # devices whose state was told since a list was asked for
        self._orders: dict[str, OrderProgress] = {}  # by leg id
        self._talking: dict[str, str] = {}  # extension: its channel, from our own orders
        self._keys_told = False  # since the link came up
        self.speech_rest = SpeechRest()
        self._reload_wanted = False
        self._provisioning = asyncio.Lock()
        self.agi = AgiServer(address.agi_host, address.agi_port, self._knocked)
        self._outgoing = OutgoingCalls(lambda: self.ami)
        self.ami = AmiClient(
            address.ami_host,
            address.ami_port,
            address.ami_user,
            address.ami_secret,
            on_event={
                "FullyBooted": self._on_fully_booted,
                "DialState": self._on_dial_state,
                "DialEnd": self._on_dial_end,
                "DeviceStateChange": self._on_device_state,
                "DTMFBegin": self._on_key,
                "DTMFEnd": self._on_key,
                "OriginateResponse": self._on_originate_response,
                "ChanSpyStart": lambda event: self.monitors.on_spy_start(event),
                "Hangup": self._on_hangup,
            },
            on_up=self._rebuild,
            on_down=self._lost,
        )
        self.monitors = Monitors(self.ami, self._tell)
        self._ownership = Ownership(self.ami, address.controller, clock.now)
        self._owned = not address.controller
        self._wanted: Sequence[Phone] | None = None  # to be provisioned once this Asterisk is ours
        self._keeping: asyncio.Task[None] | None = None

    # -- Switch --------------------------------------------------------------------------------------------

    @property
    def node(self) -> str:
        return self.address.node

    @property
    def up(self) -> bool:
        return self._up

    def attach(self, on_leg: LegHandler, on_event: EventHandler) -> None:
        self._on_leg, self._on_event = on_leg, on_event

    async def start(self) -> None:
        """Raises OSError when the AGI port is taken. The link comes up by itself, now or later."""
        if self._on_leg is None:
            raise RuntimeError("attach first")
        await self.agi.start()
        self._task = asyncio.create_task(self.ami.run(), name=f"ami {self.node}")
        self._keeping = asyncio.create_task(self._ownership.keep(), name=f"claim on {self.node}")

    async def stop(self) -> None:
        self._up = False
        await self.agi.close()
        if self._keeping is not None:
            self._keeping.cancel()
            self._keeping = None
        if self._task is not None:
            if self._owned:
                await self._ownership.let_go()
            await self.ami.close()
            await self._task
            self._task = None

    async def provision(self, phones: Sequence[Phone]) -> None:
        """Raises PhoneRefused for a phone that cannot be written. Without a link Asterisk is told later."""
        async with self._provisioning:
            if self._owned:
                await provision(phones, self.address.agents_file, self._reload)
            else:
                render_phones(phones)  # what cannot be written is refused now, not when Asterisk is ours
                self._wanted = phones
            before, self._known = self._known, {phone.extension for phone in phones}
            for gone in sorted(before - self._known):
                self._phones.pop(gone, None)
                self._tell(PhoneStateChanged(gone, PhoneState.UNKNOWN))
            if self._up:
                await self._look_at_phones()

    async def live_legs(self) -> list[LiveLeg]:
        """Raises ConnectionError while the link is down."""
        channels = await self._sure(self.ami.list_action("CoreShowChannels"))
        return [self._live_leg(channel) for channel in channels]

    async def hang_up_phone(self, phone: str) -> bool:
        """Raises ConnectionError (nothing done) or OutcomeUnknown."""
        if (channel := self._talking.get(phone)) and await self.hang_up_leg(channel):
            return True
        ended = False
        for leg in await self.live_legs():
            if leg.phone == phone:
                ended = await self.hang_up_leg(leg.channel) or ended
        return ended

    async def hang_up_leg(self, channel: str) -> bool:
        """Raises ConnectionError (nothing done) or OutcomeUnknown."""
        if channel.startswith("/"):
            raise ValueError("a channel's name, not a pattern")
        answer = await self._sure(self.ami.action("Hangup", {"Channel": channel, "Cause": "16"}))
        return answer.ok

    async def call_out(self, order: CallOutOrder) -> CallOutResult:
        """See `Switch.call_out`."""
        return await self._outgoing.call(order, self.trunk_to(order.number))

    async def monitor(self, order: MonitorOrder) -> bool:
        for pause in (0.1, 0.4, 0.0):  # an answered phone is joined to the caller a moment later
            try:
                legs = await self.live_legs()
            except OutcomeUnknown as lost:  # we only looked: nothing is ordered yet
                raise ConnectionError(str(lost)) from lost
            talk = [leg for leg in legs if leg.linked_id == order.leg_id and leg.bridge]
            caller = next((leg for leg in talk if leg.leg_id == order.leg_id), None)
            agent = next((leg for leg in talk if leg.phone == order.agent_phone), None)
            if caller is not None and agent is not None and caller.bridge == agent.bridge:
                return await self._sure(self.monitors.begin(order, caller, agent))
            await asyncio.sleep(pause)
        return False

    async def set_monitor_mode(self, monitor_id: str, mode: MonitorMode) -> bool:
        return await self._sure(self.monitors.set_mode(monitor_id, mode))

    async def end_monitor(self, monitor_id: str) -> bool:
        return await self._sure(self.monitors.end(monitor_id))

    async def take_over(self, monitor_id: str) -> bool:
        order = self.monitors.order_of(monitor_id)
        if order is None or not await self._sure(self.monitors.take_over(monitor_id)):
            return False
        if (progress := self._orders.get(order.leg_id)) is not None:
            for phone in progress.phones:
                self._talking.pop(phone, None)
            progress.phones, progress.answered_by = (order.phone,), order.phone
        return True

    # -- what legs need ------------------------------------------------------------------------------------

    def now(self) -> float:
        return self._clock.now()

    @property
    def tells_keys(self) -> bool:
        return self._up and self._keys_told

    def order_begins(self, leg_id: str, call_id: str, phones: tuple[str, ...]) -> OrderProgress:
        progress = self._orders[leg_id] = OrderProgress(call_id, phones)
        return progress

    def trunk_to(self, number: str) -> str | None:
        return "" if number in self._known else self.address.trunk or None

    async def let_go(self, channel: str, key: str) -> None:
        with suppress(AmiError):  # then he does so himself, a little later
            pretend = {"Channel": channel, "Digit": key, "Duration": "100", "Receive": "true"}
            await self.ami.action("PlayDTMF", pretend, deadline=1.0)

    async def stop_playing(self, channel: str) -> None:
        with suppress(AmiError):  # then the key itself ends the prompt, when it is let go
            await self.ami.action("ControlPlayback", {"Channel": channel, "Control": "stop"}, deadline=1.0)

    async def _knocked(self, session: AgiSession) -> None:
        assert self._on_leg is not None
        session.env["agi_calleridname"] = await whole_name(session)
        leg = AsteriskLeg(session, leg_info(session.env, self.node), self)
        if (before := self._legs.get(leg.info.leg_id)) is not None:
            before.lost()
        self._legs[leg.info.leg_id] = leg
        self._outgoing.knocked(leg.info.leg_id)
        try:
            await self._on_leg(leg)
        except LegGone as gone:
            log.debug("the handler of leg %s ended with it: %s", leg.info.leg_id, gone)
        finally:
            if self._legs.get(leg.info.leg_id) is leg:
                del self._legs[leg.info.leg_id]
            if (progress := self._orders.pop(leg.info.leg_id, None)) is not None:
                for phone in progress.phones:
                    self._talking.pop(phone, None)

    # -- what the manager tells ----------------------------------------------------------------------------

    def _tell(self, event: SwitchEvent) -> None:
        if self._on_event is not None:
            self._on_event(event)

    def _on_fully_booted(self, event: AmiMessage) -> None:
        with suppress(ValueError):
            self._uptime_s = float(event.get("Uptime", "0"))

    def _on_key(self, event: AmiMessage) -> None:
        self._keys_told = True
        leg = self._legs.get(event.get("Uniqueid"))  # agents press keys as well
        if leg is None:
            if event.get("Event") == "DTMFEnd":
                self.monitors.on_key(event.get("Uniqueid"), event.get("Digit"))
            return
        if event.get("Event") == "DTMFBegin":
            leg.keys.begun(event.get("Digit"))
        else:
            leg.keys.ended(event.get("Digit"))

    def _on_originate_response(self, event: AmiMessage) -> None:
        self.monitors.on_originate_response(event)
        self._outgoing.handlers["OriginateResponse"](event)

    def _on_hangup(self, event: AmiMessage) -> None:
        self.monitors.on_hangup(event)
        self._outgoing.handlers["Hangup"](event)

    def _on_dial_state(self, event: AmiMessage) -> None:
        progress, phone = self._order_of(event)
        if progress is not None and event.get("DialStatus") == "RINGING":
            self._rings(progress, phone, event.get("DestChannel"))

    def _rings(self, progress: OrderProgress, phone: str, channel: str) -> None:
        self._talking[phone] = channel
        if phone not in progress.ringing:
            progress.ringing.add(phone)
            self._tell(PhoneRinging(progress.call_id, phone))

    def _on_dial_end(self, event: AmiMessage) -> None:
        progress, phone = self._order_of(event)
        if progress is None:
            return
        status = event.get("DialStatus")
        if status == "ANSWER":
            progress.answered_at, progress.answered_by = self._clock.now(), phone
            self._rings(progress, phone, event.get("DestChannel"))  # one that answers by itself did not yet
            self._tell(PhoneAnswered(progress.call_id, phone))
            return
        self._talking.pop(phone, None)
        if status == "BUSY":
            self._stopped(progress, phone, True)
        elif len(progress.phones) > 1:
            # CANCEL comes when another picked up and when the caller left, NOANSWER also when the time is up:
            # with the order's own end a moment later nothing is left to be told
            loop = asyncio.get_running_loop()
            loop.call_later(STOP_SETTLES_S, self._stopped, progress, phone, status != "CANCEL")

    def _stopped(self, progress: OrderProgress, phone: str, rejected: bool) -> None:
        told = phone in progress.stopped or progress.answered_at is not None
        if len(progress.phones) > 1 and not progress.over and not told:
            progress.stopped.add(phone)
            self._tell(PhoneStopped(progress.call_id, phone, rejected))

    def _order_of(self, event: AmiMessage) -> tuple[OrderProgress | None, str]:
        """The order a Dial event is about, and which of its phones."""
        progress = self._orders.get(event.get("Uniqueid"))
        if progress is None or progress.over:
            return None, ""
        if len(progress.phones) == 1:
            return progress, progress.phones[0]
        match = _PHONE_CHANNEL.fullmatch(event.get("DestChannel"))
        phone = match[1] if match else ""
        return (progress, phone) if phone in progress.phones else (None, "")

    def _on_device_state(self, event: AmiMessage) -> None:
        self._told_meanwhile.add(event.get("Device"))
        self._take_device_state(event)

    def _take_device_state(self, event: AmiMessage) -> None:
        extension = event.get("Device").removeprefix("PJSIP/")
        state = _PHONE_STATES.get(event.get("State"), PhoneState.UNKNOWN)
        if self._phones.get(extension) is state:
            return
        self._phones[extension] = state
        if self._up and extension in self._known:
            self._tell(PhoneStateChanged(extension, state))

    # -- the picture ---------------------------------------------------------------------------------------

    async def _rebuild(self) -> None:
        """Ask Asterisk for everything, then tell it whole."""
        await self._make_ours()
        if self._reload_wanted:
            self._reload_wanted = False
            await self._reload()
        answer = await self.ami.action("CoreStatus")
        booted_at = boot_time(answer, self._clock.now(), self._uptime_s)
        if booted_at != self._booted_at:
            await self._ask_phones()
            self._booted_at = booted_at
        self._phones.clear()
        await self._hear_phones()
        ours = list(self._legs.values())
        channels = await self.ami.list_action("CoreShowChannels")
        legs = tuple(self._live_leg(channel) for channel in channels)
        living = {leg.leg_id for leg in legs}
        for leg in ours:
            if leg.info.leg_id not in living:
                log.warning("leg %s is gone from %s; its session is closed", leg.info.leg_id, self.node)
                leg.lost()
        self._catch_up(legs)
        self._outgoing.resolve(living)
        self._up = True
        self._tell(SwitchUp(self.node, booted_at + BOOT_ROUNDING_S, legs, self._known_phones()))
        await self.monitors.rebuilt(channels)

    async def _make_ours(self) -> None:
        """Raises AnotherController: then the link is given up, and tried again later."""
        try:
            await self._ownership.claim()
        except AnotherController:
            self._owned = False
            raise
        self._owned = True
        if self._wanted is not None:
            wanted, self._wanted = self._wanted, None
            await provision(wanted, self.address.agents_file, self._reload)

    def _catch_up(self, legs: Sequence[LiveLeg]) -> None:
        """Orders under way: what the manager would have told of them while the link was down."""
        for leg_id, progress in self._orders.items():
            theirs = [leg for leg in legs if leg.linked_id == leg_id != leg.leg_id]
            for leg, phone in itertools.product(theirs, progress.phones):
                if self._is_at(leg, phone):
                    progress.ringing.add(phone)
                    self._talking[phone] = leg.channel
                    if leg.bridge and progress.answered_at is None:
                        progress.answered_at, progress.answered_by = self._clock.now(), phone

    async def _ask_phones(self) -> None:
        """Let Asterisk ask the phones it remembers, but has not asked yet, whether they are there.

        It keeps registrations over its restart, and of phones that are taken out and declared again; but it
        counts those phones as absent until it has asked them, which by itself it does only within
        `qualify_frequency`. The answers arrive as changes of state.
        """
        contacts = await self.ami.list_action("PJSIPShowContacts")
        unasked = {contact.get("Endpoint") for contact in contacts if contact.get("Status") == "NonQualified"}
        for phone in sorted(unasked & self._known):
            await self.ami.action("PJSIPQualify", {"Endpoint": phone})

    def _is_at(self, leg: LiveLeg, number: str) -> bool:
        """Whether a leg is the one that rings a phone, or a number behind our trunk."""
        trunk = self.address.trunk
        outside = bool(trunk) and number not in self._known and leg.channel.startswith(f"PJSIP/{trunk}-")
        return leg.phone == number or outside

    def _lost(self, why: str) -> None:
        self._outgoing.link_lost()
        self._keys_told = False
        for leg in self._legs.values():
            leg.keys.link_lost()
        if self._up:
            self._up = False
            log.warning("the link to %s is lost: %s", self.node, why)
            self._tell(SwitchDown(self.node))

    def _known_phones(self) -> dict[str, PhoneState]:
        return {phone: self._phones.get(phone, PhoneState.UNREGISTERED) for phone in sorted(self._known)}

    async def _hear_phones(self) -> None:
        """Take the phones' states from Asterisk's list; what is told meanwhile is newer than the list."""
        self._told_meanwhile.clear()
        for event in await self.ami.list_action("DeviceStateList"):
            if event.get("Device") not in self._told_meanwhile:
                self._take_device_state(event)

    async def _look_at_phones(self) -> None:
        """Tell what the phones are doing after the set of phones has changed."""
        with suppress(AmiError):  # a lost link is followed by the whole picture
            await self._ask_phones()
            await self._hear_phones()
            for phone, state in self._known_phones().items():  # each: a phone may be another agent's by now
                self._phones[phone] = state
                self._tell(PhoneStateChanged(phone, state))

    def _live_leg(self, channel: AmiMessage) -> LiveLeg:
        name = channel.get("Channel")
        match = _PHONE_CHANNEL.fullmatch(name)
        phone = match[1] if match and match[1] in self._known else ""
        return LiveLeg(channel.get("Uniqueid"), name, phone, channel.get("Linkedid"), channel.get("BridgeId"))

    async def _reload(self) -> None:
        """Let Asterisk read the phones. Reading twice does no harm: if it is not known whether it did, it is
        asked again with the next link."""
        try:
            answer = await self.ami.action("Reload", {"Module": RELOAD_MODULE})
        except (AmiNotConnected, AmiConnectionLost, AmiTimeout):
            self._reload_wanted = True
            return
        if not answer.ok:
            raise AmiError(f"Asterisk did not read the phones again: {answer.message}")

    async def _sure(self, action: Awaitable[T]) -> T:
        """Say in the port's words whether an action was carried out."""
        try:
            return await action
        except AmiNotConnected as error:
            raise ConnectionError(str(error)) from error
        except (AmiConnectionLost, AmiTimeout) as error:
            raise OutcomeUnknown(str(error)) from error


def boot_time(status: AmiMessage, now: float, uptime_s: float) -> float:
    """When Asterisk started, in seconds since the epoch: exactly the same at each look.

    Asterisk tells it in its own local time without saying which. The time zone, in quarters of an hour, comes
    from comparing it with the uptime. Raises ValueError if it tells no time at all.
    """
    said = f"{status.get('CoreStartupDate')} {status.get('CoreStartupTime')}"
    local = datetime.strptime(said, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    zone = round((local - (now - uptime_s)) / 900.0) * 900.0
    return local - zone
