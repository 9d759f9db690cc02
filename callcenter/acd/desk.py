"""The agent's desk: what an agent (or his supervisor) may ask of the distributor, and what he is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from callcenter.acd import pauses
from callcenter.acd.agents import ASKABLE, ON_CALL, AgentAtWork, AgentState
from callcenter.acd.service import Distributor
from callcenter.center.model import Center, WrapUp
from callcenter.storage.facts import Journal
from callcenter.telephony.clock import Clock
from callcenter.telephony.refusal import Refused

#: how long a desk may be away (a reload, a lost network) before its agent gets no more calls, seconds
DESK_GRACE = 60.0
NOTE_LIMIT = 4000
#: how long a phone's ringing may be held back until the caller stands on the agent's screen, seconds
SHOWN_PATIENCE = 0.5


class Desk:
    """Implements the web server's `AgentDesk` port."""

    def __init__(
        self,
        distributor: Distributor,
        *,
        center: Callable[[], Center],
        clock: Clock,
        journal: Journal,
        hang_up_phone: Callable[[str], Awaitable[bool]],
        today: Callable[[str], dict[str, Any]],
    ) -> None:
        """`today` gives an agent's figures of the day."""
        self._acd = distributor
        self._center = center
        self._clock = clock
        self._journal = journal
        self._hang_up_phone = hang_up_phone
        self._today = today
        self._leaving: dict[str, asyncio.TimerHandle] = {}
        self._showing: dict[str, asyncio.Future[None]] = {}  # by agent

    def view(self, agent_id: str) -> dict[str, Any]:
        """The agent's state with his call's screen pop."""
        agent = self._agent(agent_id)
        return agent_view(agent, self._today(agent_id), self._wrap_up_rule(agent))

    def views(self) -> list[dict[str, Any]]:
        """Every agent, without calls."""
        return [
            agent_view(a, self._today(a.agent_id), self._wrap_up_rule(a), call=False)
            for a in sorted(self._acd.agents.values(), key=lambda a: a.extension)
        ]

    def set_state(self, agent_id: str, state: str, reason: str = "", by: str = "") -> dict[str, Any]:
        """Ready, not ready with one of the center's own reasons, or signed out. During a call it comes into
        force after it. `by` is the supervisor who asks; '' for the agent himself."""
        agent = self._agent(agent_id)
        if state not in ASKABLE:
            raise Refused("state_unknown", f"No such state: {state[:40]}", "没有这个状态", field="state")
        wanted = AgentState(state)
        if wanted is AgentState.NOT_READY:
            if reason not in self._center().not_ready_reasons:
                raise Refused(
                    "not_ready_reason_unknown",
                    "Choose why you are not ready",
                    "请选择示忙原因",
                    field="reason",
                )
        else:
            reason = ""
        if not by and (agent.state, agent.reason) == (wanted, reason):
            return self.view(agent_id)
        if not by:
            self._ask_limits(agent, wanted, reason)
        if wanted is AgentState.READY and not agent.reach() and agent.state not in ON_CALL:
            raise Refused(
                "phone_unregistered",
                f"Phone {agent.extension} is not registered: start it, then go ready",
                f"话机 {agent.extension} 未注册，请先启动话机再示闲",
                field="state",
            )
        if agent.state is AgentState.WRAP_UP and wanted is AgentState.READY:
            agent.goes_next(wanted, by=by)
            self._acd.roster.end_wrap_up(agent)
        elif agent.state in (*ON_CALL, AgentState.WRAP_UP):
            self._acd.roster.wish(agent, wanted, reason, by)
        else:
            self._acd.roster.enter(agent, wanted, reason, by)
        return self.view(agent_id)

    def _ask_limits(self, agent: AgentAtWork, wanted: AgentState, reason: str) -> None:
        """Raises Refused when what the agent himself asks for needs a supervisor. Signing out never does."""
        reasons = self._center().not_ready_reasons
        over = reasons.get(agent.reason) if agent.over_limit else None
        if over is not None and over.at_limit == "ask" and wanted is not AgentState.SIGNED_OUT:
            pauses.refuse_to_go_on(over)
        if wanted is AgentState.NOT_READY and (agent.next_state, agent.next_reason) != (wanted, reason):
            pauses.refuse(
                reasons[reason],
                used_today=self._acd.workload.reason_today(agent.agent_id, reason, self._clock.now()),
                away=self._acd.roster.away(reason),
                signed_in=self._acd.roster.signed_in(),
            )

    async def hang_up(self, agent_id: str) -> dict[str, Any]:
        """End the agent's talk."""
        agent = self._agent(agent_id)
        if agent.state is not AgentState.TALKING or not await self._hang_up_phone(agent.extension):
            raise Refused("not_talking", "There is no talk to end", "当前没有通话")
        return self.view(agent_id)

    def finish_wrap_up(self, agent_id: str, call_id: str, disposition: str, note: str) -> dict[str, Any]:
        """Wrap-up is done, with what came of the call."""
        agent = self._agent(agent_id)
        if agent.state is not AgentState.WRAP_UP or agent.call_id != call_id:
            raise Refused("not_in_wrap_up", "This call is not in wrap-up any more", "该通话已不在话后处理中")
        if disposition and disposition not in self._center().dispositions:
            raise Refused(
                "disposition_unknown", "No such disposition", "没有这个处理结果", field="disposition"
            )
        self._acd.roster.end_wrap_up(agent, disposition, note[:NOTE_LIMIT])
        return self.view(agent_id)

    def extend_wrap_up(self, agent_id: str) -> dict[str, Any]:
        """More time for wrap-up."""
        agent = self._agent(agent_id)
        if agent.state is not AgentState.WRAP_UP:
            raise Refused("not_in_wrap_up", "There is no wrap-up to extend", "当前不在话后处理中")
        rule = self._wrap_up_rule(agent)
        if agent.wrap_up_extensions >= rule.extensions:
            raise Refused("no_more_time", "Wrap-up can not be extended again", "话后处理时间已不能再延长")
        self._acd.roster.extend_wrap_up(agent, rule.extend_seconds)
        return self.view(agent_id)

    def _wrap_up_rule(self, agent: AgentAtWork) -> WrapUp:
        queue = self._acd.queues.get(agent.queue)
        return queue.wrap_up_rule() if queue is not None else WrapUp()

    def save_note(self, agent_id: str, call_id: str, note: str) -> None:
        """Keep a draft of the note; it goes on file when wrap-up ends, even by the clock."""
        agent = self._agent(agent_id)
        if agent.call_id != call_id:
            raise Refused("not_your_call", "This call is not yours now", "该通话当前不属于您")
        agent.note = note[:NOTE_LIMIT]

    def pop_shown(self, agent_id: str, call_id: str) -> None:
        """A browser reports that the screen pop stands on the screen; only the first report counts."""
        agent = self._acd.agents.get(agent_id)
        if agent is None or agent.call_id != call_id or agent.pop is None or agent.pop_shown:
            return
        agent.pop_shown = True
        delay = (self._clock.now() - agent.pop["assigned_at"]) * 1000
        self._journal.write("pop.shown", call_id=call_id, agent=agent_id, delay_ms=round(delay, 1))
        if (showing := self._showing.get(agent_id)) is not None and not showing.done():
            showing.set_result(None)

    async def until_shown(self, agent_id: str) -> None:
        """Wait until the screen pop just sent stands on the agent's screen: not at all when he has no page
        open, and never longer than `SHOWN_PATIENCE`."""
        if agent_id not in self._acd.roster.with_page:
            return
        showing = self._showing[agent_id] = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait([showing], timeout=SHOWN_PATIENCE)
        finally:
            if self._showing.get(agent_id) is showing:
                del self._showing[agent_id]

    def second_place(self) -> str:
        """What becomes of an agent who signs in at a second place: `take_over` or `refuse`."""
        return self._center().sign_in

    def took_over(self, agent_id: str, user: str, address: str) -> None:
        """The agent went on at another place."""
        self._journal.write("agent.took_over", agent=agent_id, user=user, address=address)

    def desk_opened(self, agent_id: str) -> None:
        """A page of the agent's desk is connected."""
        self._acd.roster.with_page.add(agent_id)
        self._stay(agent_id)
        agent = self._acd.agents.get(agent_id)
        if agent is None:
            return
        if agent.next_state is not None and agent.next_reason == "desk_closed":
            self._acd.roster.wish(agent, None)
        if agent.reason != "phone_unregistered":
            self._acd.roster.go_on(agent)

    def _stay(self, agent_id: str) -> None:
        timer = self._leaving.pop(agent_id, None)
        if timer is not None:
            timer.cancel()

    def desk_closed(self, agent_id: str) -> None:
        """The last page of the desk is gone: after a while the agent gets no more calls."""
        self._acd.roster.with_page.discard(agent_id)
        self._stay(agent_id)
        loop = asyncio.get_running_loop()
        self._leaving[agent_id] = loop.call_later(DESK_GRACE, self._desk_left, agent_id)

    def _desk_left(self, agent_id: str) -> None:
        self._leaving.pop(agent_id, None)
        agent = self._acd.agents.get(agent_id)
        if agent is None or agent.state is AgentState.SIGNED_OUT:
            return
        if agent.state is AgentState.NOT_READY and agent.reason != "phone_unregistered":
            return
        if agent.state in (
            AgentState.READY,
            AgentState.NOT_READY,
        ):  # he is not to come back with his phone alone
            self._acd.roster.enter(agent, AgentState.NOT_READY, "desk_closed")
        elif agent.next_state in (None, AgentState.READY):  # what else he asked for stands
            self._acd.roster.wish(agent, AgentState.NOT_READY, "desk_closed")

    def _agent(self, agent_id: str) -> AgentAtWork:
        agent = self._acd.agents.get(agent_id)
        if agent is None:
            raise Refused("agent_unknown", "No such agent", "没有这个坐席", status=404)
        return agent


def agent_view(
    agent: AgentAtWork, today: dict[str, Any], rule: WrapUp, *, call: bool = True
) -> dict[str, Any]:
    """`AgentView` of docs/contracts.md."""
    view: dict[str, Any] = {
        "id": agent.agent_id,
        "name": agent.name,
        "extension": agent.extension,
        "state": agent.state.value,
        "reason": agent.reason,
        "since": agent.since,
        "until": agent.until or None,
        "next_state": agent.next_state.value if agent.next_state else "",
        "next_reason": agent.next_reason,
        "phone": agent.phone.value,
        "call_id": agent.call_id,
        "queue": agent.queue,
        "answered_elsewhere": agent.answered_elsewhere,
        "limit_at": agent.limit_at or None,
        "over_limit": agent.over_limit,
        "wrap_up_extensions": agent.wrap_up_extensions,
        "wrap_up_extensions_left": max(0, rule.extensions - agent.wrap_up_extensions),
        "wrap_up_extend_seconds": rule.extend_seconds,
        "today": today,
    }
    if call:
        pop = agent.pop
        view["call"] = {**pop, "note": agent.note} if pop is not None else None
    return view
