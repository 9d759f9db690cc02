"""Other systems asked by HTTP: good ones, and slow, dead, lying, huge and talkative ones."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from callcenter.integrations.http_lookup import HttpClient, HttpRequest, fill_url, pick, url_value
from callcenter.integrations.secrets import Secrets, UnknownSecret

TOKEN = "t0ken/with+odd=signs é"
ORDER = {"order": {"number": "0012", "items": [{"name": "茶杯", "price": 12.5}], "note": None}}

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Shop:
    """A shop's server whose next answers are set by the test, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        self.bodies: list[bytes] = []
        self.answers: list[Answer] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        self.bodies.append(await request.read())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await answer(request)


def says(data: Any, status: int = 200) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response(data, status=status)

    return answer


def writes(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, status=status, headers=headers)

    return answer


async def cuts_off(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def never_answers(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(30)
    return web.Response()


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    shop = Shop()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", shop.handle)
    async with TestServer(app) as server:
        shop.url = str(server.make_url("")).rstrip("/")
        yield shop


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    client = HttpClient(Secrets({"token": TOKEN}), chance=lambda: 0.0)
    yield client
    await client.close()


async def test_an_order_is_found_by_its_number(shop: Shop, client: HttpClient) -> None:
    shop.answers = [says(ORDER)]
    request = HttpRequest(
        shop.url + "/orders/{number}",
        query={"lang": "zh-CN"},
        headers={"X-Asked-By": "callcenter"},
        values={"number": "00/12 &?"},
    )
    answer = await client.fetch(request)
    assert (answer.ok, answer.status, answer.data, answer.error) == (True, 200, ORDER, "")
    assert shop.asked[0].raw_path == "/orders/00%2F12%20&%3F?lang=zh-CN"  # & is itself within a path
    assert shop.asked[0].headers["X-Asked-By"] == "callcenter"


async def test_a_post_carries_json_with_the_values_in_it(shop: Shop, client: HttpClient) -> None:
    shop.answers = [says({}, 201)]
    body = {"order": "{number}", "list": [1, None, "{number}!"], "literal": "{other}"}
    answer = await client.fetch(HttpRequest(shop.url, "POST", body=body, values={"number": '1"2'}))
    assert answer.ok and answer.status == 201
    assert await shop.asked[0].json() == {"order": '1"2', "list": [1, None, '1"2!'], "literal": "{other}"}


async def test_secrets_are_put_in_at_the_last_moment_and_nowhere_else(shop: Shop, client: HttpClient) -> None:
    shop.answers = [says({"ok": True})]
    request = HttpRequest(
        shop.url + "/x?key={secret:token}",
        "POST",
        headers={"Authorization": "Bearer {secret:token}"},
        body={"deep": [{"key": "{secret:token}"}]},
    )
    with capture_logs() as logs:
        answer = await client.fetch(request)
    (asked,) = shop.asked
    assert asked.query["key"] == TOKEN
    assert (await asked.json())["deep"][0]["key"] == TOKEN
    assert asked.headers["Authorization"].encode("utf-8", "surrogateescape").decode() == f"Bearer {TOKEN}"
    for shown in (repr(request), repr(answer), repr(logs), repr(client), repr(Secrets({"token": TOKEN}))):
        assert TOKEN not in shown


async def test_a_value_cannot_ask_for_a_secret(shop: Shop, client: HttpClient) -> None:
    shop.answers = [says({})]
    await client.fetch(
        HttpRequest(shop.url, "POST", body={"name": "{name}"}, values={"name": "{secret:token}"})
    )
    assert await shop.asked[0].json() == {"name": "{secret:token}"}


async def test_a_secret_may_be_the_beginning_of_the_address(shop: Shop) -> None:
    shop.answers = [says({})]
    client = HttpClient(Secrets({"shop": shop.url + "/api"}))
    answer = await client.fetch(HttpRequest("{secret:shop}/orders"))
    await client.close()
    assert answer.ok and shop.asked[0].path == "/api/orders"


async def test_a_far_side_that_gives_our_secret_back_is_masked(shop: Shop, client: HttpClient) -> None:
    async def echo(request: web.Request) -> web.StreamResponse:
        return web.json_response({"you said": [request.query["key"], request.raw_path], TOKEN: 1}, status=400)

    shop.answers = [echo]
    answer = await client.fetch(HttpRequest(shop.url + "/?key={secret:token}"))
    assert answer.status == 400 and answer.error == "status 400"
    assert answer.data == {"you said": ["••••", "/?key=••••"], "••••": 1}


async def test_an_unknown_secret_is_said_and_nothing_is_asked(shop: Shop, client: HttpClient) -> None:
    answer = await client.fetch(HttpRequest(shop.url + "/{secret:nobody}"))
    assert answer.error == "the settings have no secret 'nobody'" and shop.asked == []


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_server_in_passing_trouble_is_asked_again(
    shop: Shop, client: HttpClient, status: int
) -> None:
    shop.answers = [says({}, status), says(ORDER)]
    answer = await client.fetch(HttpRequest(shop.url, retries=2))
    assert answer.ok and len(shop.asked) == 2


@pytest.mark.parametrize("status", [400, 401, 404, 500])
async def test_a_refusal_is_final_and_its_reason_can_be_read(
    shop: Shop, client: HttpClient, status: int
) -> None:
    shop.answers = [says({"reason": "no such order"}, status)]
    answer = await client.fetch(HttpRequest(shop.url, retries=2))
    assert (answer.ok, answer.status, answer.error) == (False, status, f"status {status}")
    assert answer.data == {"reason": "no such order"} and len(shop.asked) == 1


@pytest.mark.parametrize("trouble", [cuts_off, says({}, 503)])
async def test_a_post_that_may_have_arrived_is_not_sent_twice(
    shop: Shop, client: HttpClient, trouble: Answer
) -> None:
    shop.answers = [trouble]
    answer = await client.fetch(HttpRequest(shop.url, "POST", body={}, retries=3))
    assert not answer.ok and len(shop.asked) == 1
    answer = await client.fetch(HttpRequest(shop.url, "POST", body={}, retries=1, idempotent=True))
    assert not answer.ok and len(shop.asked) == 3


async def test_a_post_that_cannot_have_arrived_is_sent_again(shop: Shop, client: HttpClient) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    async def opens_late() -> web.AppRunner:
        await asyncio.sleep(0.05)
        app = web.Application()
        app.router.add_route("*", "/", shop.handle)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return runner

    shop.answers = [says({"ok": 1})]
    opening = asyncio.create_task(opens_late())
    answer = await client.fetch(HttpRequest(f"http://127.0.0.1:{port}/", "POST", body={}, retries=5))
    runner = await opening
    await runner.cleanup()
    assert answer.ok and len(shop.asked) == 1


async def test_nobody_there_is_an_error_in_words(client: HttpClient) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    answer = await client.fetch(HttpRequest(f"http://127.0.0.1:{port}/", retries=0))
    assert answer.error.startswith("it cannot be reached: ") and "refuse" in answer.error.lower()
    assert (answer.ok, answer.status) == (False, 0)


async def test_a_server_that_never_answers_costs_the_caller_no_more_than_was_allowed(
    shop: Shop, client: HttpClient
) -> None:
    shop.answers = [never_answers]
    answer = await client.fetch(HttpRequest(shop.url, retries=1, timeout_seconds=0.2))
    assert answer.error == "no answer within 0.2 s" and len(shop.asked) == 2


async def test_a_server_that_drips_is_cut_off_in_time(shop: Shop, client: HttpClient) -> None:
    async def drips(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.02)

    shop.answers = [drips]
    answer = await client.fetch(HttpRequest(shop.url, retries=0, timeout_seconds=0.3))
    assert answer.error == "no answer within 0.3 s"


async def test_a_huge_answer_is_not_read_to_its_end(shop: Shop, client: HttpClient) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"9" * 65536)

    shop.answers = [endless]
    answer = await client.fetch(HttpRequest(shop.url, retries=0))
    assert answer.error == "the answer is larger than 256 KB"
    shop.answers = [writes(b'"' + b"x" * (256 * 1024 - 2) + b'"')]
    assert (await client.fetch(HttpRequest(shop.url))).ok


@pytest.mark.parametrize(
    "answer",
    [
        writes(b"<html>Hello</html>", headers={"Content-Type": "application/json"}),
        writes(b'{"cut": '),
        writes(b"\xff\xfe\x00"),
        writes(b"NaN"),
        writes(b"[" * 2000 + b"]" * 2000),
        writes(b"[" * 900 + b"]" * 900),
        writes(gzip.compress(b'{"bomb": "' + b"x" * 10**7 + b'"}'), headers={"Content-Encoding": "gzip"}),
    ],
)
async def test_a_lying_answer_is_an_error(shop: Shop, client: HttpClient, answer: Answer) -> None:
    shop.answers = [answer]
    fetched = await client.fetch(HttpRequest(shop.url, retries=0))
    assert (fetched.status, fetched.ok or fetched.error) in ((200, "the answer is not JSON"), (200, True))
    assert fetched.ok is (fetched.data is not None)


async def test_nothing_is_a_good_answer_too(shop: Shop, client: HttpClient) -> None:
    shop.answers = [writes(b"", 204), writes(b"\xef\xbb\xbf[1]")]
    assert (await client.fetch(HttpRequest(shop.url))).ok
    assert (await client.fetch(HttpRequest(shop.url))).data == [1], (
        "some systems put a mark before their JSON"
    )


async def test_a_redirect_is_not_followed(shop: Shop, client: HttpClient) -> None:
    shop.answers = [writes(b"", 302, {"Location": shop.url + "/elsewhere"})]
    answer = await client.fetch(HttpRequest(shop.url, headers={"Authorization": "{secret:token}"}))
    assert (answer.ok, answer.status, len(shop.asked)) == (False, 302, 1)
    assert "elsewhere" in answer.error and "not followed" in answer.error


async def test_a_peer_that_speaks_no_http_is_an_error() -> None:
    async def gibberish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"220 smtp ready\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(gibberish, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = HttpClient()
    answer = await client.fetch(HttpRequest(f"http://127.0.0.1:{port}/", retries=0))
    await client.close()
    server.close()
    await server.wait_closed()
    assert answer.error == "the answer is not proper HTTP"


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (HttpRequest("ftp://127.0.0.1/x"), "cannot be sent as written"),
        (HttpRequest("http://"), "cannot be sent as written"),
        (HttpRequest("file:///etc/passwd"), "cannot be sent as written"),
        (HttpRequest("http://127.0.0.1:99999/"), "cannot be sent as written"),
        (HttpRequest("http://127.0.0.1/{x}", values={"x": ".."}), "cannot be sent as written"),
        (HttpRequest("http://127.0.0.1/", "POST", body={"a": object()}), "cannot be sent as written"),
    ],
)
async def test_a_request_that_makes_no_sense_is_an_error_and_no_exception(
    client: HttpClient, request_: HttpRequest, error: str
) -> None:
    answer = await client.fetch(request_)
    assert not answer.ok and error in answer.error


