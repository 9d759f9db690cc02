"""The roster: every agent's state, and the moves between states that have no call in them.

Only this module writes `agent.state` facts. Reserved, ringing and talking are not among them: those follow
from the call's own facts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from callcenter.acd import pauses
from callcenter.acd.agents import ON_CALL, AgentAtWork, AgentState
from callcenter.acd.workload import Workload
from callcenter.center.model import Agent, Reason
from callcenter.storage.facts import Journal
from callcenter.telephony.clock import Clock
from callcenter.telephony.events import PhoneState

Told = Callable[[AgentAtWork], None]

#: how long an agent stays ready without his phone (a restart, a new registration), seconds
PHONE_GRACE = 20.0
#: whose phone is back within this time is ready again by himself, seconds
PHONE_BACK = 600.0


class Roster:
    """The agents at work, by id and by phone."""

    def __init__(
        self, *, clock: Clock, journal: Journal, workload: Workload, changed: Told, available: Told
    ) -> None:
        """`changed` is told of every change that a screen shows; `available` when an agent's ability to take
        a call may have changed, either way. Both are called at once and must not wait."""
        self._clock = clock
        self._journal = journal
        self._workload = workload
        self._reasons: Mapping[str, Reason] = {}
        self.with_page: set[str] = set()  # agents who have a page of their desk open
        self.changed = changed
        self._available = available
        self.agents: dict[str, AgentAtWork] = {}
        self._by_phone: dict[str, AgentAtWork] = {}

    # --- who is declared ----------------------------------------------------------------------------

    def apply(self, declared: dict[str, Agent], reasons: Mapping[str, Reason]) -> list[AgentAtWork]:
        """Take over the declared agents. One who is gone leaves now, or after his call. `reasons` are the
        center's own for being not ready.

        Returns those who left.
        """
        self._reasons = reasons
        for agent_id, d in declared.items():
            agent = self.agents.get(agent_id)
            if agent is None:
                self.agents[agent_id] = AgentAtWork(agent_id, d.name, d.extension, since=self._clock.now())
            else:
                agent.name, agent.deleted = d.name, False
                if agent.extension != d.extension:
                    agent.extension, agent.phone = d.extension, PhoneState.UNKNOWN
                if agent.state in (AgentState.READY, AgentState.NOT_READY) and not agent.over_limit:
                    self._watch(agent)  # his phone or the limits may be others
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
        by_age = sorted(self.agents.values(), key=lambda a: not a.deleted)  # a successor wins
        self._by_phone = {a.extension: a for a in by_age}
        return left

    def of_phone(self, phone: str) -> AgentAtWork | None:
        return self._by_phone.get(phone)

    def on_call(self, agent_id: str, call_id: str) -> AgentAtWork | None:
        """The agent, if this call is his at this moment."""
        agent = self.agents.get(agent_id)
        if agent is not None and agent.call_id == call_id and agent.state in ON_CALL:
            return agent
        return None

    def away(self, reason: str) -> int:
        """How many agents are not ready for this reason, or will be after their calls."""
        not_ready = AgentState.NOT_READY
        return sum(
            (a.state, a.reason) == (not_ready, reason) or (a.next_state, a.next_reason) == (not_ready, reason)
            for a in self.agents.values()
        )

    def signed_in(self) -> int:
        """How many agents are signed in."""
        return sum(a.state is not AgentState.SIGNED_OUT for a in self.agents.values())

    def _forget(self, agent: AgentAtWork) -> None:
        """He is no longer declared. On file he is signed out: if he is declared anew, nothing else holds."""
        self._stop_timer(agent)
        if agent.state is not AgentState.SIGNED_OUT:
            agent.state = AgentState.SIGNED_OUT
            self._journal.write("agent.state", agent=agent.agent_id, state="signed_out", reason="")
        self.agents.pop(agent.agent_id, None)
        if self._by_phone.get(agent.extension) is agent:  # else his successor has the phone by now
            del self._by_phone[agent.extension]
        self._available(agent)

    # --- states without a call ----------------------------------------------------------------------

    def enter(
        self, agent: AgentAtWork, state: AgentState, reason: str = "", by: str = "", since: float = 0.0
    ) -> None:
        """Put an agent who has no call into a state he may ask for. `by` is the supervisor who asked; `since`
        is told when it counts as never left."""
        if (agent.state, agent.reason) != (state, reason):
            agent.since = since or self._clock.now()
        agent.state, agent.reason, agent.until = state, reason, 0.0
        agent.next_state, agent.next_reason, agent.next_by = None, "", ""
        agent.set_by, agent.set_at, agent.over_limit = by, self._clock.now(), False
        asked = {"by": by} if by else {}
        self._journal.write("agent.state", agent=agent.agent_id, state=state.value, reason=reason, **asked)
        self._watch(agent)
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

    def restore(self, agent: AgentAtWork, state: AgentState, reason: str, since: float, by: str = "") -> None:
        """After a restart: the state he was last known in, without a call."""
        agent.state, agent.reason, agent.since = state, reason, since
        agent.set_by, agent.set_at = by, since
        agent.over_limit = self._workload.over_limit(agent.agent_id)
        self._watch(agent)
        self._available(agent)
        self.changed(agent)

    # --- what the clock and the phone do to a state -------------------------------------------------

    def phone_changed(self, phone: str, state: PhoneState) -> None:
        """The switch reports what a phone is doing."""
        agent = self._by_phone.get(phone)
        if agent is None or agent.phone is state:
            return
        agent.phone = state
        agent.phone_lost_at = self._clock.now() if state is PhoneState.UNREGISTERED else 0.0
        if agent.state is AgentState.READY:
            self._watch(agent)
        self._available(agent)
        self.changed(agent)
        self.go_on(agent)

    def go_on(self, agent: AgentAtWork) -> None:
        """His phone or his page may be back: ready again, if nothing but that was lacking."""
        if agent.state is not AgentState.NOT_READY or agent.phone in (
            PhoneState.UNREGISTERED,
            PhoneState.UNKNOWN,
        ):
            return
        if agent.reason == "phone_unregistered":
            if self._clock.now() - agent.since <= PHONE_BACK:
                self.enter(agent, AgentState.READY)
        elif agent.over_limit and self._at_limit(agent) == "ready" and agent.agent_id in self.with_page:
            self.enter(agent, AgentState.READY)

    def _watch(self, agent: AgentAtWork) -> None:
        """Set the clock on what ends the present state: readiness without a phone, or a reason's time."""
        self._stop_timer(agent)
        agent.limit_at = self._limit_of(agent)
        if agent.state is AgentState.READY and not agent.reach():
            self._set_timer(agent, agent.phone_lost_at + PHONE_GRACE, self._phone_stayed_away)
        elif agent.limit_at and not agent.over_limit:
            self._set_timer(agent, agent.limit_at, self._limit_reached)

    def _phone_stayed_away(self, agent: AgentAtWork) -> None:
        self.enter(agent, AgentState.NOT_READY, "phone_unregistered")

    def _limit_of(self, agent: AgentAtWork) -> float:
        reason = self._reasons.get(agent.reason)
        if agent.state is not AgentState.NOT_READY or reason is None:
            return 0.0
        now = self._clock.now()
        return pauses.ends_at(
            reason,
            since=agent.set_at if agent.set_by else agent.since,
            now=now,
            used_today=self._workload.reason_today(agent.agent_id, agent.reason, now),
            by_supervisor=bool(agent.set_by),
        )

    def _at_limit(self, agent: AgentAtWork) -> str:
        reason = self._reasons.get(agent.reason)
        return reason.at_limit if reason is not None else ""

    def _limit_reached(self, agent: AgentAtWork) -> None:
        if self._limit_of(agent) > self._clock.now() + 0.5:
            self._watch(agent)  # midnight has passed: of the new day he has more left
            return
        agent.over_limit = True
        self._journal.write(
            "agent.over_limit", agent=agent.agent_id, reason=agent.reason, at_limit=self._at_limit(agent)
        )
        self.changed(agent)
        self.go_on(agent)

    # --- a call comes and goes ----------------------------------------------------------------------

    def take(self, agent: AgentAtWork, state: AgentState, call_id: str, queue: str, since: float) -> None:
        """A call is his: reserved, ringing or talking."""
        self._stop_timer(agent)
        if agent.state is AgentState.READY:
            agent.ready_since = agent.since
        agent.state, agent.reason, agent.since, agent.until = state, "", since, 0.0
        agent.limit_at, agent.over_limit = 0.0, False
        agent.call_id, agent.queue, agent.answered_elsewhere = call_id, queue, ""
        agent.talk_since = since if state is AgentState.TALKING else 0.0
        if state is AgentState.TALKING:
            agent.lease_until = 0.0
        self._available(agent)

    def missed(self, agent: AgentAtWork, reason: str, limit: int) -> None:
        """His phone did not answer a call, for this reason, which is counted by now: after `limit` misses in
        a row, or without a phone at all, he is not ready, unless he asked for something else."""
        if agent.next_state in (None, AgentState.READY):
            if not agent.reach():
                agent.goes_next(AgentState.NOT_READY, "phone_unregistered")
            elif self._workload.missed_in_a_row(agent.agent_id) >= limit:
                agent.goes_next(AgentState.NOT_READY, reason)
        self.drop_call(agent)

    def drop_call(self, agent: AgentAtWork) -> None:
        """The call is no longer his: he goes where he asked to go during it, else ready. One whose phone did
        not even ring has his turn as before."""
        turn = agent.ready_since if agent.state is AgentState.RESERVED else 0.0
        self._clear_call(agent)
        state, reason, by = agent.next_state or AgentState.READY, agent.next_reason, agent.next_by
        if agent.deleted:
            self._forget(agent)
            return
        if state is not AgentState.READY:
            turn = 0.0
        self.enter(agent, state, reason if state is AgentState.NOT_READY else "", by, turn)

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
        self._tell_wrap_up(agent)

    def restore_wrap_up(
        self, agent: AgentAtWork, call_id: str, queue: str, since: float, until: float, extensions: int
    ) -> None:
        """After a restart: he was in wrap-up. One that is over by now ends at once."""
        agent.call_id, agent.queue, agent.state, agent.since = call_id, queue, AgentState.WRAP_UP, since
        agent.wrap_up_extensions = extensions
        self._set_wrap_up_end(agent, until)
        self.changed(agent)

    def extend_wrap_up(self, agent: AgentAtWork, seconds: float) -> None:
        """More time, counted from the end that was set."""
        agent.wrap_up_extensions += 1
        self._set_wrap_up_end(agent, agent.until + seconds)
        self._tell_wrap_up(agent)

    def _tell_wrap_up(self, agent: AgentAtWork) -> None:
        self._journal.write(
            "agent.state",
            call_id=agent.call_id,
            agent=agent.agent_id,
            state="wrap_up",
            reason="",
            until=agent.until,
            queue=agent.queue,
            since=agent.since,
            extensions=agent.wrap_up_extensions,
        )
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
        agent.until = until
        self._set_timer(agent, until, self.end_wrap_up)

    def _set_timer(self, agent: AgentAtWork, at: float, then: Told) -> None:
        self._stop_timer(agent)
        agent.timer = asyncio.get_running_loop().call_later(max(0.0, at - self._clock.now()), then, agent)

    def _stop_timer(self, agent: AgentAtWork) -> None:
        if agent.timer is not None:
            agent.timer.cancel()
            agent.timer = None
