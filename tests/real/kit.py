"""A whole center for the stories of this folder: real Asterisk, the controller as a process, SIP people.

`Office` speaks the field's words: `call` places a call, `ready` makes agents ready, `state` asks what an
agent does, `facts` reads the journal. It asks by the REST on the control socket, as the commands do.
"""

from __future__ import annotations

import asyncio
import csv
import itertools
import json
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
from sqlalchemy import select

from callcenter.asterisk.local_install import find_or_install
from callcenter.asterisk.local_server import free_ports
from callcenter.center.check import load_center
from callcenter.center.config import load_config
from callcenter.demo.local_center import LocalCenter
from callcenter.demo.ports import PortPool
from callcenter.demo.sipp import Caller
from callcenter.demo.sipp_phones import Manners, SippPhones
from callcenter.storage.engine import make_engine
from callcenter.storage.facts import Fact
from callcenter.storage.recovery import fact_of
from callcenter.storage.tables import journal
from callcenter.web.users import DatabaseUsers

HERE = Path(__file__).parent / "center"
PORTS = PortPool(29000, 29999)
CALLER_TONE, AGENT_TONE = 440, 1200  # Hz: what each side says, so that a recording shows who is who
PASSWORD = "a-long-password-1"
Json = dict[str, Any]
_numbers = itertools.count(1)


async def until(
    what: Callable[[], Awaitable[Any]], seconds: float = 10.0, every: float = 0.1, say: str = ""
) -> Any:
    """Wait until `what` is true; its value. Raises AssertionError with what it was last."""
    last: Any = None
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        last = await what()
        if last:
            return last
        await asyncio.sleep(every)
    raise AssertionError(f"not so after {seconds:g} s: {say or what}; last: {last!r}")


def tone(folder: Path, hertz: int) -> Path:
    """Two seconds of a tone as headerless ulaw."""
    file = folder / f"tone-{hertz}.ul"
    if not file.exists():
        subprocess.run(
            ["sox", "-n", "-r", "8000", "-c", "1", "-t", "ul", str(file), "synth", "2", "sine", str(hertz),
             "vol", "0.5"],
            check=True,
        )  # fmt: skip
    return file


@dataclass(frozen=True)
class Answer:
    """What the web answered."""

    status: int
    body: Any
    headers: dict[str, str]


