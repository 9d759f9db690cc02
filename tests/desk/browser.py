"""Chromium as a person uses it, and a watch over what must not happen in it."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    WebSocket,
    async_playwright,
    expect,
)

CHROMIUM_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
WINDOW = (1366, 768)

# A broken rule of the Content-Security-Policy is only told to the page; this passes it on.
_TELL_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`));"""


class NoBrowser(RuntimeError):
    """There is no Chromium on this machine."""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A running Chromium without windows. Raises NoBrowser."""
    program = next(
        (found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None
    )
    if program is None:
        raise NoBrowser("please install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(CHROMIUM_FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


@dataclass(slots=True)
class Fetched:
    """One answer that the page got."""

    method: str
    path: str
    status: int
    asked_range: str


@dataclass  # without slots: playwright leaves marks on the owner of its handlers
class Watched:
    """What a page did, as its browser tells. `allow` names troubles that belong to the story."""

    own: str  # the only address it may talk to
    troubles: list[str] = field(default_factory=list)
    fetched: list[Fetched] = field(default_factory=list)
    pops_painted: dict[str, float] = field(default_factory=dict)  # call id: when it was drawn
    allowed: list[str] = field(default_factory=list)

    def allow(self, pattern: str) -> None:
        """From now on (and before) troubles like this one are part of the story."""
        self.allowed.append(pattern)

    def left(self) -> list[str]:
        """Troubles that do not belong to the story."""
        return [t for t in self.troubles if not any(re.search(pattern, t) for pattern in self.allowed)]

    def watch(self, page: Page) -> None:
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        page.on("dialog", lambda dialog: self.troubles.append(f"dialog: {dialog.message}"))
        page.on("crash", lambda _page: self.troubles.append("the page crashed"))
        page.on("request", self._asked)
        page.on("response", self._answered)
        page.on("websocket", self._connected)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.troubles.append(f"console: {message.text} {message.location.get('url', '')}")

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.netloc != self.own:
            self.troubles.append(f"foreign host: {request.url}")

    def _answered(self, response: Response) -> None:
        request = response.request
        self.fetched.append(
            Fetched(
                request.method, urlsplit(response.url).path, response.status, request.headers.get("range", "")
            )
        )

    def _connected(self, socket: WebSocket) -> None:
        if urlsplit(socket.url).netloc != self.own:
            self.troubles.append(f"foreign host: {socket.url}")
        socket.on("framesent", self._told_server)

    def _told_server(self, payload: str | bytes) -> None:
        message = json.loads(payload)
        if message.get("type") == "pop_shown":
            self.pops_painted.setdefault(message["call_id"], time.time())


class Screen:
    """One person's browser window on the center. Use as an async context manager.

    Leaving it without an error checks that the page stayed in order: no errors in its console, nothing that
    its Content-Security-Policy forbids, nothing asked of another host.
    """

    def __init__(self, browser: Browser, address: str, language: str, shots: Path) -> None:
        """`language`: the browser's, such as zh-CN. `shots`: a folder for pictures."""
        self.address = address
        self.watched = Watched(urlsplit(address).netloc)
        # who is not signed in yet is told so
        self.watched.allow(r"status of 401 .*/api/v1/session")
        self._browser = browser
        self._language = language
        self._shots = shots
        self._page: Page | None = None

    @property
    def page(self) -> Page:
        assert self._page is not None
        return self._page

    async def __aenter__(self) -> Self:
        width, height = WINDOW
        context = await self._browser.new_context(
            locale=self._language, viewport={"width": width, "height": height}, timezone_id="Asia/Shanghai"
        )
        context.set_default_timeout(10_000)
        await context.add_init_script(_TELL_VIOLATIONS)
        self._page = await context.new_page()
        self.watched.watch(self._page)
        await self._page.goto(self.address)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            await self.picture(f"failed-{self._language}")
        await self.page.context.close()
        if error is None:
            assert self.watched.left() == []

    def part(self, name: str) -> Locator:
        """A part of the page by the name that tests know it by."""
        return self.page.get_by_test_id(name)

    async def sign_in(self, name: str, password: str) -> None:
        """Fill in the sign-in page."""
        await self.part("sign-in-name").fill(name)
        await self.part("sign-in-password").fill(password)
        await self.part("sign-in-submit").click()

    async def open(self, page: str, item: str = "") -> None:
        """Go to one of the pages."""
        await self.page.goto(f"{self.address}/#/{page}{'/' + item if item else ''}")

    async def picture(self, name: str) -> None:
        """Keep what is on the screen."""
        await self.page.screenshot(path=self._shots / f"{name}.png", animations="disabled")


class AgentScreen(Screen):
    """The desk of one agent."""

    async def is_in(self, state: str, seconds: float = 10) -> None:
        """Wait until the desk shows the state."""
        shown = self.page.locator(f'[data-testid="agent-state"] [data-state="{state}"]')
        await expect(shown).to_be_visible(timeout=seconds * 1000)

    async def become(self, choice: str) -> None:
        """Choose from the state menu: `ready`, `not-ready-REASON` or `sign-out`."""
        if not await self.part("state-menu").is_visible():
            await self.part("agent-state").click()
        await self.part(f"state-{choice}").click()

    async def phone_is(self, state: str, seconds: float = 10) -> None:
        """Wait until the desk shows the phone's state."""
        shown = self.page.locator(f'[data-testid="phone"][data-phone="{state}"]')
        await expect(shown).to_be_visible(timeout=seconds * 1000)

    async def in_talk(self, phase: str, seconds: float = 10) -> None:
        """Wait until the call on the stage is `incoming`, `talking` or in `wrap_up`."""
        shown = self.page.locator(f'[data-testid="pop"][data-phase="{phase}"]')
        await expect(shown).to_be_visible(timeout=seconds * 1000)

    async def call_id(self) -> str:
        """Of the call on the stage."""
        return await self.part("pop").get_attribute("data-call") or ""

    async def text(self, name: str) -> str:
        """What a part shows, as it would be read."""
        return (await self.part(name).inner_text()).strip()

    async def timeline(self) -> list[str]:
        """The former contacts on the stage, newest first."""
        return await self.part("timeline-entry").all_inner_texts()
