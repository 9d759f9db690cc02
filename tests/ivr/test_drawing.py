"""The picture of a flow: valid, readable, the same each time, and harmless whatever stands in the flow."""

from __future__ import annotations

import random
import xml.etree.ElementTree as ET
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.ivr.drawing import DrawingError, draw, draw_graph
from callcenter.ivr.drawing.cards import CARD_WIDTH
from callcenter.ivr.drawing.graph import Exit
from callcenter.ivr.drawing.layout import Box, Way, place
from callcenter.ivr.drawing.words import EXITS, KINDS, fitted, lines, width
from callcenter.ivr.model import FlowFile

SVG = "{http://www.w3.org/2000/svg}"

NODES = {
    "greet": ("say", "欢迎致电星河商城，为了保证服务质量，您的通话可能会被录音，感谢您的理解与支持。"),
    "main": ("menu", "For orders, press one. For refunds, press two."),
    "orders": ("queue", "orders"),
    "bye": ("hangup", "Good-bye."),
}
EDGES: list[Exit | tuple[str, str, str]] = [
    ("greet", "main", ""),
    Exit("main", "orders", "1", "Orders"),
    Exit("main", "orders", "2", "Refunds"),
    Exit("main", "greet", "*", "Again"),
    Exit("main", "bye", label="no key", alarm=True),
]


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def texts(root: ET.Element, look: str = "") -> list[str]:
    return [item.text or "" for item in root.iter(f"{SVG}text") if not look or item.get("class") == look]


def nodes(root: ET.Element) -> dict[str, ET.Element]:
    """The cards by the name of their node."""
    found = (item for item in root.iter(f"{SVG}g") if "node" in (item.get("class") or "").split())
    return {item.get("data-node") or "": item for item in found}


def of_class(root: ET.Element, look: str) -> list[ET.Element]:
    return [item for item in root.iter(f"{SVG}g") if look in (item.get("class") or "").split()]


async def test_every_node_is_a_card_a_page_can_find_with_its_name_kind_words_and_keys() -> None:
    root = parsed(await draw_graph(NODES, EDGES, "greet", language="en", name="Hotline"))
    cards = nodes(root)
    assert list(cards) == list(NODES)
    assert cards["main"].get("id") == "node-main" and cards["main"].get("data-kind") == "menu"
    said = texts(cards["main"])
    assert ("Menu" in said, "main" in said, "1" in said, "Orders" in said) == (True, True, True, True)
    assert "For orders, press one. For" in said
    assert texts(cards["greet"], "words")[1].endswith("…")
    assert texts(parsed(await draw_graph(NODES, EDGES, "greet", language="zh-CN")), "kind")[1] == "菜单"
    assert root.get("aria-label") == "Hotline"


async def test_ways_forward_are_drawn_and_ways_back_are_told_on_the_card() -> None:
    root = parsed(await draw_graph(NODES, EDGES, "greet", language="en"))
    drawn = [(way.get("data-from"), way.get("data-to")) for way in of_class(root, "way")]
    assert sorted(drawn) == [("greet", "main"), ("main", "bye"), ("main", "orders"), ("main", "orders")]
    (jump,) = of_class(root, "jump")
    assert (jump.get("data-from"), jump.get("data-to")) == ("main", "greet")
    assert texts(jump) == ["↩ greet"]


async def test_the_heat_map_shows_counts_width_and_who_left() -> None:
    heat = {("greet", "main"): 400, ("main", "orders"): 100, ("main", "greet"): 7}
    svg = await draw_graph(NODES, EDGES, "greet", language="zh-CN", heat=heat, left={"main": 52})
    root = parsed(svg)
    assert [texts(count) for count in of_class(root, "count")] == [["100"], ["400"]]
    wide = {
        (way.get("data-from"), way.get("data-to")): float(
            way.findall(f"{SVG}path")[0].get("stroke-width") or 0
        )
        for way in of_class(root, "way")
    }
    assert wide["greet", "main"] > wide["main", "orders"] > wide["main", "bye"]
    assert texts(of_class(root, "jump")[0]) == ["↩ greet · 7"]
    (badge,) = of_class(nodes(root)["main"], "left")
    assert texts(badge) == ["52"] and badge.findtext(f"{SVG}title") == "52 人在此离开"
    assert not of_class(parsed(await draw_graph(NODES, EDGES, "greet", language="en")), "count")


