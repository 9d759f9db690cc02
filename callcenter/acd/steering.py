"""What a supervisor does to the line and to agents' skills. Every act is journaled with who did it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from callcenter.acd.agents import AgentState
from callcenter.acd.kept_out import kept_out_of, unmarked
from callcenter.acd.service import Distributor
from callcenter.acd.tickets import Ticket
from callcenter.center.model import Center
from callcenter.center.needs import both, meets
from callcenter.storage.facts import Fact, Journal
from callcenter.telephony.clock import Clock
from callcenter.telephony.refusal import Refused

log = structlog.get_logger(__name__)

TOP_LEVEL = 10
#: what `Steering.recover` is to be told of
KINDS = ("agent.skills", "center.applied")


@dataclass(frozen=True, slots=True)
class Changed:
    """An agent's skills as somebody has changed them, unlike the center file."""

    by: str
    at: float


class Steering:
    """All methods that change something raise Refused when it cannot be done."""

    def __init__(
        self, acd: Distributor, *, center: Callable[[], Center], clock: Clock, journal: Journal
    ) -> None:
        self._acd = acd
        self._center = center
        self._clock = clock
        self._journal = journal
        self._changed: dict[str, Changed] = {}

    # --- callers in line ----------------------------------------------------------------------------

    def move(self, call_id: str, *, queue: str = "", head: bool = False, by: str) -> None:
        """Put a waiting caller into another queue, to the head of his queue, or both."""
        ticket = self._waiting(call_id)
        if not queue and not head:
            raise Refused("move_where", "Say where to: a queue, or the head", "请指定队列或移到队首")
        if queue and queue not in self._acd.queues:
            raise Refused("queue_unknown", f"There is no queue {queue}", f"没有队列 {queue}", field="queue")
        if queue and queue != ticket.queue:
            self._acd.callers.move(ticket, queue, by)
        if head and not ticket.assigned.done():
            self._acd.callers.to_head(ticket, by)

    def assign(self, call_id: str, agent_id: str, *, by: str, override: bool = False) -> None:
        """Give a waiting caller to an agent who is ready. `override`: also to one who lacks the skills."""
        ticket = self._waiting(call_id)
        agent = self._acd.agents.get(agent_id)
        if agent is None:
            raise Refused("agent_unknown", "No such agent", "没有这个坐席", field="agent", status=404)
        if not agent.may_take_calls():
            raise Refused(
                "agent_not_ready", f"{agent.name} is not ready", f"{agent.name} 未示闲", field="agent"
            )
        skilled = meets(
            self._acd.free_agents.skills.get(agent_id, {}), self._acd.callers.matcher.waits_for(call_id)[0]
        )
        if not skilled and not override:
            raise Refused(
                "skills_missing",
                f"{agent.name} does not serve what this caller needs: {self._needs(ticket)}",
                f"{agent.name} 不服务该来电所需：{self._needs(ticket)}",
                field="agent",
            )
        queue = ticket.queue
        try:
            self._acd.assign_to(call_id, agent_id)
        except KeyError as busy:  # with whom, and on which channel, he is free: the matcher knows
            raise Refused(
                "agent_not_ready", f"{agent.name} can take no call now", f"{agent.name} 暂时无法接听"
            ) from busy
        self._journal.write(
            "queue.taken", call_id=call_id, agent=agent_id, queue=queue, by=by, override=not skilled
        )

    def callers(self) -> list[dict[str, Any]]:
        """`WaitingCaller` without who it is: each queue in the order of its places."""
        rows = []
        for name in self._acd.queues:
            for place, ticket in enumerate(self._acd.waiting(name), start=1):
                rows.append(
                    {
                        "call_id": ticket.call_id,
                        "queue": name,
                        "position": self._acd.position(ticket.call_id) or place,
                        "since": ticket.since,
                        "entered": ticket.entered,
                        "priority": ticket.priority,
                        "needs": self._needs(ticket),
                        "ring": ticket.rings,
                        "for_agent": ticket.only,
                        "away": ticket.expected,
                    }
                )
        return rows

    def _needs(self, ticket: Ticket) -> str:
        """What he needs by now, as the center has it."""
        queue = self._center().queues.get(ticket.queue)
        if queue is None:
            return ""
        needs = queue.widened[ticket.rings - 1][1] if 0 < ticket.rings <= len(queue.widened) else queue.asked
        return str(both(needs, ticket.wants.needs))

    def _waiting(self, call_id: str) -> Ticket:
        ticket = self._acd.ticket(call_id)
        if ticket is None or ticket.assigned.done():
            raise Refused("not_waiting", "This caller does not wait any more", "该来电已不在排队", status=404)
        if ticket.expected:
            raise Refused(
                "caller_away",
                "This caller's line is just coming back; try again",
                "该来电正在恢复，请稍后再试",
            )
        return ticket

    # --- agents' skills -----------------------------------------------------------------------------

    def set_skills(
        self, agent_id: str, skills: Mapping[str, int], without: Iterable[str] = (), *, by: str
    ) -> None:
        """An agent's skills, and queues he is kept out of, from the next decision on: until they are put back
        or the center file is applied."""
        center = self._center()
        kept_out = sorted(set(without))
        if agent_id not in self._acd.agents or agent_id not in center.agents:
            raise Refused("agent_unknown", "No such agent", "没有这个坐席", status=404)
        for skill, level in skills.items():
            if skill not in center.skills:
                raise Refused(
                    "skill_unknown", f"There is no skill {skill}", f"没有技能 {skill}", field="skills"
                )
            if not 1 <= level <= TOP_LEVEL:
                raise Refused(
                    "level_wrong", f"{skill}: a level is 1 to {TOP_LEVEL}",
                    f"{skill}：级别为 1 到 {TOP_LEVEL}", field="skills",
                )  # fmt: skip
        for queue in kept_out:
            if queue not in center.queues:
                raise Refused(
                    "queue_unknown", f"There is no queue {queue}", f"没有队列 {queue}", field="without"
                )
        if dict(skills) == dict(center.agents[agent_id].skills) and not kept_out:
            self.reset_skills(agent_id, by=by)
            return
        # on file once it is in force: a restart brings back nothing that did not work
        self._put(agent_id, skills, kept_out, Changed(by, self._clock.now()))
        self._journal.write("agent.skills", agent=agent_id, skills=dict(skills), without=kept_out, by=by)

    def reset_skills(self, agent_id: str, *, by: str) -> None:
        """Back to what the center file says."""
        declared = self._center().agents.get(agent_id)
        if agent_id not in self._acd.agents or declared is None:
            raise Refused("agent_unknown", "No such agent", "没有这个坐席", status=404)
        if agent_id not in self._changed:
            return
        self._acd.set_skills(agent_id, dict(declared.skills))
        del self._changed[agent_id]
        self._journal.write("agent.skills", agent=agent_id, skills=None, without=[], by=by)

    def applied(self) -> None:
        """A center was applied: what was changed by hand is undone."""
        self._changed.clear()

    def recover(self, facts: Iterable[Fact]) -> None:
        """After a restart: facts of `KINDS`, in order. Those before a center was applied count no more."""
        last: dict[str, Fact] = {}
        for fact in facts:
            if fact.kind == "center.applied":
                last.clear()
            elif fact.kind == "agent.skills":
                last[fact.agent] = fact
        for agent_id, fact in last.items():
            try:
                self._put_back(agent_id, fact)
            except Exception:  # one fact that cannot be read must not keep the center from starting
                log.exception("skills changed by hand could not be put back", agent=agent_id)

    def agents(self) -> dict[str, dict[str, Any]]:
        """`AgentSkills` of each agent."""
        told = {}
        for agent_id in self._acd.agents:
            changed, skills = self._changed.get(agent_id), self._acd.free_agents.skills.get(agent_id, {})
            told[agent_id] = {
                "skills": unmarked(skills),
                "queues": self._acd.serves(agent_id),
                "without": kept_out_of(skills),
                "changed_by": changed.by if changed is not None else "",
                "changed_at": changed.at if changed is not None else None,
            }
        return told

    def ready(self) -> list[str]:
        """Agents a caller may be given to now."""
        return [
            agent_id
            for agent_id, agent in self._acd.agents.items()
            if agent.state is AgentState.READY and agent.may_take_calls()
        ]

    def _put_back(self, agent_id: str, fact: Fact) -> None:
        skills = fact.data.get("skills")
        if agent_id not in self._acd.agents or not isinstance(skills, dict):
            return
        without = [str(queue) for queue in fact.data.get("without") or ()]
        levels = {str(skill): int(level) for skill, level in skills.items()}
        self._put(agent_id, levels, without, Changed(str(fact.data.get("by", "")), fact.at))

    def _put(self, agent_id: str, skills: Mapping[str, int], without: Iterable[str], who: Changed) -> None:
        self._acd.set_skills(agent_id, dict(skills), tuple(without))
        self._changed[agent_id] = who
