"""The declared center, for admins."""

from __future__ import annotations

from callcenter.web import shapes
from callcenter.web.ports import Json
from callcenter.web.routing import Ask, Route, roles

ADMINS = roles("admin")


async def in_force(ask: Ask) -> Json:
    return ask.services.center.in_force()


async def plan(ask: Ask) -> Json:
    return await ask.services.center.plan(ask.body(shapes.CenterText).text)


async def apply(ask: Ask) -> Json:
    return await ask.services.center.apply(ask.body(shapes.CenterText).text, by=ask.user["name"])


ROUTES = (
    Route("GET", "/admin/center", in_force, ADMINS, "The center in force", answer=shapes.CenterInForce),
    Route(
        "POST",
        "/admin/center/plan",
        plan,
        ADMINS,
        "What applying a center would change",
        body=shapes.CenterText,
        answer=shapes.Plan,
    ),
    Route(
        "POST",
        "/admin/center/apply",
        apply,
        ADMINS,
        "Put a center in force",
        body=shapes.CenterText,
        answer=shapes.Plan,
    ),
)
