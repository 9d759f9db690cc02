"""Systems beyond the center, as flows ask for them: joins the steps of a flow to the integrations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from callcenter.center.config import Config
from callcenter.center.model import Center
from callcenter.integrations.http_lookup import HttpClient, HttpRequest
from callcenter.integrations.mail import Mailer, MailError, MailServer, Voicemail
from callcenter.integrations.messages import Messages, Way
from callcenter.integrations.secrets import Secrets
from callcenter.ivr.steps import Fetch, Fetched, SendMessage, Sent
from callcenter.storage.facts import Fact

log = structlog.get_logger(__name__)


class OutsideSystems:
    """Implements `calls.office.Outside`, and mails voicemails as the journal tells of them."""

    def __init__(
        self,
        config: Config,
        *,
        center: Callable[[], Center],
        voicemails: Path,
        brief: Callable[[str], Awaitable[Mapping[str, Any]]],
    ) -> None:
        """`brief` tells who has a number, see `customers.service.CustomerDirectory`."""
        self._center = center
        self._voicemails = voicemails
        self._brief = brief
        origin = config.web.public_origin.rstrip("/")
        self._desk = f"{origin}/#/voicemails" if origin else ""
        self._client = HttpClient(Secrets(config.secrets))
        ways: Mapping[str, Way | None] = {"sms": config.messages.sms, "email": config.messages.email}
        self._messages = Messages({name: way for name, way in ways.items() if way is not None}, self._client)
        mail = config.mail
        self._mailer = (
            Mailer(
                MailServer(
                    mail.host, mail.sender, mail.port, mail.username, mail.password, mail.starttls, mail.tls,
                    mail.per_minute,
                ),
                config.data_path / "mail",
            )
            if mail.host
            else None
        )  # fmt: skip

    async def start(self) -> None:
        """Send what waited for the mail server."""
        if self._mailer is not None:
            await self._mailer.start()

    async def close(self) -> None:
        """End what is under way, soon."""
        await self._messages.close()
        await self._client.close()
        if self._mailer is not None:
            await self._mailer.close()

    async def fetch(self, step: Fetch) -> Fetched:
        answer = await self._client.fetch(
            HttpRequest(
                step.url,
                "POST" if step.method == "POST" else "GET",
                step.query,
                step.headers,
                step.body,
                step.values,
                step.timeout_seconds,
                step.retries,
            )
        )
        return Fetched(answer.ok, answer.status, answer.data, answer.error)

    async def send(self, step: SendMessage) -> Sent:
        sent = await self._messages.send(step.via, step.to, step.text, step.language)
        return Sent(sent.ok, sent.error)

    async def mail_voicemail(self, fact: Fact, number: str, name: str) -> None:
        """Mail a message (`voicemail.left`) to the addresses of its box, in the center's own language.
        `number` and `name` are the caller's, as the call came with them. Never raises."""
        box = self._center().mailboxes.get(str(fact.data.get("box", "")))
        if self._mailer is None or box is None or not box.mail:
            return
        center = self._center()
        language = center.default_language
        brief = await self._brief(number)
        voicemail = Voicemail(
            box=box.name.get(language) or str(fact.data["box"]),
            caller=str(brief.get("display_number") or number),
            customer=str((brief.get("customer") or {}).get("name") or name),
            began=datetime.fromtimestamp(fact.at, ZoneInfo(center.time_zone)),
            seconds=float(fact.data.get("seconds", 0)),
            sound=self._voicemails / str(fact.data["path"]),
            link=self._desk,
        )
        try:
            await self._mailer.send_voicemail(voicemail, box.mail, language)
        except MailError as error:
            log.error("voicemail.not_mailed", call=fact.call_id, error=str(error))
