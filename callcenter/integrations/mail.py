"""Voicemails by mail: put on disk first, sent when the server is there, not more than so many a minute."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import os
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from enum import Enum
from pathlib import Path

import aiosmtplib
import structlog

_SECONDS = 30.0  # for one mail
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 300.0  # seconds between tries while the server is away
_KEEP_SECONDS = 7 * 86_400.0  # a mail that cannot be sent for a week is put aside
_MOST_SPOOLED = 2000
_ADDRESS = re.compile(r"[^@\s<>,;:\"\\]{1,64}@[^@\s<>,;:\"\\]{1,190}")

_log = structlog.get_logger(__name__)


class _Fate(Enum):
    DONE = "done"  # sent, or put aside
    LATER = "later"  # the server does not want this one now
    AWAY = "away"  # the server cannot be used


class MailError(Exception):
    """A mail cannot be taken for sending. The message says why."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed in, and how."""

    host: str
    sender: str
    port: int = 587
    username: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = True
    tls: bool = False  # encrypted from the first byte on
    per_minute: int = 30


@dataclass(frozen=True, slots=True)
class Voicemail:
    """A message a caller left."""

    box: str  # the box's name as people read it
    caller: str  # number as people read it; '' when it is withheld
    customer: str  # name, where known
    began: datetime  # with its time zone
    seconds: float
    sound: Path  # WAV
    link: str = ""  # where it is found on the desk


def voicemail_mail(voicemail: Voicemail, to: Sequence[str], sender: str, language: str) -> EmailMessage:
    """The mail with the sound attached. Raises MailError."""
    wrong = [address for address in [*to, sender] if not (address.isascii() and _ADDRESS.fullmatch(address))]
    if wrong or not to:
        raise MailError(f"this is no mail address: {wrong[0]}" if wrong else "the box has no mail address")
    try:
        sound = voicemail.sound.read_bytes()
    except OSError as error:
        raise MailError(f"{voicemail.sound}: {error.strerror or error}") from error
    chinese = language == "zh-CN"
    unknown = "号码未显示" if chinese else "number withheld"
    caller = _line(voicemail.caller) or unknown
    who = f"{_line(voicemail.customer)} ({caller})" if voicemail.customer.strip() else caller
    when = voicemail.began.strftime("%Y-%m-%d %H:%M")
    length = f"{int(voicemail.seconds) // 60}:{int(voicemail.seconds) % 60:02d}"
    mail = EmailMessage(policy=email.policy.SMTP)
    box = _line(voicemail.box)
    if chinese:
        mail["Subject"] = f"【{box}】{who} 的语音留言（{length}）"
        said = [f"来电：{who}", f"时间：{when}", f"时长：{length}", f"信箱：{box}"]
        end = "录音见附件。"
    else:
        mail["Subject"] = f"[{box}] Voicemail from {who} ({length})"
        said = [f"Caller: {who}", f"Time: {when}", f"Length: {length}", f"Mailbox: {box}"]
        end = "The recording is attached."
    try:
        mail["From"] = Address(addr_spec=sender)
        mail["To"] = [Address(addr_spec=address) for address in to]
    except (ValueError, IndexError, MessageError) as error:
        raise MailError(f"this is no mail address: {error}") from error
    mail["Date"] = format_datetime(voicemail.began)
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n".join([*said, "", end, *([_line(voicemail.link)] if voicemail.link else [])]) + "\n")
    name = f"voicemail-{voicemail.began:%Y%m%d-%H%M%S}.wav"
    mail.add_attachment(sound, maintype="audio", subtype="wav", filename=name)
    return mail


