"""Voicemails by mail, handed to a real SMTP server: one that works, is away, refuses, or lies."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from callcenter.integrations.mail import Mailer, MailError, MailServer, Voicemail, voicemail_mail

SENDER = "calls@example.com"
PASSWORD = "sm7p-pa55word"
SHANGHAI = timezone(timedelta(hours=8))


class Postbox:
    """What the server took, and what it answers."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.to: list[list[str]] = []
        self.signed_in: list[str] = []
        self.answers: dict[str, str] = {}  # by recipient

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        self.to.append(envelope.rcpt_tos)
        return "250 OK"

    def sign_in(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.signed_in.append(data.login.decode())
        right = data.password.decode() == PASSWORD
        return AuthResult(success=right, handled=right)


@asynccontextmanager
async def smtp_server(postbox: Postbox, port: int = 0, sign_in: bool = False) -> AsyncIterator[int]:
    def protocol() -> SMTP:
        return SMTP(
            postbox,
            hostname="localhost",
            auth_required=sign_in,
            auth_require_tls=False,
            authenticator=postbox.sign_in if sign_in else None,
        )

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def server_at(port: int, **more: Any) -> MailServer:
    return MailServer(**{"host": "127.0.0.1", "sender": SENDER, "port": port, "starttls": False, **more})


@pytest.fixture
def voicemail(tmp_path: Path) -> Voicemail:
    sound = tmp_path / "message.wav"
    with wave.open(str(sound), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(16000))
    began = datetime(2026, 11, 22, 14, 5, tzinfo=SHANGHAI)
    return Voicemail(
        "售后", "138 0013 8000", "王小明", began, 75.4, sound, "https://calls.example.com/voicemail/7"
    )


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.02)


async def test_a_voicemail_arrives_with_its_sound_in_both_languages(
    tmp_path: Path, voicemail: Voicemail
) -> None:
    postbox = Postbox()
    async with smtp_server(postbox) as port:
        mailer = Mailer(server_at(port), tmp_path / "mail")
        await mailer.start()
        await mailer.send_voicemail(voicemail, ["a@example.com", "b@example.com"], "zh-CN")
        await mailer.send_voicemail(voicemail, ["a@example.com"], "en")
        await until(lambda: len(postbox.mails) == 2 and mailer.waiting == 0)
        await mailer.close()
    zh, en = postbox.mails
    assert postbox.to == [["a@example.com", "b@example.com"], ["a@example.com"]]
    assert zh["Subject"] == "【售后】王小明 (138 0013 8000) 的语音留言（1:15）"
    assert en["Subject"] == "[售后] Voicemail from 王小明 (138 0013 8000) (1:15)"
    assert zh["From"] == SENDER and zh["Auto-Submitted"] == "auto-generated"
    body = zh.get_body()
    assert body is not None
    assert {"时间：2026-11-22 14:05", "录音见附件。", voicemail.link} <= set(body.get_content().splitlines())
    (attached,) = zh.iter_attachments()
    assert attached.get_filename() == "voicemail-20261122-140500.wav"
    assert attached.get_content_type() == "audio/wav"
    assert attached.get_payload(decode=True) == voicemail.sound.read_bytes()


async def test_while_the_server_is_away_mails_wait_on_disk_also_over_a_restart(
    tmp_path: Path, voicemail: Voicemail
) -> None:
    port, postbox = free_port(), Postbox()
    with capture_logs() as logs:
        mailer = Mailer(server_at(port), tmp_path / "mail", first_pause=0.05)
        await mailer.start()
        for _ in range(3):
            await mailer.send_voicemail(voicemail, ["a@example.com"], "en")
        await until(lambda: any(line["event"] == "mail.later" for line in logs))
        await mailer.close()
    assert mailer.waiting == 3
    again = Mailer(server_at(port), tmp_path / "mail", first_pause=0.05)
    await again.start()
    await asyncio.sleep(0.1)
    async with smtp_server(postbox, port):
        await until(lambda: len(postbox.mails) == 3 and again.waiting == 0)
        await again.close()


async def test_a_mail_the_server_refuses_is_put_aside_and_the_next_one_leaves(
    tmp_path: Path, voicemail: Voicemail
) -> None:
    postbox = Postbox()
    postbox.answers = {"gone@example.com": "550 no such mailbox"}
    async with smtp_server(postbox) as port:
        mailer = Mailer(server_at(port), tmp_path / "mail", first_pause=0.05)
        with capture_logs() as logs:
            await mailer.start()
            await mailer.send_voicemail(voicemail, ["gone@example.com"], "en")
            await mailer.send_voicemail(voicemail, ["a@example.com"], "en")
            await until(lambda: len(postbox.mails) == 1 and mailer.waiting == 0)
            await mailer.close()
    assert "no such mailbox" in next(line["error"] for line in logs if line["event"] == "mail.put_aside")
    assert len(list((tmp_path / "mail").glob("*.refused"))) == 1, "kept, for who wants to look"


