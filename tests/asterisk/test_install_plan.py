"""Installing into an admin's Asterisk shows what changes, keeps what was there, and does it once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from asterisk_kit import ami

from callcenter.asterisk.config_files import AsteriskValues, ConfigValueError
from callcenter.asterisk.install_plan import AFTERWARDS, InstallConflict, apply_install, plan_install
from callcenter.asterisk.local_install import AsteriskProgram
from callcenter.asterisk.local_server import LocalAsterisk, free_ports

NOW = datetime(2026, 3, 1, 9, 30, 15, tzinfo=UTC)
VALUES = AsteriskValues(agi_address="127.0.0.1:4573", ami_secret="top-secret")


def admins_asterisk(etc: Path) -> Path:
    """An Asterisk whose admin has files of his own, one of them in an old encoding."""
    etc.mkdir()
    (etc / "manager.conf").write_text(
        '[general]\nenabled = yes\n#include "manager.d/*.conf"\n[bob]\nsecret = hers'
    )
    (etc / "extensions.conf").write_bytes("[mine]\nexten => 1,1,NoOp(caf\xe9)\n".encode("latin-1"))
    (etc / "manager.conf").chmod(0o640)
    return etc


def test_the_plan_shows_each_change_and_hides_secrets(tmp_path: Path) -> None:
    etc = admins_asterisk(tmp_path / "etc")
    plan = {str(change.path.relative_to(etc)): change for change in plan_install(etc, VALUES)}
    assert set(plan) == {
        "manager.conf", "pjsip.conf", "extensions.conf", "musiconhold.conf", "callcenter/manager.conf",
        "callcenter/pjsip.conf", "callcenter/extensions.conf", "callcenter/musiconhold.conf", "aeap.conf",
        "callcenter/aeap.conf",
    }  # fmt: skip
    shown = plan["manager.conf"].diff
    assert "+#include callcenter/manager.conf" in shown and "hers" not in shown
    assert "top-secret" not in plan["callcenter/manager.conf"].diff
    assert "secret = top-secret" in plan["callcenter/manager.conf"].new
    assert not (etc / "callcenter").exists()  # planning writes nothing


def test_the_admins_own_lines_stay_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    etc = admins_asterisk(tmp_path / "etc")
    before = (etc / "extensions.conf").read_bytes()
    kept = apply_install(plan_install(etc, VALUES), tmp_path / "backup", NOW)
    assert (etc / "extensions.conf").read_bytes().startswith(before)
    assert (etc / "manager.conf").stat().st_mode & 0o777 == 0o640
    assert kept == tmp_path / "backup" / "20260301-093015"
    assert (kept / "extensions.conf").read_bytes() == before and (kept / "manager.conf").exists()
    assert plan_install(etc, VALUES) == []
    # a new value touches our own file only, and the old one is kept
    plan = plan_install(etc, AsteriskValues(agi_address="127.0.0.1:4574", ami_secret="top-secret"))
    assert [change.path.name for change in plan] == ["extensions.conf"]
    later = apply_install(plan, tmp_path / "backup", NOW.replace(hour=10))
    assert later is not None and "4573" in (later / "callcenter" / "extensions.conf").read_text()


def test_a_file_that_changed_meanwhile_stops_everything(tmp_path: Path) -> None:
    etc = admins_asterisk(tmp_path / "etc")
    plan = plan_install(etc, VALUES)
    (etc / "extensions.conf").write_text("[other]\n")
    with pytest.raises(InstallConflict, match=r"extensions\.conf"):
        apply_install(plan, tmp_path / "backup", NOW)
    assert not (etc / "callcenter").exists() and not (tmp_path / "backup").exists()


def test_a_wrong_folder_and_a_value_with_a_line_break_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="not a folder"):
        plan_install(tmp_path / "nowhere", VALUES)
    with pytest.raises(ConfigValueError):
        plan_install(tmp_path, AsteriskValues(ami_secret="x\nwrite = all"))


@pytest.mark.real
async def test_a_running_asterisk_takes_the_installed_files_without_a_restart(
    asterisk_program: AsteriskProgram, tmp_path: Path
) -> None:
    ports = free_ports(21000, 21899, rtp=80)
    bare = {
        "manager.conf": f"[general]\nenabled = yes\nbindaddr = 127.0.0.1\nport = {ports.ami}\n",
        "extensions.conf": "[mine]\nexten => 1,1,Hangup()\n",
        "pjsip.conf": f"[t]\ntype = transport\nprotocol = udp\nbind = 127.0.0.1:{ports.sip}\n",
        "musiconhold.conf": "[general]\n",
        "aeap.conf": "",
    }
    values = AsteriskValues()
    async with LocalAsterisk(asterisk_program, tmp_path / "pbx", ports, values, extra_files=bare) as pbx:
        assert "callcenter" not in await pbx.rx("manager show users")
        apply_install(plan_install(pbx.places.etc, values), tmp_path / "backup", NOW)
        for command in AFTERWARDS:
            await pbx.rx(command)
        async with ami(pbx) as link:
            assert (await link.action("Ping"))[0]["Ping"] == "Pong"
        assert "callcenter-inbound" in await pbx.rx("dialplan show callcenter-inbound")
        assert "mine" in await pbx.rx("dialplan show mine")
        assert "callcenter" in await pbx.rx("moh show classes")
        assert "callcenter" in await pbx.rx("aeap show clients")
