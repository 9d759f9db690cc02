"""Asterisk's external application protocol (AEAP), speech_to_text 0.1.0, as text in and text out. Pure.

Asterisk asks `setup`, `set` and `get` and wants an answer within a second; we `set` results when there
are any.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from callcenter.speech.recognition.port import Recognised, SpokenGrammar

PROTOCOL = "speech_to_text"
CODEC = "ulaw"
LONGEST_MESSAGE = 64 * 1024
MOST_WORDS = 500
_LONGEST_PHRASE = 200
_LONGEST_ID = 200
_LEAST_END, _MOST_END = 0.2, 5.0


class AeapError(ValueError):
    """Not a message of this protocol. The text may be sent back."""


@dataclass(frozen=True, slots=True)
class Request:
    """What Asterisk asks."""

    name: Literal["setup", "set", "get"]
    id: str
    codecs: tuple[str, ...] = ()
    """Of setup: what Asterisk can send."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Of set: names and values."""
    names: tuple[str, ...] = ()
    """Of get."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Asterisk's answer to a request of ours. `error`: empty if it was taken."""

    name: str
    id: str
    error: str = ""


def parse(text: str) -> Request | Answer:
    """One message. Raises AeapError."""
    if len(text) > LONGEST_MESSAGE:
        raise AeapError("the message is too long")
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        raise AeapError("not JSON") from None
    if not isinstance(raw, dict):
        raise AeapError("not a JSON object")
    id_ = _text(raw.get("id"), "id")
    if "response" in raw:
        error = raw.get("error_msg")
        return Answer(_text(raw["response"], "response"), id_, error if isinstance(error, str) else "")
    name = _text(raw.get("request"), "request")
    match name:
        case "setup":
            return Request("setup", id_, codecs=_codecs(raw.get("codecs")))
        case "set":
            params = raw.get("params")
            if not isinstance(params, dict) or not all(isinstance(value, str) for value in params.values()):
                raise AeapError("set needs params: names with texts")
            return Request("set", id_, values=params)
        case "get":
            params = raw.get("params")
            if not isinstance(params, list) or not all(isinstance(one, str) for one in params):
                raise AeapError("get needs params: a list of names")
            return Request("get", id_, names=tuple(params))
        case _:
            raise AeapError(f"no such request: {name[:40]}")


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value or len(value) > _LONGEST_ID:
        raise AeapError(f"{name} is missing or no text")
    return value


def _codecs(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise AeapError("setup needs codecs")
    names = [one.get("name") for one in value if isinstance(one, dict)]
    return tuple(name for name in names if isinstance(name, str))


def parse_grammar(text: str) -> SpokenGrammar:
    """SPEECH_ENGINE(grammar)'s value: {"words": [...], "language": "en", "end": 0.5}. Raises AeapError."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        raise AeapError("the grammar is not JSON") from None
    if not isinstance(raw, dict):
        raise AeapError("the grammar is not a JSON object")
    words, language, end = raw.get("words", []), raw.get("language"), raw.get("end", 0.5)
    if not isinstance(language, str) or not 0 < len(language) <= 20:
        raise AeapError("the grammar has no language")
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise AeapError("the grammar's words are no list of texts")
    if len(words) > MOST_WORDS or any(len(word) > _LONGEST_PHRASE for word in words):
        raise AeapError("the grammar is too large")
    if isinstance(end, bool) or not isinstance(end, int | float) or not _LEAST_END <= end <= _MOST_END:
        raise AeapError(f"end is a number of seconds between {_LEAST_END} and {_MOST_END}")
    return SpokenGrammar(language, tuple(words), float(end))


def setup_accepted(request: Request) -> str:
    """The answer to setup. Raises AeapError when Asterisk cannot send what we take."""
    if CODEC not in request.codecs:
        raise AeapError(f"only {CODEC} is taken: set codecs = !all,{CODEC} in aeap.conf")
    return _dump({"response": "setup", "id": request.id, "codecs": [{"name": CODEC}]})


def accepted(request: Request, values: Mapping[str, str] | None = None) -> str:
    """The answer to set, or to get with its values."""
    answer: dict[str, Any] = {"response": request.name, "id": request.id}
    if values is not None:
        answer["params"] = dict(values)
    return _dump(answer)


def refused(request: Request, why: str) -> str:
    """An answer that says no."""
    return _dump({"response": request.name, "id": request.id, "error_msg": why})


def results(id_: str, result: Recognised) -> str:
    """Our request that hands over a result; Asterisk's SpeechBackground then ends."""
    one = {"text": result.text, "score": result.score, "grammar": result.kind, "best": 0}
    return _dump({"request": "set", "id": id_, "params": {"results": [one]}})


def _dump(message: Mapping[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))
