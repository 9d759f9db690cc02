"""A private Asterisk starts fast, listens where told, lives beside others, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import textwrap
import time
from pathlib import Path

import pytest
from asterisk_kit import CALLER, Knock, agi_door, ami, answering_phone, sipp

from callcenter.asterisk.config_files import (
    AsteriskPorts,
    AsteriskValues,
    ConfigValueError,
    needed_modules,
    read_templates,
    render,
)
from callcenter.asterisk.local_install import AsteriskProgram
from callcenter.asterisk.local_server import AsteriskDidNotStart, LocalAsterisk, free_ports

pytestmark = pytest.mark.real


def alive(pid: int) -> bool:
    """True while the process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def ended(pid: int, within_s: float = 5.0) -> bool:
    deadline = time.monotonic() + within_s
    while alive(pid) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    return not alive(pid)


async def test_it_boots_with_every_module_and_without_a_complaint(
    asterisk_program: AsteriskProgram, tmp_path: Path
) -> None:
    async with LocalAsterisk(
        asterisk_program, tmp_path, free_ports(21000, 21899, rtp=80), AsteriskValues()
    ) as pbx:
        shown = await pbx.rx("module show")
        running = {line.split()[0] for line in shown.splitlines() if " Running " in line}
        missing = [name for name in needed_modules(read_templates()) if name not in running]
        # Debian's open source opus codec is the one module another distribution may lack
        assert [name for name in missing if "opus" not in name] == []
        said = (pbx.places.log / "messages.log").read_text()
        assert "ERROR" not in said and "WARNING" not in said
        assert "PJSIP" in await pbx.rx("core show channeltypes")
        assert "Playback" in await pbx.rx("core show application Playback")  # documentation is found
        assert len(re.findall(r"^\tFile: ", await pbx.rx("moh show files"), re.MULTILINE)) >= 2
    assert not pbx.places.control_socket.exists()


async def test_two_live_side_by_side_and_both_are_gone_afterwards(
    asterisk_program: AsteriskProgram, tmp_path: Path
) -> None:
    here, there = free_ports(21000, 21400, rtp=80), free_ports(21401, 21899, rtp=80)
    async with (
        LocalAsterisk(asterisk_program, tmp_path / "a", here, AsteriskValues()) as one,
        LocalAsterisk(asterisk_program, tmp_path / "b", there, AsteriskValues()) as two,
    ):
        assert one.pid and two.pid and one.pid != two.pid
        for pbx in (one, two):
            assert str(pbx.ports.sip) in await pbx.rx("pjsip show transports")
        pids = (one.pid, two.pid)
    assert not any(alive(pid) for pid in pids)


async def test_it_can_be_stopped_started_again_and_killed(pbx: LocalAsterisk) -> None:
    await pbx.stop()
    with pytest.raises(ConnectionError):
        await pbx.rx("core show version")
    await pbx.start()
    assert "Asterisk" in await pbx.rx("core show version")
    pid = pbx.pid
    await pbx.kill()
    assert pid is not None and not alive(pid)
    await pbx.start()  # the control socket left by the crash is no obstacle
    assert "Asterisk" in await pbx.rx("core show version")


async def test_a_broken_config_is_told_with_asterisks_own_words(
    asterisk_program: AsteriskProgram, tmp_path: Path
) -> None:
    pbx = LocalAsterisk(
        asterisk_program, tmp_path, free_ports(21000, 21899, rtp=80), AsteriskValues(),
        extra_files={"asterisk.conf": "[directories]\nastmoddir = /nonexistent\n[options\n"},
    )  # fmt: skip
    with pytest.raises(AsteriskDidNotStart):
        await pbx.start(deadline_s=3)
    assert pbx.pid is None


PARENT = """
import asyncio, sys
from pathlib import Path
from callcenter.asterisk.config_files import AsteriskValues
from callcenter.asterisk.local_install import find_or_install
from callcenter.asterisk.local_server import LocalAsterisk, free_ports

async def main():
    ports = free_ports(21000, 21899, rtp=80)
    pbx = LocalAsterisk(find_or_install(), Path(sys.argv[1]), ports, AsteriskValues(),
                        die_with_parent=sys.argv[2] == "yes")
    await pbx.start()
    print(pbx.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.parametrize("die_with_parent", [True, False])
async def test_a_killed_parent_takes_asterisk_along_only_if_asked(
    tmp_path: Path, die_with_parent: bool
) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", textwrap.dedent(PARENT), str(tmp_path), "yes" if die_with_parent else "no",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert parent.stdout is not None
    pid = int(await asyncio.wait_for(parent.stdout.readline(), 60))
    parent.kill()
    await parent.communicate()
    try:
        assert await ended(pid, 3.0 if die_with_parent else 1.0) is die_with_parent
    finally:
        if alive(pid):
            os.kill(pid, signal.SIGKILL)


# ---- what the controller hears -----------------------------------------------------------------------------


async def test_one_answered_call_is_five_events_and_lists_come_through_the_filter(
    pbx: LocalAsterisk, tmp_path: Path, agi_port: int
) -> None:
    async with ami(pbx) as link, answering_phone(pbx, tmp_path):
        assert (await link.event("FullyBooted"))["Status"] == "Fully Booted"
        phones = [m.get("ObjectName") for m in await link.action("PJSIPShowEndpoints")]
        assert "1001" in phones
        await asyncio.sleep(0.2)
        link.events.clear()

        async def connect(knock: Knock) -> None:
            await knock.say("ANSWER")
            await knock.say('EXEC Dial "PJSIP/1001,10"')

        async with agi_door(agi_port, connect), sipp(pbx, tmp_path, CALLER, "Wang;4008001;13800000"):
            await link.event("DialEnd", DialStatus="ANSWER")
            legs = [m for m in await link.action("CoreShowChannels") if m.get("Event") == "CoreShowChannel"]
            assert len(legs) == 2
            caller = next(leg["Channel"] for leg in legs if "callcenter-trunk" in leg["Channel"])
            await link.action("Hangup", Channel=caller)
            await asyncio.sleep(0.5)
        heard = sorted(event["Event"] for event in link.events)
    assert heard == ["DeviceStateChange"] * 3 + ["DialEnd", "DialState"]


# ---- pure parts --------------------------------------------------------------------------------------------


def test_a_value_that_would_change_the_rest_of_a_file_is_refused() -> None:
    assert render("secret = {{a}}", {"a": "x"}) == "secret = x"
    for value in ("x\nread = all", "x;y", "x\0"):
        with pytest.raises(ConfigValueError):
            render("secret = {{a}}", {"a": value})
    with pytest.raises(KeyError):
        render("{{unknown}}", {})


def test_every_placeholder_of_every_template_has_a_value_and_every_secret_is_fresh() -> None:
    assert AsteriskValues().ami_secret != AsteriskValues().ami_secret
    assert AsteriskValues().ami_secret not in repr(AsteriskValues())
    ports = free_ports(21000, 21899, rtp=80)
    assert isinstance(ports, AsteriskPorts) and ports.rtp_last - ports.rtp_first == 79
