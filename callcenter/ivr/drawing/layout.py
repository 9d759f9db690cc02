"""Where everything goes, by Graphviz' `dot`. It sees sizes and numbers only, never a name or a text."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

_SECONDS = 30.0
_GAP_ACROSS = 0.26  # inches between cards of one column
_GAP_ALONG = 0.8  # inches between columns

Point = tuple[float, float]


class DrawingError(Exception):
    """The picture can not be made; the message says why, in a line."""


@dataclass(frozen=True, slots=True)
class Box:
    """What is to be placed: a head, and below it rows that ways leave from. In pixels."""

    width: float
    head: float
    rows: Sequence[float] = ()

    @property
    def height(self) -> float:
        return self.head + sum(self.rows)


@dataclass(frozen=True, slots=True)
class Way:
    """From a box (from a row of it, or -1: from its side) to a box."""

    start: int
    row: int
    end: int


@dataclass(frozen=True, slots=True)
class Layout:
    """In pixels from the upper left corner. `ways` are points of Bézier curves, and the arrow's tip."""

    width: float
    height: float
    corners: Sequence[Point]  # the upper left corner of each box
    ways: Sequence[Sequence[Point]]


async def place(boxes: Sequence[Box], ways: Sequence[Way], program: str = "dot") -> Layout:
    """Place boxes and ways, from left to right. Raises DrawingError."""
    answer = await _run(program, _source(boxes, ways))
    try:
        return _read(json.loads(answer), boxes, ways)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise DrawingError(f"{program} gave an answer that can not be read: {error!r}") from error


def _source(boxes: Sequence[Box], ways: Sequence[Way]) -> bytes:
    said = [
        "digraph {",
        f"rankdir=LR; splines=true; nodesep={_GAP_ACROSS}; ranksep={_GAP_ALONG}; outputorder=nodesfirst;",
        "node [shape=plain margin=0];",
    ]
    for index, box in enumerate(boxes):
        cells = "".join(_cell(f"r{row}", box.width, height) for row, height in enumerate(box.rows))
        said.append(
            f'n{index} [label=<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">'
            f"{_cell('head', box.width, box.head)}{cells}</TABLE>>];"
        )
    for index, way in enumerate(ways):
        row = f"r{way.row}" if way.row >= 0 else "head"
        said.append(f"n{way.start}:{row}:e -> n{way.end}:head:w [id=e{index}];")
    said.append("}")
    return "\n".join(said).encode()


def _cell(port: str, width: float, height: float) -> str:
    return f'<TR><TD PORT="{port}" FIXEDSIZE="TRUE" WIDTH="{width:.0f}" HEIGHT="{height:.0f}"></TD></TR>'


async def _run(program: str, source: bytes) -> bytes:
    """In a thread: uvloop's own way to start a program holds up the calls for as long as that takes."""
    return await asyncio.to_thread(_run_here, program, source)


def _run_here(program: str, source: bytes) -> bytes:
    try:
        done = subprocess.run([program, "-Tjson0"], input=source, capture_output=True, timeout=_SECONDS)
    except FileNotFoundError as error:
        raise DrawingError(
            f"the program '{program}' is not installed; it comes with Graphviz (apt install graphviz)"
        ) from error
    except OSError as error:
        raise DrawingError(f"{program}: {error.strerror or error}") from error
    except subprocess.TimeoutExpired as error:
        raise DrawingError(f"{program} took longer than {_SECONDS:g} s") from error
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise DrawingError(f"{program}: {lines[-1][:200] if lines else f'exit code {done.returncode}'}")
    return done.stdout


def _read(answer: dict[str, object], boxes: Sequence[Box], ways: Sequence[Way]) -> Layout:
    left, bottom, right, top = _numbers(str(answer["bb"]), 4)
    objects = answer["objects"] if boxes else []
    assert isinstance(objects, list)
    places = {str(item["name"]): _numbers(str(item["pos"]), 2) for item in objects}
    corners = []
    for index, box in enumerate(boxes):
        x, y = places[f"n{index}"]
        corners.append((x - left - box.width / 2, top - y - box.height / 2))
    edges = answer.get("edges", [])
    assert isinstance(edges, list)
    drawn = {str(item["id"]): str(item["pos"]) for item in edges}
    curves = [_curve(drawn[f"e{index}"], left, top) for index in range(len(ways))]
    return Layout(right - left, top - bottom, corners, curves)


def _curve(written: str, left: float, top: float) -> list[Point]:
    """`e,TIP P0 P1 …`: the tip to the end, upside down."""
    tip: list[Point] = []
    points: list[Point] = []
    for part in written.split():
        at_tip = part.startswith("e,")
        x, y = _numbers(part.removeprefix("e,"), 2)
        (tip if at_tip else points).append((x - left, top - y))
    return points + tip


def _numbers(written: str, count: int) -> list[float]:
    numbers = [float(part) for part in written.split(",")]
    if len(numbers) != count:
        raise ValueError(written)
    return numbers
