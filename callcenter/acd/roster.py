"""The roster: every agent's state, and the moves between states that have no call in them.

Only this module writes `agent.state` facts. Reserved, ringing and talking are not among them: those follow
from the call's own facts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from callcenter.acd.agents import ON_CALL, AgentAtWork, AgentState
from callcenter.center.model import Agent
from callcenter.storage.facts import Journal
from callcenter.telephony.clock import Clock
from callcenter.telephony.events import PhoneState

Told = Callable[[AgentAtWork], None]


class Roster:
    """The agents at work, by id and by phone."""

    def __init__(self, *, clock: Clock, journal: Journal, changed: Told, available: Told) -> None:
        """`changed` is told of every change that a screen shows; `available` when an agent's ability to take
        a call may have changed, either way. Both are called at once and must not wait."""
        self._clock = clock
        self._journal = journal
        self.changed = changed
        self._available = available
        self.agents: dict[str, AgentAtWork] = {}
        self._by_phone: dict[str, AgentAtWork] = {}

    # --- who is declared ----------------------------------------------------------------------------

    def apply(self, declared: dict[str, Agent]) -> list[AgentAtWork]:
        """Take over the declared agents. One who is gone leaves now, or after his call.

        Returns those who left.
        """
        for agent_id, d in declared.items():
            agent = self.agents.get(agent_id)
            if agent is None:
                self.agents[agent_id] = AgentAtWork(agent_id, d.name, d.extension, since=self._clock.now())
            else:
                agent.name, agent.deleted = d.name, False
                if agent.extension != d.extension:
                    agent.extension, agent.phone = d.extension, PhoneState.UNKNOWN
        left = []
        for agent in list(self.agents.values()):
            if agent.agent_id not in declared:
                agent.deleted = True
                if agent.state is AgentState.WRAP_UP:
                    self.end_wrap_up(agent)  # his draft goes on file
                    left.append(agent)
                elif agent.state not in ON_CALL:
                    self._forget(agent)
                    left.append(agent)
        self._by_phone = {a.extension: a for a in self.agents.values()}
        return left

    def of_phone(self, phone: str) -> AgentAtWork | None:
        return self._by_phone.get(phone)

    def on_call(self, agent_id: str, call_id: str) -> AgentAtWork | None:
        """The agent, if this call is his at this moment."""
        agent = self.agents.get(agent_id)
        if agent is not None and agent.call_id == call_id and agent.state in ON_CALL:
            return agent
        return None

    def _forget(self, agent: AgentAtWork) -> None:
        """He is no longer declared. On file he is signed out: if he is declared anew, nothing else holds."""
        self._stop_timer(agent)
        if agent.state is not AgentState.SIGNED_OUT:
            agent.state = AgentState.SIGNED_OUT
            self._journal.write("agent.state", agent=agent.agent_id, state="signed_out", reason="")
        self.agents.pop(agent.agent_id, None)
        self._by_phone.pop(agent.extension, None)
        self._available(agent)

    # --- states without a call ----------------------------------------------------------------------

    def enter(self, agent: AgentAtWork, state: AgentState, reason: str = "", by: str = "") -> None:
        """Put an agent who has no call into a state he may ask for. `by` is the supervisor who asked."""
        self._stop_timer(agent)
        if (agent.state, agent.reason) != (state, reason):
            agent.since = self._clock.now()
        agent.state, agent.reason, agent.until = state, reason, 0.0
        agent.next_state, agent.next_reason, agent.next_by = None, "", ""
        asked = {"by": by} if by else {}
        self._journal.write("agent.state", agent=agent.agent_id, state=state.value, reason=reason, **asked)
        self._available(agent)
        self.changed(agent)

    def wish(self, agent: AgentAtWork, state: AgentState | None, reason: str = "", by: str = "") -> None:
        """During a call or its wrap-up: what is to come after it. None takes it back."""
        agent.goes_next(state, reason, by)
        asked = {"by": by} if by else {}
        self._journal.write(
            "agent.next",
            call_id=agent.call_id,
            agent=agent.agent_id,
            state=state.value if state is not None else "",
            reason=reason,
            **asked,
        )
        self.changed(agent)

    def restore(self, agent: AgentAtWork, state: AgentState, reason: str, since: float) -> None:
        """After a restart: the state he was last known in, without a call."""
        agent.state, agent.reason, agent.since = state, reason, since
        self._available(agent)
        self.changed(agent)

    def phone_changed(self, phone: str, state: PhoneState) -> None:
        """The switch reports what a phone is doing."""
        agent = self._by_phone.get(phone)
        if agent is not None and agent.phone is not state:
            agent.phone = state
            self._available(agent)
            self.changed(agent)

    # --- a call comes and goes ----------------------------------------------------------------------

    def take(self, agent: AgentAtWork, state: AgentState, call_id: str, queue: str, since: float) -> None:
        """A call is his: reserved, ringing or talking."""
        self._stop_timer(agent)
        agent.state, agent.reason, agent.since, agent.until = state, "", since, 0.0
        agent.call_id, agent.queue = call_id, queue
        agent.talk_since = since if state is AgentState.TALKING else 0.0
        if state is AgentState.TALKING:
            agent.lease_until = 0.0
        self._available(agent)

    def drop_call(self, agent: AgentAtWork) -> None:
        """The call is no longer his: he goes where he asked to go during it, else ready."""
        self._clear_call(agent)
        state, reason, by = agent.next_state or AgentState.READY, agent.next_reason, agent.next_by
        if agent.deleted:
            self._forget(agent)
            return
        self.enter(agent, state, reason if state is AgentState.NOT_READY else "", by)

    def _clear_call(self, agent: AgentAtWork) -> None:
        agent.call_id, agent.queue, agent.pop, agent.note = "", "", None, ""
        agent.pop_shown = False
        agent.lease_until, agent.talk_since = 0.0, 0.0

    # --- wrap-up ------------------------------------------------------------------------------------

    def begin_wrap_up(self, agent: AgentAtWork, seconds: float) -> None:
        """The talk is over; `seconds` for what is to be written down. None at all for 0."""
        if seconds <= 0 or agent.deleted:
            self.drop_call(agent)
            return
        now = self._clock.now()
        agent.state, agent.reason, agent.since, agent.wrap_up_extensions = AgentState.WRAP_UP, "", now, 0
        agent.lease_until = 0.0
        self._set_wrap_up_end(agent, now + seconds)
        self._journal.write(
            "agent.state",
            call_id=agent.call_id,
            agent=agent.agent_id,
            state="wrap_up",
            reason="",
            until=agent.until,
        )
        self.changed(agent)

    def restore_wrap_up(self, agent: AgentAtWork, call_id: str, since: float, until: float) -> None:
        """After a restart: he was in wrap-up. One that is over by now ends at once."""
        agent.call_id, agent.state, agent.since = call_id, AgentState.WRAP_UP, since
        self._set_wrap_up_end(agent, until)
        self.changed(agent)

    def extend_wrap_up(self, agent: AgentAtWork, seconds: float) -> None:
        """More time, counted from the end that was set."""
        agent.wrap_up_extensions += 1
        self._set_wrap_up_end(agent, agent.until + seconds)
        self.changed(agent)

    def end_wrap_up(self, agent: AgentAtWork, disposition: str = "", note: str = "") -> None:
        """Wrap-up is over: with what the agent entered, or by the clock with his draft."""
        self._stop_timer(agent)
        self._journal.write(
            "wrap_up.ended",
            call_id=agent.call_id,
            agent=agent.agent_id,
            disposition=disposition,
            note=note or agent.note,
            seconds=round(self._clock.now() - agent.since, 3),
        )
        self.drop_call(agent)

    def _set_wrap_up_end(self, agent: AgentAtWork, until: float) -> None:
        self._stop_timer(agent)
        agent.until = until
        delay = max(0.0, until - self._clock.now())
        agent.timer = asyncio.get_running_loop().call_later(delay, self.end_wrap_up, agent)

    def _stop_timer(self, agent: AgentAtWork) -> None:
        if agent.timer is not None:
            agent.timer.cancel()
            agent.timer = None
