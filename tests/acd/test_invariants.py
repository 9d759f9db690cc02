"""What always holds, whatever happens in whatever order.

Nobody is reserved twice or has more than he may have, no agent who is ready stands beside a caller he may
serve, and nobody who waits is forgotten.
"""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.acd.agents import ON_CALL, AgentAtWork, AgentState
from callcenter.acd.capacity import used
from callcenter.acd.service import Distributor
from callcenter.acd.tickets import Assignment, Elsewhere, Ticket, Wants
from callcenter.center.check import parse_center
from callcenter.center.model import Center
from callcenter.center.needs import meets, parse
from callcenter.simulation.journal import MemoryJournal
from callcenter.simulation.virtual_time import VirtualClock, run_virtual
from callcenter.telephony.events import PhoneState
from callcenter.telephony.legs import ConnectResult

CENTER = """
version: 1
name: {zh-CN: 中心, en: Center}
numbers: []
missed_limit: 2
skills: {a: {name: {zh-CN: 甲, en: A}}, b: {name: {zh-CN: 乙, en: B}}, chat: {name: {zh-CN: 聊, en: Chat}}}
queues:
  plain: {name: {zh-CN: 一, en: Plain}, skills: {a: 1}, wrap_up_seconds: 5, last_agent: {seconds: 10}}
  rings:
    name: {zh-CN: 二, en: Rings}
    needs: a >= 3
    rings: [{after: 5, needs: a}, {after: 15, needs: b}]
    strategy: fewest_calls
    overflow: [{wait: 40, to: {queue: plain}}, {length: 3, to: {queue: all}}]
  all: {name: {zh-CN: 三, en: All}, needs: a or b, strategy: ring_all, max_length: 3, wrap_up_seconds: 0}
  chats: {name: {zh-CN: 聊天, en: Chats}, skills: {chat: 1}, channel: chat, strategy: occupancy}
  dial: {name: {zh-CN: 外呼, en: Dial}, skills: {b: 1}, channel: outbound}
agents:
  amy: {name: Amy, extension: "1001", skills: {a: 5, chat: 1}, capacity: {voice: 1, chat: 3}}
  bo: {name: Bo, extension: "1002", skills: {a: 1, b: 1}}
  cai: {name: Cai, extension: "1003", skills: {b: 4, chat: 2}, capacity: {voice: 1, chat: 2, outbound: 1}}
  dan: {name: Dan, extension: "1004", skills: {a: 3, b: 2, chat: 1}, capacity: {chat: 2}}
distribution: {ageing_seconds: 30, choice: CHOICE, levels: {vip: 2}}
"""
CALLS = [f"c{n}" for n in range(8)]
QUEUES = ["plain", "rings", "all", "chats", "dial"]
AGENTS = ["amy", "bo", "cai", "dan"]

happenings = st.lists(
    st.tuples(
        st.sampled_from(
            ["enter", "enter", "enter", "leave", "ready", "ready", "ready", "away", "out", "answer", "answer",
             "miss", "hang up", "wrap", "time", "time", "phone", "skills", "over", "anew", "look", "restore"]
        ),
        st.sampled_from(CALLS),
        st.sampled_from(QUEUES),
        st.sampled_from(AGENTS),
        st.integers(0, 20),
    ),
    min_size=25,
    max_size=70,
)  # fmt: skip


def the_center(choice: str = "longest_wait") -> Center:
    center, problems = parse_center(CENTER.replace("CHOICE", choice).encode())
    assert center is not None, [p.render() for p in problems]
    return center


