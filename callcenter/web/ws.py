"""The pages' WebSocket: what an agent must see at once, and the wallboard.

News is encoded once and put into the queue of each socket that wants it, in the turn of the event loop in
which it happened; a task for each socket sends it. A page too slow to take its news is cut off: it connects
again and gets its whole state.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import orjson
import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from callcenter.web.desks import Desks
from callcenter.web.errors import not_signed_in
from callcenter.web.ports import Json, Refused
from callcenter.web.routing import COOKIE, SETTINGS, current_session, is_own_origin
from callcenter.web.settings import Services, WebSettings

log = structlog.get_logger("callcenter.web.ws")
SESSION_OVER = 4401
SOCKETS_PER_USER = 20


class Socket:
    """One page's connection."""

    def __init__(
        self, request: web.Request, ws: web.WebSocketResponse, user: Json, token: str, limit: int
    ) -> None:
        self.ws = ws
        self.user = user
        self.token = token
        self.agent_id = str(user.get("agent_id") or "")
        self.address = request.remote or ""
        self._request = request
        self._queue: asyncio.Queue[str] = asyncio.Queue(limit)
        self.dropped = False

    def offer(self, text: str) -> None:
        """Send soon; cut the page off when it is too far behind. Never waits."""
        if self.dropped:
            return
        try:
            self._queue.put_nowait(text)
        except asyncio.QueueFull:
            self.dropped = True
            log.warning("a page was too slow and was cut off", user=self.user["name"])
            if self._request.transport is not None:
                self._request.transport.abort()

    async def send_all(self) -> None:
        """Send what is offered, until cancelled or the page is gone."""
        with suppress(ConnectionError):
            while True:
                await self.ws.send_str(await self._queue.get())