class Office:
    """The running center and everyone around it."""

    def __init__(self, folder: Path, center: LocalCenter) -> None:
        self.folder = folder
        self.center = center
        self.flows = folder / "flows"
        self.center_file = folder / "center.yaml"
        self.caller_says = tone(folder, CALLER_TONE)
        self.agent_says = tone(folder, AGENT_TONE)
        declared, _ = load_center(self.center_file)
        assert declared is not None
        self.extension = {agent: a.extension for agent, a in declared.agents.items()}
        self.phones: SippPhones = self.phones_for(list(declared.agents))
        self.callers: list[Caller] = []
        config, problems = load_config(center.config_file)
        assert config is not None, problems
        self._engine = make_engine(config.database.url)
        self._http: aiohttp.ClientSession | None = None

    def phones_for(self, agents: list[str]) -> SippPhones:
        """Registered phones of these agents; they answer after half a second and then talk on."""
        secrets = {self.extension[a]: self.center.phone_secret(a) for a in agents}
        return SippPhones(
            self.center.sip_port, PORTS, self.folder, secrets,
            manners=Manners(answer_after=0.5), speech=self.agent_says,
        )  # fmt: skip

    async def __aenter__(self) -> Self:
        connector = aiohttp.UnixConnector(str(self.center.data / "control.sock"))
        self._http = aiohttp.ClientSession(connector=connector)
        await self.phones.__aenter__()
        await self.phones.wait_registered()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.everyone_leaves()
        await self.phones.__aexit__(None, None, None)
        if self._http is not None:
            await self._http.close()
        await self._engine.dispose()

    # -- asking ----------------------------------------------------------------------------------------

    async def ask(self, path: str, body: Json | None = None, method: str = "") -> Any:
        """The REST as the console; fails the story on an error."""
        assert self._http is not None
        method = method or ("GET" if body is None else "POST")
        async with self._http.request(method, f"http://callcenter/api/v1{path}", json=body) as response:
            answer = None if response.status == 204 else await response.json()
            assert response.status < 400, (response.status, answer)
            return answer

    async def web(self, path: str, **more: Any) -> Answer:
        """Anything else the web server answers, such as /readyz, as nobody in particular."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(self.center.address + path, **more) as response,
        ):
            body = await response.read()
            with suppress(ValueError):
                body = json.loads(body)
            return Answer(response.status, body, dict(response.headers))

    async def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        text = (await self.web("/metrics")).body.decode()
        lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
        found = [float(value) for key, _, value in lines if key.partition("{")[0] == name]
        assert found, f"no metric {name}"
        return sum(found)

    async def command(self, *words: str) -> tuple[int, str]:
        """A command of the program: its exit code and what it printed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "callcenter.cli.main", *words, "--config", str(self.center.config_file),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        printed, _ = await process.communicate()
        return process.returncode or 0, printed.decode()

    async def sign_up(self, name: str, role: str, agent: str = "") -> None:
        """Let somebody in, with PASSWORD."""
        users = DatabaseUsers(self._engine)
        try:
            assert await users.create_user(name, PASSWORD, role, agent_id=agent)
        finally:
            users.close()

    # -- agents ----------------------------------------------------------------------------------------

    async def wish(self, agent: str, state: str, reason: str = "") -> Json:
        view: Json = await self.ask(f"/agents/{agent}/state", {"state": state, "reason": reason})
        return view

    async def ready(self, *agents: str) -> None:
        for agent in agents:
            await self.wait_phone(agent)
            await self.wish(agent, "ready")

    async def wait_phone(self, agent: str, there: bool = True) -> None:
        """Until the engine knows that the agent's phone is registered, or that it is not."""

        async def so() -> bool:
            return ((await self.view(agent))["phone"] != "unregistered") == there

        await until(so, 10, say=f"{agent}'s phone is {'there' if there else 'gone'}")

    async def view(self, agent: str) -> Json:
        views = (await self.ask("/agents"))["agents"]
        found: Json = next(v for v in views if v["id"] == agent)
        return found

    async def state(self, agent: str) -> str:
        view = await self.view(agent)
        return f"{view['state']} ({view['reason']})" if view["reason"] else str(view["state"])

    async def states(self) -> dict[str, str]:
        return {v["id"]: v["state"] for v in (await self.ask("/agents"))["agents"]}

    async def wait_state(self, agent: str, *wanted: str, seconds: float = 10.0) -> None:
        async def there() -> bool:
            return await self.state(agent) in wanted

        try:
            await until(there, seconds)
        except AssertionError:
            raise AssertionError(f"{agent} is {await self.state(agent)}, not {wanted}") from None

    @asynccontextmanager
    async def short_wrap_ups(self) -> AsyncIterator[None]:
        """Meanwhile every agent is through with his wrap-up at once."""

        async def hurry() -> None:
            while True:
                for agent, state in (await self.states()).items():
                    if state == "wrap_up":
                        await self.wish(agent, "ready")
                await asyncio.sleep(0.1)

        hurrying = asyncio.create_task(hurry())
        try:
            yield
        finally:
            hurrying.cancel()
            with suppress(asyncio.CancelledError):
                await hurrying

    def manners(self, agent: str, **how: Any) -> None:
        """How an agent's phone behaves from the next ring on."""
        self.phones.manners[self.extension[agent]] = Manners(**how)

    # -- callers ---------------------------------------------------------------------------------------

    async def call(self, did: str, **script: Any) -> Caller:
        """Somebody calls; each from a number of his own."""
        script.setdefault("ani", f"1380000{next(_numbers):04d}")
        script.setdefault("speech", self.caller_says)
        caller = Caller(self.center.sip_port, PORTS, self.folder, did=did, **script)
        self.callers.append(caller)
        await caller.__aenter__()
        return caller

    async def call_id(self, caller: Caller, seconds: float = 5.0) -> str:
        """The call of this caller, as the journal names it."""

        async def found() -> str:
            for fact in await self.facts("call.offered"):
                if fact.data["ani"] == caller.result.ani:
                    return fact.call_id
            return ""

        return str(await until(found, seconds, say=f"a call from {caller.result.ani} in the journal"))

    async def everyone_leaves(self) -> None:
        """All callers hang up, all agents sign out, all is quiet."""
        for caller in self.callers:
            if not caller.result.ended:
                caller.hang_up()
        for caller in self.callers:
            with suppress(TimeoutError):
                await caller.wait_ended(5)
            await caller.__aexit__(None, None, None)
        self.callers.clear()
        if self.center.controller_pid is None:
            return

        async def quiet() -> bool:
            return not await self.metric("callcenter_calls_open")

        await until(quiet, 15, say="no call is open")
        for agent in self.extension:
            with suppress(AssertionError):  # an agent a story added may be gone again
                if (await self.wish(agent, "signed_out"))["state"] == "wrap_up":
                    await self.wish(agent, "ready")
                    await self.wish(agent, "signed_out")
        for extension in self.phones.manners:
            self.phones.manners[extension] = Manners(answer_after=0.5)

    # -- the journal -----------------------------------------------------------------------------------

    async def facts(self, kind: str = "", call_id: str = "") -> list[Fact]:
        """Facts on file, in order; what was written by now is waited for."""
        await self._filed()
        query = select(journal).order_by(journal.c.seq)
        if kind:
            query = query.where(journal.c.kind == kind)
        if call_id:
            query = query.where(journal.c.call_id == call_id)
        async with self._engine.connect() as connection:
            return [fact_of(row) for row in await connection.execute(query)]

    async def _filed(self) -> None:
        """Wait until the journal has brought its facts to the database; not at all without a controller."""
        with suppress(TimeoutError, OSError, aiohttp.ClientError):
            async with asyncio.timeout(5):
                while await self.metric("callcenter_journal_lag_facts"):
                    await asyncio.sleep(0.05)

    async def wait_fact(self, kind: str, call_id: str, seconds: float = 10.0) -> Fact:
        async def there() -> list[Fact]:
            return await self.facts(kind, call_id)

        try:
            found: list[Fact] = await until(there, seconds)
        except AssertionError:
            told = "\n".join(await self.story(call_id))
            raise AssertionError(f"no {kind} of {call_id} after {seconds:g} s:\n{told}") from None
        return found[-1]

    async def kinds(self, call_id: str) -> list[str]:
        return [fact.kind for fact in await self.facts(call_id=call_id)]

    async def outcome(self, call_id: str, seconds: float = 10.0) -> str:
        """What came of the call, once it has ended."""
        return str((await self.wait_fact("call.ended", call_id, seconds)).data["outcome"])

    async def row(self, call_id: str) -> Json:
        row: Json = (await self.ask(f"/calls/{call_id}"))["call"]
        return row

    async def story(self, call_id: str) -> list[str]:
        """The sentences, in English."""
        return [line["text"]["en"] for line in (await self.ask(f"/calls/{call_id}"))["story"]]

    def cdr(self) -> list[list[str]]:
        """Asterisk's own records of calls."""
        with self.center.asterisk.places.cdr_file.open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))

    async def legs(self) -> int:
        """How many channels Asterisk has."""
        return len([
            line for line in (await self.center.asterisk.rx("core show channels concise")).splitlines()
            if "!" in line
        ])  # fmt: skip


@asynccontextmanager
async def a_center(
    folder: Path, *, of: Path = HERE, database_url: str = "", **more: Any
) -> AsyncIterator[Office]:
    """The small center of `center/`, copied into `folder` so that a story may edit it, with its phones."""
    shutil.copytree(of, folder, dirs_exist_ok=True)
    center = LocalCenter(
        folder, find_or_install(), free_ports(28000, 28999),
        center=folder / "center.yaml", flows=folder / "flows",
        prompts=folder.parent / "prompts", database_url=database_url, **more,
    )  # fmt: skip
    await center.start()
    try:
        async with Office(folder, center) as office:  # reads the secrets the center has made at its start
            yield office
    finally:
        await center.stop()
