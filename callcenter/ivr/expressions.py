"""Conditions and values in flows: a small language on top of simpleeval.

What may stand there: names (`customer.level`, `order.items[0].name`), numbers, 'texts', comparisons,
and/or/not, + - * / // %, `in`, `a if b else c`, lists, and the functions below. Nothing else is let through
the parser, so that nothing else needs to be trusted to the evaluator. A key that JSON data lacks is None, and
None is neither smaller nor larger than anything; digits that a caller typed compare with numbers as the
number they write.
"""

from __future__ import annotations

import ast
import operator
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import simpleeval

MAX_LENGTH = 500
MAX_DEPTH = 60  # of one part inside another
MAX_TEXT = 10_000  # characters of a text that is put together
MAX_NUMBER = 10**30

Scope = Mapping[str, Any]


class ExpressionError(Exception):
    """An expression cannot be read, or has no value here. `column` (from 0) is inside the expression."""

    def __init__(self, message: str, column: int = 0) -> None:
        super().__init__(message)
        self.column = column


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _last(text: object, count: int) -> str:
    return _text(text)[-int(count) :] if count > 0 else ""


def _luhn(digits: object) -> bool:
    """ISO/IEC 7812-1, annex B."""
    text = str(digits)
    if not text.isascii() or not text.isdigit():
        return False
    total = sum(sum(divmod(int(d) * (2 if place % 2 else 1), 10)) for place, d in enumerate(reversed(text)))
    return total % 10 == 0


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "len": lambda value: 0 if value is None else len(value),
    "int": int,
    "float": float,
    "str": _text,
    "round": lambda number, digits=0: round(_sure_number(number), max(-30, min(int(digits), 10)) or None),
    "abs": lambda number: abs(_sure_number(number)),
    "min": lambda *numbers: min(_sure_numbers(numbers)),
    "max": lambda *numbers: max(_sure_numbers(numbers)),
    "lower": lambda text: _text(text).lower(),
    "upper": lambda text: _text(text).upper(),
    "starts_with": lambda text, start: _text(text).startswith(_text(start)),
    "ends_with": lambda text, end: _text(text).endswith(_text(end)),
    "last": _last,
    "luhn": _luhn,
}

_ALLOWED = (
    ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.UAdd, ast.BinOp, ast.Add,
    ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE,
    ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.Is, ast.IsNot, ast.IfExp, ast.Call, ast.Name, ast.Load,
    ast.Attribute, ast.Subscript, ast.Constant, ast.List, ast.Tuple,
)  # fmt: skip
_WORDS = {"true": "True", "false": "False", "none": "None", "null": "None"}  # as YAML and JSON write them


@dataclass(frozen=True, slots=True)
class Name:
    """A name an expression uses: `customer.level` is ('customer', 'level'). `column` from 0."""

    parts: tuple[str, ...]
    column: int


class Expression:
    """A parsed expression. Raises ExpressionError when it cannot be read."""

    def __init__(self, text: str) -> None:
        self.text = text
        if len(text) > MAX_LENGTH:
            raise ExpressionError(f"is longer than {MAX_LENGTH} characters")
        if not text.strip():
            raise ExpressionError("is empty")
        tree = _parse(text)
        _check(tree, text)
        self._tree = tree.body
        self.names = tuple(Name(name.parts, _column(text, name.column)) for name in _names(tree.body))

    def value(self, scope: Scope) -> Any:
        """What it comes to. Raises ExpressionError."""
        try:
            return bounded(_Evaluator(scope).eval(self.text, previously_parsed=self._tree))
        except ExpressionError:
            raise
        except Exception as error:  # whatever simpleeval or a function says: one kind for all
            raise ExpressionError(_plain(error)) from error

    def truth(self, scope: Scope) -> bool:
        """Whether it holds."""
        return bool(self.value(scope))


@lru_cache(maxsize=4096)
def expression(text: str) -> Expression:
    """The parsed expression; the same one for the same text."""
    return Expression(text)


