"""A speech recogniser for tests: takes Asterisk's audio (AEAP) and understands, whatever is said, the first
phrase of the grammar, as soon as it has been said for a moment."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import WSMsgType, web

LOUD_FRAMES = 15
"""Frames of 20 ms that somebody must speak before he is understood."""


class AeapListener:
    """Listens on a port of 127.0.0.1. `answers_setup=False`: it takes the connection and says nothing."""

    def __init__(self, port: int, *, answers_setup: bool = True) -> None:
        self.port = port
        self.links = 0
        self._answers_setup = answers_setup
        application = web.Application()
        application.router.add_get("/stt", self._talk)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)

    async def __aenter__(self) -> AeapListener:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """It dies. Dying twice does no harm."""
        await self._runner.cleanup()

    async def _talk(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("speech_to_text",))
        await socket.prepare(request)
        self.links += 1
        words: list[str] = []
        loud = number = 0
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                loud += sum(1 for byte in message.data if (byte & 0x7F) < 0x70) > 20
                if loud == LOUD_FRAMES and words:
                    number += 1
                    result = {"text": words[0], "score": 90, "grammar": "heard", "best": 0}
                    await socket.send_json(
                        {"request": "set", "id": f"ours-{number}", "params": {"results": [result]}}
                    )
            elif message.type is WSMsgType.TEXT and self._answers_setup:
                asked = json.loads(message.data)
                if "request" in asked:
                    await socket.send_json(self._reply(asked))
                grammar = asked.get("params") or {}
                if isinstance(grammar, dict) and "grammar" in grammar:
                    words, loud = json.loads(grammar["grammar"])["words"], 0
        return socket

    def _reply(self, asked: dict[str, Any]) -> dict[str, Any]:
        reply: dict[str, Any] = {"response": asked["request"], "id": asked["id"]}
        if asked["request"] == "setup":
            reply["codecs"] = [{"name": "ulaw"}]
        if asked["request"] == "get":
            reply["params"] = {name: "ready" for name in asked.get("params", ())}
        return reply
