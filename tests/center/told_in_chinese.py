"""What the checkers can say, gathered from their source and from the stories that make them say it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callcenter.center.problem_words import in_chinese
from callcenter.center.problems import Problem, Severity, Source

NAME = "x1"  # stands for whatever a message names
_CHINESE = re.compile("[\u4e00-\u9fff]")
_SAYING = {"problem", "_problem", "_refuse", "Problem", "Mistake", "Slip", "ExpressionError", "_at"}
_ANSWERING = {
    ("validate.py", "_words"), ("command_template.py", "command_problem"), ("expressions.py", "_plain")
}  # fmt: skip
_NO_MESSAGE = {"", "error", "warning"}


def is_chinese(text: str) -> bool:
    """Whether a message or hint was said in Chinese, with all that it names."""
    chinese = in_chinese(text)
    return chinese != text and _CHINESE.search(chinese) is not None


@contextmanager
def watched() -> Iterator[list[Problem]]:
    """Every problem that is made meanwhile."""
    made: list[Problem] = []
    make = Source.problem

    def noted(
        self: Source, line: int, column: int, message: str, hint: str = "", severity: Severity = "error"
    ) -> Problem:
        problem = make(self, line, column, message, hint, severity)
        made.append(problem)
        return problem

    Source.problem = noted  # type: ignore[method-assign]
    try:
        yield made
    finally:
        Source.problem = make  # type: ignore[method-assign]


def lacking(problems: list[Problem]) -> list[str]:
    """Messages and hints without Chinese; what names a garbage word of great length is let be."""
    told = dict.fromkeys(text for p in problems for text in (p.message, p.hint) if text and len(text) < 300)
    return [text for text in told if not is_chinese(text)]


def sayings(file: Path) -> dict[str, list[str]]:
    """Each message and hint that is written in a source file: how it is written, and samples of it."""
    found: dict[str, list[str]] = {}
    last: dict[str, list[str]] = {}

    def note(written: ast.expr) -> list[str]:
        samples = [text for text in _samples(written) if text not in _NO_MESSAGE]
        if samples:
            found.setdefault(ast.unparse(written), []).extend(samples)
        return samples

    for node in _in_order(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and _name(node.func) in _SAYING:
            by_place = [] if _name(node.func) == "_at" else node.args  # those of _at are places
            for argument in (*by_place, *(k.value for k in node.keywords if k.arg in ("message", "hint"))):
                note(argument)
        elif isinstance(node, ast.Call) and _name(node.func) == "did_you_mean":
            whats = _samples(node.args[2]) if len(node.args) > 2 else []
            found[ast.unparse(node)] = [text for what in whats for text in choices(what)]
        elif isinstance(node, ast.Assign):
            for name, value in _assigned(node):
                if name.lower().lstrip("_") in ("message", "hint", "dead_end"):
                    last[name] = note(value)
                elif (file.name, name) == ("validate.py", "simple") and isinstance(value, ast.Dict):
                    for each in value.values:
                        note(each)
        elif isinstance(node, ast.AugAssign) and _name(node.target) == "message":
            more = _samples(node.value)
            found[ast.unparse(node)] = [a + b for a in last["message"] for b in more]
        elif isinstance(node, ast.FunctionDef) and (file.name, node.name) in _ANSWERING:
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return) and inner.value is not None:
                    values = inner.value.elts if isinstance(inner.value, ast.Tuple) else [inner.value]
                    for each in values:
                        note(each)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "msg":
                    note(value)
    return found


def choices(what: str) -> list[str]:
    """The hints of `did_you_mean` that tell what there is."""
    return [f"{what}: {NAME}", f"none is {what} yet"]


def raised(file: Path) -> list[str]:
    """What the YAML reader's source says in its errors."""
    found = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and _name(node.func) in ("ScannerError", "ParserError"):
            written = node.args[2] if len(node.args) > 2 else node.args[0]
            found += _samples(written)
    return found


def _in_order(tree: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(tree):
        yield child
        yield from _in_order(child)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _assigned(node: ast.Assign) -> Iterator[tuple[str, ast.expr]]:
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            for one, value in zip(target.elts, node.value.elts, strict=True):
                yield _name(one), value
        else:
            yield _name(target), node.value


def _samples(written: ast.expr) -> list[str]:
    """Texts as an expression may give them, with NAME for what is not written there; none if nothing is."""
    if isinstance(written, ast.Constant):
        return [written.value] if isinstance(written.value, str) else []
    if isinstance(written, ast.JoinedStr):
        return ["".join(str(p.value) if isinstance(p, ast.Constant) else NAME for p in written.values)]
    if isinstance(written, ast.IfExp):
        return [*_samples(written.body), *_samples(written.orelse)]
    if isinstance(written, ast.BinOp) and isinstance(written.op, ast.Add) and _samples(written.left):
        return [f"{a}{b}" for a in _samples(written.left) for b in _samples(written.right) or [NAME]]
    return []
