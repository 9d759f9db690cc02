"""The wait in each queue as it is now, learnt from the facts as they are written: anybody may ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from callcenter.acd.estimate import AT_ONCE, QueueHistory
from callcenter.storage.facts import Fact
from callcenter.telephony.clock import Clock

#: the facts that teach
KINDS = (
    "queue.entered", "queue.assigned", "queue.returned", "queue.left", "talk.started", "agent.state",
)  # fmt: skip
_AT_WORK = ("ready", "wrap_up")  # states without a call of their own in which an agent works


@dataclass(slots=True)
class _Agent:
    """An agent at work, and the queues he counts in."""

    queues: Sequence[str]
    queue: str = ""  # whose call he is on
    given_at: float = 0.0
    answered: bool = False


@dataclass(slots=True)
class _Caller:
    queue: str
    since: float
    waited: bool = False  # before he was given to the agent he has now


class WaitEstimates:
    """A `QueueHistory` for each queue. Feed it with every fact."""

    def __init__(self, clock: Clock, serves: Callable[[str], Sequence[str]]) -> None:
        """`serves` tells the queues an agent serves."""
        self._clock = clock
        self._serves = serves
        self._queues: dict[str, QueueHistory] = {}
        self._agents: dict[str, _Agent] = {}
        self._callers: dict[str, _Caller] = {}

    # --- asking ---------------------------------------------------------------------------------------

    def wait(self, queue: str, position: int) -> float | None:
        """Seconds until the caller at this position of the line (1 is next) talks with an agent. None while
        too little is known, or when nobody works."""
        history = self.history(queue)
        seconds = history.by_queue_length(position)
        return None if seconds is None else seconds + history.answer_seconds()

    def history(self, queue: str) -> QueueHistory:
        """What is known of a queue at this moment."""
        history = self._queues.get(queue)
        if history is None:
            history = self._queues[queue] = QueueHistory(self._clock.now())
        history.advance(self._clock.now())
        return history

    # --- learning -------------------------------------------------------------------------------------

    def prime(self, facts: Iterable[Fact]) -> None:
        """Before any is heard: learn from earlier facts of `KINDS`, in order. Who is at work is told then."""
        for fact in facts:
            self.on_fact(fact)

    def staff_changed(self, at_work: Iterable[str]) -> None:
        """Agents or their skills were changed; these are at work."""
        now, known = self._clock.now(), dict(self._agents)
        for agent_id in known:
            self._stops(agent_id, now)
        for agent_id in at_work:
            self._works(agent_id, now)
            before = known.get(agent_id)
            if before is not None and before.queue:
                agent = self._agents[agent_id]
                agent.given_at, agent.answered = before.given_at, before.answered
                self._takes(agent, before.queue, now)

    def on_fact(self, fact: Fact) -> None:
        """A listener for the journal."""
        learn = _LEARN.get(fact.kind)
        if learn is not None:
            learn(self, fact)

    def _history(self, queue: str, at: float) -> QueueHistory:
        history = self._queues.get(queue)
        if history is None:
            history = self._queues[queue] = QueueHistory(at)
        return history

    def _entered(self, fact: Fact) -> None:
        self._left(fact)  # another queue, without a word
        queue = str(fact.data.get("queue"))
        self._callers[fact.call_id] = _Caller(queue, fact.at)
        self._history(queue, fact.at).enters(fact.at, fact.call_id)

    def _left(self, fact: Fact) -> None:
        caller = self._callers.pop(fact.call_id, None)
        if caller is not None:
            self._history(caller.queue, fact.at).leaves(fact.at, fact.call_id)

    def _assigned(self, fact: Fact) -> None:
        caller = self._callers.get(fact.call_id)
        queue = str(fact.data.get("queue"))
        if caller is not None:
            caller.waited = fact.at - caller.since > AT_ONCE
        self._history(queue, fact.at).given(fact.at, fact.call_id)
        for agent_id in (fact.agent, *fact.data.get("also", ())):
            if (agent := self._agents.get(agent_id)) is not None:
                agent.given_at, agent.answered = fact.at, False
                self._takes(agent, queue, fact.at)

    def _returned(self, fact: Fact) -> None:
        caller, agent = self._callers.get(fact.call_id), self._agents.get(fact.agent)
        if caller is not None:
            self._history(caller.queue, fact.at).returns(fact.at, fact.call_id, caller.since, caller.waited)
        if agent is not None:
            agent.answered = False

    def _answered(self, fact: Fact) -> None:
        self._callers.pop(fact.call_id, None)
        agent = self._agents.get(fact.agent)
        if agent is not None and agent.queue and not agent.answered:
            agent.answered = True
            self._history(agent.queue, fact.at).answered(fact.at, fact.at - agent.given_at)

    def _state(self, fact: Fact) -> None:
        state = fact.data.get("state")
        agent = self._agents.get(fact.agent)
        if agent is not None and agent.queue and state != "wrap_up":
            self._done(agent, fact.at)
        if state not in _AT_WORK:
            self._stops(fact.agent, fact.at)
        elif agent is None:
            self._works(fact.agent, fact.at)

    def _works(self, agent_id: str, at: float) -> None:
        queues = tuple(self._serves(agent_id))
        self._agents[agent_id] = _Agent(queues)
        for queue in queues:
            self._history(queue, at).staff(at, 1, 0)

    def _stops(self, agent_id: str, at: float) -> None:
        agent = self._agents.pop(agent_id, None)
        if agent is not None:
            for queue in agent.queues:
                self._history(queue, at).staff(at, -1, -1 if agent.queue else 0)

    def _takes(self, agent: _Agent, queue: str, at: float) -> None:
        if not agent.queue:
            for served in agent.queues:
                self._history(served, at).staff(at, 0, 1)
        agent.queue = queue

    def _done(self, agent: _Agent, at: float) -> None:
        for served in agent.queues:
            self._history(served, at).staff(at, 0, -1)
        if agent.answered:
            self._history(agent.queue, at).ends(at)
        agent.queue = ""


_LEARN: dict[str, Callable[[WaitEstimates, Fact], None]] = {
    "queue.entered": WaitEstimates._entered,
    "queue.assigned": WaitEstimates._assigned,
    "queue.returned": WaitEstimates._returned,
    "queue.left": WaitEstimates._left,
    "talk.started": WaitEstimates._answered,
    "agent.state": WaitEstimates._state,
}
