"""The reference page of the flow language, made from its models: docs/ivr-reference.md.

`callcenter ivr reference` prints it; a test holds the committed page to it.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from callcenter.ivr import fields
from callcenter.ivr.fields import Marker
from callcenter.ivr.model import FlowFile
from callcenter.ivr.names import KNOWN
from callcenter.ivr.nodes import NODE_TYPES
from callcenter.ivr.nodes.aftercare import CallbackTime, SurveyQuestion
from callcenter.ivr.nodes.base import Node, SpeakingNode
from callcenter.ivr.nodes.menu import Answer, MenuKey
from callcenter.ivr.reference_examples import EXAMPLES, FORMATS, FUNCTIONS, TEST_EXAMPLE, VARIABLES
from callcenter.ivr.scripted import Expected, FlowTest, HttpOutcome
from callcenter.speech.reading import read

_WORDS: dict[Marker, str] = {
    fields.NodeRef: "node",
    fields.FlowRef: "flow",
    fields.QueueRef: "queue",
    fields.SkillRef: "skill",
    fields.HoursRef: "hours",
    fields.EmergencyRef: "emergency switch",
    fields.BoxRef: "mailbox",
    fields.Reckoned: "expression",
    fields.Filled: "text with values",
    fields.FilledDeep: "data with values",
    fields.Heard: "text with values, per language",
    fields.Sounds: "file per language",
    fields.Said: "list of words, per language",
    fields.Sets: "variable",
}
_INNER: dict[str, tuple[tuple[str, type[BaseModel]], ...]] = {
    "menu": (("Each key of `keys`", MenuKey),),
    "ask": (("Each answer of `answers`", Answer),),
    "callback": (("Each key of `times`", CallbackTime),),
    "survey": (("Each question of `questions`", SurveyQuestion),),
}
_EXPRESSIONS = """\
Comparisons `==` `!=` `<` `<=` `>` `>=` `in` `not in`, `and` `or` `not`, `+` `-` `*` `/` `//` `%`,
`a if condition else b`, lists `['a', 'b']`, texts in single quotes, numbers, `true`, `false`,
`none`. `+` joins texts. Digits that a caller typed compare as the number they write: after `0010`,
both `x == 10` and `x == '0010'` hold. What data lacks is `none`, which is neither smaller nor
larger than anything.
"""
_VALUES = """\
`{order.number|digits}` reads a value out. Braces themselves are written twice: `{{` and `}}`. In
`{zh-CN: …}` a text with values needs quotes. Where a text is read instead of heard (messages,
URLs, numbers, variables) a value stands as it is, whatever its format.
"""
_SECRETS = """\
`{secret:NAME}` puts a secret of the settings in. It can stand in `url`, `headers`, `query` and
`body` of [http](#http), and nowhere else.
"""
_SHARED = {"type", "on_error"}
_SPOKEN = {"say", "audio", "every_language"}


def reference_page() -> str:
    """The page, as Markdown."""
    return "\n".join(_page()).rstrip() + "\n"


def _page() -> Iterator[str]:
    yield "# The flow language: reference"
    yield ""
    yield "Made from the models by `callcenter ivr reference`; [ivr.md](ivr.md) explains how to use them."
    yield ""
    yield "- [The file](#the-file)"
    yield f"- Nodes: {', '.join(f'[{name}](#{name})' for name in _kinds())}"
    yield "- [Expressions](#expressions)"
    yield "- [Values in texts](#values-in-texts)"
    yield "- [Tests](#tests)"
    yield ""
    yield "## The file"
    yield ""
    yield from _table(FlowFile)
    yield "## Nodes"
    yield ""
    yield "Each node has a name and these keys:"
    yield ""
    yield from _table(Node, names={"on_error"}, before=("| `type` | word | required | Which node it is. |",))
    yield "Nodes that speak have these as well:"
    yield ""
    yield from _table(SpeakingNode, names=_SPOKEN)
    yield "The examples stand in flows that declare what they read:"
    yield ""
    yield "```yaml"
    yield VARIABLES
    yield "```"
    yield ""
    for name, kind in _kinds().items():
        yield from _node(name, kind)
    yield from _expressions()
    yield from _formats()
    yield from _tests()


def _kinds() -> dict[str, type[Node]]:
    return {get_args(kind.model_fields["type"].annotation)[0]: kind for kind in NODE_TYPES}


def _node(name: str, kind: type[Node]) -> Iterator[str]:
    yield f"### {name}"
    yield ""
    yield inspect.getdoc(kind) or ""
    yield ""
    yield "```yaml"
    yield EXAMPLES[name].rstrip()
    yield "```"
    yield ""
    speaks = issubclass(kind, SpeakingNode)
    own = {
        key
        for key, field in kind.model_fields.items()
        if key not in (_SHARED | _SPOKEN if speaks else _SHARED) or _changed(kind, key)
    }
    if own:
        yield from _table(kind, names=own)
    if speaks:
        yield "It speaks: `say`, `audio`, `every_language`."
        yield ""
    for title, part in _INNER.get(name, ()):
        yield f"{title}:"
        yield ""
        yield from _table(part)


def _changed(kind: type[Node], key: str) -> bool:
    """Whether a node says of a common key something of its own."""
    if key == "type":
        return False
    common = SpeakingNode if issubclass(kind, SpeakingNode) else Node
    known = common.model_fields.get(key)
    return known is None or known.description != kind.model_fields[key].description


def _table(
    model: type[BaseModel], names: set[str] | None = None, before: tuple[str, ...] = ()
) -> Iterator[str]:
    yield "| key | value | default | meaning |"
    yield "| --- | --- | --- | --- |"
    yield from before
    own_first = sorted(model.model_fields.items(), key=lambda item: item[0] not in model.__annotations__)
    for name, field in own_first:
        if names is None or name in names:
            cells = (f"`{field.alias or name}`", _kind(field), _default(field), field.description or "")
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if value in ("", None, {}, []):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _kind(field: FieldInfo) -> str:
    marks = [mark for mark in field.metadata if isinstance(mark, Marker)]
    told = next((_WORDS[mark] for mark in marks if mark in _WORDS), "") or _told(field.annotation)
    limits = {
        limit: getattr(part, limit)
        for part in field.metadata
        for limit in ("ge", "le")
        if getattr(part, limit, None) is not None
    }
    if told in ("number", "whole number") and "ge" in limits and "le" in limits:
        return f"{told}, {limits['ge']:g} to {limits['le']:g}"
    return told


def _told(annotation: Any) -> str:
    """What a value is, in a few words."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *marks = get_args(annotation)
        known = next((_WORDS[mark] for mark in marks if isinstance(mark, Marker) and mark in _WORDS), "")
        return known or _told(inner)
    if origin is Literal:
        return " or ".join(f"`{choice}`" for choice in get_args(annotation) if choice != "")
    if origin in (Union, types.UnionType):
        if HttpOutcome in get_args(annotation):
            return "outcome"
        parts = [_told(part) for part in get_args(annotation) if part is not type(None)]
        parts = list(dict.fromkeys(part for part in parts if part))
        return "text, number or true/false" if len(parts) > 3 else " or ".join(parts)
    if origin is dict:
        return _map(*get_args(annotation))
    if origin is list:
        return f"list of {_told(get_args(annotation)[0])}s"
    simple = {str: "text", bool: "`true` or `false`", int: "whole number", float: "number", Any: "JSON"}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "test" if annotation is FlowTest else "block"
    return simple.get(annotation, "text")


def _map(key: Any, value: Any) -> str:
    if get_origin(key) is Literal:
        return "text per language"
    marks = get_args(key)[1:] if get_origin(key) is Annotated else ()
    by = next((_WORDS[mark] for mark in marks if isinstance(mark, Marker) and mark in _WORDS), "")
    usual = {fields.Key: "key", fields.VariableName: "variable"}.get(key, "name")
    return f"{_told(value)} by {by or usual}"


def _expressions() -> Iterator[str]:
    yield "## Expressions"
    yield ""
    yield "Conditions (`when`, `value`) and values in braces are expressions:"
    yield ""
    yield "```yaml"
    yield "when: customer.level == 'vip' and not time.hour >= 18"
    yield "when: len(order_number) == 8 or order.items[0].price * 2 > 100"
    yield "```"
    yield ""
    yield _EXPRESSIONS
    yield "| name | has |"
    yield "| --- | --- |"
    for name, parts in KNOWN.items():
        yield f"| `{name}` | {', '.join(f'`{part}`' for part in parts)} |"
    yield "| variables | whatever a node of this flow or `variables` sets; of data, each of its keys |"
    yield "| `answer`, `status` | what another system answered; only in `map` of [http](#http) |"
    yield ""
    yield "`time` is the center's; `time.weekday` is 1 on Mondays, `time.clock` is such as `'09:05'`."
    yield ""
    yield "| function | |"
    yield "| --- | --- |"
    for name, told in FUNCTIONS.items():
        yield f"| `{name}` | {told} |"
    yield ""


def _formats() -> Iterator[str]:
    yield "## Values in texts"
    yield ""
    yield _VALUES
    yield "| format | reads | such as | in Chinese | in English |"
    yield "| --- | --- | --- | --- | --- |"
    for how, (told, chinese, english) in FORMATS.items():
        words = (read(chinese, how, "zh-CN"), read(english, how, "en"))
        yield f"| `{how}` | {told.replace('|', chr(92) + '|')} | `{english}` | {words[0]} | {words[1]} |"
    yield ""
    yield _SECRETS


def _tests() -> Iterator[str]:
    yield "## Tests"
    yield ""
    yield "```yaml"
    yield TEST_EXAMPLE.rstrip()
    yield "```"
    yield ""
    yield from _table(FlowTest)
    yield "`expect`:"
    yield ""
    yield from _table(Expected)
    yield "An answer of another system, in `outcomes`:"
    yield ""
    yield from _table(HttpOutcome)