async def test_a_value_adds_no_header(shop: Shop, client: HttpClient) -> None:
    shop.answers = [says({})]
    request = HttpRequest(shop.url, headers={"X-Name": "{name}"}, values={"name": "a\r\nX-Admin: yes"})
    assert (await client.fetch(request)).ok
    assert "X-Admin" not in shop.asked[0].headers


async def test_no_cookie_of_one_caller_reaches_the_next(shop: Shop, client: HttpClient) -> None:
    shop.answers = [writes(b"{}", headers={"Set-Cookie": "session=1"})]
    await client.fetch(HttpRequest(shop.url))
    await client.fetch(HttpRequest(shop.url))
    assert "Cookie" not in shop.asked[1].headers


# --- values out of answers, and into addresses ------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value"),
    [("order.number", "0012"), ("order.items.0.name", "茶杯"), ("order.note", None), ("", ORDER)],
)
def test_a_value_is_picked_by_its_path(path: str, value: object) -> None:
    assert pick(ORDER, path) == value


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("orders", "the answer has no 'orders'; it has order"),
        ("order.name", "'order' has no 'name'; it has items, note, number"),
        ("order.items.name", "'order.items' is a list: 'name' is not a place in it, 0 is its first"),
        ("order.items.1", "'order.items' is a list of 1: there is no place 1"),
        ("order.number.x", "'order.number' is a single value: it has no 'x'"),
    ],
)
def test_a_wrong_path_says_what_is_there_instead(path: str, error: str) -> None:
    with pytest.raises(LookupError) as told:
        pick(ORDER, path)
    assert told.value.args[0] == error


