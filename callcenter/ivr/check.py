"""A flow file to a checked `Flow`, with every mistake found at once."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Set
from pathlib import Path

from callcenter.center.check import LANGUAGE_NAMES
from callcenter.center.model import LANGUAGES, Center, Text
from callcenter.center.problems import Problem, Severity, Source, did_you_mean, has_errors, tidy
from callcenter.center.source import Document, Place, parse_document, read_document
from callcenter.center.validate import validate
from callcenter.ivr import graph
from callcenter.ivr.model import (
    Flow,
    FlowFile,
    HoursNode,
    MenuNode,
    Node,
    PlayNode,
    QueueNode,
    SpeakingNode,
    exits,
    version_of,
)

SUFFIX = ".yaml"
_FLOW_ID = re.compile(r"[a-z][a-z0-9_-]{0,39}\Z")
_CHINESE = re.compile("[\u3400-\u9fff]")
_SOUNDS = {".wav", ".mp3", ".ogg", ".flac", ".gsm", ".ulaw", ".alaw", ".sln"}
_DEAD_END = "a dead end: say which node follows; to end the call, lead to a node of type hangup"


def load_flow(path: Path, center: Center | None = None) -> tuple[Flow | None, list[Problem]]:
    """Read and check a flow file. The flow is None when there is any error.

    Without a center, queues and hours are not checked.
    """
    document, problems = read_document(path)
    return _check(document, problems, path, center)


def parse_flow(data: bytes, path: Path, center: Center | None = None) -> tuple[Flow | None, list[Problem]]:
    """The same for bytes that would stand in `path` (an editor's text)."""
    document, problems = parse_document(data, str(path))
    return _check(document, problems, path, center)


def flow_files(folder: Path) -> list[Path]:
    """The flow files of a folder, by name."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if not path.name.startswith("."))


def load_flows(folder: Path, center: Center | None = None) -> tuple[dict[str, Flow], list[Problem]]:
    """Every flow of a folder by id, and all problems of all files."""
    flows: dict[str, Flow] = {}
    problems: list[Problem] = []
    if not folder.is_dir():
        return {}, [Source(str(folder)).problem(0, 0, "there is no such folder of flows")]
    for path in flow_files(folder):
        flow, found = load_flow(path, center)
        problems += found
        if flow is not None:
            flows[flow.id] = flow
    return flows, problems


def _check(
    document: Document | None, problems: list[Problem], path: Path, center: Center | None
) -> tuple[Flow | None, list[Problem]]:
    if not _FLOW_ID.match(path.stem):
        message = f"a flow file cannot be called '{path.stem[:60]}'"
        hint = "use lower-case letters, digits, '_' and '-': numbers refer to a flow by its file's name"
        problems = [*problems, Source(str(path)).problem(0, 0, message, hint)]
    if document is None:
        return None, tidy(problems)
    validated = validate(document, FlowFile)
    problems = problems + [_with_hint(problem) for problem in validated.problems]
    if validated.rest is not None:
        found = list(
            _Checker(document, validated.rest, path, center, whole=validated.model is not None).all()
        )
        # What is left of a wrong file lacks nodes that are only misspelt: no warnings from it.
        problems += found if validated.model is not None else [p for p in found if p.severity == "error"]
    if has_errors(problems) or validated.model is None:
        return None, tidy(problems)
    return Flow(path.stem, validated.model, version_of(document.content), path.parent), tidy(problems)


def _with_hint(problem: Problem) -> Problem:
    if problem.message.startswith("'next' is missing") and not problem.hint:
        return dataclasses.replace(problem, hint=_DEAD_END)
    return problem


class _Checker:
    """Cross references of one flow."""

    def __init__(
        self, document: Document, flow: FlowFile, path: Path, center: Center | None, whole: bool
    ) -> None:
        self._doc = document
        self._flow = flow
        self._folder = path.parent
        self._flow_id = path.stem
        self._center = center
        self._whole = whole
        self._names = document.keys(("nodes",))

    def all(self) -> Iterable[Problem]:
        astray = list(self._targets())
        yield from astray
        for name, node in self._flow.nodes.items():
            yield from self._center_references(name, node)
            yield from self._sounds(name, node)
        yield from self._texts()
        if self._whole and not astray:  # else these would only repeat it in other words
            yield from self._reach()
            yield from self._circles()

    def _at(
        self,
        name: str,
        *place: str,
        message: str,
        hint: str = "",
        severity: Severity = "error",
        at_key: bool = False,
    ) -> Problem:
        node = self._flow.nodes[name]
        whole: Place = ("nodes", name, node.type, *place) if place else ("nodes", name)
        return self._doc.problem(whole, message, hint, severity, at_key)

    def _targets(self) -> Iterable[Problem]:
        if self._flow.start not in self._names:
            hint = did_you_mean(self._flow.start, self._names, "nodes")
            yield self._doc.problem(("start",), f"there is no node '{self._flow.start}'", hint)
        for name, node in self._flow.nodes.items():
            for place, target in exits(node):
                if target not in self._names:
                    hint = did_you_mean(target, self._names, "nodes")
                    yield self._at(name, *place, message=f"there is no node '{target}'", hint=hint)

    def _center_references(self, name: str, node: Node) -> Iterable[Problem]:
        if self._center is None:
            return
        if isinstance(node, QueueNode) and node.queue not in self._center.queues:
            hint = did_you_mean(node.queue, self._center.queues, "queues")
            yield self._at(name, "queue", message=f"there is no queue '{node.queue}'", hint=hint)
        if isinstance(node, HoursNode) and node.hours not in self._center.hours:
            hint = did_you_mean(node.hours, self._center.hours, "hours")
            yield self._at(name, "hours", message=f"there are no hours '{node.hours}'", hint=hint)

    def _sounds(self, name: str, node: Node) -> Iterable[Problem]:
        if not isinstance(node, SpeakingNode):
            return
        root = self._folder.resolve()
        for language, file in node.audio.items():
            path = (root / file).resolve() if "\0" not in file else root
            if not path.is_relative_to(root) or path == root:
                message = f"'{file[:80]}' is not inside the folder of the flows"
                yield self._at(name, "audio", language, message=message, hint="copy it there")
            elif not path.is_file():
                there = [str(p.relative_to(root)) for p in path.parent.glob("*") if p.suffix in _SOUNDS]
                hint = did_you_mean(file, there, "files there") if there else "paths begin at the flow file"
                yield self._at(name, "audio", language, message=f"there is no file '{file[:80]}'", hint=hint)

    def _texts(self) -> Iterable[Problem]:
        by_node: dict[str, set[str]] = {}
        for name, language in graph.states(self._flow, self._begin_languages()):
            by_node.setdefault(name, set()).add(language)
        for name, node in self._flow.nodes.items():
            spoken = by_node.get(name, set())
            if isinstance(node, SpeakingNode):
                given = {language for language, text in node.say.items() if text.strip()} | set(node.audio)
                if not given and isinstance(node, PlayNode):
                    yield self._at(
                        name, message=f"'{name}' says nothing", hint="add `say` or `audio`", at_key=True
                    )
                if not given and isinstance(node, MenuNode):
                    message, hint = (
                        f"the menu '{name}' says nothing",
                        "add `say`: callers cannot know the choices",
                    )
                    yield self._at(name, message=message, hint=hint, severity="warning", at_key=True)
                if given:
                    yield from self._lacking(name, ("say",) if node.say else ("audio",), given, spoken)
                yield from self._strange(name, "say", node.say)
            if isinstance(node, MenuNode):
                if node.invalid:
                    yield from self._lacking(name, ("invalid",), set(node.invalid), spoken)
                yield from self._strange(name, "invalid", node.invalid)
                for key, target in node.keys.items():
                    for language in LANGUAGES:
                        if target.label and not target.label.get(language, "").strip():
                            message = f"the label has no text in {LANGUAGE_NAMES[language]}"
                            hint = "agents see labels in their own language"
                            yield self._at(
                                name, "keys", key, "label", message=message, hint=hint, severity="warning"
                            )

    def _begin_languages(self) -> set[str]:
        """The languages calls begin in: the flow's own, and those of the numbers that lead to it."""
        numbers = self._center.numbers if self._center is not None else []
        own: set[str] = {
            number.language or self._flow.language for number in numbers if number.flow == self._flow_id
        }
        return own or {self._flow.language}

    def _lacking(
        self, name: str, place: tuple[str, ...], given: Set[str], spoken: Set[str]
    ) -> Iterable[Problem]:
        for language in sorted(spoken - given):
            told = LANGUAGE_NAMES[language]
            message = f"callers in {told} come to '{name}', but there is no text in it"
            yield self._at(name, *place, message=message, hint=f"add `{language}: …`", at_key=True)

    def _strange(self, name: str, part: str, texts: Text) -> Iterable[Problem]:
        """Chinese characters in an English text: the English voice would spell or skip them."""
        if _CHINESE.search(texts.get("en", "")):
            message = "the English voice cannot say Chinese characters"
            yield self._at(name, part, "en", message=message, severity="warning")

    def _reach(self) -> Iterable[Problem]:
        edges = {name: [target for _, target in exits(node)] for name, node in self._flow.nodes.items()}
        reached = graph.reachable(edges, self._flow.start)
        for name in self._flow.nodes:
            if name not in reached:
                message, hint = f"no way leads to '{name}'", "lead a key or `next` to it, or remove it"
                yield self._at(name, message=message, hint=hint, severity="warning", at_key=True)

    def _circles(self) -> Iterable[Problem]:
        reported: set[str] = set()
        for circle in graph.circles(self._flow):
            reported |= set(circle.nodes)
            way = " → ".join([*circle.nodes[:6], circle.nodes[0]])
            first = circle.nodes[0]
            if circle.by_menu:
                message = f"a caller who presses nothing goes round for ever: {way}"
                hint = "lead `on_timeout` to a queue or a node of type hangup"
                yield self._at(first, message=message, hint=hint, severity="warning", at_key=True)
            elif circle.left_in_time:
                message = f"callers go round here until the hours change: {way}"
                yield self._at(first, message=message, severity="warning", at_key=True)
            else:
                message = f"a loop without an exit or a key press: {way}"
                hint = "lead one of them to a menu, a queue or a node of type hangup"
                yield self._at(first, message=message, hint=hint, at_key=True)
        endless = graph.without_end(self._flow)
        if endless and not endless <= reported:
            first = next(name for name in self._flow.nodes if name in endless and name not in reported)
            message = f"from '{first}' no way leads to a queue, a message or the end of the call"
            yield self._at(first, message=message, hint="give it a way out", at_key=True)
