"""Why a caller waits, why he was given to whom he was, why an agent has no call."""

from __future__ import annotations

from callcenter.web import why_shapes
from callcenter.web.errors import not_found
from callcenter.web.ports import Json
from callcenter.web.routing import Ask, Route, roles

WATCHERS = roles("supervisor", "inspector", "admin")


async def why_call(ask: Ask) -> Json:
    call_id = ask.path("call_id")
    waiting = ask.services.live.why_call(call_id)
    found = await ask.services.records.call(call_id)
    if waiting is None and found is None:
        raise not_found("no_such_call")
    routed = [line for line in (found or {}).get("story", ()) if line["kind"].startswith("queue.")]
    return {"call_id": call_id, "waiting": waiting, "routed": routed}


async def why_agent(ask: Ask) -> Json:
    found = ask.services.live.why_agent(ask.path("agent_id"))
    if found is None:
        raise not_found("agent_unknown")
    return found


ROUTES = (
    Route(
        "GET",
        "/calls/{call_id}/why",
        why_call,
        WATCHERS,
        "Why a caller waits (of each agent why he does not have him), and how he was routed so far",
        answer=why_shapes.WhyCall,
        errors=(404,),
    ),
    Route(
        "GET",
        "/agents/{agent_id}/why",
        why_agent,
        WATCHERS,
        "Why an agent has no call: of each caller in line why he does not get him",
        answer=why_shapes.WhyAgent,
        errors=(404,),
    ),
)
