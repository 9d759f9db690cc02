"""The running center as its console: REST on the control socket, and /metrics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp

Json = dict[str, Any]
UNREACHABLE = (aiohttp.ClientError, TimeoutError, OSError)


class Refusal(RuntimeError):
    """The center's answer was an error; the text is its code."""


class Control:
    """Asks and orders. Raises one of `UNREACHABLE` while the controller is away. Use as a context manager."""

    def __init__(self, address: str, socket: Path) -> None:
        self._address = address
        timeout = aiohttp.ClientTimeout(total=10)
        self._socket = aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(socket)), timeout=timeout)
        self._web = aiohttp.ClientSession(timeout=timeout)

    async def __aenter__(self) -> Control:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()
        await self._web.close()

    async def ask(self, path: str, body: Json | None = None, method: str = "") -> Any:
        """GET, or POST of a body, if nothing else is said. Raises Refusal."""
        method = method or ("GET" if body is None else "POST")
        async with self._socket.request(method, f"http://callcenter/api/v1{path}", json=body) as response:
            answer = None if response.status == 204 else await response.json()
            if response.status >= 400:
                raise Refusal(str((answer or {}).get("error", {}).get("code") or answer))
            return answer

    async def metrics(self) -> dict[str, float]:
        """Each metric's sum over its labels."""
        async with self._web.get(self._address + "/metrics") as response:
            text = await response.text()
        sums: dict[str, float] = {}
        for line in text.splitlines():
            if not line.startswith("#"):
                key, _, value = line.rpartition(" ")
                name = key.partition("{")[0]
                sums[name] = sums.get(name, 0.0) + float(value)
        return sums