async def test_what_nobody_reaches_what_does_not_exist_and_dead_ends_are_dashed() -> None:
    more = {**NODES, "lost": ("say", "Nobody comes here.")}
    ways = [*EDGES, ("orders", "nowhere", "waited too long")]
    root = parsed(await draw_graph(more, ways, "greet", language="en", dead=["bye"]))
    dashed = {name: card[1].get("stroke-dasharray") for name, card in nodes(root).items()}
    assert [name for name, dash in dashed.items() if dash] == ["bye", "lost", "nowhere"]
    assert "there is no such node" in texts(nodes(root)["nowhere"])
    assert "no way leads here" in (nodes(root)["lost"].findtext(f"{SVG}title") or "")


async def test_without_its_first_node_the_flow_is_drawn_all_the_same() -> None:
    root = parsed(await draw_graph({"a": ("say", "")}, [], "gone", language="en"))
    assert list(nodes(root)) == ["a", "gone"]


async def test_the_same_flow_gives_the_same_picture() -> None:
    first = await draw_graph(NODES, EDGES, "greet", language="en", heat={("greet", "main"): 3})
    assert first == await draw_graph(NODES, EDGES, "greet", language="en", heat={("greet", "main"): 3})


def forty(seed: int = 5) -> tuple[dict[str, tuple[str, str]], list[Exit | tuple[str, str, str]]]:
    """A flow of forty nodes: menus under menus, ways back, and one common ending."""
    chance = random.Random(seed)
    found: dict[str, tuple[str, str]] = {"n0": ("menu", "请选择")}
    ways: list[Exit | tuple[str, str, str]] = []
    for number in range(1, 40):
        parent = f"n{max(0, number - chance.randint(1, 6))}"
        found[f"n{number}"] = (chance.choice(list(KINDS)), "请输入您的订单号，按井号键结束。" * 2)
        ways.append(Exit(parent, f"n{number}", str(number % 10), "订单与物流"))
        if chance.random() < 0.4:
            ways.append(Exit(f"n{number}", "n0", "*", "返回"))
        ways.append(Exit(f"n{number}", "n1", label="没有按键", alarm=True))
    return found, ways


async def test_forty_nodes_stay_readable_no_card_covers_another_and_few_lines_cross_the_page() -> None:
    found, ways = forty()
    root = parsed(await draw_graph(found, ways, "n0", language="zh-CN"))
    boxes = []
    for card in nodes(root).values():
        x, y = map(float, (card.get("transform") or "").removeprefix("translate(").rstrip(")").split())
        boxes.append((x, y, x + CARD_WIDTH, y + float(card[2].get("height") or 0) + 18))
    assert len(boxes) == 40
    for index, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[index + 1 :]:
            apart = right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
            assert apart, "two cards overlap"
    assert len(of_class(root, "way")) < 50
    assert len(of_class(root, "way")) + len(of_class(root, "jump")) == len(ways)


async def test_words_fit_their_cards() -> None:
    for text in ("请输入您的订单号" * 9, "For orders, press one. " * 9, "x" * 300, "Mixed 中文 text " * 9):
        for line in lines(text, 12.5, 188, 2):
            assert 0 < width(line, 12.5) <= 188
        assert width(fitted(text, 11, 80), 11) <= 80
    assert lines("", 12, 100, 2) == [] and lines("short", 12, 100, 2) == ["short"]


