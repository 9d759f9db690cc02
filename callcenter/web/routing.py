"""A route: who may call it, what it takes and gives. The guard around every handler is made from it."""

from __future__ import annotations

import hmac
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel, ValidationError

from callcenter.web.errors import bad_field, json_answer, not_allowed, not_signed_in, not_understood
from callcenter.web.ports import Json, Refused
from callcenter.web.settings import Services, WebSettings

API = "/api/v1"
COOKIE = "cc_session"
CSRF_HEADER = "X-CSRF-Token"
ANYONE: frozenset[str] | None = None
SIGNED_IN = frozenset({"agent", "supervisor", "campaign_manager", "admin", "inspector"})

# What may stand in a path, so that nothing else reaches a handler.
PATH_PARAMETERS = {
    "call_id": "[A-Za-z0-9._-]{1,80}",
    "agent_id": "[a-z0-9_-]{1,40}",
    "customer_id": "[0-9]{1,15}",
    "voicemail_id": "[0-9]{1,15}",
    "callback_id": "[0-9]{1,15}",
    "place_id": "[A-Za-z0-9._-]{1,80}",
    "flow_id": "[a-z0-9_-]{1,40}",
    "version": "[a-z0-9]{1,64}",
    "emergency_id": "[a-z0-9_-]{1,40}",
    "name": "[A-Za-z0-9_]{1,60}",
}

#: who speaks through the control socket: commands on this machine
CONSOLE: Json = {"name": "console", "role": "admin", "agent_id": "", "display_name": "console"}

SERVICES: web.AppKey[Services] = web.AppKey("services", Services)
SETTINGS: web.AppKey[WebSettings] = web.AppKey("settings", WebSettings)
Model = TypeVar("Model", bound=BaseModel)


@dataclass(slots=True)
class Ask:
    """One request, checked: the user may do it and the body has its shape."""

    request: web.Request
    services: Services
    settings: WebSettings
    user: Json
    given_body: BaseModel | None
    given_query: BaseModel | None

    def body(self, model: type[Model]) -> Model:
        assert isinstance(self.given_body, model)
        return self.given_body

    def query(self, model: type[Model]) -> Model:
        assert isinstance(self.given_query, model)
        return self.given_query

    def path(self, name: str) -> str:
        return self.request.match_info[name]

    def number(self, name: str) -> int:
        return int(self.request.match_info[name])

    def agent_id(self) -> str:
        """The user's own agent. Raises Refused for one who takes no calls."""
        agent_id = self.user.get("agent_id")
        if not agent_id:
            raise Refused("not_an_agent", "You take no calls", "您不是坐席", status=403)
        return str(agent_id)


Handler = Callable[[Ask], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """A row of the table in docs/contracts.md. `path` is below /api/v1."""

    method: str
    path: str
    handler: Handler
    roles: frozenset[str] | None
    summary: str
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    status: int = 200
    media: str = "application/json"
    errors: tuple[int, ...] = field(default=())

    @property
    def aiohttp_path(self) -> str:
        """With the patterns of its parameters."""
        path = API + self.path
        for name, pattern in PATH_PARAMETERS.items():
            path = path.replace("{" + name + "}", "{" + name + ":" + pattern + "}")
        return path

    @property
    def changes_something(self) -> bool:
        return self.method not in ("GET", "HEAD")


def roles(*names: str) -> frozenset[str]:
    """These and no others."""
    assert set(names) <= SIGNED_IN
    return frozenset(names)


def guarded(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler behind its checks: origin, session, role, CSRF token, body and query."""

    async def handle(request: web.Request) -> web.StreamResponse:
        services, settings = request.app[SERVICES], request.app[SETTINGS]
        if route.changes_something and not is_own_origin(request, settings, required=False):
            raise Refused("foreign_origin", "This page is not ours", "来源页面不受信任", status=403)
        user: Json = {}
        if route.roles is not None:
            session = await current_session(request)
            if session is None:
                raise not_signed_in()
            user, csrf = session
            if route.changes_something and not by_control_socket(request):
                given = request.headers.get(CSRF_HEADER, "")
                if not hmac.compare_digest(given.encode("utf-8", "replace"), csrf.encode()):
                    raise Refused(
                        "csrf", "The page is out of date; reload it", "页面已过期，请刷新", status=403
                    )
            if user["role"] not in route.roles:
                raise not_allowed()
        query = _query(request, route.query) if route.query is not None else None
        body = await _body(request, route.body) if route.body is not None else None
        answer = await route.handler(Ask(request, services, settings, user, body, query))
        if isinstance(answer, web.StreamResponse):
            return answer
        if answer is None:
            return web.Response(status=204)
        return json_answer(answer, route.status)

    return handle


async def current_session(request: web.Request) -> tuple[Json, str] | None:
    """The user of the cookie and his CSRF token; the console itself on the control socket."""
    if by_control_socket(request):
        return CONSOLE, ""
    token = request.cookies.get(COOKIE, "")
    if not token or len(token) > 200:
        return None
    services = request.app[SERVICES]
    return await services.users.session(token, services.clock.now())


def by_control_socket(request: web.Request) -> bool:
    """Did this arrive by the local socket that only the engine's own user can open? No browser can."""
    connection = request.transport.get_extra_info("socket") if request.transport is not None else None
    return connection is not None and connection.family == socket.AF_UNIX


def is_own_origin(request: web.Request, settings: WebSettings, *, required: bool) -> bool:
    """Does the browser say that the page asking is ours?"""
    origin = request.headers.get("Origin")
    if origin is None:
        return not required
    own = {f"{request.scheme}://{request.host}"}
    if settings.public_origin:
        own.add(settings.public_origin.rstrip("/"))
    return origin in own


def _query(request: web.Request, model: type[BaseModel]) -> BaseModel:
    values: dict[str, str] = {}
    for key, value in request.query.items():
        if key in values:
            raise not_understood(f"{key[:40]} is given twice", "参数重复", key[:40])
        values[key] = value
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise bad_field(error) from None


async def _body(request: web.Request, model: type[BaseModel]) -> BaseModel:
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    raw = await request.read()
    try:
        value = orjson.loads(raw)
    except ValueError:
        raise not_understood("The body is not JSON", "请求内容不是 JSON") from None
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise bad_field(error) from None
