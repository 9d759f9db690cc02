"""What `callcenter doctor` looks at: settings, center, flows, this machine, the database, Asterisk."""

from __future__ import annotations

import asyncio
from pathlib import Path

from callcenter.asterisk import doctor
from callcenter.asterisk.ami_client import AmiClient
from callcenter.asterisk.doctor import Finding
from callcenter.center.check import load_center
from callcenter.center.config import Config
from callcenter.center.problems import Problem
from callcenter.ivr.check import load_flows
from callcenter.storage.engine import make_engine

AMI_DEADLINE = 5.0
DATABASE_DEADLINE = 5.0


async def examine(config: Config) -> list[Finding]:
    """Everything a call needs. Never raises for what is wrong: it tells."""
    ami = config.asterisk.ami
    running = (config.data_path / "control.sock").exists()
    findings = [*_declared(config)]
    if not running:
        findings += [
            doctor.check_port(config.asterisk.agi.host, config.asterisk.agi.port, "FastAGI"),
            doctor.check_port(config.web.host, config.web.port, "the web server"),
        ]
    findings += [
        *_folders(config),
        doctor.check_disk(config.recordings_path),
        await doctor.check_host_name(),
        await _database(config),
    ]
    link = _Link(config)
    try:
        findings += await doctor.examine_asterisk(link.sign_in, f"{ami.host}:{ami.port}", ami.username)
    finally:
        await link.close()
    return findings


def _folders(config: Config) -> list[Finding]:
    """The folders we share with Asterisk. It may be another user, if it runs on this machine."""
    ami = config.asterisk.ami
    here = ami.host in ("127.0.0.1", "::1", "localhost")
    other = doctor.asterisk_user(ami.port) if here else None
    phones = Path(config.asterisk.config_dir) / "callcenter"
    return [
        doctor.check_folder(phones, "the list of phones", other),
        doctor.check_folder(config.prompts_path, "prompts", other),
        doctor.check_folder(config.recordings_path, "recordings", other, asterisk_writes=True),
        doctor.check_folder(config.data_path / "voicemail", "voicemail", other, asterisk_writes=True),
    ]


def _declared(config: Config) -> list[Finding]:
    center, problems = load_center(config.center_path, {p.stem for p in config.flows_path.glob("*.yaml")})
    _, flow_problems = load_flows(config.flows_path, center, set(config.secrets))
    errors: list[Problem] = [p for p in (*problems, *flow_problems) if p.severity == "error"]
    if errors:
        return [doctor.fail(f"{len(errors)} mistakes in center and flows", "run `callcenter check`")]
    return [doctor.ok("center and flows are without mistakes")]


async def _database(config: Config) -> Finding:
    try:
        engine = make_engine(config.database.url)
        try:
            async with asyncio.timeout(DATABASE_DEADLINE), engine.connect():
                pass
        finally:
            await engine.dispose()
    except Exception as failure:
        if config.database.url.startswith("sqlite") and not Path(config.data_dir).exists():
            return doctor.ok("the database will be made at the first start")
        reason = str(failure).splitlines()[0][:200]
        return doctor.fail(f"the database can not be reached: {reason}", "look at database.url")
    return doctor.ok("the database answers")


class _Link:
    """The doctor's own link to the manager."""

    def __init__(self, config: Config) -> None:
        ami = config.asterisk.ami
        self._client = AmiClient(ami.host, ami.port, ami.username, ami.secret, on_event={})
        self._running: asyncio.Task[None] | None = None

    async def sign_in(self) -> _Link:
        """Raises PermissionError when we are refused, ConnectionError when nobody answers."""
        self._running = asyncio.ensure_future(self._client.run())
        try:
            async with asyncio.timeout(AMI_DEADLINE):
                while not self._client.ready:
                    if self._client.state == "denied":
                        raise PermissionError(self._client.last_error)
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise ConnectionError(self._client.last_error or "no answer") from None
        return self

    async def action(self, name: str, **headers: str) -> list[dict[str, str]]:
        """The response as one dictionary; lines of output are joined."""
        response = await self._client.action(name, headers)
        answer = dict(response.fields)
        output = response.getall("Output")
        if output:
            answer["Output"] = "\n".join(output)
        return [answer]

    async def close(self) -> None:
        """End the link."""
        if self._running is not None:
            await self._client.close()
            await self._running
