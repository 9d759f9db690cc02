"""Calls on file, their stories and recordings; customers."""

from __future__ import annotations

from aiohttp import web

from callcenter.web import shapes
from callcenter.web.audio import audio_answer
from callcenter.web.errors import not_found, not_understood
from callcenter.web.ports import Json
from callcenter.web.routing import SIGNED_IN, Ask, Route, roles

READERS = roles("agent", "supervisor", "inspector", "admin")


async def calls(ask: Ask) -> Json:
    query = ask.query(shapes.CallsQuery)
    agent = ask.agent_id() if ask.user["role"] == "agent" else query.agent
    try:
        return await ask.services.records.calls(
            limit=query.limit,
            before=query.before,
            since=query.since,
            queue=query.queue,
            agent=agent,
            outcome=query.outcome,
            ani=query.ani,
        )
    except ValueError:
        raise not_understood("The cursor is not one of ours", "分页参数无效", "before") from None


async def call(ask: Ask) -> Json:
    return await _own_call(ask)


async def recording(ask: Ask) -> web.StreamResponse:
    found = await _own_call(ask)
    path = await ask.services.records.recording_path(found["call"]["id"])
    return audio_answer(ask.settings.recordings, path, found["call"]["id"])


async def recorded(ask: Ask) -> web.StreamResponse:
    found = await _own_call(ask)
    call_id, name = found["call"]["id"], ask.path("name")
    path = await ask.services.records.recorded_path(call_id, name)
    return audio_answer(ask.settings.voicemails, path, f"{call_id}-{name}")


async def ratings(ask: Ask) -> Json:
    return {"ratings": ask.services.live.ratings()}


async def _own_call(ask: Ask) -> Json:
    """The call, if the user may know of it: an agent his own and the one on his desk, the others all."""
    found = await ask.services.records.call(ask.path("call_id"))
    if found is None or not (ask.user["role"] != "agent" or _is_his(ask, found["call"])):
        raise not_found("no_such_call")
    return found


def _is_his(ask: Ask, call: Json) -> bool:
    agent = ask.agent_id()
    return bool(call["agent"] == agent or ask.services.desk.view(agent)["call_id"] == call["id"])


async def customers(ask: Ask) -> Json:
    query = ask.query(shapes.CustomersQuery)
    return {"customers": await ask.services.records.customers(query.q, query.limit)}


async def customer(ask: Ask) -> Json:
    found = await ask.services.records.customer(ask.number("customer_id"))
    if found is None:
        raise not_found("no_such_customer")
    return found


async def change_customer(ask: Ask) -> Json:
    changes = ask.body(shapes.CustomerChange).model_dump(exclude_none=True)
    found = await ask.services.records.update_customer(ask.number("customer_id"), changes)
    if found is None:
        raise not_found("no_such_customer")
    return found


ROUTES = (
    Route(
        "GET",
        "/calls",
        calls,
        READERS,
        "Calls, newest first; agents see their own",
        query=shapes.CallsQuery,
        answer=shapes.Calls,
    ),
    Route(
        "GET",
        "/calls/{call_id}",
        call,
        READERS,
        "A call, its story, what the caller recorded and how he rated it",
        answer=shapes.CallStory,
        errors=(404,),
    ),
    Route(
        "GET",
        "/calls/{call_id}/recording",
        recording,
        READERS,
        "The recording, with Range",
        media="audio/wav",
        errors=(404, 416),
    ),
    Route(
        "GET",
        "/calls/{call_id}/recorded/{name}",
        recorded,
        READERS,
        "What the caller said at a node of type record, with Range",
        media="audio/wav",
        errors=(404, 416),
    ),
    Route(
        "GET",
        "/ratings",
        ratings,
        roles("supervisor", "inspector", "admin"),
        "How callers answered the questions of surveys today",
        answer=shapes.Ratings,
    ),
    Route(
        "GET",
        "/customers",
        customers,
        SIGNED_IN,
        "Customers by name, number or note",
        query=shapes.CustomersQuery,
        answer=shapes.Customers,
    ),
    Route(
        "GET",
        "/customers/{customer_id}",
        customer,
        SIGNED_IN,
        "A customer and the timeline",
        answer=shapes.CustomerFile,
        errors=(404,),
    ),
    Route(
        "PATCH",
        "/customers/{customer_id}",
        change_customer,
        roles("agent", "supervisor", "admin"),
        "Change a customer's card",
        body=shapes.CustomerChange,
        answer=shapes.Customer,
        errors=(404,),
    ),
)
