"""The kinds of values in flow files, and a way to find all values of a kind in a node.

A node's model marks what a value is (`NodeName`, `Expr`, `Spoken`, …); checker, drawing and graph ask
`values(node, NodeRef)` and need not know the node.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, StringConstraints

from callcenter.center.model import Id, Language, Level, Text

Key = Annotated[str, StringConstraints(pattern=r"^[0-9*#]$")]
ALL_KEYS = "0123456789*#"


@dataclass(frozen=True, slots=True)
class Marker:
    """What a value is, beyond its shape."""

    what: str


NodeRef = Marker("node")
FlowRef = Marker("flow")
QueueRef = Marker("queue")
SkillRef = Marker("skill")
Needed = Marker("needed skills")  # an expression over skills
HoursRef = Marker("hours")
EmergencyRef = Marker("emergency switch")
BoxRef = Marker("mailbox")
Reckoned = Marker("expression")
Filled = Marker("text with values")  # not heard: numbers, URLs, values of variables
FilledDeep = Marker("data with values")  # JSON whose texts have values
MaySecret = Marker("may hold a secret")
Heard = Marker("heard")  # texts the caller or the agent hears, by language
Written = Marker("written")  # texts the caller reads, by language
Sounds = Marker("sounds")
Said = Marker("said")  # words the caller may say, by language
Labels = Marker("label")  # what agents read, by language
Sets = Marker("variable")
SetsAll = Marker("variables")  # the keys of a map are variables

_NAME = StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")
_TEXT = StringConstraints(max_length=2000)
NodeName = Annotated[Id, NodeRef]
OptionalNode = Annotated[Id | Literal[""], NodeRef]
FlowName = Annotated[Id, FlowRef]
QueueName = Annotated[Id, QueueRef]
HoursName = Annotated[Id, HoursRef]
EmergencyName = Annotated[Id | Literal[""], EmergencyRef]
BoxName = Annotated[Id, BoxRef]
SkillLevels = dict[Annotated[Id, SkillRef], Level]

NeedsText = Annotated[str, StringConstraints(max_length=500), Needed]

Expr = Annotated[str, _TEXT, Reckoned]
FilledText = Annotated[str, _TEXT, Filled]
SecretText = Annotated[str, _TEXT, Filled, MaySecret]
Value = Annotated[str, _TEXT, Filled] | bool | int | float
Spoken = Annotated[dict[Language, Annotated[str, _TEXT]], Heard]
Readable = Annotated[dict[Language, Annotated[str, _TEXT]], Written]
Files = Annotated[dict[Language, Annotated[str, StringConstraints(min_length=1, max_length=500)]], Sounds]
Words = Annotated[dict[Language, list[Annotated[str, StringConstraints(min_length=1, max_length=60)]]], Said]
VariableName = Annotated[str, _NAME]
Variable = Annotated[VariableName, Sets]
OptionalVariable = Annotated[VariableName | Literal[""], Sets]
Values = Annotated[dict[VariableName, Value], SetsAll]
Handed = dict[VariableName, Value]
"""Values for another flow: no variables of this one."""
Label = Annotated[Text, Labels]

Place = tuple[str | int, ...]


def values(model: BaseModel, marker: Marker) -> Iterator[tuple[Place, Any]]:
    """Each (place inside the model, value) that is marked so, in the order of the model's fields."""
    for name, written, annotation in _annotations(type(model)):
        yield from _walk(annotation, getattr(model, name), (written,), marker)


@lru_cache(maxsize=256)
def _annotations(model: type[BaseModel]) -> tuple[tuple[str, str, Any], ...]:
    """Each field: its name, its name in the file, and what it is."""
    found = []
    for name, field in model.model_fields.items():
        annotation = field.annotation
        # pydantic takes the outermost Annotated apart; put its markers back
        marks = [mark for mark in field.metadata if isinstance(mark, Marker)]
        found.append((name, field.alias or name, Annotated[annotation, *marks] if marks else annotation))
    return tuple(found)


def _walk(annotation: Any, value: Any, place: Place, marker: Marker) -> Iterator[tuple[Place, Any]]:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *marks = get_args(annotation)
        if marker in marks:
            yield place, value
        yield from _walk(inner, value, place, marker)
    elif isinstance(value, BaseModel):
        for sub, found in values(value, marker):
            yield (*place, *sub), found
    elif origin in (Union, types.UnionType):
        for member in get_args(annotation):
            if get_origin(member) in (Annotated, dict, list):
                yield from _walk(member, value, place, marker)
    elif origin is dict and isinstance(value, Mapping):
        key_type, value_type = get_args(annotation)
        for key, item in value.items():
            if marker in _marks(key_type):
                yield (*place, key), key
            yield from _walk(value_type, item, (*place, key), marker)
    elif origin is list and isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _walk(get_args(annotation)[0], item, (*place, index), marker)


def _marks(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
