"""What supervisors do to callers, talks and agents. Each act carries the name of who did it."""

from __future__ import annotations

from callcenter.web import supervision_shapes as shapes
from callcenter.web.ports import Json
from callcenter.web.routing import SIGNED_IN, Ask, Route, roles

LEADS = roles("supervisor", "admin")


async def picture(ask: Ask) -> Json:
    return {**ask.services.supervisors.picture(), "phone": _own_phone(ask)}


async def move(ask: Ask) -> None:
    wish = ask.body(shapes.Move)
    ask.services.supervisors.move(ask.path("call_id"), wish.queue, wish.head, by=ask.user["name"])


async def assign(ask: Ask) -> None:
    wish = ask.body(shapes.Assign)
    ask.services.supervisors.assign(ask.path("call_id"), wish.agent, wish.override, by=ask.user["name"])


async def take(ask: Ask) -> None:
    agent = ask.agent_id()
    call_id = ask.body(shapes.Take).call_id
    ask.services.supervisors.assign(call_id, agent, ask.user["role"] in LEADS, by=ask.user["name"])


async def set_skills(ask: Ask) -> None:
    wish = ask.body(shapes.SkillsChange)
    ask.services.supervisors.set_skills(ask.path("agent_id"), wish.skills, wish.without, by=ask.user["name"])


async def reset_skills(ask: Ask) -> None:
    ask.services.supervisors.reset_skills(ask.path("agent_id"), by=ask.user["name"])


async def monitor(ask: Ask) -> Json:
    wish = ask.body(shapes.MonitorWish)
    return await ask.services.supervisors.monitor(
        ask.path("agent_id"), wish.mode, wish.phone or _own_phone(ask), by=ask.user["name"]
    )


async def stop_monitoring(ask: Ask) -> None:
    await ask.services.supervisors.stop_monitoring(by=ask.user["name"])


async def take_over(ask: Ask) -> Json:
    phone = ask.body(shapes.TakeOverWish).phone or _own_phone(ask)
    return await ask.services.supervisors.take_over(ask.path("agent_id"), phone, by=ask.user["name"])


def _own_phone(ask: Ask) -> str:
    return ask.services.supervisors.phone_of(ask.user["name"], str(ask.user.get("agent_id") or ""))


ROUTES = (
    Route(
        "GET",
        "/supervision",
        picture,
        LEADS,
        "Callers in line, supervisors with talks, agents' skills; the asker's own phone",
        answer=shapes.SupervisionAnswer,
    ),
    Route(
        "POST",
        "/waiting/{call_id}/move",
        move,
        LEADS,
        "Move a waiting caller to another queue, or to the head",
        body=shapes.Move,
        status=204,
        errors=(404, 409),
    ),
    Route(
        "POST",
        "/waiting/{call_id}/assign",
        assign,
        LEADS,
        "Give a waiting caller to an agent who is ready",
        body=shapes.Assign,
        status=204,
        errors=(404, 409),
    ),
    Route(
        "POST",
        "/me/agent/take",
        take,
        SIGNED_IN,
        "Take a waiting caller oneself, when ready; supervisors also without his skills",
        body=shapes.Take,
        status=204,
        errors=(403, 404, 409),
    ),
    Route(
        "PUT",
        "/agents/{agent_id}/skills",
        set_skills,
        LEADS,
        "Change an agent's skills, and the queues he is kept out of, until the center is applied",
        body=shapes.SkillsChange,
        status=204,
        errors=(404, 409),
    ),
    Route(
        "DELETE",
        "/agents/{agent_id}/skills",
        reset_skills,
        LEADS,
        "An agent's skills as in the center file again",
        status=204,
        errors=(404,),
    ),
    Route(
        "POST",
        "/agents/{agent_id}/monitor",
        monitor,
        LEADS,
        "Listen to an agent's talk, whisper or barge in; asked again, change between them",
        body=shapes.MonitorWish,
        answer=shapes.Monitor,
        errors=(404, 409, 503),
    ),
    Route(
        "DELETE",
        "/monitor",
        stop_monitoring,
        LEADS,
        "Leave the talk one is with",
        status=204,
        errors=(409, 503),
    ),
    Route(
        "POST",
        "/agents/{agent_id}/take-over",
        take_over,
        LEADS,
        "Talk with the caller in the agent's place",
        body=shapes.TakeOverWish,
        answer=shapes.Monitor,
        errors=(404, 409, 503),
    ),
)
