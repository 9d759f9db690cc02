"""Supervisors with talks on Asterisk: their phones are originated into ChanSpy on the agent's channel.

Theory of operation
-------------------
* Each supervisor's channel has an id of our choice that begins with `monitor-`. An Originate whose answer was
  lost is never sent again: when the link is back, the living channels tell whether it came to something.
* **Modes** are switched by keys (ChanSpy's option d: 4 listen, 5 whisper, 6 barge), pretended by the manager.
  The supervisor may press them himself: in both cases the manager tells of the key, and only that counts.
* **The tone** comes from a Local channel that barges into the talk with nothing but a beep now and then.
* **Taking over** sends the supervisor's channel on to the application Bridge, which moves the caller's
  channel into a bridge with it. That one stays in its Dial, so that for its leg only the other side has
  changed; the agent's channel, left alone, is hung up. (The manager's own action Bridge would send the caller
  back into the dialplan afterwards.) ChanSpy lets go of the supervisor at the next sound that anybody sends:
  phones send all the time, but for those that are told to keep silence to themselves. If none comes in time
  his channel is hung up, so that he does not take over later, when nobody counts on it.
* A listening that nobody accounts for must not go on: channels of ours in ChanSpy that we do not know (those
  of a controller that died) are hung up.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from callcenter.asterisk.ami_client import AmiClient, AmiError, AmiNotConnected
from callcenter.asterisk.ami_codec import AmiMessage
from callcenter.telephony.events import LiveLeg
from callcenter.telephony.monitoring import (
    TONE_SECONDS,
    MonitorEnd,
    MonitorEnded,
    MonitorEvent,
    MonitorJoined,
    MonitorMode,
    MonitorModeChanged,
    MonitorOrder,
)

log = logging.getLogger(__name__)

PREFIX = "monitor-"
CONTEXT = "callcenter-monitor"
TAKE_SECONDS = 3.0
"""How long it may take until a supervisor who takes a caller over talks to him."""
LOOK_SECONDS = 0.05
"""How often it is looked whether he does."""

_KEY_OF = {MonitorMode.LISTEN: "4", MonitorMode.WHISPER: "5", MonitorMode.BARGE: "6"}
_MODE_OF = {key: mode for mode, key in _KEY_OF.items()}
_FIRST_MODE = {MonitorMode.LISTEN: "", MonitorMode.WHISPER: "w", MonitorMode.BARGE: "B"}
_RANG_IN_VAIN = ("3", "5")  # OriginateResponse: no answer, busy


@dataclass(slots=True)
class _Monitor:
    """One supervisor with one talk."""

    order: MonitorOrder
    talk_id: str  # the agent's channel, by its id
    joined: bool = False
    answered: bool = False  # his phone; the talk may be over by then
    gone: bool = False  # his channel


class Monitors:
    """All supervisors with talks on one Asterisk."""

    def __init__(self, ami: AmiClient, tell: Callable[[MonitorEvent], None]) -> None:
        self._ami = ami
        self._tell = tell
        self._open: dict[str, _Monitor] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # -- orders (each raises what AmiClient raises) ----------------------------------------------------------

    async def begin(self, order: MonitorOrder, caller: LiveLeg, talk: LiveLeg) -> bool:
        """Ring the supervisor's phone; `caller` and `talk` are the caller's leg and the agent's. False when
        Asterisk will not."""
        channel_id = PREFIX + order.monitor_id
        self._open[order.monitor_id] = _Monitor(order, talk.leg_id)
        exten, variables = "hold", {"CC_CALLER": caller.channel}
        if order.mode is not MonitorMode.HOLD:
            # q: no beep to the supervisor; u: by id; d: keys switch modes; E, S: ends with the talk
            exten = "listen"
            variables |= {"CC_TALK": talk.leg_id, "CC_SPY": f"qudES{_FIRST_MODE[order.mode]}"}
        try:
            answer = await self._ami.originate(
                f"PJSIP/{order.phone}", channel_id, context=CONTEXT, exten=exten, variables=variables,
                caller_id=f'"{order.shown}" <{order.agent_phone}>', ring_seconds=order.ring_seconds,
            )  # fmt: skip
        except AmiNotConnected:
            del self._open[order.monitor_id]
            raise
        if not answer.ok:
            del self._open[order.monitor_id]
        return answer.ok

    async def set_mode(self, monitor_id: str, mode: MonitorMode) -> bool:
        monitor = self._open.get(monitor_id)
        if monitor is None or not monitor.joined or mode not in _KEY_OF:
            return False
        if monitor.order.mode is MonitorMode.HOLD:
            return False
        pressed = {
            "Channel": PREFIX + monitor_id, "Digit": _KEY_OF[mode], "Duration": "100", "Receive": "true",
        }  # fmt: skip
        return (await self._ami.action("PlayDTMF", pressed)).ok

    async def end(self, monitor_id: str) -> bool:
        gone = {"Channel": PREFIX + monitor_id, "Cause": "16"}
        return (await self._ami.action("Hangup", gone)).ok

    async def take_over(self, monitor_id: str) -> bool:
        """Join the supervisor to the caller. False when one of them is gone."""
        monitor = self._open.get(monitor_id)
        if monitor is None or not monitor.joined:
            return False
        to = {"Channel": PREFIX + monitor_id, "Context": CONTEXT, "Exten": "take", "Priority": "1"}
        if not (await self._ami.action("Redirect", to)).ok:
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(TAKE_SECONDS):
                while monitor_id in self._open:
                    if await self._talks_to(monitor.order):
                        del self._open[monitor_id]  # from now on it is a talk like any other
                        self._hush(monitor)
                        return True
                    await asyncio.sleep(LOOK_SECONDS)
        await self.end(monitor_id)
        return False

    async def _talks_to(self, order: MonitorOrder) -> bool:
        """Whether the supervisor is in one bridge with the caller (events of bridges may be switched off)."""
        channels = await self._ami.list_action("CoreShowChannels")
        bridges = {channel.get("Uniqueid"): channel.get("BridgeId") for channel in channels}
        his = bridges.get(PREFIX + order.monitor_id)
        return bool(his) and his == bridges.get(order.leg_id)

    def order_of(self, monitor_id: str) -> MonitorOrder | None:
        monitor = self._open.get(monitor_id)
        return monitor.order if monitor is not None else None

    # -- what the manager tells ------------------------------------------------------------------------------

    def on_originate_response(self, event: AmiMessage) -> None:
        """His phone was answered, or rung in vain."""
        monitor = self._of(event.get("Uniqueid"))
        if monitor is None:
            return
        if event.get("Response") == "Success":
            monitor.answered = True
            if monitor.gone:  # told late: his channel has been and gone
                self._ends(monitor, MonitorEnd.ENDED)
            elif monitor.order.mode is MonitorMode.HOLD:
                self._joins(monitor)
            return
        vain = event.get("Reason") in _RANG_IN_VAIN
        self._ends(monitor, MonitorEnd.NO_ANSWER if vain else MonitorEnd.UNREACHABLE)

    def on_spy_start(self, event: AmiMessage) -> None:
        """He hears the talk."""
        monitor = self._of(event.get("SpyerUniqueid"))
        if monitor is not None:
            self._joins(monitor)

    def on_hangup(self, event: AmiMessage) -> None:
        """His channel is gone. One that he never answered is told of by `on_originate_response`; one that he
        answered after the talk was over never heard it."""
        monitor = self._of(event.get("Uniqueid"))
        if monitor is None:
            return
        monitor.gone = True
        if monitor.joined or monitor.answered:
            self._ends(monitor, MonitorEnd.ENDED)

    def on_key(self, channel_id: str, key: str) -> None:
        """A key was let go on his phone, or pretended by us."""
        monitor = self._of(channel_id)
        mode = _MODE_OF.get(key)
        if monitor is None or mode is None or not monitor.joined or monitor.order.mode is mode:
            return
        if monitor.order.mode is not MonitorMode.HOLD:
            monitor.order = replace(monitor.order, mode=mode)
            self._tell(MonitorModeChanged(monitor.order.monitor_id, mode))

    async def rebuilt(self, channels: Iterable[AmiMessage]) -> None:
        """The link is back: end what is gone, and hang up listeners nobody knows."""
        living = {c.get("Uniqueid"): c for c in channels if c.get("Uniqueid").startswith(PREFIX)}
        for monitor_id, monitor in list(self._open.items()):
            channel = living.pop(PREFIX + monitor_id, None)
            if channel is None:
                self._ends(
                    monitor, MonitorEnd.ENDED if monitor.joined or monitor.answered else MonitorEnd.NO_ANSWER
                )
            elif not monitor.joined and channel.get("ChannelStateDesc") == "Up":
                self._joins(monitor)
        for channel_id, channel in living.items():
            if channel.get("Application") == "ChanSpy":
                log.warning("a listener of a former controller is hung up: %s", channel.get("Channel"))
                await self._ami.action("Hangup", {"Channel": channel_id, "Cause": "16"})

    # -- inside ----------------------------------------------------------------------------------------------

    def _of(self, channel_id: str) -> _Monitor | None:
        return self._open.get(channel_id.removeprefix(PREFIX)) if channel_id.startswith(PREFIX) else None

    def _joins(self, monitor: _Monitor) -> None:
        if not monitor.joined:
            monitor.joined = True
            if monitor.order.tone:
                self._soon(self._sound(monitor))
            self._tell(MonitorJoined(monitor.order.monitor_id))

    def _ends(self, monitor: _Monitor, why: MonitorEnd) -> None:
        if self._open.pop(monitor.order.monitor_id, None) is not None:
            self._hush(monitor)
            self._tell(MonitorEnded(monitor.order.monitor_id, why))

    async def _sound(self, monitor: _Monitor) -> None:
        """Let caller and agent hear that they are listened to, until the talk ends or `_hush`."""
        tone_id = f"{PREFIX}{monitor.order.monitor_id}-tone"
        answer = await self._ami.originate(
            f"Local/tone@{CONTEXT}/n", tone_id, other_channel_id=f"{tone_id}-2",
            application="ChanSpy", data=f"{monitor.talk_id},quBES",
            variables={"CC_TONE_S": str(TONE_SECONDS)},
        )  # fmt: skip
        if not answer.ok:
            raise AmiError(answer.message)

    def _hush(self, monitor: _Monitor) -> None:
        if monitor.order.tone and monitor.joined:
            tone_id = f"{PREFIX}{monitor.order.monitor_id}-tone"
            self._soon(self._hang_up(tone_id))

    async def _hang_up(self, channel_id: str) -> None:
        await self._ami.action("Hangup", {"Channel": channel_id, "Cause": "16"})

    def _soon(self, work: Coroutine[None, None, None]) -> None:
        async def logged() -> None:
            try:
                await work
            except AmiError as error:
                log.warning("the tone of a listening supervisor: %s", error)

        task = asyncio.create_task(logged())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
