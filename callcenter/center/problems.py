"""A mistake in a file an admin wrote: where it stands, what is wrong, and what he probably meant."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from callcenter.center.problem_words import in_chinese

Severity = Literal["error", "warning"]

MAX_PROBLEMS = 100  # a file of garbage must not fill a screen, a page or a journal
_WINDOW = 160  # columns of the offending line that are shown
_LINE_BREAK = re.compile("\r\n|[\n\r\x85]")  # what the YAML reader counts as the end of a line


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. `line` and `column` begin at 1; 0 means that the file as a whole is meant."""

    file: str
    line: int
    column: int
    severity: Severity
    message: str
    hint: str = ""
    source_line: str = ""

    def render(self, chinese: bool = False) -> str:
        """As a compiler says it: place, message, the line with a caret, and a hint."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        if chinese:
            severity = "错误" if self.severity == "error" else "警告"
            parts = [f"{place}: {severity}：{in_chinese(self.message)}"]
        else:
            parts = [f"{place}: {self.severity}: {self.message}"]
        if self.line and self.source_line.strip():
            line, before = _window(self.source_line, self.column - 1)
            parts += [f"    {line}", f"    {' ' * _width(before)}^"]
        if self.hint:
            parts.append(f"    提示：{in_chinese(self.hint)}" if chinese else f"    hint: {self.hint}")
        return "\n".join(parts)

    def as_dict(self) -> dict[str, Any]:
        """As the pages get it: message and hint also in Chinese."""
        return {
            **asdict(self),
            "message_zh": in_chinese(self.message),
            "hint_zh": in_chinese(self.hint),
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Problem:
        """From what `as_dict` gave."""
        return cls(**{field.name: told[field.name] for field in fields(cls)})


class Source:
    """A file's name and lines, for making problems that show the offending line."""

    def __init__(self, file: str, text: str = "") -> None:
        self.file = file
        self.lines = _LINE_BREAK.split(text)

    def problem(
        self, line: int, column: int, message: str, hint: str = "", severity: Severity = "error"
    ) -> Problem:
        """A problem at `line` and `column`, both from 1; line 0 is the whole file."""
        shown = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return Problem(self.file, line, column, severity, message, hint, shown[:2000])


def has_errors(problems: Iterable[Problem]) -> bool:
    """True when something must be mended before the file can be used."""
    return any(problem.severity == "error" for problem in problems)


def tidy(problems: Iterable[Problem]) -> list[Problem]:
    """In the order of the file, each once, and not more than a person reads."""
    ordered = sorted(dict.fromkeys(problems), key=lambda p: (p.file, p.line, p.column, p.severity, p.message))
    if len(ordered) <= MAX_PROBLEMS:
        return ordered
    kept = [p for p in ordered if p.severity == "error"] + [p for p in ordered if p.severity != "error"]
    more = Problem(
        ordered[0].file, 0, 0, "error" if has_errors(ordered) else "warning",
        "and more problems than are shown", "mend the first ones and check again",
    )  # fmt: skip
    return [*tidy(kept[:MAX_PROBLEMS]), more]


def did_you_mean(word: str, known: Iterable[str], what: str = "known") -> str:
    """`did you mean 'orders'?`, or what there is to choose from."""
    names = sorted(set(known))
    close = difflib.get_close_matches(word.lower()[:80], [name.lower() for name in names], n=1, cutoff=0.6)
    if close:
        best = next(name for name in names if name.lower() == close[0])
        return f"did you mean '{best}'?"
    if not names:
        return f"none is {what} yet"
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"{what}: {shown}"


def _window(line: str, column: int) -> tuple[str, str]:
    """The part of a long line around `column`, safe for a terminal, and what stands before the caret."""
    start = max(0, column - _WINDOW // 2) if len(line) > _WINDOW else 0
    safe = "".join(" " if c == "\t" or unicodedata.category(c) in ("Cc", "Cs") else c for c in line)
    shown = safe[start : start + _WINDOW]
    return shown.rstrip(), safe[start : min(column, len(safe))]


def _width(text: str) -> int:
    """Columns a terminal gives to `text`: Chinese characters take two, combining marks none."""
    width = 0
    for char in text:
        if unicodedata.combining(char):
            continue
        width += 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
    return width
