"""Supervisors with talks: who listens to whom, who takes a caller over. Each act is journaled with who."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from callcenter.acd.agents import AgentState
from callcenter.acd.service import Distributor
from callcenter.calls.state import CallState, Stage
from callcenter.center.model import Center
from callcenter.storage.facts import Journal
from callcenter.telephony.clock import Clock
from callcenter.telephony.events import PhoneState
from callcenter.telephony.monitoring import (
    MonitorEnd,
    MonitorEnded,
    MonitorEvent,
    MonitorJoined,
    MonitorMode,
    MonitorModeChanged,
    MonitorOrder,
)
from callcenter.telephony.refusal import Refused
from callcenter.telephony.switch import OutcomeUnknown, Switch

log = structlog.get_logger(__name__)
T = TypeVar("T")

#: how long a supervisor's own phone rings, seconds
RING_SECONDS = 20.0
#: so long after that it is taken as lost what became of it, seconds
LOST_SECONDS = 10.0
_BUSY = (PhoneState.IN_USE, PhoneState.RINGING)


@dataclass(slots=True)
class Session:
    """One supervisor with one talk."""

    monitor_id: str
    by: str
    phone: str
    call_id: str
    agent: str
    mode: MonitorMode
    tone: bool
    asked_at: float
    joined_at: float = 0.0  # 0 while his phone rings
    to_take_over: bool = False  # as soon as he answers
    taking_over: bool = False


class Supervision:
    """All methods that change something raise Refused when it cannot be done."""

    def __init__(
        self,
        acd: Distributor,
        switch: Switch,
        *,
        center: Callable[[], Center],
        calls: Mapping[str, CallState],
        clock: Clock,
        journal: Journal,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        """`calls` are the open calls by id."""
        self._acd = acd
        self._switch = switch
        self._center = center
        self._calls = calls
        self._clock = clock
        self._journal = journal
        self._spawn = spawn
        self._sessions: dict[str, Session] = {}  # by monitor id
        self._numbers = itertools.count(1)

    # --- what a supervisor asks -----------------------------------------------------------------------

    async def monitor(self, agent_id: str, mode: str, *, by: str, phone: str = "") -> dict[str, Any]:
        """Listen to an agent's talk, whisper to him, or barge in, from `phone`; who is with the talk already
        changes the mode. Returns `Monitor`."""
        wanted = self._mode(mode)
        setting = self._center().supervision.listen
        if setting == "off":
            raise Refused(
                "listening_off", "Listening to talks is switched off in this center", "本中心已关闭监听"
            )
        session = self._of(by)
        if session is not None and session.agent == agent_id and session.joined_at:
            if not await self._ask(self._switch.set_monitor_mode(session.monitor_id, wanted)):
                raise _over()
            return self._view(session)
        return self._view(await self._ring(agent_id, wanted, by, phone, tone=setting == "tone"))

    async def stop(self, *, by: str) -> None:
        """Leave the talk. A caller who was taken over is hung up with his phone, not by this."""
        session = self._of(by)
        if session is None:
            raise Refused("not_monitoring", "You are with no talk", "您当前没有监听")
        await self._ask(self._switch.end_monitor(session.monitor_id))

    async def take_over(self, agent_id: str, *, by: str, phone: str = "") -> dict[str, Any]:
        """Talk with the caller in the agent's place, who is released into his wrap-up. Who is not with the
        talk yet is rung first, and takes over as he answers."""
        session = self._of(by)
        if session is not None and session.agent == agent_id and session.joined_at:
            if not await self._take(session):
                raise Refused(
                    "take_over_failed", "The caller could not be taken over; try again",
                    "未能接管来电，请重试",
                )  # fmt: skip
            return self._view(session)
        session = await self._ring(agent_id, MonitorMode.HOLD, by, phone, tone=False)
        session.to_take_over = True
        return self._view(session)

    def views(self) -> list[dict[str, Any]]:
        """`Monitor` of each supervisor who is with a talk, is rung for one, or has taken a caller over."""
        taken = [
            {
                "by": state.taken_by, "agent": state.agent, "call_id": state.call_id,
                "phone": state.taken_phone, "mode": "taken_over", "state": "joined", "since": state.taken_at,
            }
            for state in self._calls.values() if state.taken_by
        ]  # fmt: skip
        return [*(self._view(session) for session in self._sessions.values()), *taken]

    def phone_of(self, user: str, agent_id: str) -> str:
        """A supervisor's own phone: as the center declares it, or that of the agent he is; '' for none."""
        declared = self._center().supervision.phones.get(user)
        agent = self._acd.agents.get(agent_id) if agent_id else None
        return declared or (agent.extension if agent is not None else "")

    # --- what the switch tells ------------------------------------------------------------------------

    def on_event(self, event: MonitorEvent) -> None:
        """What became of a supervisor's phone."""
        session = self._sessions.get(event.monitor_id)
        if session is None:
            return
        match event:
            case MonitorJoined():
                session.joined_at = self._clock.now()
                self._write("monitor.started", session, mode=session.mode.value, tone=session.tone)
                if session.to_take_over:
                    self._spawn(self._take_or_leave(session))
            case MonitorModeChanged(_, mode):
                session.mode = mode
                self._write("monitor.mode", session, mode=mode.value)
            case MonitorEnded(_, why):
                if not session.taking_over:
                    self._end(session, why.value)

    def recover(self) -> None:
        """After a restart: the switch ends every listening that we do not know; the journal learns of it."""
        for state in list(self._calls.values()):
            for by, known in list(state.monitors.items()):
                self._journal.write(
                    "monitor.ended", call_id=state.call_id, agent=known["agent"], by=by, why="restart",
                    seconds=round(max(0.0, self._clock.now() - known["at"]), 1),
                )  # fmt: skip

    def look_again(self) -> None:
        """To be called every second or two: a supervisor of whose phone nothing was told in all the time that
        it may ring is free to try again."""
        if not self._switch.up:
            return  # what became of it is told when the link is back
        late = self._clock.now() - RING_SECONDS - LOST_SECONDS
        for session in [s for s in self._sessions.values() if not s.joined_at and s.asked_at < late]:
            log.error("nothing was told of a supervisor's phone", call=session.call_id, by=session.by)
            self._end(session, MonitorEnd.NO_ANSWER.value)
            self._spawn(self._let_go(session))

    # --- inside ---------------------------------------------------------------------------------------

    async def _ring(self, agent_id: str, mode: MonitorMode, by: str, phone: str, *, tone: bool) -> Session:
        agent = self._acd.agents.get(agent_id)
        state = self._calls.get(agent.call_id) if agent is not None else None
        if agent is None:
            raise Refused("agent_unknown", "No such agent", "没有这个坐席", status=404)
        if agent.state is not AgentState.TALKING or state is None or state.stage is not Stage.TALK:
            raise Refused("not_talking", f"{agent.name} is in no talk", f"{agent.name} 当前没有通话")
        if self._of(by) is not None:
            raise Refused("monitoring_already", "You are with another talk", "您正在监听另一通话")
        self._check_phone(phone, agent.extension)
        session = Session(
            f"{int(self._clock.now() * 1000)}-{next(self._numbers)}", by, phone, agent.call_id, agent_id,
            mode, tone, self._clock.now(),
        )  # fmt: skip
        self._sessions[session.monitor_id] = session
        order = MonitorOrder(
            session.monitor_id, phone, agent.extension, state.leg_id, mode, RING_SECONDS,
            shown=_shown(agent.name), tone=tone,
        )  # fmt: skip
        try:
            rung = await self._ask(self._switch.monitor(order), unknown=True)
        except Refused:
            self._sessions.pop(session.monitor_id, None)
            raise
        if not rung:
            self._sessions.pop(session.monitor_id, None)
            raise _over()
        return session

    def _check_phone(self, phone: str, agents_phone: str) -> None:
        if not phone:
            raise Refused(
                "no_phone", "You have no phone: give an extension, or declare one under supervision.phones",
                "您没有话机：请填写分机，或在 supervision.phones 中声明", field="phone",
            )  # fmt: skip
        known = {agent.extension for agent in self._acd.agents.values()}
        if phone not in known | set(self._center().supervision.phones.values()):
            raise Refused("phone_unknown", f"There is no phone {phone}", f"没有话机 {phone}", field="phone")
        own = self._acd.roster.of_phone(phone)
        if phone == agents_phone or (own is not None and own.phone in _BUSY):
            raise Refused("phone_busy", f"Phone {phone} is in use", f"话机 {phone} 正在使用", field="phone")
        if own is not None and not own.reach():
            raise Refused(
                "phone_unregistered",
                f"Phone {phone} is not registered",
                f"话机 {phone} 未注册",
                field="phone",
            )

    async def _take(self, session: Session) -> bool:
        """Join the caller to him. The agent's talk is over with it."""
        session.taking_over = True
        try:
            taken = await self._ask(self._switch.take_over(session.monitor_id))
        finally:
            session.taking_over = False
        if session.monitor_id not in self._sessions:
            return False
        state = self._calls.get(session.call_id)
        if not taken or state is None or state.stage is not Stage.TALK:
            self._end(session, MonitorEnd.ENDED.value)
            return False
        self._end(session, "took_over")
        self._write("takeover.started", session)
        self._acd.offers.talk_ended(session.call_id, session.agent, "supervisor")
        return True

    async def _take_or_leave(self, session: Session) -> None:
        try:
            if not await self._take(session):
                log.warning("a caller could not be taken over", call=session.call_id, by=session.by)
                await self._ask(self._switch.end_monitor(session.monitor_id))
        except Refused as refused:
            log.warning("a caller could not be taken over", call=session.call_id, why=str(refused))

    async def _let_go(self, session: Session) -> None:
        """Nobody listens who is not accounted for."""
        try:
            await self._ask(self._switch.end_monitor(session.monitor_id))
        except Refused as refused:
            log.warning("a supervisor's phone could not be hung up", by=session.by, why=str(refused))

    def _end(self, session: Session, why: str) -> None:
        if self._sessions.pop(session.monitor_id, None) is not None:
            since = session.joined_at or self._clock.now()
            self._write("monitor.ended", session, why=why, seconds=round(self._clock.now() - since, 1))

    def _write(self, kind: str, session: Session, **data: Any) -> None:
        self._journal.write(
            kind, call_id=session.call_id, agent=session.agent, by=session.by, phone=session.phone, **data
        )

    def _of(self, by: str) -> Session | None:
        return next((s for s in self._sessions.values() if s.by == by), None)

    @staticmethod
    def _mode(mode: str) -> MonitorMode:
        if mode not in ("listen", "whisper", "barge"):
            raise Refused("mode_unknown", f"No such mode: {mode[:40]}", "没有这种监听方式", field="mode")
        return MonitorMode(mode)

    async def _ask(self, work: Awaitable[T], *, unknown: T | None = None) -> T:
        """Ask the switch. `unknown` stands for an order whose answer was lost: events will tell."""
        try:
            return await work
        except OutcomeUnknown as lost:
            if unknown is not None:
                return unknown
            raise _switch_away() from lost
        except (ConnectionError, TimeoutError) as lost:
            raise _switch_away() from lost

    def _view(self, session: Session) -> dict[str, Any]:
        return {
            "by": session.by,
            "agent": session.agent,
            "call_id": session.call_id,
            "phone": session.phone,
            "mode": session.mode.value,
            "state": "joined" if session.joined_at else "ringing",
            "since": session.joined_at or session.asked_at,
        }


def _shown(name: str) -> str:
    """A name fit for a phone's display: nothing that quotes or breaks lines."""
    return "".join(sign for sign in name if sign.isprintable() and sign not in '"<>\\;')[:40]


def _over() -> Refused:
    return Refused("talk_over", "This talk is over", "该通话已结束")


def _switch_away() -> Refused:
    return Refused("switch_away", "The telephone switch cannot be reached", "无法连接电话交换机", status=503)
