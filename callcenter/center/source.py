"""Reading an admin's YAML file into a `Document`: plain data plus the place of every key and value.

Nothing here raises for what a file contains: every mistake becomes a `Problem`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callcenter.center.problems import Problem, Severity, Source, has_errors
from callcenter.center.yaml_tree import Node, read_tree

MAX_BYTES = 2_000_000
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|\ufeff")

Place = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class Found:
    """Where a place of the data stands in the file."""

    key: Node | None  # the key, when the value belongs to a map
    value: Node
    whole: bool  # False: only the beginning of the path exists; this is the last part that does


class Document:
    """A readable file: its data, and a way back from a place in the data to a line and column."""

    def __init__(self, source: Source, root: Node, content: bytes) -> None:
        self.source = source
        self.content = content
        self.root = root
        self.data: Any = root.data()

    def find(self, place: Place) -> Found:
        """Walk to a place. Names of union members (a node's `type`) in a pydantic path are passed over."""
        key: Node | None = None
        value = self.root
        tag_passed = False
        for part in place:
            if value.kind == "map":
                tag = value.get("type")
                if tag is not None and tag[1].raw == part and not tag_passed:
                    tag_passed = True
                    continue
                pair = value.get(str(part))
                if pair is None:
                    return Found(key, value, False)
                key, value = pair
            elif value.kind == "list" and isinstance(part, int) and part < len(value.items):
                value = value.items[part]
            else:
                return Found(key, value, False)
            tag_passed = False
        return Found(key, value, True)

    def problem(
        self,
        place: Place,
        message: str,
        hint: str = "",
        severity: Severity = "error",
        at_key: bool = False,
    ) -> Problem:
        """A problem at the value of a place, or at its key."""
        found = self.find(place)
        node = found.key if at_key and found.key is not None else found.value
        return self.source.problem(node.line, node.column, message, hint, severity)

    def keys(self, place: Place) -> list[str]:
        """The keys that stand at a place, also when their values are wrong."""
        found = self.find(place)
        return [key.raw for key, _ in found.value.pairs] if found.whole else []


def read_document(path: Path) -> tuple[Document | None, list[Problem]]:
    """Read a file. The document is None when there is nothing to work with."""
    source = Source(str(path))
    try:
        if not path.exists():
            return None, [source.problem(0, 0, "there is no such file")]
        if not path.is_file():
            return None, [source.problem(0, 0, "is not a file")]
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        return None, [source.problem(0, 0, f"cannot be read: {reason}")]
    return parse_document(data, str(path))


def parse_document(data: bytes, file: str) -> tuple[Document | None, list[Problem]]:
    """Read bytes as if they stood in `file`."""
    if len(data) > MAX_BYTES:
        return None, [Source(file).problem(0, 0, f"is larger than {MAX_BYTES // 1_000_000} MB")]
    text, problems = _decode(data, file)
    if text is None:
        return None, problems
    source = Source(file, text)
    problems = [
        source.problem(
            *_line_column(text, bad.start()), f"a character that cannot stand here (U+{ord(bad[0]):04X})"
        )
        for bad in _first(_UNPRINTABLE, text, 20)
    ]
    if problems:
        return None, problems
    root = read_tree(source, text, problems)
    if root is None:
        if not has_errors(problems):
            problems.append(source.problem(0, 0, "the file is empty"))
        return None, problems
    if root.kind != "map":
        message = "the file must consist of 'key: value' lines"
        return None, [*problems, source.problem(root.line, root.column, message)]
    return Document(source, root, data), problems


def _decode(data: bytes, file: str) -> tuple[str | None, list[Problem]]:
    hint = "save the file as UTF-8 (an editor on Windows may call it 'UTF-8 without BOM')"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None, [Source(file).problem(0, 0, "is written in UTF-16", hint)]
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        text = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
        start = len(data[: error.start].decode("utf-8-sig"))
        message = f"a byte that is not UTF-8 (0x{data[error.start]:02X})"
        return None, [Source(file, text).problem(*_line_column(text, start), message, hint)]


def _line_column(text: str, offset: int) -> tuple[int, int]:
    lines = Source("", text[:offset]).lines
    return len(lines), len(lines[-1]) + 1


def _first(pattern: re.Pattern[str], text: str, count: int) -> list[re.Match[str]]:
    found: list[re.Match[str]] = []
    for match in pattern.finditer(text):
        found.append(match)
        if len(found) == count:
            break
    return found
