"""A flow file to a checked `Flow`, with every mistake found at once.

What a node refers to is known by its fields' types (`ivr/fields.py`): nothing here knows a single node type,
but for what only makes sense for one.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Iterable, Set
from pathlib import Path

from callcenter.center.check import LANGUAGE_NAMES
from callcenter.center.model import LANGUAGES, Center, Language, Text
from callcenter.center.needs import NeedsError, skills_named
from callcenter.center.needs import parse as parse_needs
from callcenter.center.problems import Problem, Severity, Source, did_you_mean, has_errors, tidy
from callcenter.center.source import Document, Place, parse_document, read_document
from callcenter.center.validate import validate
from callcenter.ivr import fields, graph, names
from callcenter.ivr.fields import Heard, Labels, Marker, Said, Sounds, Written, values
from callcenter.ivr.model import Flow, FlowFile, version_of
from callcenter.ivr.nodes.base import Node, SpeakingNode
from callcenter.ivr.nodes.speaking import SayNode
from callcenter.ivr.templates import fixed_parts
from callcenter.speech.spoken import unsayable

SUFFIX = ".yaml"
Ears = Callable[[str, str], list[str]]
"""Which words of a phrase (language, phrase) the recogniser does not know."""
_FLOW_ID = re.compile(r"[a-z][a-z0-9_-]{0,39}\Z")
_SOUNDS = {".wav", ".mp3", ".ogg", ".flac", ".gsm", ".ulaw", ".alaw", ".sln"}


_DEAD_END = "a dead end: say which node follows; to end the call, lead to a node of type hangup"


def load_flow(
    path: Path,
    center: Center | None = None,
    secrets: Collection[str] | None = None,
    ears: Ears | None = None,
) -> tuple[Flow | None, list[Problem]]:
    """Read and check a flow file. The flow is None when there is any error.

    Without a center, queues, skills, hours and the like are not checked; without the names of the settings'
    secrets, those are not; without `ears`, whether words can be recognised. Flows it calls must be files
    beside it.
    """
    document, problems = read_document(path)
    return _check(document, problems, path, center, secrets, ears)


def parse_flow(
    data: bytes,
    path: Path,
    center: Center | None = None,
    secrets: Collection[str] | None = None,
    ears: Ears | None = None,
) -> tuple[Flow | None, list[Problem]]:
    """The same for bytes that would stand in `path` (an editor's text)."""
    document, problems = parse_document(data, str(path))
    return _check(document, problems, path, center, secrets, ears)


def flow_files(folder: Path) -> list[Path]:
    """The flow files of a folder, by name."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if not path.name.startswith("."))


def load_flows(
    folder: Path,
    center: Center | None = None,
    secrets: Collection[str] | None = None,
    ears: Ears | None = None,
) -> tuple[dict[str, Flow], list[Problem]]:
    """Every flow of a folder by id, and all problems of all files."""
    flows: dict[str, Flow] = {}
    problems: list[Problem] = []
    if not folder.is_dir():
        return {}, [Source(str(folder)).problem(0, 0, "there is no such folder of flows")]
    for path in flow_files(folder):
        flow, found = load_flow(path, center, secrets, ears)
        problems += found
        if flow is not None:
            flows[flow.id] = flow
    return flows, problems


def _check(
    document: Document | None,
    problems: list[Problem],
    path: Path,
    center: Center | None,
    secrets: Collection[str] | None,
    ears: Ears | None,
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
            _Checker(document, validated.rest, path, center, secrets, ears, validated.model is not None).all()
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
        self,
        document: Document,
        flow: FlowFile,
        path: Path,
        center: Center | None,
        secrets: Collection[str] | None,
        ears: Ears | None,
        whole: bool,
    ) -> None:
        self._doc = document
        self._flow = flow
        self._folder = path.parent
        self._flow_id = path.stem
        self._center = center
        self._secrets = secrets
        self._ears = ears
        self._whole = whole
        self._names = document.keys(("nodes",))

    def all(self) -> Iterable[Problem]:
        astray = list(self._targets())
        yield from astray
        yield from self._references()
        variables = names.variables_of(self._flow.nodes) | set(self._flow.variables)
        for name, node in self._flow.nodes.items():
            for mistake in node.mistakes():
                severity: Severity = "warning" if mistake.warning else "error"
                yield self._at(
                    name, *mistake.place, message=mistake.message, hint=mistake.hint, severity=severity,
                    at_key=not mistake.place,
                )  # fmt: skip
            for slip in names.slips(node, variables, self._secrets):
                yield self._in_value(name, slip)
            yield from self._sounds(name, node)
        yield from self._texts()
        yield from self._tests()
        if self._whole and not astray:  # else these would only repeat it in other words
            yield from self._reach()
            yield from self._unset(variables)
            yield from self._circles()

    def _at(
        self,
        name: str,
        *place: str | int,
        message: str,
        hint: str = "",
        severity: Severity = "error",
        at_key: bool = False,
    ) -> Problem:
        return self._doc.problem(self._place(name, place), message, hint, severity, at_key)

    def _place(self, name: str, place: Place) -> Place:
        node = self._flow.nodes[name]
        return ("nodes", name, node.type, *place) if place else ("nodes", name)

    def _in_value(self, name: str, slip: names.Slip) -> Problem:
        """At the very place in an expression or text, where that is on one line."""
        found = self._doc.find(self._place(name, slip.place)).value
        line = self._doc.source.lines[found.line - 1] if found.line <= len(self._doc.source.lines) else ""
        begin = found.column - 1 + (0 if found.plain else 1)
        exact = line[begin:].startswith(found.raw)
        column = begin + 1 + slip.column if exact else found.column
        return self._doc.source.problem(found.line, column, slip.message, slip.hint)

    def _targets(self) -> Iterable[Problem]:
        for place in ("start", "on_error"):
            target = getattr(self._flow, place)
            if target and target not in self._names:
                hint = did_you_mean(target, self._names, "nodes")
                yield self._doc.problem((place,), f"there is no node '{target}'", hint)
        for name, node in self._flow.nodes.items():
            for edge in node.edges():
                if edge.target not in self._names:
                    hint = did_you_mean(edge.target, self._names, "nodes")
                    yield self._at(name, *edge.place, message=f"there is no node '{edge.target}'", hint=hint)

    def _references(self) -> Iterable[Problem]:
        """What the center, the settings and the folder must know."""
        known: dict[Marker, tuple[str, Collection[str]]] = {
            fields.FlowRef: ("flow", {path.stem for path in flow_files(self._folder)} | {self._flow_id})
        }
        center = self._center
        if center is not None:
            known[fields.QueueRef] = ("queue", center.queues)
            known[fields.SkillRef] = ("skill", center.skills)
            known[fields.EmergencyRef] = ("emergency switch", center.emergencies)
            known[fields.HoursRef] = ("hours", center.hours)
            if center.mailboxes:
                known[fields.BoxRef] = ("mailbox", center.mailboxes)
        for name, node in self._flow.nodes.items():
            for marker, (what, there) in known.items():
                for place, value in values(node, marker):
                    if value and value not in there:
                        verb = "are no" if what == "hours" else "is no"
                        plural = (
                            what if what == "hours" else f"{what}es" if what.endswith("x") else f"{what}s"
                        )
                        if what.endswith("switch"):
                            plural = "emergency switches"
                        hint = did_you_mean(value, there, plural)
                        yield self._at(name, *place, message=f"there {verb} {what} '{value}'", hint=hint)
            if center is not None:
                yield from self._needed(name, node, center)
        queue = self._flow.overflow_queue
        if center is not None and queue and queue not in center.queues:
            hint = did_you_mean(queue, center.queues, "queues")
            yield self._doc.problem(("overflow_queue",), f"there is no queue '{queue}'", hint)

    def _needed(self, name: str, node: Node, center: Center) -> Iterable[Problem]:
        """Skills of an expression that the center does not declare."""
        for place, text in values(node, fields.Needed):
            try:
                named = dict.fromkeys(skills_named(parse_needs(text))) if text else {}
            except NeedsError:
                continue  # said by the node itself
            for skill in named:
                if skill not in center.skills:
                    hint = did_you_mean(skill, center.skills, "skills")
                    yield self._at(name, *place, message=f"there is no skill '{skill}'", hint=hint)

    def _tests(self) -> Iterable[Problem]:
        for index, test in enumerate(self._flow.tests):
            places: list[tuple[Place, str]] = [
                (("expect", "path", n), name) for n, name in enumerate(test.expect.path)
            ]
            places += [(("outcomes", name), name) for name in test.outcomes]
            for place, name in places:
                # a path may go through flows that this one calls
                if name not in self._names and not self._calls_others():
                    yield self._doc.problem(
                        ("tests", index, *place), f"there is no node '{name}'",
                        did_you_mean(name, self._names, "nodes"), at_key=place[0] == "outcomes",
                    )  # fmt: skip

    def _calls_others(self) -> bool:
        return any(value for node in self._flow.nodes.values() for _, value in values(node, fields.FlowRef))

    def _sounds(self, name: str, node: Node) -> Iterable[Problem]:
        root = self._folder.resolve()
        for place, files in values(node, Sounds):
            for language, file in files.items():
                at = (*place, language)
                path = (root / file).resolve() if "\0" not in file else root
                if not path.is_relative_to(root) or path == root:
                    message = f"'{file[:80]}' is not inside the folder of the flows"
                    yield self._at(name, *at, message=message, hint="copy it there")
                elif not path.is_file():
                    there = [str(p.relative_to(root)) for p in path.parent.glob("*") if p.suffix in _SOUNDS]
                    hint = (
                        did_you_mean(file, there, "files there") if there else "paths begin at the flow file"
                    )
                    yield self._at(name, *at, message=f"there is no file '{file[:80]}'", hint=hint)

    def _texts(self) -> Iterable[Problem]:
        by_node: dict[str, set[str]] = {}
        for name, language in graph.states(self._flow, self._begin_languages()):
            by_node.setdefault(name, set()).add(language)
        for name, node in self._flow.nodes.items():
            spoken = by_node.get(name, set())
            yield from self._says_nothing(name, node)
            for place, texts in values(node, Heard):
                given = {language for language, text in texts.items() if text.strip()}
                if isinstance(node, SpeakingNode) and place == ("say",):
                    given |= set(node.audio)
                    place = place if texts else ("audio",)
                if given:
                    yield from self._lacking(name, place, given, spoken)
                yield from self._strange(name, place, texts)
            for place, texts in values(node, Written):
                yield from self._lacking(name, place, set(texts), spoken)
            for place, words in values(node, Said):
                yield from self._unheard(name, place, words)
                if words:
                    yield from self._lacking(name, place, set(words), spoken, "words", "warning")
            for place, label in values(node, Labels):
                yield from self._unlabelled(name, place, label)

    def _unheard(self, name: str, place: Place, words: dict[Language, list[str]]) -> Iterable[Problem]:
        """Words that the recogniser's model does not know are never heard."""
        for language, said in words.items() if self._ears is not None else ():
            for index, phrase in enumerate(said):
                strange = self._ears(language, phrase) if self._ears is not None else []
                if strange:
                    message = f"the recogniser knows no '{strange[0]}': callers cannot say '{phrase}'"
                    hint = "use a word it knows, or another model (docs/speech.md)"
                    yield self._at(
                        name, *place, language, index, message=message, hint=hint, severity="warning"
                    )

    def _says_nothing(self, name: str, node: Node) -> Iterable[Problem]:
        if not isinstance(node, SpeakingNode) or node.audio or any(t.strip() for t in node.say.values()):
            return
        if isinstance(node, SayNode):
            message, hint = f"'{name}' says nothing", "add `say` or `audio`"
            yield self._at(name, message=message, hint=hint, at_key=True)
        elif node.type in ("menu", "ask", "collect"):
            message = f"the {node.type} '{name}' says nothing"
            hint = "add `say`: callers cannot know what is asked of them"
            yield self._at(name, message=message, hint=hint, severity="warning", at_key=True)

    def _unlabelled(self, name: str, place: Place, label: Text) -> Iterable[Problem]:
        for language in LANGUAGES:
            if label and not label.get(language, "").strip():
                message = f"the label has no text in {LANGUAGE_NAMES[language]}"
                hint = "agents see labels in their own language"
                yield self._at(name, *place, message=message, hint=hint, severity="warning")

    def _begin_languages(self) -> set[str]:
        """The languages calls begin in: the flow's own, and those of the numbers that lead to it."""
        numbers = self._center.numbers if self._center is not None else []
        own: set[str] = {
            number.language or self._flow.language for number in numbers if number.flow == self._flow_id
        }
        return own or {self._flow.language}

    def _lacking(
        self,
        name: str,
        place: Place,
        given: Set[str],
        spoken: Set[str],
        what: str = "text",
        severity: Severity = "error",
    ) -> Iterable[Problem]:
        for language in sorted(spoken - given):
            told = LANGUAGE_NAMES[language]
            verb = "are no words" if what == "words" else "is no text"
            message = f"callers in {told} come to '{name}', but there {verb} in it"
            hint = f"add `{language}: …`"
            yield self._at(name, *place, message=message, hint=hint, severity=severity, at_key=True)

    def _strange(self, name: str, place: Place, texts: Text) -> Iterable[Problem]:
        """Signs that the voice of a language would spell, skip or stumble over."""
        for language, text in texts.items():
            strange = unsayable(fixed_parts(text), language)
            if strange:
                message = f"the {LANGUAGE_NAMES[language]} voice cannot say {' '.join(strange[:5])}"
                yield self._at(name, *place, language, message=message, severity="warning")

    def _unset(self, variables: Collection[str]) -> Iterable[Problem]:
        for name, before in graph.surely_set(self._flow).items():
            for slip in names.unset(self._flow.nodes[name], variables, before):
                yield dataclasses.replace(self._in_value(name, slip), severity="warning")

    def _reach(self) -> Iterable[Problem]:
        reached = graph.reachable(graph.edges(self._flow), self._flow.start)
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
            if circle.by_asking:
                message = f"a caller who presses nothing goes round for ever: {way}"
                hint = "lead `on_timeout` (or `on_failed`) to a queue or a node of type hangup"
                yield self._at(first, message=message, hint=hint, severity="warning", at_key=True)
            elif circle.left_in_time:
                message = f"callers go round here until hours or values change: {way}"
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
