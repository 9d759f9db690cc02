"""Why: a waiting caller (whom was looked at, and why not), and an agent without a call, in sentences. Reads
the distributor's picture of this moment and changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from callcenter.acd.agents import REACHABLE, AgentAtWork, AgentState
from callcenter.acd.capacity import open_channels
from callcenter.acd.service import Distributor, reason_texts
from callcenter.acd.strategy import VOICE
from callcenter.acd.tickets import Ticket
from callcenter.center.model import Center
from callcenter.center.needs import lacking, meets

#: more agents or callers than this are counted, not listed
LISTED = 200


@dataclass(frozen=True, slots=True)
class Because:
    """A reason: its code, and how it is said."""

    code: str
    en: str
    zh: str

    def view(self) -> dict[str, Any]:
        return {"code": self.code, "text": {"en": self.en, "zh-CN": self.zh}}


_FREE = Because("free", "free", "空闲")


def why_caller_waits(acd: Distributor, center: Center, call_id: str, now: float) -> dict[str, Any] | None:
    """`WhyCall`: what he needs, and of each agent why he does not have him. None when he is not in line."""
    ticket = acd.ticket(call_id)
    if ticket is None or ticket.assigned.done():
        return None
    queue = acd.queues[ticket.queue]
    found = [(agent, _why_not(acd, center, agent, ticket)) for agent in acd.agents.values()]
    # who might soon have him comes first: those who are able, by how near they are to being free
    found.sort(key=lambda pair: (_DISTANCE.get(pair[1].code, 9), pair[0].agent_id))
    rings = [{"after": after, "needs": str(needs)} for after, needs in queue.widened]
    needs = "" if ticket.expected else str(acd.callers.matcher.waits_for(call_id)[0])
    return {
        "call_id": call_id,
        "queue": ticket.queue,
        "waited": round(now - ticket.since, 1),
        "priority": ticket.priority,
        "position": acd.position(call_id),
        "waiting": len(acd.waiting(ticket.queue)),
        "needs": needs,
        "only": ticket.only,
        "ring": ticket.rings,
        "rings": rings,
        "summary": _summary(acd, ticket, [because for _, because in found]).view(),
        "agents": [
            {"id": agent.agent_id, "name": agent.name, "state": agent.state.value, **because.view()}
            for agent, because in found[:LISTED]
        ],
    }


def why_agent_idles(acd: Distributor, center: Center, agent_id: str, now: float) -> dict[str, Any] | None:
    """`WhyAgent`: what he could take, and of each caller in line why he does not have him. None when there
    is no such agent."""
    agent = acd.agents.get(agent_id)
    if agent is None:
        return None
    waiting = [t for name in acd.queues for t in acd.waiting(name)]
    waiting.sort(key=lambda ticket: ticket.since)
    callers = [(ticket, _why_not(acd, center, agent, ticket)) for ticket in waiting[:LISTED]]
    away = _away(acd, center, agent)
    if away is not None:
        summary = away
    elif not waiting:
        summary = Because("nobody_waits", "nobody waits", "没有人在排队")
    else:
        able = sum(because is _FREE for _, because in callers)
        summary = (
            Because("next", "he is being given a caller", "正在为他分配来电")
            if able
            else Because(
                "not_for_him",
                f"{len(waiting)} wait, none of whom he may serve",
                f"有 {len(waiting)} 人排队，但都不由他服务",
            )
        )
    return {
        "agent": agent_id,
        "state": agent.state.value,
        "since": agent.since,
        "queues": acd.serves(agent_id),
        "summary": summary.view(),
        "callers": [
            {
                "call_id": ticket.call_id,
                "queue": ticket.queue,
                "waited": round(now - ticket.since, 1),
                **because.view(),
            }
            for ticket, because in callers
        ],
    }


#: how near an agent is to taking a caller, by the reason why he does not have him yet
_DISTANCE = {
    "free": 0, "held": 0, "ahead": 1, "reserved": 2, "ringing": 2, "wrap_up": 3, "talking": 4, "capacity": 4,
    "not_ready": 5, "phone": 6, "only": 7, "lacks": 8, "signed_out": 9,
}  # fmt: skip


def _why_not(acd: Distributor, center: Center, agent: AgentAtWork, ticket: Ticket) -> Because:
    """Why this agent does not have this caller; `_FREE` when nothing speaks against it."""
    if agent.state is AgentState.SIGNED_OUT:
        return Because("signed_out", "signed out", "已签出")
    skills = acd.free_agents.skills.get(agent.agent_id, {})
    needs = acd.callers.asked(ticket.queue)
    if not ticket.expected:
        needs, _ = acd.callers.matcher.waits_for(ticket.call_id)
    if not meets(skills, needs):
        parts = "; ".join(str(part) for part in lacking(skills, needs))
        return Because("lacks", f"lacks: {parts}", f"缺少：{parts}")
    if ticket.only not in ("", agent.agent_id):
        known = acd.agents.get(ticket.only)
        name = known.name if known is not None else ticket.only
        return Because("only", f"the caller still waits for {name}", f"来电者仍在等待 {name}")
    away = _away(acd, center, agent)
    if away is not None:
        return away
    if acd.queues[ticket.queue].channel not in open_channels(
        acd.free_agents.capacity(agent.agent_id), acd.free_agents.load(agent.agent_id)
    ):
        return Because("capacity", "has as much to do as he may have", "已达到可同时处理的上限")
    if acd.free_agents.held or ticket.expected:
        return Because("held", "nobody is served yet after the restart", "重启后尚未开始分配")
    return _FREE


def _away(acd: Distributor, center: Center, agent: AgentAtWork) -> Because | None:
    """Why an agent can take nothing at all now."""
    match agent.state:
        case AgentState.SIGNED_OUT:
            return Because("signed_out", "signed out", "已签出")
        case AgentState.NOT_READY:
            named = reason_texts(center).get(agent.reason, {})
            return Because(
                "not_ready",
                f"not ready: {named.get('en', agent.reason)}",
                f"示忙：{named.get('zh-CN', agent.reason)}",
            )
        case AgentState.RESERVED | AgentState.RINGING:
            return Because(agent.state.value, "another caller is being given to him", "正在接入另一来电")
        case AgentState.TALKING:
            return Because("talking", "on a call", "通话中")
        case AgentState.WRAP_UP:
            return Because("wrap_up", "in wrap-up", "话后处理中")
    if agent.phone not in REACHABLE and VOICE in acd.free_agents.capacity(agent.agent_id):
        return Because(
            "phone", f"his phone can not be rung: {agent.phone.value}", f"话机无法振铃：{agent.phone.value}"
        )
    return None


def _summary(acd: Distributor, ticket: Ticket, found: list[Because]) -> Because:
    able = [b for b in found if b.code not in ("lacks", "signed_out")]
    if not able:
        skilled = sum(b.code == "signed_out" for b in found)
        return Because(
            "nobody",
            "no agent who is signed in may serve him" + (f"; {skilled} are signed out" if skilled else ""),
            "签入的坐席都不能服务他" + (f"；{skilled} 人已签出" if skilled else ""),
        )
    position = acd.position(ticket.call_id)
    ahead = f"; {position - 1} callers are before him" if position > 1 else ""
    ahead_zh = f"；前面还有 {position - 1} 人" if position > 1 else ""
    return Because(
        "busy",
        f"{len(able)} may serve him, none of them is free{ahead}",
        f"{len(able)} 人可以服务他，但都不空闲{ahead_zh}",
    )
