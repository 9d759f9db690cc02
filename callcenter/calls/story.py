"""The story of one call, told from top to bottom: answer, run the flow, wait in line, talk, end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog

from callcenter.acd.strategy import OUTBOUND, VOICE
from callcenter.acd.tickets import Assignment, Place, Ticket
from callcenter.calls.callback_story import CANCEL_KEY, greeting
from callcenter.calls.office import Office
from callcenter.calls.pop import screen_pop
from callcenter.calls.state import CallState, Stage
from callcenter.calls.surroundings import Around, frames_of, node_type, over_meanwhile
from callcenter.calls.waiting import InLine
from callcenter.calls.wants import wants_of
from callcenter.center.model import LANGUAGES, Queue
from callcenter.ivr.interpreter import FlowRun
from callcenter.ivr.runner import run_flow
from callcenter.ivr.steps import (
    EnterQueue,
    Fetch,
    Fetched,
    PromiseCallback,
    Promised,
    QueueEnded,
    Record,
    Recorded,
    SendMessage,
    Sent,
    TakeVoicemail,
    Transfer,
    Transferred,
    Utterance,
    labelled,
)
from callcenter.speech import phrases
from callcenter.telephony.legs import (
    Connected,
    ConnectOrder,
    ConnectResult,
    Gone,
    Leg,
    LegGone,
    Prompt,
    TransferOrder,
)
from callcenter.telephony.refusal import Refused

log = structlog.get_logger(__name__)

#: a message shorter than this is somebody who hung up at the tone, seconds
SHORTEST_VOICEMAIL = 1.0


class CallStory:
    """One call with its leg. `state` is folded from the facts this story causes.

    It is also what a flow asks for beyond the leg (`ivr.runner.Services`): queue, messages, other systems.
    """

    def __init__(self, office: Office, state: CallState, leg: Leg, rung: tuple[str, ...] = ()) -> None:
        """`rung`: agents still reserved for him whose ring came to nothing without us. They are free once he
        is in line again, and not for those behind him."""
        self._office = office
        self._journal = office.journal
        self.state = state
        self.leg = leg
        self._rung = rung
        self._brief: asyncio.Task[dict[str, Any]] | None = None
        self._kept: asyncio.Event | None = None  # set when the recording of the last talk is on file

    async def run(self) -> Gone | None:
        """Tell it to its end. Returns why the leg left, None when we ended it.

        `Gone.SWITCH_LOST` means that the call may go on at the switch: its end is not written.
        """
        try:
            await self._tell()
        except LegGone as gone:
            if gone.why is Gone.SWITCH_LOST:
                return Gone.SWITCH_LOST
            self._end("caller")
            return gone.why
        except Exception:
            log.exception("the story of a call failed", call=self.state.call_id)
            if self.state.failures == 0:
                self.state.failures += 1
                raise  # the leg knocks again, and the story goes on where it was
            self._end("flow")
            await self.leg.hang_up()
            return None
        finally:
            self._free_rung()
            if self._brief is not None:
                self._brief.cancel()
        self._end("flow")
        await self.leg.hang_up()
        return None

    def _free_rung(self) -> None:
        rung, self._rung = self._rung, ()
        for agent_id in rung:
            self._office.acd.offers.release_agent(agent_id, self.state.call_id)

    def _settle(self, by: str = "unknown") -> None:
        """Leave nothing of this call in the line or with an agent. `by`: who ended a talk under way."""
        state, office = self.state, self._office
        if state.stage is Stage.TALK:
            queue = office.acd.queues.get(state.queue)
            office.acd.offers.talk_ended(state.call_id, state.agent, by)
            if queue is not None and queue.record:
                self._keep_recording()
        office.acd.leave(state.call_id, "abandoned")

    def _end_takeover(self, ended_by: str) -> None:
        """The talk of the supervisor who took the caller over is over."""
        state = self.state
        seconds = round(self._office.clock.now() - state.taken_at, 3)
        self._fact(
            "takeover.ended", by=state.taken_by, phone=state.taken_phone, seconds=seconds, ended_by=ended_by
        )

    def _keep_recording(self) -> None:
        kept = self._kept = asyncio.Event()

        async def keep() -> None:
            try:
                await self._office.recorder.keep(self.state.call_id)
            finally:
                kept.set()

        self._office.spawn(keep())

    def _end(self, by: str) -> None:
        """`by`: who ended the call, `caller` or `flow`."""
        self._settle()
        self._journal.write("call.ended", call_id=self.state.call_id, outcome=self.state.outcome(), by=by)

    async def _tell(self) -> None:
        state, office = self.state, self._office
        taken = office.acd.ticket(state.call_id) if state.offer == "callback" else None
        if taken is not None:  # he had chosen it, and the controller died before it was promised
            await self._promise_callback(taken, office.acd.queues[taken.queue])
        if state.callback:
            await self._call_back()
            return
        center = office.center()
        number = next((n for n in center.numbers if n.did == state.did), None)
        flow_id = state.flow or (number.flow if number is not None else "")
        flow = office.flows.get(flow_id)
        self._look_up_caller()
        await self.leg.answer()
        frames = frames_of(state.places, flow, office.flows.flows) if flow is not None else []
        for _ in state.places[len(frames) :] if frames else ():  # called flows that are no longer there
            self._fact("ivr.returned", flow=frames[-1].flow.id, values={})
        meanwhile = over_meanwhile(state)
        if state.sent_to and state.reached_at:
            seconds = round(office.clock.now() - state.reached_at, 1)
            self._fact("transfer.ended", number=state.sent_to, result="talked", seconds=seconds)
        if meanwhile is not None and (not frames or node_type(frames[-1]) != meanwhile[0]):
            return  # the flow was changed: nothing more is planned for him
        if flow is None:
            await self._refuse("flow_missing" if flow_id else "unknown_number")
            return
        customer = await self.customer(state.ani)
        # what he chose in a call before counts, unless the number he dialed has a language of its own
        known = str((customer or {}).get("language") or "")
        preferred = known if known in LANGUAGES else ""
        run = FlowRun(
            flow,
            Around(office, office.flows.flows),
            language=state.language or (number.language or "" if number is not None else "") or preferred,
            caller={"number": state.ani, "name": state.caller_name},
            facts={"id": state.call_id, "did": state.did},
            customer=customer,
            path=state.path,
        )
        await run_flow(
            run,
            self.leg,
            prompts=office.prompts,
            fact=self._fact,
            services=self,
            frames=frames,
            meanwhile=None if meanwhile is None else meanwhile[1],
        )

    async def _call_back(self) -> None:
        """Who is called back hears who calls, and is joined at once to the agent who waits for him."""
        office, state = self._office, self.state
        self._look_up_caller()
        await self.leg.answer()
        if state.served:
            return  # his talk went on without us and is over
        if not state.resumed:
            hello = Prompt(await office.prompts.path(greeting(office.center(), state.language)))
            if await self.leg.play([hello], CANCEL_KEY) == CANCEL_KEY:
                self._fact("callback.cancelled", by="customer")
                office.acd.leave(state.call_id, "cancelled")
                await self._speak(phrases.NO_CALL_BACK)
                return
        if over_meanwhile(state) is not None:
            how = state.offer
        else:
            how = (await self.wait_in_line(EnterQueue("", state.queue))).how
        if how == "callback":
            await self._speak(phrases.CALL_BACK_NOTED)
        elif how == "voicemail":
            await self._speak(phrases.MESSAGE_KEPT)
        elif how != "served":
            self._fact("callback.wanted", ani=state.ani, queue=state.queue, why=how)
            await self._speak(phrases.WAITED_TOO_LONG)

    async def _speak(self, phrase: phrases.Phrase) -> None:
        language = "en" if self.state.language == "en" else "zh-CN"
        await self._say((Utterance(phrases.text(phrase, language), language=language),))

    def _fact(self, kind: str, **data: Any) -> None:
        self._journal.write(kind, call_id=self.state.call_id, **data)

    async def _refuse(self, why: str) -> None:
        self._fact("call.refused", reason=why)
        language = self._office.center().default_language
        words = phrases.UNKNOWN_NUMBER if why == "unknown_number" else phrases.TROUBLE_GOODBYE
        await self._say((Utterance(phrases.text(words, language), language=language),))

    async def _say(self, utterances: tuple[Utterance, ...]) -> None:
        prompts = self._office.prompts
        await self.leg.play([Prompt(await prompts.path(u)) for u in utterances])

    # --- waiting ------------------------------------------------------------------------------------

    async def wait_in_line(self, step: EnterQueue) -> QueueEnded:
        """Wait for an agent and talk."""
        office, state = self._office, self.state
        # after a restart, and an overflow before it, he waits in another queue than the flow's
        name = state.queue if state.stage is Stage.QUEUE and step.queue in state.came_from else step.queue
        if name not in office.acd.queues:
            name = step.queue  # that other one is gone
        if name not in office.acd.queues or office.acd.queues[name].channel not in (VOICE, OUTBOUND):
            return QueueEnded("failed")
        self._look_up_caller()
        known = await self._known()
        remembered = office.acd.queues[name].last_agent
        talked_since = office.clock.now() - (remembered.within_days * 86_400 if remembered else 0)
        wants = wants_of(step, known, talked_since)
        if state.callback:
            wants = replace(wants, place=Place(state.priority, state.since), called_back=True)
        else:
            callable = any(c.isdigit() for c in state.ani)
            wants = replace(wants, place=office.callbacks.take_over(state, name), callable=callable)
        ticket = office.acd.enter(state.call_id, name, wants)
        self._free_rung()
        try:
            line = InLine(
                office, state, self.leg,
                connect=lambda given: self._connect(given, step),
                promise_callback=self._promise_callback, take_message=self.take_voicemail,
            )  # fmt: skip
            return await line.until_served(ticket, step.max_wait_seconds)
        except LegGone as left:
            if left.why is not Gone.SWITCH_LOST:
                self._settle("caller")
            raise
        except Exception:
            self._settle()  # our own fault must not hold an agent while the caller hears the apology
            await self.leg.music(None)
            raise

    async def _known(self) -> Mapping[str, Any]:
        """What the customer directory tells of the caller, in time for his place in line."""
        try:
            return await asyncio.shield(self._brief) if self._brief is not None else {}
        except Exception:
            log.exception("the caller could not be looked up", call=self.state.call_id)
            return {}

    async def _promise_callback(self, ticket: Ticket, queue: Queue) -> None:
        """The caller asked to be called back instead of waiting on: his place is kept. With a number that is
        not called by itself he is listed for people to see to it."""
        if not self._office.callbacks.promise_place(self.state, ticket, "offer_callback"):
            self._office.acd.leave(ticket.call_id, "offer_callback")
            self._fact("callback.wanted", ani=self.state.ani, queue=ticket.queue, why="requested")

    # --- talking ------------------------------------------------------------------------------------

    def _still_there(self, connected: Connected) -> None:
        """After a talk nothing more is asked of a caller who ended it. Raises LegGone."""
        if connected.caller_left:
            raise LegGone(self.leg.gone or Gone.HANGUP)

    async def _connect(self, assignment: Assignment, step: EnterQueue) -> Connected:
        office, state = self._office, self.state
        queue = office.acd.queues[assignment.queue]
        await self._pop(assignment)
        if self._kept is not None:
            await self._kept.wait()  # a second talk in the same call has tracks of the same names
        order = ConnectOrder(
            phone=assignment.phone,
            also=tuple(phone for _, phone in assignment.also),
            ring_seconds=assignment.ring_seconds,
            call_id=state.call_id,
            caller_name=state.caller_name,
            music=queue.music,
            record=office.recorder.tracks(state.call_id) if queue.record else None,
            whisper=await self._whisper(step),
        )
        try:
            connected = await self.leg.connect(order)
        except LegGone as gone:
            if gone.why is not Gone.SWITCH_LOST and queue.record and state.stage is not Stage.TALK:
                office.recorder.discard(state.call_id)
            raise
        if connected.result is ConnectResult.TALKED and state.taken_by:
            self._end_takeover("caller" if connected.caller_left else "supervisor")
            if queue.record:
                self._keep_recording()
            self._still_there(connected)
        elif connected.result is ConnectResult.TALKED:
            if state.stage is not Stage.TALK:  # nobody told us
                office.acd.offers.answered(state.call_id, connected.phone or assignment.phone)
            by = "caller" if connected.caller_left else "agent"
            office.acd.offers.talk_ended(state.call_id, state.agent, by, connected.talk_seconds)
            if queue.record:
                self._keep_recording()
            self._still_there(connected)
        elif queue.record:
            office.recorder.discard(state.call_id)
        return connected

    async def _whisper(self, step: EnterQueue) -> Prompt | None:
        """What the agent hears first. Without it he is called all the same."""
        try:
            return Prompt(await self._office.prompts.path(step.whisper[0])) if step.whisper else None
        except Exception:
            log.exception("a whisper could not be made", call=self.state.call_id)
            return None

    async def _pop(self, assignment: Assignment) -> None:
        """Show the agent who calls, before his phone rings; or each of them whose phones will."""
        office = self._office
        if office.acd.offers.shows(assignment):
            return  # a call-back: he has had it before the customer was dialed
        brief: dict[str, Any] = {}
        if self._brief is not None:
            try:
                brief = await self._brief  # the directory has its own deadline
            except Exception:
                log.exception("the caller could not be looked up", call=self.state.call_id)
        call_id = self.state.call_id
        for agent_id, _ in assignment.rung:
            pop = screen_pop(self.state, assignment, brief, office.center())
            office.acd.offers.attach_pop(agent_id, call_id, pop)
            office.show_pop(agent_id, pop)
            self._journal.write("pop.sent", call_id=call_id, agent=agent_id)
        await asyncio.gather(*(office.pop_seen(agent_id) for agent_id, _ in assignment.rung))

    def _look_up_caller(self) -> None:
        """When the call comes, so that the database has answered by the time an agent is found; and again
        when the caller gets in line (now at hand), as former calls may have been filed meanwhile."""
        if self._brief is None or self._brief.done():
            try:
                self._brief = asyncio.ensure_future(self._office.brief(self.state.ani))
            except Exception:  # a pop with little on it is better than a call that fails
                log.exception("the caller could not be looked up", call=self.state.call_id)

    # --- what else a flow asks for --------------------------------------------------------------------

    async def take_voicemail(self, step: TakeVoicemail) -> None:
        """Record a message for a mailbox."""
        office, call_id = self._office, self.state.call_id
        relative, path = office.voicemail_path(call_id, self.state.message_name)
        message = {"box": step.box, "path": relative, "language": step.language}
        self._fact("voicemail.begun", **message)
        seconds = await self.leg.record(path, step.max_seconds)
        if seconds >= SHORTEST_VOICEMAIL:
            self._fact("voicemail.left", **message, seconds=round(seconds, 1))

    async def record(self, step: Record) -> Recorded:
        """Record what the caller says, beside the recording of the talk."""
        relative, path = self._office.voicemail_path(self.state.call_id, f"said-{step.name}")
        seconds = await self.leg.record(path, step.max_seconds)
        if seconds < SHORTEST_VOICEMAIL:
            return Recorded("", 0.0)
        label = labelled(step.label)
        self._fact("ivr.recorded", name=step.name, path=relative, seconds=round(seconds, 1), **label)
        return Recorded(relative, seconds)

    async def promise_callback(self, step: PromiseCallback) -> Promised:
        """Keep the caller's place in a queue; one he has had in it in this call counts."""
        state = self.state
        queue = state.queue if step.queue in state.came_from else step.queue  # where he waited last
        place = Place(state.priority, state.since) if state.since and state.queue == queue else None
        try:
            self._office.callbacks.promise_in(state, step.number, queue, place, step.not_before)
        except Refused as refused:
            log.info("no call-back in place", call=state.call_id, why=refused.code)
            return Promised(refused.code == "already_promised")  # that one will be made
        return Promised(True)

    async def transfer(self, step: Transfer) -> Transferred:
        """Send the caller on."""
        state = self.state
        self._fact("transfer.started", number=step.number)
        done = await self.leg.transfer(TransferOrder(step.number, step.ring_seconds, state.call_id))
        self._fact("transfer.ended", number=step.number, result=done.result.value, seconds=done.talk_seconds)
        self._still_there(done)
        return Transferred(done.result.value)

    async def customer(self, number: str) -> Mapping[str, Any] | None:
        """Who calls, or whose number was keyed in. The directory has its own deadline."""
        try:
            if number == self.state.ani and self._brief is not None:
                brief = await asyncio.shield(self._brief)
            else:
                brief = await self._office.brief(number)
        except Exception:
            log.exception("the customer could not be looked up", call=self.state.call_id)
            return None
        known: Mapping[str, Any] | None = brief.get("customer")
        return known

    async def fetch(self, step: Fetch) -> Fetched:
        return await self._office.outside.fetch(step)

    async def send(self, step: SendMessage) -> Sent:
        return await self._office.outside.send(step)
