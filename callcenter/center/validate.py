"""A document against a pydantic model: each error at its line and column, in plain words."""

from __future__ import annotations

import copy
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from callcenter.center.problems import MAX_PROBLEMS, Problem, did_you_mean
from callcenter.center.source import Document

M = TypeVar("M", bound=BaseModel)

_SALVAGE_ROUNDS = 12
_MAX_ERRORS = 3 * MAX_PROBLEMS  # what is worked out; far fewer are shown

_PATTERNS = {  # what the patterns of our models mean to a person
    r"^[a-z][a-z0-9_-]{0,39}$": "an id: lower-case letters, digits, '_' or '-', beginning with a letter",
    r"^[A-Za-z0-9._@-]{1,80}$": "the name a user signs in with: letters, digits, '.', '_', '@' and '-'",
    r"^[0-9]{2,10}$": "an extension of 2 to 10 digits",
    r"^\+?[0-9]{2,20}$": "a number of 2 to 20 digits, with or without a leading '+'",
    r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$": 'a time range such as "09:00-18:00"',
    r"^\d{4}-\d{2}-\d{2}$": 'a date such as "2026-10-01"',
    r"^[0-9*#]$": "one of the keys 0-9, * and #, in quotes",
    r"^[a-z][a-z0-9_]{0,39}$": "a name: lower-case letters, digits or '_', beginning with a letter",
    r"^(https?://|\{secret:[A-Za-z_])": "a web address: https://… or {secret:NAME}/…",
    r"^[1-5]\d\d$": 'an HTTP status such as "404", in quotes',
    r"^([01]\d|2[0-3]):[0-5]\d$": 'a time of day such as "09:00", in quotes',
    r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$": 'a moment such as "2026-03-02 10:00", in quotes',
    r"^[0-9]{1,10}$": 'keys such as "12345", in quotes',
    r"^[^@\s]+@[^@\s]+$": "a mail address",
    r"^[A-Za-z0-9_-]{1,79}$": "a music class: letters, digits, '_' and '-'",
    r"^[A-Z]{2}$": 'a country code of two capital letters such as "CN"',
}


@dataclass(frozen=True, slots=True)
class Validated(Generic[M]):
    """What came of a document."""

    model: M | None  # None when there is any error
    rest: M | None  # the model of what is left without the wrong parts, for finding further mistakes
    problems: list[Problem]


def validate(document: Document, model: type[M]) -> Validated[M]:
    """Check a document against `model`."""
    try:
        checked = model.model_validate(document.data)
        return Validated(checked, checked, [])
    except ValidationError as error:
        errors = error.errors(include_url=False)
    problems = [_problem(document, model, detail) for detail in _without_members(document, errors)]
    return Validated(None, _salvage(document.data, model, errors), [p for p in problems if p is not None])


