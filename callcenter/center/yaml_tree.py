"""YAML text to a tree of nodes that know their line and column, with every mistake found on the way.

Built from the parser's events rather than by its loader, because an admin's file must never be able to hurt
us: depth and size are bounded, aliases cannot multiply, tags construct nothing, and all keys stay text
(`1:` in a menu is the key "1", a telephone number never loses its zero).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from callcenter.center.problems import Problem, Source

MAX_DEPTH = 40
MAX_NODES = 400_000
MAX_ALIASED_NODES = 10_000  # what all aliases together may stand for

_INT = re.compile(r"[-+]?[0-9]{1,18}\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?\Z")
_CLOCK = re.compile(r"[0-9]+(:[0-5]?[0-9])+\Z")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_OLD_BOOLS = frozenset({"yes", "no", "on", "off", "y", "n"})


@dataclass(slots=True, eq=False)
class Node:
    """A value of the file. `line` and `column` begin at 1."""

    kind: Literal["scalar", "map", "list"]
    line: int
    column: int
    raw: str = ""  # scalar: as written, without quotes
    plain: bool = False  # scalar: without quotes
    value: Any = None  # scalar: as understood
    pairs: list[tuple[Node, Node]] = field(default_factory=list)  # map: key and value, as they stand
    items: list[Node] = field(default_factory=list)
    size: int = 1  # nodes it stands for, itself included
    depth: int = 1  # levels below it, itself included

    def get(self, key: str) -> tuple[Node, Node] | None:
        """The pair of a key of a map; the last one where the key stands twice."""
        for pair in reversed(self.pairs):
            if pair[0].raw == key:
                return pair
        return None

    def data(self) -> Any:
        """As plain Python values. Aliased parts are built once for each place."""
        if self.kind == "map":
            return {key.raw: value.data() for key, value in self.pairs}
        if self.kind == "list":
            return [item.data() for item in self.items]
        return self.value


class _Refused(Exception):
    """Reading cannot go on; the problem is already noted."""


def read_tree(source: Source, text: str, problems: list[Problem]) -> Node | None:
    """The document's root, or None when it cannot be read. Mistakes are added to `problems`."""
    try:
        return _Builder(source, problems).build(text)
    except _Refused:
        return None
    except MarkedYAMLError as error:
        problems.extend(_syntax_problems(source, error))
    except (YAMLError, UnicodeError, ValueError, IndexError, AttributeError, KeyError, TypeError) as error:
        # A few malformed inputs make the YAML reader fail in other ways than its own errors.
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        problems.append(source.problem(0, 0, f"cannot be read as YAML: {first[:200]}"))
    except RecursionError:
        problems.append(source.problem(0, 0, "is nested too deeply"))
    return None


