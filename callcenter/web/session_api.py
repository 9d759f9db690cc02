"""Signing in and out."""

from __future__ import annotations

import math

import structlog
from aiohttp import web

from callcenter.web import shapes
from callcenter.web.errors import json_answer
from callcenter.web.ports import Refused
from callcenter.web.routing import ANYONE, COOKIE, SIGNED_IN, Ask, Route, current_session
from callcenter.web.throttle import Throttle
from callcenter.web.users import user_key
from callcenter.web.ws import SOCKETS

log = structlog.get_logger("callcenter.web.session")
BY_NAME: web.AppKey[Throttle] = web.AppKey("throttle by address and name", Throttle)
BY_ADDRESS: web.AppKey[Throttle] = web.AppKey("throttle by address", Throttle)


async def sign_in(ask: Ask) -> web.Response:
    body = ask.body(shapes.SignIn)
    now = ask.services.clock.now()
    address = ask.request.remote or ""
    key = f"{address} {user_key(body.name)}"
    by_name, by_address = ask.request.app[BY_NAME], ask.request.app[BY_ADDRESS]
    wait = max(by_name.blocked_for(key, now), by_address.blocked_for(address, now))
    if wait > 0:
        minutes = math.ceil(wait / 60)
        raise Refused(
            "too_many_failures",
            f"Too many failures; try again in {minutes} min",
            f"失败次数过多，请 {minutes} 分钟后再试",
            status=429,
        )
    user = await ask.services.users.check(body.name, body.password)
    if user is None:
        by_name.failed(key, now)
        by_address.failed(address, now)
        log.warning("sign-in failed", address=address, name=body.name[:40])
        raise Refused("wrong_credentials", "Wrong name or password", "用户名或密码错误", status=401)
    by_name.succeeded(key)
    sockets = ask.request.app[SOCKETS]
    before = ask.request.cookies.get(COOKIE, "")
    sockets.desks.refuse_sign_in(str(user.get("agent_id") or ""), before)
    if before:  # the same browser signs in anew: its former session is over
        await ask.services.users.close_session(before)
        await sockets.session_closed(before)
    token, csrf = await ask.services.users.open_session(user["name"], now, ask.settings.session_seconds)
    answer = json_answer({"user": user, "csrf": csrf})
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(ask.settings.session_seconds),
        path="/",
        httponly=True,
        samesite="Strict",
        secure=ask.settings.secure,
    )
    log.info("signed in", address=address, name=user["name"])
    return answer


async def who_am_i(ask: Ask) -> object:
    session = await current_session(ask.request)
    assert session is not None
    return {"user": session[0], "csrf": session[1]}


async def sign_out(ask: Ask) -> web.Response:
    token = ask.request.cookies.get(COOKIE, "")
    await ask.services.users.close_session(token)
    await ask.request.app[SOCKETS].session_closed(token)
    answer = web.Response(status=204)
    answer.del_cookie(COOKIE, path="/", httponly=True, samesite="Strict", secure=ask.settings.secure)
    return answer


ROUTES = (
    Route(
        "POST",
        "/session",
        sign_in,
        ANYONE,
        "Sign in",
        body=shapes.SignIn,
        answer=shapes.SessionAnswer,
        errors=(401, 409, 429),
    ),
    Route("GET", "/session", who_am_i, SIGNED_IN, "Who is signed in", answer=shapes.SessionAnswer),
    Route("DELETE", "/session", sign_out, SIGNED_IN, "Sign out", status=204),
)