json_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(json_data, st.text(max_size=20))
def test_any_path_through_any_answer_is_a_value_or_a_lookup_error(data: object, path: str) -> None:
    try:
        pick(data, path)
    except LookupError as error:
        assert str(error)


def test_values_in_an_address_stay_in_their_place() -> None:
    assert fill_url("http://x/{a}?q={b}", {"a": "../b", "b": "1&c=2#d"}) == "http://x/..%2Fb?q=1%26c%3D2%23d"
    with pytest.raises(ValueError, match=r"no value for \{b\}"):
        fill_url("http://x/{a}/{b}", {"a": "1"})
    for step in (".", ".."):
        with pytest.raises(ValueError, match="cannot stand in an address"):
            url_value(step)


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_no_value_leaves_its_part_of_the_address(value: str) -> None:
    if value not in (".", ".."):
        assert not set(url_value(value)) & set("/?#&=:@\\ \r\n")


# --- secrets ------------------------------------------------------------------------------------------------


@given(st.text(st.characters(codec="utf-8"), min_size=4), st.text(), st.text())
def test_no_text_around_a_secret_lets_it_through(secret: str, before: str, after: str) -> None:
    assert secret not in Secrets({"s": secret}).mask(before + secret + after).replace("••••", "\0")


def test_short_secrets_are_masked_only_where_they_stand_alone() -> None:
    secrets = Secrets({"pin": "1"})
    assert secrets.mask("1") == "••••" and secrets.mask("order 1") == "order 1"


def test_a_secret_that_is_not_there_is_named() -> None:
    with pytest.raises(UnknownSecret, match="no secret 'x'"):
        Secrets({}).reveal("{secret:x}")
