"""The door: every leg that knocks gets its story, new or taken up again.

A call whose leg is out of our hands (we were restarted, or the link to the switch broke) stays open here
without a story. It ends in one of three ways: the leg knocks again and the story goes on; the switch says
that the leg is gone; or the switch itself was restarted, and the caller is listed for a call-back.
"""

from __future__ import annotations

import asyncio

import structlog

from callcenter.acd.agents import AgentAtWork
from callcenter.calls.office import Office
from callcenter.calls.state import CallState, Stage
from callcenter.calls.story import SHORTEST_VOICEMAIL, CallStory
from callcenter.recording.service import seconds_of
from callcenter.storage.facts import Fact
from callcenter.telephony.events import LiveLeg, SwitchUp
from callcenter.telephony.legs import Gone, Leg, LegInfo
from callcenter.telephony.outgoing import LEG_PREFIX

log = structlog.get_logger(__name__)

#: how long a leg that knocks anew may wait for the story of its lost session to end, seconds
LAST_STORY_SECONDS = 10.0


class Reception:
    """All open calls."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self.calls: dict[str, CallState] = {}
        self._by_leg: dict[tuple[str, str], str] = {}
        self._told: dict[str, asyncio.Event] = {}  # stories under way, and what is set at their end
        self._booted: dict[str, float] = {}  # start of each switch, as last told

    # --- facts --------------------------------------------------------------------------------------

    def on_fact(self, fact: Fact) -> None:
        """Fold each fact into its call's state. Subscribed to the journal before anything else."""
        if not fact.call_id:
            return
        state = self.calls.get(fact.call_id)
        if state is None:
            if fact.kind not in ("call.offered", "callback.promised"):
                return  # of a call that has ended: its wrap-up, its recording
            state = self.calls[fact.call_id] = CallState(fact.call_id)
        if fact.kind == "callback.unanswered":
            self._by_leg.pop((state.node, state.leg_id), None)
        state.apply(fact)
        if fact.kind in ("call.offered", "call.dialed"):
            self._by_leg[(state.node, state.leg_id)] = state.call_id
        elif state.ended:
            del self.calls[state.call_id]
            if self._by_leg.get((state.node, state.leg_id)) == state.call_id:
                del self._by_leg[state.node, state.leg_id]

    def remember(self, state: CallState) -> None:
        """After a restart: a call that had not ended."""
        self.calls[state.call_id] = state
        if state.leg_id:
            self._by_leg[(state.node, state.leg_id)] = state.call_id

    def keep_left_behind(self) -> None:
        """After a restart, once all open calls are remembered: recordings of talks that had ended."""
        under_way = {c for c, s in self.calls.items() if s.stage in (Stage.QUEUE, Stage.TALK) or s.taken_by}
        for call_id in sorted(self._office.recorder.left_behind() - under_way):
            self._office.spawn(self._office.recorder.keep(call_id))

    def without_story(self) -> list[CallState]:
        """Open calls whose legs are out of our hands."""
        return [s for s in self.calls.values() if s.call_id not in self._told and not s.held]

    def talking(self) -> int:
        return sum(1 for s in self.calls.values() if s.stage is Stage.TALK)

    def answered(self, call_id: str, number: str) -> None:
        """A number answered that a caller may have been sent on to: he must not be sent there again."""
        state = self.calls.get(call_id)
        if state is not None and state.sent_to == number and not state.reached_at:
            self._office.journal.write("transfer.answered", call_id=call_id, number=number)

    # --- legs ---------------------------------------------------------------------------------------

    async def on_leg(self, leg: Leg) -> None:
        """A leg knocks."""
        info = leg.info
        office = self._office
        key = (info.node, info.leg_id)
        if self._by_leg.get(key) in self._told and not await self._last_story_over(key):
            log.error("a leg knocked anew, and its last story does not end", leg=info.leg_id)
            return  # it knocks again
        call_id = self._by_leg.get(key)
        if info.leg_id.startswith(LEG_PREFIX) and not self._is_wanted(info):
            await leg.hang_up()  # dialed for something that is over by now
            return
        rung: tuple[str, ...] = ()
        if call_id is None:
            call_id = office.ids.call_id(office.clock.now())
            office.journal.write(
                "call.offered",
                call_id=call_id,
                leg_id=info.leg_id,
                node=info.node,
                channel=info.channel,
                ani=info.ani,
                caller_name=info.caller_name,
                did=info.did,
            )
        elif self.calls[call_id].held:
            office.journal.write("call.answered", call_id=call_id, channel=info.channel)
        else:
            rung = self._welcome_back(self.calls[call_id])
        state = self.calls[call_id]
        over = self._told[call_id] = asyncio.Event()
        try:
            why = await CallStory(office, state, leg, rung).run()
        finally:
            del self._told[call_id]
            over.set()
        if why is Gone.SWITCH_LOST:
            log.info("leg out of our hands", call=call_id, stage=state.stage.value)
            self._let_go(state)

    def _is_wanted(self, info: LegInfo) -> bool:
        """Whether a leg that we dialed is still that of its call."""
        state = self.calls.get(self._by_leg.get((info.node, info.leg_id), ""))
        return state is not None and state.leg_id == info.leg_id

    async def _last_story_over(self, key: tuple[str, str]) -> bool:
        """A switch that lost a connection which seems alive to us knocks while the last story still has to
        learn of it: wait for its end. False when it takes too long."""
        try:
            async with asyncio.timeout(LAST_STORY_SECONDS):
                while (call_id := self._by_leg.get(key)) is not None and call_id in self._told:
                    await self._told[call_id].wait()
        except TimeoutError:
            return False
        return True

    def _welcome_back(self, state: CallState) -> tuple[str, ...]:
        """The leg of a known call knocks again: what went on without us is over. Returns the agents whose
        ring came to nothing; they are still reserved."""
        office, agent, rung = self._office, state.agent, state.rung
        office.journal.write("call.resumed", call_id=state.call_id, stage=state.stage.value)
        self._file_message(state)
        if state.taken_by:
            self._end_takeover(state, "supervisor")
        elif state.stage is Stage.TALK:
            office.acd.offers.talk_ended(state.call_id, agent, "agent")
            self._keep_recording(state)
        else:
            agents = office.acd.agents
            return tuple(a for a in rung if a in agents and agents[a].call_id == state.call_id)
        return ()

    def _let_go(self, state: CallState) -> None:
        if state.stage is Stage.QUEUE and not state.ended:
            self._office.acd.expect(
                state.call_id, state.queue, state.priority, state.since, state.entered, state.came_from
            )

    def _expect(self, state: CallState) -> None:
        self._office.acd.expect(
            state.call_id, state.queue, state.priority, state.since, state.entered, state.came_from
        )

    def close_elsewhere(self, node: str) -> None:
        """After a restart: calls at a switch that is not ours any more (it has another name by now) will
        never be heard of again."""
        for state in self.without_story():
            if state.node != node:
                log.warning("a call of a switch we no longer have is closed", call=state.call_id)
                self._close(state, cut=False)

    # --- the switch's picture -----------------------------------------------------------------------

    def resolve(self, picture: SwitchUp) -> None:
        """The link is there (again): find every call without a story in the switch's picture, and for those
        with one what was not told meanwhile."""
        self._booted[picture.node] = picture.booted_at
        for call_id in self._told:
            if (state := self.calls.get(call_id)) is not None and state.node == picture.node:
                self._catch_up(state, picture.legs)
        self._compare(picture.node, picture.legs, self.without_story())

    def look_again(self, node: str, legs: list[LiveLeg], asked_for: list[CallState]) -> None:
        """Time has passed: calls without a story may have ended, rung or begun to talk. `asked_for` were
        without one when the switch was asked: of later ones its answer says nothing."""
        self._compare(node, tuple(legs), [s for s in asked_for if s.call_id not in self._told])

    def _compare(self, node: str, legs: tuple[LiveLeg, ...], calls: list[CallState]) -> None:
        ids = {leg.leg_id for leg in legs}
        for state in calls:
            if state.node != node or state.ended:
                continue
            if state.leg_id not in ids:
                began = max(state.offered_at, state.reached_back_at)  # a call-back's leg is not its promise
                self._close(state, cut=self._booted.get(node, 0.0) > began)
            else:
                self._take_up(state, legs)

    def _take_up(self, state: CallState, legs: tuple[LiveLeg, ...]) -> None:
        """The caller's leg lives. Is he talking, is a phone ringing for him, or does he wait?"""
        acd = self._office.acd
        if self._talks_outside(state, legs):
            return
        rung = self._rung(state, legs)
        for agent, phone in rung:
            if phone is not None and phone.bridge:
                since = state.talk_since if state.stage is Stage.TALK else None
                acd.adoption.talk(state.call_id, agent.agent_id, state.queue, since)
                return
        if state.stage is Stage.QUEUE:
            rings = any(phone is not None for _, phone in rung)
            for agent, phone in rung:
                if phone is not None:
                    acd.adoption.ringing(state.call_id, agent.agent_id, state.queue)
                elif rings:  # else he is about to knock, and nobody behind him gets the agent
                    acd.offers.release_agent(agent.agent_id, state.call_id)
            if acd.ticket(state.call_id) is None and state.queue in acd.queues:
                acd.expect(
                    state.call_id, state.queue, state.priority, state.since, state.entered, state.came_from
                )

    def _catch_up(self, state: CallState, legs: tuple[LiveLeg, ...]) -> None:
        """His story goes on, but that a phone rang or was answered may have been told to nobody."""
        if self._talks_outside(state, legs):
            return
        for agent, phone in self._rung(state, legs):
            if phone is not None:
                self._office.acd.offers.ringing(state.call_id, agent.extension)
                if phone.bridge:
                    self._office.acd.offers.answered(state.call_id, agent.extension)

    def _talks_outside(self, state: CallState, legs: tuple[LiveLeg, ...]) -> bool:
        """Whether he talks to who he was sent on to."""
        talks = bool(state.sent_to) and any(leg.leg_id == state.leg_id and leg.bridge for leg in legs)
        if talks:
            self.answered(state.call_id, state.sent_to)
        return talks

    def _rung(self, state: CallState, legs: tuple[LiveLeg, ...]) -> list[tuple[AgentAtWork, LiveLeg | None]]:
        """The agents this call was given to, each with the leg of his phone if there is one."""
        theirs = {leg.phone: leg for leg in legs if leg.linked_id == state.leg_id and leg.phone}
        agents = (self._office.acd.agents.get(agent_id) for agent_id in state.rung)
        return [(agent, theirs.get(agent.extension)) for agent in agents if agent is not None]

    def _close(self, state: CallState, *, cut: bool) -> None:
        """The leg is gone, and nobody told us when it left."""
        office = self._office
        self._file_message(state)
        outcome = state.outcome()
        was = state.stage
        if state.taken_by:
            self._end_takeover(state, "switch" if cut else "caller")
        elif was is Stage.TALK:
            office.acd.offers.talk_ended(state.call_id, state.agent, "switch" if cut else "unknown")
            self._keep_recording(state)
        elif was is Stage.QUEUE:
            for agent_id in state.rung:
                office.acd.offers.release_agent(agent_id, state.call_id)
            if office.acd.ticket(state.call_id) is None:
                office.acd.expect(
                    state.call_id, state.queue, state.priority, state.since, state.entered, state.came_from
                )
            office.acd.leave(state.call_id, "cut" if cut else "abandoned")
        if cut and was is not Stage.AFTER:
            outcome = "cut"
            office.journal.write(
                "callback.wanted", call_id=state.call_id, ani=state.ani, queue=state.queue, why="cut"
            )
        office.journal.write("call.ended", call_id=state.call_id, outcome=outcome)

    def _end_takeover(self, state: CallState, ended_by: str) -> None:
        """A talk of a supervisor who took the caller over went on without us, and is over."""
        seconds = round(self._office.clock.now() - state.taken_at, 3)
        self._office.journal.write(
            "takeover.ended", call_id=state.call_id, agent=state.agent, by=state.taken_by,
            phone=state.taken_phone, seconds=seconds, ended_by=ended_by,
        )  # fmt: skip
        self._keep_recording(state)

    def _file_message(self, state: CallState) -> None:
        """The switch went on recording what he left us after the tone, though nobody here waited for it."""
        if not state.message:
            return
        _, path = self._office.voicemail_path(state.call_id, state.message_name)
        seconds = seconds_of(path)
        if seconds >= SHORTEST_VOICEMAIL:
            self._office.journal.write(
                "voicemail.left", call_id=state.call_id, **state.message, seconds=round(seconds, 1)
            )

    def _keep_recording(self, state: CallState) -> None:
        queue = self._office.acd.queues.get(state.queue)
        if queue is not None and queue.record:
            self._office.spawn(self._office.recorder.keep(state.call_id))