async def test_a_mail_the_server_does_not_want_yet_is_tried_later_and_holds_no_other(
    tmp_path: Path, voicemail: Voicemail
) -> None:
    postbox = Postbox()
    postbox.answers = {"slow@example.com": "451 come back later"}
    async with smtp_server(postbox) as port:
        mailer = Mailer(server_at(port), tmp_path / "mail", first_pause=0.05)
        await mailer.start()
        await mailer.send_voicemail(voicemail, ["slow@example.com"], "en")
        await mailer.send_voicemail(voicemail, ["a@example.com"], "en")
        await until(lambda: postbox.to == [["a@example.com"]])
        postbox.answers.clear()
        await until(lambda: postbox.to[1:] == [["slow@example.com"]] and mailer.waiting == 0)
        await mailer.close()


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS", "ignore:Session.login_data")
async def test_the_password_is_used_and_appears_nowhere(tmp_path: Path, voicemail: Voicemail) -> None:
    postbox = Postbox()
    async with smtp_server(postbox, sign_in=True) as port:
        right = Mailer(server_at(port, username="calls", password=PASSWORD), tmp_path / "right")
        wrong = Mailer(server_at(port, username="calls", password="wr0ng-pa55"), tmp_path / "wrong")
        with capture_logs() as logs:
            for mailer in (right, wrong):
                await mailer.start()
                await mailer.send_voicemail(voicemail, ["a@example.com"], "en")
            await until(lambda: {line["event"] for line in logs} == {"mail.sent", "mail.later"})
            await right.close()
            await wrong.close()
    assert wrong.waiting == 1, "a wrong password is a matter of the settings: the mail is kept"
    assert postbox.signed_in[0] == "calls" and len(postbox.mails) == 1
    for shown in (repr(logs), repr(server_at(1, password=PASSWORD))):
        assert PASSWORD not in shown and "wr0ng-pa55" not in shown


async def test_nothing_leaves_unencrypted_where_encryption_is_asked_for(
    tmp_path: Path, voicemail: Voicemail
) -> None:
    postbox = Postbox()
    async with smtp_server(postbox) as port:
        mailer = Mailer(server_at(port, starttls=True), tmp_path / "mail")
        with capture_logs() as logs:
            await mailer.start()
            await mailer.send_voicemail(voicemail, ["a@example.com"], "en")
            await until(lambda: any(line["event"] == "mail.later" for line in logs))
            await mailer.close()
    assert postbox.mails == [] and mailer.waiting == 1
    assert "STARTTLS" in logs[-1]["error"]


async def test_no_more_mails_leave_in_a_minute_than_the_server_likes(
    tmp_path: Path, voicemail: Voicemail
) -> None:
    postbox = Postbox()
    async with smtp_server(postbox) as port:
        mailer = Mailer(server_at(port, per_minute=2), tmp_path / "mail")
        await mailer.start()
        for _ in range(4):
            await mailer.send_voicemail(voicemail, ["a@example.com"], "en")
        await until(lambda: len(postbox.mails) == 2)
        await asyncio.sleep(0.2)
        assert len(postbox.mails) == 2 and mailer.waiting == 2
        await mailer.close()


async def test_a_server_that_lies_or_hangs_up_loses_no_mail(tmp_path: Path, voicemail: Voicemail) -> None:
    async def gibberish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(gibberish, "127.0.0.1", 0)
    mailer = Mailer(server_at(server.sockets[0].getsockname()[1]), tmp_path / "mail")
    with capture_logs() as logs:
        await mailer.start()
        await mailer.send_voicemail(voicemail, ["a@example.com"], "en")
        await until(lambda: bool(logs))
        await mailer.close()
    server.close()
    await server.wait_closed()
    assert logs[0]["event"] == "mail.later" and mailer.waiting == 1


async def test_a_broken_file_in_the_spool_stops_no_other(tmp_path: Path, voicemail: Voicemail) -> None:
    folder, postbox = tmp_path / "mail", Postbox()
    folder.mkdir()
    (folder / "00000000000000000001-broken.eml").write_bytes(b"\xff\x00 no mail at all")
    (folder / "name-without-time.eml").write_bytes(b"From: x\r\n\r\n")
    async with smtp_server(postbox) as port:
        mailer = Mailer(server_at(port), folder)
        await mailer.start()
        await mailer.send_voicemail(voicemail, ["a@example.com"], "en")
        await until(lambda: postbox.to == [["a@example.com"]] and mailer.waiting == 0)
        await mailer.close()


async def test_what_cannot_be_mailed_is_said_when_it_is_handed_in(
    tmp_path: Path, voicemail: Voicemail
) -> None:
    mailer = Mailer(server_at(1), tmp_path / "mail")
    for to, reason in (
        ([], "the box has no mail address"),
        (["a@example.com\r\nBcc: all@example.com"], "this is no mail address"),
        (["Ann <a@example.com>"], "this is no mail address"),
        (["安@example.com"], "this is no mail address"),
    ):
        with pytest.raises(MailError, match=reason):
            await mailer.send_voicemail(voicemail, to, "en")
    voicemail.sound.unlink()
    with pytest.raises(MailError, match="No such file"):
        await mailer.send_voicemail(voicemail, ["a@example.com"], "en")
    assert mailer.waiting == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(), st.text(), st.text(), st.text(max_size=20))
def test_names_from_outside_add_no_header_and_no_recipient(
    voicemail: Voicemail, box: str, caller: str, customer: str, address: str
) -> None:
    told = Voicemail(box, caller, customer, voicemail.began, 1, voicemail.sound)
    for language in ("zh-CN", "en"):
        mail = email.message_from_bytes(
            voicemail_mail(told, ["a@example.com"], SENDER, language).as_bytes(), policy=email.policy.default
        )
        assert set(mail.keys()) == {
            "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
        }  # fmt: skip
        assert mail["To"] == "a@example.com"
    try:
        mail = voicemail_mail(told, [address], SENDER, "en")
    except MailError:
        return
    assert len(mail["To"].addresses) == 1