def _parse(text: str) -> ast.Expression:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as `1 is 1`
            return ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        message = "cannot be read as an expression"
        if re.search(r"(?<![=!<>])=(?!=)", text):
            message += "; to compare, write =="
        elif "&&" in text or "||" in text:
            message += "; write 'and' and 'or'"
        begin = len(text) - len(text.lstrip())
        raise ExpressionError(message, begin + max(0, (error.offset or 1) - 1)) from None
    except (ValueError, RecursionError, MemoryError):
        raise ExpressionError("cannot be read as an expression") from None


def _column(text: str, offset: int) -> int:
    """Where a part of a text stands. `offset` is as Python's parser tells it: in bytes, blanks left out."""
    begin = len(text) - len(text.lstrip())
    return begin + len(text.strip().encode(errors="replace")[:offset].decode(errors="ignore"))


def _check(tree: ast.Expression, text: str) -> None:
    inside: list[tuple[ast.AST, int]] = [(tree, 0)]
    while inside:
        node, depth = inside.pop()
        inside += [(child, depth + 1) for child in ast.iter_child_nodes(node)]
        column = _column(text, getattr(node, "col_offset", 0))
        if depth > MAX_DEPTH:
            raise ExpressionError("is nested too deeply", column)
        if not isinstance(node, _ALLOWED):
            raise ExpressionError(f"'{type(node).__name__.lower()}' cannot be used here", column)
        if isinstance(node, ast.Call):
            if not isinstance(node.func, ast.Name):
                raise ExpressionError("only functions can be called", column)
            if node.func.id not in FUNCTIONS:
                known = ", ".join(FUNCTIONS)
                raise ExpressionError(f"there is no function '{node.func.id}' (there are {known})", column)
            if node.keywords:
                raise ExpressionError("functions take values without names", column)
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            raise ExpressionError(f"'{node.attr}' cannot be read", column)
        if isinstance(node, ast.Constant) and not isinstance(node.value, str | int | float | bool | None):
            raise ExpressionError("only texts and numbers can stand here", column)
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            bounded(node.value)


def _names(node: ast.AST) -> Iterator[Name]:
    if isinstance(node, ast.Attribute | ast.Name):
        parts: list[str] = []
        inner: ast.AST = node
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name):
            if inner.id not in _WORDS:
                yield Name((inner.id, *reversed(parts)), inner.col_offset)
            return
        yield from _names(inner)
        return
    if isinstance(node, ast.Call):
        for argument in node.args:
            yield from _names(argument)
        return
    for child in ast.iter_child_nodes(node):
        yield from _names(child)


class _Evaluator(simpleeval.EvalWithCompoundTypes):  # type: ignore[misc]
    """Data is reached by keys alone: no method or attribute of any Python object."""

    def __init__(self, scope: Scope) -> None:
        names = {**scope, "True": True, "False": False, "None": None}
        names.update({word: names[python] for word, python in _WORDS.items()})
        super().__init__(operators=_OPERATORS, functions=dict(FUNCTIONS), names=names)

    def _eval_attribute(self, node: ast.Attribute) -> Any:
        return _part(self._eval(node.value), node.attr)

    def _eval_subscript(self, node: ast.Subscript) -> Any:
        return _part(self._eval(node.value), self._eval(node.slice))

    def _eval_name(self, node: ast.Name) -> Any:
        try:
            return self.names[node.id]
        except KeyError:
            raise ExpressionError(f"there is no '{node.id}' here") from None


def _part(holder: Any, key: Any) -> Any:
    if isinstance(holder, Mapping):
        return holder.get(key)
    if isinstance(holder, list | tuple | str) and isinstance(key, int) and not isinstance(key, bool):
        return holder[key] if -len(holder) <= key < len(holder) else None
    if holder is None or holder == "":
        return None
    raise ExpressionError(f"'{key}' cannot be taken from {_kind(holder)}")


