"""What callers leave and what they are sent, with a real mail server and a real web service; and what they
key in and say that not everybody may read or hear."""

from __future__ import annotations

import asyncio
import email
import email.policy
import io
import socket
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session
from yarl import URL

from callcenter.demo.client import ApiClient
from callcenter.speech.reading import read
from tests.real.kit import PASSWORD, Office, a_center, until

HERE = Path(__file__).parent / "messages_center"
PORTS = range(40500, 41000)
TOKEN, SMS_KEY, PIN = "token-of-the-bank-8820", "key-of-the-sms-5571", "739406"
pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]
_next_port: Iterator[int] = iter(PORTS)


def free_port() -> int:
    """A port of ours that nobody holds."""
    for port in _next_port:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")


class Postbox:
    """A mail server that may be switched off."""

    def __init__(self) -> None:
        self.port = free_port()
        self.mails: list[EmailMessage] = []
        self.to: list[list[str]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        self.to.append(envelope.rcpt_tos)
        return "250 OK"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(self, hostname="localhost"), "127.0.0.1", self.port)
        try:
            yield
        finally:
            server.close()
            await server.wait_closed()

    async def mail(self, number: int, seconds: float = 20) -> EmailMessage:
        async def there() -> bool:
            return len(self.mails) >= number

        await until(there, seconds, say=f"mail {number} has come")
        return self.mails[number - 1]


class OtherSystems:
    """The bank, which says back all it is told, and the service that sends short messages."""

    def __init__(self) -> None:
        self.address = f"http://127.0.0.1:{free_port()}"
        self.asked: list[tuple[str, Any]] = []
        self.sent: list[tuple[str, dict[str, Any]]] = []

    async def __aenter__(self) -> OtherSystems:
        app = web.Application()
        app.router.add_get("/accounts/{account}/{pin}", self._account)
        app.router.add_post("/check", self._check)
        app.router.add_post("/sms", self._sms)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", int(self.address.rpartition(":")[2])).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _account(self, request: web.Request) -> web.Response:
        self.asked.append((request.path, request.headers.get("Authorization", "")))
        return web.Response(status=500, text=f"{request.path} {request.headers.get('Authorization')}")

    async def _check(self, request: web.Request) -> web.Response:
        said = await request.json()
        self.asked.append((request.path, said))
        return web.json_response({"owner": "Wang", "token": said["token"]})

    async def _sms(self, request: web.Request) -> web.Response:
        self.sent.append((request.headers.get("X-Key", ""), await request.json()))
        return web.Response(text="accepted")


@pytest.fixture(scope="module")
def postbox() -> Postbox:
    return Postbox()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def others() -> AsyncIterator[OtherSystems]:
    async with OtherSystems() as systems:
        yield systems


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def running(
    tmp_path_factory: pytest.TempPathFactory, postbox: Postbox, others: OtherSystems
) -> AsyncIterator[Office]:
    """The center of messages; all that it can log, it logs."""
    body = {"to": "{to}", "text": "{text}", "language": "{language}"}
    sms = {"url": f"{others.address}/sms", "headers": {"X-Key": "{secret:SMS_KEY}"}, "body": body}
    mail = {"host": "127.0.0.1", "port": postbox.port, "from": "calls@example.com", "starttls": False}
    settings = {
        "secrets": {"BANK_URL": others.address, "BANK_TOKEN": TOKEN, "SMS_KEY": SMS_KEY},
        "messages": {"sms": sms},
        "mail": mail,
    }
    folder = tmp_path_factory.mktemp("m")
    async with a_center(folder, of=HERE, settings=settings, log_level="debug") as office:
        yield office


async def data(office: Office, kind: str, call_id: str) -> list[dict[str, Any]]:
    return [fact.data for fact in await office.facts(kind, call_id)]


async def at_node(office: Office, call_id: str, node: str, seconds: float = 15) -> None:
    """Wait until the caller is at a node."""

    async def there() -> bool:
        visits = await data(office, "ivr.node", call_id)
        return bool(visits) and visits[-1]["node"] == node

    await until(there, seconds, say=f"the caller of {call_id} comes to {node}")


def keyed(keys: str) -> list[tuple[float, str]]:
    return [(0.15, key) for key in keys]


async def leave_a_message(office: Office, name: str) -> str:
    """A caller speaks for two seconds after the tone and hangs up; his call."""
    caller = await office.call("6001", name=name)
    call_id = await office.call_id(caller)
    await office.wait_fact("voicemail.begun", call_id)
    caller.speak()
    await asyncio.sleep(2.5)
    caller.hang_up()
    assert await office.outcome(call_id) == "voicemail"
    return call_id


async def test_a_message_is_mailed_with_its_sound_in_the_language_of_the_center(
    office: Office, postbox: Postbox
) -> None:
    async with postbox.open():
        call_id = await leave_a_message(office, "Ann Archer")
        mail = await postbox.mail(1)
    [left] = await data(office, "voicemail.left", call_id)
    number = (await office.row(call_id))["ani"]
    assert postbox.to[0] == ["care@example.com", "night@example.com"]
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "【客服信箱】" in mail["Subject"] and "Ann Archer" in mail["Subject"]
    assert number in text.replace(" ", "") and "录音见附件" in text
    [sound] = list(mail.iter_attachments())
    assert sound.get_content_type() == "audio/wav" and str(sound.get_filename()).endswith(".wav")
    kept = (office.center.data / "voicemail" / left["path"]).read_bytes()
    assert sound.get_content() == kept, "the whole message, not what was on disk so far"
    with wave.open(io.BytesIO(kept)) as file:
        assert abs(file.getnframes() / file.getframerate() - left["seconds"]) < 0.5