class Sockets:
    """All connected pages of this server."""

    def __init__(self, services: Services, settings: WebSettings) -> None:
        self._services = services
        self._settings = settings
        self._all: set[Socket] = set()
        self.desks = Desks(services)
        self._wallboards: set[Socket] = set()
        self._supervising: set[Socket] = set()  # with the wallboard, what only supervisors see
        self._wallboard_wanted = asyncio.Event()
        # for /metrics
        self.opened = 0
        self.garbage = 0
        self.cut_off = 0

    def __len__(self) -> int:
        return len(self._all)

    # -- life of the server ----------------------------------------------------------------------------

    async def run(self) -> None:
        """Push the wallboard and end sockets whose session is over, until cancelled."""
        listen = self._services.feed.listen
        ends = [listen("problems", self._problems), listen("emergencies", self._emergencies)]
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._push_wallboard())
                group.create_task(self._check_sessions())
        finally:
            for end in ends:
                end()

    async def close_all(self) -> None:
        """Tell every page that the server goes away."""
        await self._close(list(self._all), WSCloseCode.GOING_AWAY, b"the server stops")

    async def session_closed(self, token: str) -> None:
        """A user signed out: his pages of that session are cut."""
        gone = [socket for socket in self._all if socket.token == token]
        await self._close(gone, SESSION_OVER, b"signed out")

    # -- one page --------------------------------------------------------------------------------------

    async def serve(self, request: web.Request, user: Json, token: str) -> web.WebSocketResponse:
        """Talk to a page until it goes."""
        ws = web.WebSocketResponse(
            heartbeat=self._settings.heartbeat_seconds,
            max_msg_size=self._settings.socket_message_bytes,
            compress=False,
        )
        await ws.prepare(request)
        socket = Socket(request, ws, user, token, self._settings.socket_queue)
        self.opened += 1
        sender = asyncio.create_task(socket.send_all(), name="page")
        self._add(socket, stopped=request.query.get("elsewhere") == "1")
        try:
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    self._heard(socket, message.data)
                else:
                    self.garbage += 1
        finally:
            self._remove(socket)
            sender.cancel()
            with suppress(asyncio.CancelledError):
                await sender
        return ws

    def _add(self, socket: Socket, *, stopped: bool) -> None:
        self._all.add(socket)
        socket.offer(_text({"type": "hello", "at": self._services.clock.now(), "user": socket.user}))
        declared = self._services.emergencies.views()
        if declared:
            socket.offer(_text({"type": "emergencies", "emergencies": declared}))
        self.desks.join(socket, stopped=stopped)

    def _remove(self, socket: Socket) -> None:
        self._all.discard(socket)
        self._wallboards.discard(socket)
        self._supervising.discard(socket)
        self.cut_off += socket.dropped
        self.desks.leave(socket)

    # -- what pages say --------------------------------------------------------------------------------

    def _heard(self, socket: Socket, text: str) -> None:
        try:
            message = orjson.loads(text)
        except ValueError:
            message = None
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "ping":
            socket.offer('{"type":"pong"}')
        elif kind == "pop_shown" and self.desks.works(socket) and isinstance(message.get("call_id"), str):
            with suppress(Refused):
                self._services.desk.pop_shown(socket.agent_id, message["call_id"][:80])
        elif kind == "subscribe" and message.get("topic") == "wallboard":
            self._wallboards.add(socket)
            socket.offer(self._wallboard())
            if socket.user["role"] in ("supervisor", "admin"):
                self._supervising.add(socket)
                socket.offer(self._supervision())
            self._wallboard_wanted.set()
        elif kind == "unsubscribe" and message.get("topic") == "wallboard":
            self._wallboards.discard(socket)
            self._supervising.discard(socket)
        else:
            self.garbage += 1

    # -- what the server says by itself ----------------------------------------------------------------

    def _wallboard(self) -> str:
        return _text({"type": "wallboard", "wallboard": self._services.live.wallboard()})

    def _supervision(self) -> str:
        return _text({"type": "supervision", "supervision": self._services.supervisors.picture()})

    async def _push_wallboard(self) -> None:
        while True:
            if not self._wallboards:
                self._wallboard_wanted.clear()
                await self._wallboard_wanted.wait()
            await asyncio.sleep(self._settings.wallboard_seconds)
            if not self._wallboards:
                continue
            try:
                text = self._wallboard()
                supervision = self._supervision() if self._supervising else ""
            except Exception:
                log.exception("the wallboard could not be made")
                continue
            for socket in list(self._wallboards):
                socket.offer(text)
            for socket in list(self._supervising):
                socket.offer(supervision)

    async def _check_sessions(self) -> None:
        """Cut the sockets of sessions that ran out or whose user was locked out."""
        while True:
            await asyncio.sleep(self._settings.session_check_seconds)
            for token in {socket.token for socket in self._all}:
                try:
                    session = await self._services.users.session(token, self._services.clock.now())
                except Exception:
                    log.warning("sessions could not be checked", exc_info=True)
                    break
                if session is None:
                    await self.session_closed(token)

    def _problems(self, message: Json) -> None:
        text = _text({"type": "problems", **message})
        for socket in self._all:
            if socket.user["role"] == "admin":
                socket.offer(text)

    def _emergencies(self, message: Json) -> None:
        text = _text({"type": "emergencies", **message})
        for socket in self._all:
            socket.offer(text)

    async def _close(self, sockets: list[Socket], code: int, why: bytes) -> None:
        async def close(socket: Socket) -> None:
            with suppress(ConnectionError, TimeoutError):
                async with asyncio.timeout(2):
                    await socket.ws.close(code=code, message=why)

        await asyncio.gather(*(close(socket) for socket in sockets))

    def count(self, user_name: str) -> int:
        """Pages a user has open."""
        return sum(1 for socket in self._all if socket.user["name"] == user_name)


SOCKETS: web.AppKey[Sockets] = web.AppKey("sockets", Sockets)


async def websocket(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/ws."""
    if not is_own_origin(request, request.app[SETTINGS], required=True):
        raise Refused("foreign_origin", "This page is not ours", "来源页面不受信任", status=403)
    session = await current_session(request)
    if session is None:
        raise not_signed_in()
    sockets = request.app[SOCKETS]
    if sockets.count(session[0]["name"]) >= SOCKETS_PER_USER:
        raise Refused("too_many_pages", "Too many pages are open", "打开的页面过多", status=429)
    return await sockets.serve(request, session[0], request.cookies[COOKIE])


def _text(message: Json) -> str:
    return orjson.dumps(message).decode()
