"""A controller that starts again finds its calls, its agents and everyone's place in line.

What was is read from the journal; what is, from the switch. The order matters: first the agents' last known
states and the open calls, with serving held; then the switch's picture, which says who still talks or waits;
then the legs that knock again take their old places; only then is anybody served, so that a call that arrives
in the same second does not overtake those who waited before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import structlog

from callcenter.acd.agents import AgentState
from callcenter.acd.service import Distributor
from callcenter.acd.tickets import Assignment
from callcenter.calls.pop import screen_pop
from callcenter.calls.reception import Reception
from callcenter.calls.state import CallState, Stage, recall
from callcenter.center.model import Center
from callcenter.storage.facts import Fact

log = structlog.get_logger(__name__)

#: how long serving is held for legs expected to knock again, seconds; the dialplan knocks every second
HOLD_SECONDS = 6.0
_STEP = 0.1


def remember_calls(reception: Reception, acd: Distributor, calls: dict[str, list[Fact]]) -> int:
    """Bring open calls back from their facts. Returns how many."""
    for call_id, facts in calls.items():
        state = recall(call_id, facts)
        if state.ended or not (state.leg_id or state.held):
            continue
        reception.remember(state)
        if state.held:
            continue  # `Callbacks.recover` knows what to do
        if state.stage is Stage.QUEUE and state.queue in acd.queues:
            acd.expect(call_id, state.queue, state.priority, state.since, state.entered, state.came_from)
        if state.stage is Stage.TALK:
            acd.adoption.talk(call_id, state.agent, state.queue, state.talk_since)
        elif state.stage is Stage.QUEUE:
            for agent_id in state.rung:
                acd.adoption.ringing(call_id, agent_id, state.queue)
    return len(reception.calls)


def remember_agents(acd: Distributor, states: dict[str, Fact]) -> None:
    """Bring back what each agent was last known to do. Calls come on top of it: call this first."""
    for agent_id, fact in states.items():
        agent = acd.agents.get(agent_id)
        if agent is None:
            continue
        state = AgentState(str(fact.data.get("state", "signed_out")))
        data = fact.data
        if state is AgentState.WRAP_UP:
            acd.roster.restore_wrap_up(
                agent,
                fact.call_id,
                str(data.get("queue", "")),
                since=float(data.get("since", fact.at)),
                until=float(data.get("until", 0)),
                extensions=int(data.get("extensions", 0)),
            )
        else:
            by = str(data.get("by", ""))
            acd.roster.restore(agent, state, str(data.get("reason", "")), fact.at, by)


def remember_wishes(acd: Distributor, facts: Iterable[Fact]) -> None:
    """What agents asked for during the calls they are still on, or wrap up. Call this last."""
    for fact in facts:
        agent = acd.agents.get(fact.agent)
        if fact.kind == "agent.next" and agent is not None and agent.call_id == fact.call_id:
            state = str(fact.data.get("state", ""))
            agent.goes_next(
                AgentState(state) if state else None,
                str(fact.data.get("reason", "")),
                str(fact.data.get("by", "")),
            )


async def restore_pops(
    reception: Reception, acd: Distributor, center: Center, brief: Callable[[str], Awaitable[dict[str, Any]]]
) -> None:
    """After `remember_calls`: agents who talk or are rung have their callers on the screen again, also on a
    page that was opened anew.

    Called a second time, it completes those whose customer the database, just started, did not tell in time.
    """

    async def restore(state: CallState, agent_id: str) -> None:
        known = await brief(state.ani)
        agent = acd.roster.on_call(agent_id, state.call_id)
        shown = agent.pop if agent is not None else None
        if agent is None or (shown is not None and (shown["customer"] or not known.get("customer"))):
            return
        at = state.talk_since or state.last_at
        waited = max(0.0, at - state.since)
        pop = screen_pop(
            state,
            Assignment(state.call_id, agent_id, agent.extension, state.queue, at, waited, 0.0),
            known,
            center,
        )
        pop["answered_at"] = state.talk_since or None
        agent.pop, agent.pop_shown = pop, True
        acd.roster.changed(agent)

    given = [s for s in reception.calls.values() if s.stage in (Stage.TALK, Stage.QUEUE)]
    await asyncio.gather(*(restore(state, agent_id) for state in given for agent_id in state.rung))


async def hold_until_back(acd: Distributor, *, switch_up: asyncio.Event) -> None:
    """Keep serving held until the switch is there and those who waited have knocked, then release."""
    await switch_up.wait()
    waited = 0.0
    while acd.expected() and waited < HOLD_SECONDS:
        await asyncio.sleep(_STEP)
        waited += _STEP
    if acd.expected():
        log.warning("serving begins though some legs have not knocked again", missing=acd.expected())
    acd.release()