class Mailer:
    """Sends from a folder, one mail after the other. What is in the folder survives restarts."""

    def __init__(self, server: MailServer, folder: Path, *, first_pause: float = _FIRST_PAUSE) -> None:
        self._server = server
        self._folder = folder
        self._first_pause = first_pause
        self._something = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._sent_at: list[float] = []

    async def start(self) -> None:
        """Begin to send, first what an earlier run left."""
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        self._something.set()
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop. What is not sent stays in the folder."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def send_voicemail(self, voicemail: Voicemail, to: Sequence[str], language: str) -> None:
        """Take a voicemail for sending; returns when it is safe on disk. Raises MailError."""
        await asyncio.to_thread(self._spool, voicemail, to, language)
        self._something.set()

    @property
    def waiting(self) -> int:
        """How many mails are still to be sent."""
        return len(self._spooled())

    def _spool(self, voicemail: Voicemail, to: Sequence[str], language: str) -> None:
        mail = voicemail_mail(voicemail, to, self._server.sender, language)
        if len(self._spooled()) >= _MOST_SPOOLED:
            raise MailError(f"{_MOST_SPOOLED} mails are waiting for the mail server")
        file = self._folder / f"{time.time_ns():020d}-{secrets.token_hex(4)}.eml"
        part = file.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as out:
                out.write(mail.as_bytes())
                out.flush()
                os.fsync(out.fileno())
            part.replace(file)
        except OSError as error:
            raise MailError(f"{file}: {error.strerror or error}") from error

    def _spooled(self) -> list[Path]:
        return sorted(self._folder.glob("*.eml"))

    async def _run(self) -> None:
        pause = self._first_pause
        while True:
            await self._something.wait()
            self._something.clear()
            try:
                if await self._send_all():
                    pause = self._first_pause
                    continue
            except Exception:
                _log.exception("mail.failed")
            # the server is away: wait, longer each time; a new mail does not hurry us
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)
            self._something.set()

    async def _send_all(self) -> bool:
        """Send all that is there. False when something is left for later."""
        complete = True
        for file in await asyncio.to_thread(self._spooled):
            await self._keep_to_the_rate()
            fate = await self._send(file)
            if fate is _Fate.AWAY:
                return False
            complete = complete and fate is _Fate.DONE
        return complete

    async def _send(self, file: Path) -> _Fate:
        server = self._server
        try:
            written = await asyncio.to_thread(file.read_bytes)
            mail = email.message_from_bytes(written, policy=email.policy.SMTP)
            async with asyncio.timeout(_SECONDS):
                refused, _ = await aiosmtplib.send(
                    mail,
                    hostname=server.host,
                    port=server.port,
                    username=server.username or None,
                    password=server.password or None,
                    use_tls=server.tls,
                    start_tls=server.starttls and not server.tls,
                    timeout=_SECONDS,
                )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return await self._failed(file, error)
        await asyncio.to_thread(file.unlink, missing_ok=True)
        _log.info("mail.sent", file=file.name, addresses_refused=len(refused))
        return _Fate.DONE

    async def _failed(self, file: Path, error: Exception) -> _Fate:
        """Put aside a mail that the server will never take, or that grew old; keep the others for later."""
        fate = _fate(error)
        reason = _line(str(error))[:200] or type(error).__name__
        if self._server.password:
            reason = reason.replace(self._server.password, "••••")
        born = file.stem.partition("-")[0]
        old = not born.isdigit() or time.time() - int(born) / 1e9 > _KEEP_SECONDS
        if fate is _Fate.DONE or old:
            _log.error("mail.put_aside", file=file.name, error=reason)
            await asyncio.to_thread(file.replace, file.with_suffix(".refused"))
            return _Fate.DONE
        _log.warning("mail.later", file=file.name, host=self._server.host, error=reason)
        return fate

    async def _keep_to_the_rate(self) -> None:
        """Wait until this mail is one of at most `per_minute` in any minute."""
        now = asyncio.get_running_loop().time()
        self._sent_at = [at for at in self._sent_at if now - at < 60]
        if len(self._sent_at) >= self._server.per_minute:
            await asyncio.sleep(60 - (now - self._sent_at[0]))
        self._sent_at.append(asyncio.get_running_loop().time())


def _fate(error: Exception) -> _Fate:
    """What a failure means for the mail: refused for good (done with), to be tried later, or nobody there."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return _Fate.DONE if all(one.code >= 500 for one in error.recipients) else _Fate.LATER
    if isinstance(error, aiosmtplib.SMTPAuthenticationError | aiosmtplib.SMTPConnectResponseError):
        return _Fate.AWAY  # a matter of the settings or of the server, not of this mail
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _Fate.DONE if error.code >= 500 else _Fate.LATER
    if isinstance(error, ValueError):
        return _Fate.DONE  # it cannot be put on the wire
    return _Fate.AWAY


def _line(text: str) -> str:
    """A text in one line, so that it adds no header of its own."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
