"""Finding an Asterisk: the machine's own apt settings are read right, and nothing half-made is ever used."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.asterisk import host_name, local_install, private_root
from callcenter.asterisk.local_install import AsteriskNotFound, AsteriskProgram, find_or_install
from callcenter.asterisk.private_root import Archive, PrivateRootError

DEB822 = """\
# the machine's archive
Types: deb
URIs: https://vendor.example/linux
Suites: nodistro
Components: main

Types: deb deb-src
URIs: http://mirror.example/debian/
# a comment between
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""
ONE_LINE = """\
# deb http://old.example/debian bookworm main
deb https://vendor.example/apt vendor-bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib # here
deb http://mirror.example/debian-security bookworm-security main
"""


def machine(tmp_path: Path, name: str, text: str) -> Path:
    apt = tmp_path / "apt"
    (apt / "sources.list.d").mkdir(parents=True)
    (apt / name).write_text(text)
    (tmp_path / "os-release").write_text('ID=debian\nVERSION_CODENAME="bookworm"\n')
    return apt


@pytest.mark.parametrize(
    ("name", "text", "option"),
    [
        ("sources.list.d/debian.sources", DEB822, "signed-by=/usr/share/keyrings/debian-archive-keyring.gpg"),
        ("sources.list", ONE_LINE, "signed-by=/k.gpg"),
    ],
)
def test_the_debian_archive_is_found_among_others_in_both_notations(
    tmp_path: Path, name: str, text: str, option: str
) -> None:
    apt = machine(tmp_path, name, text)
    archive = private_root.machine_archive(apt, tmp_path / "os-release")
    assert archive == Archive("http://mirror.example/debian", (option,))
    assert (
        private_root.source_line(archive, "forky")
        == f"deb [{option}] http://mirror.example/debian forky main\n"
    )


def test_a_machine_without_a_debian_archive_is_told_so(tmp_path: Path) -> None:
    apt = machine(tmp_path, "sources.list", "deb https://vendor.example/apt vendor main\n")
    with pytest.raises(PrivateRootError, match="no Debian archive"):
        private_root.machine_archive(apt, tmp_path / "os-release")


@given(st.text())
def test_no_sources_file_however_broken_stops_the_reader(text: str) -> None:
    for parse in (private_root.parse_deb822_sources, private_root.parse_one_line_sources):
        assert all(archive.uri for archive in parse(text, {"bookworm"}))


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        ("Asterisk 22.10.1+dfsg+~cs6.17", (22, 10, 1)),
        ("Asterisk 20.9", (20, 9, 0)),
        ("Asterisk certified/20.7-cert3", (20, 7, 3)),
        ("Asterisk certified-22.8-cert1", (22, 8, 1)),
        ("bash: asterisk: command not found", None),
    ],
)
def test_every_way_asterisk_tells_its_version_is_understood(
    printed: str, version: tuple[int, int, int] | None
) -> None:
    assert local_install.parse_version(printed) == version


def test_apts_candidate_is_read_with_and_without_an_epoch() -> None:
    policy = "asterisk:\n  Installed: (none)\n  Candidate: {}\n  Version table:\n"
    assert local_install.parse_candidate(policy.format("1:22.4.1~dfsg-1")) == 22
    assert local_install.parse_candidate(policy.format("18.10.0~dfsg-2")) == 18
    assert local_install.parse_candidate(policy.format("(none)")) is None
    assert local_install.parse_candidate("") is None


def test_a_configured_program_that_is_no_asterisk_is_refused_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(AsteriskNotFound, match="/bin/true is not an Asterisk"):
        find_or_install(Path("/bin/true"), cache=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_an_interrupted_installation_left_is_neither_used_nor_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = tmp_path / ".unpack-abc" / "root" / "usr" / "sbin"
    half.mkdir(parents=True)
    (half / "asterisk").touch()
    (tmp_path / "asterisk-23.0.0").mkdir()  # a name without a program
    assert private_root.newest(tmp_path) is None
    offline = Archive("http://127.0.0.1:9/debian")  # nobody answers on the discard port
    monkeypatch.setattr(private_root, "machine_archive", lambda: offline)
    monkeypatch.setattr(private_root, "SUITES", ("forky",))
    with pytest.raises(AsteriskNotFound, match="reading the list of forky failed"):
        find_or_install(cache=tmp_path, say=lambda text: None, private_only=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["asterisk-23.0.0", "asterisk.lock"]


def test_the_newest_of_several_roots_is_taken(tmp_path: Path) -> None:
    for version in ("9.9.9", "22.10.1", "22.9.0"):
        program = tmp_path / f"asterisk-{version}" / "usr/sbin/asterisk"
        program.parent.mkdir(parents=True)
        program.touch()
    newest = private_root.newest(tmp_path)
    assert newest is not None and newest.name == "asterisk-22.10.1"


@pytest.mark.real
def test_this_machines_asterisk_has_its_modules_sounds_music_and_documentation(
    asterisk_program: AsteriskProgram,
) -> None:
    assert asterisk_program.version >= (20, 0, 0)
    assert (asterisk_program.modules_dir / "chan_pjsip.so").exists()
    assert (asterisk_program.data_dir / "documentation" / "core-en_US.xml").exists()
    assert list((asterisk_program.data_dir / "sounds" / "en").glob("goodbye.*"))


@pytest.mark.real
def test_a_root_folder_works_wherever_it_is_moved(asterisk_program: AsteriskProgram, tmp_path: Path) -> None:
    if asterisk_program.origin != "private root":
        assert asterisk_program.command  # an installed one is never moved
        return
    root = asterisk_program.data_dir.parents[2]
    moved = tmp_path / "asterisk-elsewhere"
    shutil.copytree(root, moved, symlinks=True, copy_function=lambda a, b: Path(b).hardlink_to(a))
    program = local_install.program_in_root(moved)
    assert program is not None and program.version == asterisk_program.version


# ---- the machine's own name --------------------------------------------------------------------------------


def test_a_hosts_file_learns_a_name_once() -> None:
    text = "127.0.0.1 localhost\n# 127.0.0.1 box"
    mended = host_name.with_host(text, "box")
    assert mended.startswith(text + "\n127.0.1.1 box ")
    assert host_name.with_host(mended, "box") == mended
    assert host_name.with_host("127.0.0.1\tlocalhost box\n", "box") == "127.0.0.1\tlocalhost box\n"


async def test_a_name_that_does_not_resolve_is_added_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost\n")
    said: list[str] = []
    assert await host_name.mend(said.append, hosts) == {} and said == []  # this machine's name is fine
    monkeypatch.setattr(socket, "gethostname", lambda: "no-such-name.invalid")
    assert await host_name.mend(said.append, hosts) == {}
    assert "no-such-name.invalid" in hosts.read_text() and "added it" in said[0]