async def test_while_the_mail_server_is_away_messages_wait_also_over_a_restart(
    office: Office, postbox: Postbox
) -> None:
    before = len(postbox.mails)
    spool = office.center.data / "mail"
    for name in ("Bob", "Cem"):
        await leave_a_message(office, name)

    async def both_wait() -> bool:
        return len(list(spool.glob("*.eml"))) == 2

    await until(both_wait, say="two mails wait in the spool")
    await office.center.kill_controller()
    async with postbox.open():
        await office.center.start_controller()
        mails = [await postbox.mail(before + 1, 30), await postbox.mail(before + 2, 30)]
    assert ["Bob" in mails[0]["Subject"], "Cem" in mails[1]["Subject"]] == [True, True]

    async def none_waits() -> bool:
        return not list(spool.glob("*.eml"))

    await until(none_waits, say="the spool is empty")
    assert len(postbox.mails) == before + 2, "each once"


async def test_a_text_message_is_in_the_language_the_caller_chose(
    office: Office, others: OtherSystems
) -> None:
    texts = {"1": "您好，您的号码是 {}", "2": "Hello, your number is {}"}
    for key, language in (("1", "zh-CN"), ("2", "en")):
        caller = await office.call("6002", keys=keyed(key))
        call_id = await office.call_id(caller)
        assert await office.outcome(call_id, 15) == "ivr"
        ani = caller.result.ani
        message = {"to": ani, "text": texts[key].format(ani), "language": language}
        assert others.sent[-1] == (SMS_KEY, message)
        assert [sent["ok"] for sent in await data(office, "message.sent", call_id)] == [True]


async def test_a_pin_is_written_nowhere_what_he_says_is_heard_and_his_ratings_are_counted(
    office: Office, others: OtherSystems
) -> None:
    await office.sign_up("amy", "agent", "amy")
    await office.sign_up("sue", "supervisor")
    caller = await office.call("6003", keys=keyed("421" + PIN + "1"))
    call_id = await office.call_id(caller)
    await at_node(office, call_id, "complaint", 40)
    caller.speak()
    await asyncio.sleep(2.5)
    await caller.press("#")
    await at_node(office, call_id, "line")
    assert others.asked == [
        (f"/accounts/421/{PIN}", f"Bearer {TOKEN}"),
        ("/check", {"pin": PIN, "token": TOKEN}),
    ], "the bank was told all"

    # the agent's screen shows dots, and lets her hear him while her phone rings
    office.manners("amy", answer_after=None)
    async with ApiClient(office.center.address, "amy", PASSWORD) as amy:
        desk = await amy.socket()
        await office.ready("amy")
        async with asyncio.timeout(10):
            while (news := await desk.receive_json())["type"] != "pop":
                pass
        pop = news["pop"]
        assert pop["collected"] == {"account_no": "421", "pin": "••••"}
        [said] = pop["recorded"]
        assert said["name"] == "complaint" and said["seconds"] > 1
        await office.wait_state("amy", "ringing")
        sound, status = await fetched(amy, f"/calls/{call_id}/recorded/complaint")
        assert status == 200
        with wave.open(io.BytesIO(sound)) as file:
            assert abs(file.getnframes() / file.getframerate() - said["seconds"]) < 0.5
        for name in ("other", "..%2f..%2fcontrol", "said-complaint"):
            assert (await fetched(amy, f"/calls/{call_id}/recorded/{name}"))[1] == 404, name
        office.phones.answer("1001")
        await office.wait_fact("talk.started", call_id)
        office.phones.hang_up("1001")
        await desk.close()
    await at_node(office, call_id, "rate")
    for key in "51":
        await asyncio.sleep(1.0)
        await caller.press(key)
    assert await office.outcome(call_id, 20) == "answered"

    async with ApiClient(office.center.address, "sue", PASSWORD) as sue:
        answer = await sue.ask("GET", f"/calls/{call_id}")
        assert answer["recorded"] == [said]
        scores = [("service", 5.0), ("solved", 1.0)]  # the questions of this flow have no labels
        assert answer["scores"] == [{"question": q, "score": s, "label": {}} for q, s in scores]
        assert PIN not in str(answer) and TOKEN not in str(answer)
        ratings = {one["question"]: one for one in (await sue.ask("GET", "/ratings"))["ratings"]}
        assert [(r["answers"], r["mean"]) for r in ratings.values()] == [(1, 5.0), (1, 1.0)]
        assert ratings["service"]["queues"] == [{"id": "bank", "answers": 1, "mean": 5.0}]
        assert ratings["service"]["agents"] == [{"id": "amy", "answers": 1, "mean": 5.0}]
    # the same is known again after a restart
    await office.center.kill_controller()
    await office.center.start_controller()
    again = (await office.ask("/ratings"))["ratings"]
    assert {one["question"]: one for one in again} == ratings
    assert leaks(office, caller.result.ani), "what is no secret is found"
    assert leaks(office, PIN, read(PIN, "digits", "en"), TOKEN, SMS_KEY) == []


async def fetched(client: ApiClient, path: str) -> tuple[bytes, int]:
    """What is answered, as bytes, and the status."""
    assert client._http is not None
    async with client._http.get(URL(f"{client.address}/api/v1{path}", encoded=True)) as response:
        return await response.read(), response.status


def leaks(office: Office, *secrets: str) -> list[str]:
    """Every file of the center that holds one of these texts: database, spool, logs of both programs. The
    settings hold them by right."""
    found = []
    for file in office.folder.rglob("*"):
        if not file.is_file() or file == office.center.config_file:
            continue
        content = file.read_bytes()
        found += [f"{secret} in {file}" for secret in secrets if secret.encode() in content]
    return found
