"""A signed-in client of the product's own REST and WebSocket: what a browser does, without the browser."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import aiohttp

Json = dict[str, Any]


class ApiRefused(RuntimeError):
    """The center answered with an error."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(f"{status} {code}: {text}")
        self.status = status
        self.code = code


class ApiClient:
    """One user. Use as an async context manager; it signs in and out."""

    def __init__(self, address: str, name: str, password: str) -> None:
        """`address`: such as http://127.0.0.1:8080."""
        self.address = address.rstrip("/")
        self.user: Json = {}
        self._name = name
        self._password = password
        self._csrf = ""
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # the cookies of a bare address are kept only when asked for
        self._http = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(total=15)
        )
        try:
            answer = await self.ask("POST", "/session", {"name": self._name, "password": self._password})
        except BaseException:
            await self._http.close()
            raise
        self.user, self._csrf = answer["user"], answer["csrf"]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._http is not None:
            await self._http.close()

    async def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        """One request under /api/v1; the answer. Raises ApiRefused, aiohttp.ClientError, TimeoutError."""
        assert self._http is not None
        headers = {"X-CSRF-Token": self._csrf, "Origin": self.address}
        async with self._http.request(
            method, f"{self.address}/api/v1{path}", json=body, headers=headers
        ) as response:
            answer: Json = {} if response.status == 204 else await response.json()
            if response.status >= 400:
                error = answer.get("error", {})
                raise ApiRefused(
                    response.status, error.get("code", ""), str(error.get("message", {}).get("en", ""))
                )
            return answer

    async def socket(self) -> aiohttp.ClientWebSocketResponse:
        """Open the WebSocket. Close it when done."""
        assert self._http is not None
        return await self._http.ws_connect(
            f"{self.address}/api/v1/ws", headers={"Origin": self.address}, heartbeat=20
        )
