"""The web shop of the demo: the system that flows ask for orders and bills, and that takes their messages."""

from __future__ import annotations

from datetime import date, timedelta
from types import TracebackType
from typing import Any, Self

from aiohttp import web

TOKEN = "demo-shop-token"  # noqa: S105 - of a shop that lives as long as the demo
_STATES = ("paid", "shipped", "shipped", "delivered", "refunded")


class DemoShop:
    """An HTTP server on loopback. Orders end in any digit; those that end in 9 do not exist."""

    def __init__(self) -> None:
        self.address = ""
        self.messages: list[dict[str, Any]] = []
        self._runner: web.AppRunner | None = None

    def settings(self) -> dict[str, Any]:
        """What the engine's settings must say to reach it."""
        return {
            "secrets": {"SHOP_URL": self.address, "SHOP_TOKEN": TOKEN},
            "messages": {
                "sms": {
                    "url": f"{self.address}/sms",
                    "headers": {"Authorization": "Bearer {secret:SHOP_TOKEN}"},
                    "body": {"to": "{to}", "text": "{text}", "language": "{language}"},
                }
            },
        }

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/orders/{number}", self._order)
        app.router.add_get("/bills/{number}", self._bill)
        app.router.add_post("/sms", self._message)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.address = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _order(self, request: web.Request) -> web.Response:
        _check(request)
        number = request.match_info["number"]
        last = int(number[-1]) if number[-1:].isdigit() else 9
        if last == 9:
            raise web.HTTPNotFound
        arrives = date.today() + timedelta(days=1 + last)
        order = {
            "number": number, "status": _STATES[last % len(_STATES)], "arrives": arrives.isoformat(),
            "amount": f"{100 + last * 17}.50",
        }  # fmt: skip
        return web.json_response({"order": order})

    async def _bill(self, request: web.Request) -> web.Response:
        _check(request)
        number = request.match_info["number"]
        if not number[-1:].isdigit() or int(number[-1]) % 3 == 0:
            raise web.HTTPNotFound
        due = date.today() + timedelta(days=7)
        return web.json_response({"amount": "358.00", "due": due.isoformat()})

    async def _message(self, request: web.Request) -> web.Response:
        _check(request)
        self.messages.append(await request.json())
        return web.json_response({"ok": True})


def _check(request: web.Request) -> None:
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        raise web.HTTPUnauthorized
