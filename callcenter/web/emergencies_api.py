"""Emergency switches: everybody sees them, supervisors throw them."""

from __future__ import annotations

from callcenter.web import flow_shapes as shapes
from callcenter.web.ports import Json
from callcenter.web.routing import SIGNED_IN, Ask, Route, roles


async def listed(ask: Ask) -> Json:
    return {"emergencies": ask.services.emergencies.views()}


async def switch(ask: Ask) -> Json:
    wish = ask.body(shapes.EmergencySwitch)
    return ask.services.emergencies.switch(ask.path("emergency_id"), wish.on, wish.note, by=ask.user["name"])


ROUTES = (
    Route(
        "GET",
        "/emergencies",
        listed,
        SIGNED_IN,
        "The declared switches and their positions",
        answer=shapes.Emergencies,
    ),
    Route(
        "POST",
        "/emergencies/{emergency_id}",
        switch,
        roles("supervisor", "admin"),
        "Throw a switch or take it back",
        body=shapes.EmergencySwitch,
        answer=shapes.Emergency,
        errors=(404,),
    ),
)
