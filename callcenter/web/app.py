"""Puts the web server together: the routes with their guards, errors as JSON, headers, and the access log."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import SQLAlchemyError

from callcenter.web import (
    admin_api,
    admin_flows_api,
    agents_api,
    calls_api,
    emergencies_api,
    followups_api,
    session_api,
    supervision_api,
    why_api,
)
from callcenter.web.errors import error_answer, http_error, internal, json_answer, storage_away
from callcenter.web.health import REGISTRY, RoomsCollector, healthz, metrics, readyz
from callcenter.web.openapi import document
from callcenter.web.ports import Refused
from callcenter.web.routing import API, SERVICES, SETTINGS, Route, guarded
from callcenter.web.settings import Services, WebSettings
from callcenter.web.static_pages import StaticPages
from callcenter.web.throttle import Throttle
from callcenter.web.ws import SOCKETS, Sockets, websocket

log = structlog.get_logger("callcenter.web.access")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
FAILURES_BY_ADDRESS = 100  # many people may share an address, but not many wrong passwords

ROUTES: tuple[Route, ...] = (
    *session_api.ROUTES,
    *agents_api.ROUTES,
    *calls_api.ROUTES,
    *why_api.ROUTES,
    *followups_api.ROUTES,
    *emergencies_api.ROUTES,
    *supervision_api.ROUTES,
    *admin_api.ROUTES,
    *admin_flows_api.ROUTES,
)

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "connect-src 'self'; media-src 'self' blob:; manifest-src 'self'; worker-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
}


def make_app(services: Services, settings: WebSettings) -> web.Application:
    """The application, to be run by `WebServer` or a test."""
    app = web.Application(client_max_size=settings.body_bytes, middlewares=[_answer_errors])
    app[SERVICES] = services
    app[SETTINGS] = settings
    app[SOCKETS] = Sockets(services, settings)
    app[session_api.BY_NAME] = Throttle()
    app[session_api.BY_ADDRESS] = Throttle(FAILURES_BY_ADDRESS)
    app[followups_api.BY_NUMBER] = Throttle(followups_api.NUMBER_LIMIT, followups_api.NUMBER_SECONDS)
    app[followups_api.BY_USER] = Throttle(followups_api.USER_LIMIT, followups_api.USER_SECONDS)
    app[REGISTRY] = CollectorRegistry()
    app[REGISTRY].register(RoomsCollector(services.metrics, app))
    described = document(ROUTES)
    paths = [(route, re.compile(re.sub(r"{\w+:([^}]+})}", r"\1", route.aiohttp_path))) for route in ROUTES]

    async def openapi(_request: web.Request) -> web.Response:
        return json_answer(described)

    async def no_such_api(request: web.Request) -> web.StreamResponse:
        allowed = {route.method for route, path in paths if path.fullmatch(request.path)}
        raise web.HTTPMethodNotAllowed(request.method, allowed) if allowed else web.HTTPNotFound

    for route in ROUTES:
        app.router.add_route(route.method, route.aiohttp_path, guarded(route))
    app.router.add_get(API + "/openapi.json", openapi)
    app.router.add_get(API + "/ws", websocket, allow_head=False)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    app.router.add_route("*", "/api/{tail:.*}", no_such_api)
    app.router.add_get("/{tail:.*}", StaticPages(settings.static).get)
    app.on_response_prepare.append(_add_headers)
    app.cleanup_ctx.append(_sockets)
    app.on_shutdown.append(_close_sockets)
    return app


class WebServer:
    """The application on a port, and on a local socket for the commands."""

    def __init__(
        self, app: web.Application, host: str, port: int, control_socket: Path | None = None
    ) -> None:
        """`control_socket` can be opened by the engine's own user only; who speaks there is the admin."""
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=3.0)
        self._host = host
        self._port = port
        self._control_socket = control_socket

    @property
    def address(self) -> str:
        """Where the pages are."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    async def start(self) -> int:
        """Listen; returns the port. Raises OSError when it is taken."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
            self._port = self._runner.addresses[0][1]
            if self._control_socket is not None:
                await self._open_control_socket(self._control_socket)
        except OSError:
            await self._runner.cleanup()
            raise
        return self._port

    async def _open_control_socket(self, path: Path) -> None:
        """aiohttp removes a socket that an earlier run left behind."""
        before = os.umask(0o177)
        try:
            await web.UnixSite(self._runner, str(path)).start()
        finally:
            os.umask(before)

    async def stop(self) -> None:
        """Close the pages' sockets, let requests end, and stop listening."""
        await self._runner.cleanup()
        if self._control_socket is not None:
            self._control_socket.unlink(missing_ok=True)


@web.middleware
async def _answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    begun = time.perf_counter()
    try:
        answer = await handler(request)
    except Refused as refused:
        answer = error_answer(refused)
    except web.HTTPException as error:
        answer = error_answer(http_error(error))
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
    except (SQLAlchemyError, TimeoutError):
        log.exception("the database failed a request", path=request.path)
        answer = error_answer(storage_away())
    except OSError:
        if request.transport is None or request.transport.is_closing():
            raise  # the page is gone
        log.exception("the database or a file could not be reached", path=request.path)
        answer = error_answer(storage_away())
    except Exception:
        log.exception("a request failed", method=request.method, path=request.path)
        answer = error_answer(internal())
    if request.path not in ("/healthz", "/readyz", "/metrics"):
        log.info(
            "request",
            method=request.method,
            path=request.path[:200],
            status=answer.status,
            ms=round((time.perf_counter() - begun) * 1000, 1),
            address=request.remote,
        )
    return answer


async def _add_headers(_request: web.Request, answer: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        answer.headers.setdefault(name, value)


async def _sockets(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(app[SOCKETS].run(), name="sockets")
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _close_sockets(app: web.Application) -> None:
    await app[SOCKETS].close_all()
