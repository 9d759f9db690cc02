"""Editing flows in production: good files come into force, bad ones never stop anything."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from callcenter.center.check import parse_center
from callcenter.center.model import Center
from callcenter.ivr.library import FlowChange, FlowLibrary
from tests.center.test_bad_files import GOOD as GOOD_CENTER
from tests.ivr.test_check import GOOD


class Admin:
    """Someone who saves files; each saving is a little later than the one before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._time = time.time_ns()

    def saves(self, text: str, name: str = "hotline.yaml") -> None:
        file = self.folder / name
        file.write_text(text)
        self._time += 1_000_000
        os.utime(file, ns=(self._time, self._time))


@pytest.fixture
def admin(tmp_path: Path) -> Admin:
    return Admin(tmp_path)


@pytest.fixture
def centers() -> list[Center]:
    """The center in force is the last one."""
    center, _ = parse_center(GOOD_CENTER.encode())
    assert center is not None
    return [center]


@pytest.fixture
def library(admin: Admin, centers: list[Center]) -> FlowLibrary:
    return FlowLibrary(admin.folder, lambda: centers[-1])


def test_a_saved_file_is_in_force_and_a_call_under_way_keeps_its_version(
    admin: Admin, library: FlowLibrary
) -> None:
    admin.saves(GOOD)
    [change] = library.reload()
    assert change.kind == "in_force"
    talking_to = library.get("hotline")
    admin.saves(GOOD.replace("请按一", "请按壹"))
    [change] = library.reload_changed()
    now = library.get("hotline")
    assert talking_to is not None and now is not None
    assert change == FlowChange("hotline", "in_force", now.version)
    assert now.version != talking_to.version
    assert "请按一" in [u.text for u in talking_to.utterances()]


def test_a_bad_file_leaves_the_old_version_in_force_and_shows_its_line(
    admin: Admin, library: FlowLibrary
) -> None:
    admin.saves(GOOD)
    library.reload()
    old = library.get("hotline")
    admin.saves(GOOD.replace("next: menu", "next: mneu"))
    assert library.reload_changed() == [FlowChange("hotline", "rejected", errors=1)]
    assert library.get("hotline") is old
    assert [p.line for p in library.problems["hotline"]] == [7]
    assert library.reload_changed() == [], "told once"
    admin.saves(GOOD)
    assert [change.kind for change in library.reload_changed()] == ["mended"], "back to what is in force"
    assert library.problems == {}


def test_touching_a_file_changes_nothing(admin: Admin, library: FlowLibrary) -> None:
    admin.saves(GOOD)
    library.reload()
    flow = library.get("hotline")
    admin.saves(GOOD)
    assert library.reload_changed() == []
    assert library.get("hotline") is flow


def test_a_changed_center_is_held_against_the_flows(
    admin: Admin, library: FlowLibrary, centers: list[Center]
) -> None:
    admin.saves(GOOD)
    library.reload()
    renamed, _ = parse_center(GOOD_CENTER.replace("\n  orders:\n", "\n  sales:\n").encode())
    assert renamed is not None
    centers.append(renamed)
    assert library.reload_changed() == [FlowChange("hotline", "rejected", errors=1)]
    assert library.get("hotline") is not None
    centers.append(centers[0])
    library.reload_changed()
    assert library.problems == {}


def test_a_removed_file_that_a_number_needs_stays_in_force_and_others_go(
    admin: Admin, library: FlowLibrary
) -> None:
    admin.saves(GOOD)
    admin.saves(GOOD, "unused.yaml")
    assert len(library.reload()) == 2
    for file in admin.folder.glob("*.yaml"):
        file.unlink()
    changes = {change.flow: change.kind for change in library.reload_changed()}
    assert changes == {"hotline": "rejected", "unused": "removed"}
    assert library.reload_changed() == []
    assert set(library.flows) == {"hotline"}
    assert "the file is gone" in library.problems["hotline"][0].message
    admin.saves(GOOD)
    library.reload_changed()
    assert library.problems == {}


def test_a_missing_sound_that_is_put_there_later_lets_the_flow_in(admin: Admin, library: FlowLibrary) -> None:
    admin.saves(GOOD.replace("say: {zh-CN: 您好, en: Hello}", "audio: {zh-CN: hi.wav}"))
    assert library.reload()[0].kind == "rejected"
    (admin.folder / "hi.wav").write_bytes(b"RIFF")
    assert library.reload_changed()[0].kind == "in_force"


def test_files_that_did_not_change_are_not_read_again(
    admin: Admin, library: FlowLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(50):
        admin.saves(GOOD, f"flow{number}.yaml")
    library.reload()
    read: list[str] = []
    before = FlowLibrary._read

    def noted(self: FlowLibrary, flow: str, *rest: Any) -> Any:
        read.append(flow)
        return before(self, flow, *rest)

    monkeypatch.setattr(FlowLibrary, "_read", noted)
    assert library.reload_changed() == []
    assert read == []
    admin.saves(GOOD.replace("Hello", "Good day"), "flow7.yaml")
    library.reload_changed()
    assert read == ["flow7"]