class Floor:
    """The distributor with its people, as a story and the switch would drive it."""

    def __init__(self, choice: str) -> None:
        self.clock = VirtualClock()
        self.journal = MemoryJournal(self.clock)
        self.center = the_center(choice)
        self.acd = Distributor(
            self.center, clock=self.clock, journal=self.journal, changed=lambda agent: None
        )
        self.journal.subscribe(self.acd.workload.on_fact)
        for agent in self.acd.agents.values():
            agent.phone = PhoneState.IDLE

    def agent(self, name: str) -> AgentAtWork:
        return self.acd.agents[name]

    async def happens(self, what: str, call: str, queue: str, who: str, n: int) -> None:
        acd, agent = self.acd, self.one_in(what, n) or self.agent(who)
        who = agent.agent_id
        ticket = acd.ticket(call)
        if what == "miss":
            ticket = next((t for t in acd.callers.tickets.values() if t.assigned.done()), None)
        if what == "enter" and (ticket is not None or self.has(call)):
            fresh = [c for c in CALLS if acd.ticket(c) is None and not self.has(c)]
            call, ticket = (fresh[0], None) if fresh else (call, ticket)
        match what:
            case "enter" if ticket is None and not self.has(call):
                wants = Wants(
                    n % 3,
                    parse("b") if n == 7 else Wants().needs,
                    "vip" if n > 15 else "",
                    who if n % 2 else "",
                )
                acd.enter(call, queue, wants)
            case "leave":
                acd.leave(call, "abandoned")
            case "ready" if agent.state in (AgentState.SIGNED_OUT, AgentState.NOT_READY, AgentState.READY):
                if agent.phone is PhoneState.IDLE:
                    acd.roster.enter(agent, AgentState.READY)
            case "away" | "out":
                state = AgentState.NOT_READY if what == "away" else AgentState.SIGNED_OUT
                if agent.state in ON_CALL or agent.state is AgentState.WRAP_UP:
                    acd.roster.wish(agent, state, "lunch" if what == "away" else "")
                else:
                    acd.roster.enter(agent, state, "lunch" if what == "away" else "")
            case "answer" if agent.call_id and agent.state in (AgentState.RESERVED, AgentState.RINGING):
                acd.offers.answered(agent.call_id, agent.extension)
            case "miss" if ticket is not None and ticket.assigned.done():
                settled = ticket.assigned.result()
                if isinstance(settled, Assignment) and self.acd.queues[ticket.queue].channel != "chat":
                    acd.offers.not_answered(settled, list(ConnectResult)[1 + n % 3])
            case "hang up" if agent.state is AgentState.TALKING:
                acd.offers.talk_ended(agent.call_id, who, "caller")
            case "wrap" if agent.state is AgentState.WRAP_UP:
                acd.roster.end_wrap_up(agent)
            case "time":
                await asyncio.sleep(n)
            case "phone":
                phone = PhoneState.UNREGISTERED if n % 2 else PhoneState.IDLE
                acd.roster.phone_changed(agent.extension, phone)
            case "skills":
                acd.set_skills(who, {"a": n % 5, "b": n % 3} if n % 2 else {"chat": 1})
            case "over":
                for interaction in list(acd.free_agents._beside.get(who, {})):
                    acd.leave(interaction, "done")
                    acd.over(who, interaction)
                    break
            case "anew":
                acd.apply(self.center)
            case "look":
                acd.look_around()
            case "restore" if n > 15:
                acd.hold()
                await asyncio.sleep(1)
                acd.release()

    def one_in(self, what: str, n: int) -> AgentAtWork | None:
        """An agent to whom this can happen now, if there is one."""
        states = {
            "answer": (AgentState.RESERVED, AgentState.RINGING),
            "hang up": (AgentState.TALKING,),
            "wrap": (AgentState.WRAP_UP,),
            "ready": (AgentState.SIGNED_OUT, AgentState.NOT_READY),
        }.get(what, ())
        able = [agent for agent in self.acd.agents.values() if agent.state in states]
        return able[n % len(able)] if able else None

    def has(self, call: str) -> bool:
        """Whether somebody talks with this caller, or writes with him."""
        chats = any(call in mine for mine in self.acd.free_agents._beside.values())
        return chats or any(a.call_id == call for a in self.acd.agents.values())


def check(floor: Floor) -> None:
    acd = floor.acd
    reserved: dict[str, set[str]] = {}
    for agent in acd.agents.values():
        if agent.state in ON_CALL:
            reserved.setdefault(agent.call_id, set()).add(agent.agent_id)
        load = acd.free_agents.load(agent.agent_id)
        if agent.state in ON_CALL or agent.state is AgentState.WRAP_UP:
            queue = acd.queues.get(agent.queue)
            channel = queue.channel if queue is not None else "voice"
            load[channel] = load.get(channel, 0) + 1
        capacity = acd.free_agents.capacity(agent.agent_id)
        assert used(capacity, load) <= 1, f"{agent.agent_id} has {load} of {dict(capacity)}"
    for call, agents in reserved.items():
        ticket = acd.ticket(call)
        settled = ticket.assigned.result() if ticket is not None and ticket.assigned.done() else None
        rung = {who for who, _ in settled.rung} if isinstance(settled, Assignment) else set()
        assert len(agents) == 1 or agents <= rung, f"{call} is with {agents}"
    for ticket in acd.callers.tickets.values():
        if ticket.assigned.done():
            settled = ticket.assigned.result()
            assert isinstance(settled, Elsewhere) or ticket.call_id in reserved or floor.has(ticket.call_id)
        elif not ticket.expected:
            stands_alone(acd, ticket)


def stands_alone(acd: Distributor, ticket: Ticket) -> None:
    """Nobody who could serve him is free."""
    matcher, channel = acd.callers.matcher, acd.queues[ticket.queue].channel
    assert matcher.position(ticket.call_id) >= 1, f"{ticket.call_id} waits, and the matcher does not know"
    needs, only = matcher.waits_for(ticket.call_id)
    for agent in acd.agents.values():
        able = meets(acd.free_agents.skills[agent.agent_id], needs) and only in ("", agent.agent_id)
        if able and channel in acd.free_agents._channels(agent):
            assert channel == "outbound", f"{agent.agent_id} stands free beside {ticket.call_id}"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(happenings, st.sampled_from(["longest_wait", "service_level", "queue_ratio"]))
def test_whatever_happens_what_must_hold_holds(happened: list[tuple[Any, ...]], choice: str) -> None:
    async def story() -> None:
        floor = Floor(choice)
        for name in AGENTS[:2]:
            floor.acd.roster.enter(floor.agent(name), AgentState.READY)
        for event in happened:
            await floor.happens(*event)
            check(floor)
        await asyncio.sleep(60)
        check(floor)
        for call in CALLS:
            floor.acd.leave(call, "abandoned")
        for agent in floor.acd.agents.values():
            if agent.state is AgentState.TALKING:
                floor.acd.offers.talk_ended(agent.call_id, agent.agent_id, "caller")
        await asyncio.sleep(60)
        assert floor.acd.callers.tickets == {}
        assert [a.agent_id for a in floor.acd.agents.values() if a.state in ON_CALL] == []

    run_virtual(story())
