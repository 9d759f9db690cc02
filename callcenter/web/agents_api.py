"""The agent's desk, and what supervisors see and do of it."""

from __future__ import annotations

from callcenter.web import shapes
from callcenter.web.ports import Json
from callcenter.web.routing import COOKIE, SIGNED_IN, Ask, Route, roles
from callcenter.web.ws import SOCKETS


async def center(ask: Ask) -> Json:
    return ask.services.center.public()


async def my_desk(ask: Ask) -> Json:
    return ask.services.desk.view(ask.agent_id())


def acting(ask: Ask) -> str:
    """The user's own agent, at the place where he works. Raises Refused at one that was taken over from."""
    agent_id = ask.agent_id()
    ask.request.app[SOCKETS].desks.refuse_acting(agent_id, ask.request.cookies.get(COOKIE, ""))
    return agent_id


async def work_here(ask: Ask) -> Json:
    agent_id = ask.agent_id()
    ask.request.app[SOCKETS].desks.work_here(agent_id, ask.request.cookies.get(COOKIE, ""))
    return ask.services.desk.view(agent_id)


async def set_my_state(ask: Ask) -> Json:
    body = ask.body(shapes.StateWish)
    return ask.services.desk.set_state(acting(ask), body.state, body.reason)


async def hang_up(ask: Ask) -> Json:
    return await ask.services.desk.hang_up(acting(ask))


async def finish_wrap_up(ask: Ask) -> Json:
    body = ask.body(shapes.WrapUp)
    return ask.services.desk.finish_wrap_up(acting(ask), body.call_id, body.disposition, body.note)


async def extend_wrap_up(ask: Ask) -> Json:
    return ask.services.desk.extend_wrap_up(acting(ask))


async def save_note(ask: Ask) -> None:
    body = ask.body(shapes.NoteDraft)
    ask.services.desk.save_note(acting(ask), body.call_id, body.note)


async def agents(ask: Ask) -> Json:
    return {"agents": ask.services.desk.views()}


async def set_state(ask: Ask) -> Json:
    body = ask.body(shapes.StateWish)
    agent_id = ask.path("agent_id")
    view = ask.services.desk.set_state(agent_id, body.state, body.reason, by=ask.user["name"])
    if body.state == "signed_out":
        ask.request.app[SOCKETS].desks.free(agent_id)
    return view


async def wallboard(ask: Ask) -> Json:
    return ask.services.live.wallboard()


DESK = SIGNED_IN  # whoever is an agent, whatever else he is; the handlers ask for the user's agent
VIEW = shapes.AgentView
ROUTES = (
    Route("GET", "/center", center, SIGNED_IN, "The center as declared", answer=shapes.CenterInfo),
    Route("GET", "/me/agent", my_desk, DESK, "The own desk, with the call on it", answer=VIEW),
    Route(
        "POST",
        "/me/agent/state",
        set_my_state,
        DESK,
        "Change the own state",
        body=shapes.StateWish,
        answer=VIEW,
        errors=(409,),
    ),
    Route(
        "POST",
        "/me/agent/here",
        work_here,
        DESK,
        "Work at this place; the pages at another stop",
        answer=VIEW,
        errors=(409,),
    ),
    Route("POST", "/me/agent/hang-up", hang_up, DESK, "End the own talk", answer=VIEW, errors=(409,)),
    Route(
        "POST",
        "/me/agent/wrap-up",
        finish_wrap_up,
        DESK,
        "End the wrap-up with its result",
        body=shapes.WrapUp,
        answer=VIEW,
        errors=(409,),
    ),
    Route(
        "POST",
        "/me/agent/wrap-up/extend",
        extend_wrap_up,
        DESK,
        "More wrap-up, as the queue allows",
        answer=VIEW,
        errors=(409,),
    ),
    Route(
        "PUT",
        "/me/agent/note",
        save_note,
        DESK,
        "Save a draft of the note",
        body=shapes.NoteDraft,
        status=204,
        errors=(409,),
    ),
    Route("GET", "/agents", agents, roles("supervisor", "admin"), "All agents", answer=shapes.Agents),
    Route(
        "POST",
        "/agents/{agent_id}/state",
        set_state,
        roles("supervisor", "admin"),
        "Change an agent's state",
        body=shapes.StateWish,
        answer=VIEW,
        errors=(404, 409),
    ),
    Route("GET", "/wallboard", wallboard, SIGNED_IN, "Queues and agents now", answer=shapes.Wallboard),
)
