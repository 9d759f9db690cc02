"""A whole center for the stories of this folder: a real Asterisk, controller, softphone and browser."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from callcenter.asterisk.local_install import cache_folder, find_or_install
from callcenter.asterisk.local_server import free_ports
from callcenter.center.check import load_center
from callcenter.demo.baresip import BaresipPhone
from callcenter.demo.client import ApiClient
from callcenter.demo.local_center import LocalCenter
from callcenter.demo.ports import PortPool
from callcenter.demo.seed import seed
from callcenter.demo.sipp import Caller
from tests.desk.browser import AgentScreen, Screen, chromium

PASSWORD = "a long enough secret"
HOTLINE, ENGLISH_LINE = "4008001234", "4008005678"


@dataclass(slots=True)
class Scene:
    """The center with its people: who calls, who has a phone, who sits before a screen."""

    center: LocalCenter
    browser: Browser
    ports: PortPool
    folder: Path
    shots: Path
    trunk_port: int
    """Where numbers outside are called."""

    def caller(
        self, ani: str, name: str = "", keys: tuple[tuple[float, str], ...] = (), did: str = HOTLINE
    ) -> Caller:
        """A SIP caller who dials the hotline."""
        return Caller(self.center.sip_port, self.ports, self.folder, did=did, ani=ani, name=name, keys=keys)

    def phone(self, agent: str, extension: str) -> BaresipPhone:
        """The agent's softphone."""
        return BaresipPhone(
            extension, self.center.phone_secret(agent), sip_port=self.center.sip_port, ports=self.ports,
            folder=self.folder,
        )  # fmt: skip

    def screen(self, language: str = "zh-CN") -> Screen:
        """A browser window that shows the sign-in page."""
        return Screen(self.browser, self.center.address, language, self.shots)

    def desk_window(self, language: str = "zh-CN") -> AgentScreen:
        """The same for somebody who is an agent."""
        return AgentScreen(self.browser, self.center.address, language, self.shots)

    def api(self, name: str) -> ApiClient:
        """The same person without a screen."""
        return ApiClient(self.center.address, name, PASSWORD)

    async def go_ready(self, person: ApiClient) -> None:
        """Become ready without a screen, once the phone is known to be there."""
        while (await person.ask("GET", "/me/agent"))["phone"] != "idle":
            await asyncio.sleep(0.05)
        await person.ask("POST", "/me/agent/state", {"state": "ready"})

    @asynccontextmanager
    async def at_work(
        self, agent: str, extension: str, language: str = "zh-CN"
    ) -> AsyncIterator[tuple[AgentScreen, BaresipPhone]]:
        """An agent who is signed in and ready, with his phone. He signs out of the queues in the end."""
        async with self.phone(agent, extension) as phone:
            await phone.wait_registered()
            async with self.desk_window(language) as desk:
                await desk.sign_in(agent, PASSWORD)
                await desk.phone_is("idle")
                await desk.become("ready")
                await desk.is_in("ready")
                try:
                    yield desk, phone
                finally:  # also after a failure: the next story must not find him at work
                    async with self.api(agent) as person:
                        await person.ask("POST", "/me/agent/state", {"state": "signed_out"})
                await desk.is_in("signed_out")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """The demo's center with its customers and their history."""
    folder = tmp_path_factory.mktemp("desk")
    shots = folder / "screens"
    shots.mkdir()
    flows = Path(shutil.copytree("ivr_flows", folder / "ivr_flows"))  # admins change them
    ports = PortPool(25000, 25999)
    trunk_port = ports.take()
    local = LocalCenter(
        folder, find_or_install(), free_ports(24000, 24999), center=Path("center.yaml"),
        flows=flows, prompts=cache_folder() / "prompts", trunk_address=f"127.0.0.1:{trunk_port}",
    )  # fmt: skip
    center, _ = load_center(Path("center.yaml"))
    assert center is not None
    await seed(f"sqlite:///{local.data / 'callcenter.sqlite3'}", local.data / "journal", center, PASSWORD)
    async with local, chromium() as browser:
        yield Scene(local, browser, ports, folder, shots, trunk_port)
