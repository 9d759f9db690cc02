"""Any text in a flow file: it loads, or every problem is told with a place; never a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.center.check import load_center
from callcenter.center.problems import has_errors
from callcenter.ivr.check import parse_flow
from callcenter.ivr.nodes import NODE_TYPES
from tests.ivr.strategies import FLOW_FILES
from tests.ivr.test_names import GOOD as NAMES

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "ivr_flows"
CENTER, _ = load_center(ROOT / "center.yaml")
SEEDS = [path.read_bytes() for path in sorted(FOLDER.glob("*.yaml"))] + [NAMES.encode()]
KEYS = sorted({field.alias or name for kind in NODE_TYPES for name, field in kind.model_fields.items()})
SCRAPS = [
    b": ", b"\n", b"- ", b"*a", b"&a ", b"{", b"}", b"[", b"]", b'"', b"'", b"\t", b"  ", b"#", b"|", b">\n",
    b"%", b"type: menu", b"menu", b"null", b"~", b"1e999", b"0x1f", b"12:30", b"no", b"<<: *a", b"---\n",
    b"...", b"!!python/name:os.system", b"{secret:X}", b"{caller.number|money}", b"{1 +}", b"\xff",
    b"\xe4\xb8", b"\x00", b"\xef\xbb\xbf", b"9" * 22, b"a" * 3000, *(key.encode() + b": " for key in KEYS),
]  # fmt: skip


def check(text: bytes) -> None:
    flow, problems = parse_flow(text, FOLDER / "hotline.yaml", CENTER, {"SHOP_URL", "SHOP_TOKEN"})
    assert (flow is None) == has_errors(problems)
    lines = text.decode(errors="replace").splitlines() or [""]
    for problem in problems:
        assert problem.message
        assert 0 <= problem.line <= len(lines) + 1
        assert problem.column >= 0
        assert problem.render()


def test_the_seeds_hold_every_node_type() -> None:
    written = b"".join(SEEDS).decode()
    kinds = [kind.model_fields["type"].annotation.__args__[0] for kind in NODE_TYPES]  # type: ignore[union-attr]
    assert [kind for kind in kinds if f"type: {kind}" not in written] == ["customer", "language"]
    for seed in SEEDS:
        check(seed)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_flow_with_bytes_changed(data: st.DataObject) -> None:
    text = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(text)))
        if data.draw(st.booleans()):
            del text[place : place + data.draw(st.integers(1, 30))]
        else:
            text[place:place] = data.draw(st.sampled_from(SCRAPS))
    check(bytes(text))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SEEDS), st.data())
def test_a_flow_with_lines_left_out_said_twice_or_moved(seed: bytes, data: st.DataObject) -> None:
    lines = seed.split(b"\n")
    for _ in range(data.draw(st.integers(1, 5))):
        line = lines.pop(data.draw(st.integers(0, len(lines) - 1)))
        for _ in range(data.draw(st.integers(0, 2))):
            indented = b" " * data.draw(st.integers(0, 4)) + line
            lines.insert(data.draw(st.integers(0, len(lines))), indented)
    check(b"\n".join(lines))


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=80), st.text(max_size=80).map(lambda t: t.encode(errors="replace"))))
def test_any_bytes(content: bytes) -> None:
    check(content)


ODD = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6),
        st.sampled_from(["a", "1", "{x}"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=3)), inner, max_size=3),
    ),
    max_leaves=8,
)  # fmt: skip


def places(value: Any) -> list[tuple[Any, Any]]:
    """Each (container, key) of some data."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, item in inner for place in ((value, key), *places(item))]


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(FLOW_FILES, st.data())
def test_a_flow_with_values_of_other_kinds(content: dict[str, Any], data: st.DataObject) -> None:
    content = json.loads(json.dumps(content))
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(places(content)))
        container[key] = data.draw(ODD)
    check(json.dumps(content, ensure_ascii=False).encode(errors="replace"))
