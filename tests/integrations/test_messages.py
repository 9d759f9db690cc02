"""Messages to callers by a web service: they leave, they are tried again, and no call waits for them long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs

from callcenter.center.config import MessageWay
from callcenter.integrations.http_lookup import HttpClient
from callcenter.integrations.messages import Messages, Sent
from callcenter.integrations.secrets import Secrets

TOKEN = "sms-t0ken-77"


class Gateway:
    """A message gateway: what it was given, and how it behaves next."""

    def __init__(self) -> None:
        self.given: list[dict[str, Any]] = []
        self.authorization: list[str] = []
        self.statuses = [200]
        self.seconds = 0.0
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        self.given.append(await request.json())
        self.authorization.append(request.headers.get("Authorization", ""))
        await asyncio.sleep(self.seconds)
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return web.Response(status=status, text="queued")  # a word, not JSON, as such services like

    def way(self, **more: Any) -> MessageWay:
        return MessageWay(
            url=self.url + "/send",
            headers={"Authorization": "Bearer {secret:sms}"},
            body={"phone": "{to}", "content": "{text}", "meta": {"lang": "{language}"}},
            **more,
        )


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    gateway = Gateway()
    app = web.Application()
    app.router.add_post("/send", gateway.handle)
    async with TestServer(app) as server:
        gateway.url = str(server.make_url("")).rstrip("/")
        yield gateway


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    client = HttpClient(Secrets({"sms": TOKEN}), chance=lambda: 0.0)
    yield client
    await client.close()


async def test_a_text_message_leaves_with_its_number_text_and_language(
    gateway: Gateway, client: HttpClient
) -> None:
    messages = Messages({"sms": gateway.way()}, client)
    with capture_logs() as logs:
        sent = await messages.send("sms", "+86 138-0013-8000", '订单"0012"已发货。', "zh-CN")
    assert sent == Sent(True)
    assert gateway.given == [
        {"phone": "+8613800138000", "content": '订单"0012"已发货。', "meta": {"lang": "zh-CN"}}
    ]
    assert gateway.authorization == [f"Bearer {TOKEN}"]
    assert TOKEN not in repr(logs) and "13800138000" not in repr(logs), "logs are read by many"
    assert logs[0]["to"] == "…8000"


async def test_a_caller_cannot_read_our_secret_by_writing_its_name(
    gateway: Gateway, client: HttpClient
) -> None:
    await Messages({"sms": gateway.way()}, client).send("sms", "13800138000", "{secret:sms} {to}", "en")
    assert gateway.given[0]["content"] == "{secret:sms} {to}"


async def test_a_refused_message_is_told_and_logged(gateway: Gateway, client: HttpClient) -> None:
    gateway.statuses = [401]
    with capture_logs() as logs:
        sent = await Messages({"email": gateway.way()}, client).send("email", "ann@example.com", "Hi", "en")
    assert sent == Sent(False, "status 401") and logs[0]["event"] == "message.failed"
    assert logs[0]["to"] == "an…@example.com"


async def test_a_message_is_sent_again_only_where_twice_does_no_harm(
    gateway: Gateway, client: HttpClient
) -> None:
    gateway.statuses = [503, 200, 503, 200]
    once = Messages({"sms": gateway.way()}, client)
    assert (await once.send("sms", "10086", "Hi", "en")).error == "status 503"
    assert len(gateway.given) == 1
    gateway.statuses = [503, 200]
    twice = Messages({"sms": gateway.way(idempotent=True)}, client)
    assert (await twice.send("sms", "10086", "Hi", "en")).ok and len(gateway.given) == 3


async def test_a_slow_gateway_holds_no_call_and_the_message_still_leaves(
    gateway: Gateway, client: HttpClient
) -> None:
    gateway.seconds = 0.3
    messages = Messages({"sms": gateway.way()}, client, longest_wait=0.1)
    with capture_logs() as logs:
        assert await messages.send("sms", "10086", "Hi", "en") == Sent(True, waiting=True)
        await messages.close()
    assert [line["event"] for line in logs] == ["message.sent"]


async def test_a_caller_who_hangs_up_does_not_stop_his_message(gateway: Gateway, client: HttpClient) -> None:
    gateway.seconds = 0.2
    messages = Messages({"sms": gateway.way()}, client)
    call = asyncio.create_task(messages.send("sms", "10086", "Hi", "en"))
    await asyncio.sleep(0.1)
    call.cancel()
    with capture_logs() as logs:
        await messages.close()
    assert [line["event"] for line in logs] == ["message.sent"]


async def test_the_queue_has_an_end_and_what_is_dropped_is_counted(
    gateway: Gateway, client: HttpClient
) -> None:
    gateway.seconds = 20
    messages = Messages({"sms": gateway.way()}, client, most_waiting=5, longest_wait=0.01)
    with capture_logs() as logs:
        sent = [await messages.send("sms", "10086", str(n), "en") for n in range(7)]
        assert [one.ok for one in sent] == [True] * 5 + [False] * 2
        assert sent[-1].error == "too many messages are waiting to be sent"
        await messages.close(seconds=0.05)
    assert logs[-1] == {"event": "message.dropped", "count": 5, "log_level": "error"}


@pytest.mark.parametrize(
    ("via", "to", "text", "error"),
    [
        ("fax", "10086", "Hi", "the settings have no way 'fax' to send messages"),
        ("sms", "anonymous", "Hi", "there is no number or address to send to"),
        ("sms", "+86138\r\nX", "Hi", "there is no number or address to send to"),
        ("email", "ann@example.com, bob@example.com", "Hi", "there is no number or address to send to"),
        ("email", "ann", "Hi", "there is no number or address to send to"),
        ("sms", "10086", " \x00 ", "the message is empty"),
    ],
)
async def test_what_cannot_be_sent_is_said_at_once(
    gateway: Gateway, client: HttpClient, via: str, to: str, text: str, error: str
) -> None:
    messages = Messages({"sms": gateway.way(), "email": gateway.way()}, client)
    assert await messages.send(via, to, text, "en") == Sent(False, error)
    assert gateway.given == []
