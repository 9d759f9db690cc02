"""The reference page says what the language is now, and each of its examples is right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from callcenter.center.check import load_center
from callcenter.ivr.check import parse_flow
from callcenter.ivr.expressions import FUNCTIONS as KNOWN_FUNCTIONS
from callcenter.ivr.expressions import expression
from callcenter.ivr.model import exits
from callcenter.ivr.nodes import NODE_TYPES
from callcenter.ivr.reference import reference_page
from callcenter.ivr.reference_examples import EXAMPLES, FORMATS, FUNCTIONS, TEST_EXAMPLE, VARIABLES
from callcenter.speech.reading import HOWS

ROOT = Path(__file__).parents[2]
CENTER, _ = load_center(ROOT / "center.yaml")
PAGE = ROOT / "docs" / "ivr-reference.md"
HEADER = """\
version: 1
name: {zh-CN: 例, en: Example}
language: zh-CN
start: first_node
VARIABLES
nodes:
  first_node: {type: language, language: en, next: NODE}
"""


def flow_with(*examples: str, variables: str = "variables: {}") -> bytes:
    """A flow of these nodes that declares `variables`; whatever they lead to hangs up."""
    lines = [line for example in examples for line in example.splitlines()]
    text = HEADER.replace("VARIABLES", variables) + "".join(f"  {line}\n" for line in lines)
    text = text.replace("NODE", lines[0].partition(":")[0])
    named = set(re.findall(r"^  (\w+):", text, re.MULTILINE))
    missing: set[str] = set()
    while True:
        whole = text + "".join(f"  {name}: {{type: hangup}}\n" for name in sorted(missing))
        flow, problems = parse_flow(whole.encode(), ROOT / "ivr_flows" / "example.yaml", CENTER)
        lacking = {found[1] for p in problems if (found := re.search(r"there is no node '(\w+)'", p.message))}
        if flow is not None or not lacking - missing - named:
            return whole.encode()
        missing |= lacking


@pytest.mark.parametrize("node", EXAMPLES)
def test_each_example_is_right(node: str) -> None:
    flow, problems = parse_flow(
        flow_with(EXAMPLES[node], variables=VARIABLES),
        ROOT / "ivr_flows" / "example.yaml",
        CENTER,
        {"SHOP_URL", "SHOP_TOKEN"},
    )
    assert problems == [], [p.render() for p in problems]
    assert flow is not None
    shown = flow.file.nodes[EXAMPLES[node].partition(":")[0]]
    assert shown.type == node
    assert node in ("return", "hangup", "goto") or list(exits(shown))


def test_the_example_of_a_test_is_right() -> None:
    tell = 'tell_status: {type: say, say: {zh-CN: 已经发货, en: "{status}"}, next: main_menu}'
    text = flow_with(EXAMPLES["menu"], EXAMPLES["http"], tell, variables=VARIABLES).decode()
    text = text.replace("go: orders", "go: ask_shop") + TEST_EXAMPLE
    _, problems = parse_flow(text.encode(), ROOT / "ivr_flows" / "example.yaml", CENTER)
    assert [p.render() for p in problems if p.severity == "error"] == []


def test_every_node_function_and_format_is_on_the_page() -> None:
    page = reference_page()
    kinds = [kind.model_fields["type"].annotation.__args__[0] for kind in NODE_TYPES]  # type: ignore[union-attr]
    assert list(EXAMPLES) and set(EXAMPLES) == set(kinds)
    assert set(FUNCTIONS) == set(KNOWN_FUNCTIONS) and set(FORMATS) == set(HOWS)
    for kind in NODE_TYPES:
        for name, field in kind.model_fields.items():
            assert f"| `{field.alias or name}` |" in page
            assert field.description or name == "type", f"{kind.__name__}.{name} is not explained"


def test_what_is_said_of_expressions_is_so() -> None:
    scope = {"x": "0010"}
    assert expression("x == 10 and x == '0010'").value(scope) is True
    for line in reference_page().splitlines():
        if line.startswith("when: "):
            expression(line.removeprefix("when: "))


def test_the_page_in_the_folder_is_the_page_of_this_version() -> None:
    assert PAGE.read_text() == reference_page(), "callcenter ivr reference > docs/ivr-reference.md"