async def test_a_flow_file_is_drawn_in_both_languages() -> None:
    flow = FlowFile.model_validate(
        {
            "name": {"zh-CN": "热线", "en": "Hotline"},
            "language": "zh-CN",
            "start": "menu",
            "nodes": {
                "menu": {
                    "type": "menu",
                    "say": {"zh-CN": "请选择", "en": "Please choose"},
                    "keys": {
                        "1": {"go": "line", "label": {"zh-CN": "订单", "en": "Orders"}},
                        "*": {"go": "menu"},
                    },
                    "on_timeout": "bye",
                },
                "line": {"type": "queue", "queue": "orders", "on_max_wait": "bye"},
                "bye": {"type": "hangup", "say": {"zh-CN": "再见", "en": "Good-bye"}},
            },
        }
    )
    zh, en = parsed(await draw(flow, language="zh-CN")), parsed(await draw(flow, language="en"))
    assert {"请选择", "订单", "没有按键", "等待超时", "排队", "再见"} <= set(texts(zh))
    assert {"Please choose", "Orders", "no key", "waited too long", "Queue", "Good-bye"} <= set(texts(en))
    assert (zh.get("aria-label"), en.get("aria-label")) == ("热线", "Hotline")


def test_every_kind_of_node_and_exit_has_words_and_a_look() -> None:
    schema = FlowFile.model_json_schema()
    kinds = {
        part["properties"]["type"]["const"]
        for part in schema["$defs"].values()
        if "const" in part.get("properties", {}).get("type", {})
    }
    assert kinds - set(KINDS) == set()
    fields = {
        name
        for part in schema["$defs"].values()
        if "const" in part.get("properties", {}).get("type", {})
        for name in part["properties"]
        if name.startswith("on_") and name != "on_status"
    }
    assert fields - set(EXITS) == set()


async def test_without_graphviz_the_reason_is_said() -> None:
    with pytest.raises(DrawingError, match="'dot-is-not-here' is not installed; it comes with Graphviz"):
        await place([Box(10, 10)], [], program="dot-is-not-here")


@pytest.mark.parametrize(
    ("program", "reason"), [("false", "false: exit code 1"), ("true", "can not be read")]
)
async def test_a_failing_or_lying_program_is_a_reason_and_no_traceback(program: str, reason: str) -> None:
    with pytest.raises(DrawingError, match=reason):
        await place([Box(10, 10), Box(10, 10)], [Way(0, -1, 1)], program=program)


hostile = st.text(max_size=12) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><svg onload="x()">',
        "]]>&amp;<!--",
        "'; DROP",
        "\\N{x}|<b>",
        "a\nb",
        "\x00\x08\ufffe",
        "n0:head",
        "javascript:x()",
        "",
    ]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(hostile, min_size=1, max_size=4, unique=True),
    st.lists(hostile, min_size=3, max_size=3),
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), hostile, hostile), max_size=6),
    hostile,
)
async def test_names_and_texts_stay_text(
    names: Sequence[str],
    words: Sequence[str],
    ways: Sequence[tuple[int, int, str, str]],
    title: str,
) -> None:
    pool = [*names, "gone"]
    found = {name: (words[0], words[1]) for name in names}
    exits = [Exit(pool[a % len(pool)], pool[b % len(pool)], key, label) for a, b, key, label in ways]
    heat = {(way.start, way.end): 5 for way in exits}
    svg = await draw_graph(found, exits, names[0], language="en", name=title, heat=heat, left={names[0]: 3})
    root = parsed(svg)
    allowed = {"svg", "g", "title", "rect", "text", "path", "line", "circle"}
    for item in root.iter():
        assert item.tag.removeprefix(SVG) in allowed
        assert not any(key.startswith("on") or "href" in key or key == "style" for key in item.attrib)
    assert len(nodes(root)) >= len(names) - 1  # two names may differ in signs no XML can hold
    assert "<!" not in svg and "<?" not in svg
