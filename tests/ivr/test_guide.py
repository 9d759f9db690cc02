"""docs/ivr.md is true: its commands print what it says, its flows and recipes are right."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from callcenter.center.check import load_center
from callcenter.center.problems import Problem
from callcenter.ivr.check import load_flow, parse_flow
from tests.ivr.test_reference import flow_with

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "ivr.md").read_text()
CENTER, _ = load_center(ROOT / "center.yaml")
SNIPPETS = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
COMMANDS = re.findall(r"```console\n\$ callcenter (.*?)\n(.*?)```", GUIDE, re.DOTALL)
FLOW = SNIPPETS[0]
NUMBERS = [text for text in SNIPPETS if text.startswith("  - {did")]
NODES = [text for text in SNIPPETS[1:] if text not in NUMBERS]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]


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
    [line] = NUMBERS
    center = office / "center.yaml"
    center.write_text(center.read_text().replace("numbers:\n", f"numbers:\n{line}", 1))
    assert (
        load_center(center, {"shop", *(path.stem for path in (ROOT / "ivr_flows").glob("*.yaml"))})[1] == []
    )


@pytest.mark.parametrize(
    "snippet", NODES, ids=[re.findall(r"^ *(\w+):$", text, re.M)[:2][-1] for text in NODES]
)
def test_each_node_and_recipe_of_the_guide_is_right(snippet: str) -> None:
    """Just as it stands there: a variable that only a test would declare is a mistake of the guide."""
    variables, _, nodes = snippet.rpartition("\nnodes:\n")
    flow = flow_with(textwrap.dedent(nodes), variables=variables or "variables: {}")
    assert [p.render() for p in problems_of(flow)] == []


def test_the_slip_of_the_guide_is_told_in_its_words() -> None:
    [wrong] = re.findall(r"```yaml-with-a-mistake\n(.*?)```", GUIDE, re.DOTALL)
    [problem] = problems_of(flow_with(wrong))
    assert f"    error: {problem.message}\n        hint: {problem.hint}\n" in GUIDE


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"[a-z]+:", link):
            continue  # to the outside
        target, _, anchor = link.partition("#")
        there = (page.parent / target) if target else page
        assert there.exists(), link
        headings = re.findall(r"^#+ (.+)$", there.read_text(), re.MULTILINE) if anchor else []
        assert not anchor or anchor in [anchor_of(heading) for heading in headings], link


def anchor_of(heading: str) -> str:
    """The name by which a heading can be linked to."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize(
    "flow",
    [
        "hotline",
        "order_status",
        "after_hours",
        "bilingual",
        "speech_menu",
        "satisfaction",
        "payment_reminder",
    ],
)
def test_each_flow_the_guide_speaks_of_is_there_with_its_tests(flow: str) -> None:
    there, problems = load_flow(ROOT / "ivr_flows" / f"{flow}.yaml", CENTER)
    assert there is not None and there.file.tests, problems