def _kind(value: Any) -> str:
    return {str: "a text", bool: "yes or no", int: "a number", float: "a number", list: "a list"}.get(
        type(value), "it"
    )


def _number(value: Any) -> float | int | None:
    """A number, or a text that writes one."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    if isinstance(value, str):
        written = re.fullmatch(r"\s*([-+]?[0-9]{1,30})(\.[0-9]{1,30})?\s*", value)
        if written:
            return float(value) if written[2] else int(written[1])
    return None


def _sure_number(value: Any) -> float | int:
    number = _number(value)
    if number is None:
        raise ExpressionError("only numbers can be reckoned with")
    return number


def _sure_numbers(values: tuple[Any, ...]) -> list[float | int]:
    """Of `min(a, b)` or `min(a_list)`."""
    some = values[0] if len(values) == 1 and isinstance(values[0], list | tuple) else values
    return [_sure_number(value) for value in some]


def bounded(value: Any) -> Any:
    """The value, if it did not grow beyond all reason: a flow may go round and double it each time."""
    if isinstance(value, int | float) and not isinstance(value, bool) and not abs(value) <= MAX_NUMBER:
        raise ExpressionError("the number is too large")
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise ExpressionError(f"the text is longer than {MAX_TEXT} characters")
    return value


def _pair(a: Any, b: Any) -> tuple[Any, Any]:
    """Both as numbers when one is a number and the other writes one."""
    if isinstance(a, str) and isinstance(b, int | float):
        number = _number(a)
        return (a, b) if number is None else (number, b)
    if isinstance(b, str) and isinstance(a, int | float):
        number = _number(b)
        return (a, b) if number is None else (a, number)
    return a, b


def _compare(by: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(a: Any, b: Any) -> bool:
        if a is None or b is None:
            return False
        a, b = _pair(a, b)
        try:
            return by(a, b)
        except TypeError:
            raise ExpressionError(f"{_kind(a)} cannot be compared with {_kind(b)}") from None

    return compare


def _arithmetic(by: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def count(a: Any, b: Any) -> Any:
        return bounded(by(_sure_number(a), _sure_number(b)))

    return count


def _add(a: Any, b: Any) -> Any:
    """Numbers are added; texts are joined, also a text and a number."""
    if isinstance(a, str) or isinstance(b, str):
        return bounded(_text(a) + _text(b))
    return _arithmetic(operator.add)(a, b)


def _same(a: Any, b: Any) -> bool:
    return bool(operator.eq(*_pair(a, b)))


def _in(a: Any, b: Any) -> bool:
    """Among the values of a list, a part of a text, or a key of data; nothing is in None."""
    if isinstance(b, list | tuple):
        return any(_same(a, item) for item in b)
    if isinstance(b, str):
        return a is not None and _text(a) in b
    return b is not None and a in b


_OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: _add,
    ast.Sub: _arithmetic(operator.sub),
    ast.Mult: _arithmetic(operator.mul),
    ast.Div: _arithmetic(operator.truediv),
    ast.FloorDiv: _arithmetic(operator.floordiv),
    ast.Mod: _arithmetic(operator.mod),
    ast.Eq: _same,
    ast.NotEq: lambda a, b: not _same(a, b),
    ast.Lt: _compare(operator.lt),
    ast.LtE: _compare(operator.le),
    ast.Gt: _compare(operator.gt),
    ast.GtE: _compare(operator.ge),
    ast.In: _in,
    ast.NotIn: lambda a, b: not _in(a, b),
    ast.Is: _same,
    ast.IsNot: lambda a, b: not _same(a, b),
    ast.Not: operator.not_,
    ast.USub: lambda a: _arithmetic(operator.sub)(0, a),
    ast.UAdd: lambda a: _arithmetic(operator.add)(0, a),
}


def _plain(error: Exception) -> str:
    if isinstance(error, ZeroDivisionError):
        return "divides by zero"
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    return f"has no value here: {error}"[:200]
