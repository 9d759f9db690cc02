"""docs/ivr.md is true: its commands print what it says, its flows and recipes are right."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from callcenter.center.check import load_center
from callcenter.center.problems import Problem
from callcenter.ivr.check import parse_flow
from tests.ivr.test_reference import flow_with

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "ivr.md").read_text()
CENTER, _ = load_center(ROOT / "center.yaml")
SNIPPETS = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
COMMANDS = re.findall(r"```console\n\$ callcenter (.*?)\n(.*?)```", GUIDE, re.DOTALL)
FLOW = SNIPPETS[0]


def problems_of(text: bytes) -> list[Problem]:
    return parse_flow(text, ROOT / "ivr_flows" / "example.yaml", CENTER, {"SHOP_URL", "SHOP_TOKEN"})[1]


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A folder as the guide's reader has it."""
    for name in ("center.yaml", "callcenter.yaml", "ivr_flows"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    (tmp_path / "ivr_flows" / "shop.yaml").write_text(FLOW)
    return tmp_path


def run(folder: Path, command: str, typed: str = "") -> str:
    """What a command prints, the milliseconds made alike."""
    words = [sys.executable, "-m", "callcenter.cli.main", *command.split()]
    done = subprocess.run(
        words, cwd=folder, input=typed, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    return alike(done.stdout)


def alike(printed: str) -> str:
    return re.sub(r"in \d+ ms", "in N ms", printed)


@pytest.mark.parametrize(("command", "shown"), COMMANDS[:3], ids=["check", "rehearse", "test"])
def test_each_command_of_the_first_five_minutes_prints_what_the_guide_shows(
    office: Path, command: str, shown: str
) -> None:
    typed = re.findall(r"> (\S+)$", shown, re.MULTILINE)
    told = re.sub(r"> \S+\n", "> ", shown)  # what is typed is not printed here
    assert run(office, command, "".join(f"{line}\n" for line in typed)) == alike(told)


def test_the_mistake_is_shown_as_the_guide_says(office: Path) -> None:
    file = office / "ivr_flows" / "shop.yaml"
    file.write_text(FLOW.replace("go: orders", "go: order", 1))
    assert len(COMMANDS) == 4
    command, shown = COMMANDS[3]
    assert run(office, command) == shown


def test_the_number_of_the_guide_can_be_added_to_the_center(office: Path) -> None:
    [line] = re.findall(r"^    - \{did.*\}$", GUIDE, re.MULTILINE)
    center = office / "center.yaml"
    center.write_text(center.read_text().replace("numbers:\n", f"numbers:\n  {line.strip()}\n", 1))
    assert (
        load_center(center, {"shop", *(path.stem for path in (ROOT / "ivr_flows").glob("*.yaml"))})[1] == []
    )


@pytest.mark.parametrize("snippet", SNIPPETS[1:], ids=[text.partition(":")[0] for text in SNIPPETS[1:]])
def test_each_node_and_recipe_of_the_guide_is_right(snippet: str) -> None:
    assert [p.render() for p in problems_of(flow_with(snippet))] == []


def test_the_slip_of_the_guide_is_told_in_its_words() -> None:
    [wrong] = re.findall(r"```yaml-with-a-mistake\n(.*?)```", GUIDE, re.DOTALL)
    [problem] = problems_of(flow_with(wrong))
    assert f"    error: {problem.message}\n        hint: {problem.hint}\n" in GUIDE


def test_every_link_leads_somewhere() -> None:
    for page in (ROOT / "docs").glob("ivr*.md"):
        for target, _, anchor in (
            link.partition("#") for link in re.findall(r"\]\(([^)]+)\)", page.read_text())
        ):
            there = (page.parent / target) if target else page
            assert there.exists(), f"{page.name}: {target}"
            headings = re.findall(r"^#+ (.+)$", there.read_text(), re.MULTILINE)
            assert not anchor or anchor in [h.lower().replace(" ", "-") for h in headings], (
                f"{page.name}: {anchor}"
            )


def test_the_guide_counts_the_shipped_flows() -> None:
    assert "six complete flows" in GUIDE
    shipped = {path.stem for path in (ROOT / "ivr_flows").glob("*.yaml")}
    assert shipped - {"order_status"} == {
        "hotline", "after_hours", "bilingual", "speech_menu", "satisfaction", "payment_reminder",
    }  # fmt: skip