class _Builder:
    def __init__(self, source: Source, problems: list[Problem]) -> None:
        self._source = source
        self._problems = problems
        self._anchors: dict[str, Node] = {}
        self._open: list[tuple[Node, Node | None]] = []  # container, key waiting for its value
        self._index: dict[Node, dict[str, tuple[Node, Node]]] = {}  # of long maps
        self._nodes = 0
        self._aliased = 0

    def build(self, text: str) -> Node | None:
        root: Node | None = None
        documents = 0
        for event in YAML(typ="safe", pure=True).parse(text):
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._refuse(
                        event, "a second document begins here", "keep one document a file: remove '---'"
                    )
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                node, _ = self._open.pop()
                self._close(node)
                if not self._open:
                    root = node
            elif isinstance(event, ScalarEvent | MappingStartEvent | SequenceStartEvent | AliasEvent):
                node = self._node(event)
                if self._open:
                    self._attach(node)
                if isinstance(event, MappingStartEvent | SequenceStartEvent):
                    self._open.append((node, None))
                    if len(self._open) > MAX_DEPTH:
                        self._refuse(event, f"is nested deeper than {MAX_DEPTH} levels")
                elif not self._open:
                    root = node
            elif isinstance(event, DocumentEndEvent):
                self._anchors.clear()
        return root

    def _node(self, event: Any) -> Node:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        self._nodes += 1
        if self._nodes + self._aliased > MAX_NODES:
            self._refuse(event, f"the file has more than {MAX_NODES} values")
        if isinstance(event, AliasEvent):
            return self._alias(event)
        if event.tag is not None and event.tag != "!":
            self._problem(event, "type tags ('!…') are not used here", "remove the tag; put texts in quotes")
        if isinstance(event, MappingStartEvent):
            node = Node("map", line, column)
        elif isinstance(event, SequenceStartEvent):
            node = Node("list", line, column)
        else:
            plain = event.style is None
            value = _resolve(event.value) if plain else event.value
            node = Node("scalar", line, column, event.value, plain, value)
            if any("\ud800" <= char <= "\udfff" for char in event.value):
                self._refuse(event, "contains half of a character (a lone surrogate)")
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: AliasEvent) -> Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            self._refuse(
                event, f"'*{event.anchor}' refers to nothing", f'to mean the star, write "*{event.anchor}"'
            )
        if any(node is container for container, _ in self._open):
            self._refuse(event, f"'*{event.anchor}' contains itself")
        if len(self._open) + node.depth > MAX_DEPTH:
            self._refuse(event, f"is nested deeper than {MAX_DEPTH} levels")
        self._aliased += node.size
        if self._aliased > MAX_ALIASED_NODES:
            self._refuse(event, f"aliases stand for more than {MAX_ALIASED_NODES} values", "write them out")
        return node

    def _attach(self, node: Node) -> None:
        container, key = self._open[-1]
        if container.kind == "list":
            container.items.append(node)
        elif key is None:
            self._open[-1] = (container, node)
        else:
            self._open[-1] = (container, None)
            self._put(container, key, node)

    def _put(self, container: Node, key: Node, value: Node) -> None:
        if key.kind != "scalar":
            self._problems.append(self._source.problem(key.line, key.column, "a key must be a plain word"))
            return
        first = container.get(key.raw) if len(container.pairs) < 50 else self._seen(container, key.raw)
        if first is not None:
            self._problems.append(
                self._source.problem(
                    key.line, key.column, f"'{_short(key.raw)}' stands twice",
                    f"it stands first in line {first[0].line}; remove one of them",
                )
            )  # fmt: skip
        if value.kind == "scalar" and value.plain:
            self._warn_of_trap(value)
        container.pairs.append((key, value))
        if container in self._index:
            self._index[container][key.raw] = (key, value)

    def _seen(self, container: Node, key: str) -> tuple[Node, Node] | None:
        """Look a key up in a long map without walking it each time."""
        known = self._index.get(container)
        if known is None:
            known = self._index[container] = {pair[0].raw: pair for pair in container.pairs}
        return known.get(key)

    def _close(self, node: Node) -> None:
        inner = [*node.items, *(value for _, value in node.pairs)]
        node.size = 1 + len(node.pairs) + sum(child.size for child in inner)
        node.depth = 1 + max((child.depth for child in inner), default=0)

    def _warn_of_trap(self, node: Node) -> None:
        quoted = f'"{node.raw}"'
        if node.raw.lower() in _OLD_BOOLS:
            message = f"'{node.raw}' is yes/no for some YAML tools and a text for others"
            hint = f"write true or false, or put it in quotes: {quoted}"
        elif _CLOCK.match(node.raw):
            message, hint = f"'{node.raw}' is a number for some YAML tools", f"put it in quotes: {quoted}"
        else:
            return
        self._problems.append(self._source.problem(node.line, node.column, message, hint, "warning"))

    def _problem(self, event: Any, message: str, hint: str = "") -> None:
        mark = event.start_mark
        self._problems.append(self._source.problem(mark.line + 1, mark.column + 1, message, hint))

    def _refuse(self, event: Any, message: str, hint: str = "") -> NoReturn:
        self._problem(event, message, hint)
        raise _Refused


def _resolve(raw: str) -> Any:
    """What an unquoted scalar means. Dates, times and yes/no stay text: pydantic judges them."""
    if raw in _NULLS:
        return None
    if raw in _BOOLS:
        return _BOOLS[raw]
    if _INT.match(raw):
        return int(raw)
    if _FLOAT.match(raw) and len(raw) <= 40:
        return float(raw)
    return raw


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def _syntax_problems(source: Source, error: MarkedYAMLError) -> list[Problem]:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
    said = str(error.problem or error.context or "cannot be read as YAML").splitlines()[0]
    if "'\\t'" in said:
        return [
            source.problem(
                number, 1 + text.index("\t"), "a tab stands where only spaces may", "use spaces to indent"
            )
            for number, text in enumerate(source.lines, 1)
            if "\t" in text[: len(text) - len(text.lstrip())]
        ] or [source.problem(line, column, "a tab stands where only spaces may", "use spaces")]
    message, hint = said, ""
    shown = source.lines[line - 1] if 0 < line <= len(source.lines) else ""
    if "mapping values are not allowed" in said:
        message = "a ':' is not expected here"
        hint = "check the indentation of this line and the one above; put texts that contain ': ' in quotes"
    elif "while scanning an alias" in str(error.context):
        message, hint = "'*' must be in quotes", 'write "*"'
    elif "cannot start any token" in said:
        sign = said.split("'")[1] if said.count("'") >= 2 else "this sign"
        message, hint = f"a text cannot begin with '{sign}'", f'put the text in quotes: "{sign}…"'
    elif "unexpected end of stream" in said and "quoted" in str(error.context):
        began = error.context_mark
        if began is not None:
            line, column = began.line + 1, began.column + 1
        message, hint = "this quotation mark is never closed", "add the closing quotation mark"
    elif "expected <block end>" in said or "did not find expected" in said:
        message = "the indentation of this line fits no line above"
        hint = "lines of one block begin in the same column" if shown.strip() else ""
    elif "expected ',' or" in said:
        began = error.context_mark
        message = said
        hint = f"the list or block begun in line {began.line + 1} is not closed" if began is not None else ""
        if said.endswith("got '{'"):
            hint = "put a text with braces in quotes"
    elif "could not find expected ':'" in said:
        message, hint = "a key without ':'", "write `key: value`"
    return [source.problem(line, column, message, hint)]
