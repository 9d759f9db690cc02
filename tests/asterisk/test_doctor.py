"""The doctor names what is wrong in plain words, on a real Asterisk where one can be made ill."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from asterisk_kit import AmiProbe, ami

from callcenter.asterisk import doctor
from callcenter.asterisk.config_files import AsteriskValues, read_templates
from callcenter.asterisk.doctor import Finding, Verdict
from callcenter.asterisk.local_install import AsteriskProgram
from callcenter.asterisk.local_server import LocalAsterisk, free_ports

Start = Callable[..., Awaitable[LocalAsterisk]]


async def examine(pbx: LocalAsterisk, secret: str | None = None) -> list[Finding]:
    """Sign in and let the doctor look."""
    async with AsyncExitStack() as stack:

        async def connect() -> AmiProbe:
            return await stack.enter_async_context(ami(pbx, secret))

        return await doctor.examine_asterisk(connect, f"127.0.0.1:{pbx.ports.ami}")


@pytest.fixture
async def ill(asterisk_program: AsteriskProgram, tmp_path: Path) -> AsyncIterator[Start]:
    """Start an Asterisk with some of its files replaced."""
    async with AsyncExitStack() as stack:

        async def start(**files: str) -> LocalAsterisk:
            ports = free_ports(21000, 21899, rtp=80)
            pbx = LocalAsterisk(
                asterisk_program, tmp_path / "pbx", ports, AsteriskValues(), extra_files=files
            )
            return await stack.enter_async_context(pbx)

        yield start


def troubles(findings: list[Finding]) -> str:
    return "\n".join(f"{f.verdict}: {f.what} -> {f.advice}" for f in findings if f.verdict is not Verdict.OK)


@pytest.mark.real
async def test_a_healthy_asterisk_has_no_finding_and_a_wrong_secret_is_named(pbx: LocalAsterisk) -> None:
    findings = await examine(pbx)
    assert troubles(findings) == "" and len(findings) >= 7
    (refused,) = await examine(pbx, "wrong")
    assert refused.verdict is Verdict.FAIL and "refuses the user 'callcenter'" in refused.what
    assert "secret" in refused.advice
    await pbx.stop()
    (away,) = await examine(pbx)
    assert "does not answer" in away.what and "running" in away.advice


@pytest.mark.real
async def test_missing_permissions_modules_dialplan_and_filters_are_each_named(ill: Start) -> None:
    templates = read_templates()
    modules = (
        templates["modules.conf"]
        .replace("load = app_mixmonitor.so\n", "")
        .replace("load = res_srtp.so\n", "")
        .replace("load = res_speech_aeap.so\n", "")
    )
    manager = "[callcenter]\nsecret = {}\nread = call\nwrite = system,command\n"
    pbx = await ill(
        **{"modules.conf": modules, "callcenter/extensions.conf": "[other]\nexten => s,1,Hangup()\n"}
    )
    pbx.places.etc.joinpath("callcenter/manager.conf").write_text(manager.format(pbx.values.ami_secret))
    await pbx.rx("module reload manager")
    told = troubles(await examine(pbx))
    assert "fail: The AMI user may not use DeviceStateList, Originate" in told
    assert "fail: Asterisk has not loaded app_mixmonitor.so" in told
    assert "warn: Browsers cannot be phones: Asterisk has not loaded res_srtp.so" in told
    assert "warn: Callers cannot speak their choice: Asterisk has not loaded res_speech_aeap.so" in told
    assert "fail: The dialplan lacks callcenter-inbound, callcenter-away, callcenter-phones" in told
    assert "fail: The AMI user does not hear system, dtmf events" in told
    assert "warn: Asterisk sends every event" in told


class Saying:
    """An AMI link to a version or a clock that no machine at hand has."""

    def __init__(self, **headers: str) -> None:
        self._answer = headers

    async def action(self, name: str, **headers: str) -> list[dict[str, str]]:
        return [self._answer]


async def test_an_old_version_and_a_wrong_clock_are_named() -> None:
    (old,) = await doctor.check_version(Saying(AsteriskVersion="18.4.0"))
    assert old.verdict is Verdict.FAIL and "18.4.0 is too old" in old.what
    (fine,) = await doctor.check_version(Saying(AsteriskVersion="certified-20.7-cert3"))
    assert fine.verdict is Verdict.OK
    (late,) = await doctor.check_clock(Saying(Timestamp="1000.0"), now=lambda: 1060.0)
    assert late.verdict is Verdict.FAIL and "60 s behind ours" in late.what
    (right,) = await doctor.check_clock(Saying(Timestamp="1000.9"), now=lambda: 1000.0)
    assert right.verdict is Verdict.OK


def test_a_taken_port_is_named_with_its_holder() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        finding = doctor.check_port("127.0.0.1", port, "FastAGI")
        assert finding.verdict is Verdict.FAIL and f"Port {port} (FastAGI) is taken by" in finding.what
        assert f"(process {os.getpid()})" in finding.what
    assert doctor.check_port("127.0.0.1", port, "FastAGI").verdict is Verdict.OK


def test_a_folder_that_we_cannot_write_or_asterisk_cannot_read_is_named(tmp_path: Path) -> None:
    prompts = tmp_path / "prompts"
    prompts.mkdir(mode=0o750)
    assert doctor.check_folder(prompts, "prompts").verdict is Verdict.OK
    kept_out = doctor.check_folder(prompts, "prompts", (65001, {65001}))
    assert kept_out.verdict is Verdict.FAIL and "keeps it out" in kept_out.what
    assert doctor.readable_by(prompts.stat(), 65001, {prompts.stat().st_gid})
    not_a_folder = tmp_path / "file"
    not_a_folder.touch()
    assert doctor.check_folder(not_a_folder / "prompts", "prompts").verdict is Verdict.FAIL


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder every user may come to, unlike pytest's own."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o711)
        yield Path(name)


def test_a_folder_into_which_asterisk_cannot_record_is_named(open_folder: Path) -> None:
    recordings = open_folder / "recordings"
    recordings.mkdir()
    recordings.chmod(0o755)
    group = recordings.stat().st_gid
    other = (65001, {65001, group})
    told = doctor.check_folder(recordings, "recordings", other, asterisk_writes=True)
    assert told.verdict is Verdict.FAIL and "user 65001" in told.what and "Asterisk's user" in told.advice
    us = (os.geteuid(), {group})
    assert doctor.check_folder(recordings, "recordings", us, asterisk_writes=True).verdict is Verdict.OK
    recordings.chmod(0o2775)
    assert doctor.shared_for_writing(recordings.stat(), *other, 0o002)
    assert not doctor.shared_for_writing(recordings.stat(), *other, 0o022)  # we would keep it out


def test_the_user_who_runs_asterisk_is_found_by_its_port() -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        assert doctor.asterisk_user(door.getsockname()[1]) == (os.geteuid(), {os.getegid(), *os.getgroups()})


def test_a_disk_is_nearly_full_below_one_gigabyte_or_five_percent(tmp_path: Path) -> None:
    gib = 1 << 30
    assert doctor.judge_disk(tmp_path, free=10 * gib, total=100 * gib).verdict is Verdict.OK
    assert "4%" in doctor.judge_disk(tmp_path, free=40 * gib, total=1000 * gib).what
    assert doctor.judge_disk(tmp_path, free=gib // 2, total=2 * gib).verdict is Verdict.FAIL
    assert doctor.check_disk(tmp_path / "not" / "yet").what


async def test_this_machines_name_is_looked_up_and_the_worst_finding_decides() -> None:
    finding = await doctor.check_host_name()
    assert socket.gethostname() in finding.what
    bad = Finding(Verdict.FAIL, "x")
    assert doctor.worst([finding, bad]) is Verdict.FAIL and doctor.worst([]) is Verdict.OK