def _without_members(document: Document, errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """One error for each value that fits none of several forms, instead of one for each form.

    pydantic ends the place of such errors with the form's name, which is no key of the file.
    """
    kept: list[ErrorDetails] = []
    by_value: dict[tuple[int | str, ...], list[ErrorDetails]] = {}
    for detail in errors[:_MAX_ERRORS]:
        place = detail["loc"]
        whole = document.find(tuple(part for part in place if part != "[key]")).whole
        if whole or detail["type"] in ("missing", "extra_forbidden") or not document.find(place[:-1]).whole:
            kept.append(detail)
        else:
            by_value.setdefault(place[:-1], []).append(detail)
    for place, forms in by_value.items():
        kept.append({**_best_form(forms), "loc": place})
    return kept


def _best_form(forms: list[ErrorDetails]) -> ErrorDetails:
    """What to say of a value that fits none of these forms."""
    forms = [
        form for form in forms if form["type"] != "literal_error" or form["ctx"]["expected"] != "''"
    ] or forms
    if len(forms) == 1:
        return forms[0]
    if {form["type"] for form in forms} >= {"bool_type", "string_type"}:
        return {**forms[0], "type": "value_error", "msg": "must be a text, a number, or true or false"}
    words = next((form for form in forms if form["type"] == "literal_error"), None)
    given = forms[0].get("input")
    if words is not None and isinstance(given, str | int | float):
        return words
    return {**forms[0], "type": "value_error", "msg": "is of a form that does not fit here"}


def _salvage(data: Any, model: type[M], errors: list[ErrorDetails]) -> M | None:
    """The model of the data without its wrong parts, or None when too little is left."""
    data = copy.deepcopy(data)
    for _ in range(_SALVAGE_ROUNDS):
        # The deepest and last first, so that list positions stay true while elements are taken out.
        trails: dict[tuple[str, ...], tuple[Any, Any]] = {}
        for detail in sorted(errors, key=lambda e: [str(p).zfill(9) for p in e["loc"]], reverse=True):
            trail = _trail(data, detail)
            if not trail:
                return None
            trails.setdefault(tuple(str(part) for _, part in trail), trail[-1])
        for container, part in trails.values():
            if isinstance(container, list) or part in container:
                del container[part]
        try:
            return model.model_validate(data)
        except ValidationError as error:
            errors = error.errors(include_url=False)
    return None


def _trail(data: Any, detail: ErrorDetails) -> list[tuple[Any, Any]]:
    """The way to a wrong value, or to the owner of a missing one: (container, key) at each level."""
    place = [part for part in detail["loc"] if part != "[key]"]
    if detail["type"] == "missing":
        place = place[:-1]
    trail: list[tuple[Any, Any]] = []
    here = data
    tag_passed = False
    for part in place:
        if isinstance(here, dict) and here.get("type") == part and not tag_passed:
            tag_passed = True
            continue
        try:
            inner = here[part]
        except (KeyError, IndexError, TypeError):
            break
        trail.append((here, part))
        here, tag_passed = inner, False
    return trail


def _problem(document: Document, model: type[BaseModel], detail: ErrorDetails) -> Problem | None:
    place = tuple(part for part in detail["loc"] if part != "[key]")
    about_key = detail["loc"][-1:] == ("[key]",)
    kind = detail["type"]
    found = document.find(place)
    name = str(place[-1]) if place else ""
    if kind == "missing":
        parent = document.find(place[:-1])
        owner = f" in '{parent.key.raw}'" if parent.key is not None and len(place) > 1 else ""
        known = _keys_at(model, place[:-1])
        given = [key.raw for key, _ in parent.value.pairs]
        strange = [key for key in given if key not in known]
        if did_you_mean(name, strange).startswith("did"):
            return None  # it is there, only misspelt: said at the misspelt key
        node = parent.key or parent.value
        return document.source.problem(node.line, node.column, f"'{name}' is missing{owner}")
    if kind == "extra_forbidden":
        known = _keys_at(model, place[:-1])
        if name == "<<":
            return document.problem(
                place, "merging with '<<' is not used here", "write the keys out", at_key=True
            )
        return document.problem(
            place, f"unknown key '{name}'", did_you_mean(name, known, "keys here"), at_key=True
        )
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _type_problem(document, place, detail)
    message, hint = _words(detail, found.value.raw, found.value.plain)
    if about_key:
        return document.problem(place, f"'{name}' cannot be a key here: {message}", hint, at_key=True)
    label = next((str(part) for part in reversed(place) if isinstance(part, str)), "")
    return document.problem(place, f"'{label}' {message}" if label else message, hint)


def _type_problem(document: Document, place: tuple[str | int, ...], detail: ErrorDetails) -> Problem:
    context = detail.get("ctx", {})
    if detail["type"] == "union_tag_not_found":
        message = f"'{place[-1]}' has no 'type'"
        return document.problem(
            place, message, "each node says what it does: type: say, menu, …", at_key=True
        )
    known = [word.strip("' ") for word in str(context.get("expected_tags", "")).split(",")]
    tag = str(context.get("tag", ""))
    hint = did_you_mean(tag, known, "types")
    return document.problem((*place, "type"), f"unknown type '{tag[:60]}'", hint)


def _words(detail: ErrorDetails, raw: str, plain: bool) -> tuple[str, str]:
    """Message and hint for an error about a value, without the name of its key."""
    kind = detail["type"]
    context: Mapping[str, Any] = detail.get("ctx") or {}
    given = detail.get("input")
    if given is None and kind.endswith("_type"):
        return "is empty", ""
    if kind in ("string_type", "string_unicode"):
        if plain and isinstance(given, bool | int | float):
            return "must be a text, but YAML reads this as a number", f'put it in quotes: "{raw[:60]}"'
        return "must be a text", ""
    if kind == "string_pattern_mismatch":
        return f"must be {_PATTERNS.get(str(context.get('pattern')), 'of another form')}", ""
    if kind == "literal_error":
        known = [
            word.strip("' ") for word in str(context.get("expected", "")).replace(" or ", ",").split(",")
        ]
        return f"cannot be '{str(given)[:60]}'", did_you_mean(str(given), known, "allowed")
    limits = {name: f"{context[name]:g}" for name in ("ge", "gt", "le", "lt") if name in context}
    simple = {
        "dict_type": "must be a block of 'key: value' lines",
        "model_type": "must be a block of 'key: value' lines",
        "model_attributes_type": "must be a block of 'key: value' lines",
        "list_type": "must be a list: lines that begin with '- ', or [a, b]",
        "int_type": "must be a whole number",
        "int_parsing": "must be a whole number",
        "int_from_float": "must be a whole number",
        "float_type": "must be a number",
        "float_parsing": "must be a number",
        "finite_number": "must be a number",
        "bool_type": "must be true or false",
        "bool_parsing": "must be true or false",
        "greater_than_equal": f"must be at least {limits.get('ge')}",
        "greater_than": f"must be more than {limits.get('gt')}",
        "less_than_equal": f"must be at most {limits.get('le')}",
        "less_than": f"must be less than {limits.get('lt')}",
        "string_too_short": f"must have at least {context.get('min_length')} characters",
        "string_too_long": f"must have at most {context.get('max_length')} characters",
        "too_short": f"needs at least {context.get('min_length')}",
        "too_long": f"has more than {context.get('max_length')} entries",
    }
    if kind in simple:
        return simple[kind], ""
    message = str(detail["msg"]).removeprefix("Value error, ")
    return message[:1].lower() + message[1:], ""


def _keys_at(model: type[BaseModel], place: tuple[str | int, ...]) -> list[str]:
    """The keys a model knows at a place of the data."""
    here: Any = model
    for part in place:
        here = _inner(_bare(here), part)
    bare = _bare(here)
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        return [field.alias or name for name, field in bare.model_fields.items()]
    return []


def _bare(annotation: Any) -> Any:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        some = [_bare(member) for member in get_args(annotation) if member is not type(None)]
        return some[0] if len(some) == 1 else Union[tuple(some)]  # noqa: UP007 - built at run time
    return annotation


def _inner(annotation: Any, part: str | int) -> Any:
    origin = get_origin(annotation)
    if origin is dict:
        return get_args(annotation)[1]
    if origin in (list, tuple):
        return get_args(annotation)[0]
    if origin is Union:
        for member in get_args(annotation):
            tag = getattr(member, "model_fields", {}).get("type")
            if tag is not None and get_origin(tag.annotation) is Literal and part in get_args(tag.annotation):
                return member
        return None
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field = annotation.model_fields.get(str(part))
        return field.annotation if field is not None else None
    return None
