"""Asterisk's speech protocol as text: what is a message, what is not, and that nothing else ever happens."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callcenter.speech.recognition.aeap_messages import (
    AeapError,
    Answer,
    Request,
    accepted,
    parse,
    parse_grammar,
    refused,
    results,
    setup_accepted,
)
from callcenter.speech.recognition.port import Recognised, SpokenGrammar

# what Asterisk 22.10 sent
SETUP = '{"request":"setup","version":"0.1.0","codecs":[{"name":"ulaw"}],"params":{},"id":"8195a811"}'
GRAMMAR = (
    '{"request":"set","params":{"grammar":"{\\"words\\":[\\"退款\\",\\"agent\\"],\\"language\\":\\"en\\"}"},'
    '"id":"326eb103"}'
)

JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=True) | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "request": st.sampled_from(["setup", "set", "get", "start"]) | JSON,
        "response": st.sampled_from(["set"]) | JSON,
        "id": st.text(max_size=5) | JSON,
        "codecs": st.lists(st.fixed_dictionaries({"name": st.sampled_from(["ulaw", "opus"]) | JSON})) | JSON,
        "params": st.dictionaries(st.sampled_from(["grammar", "dtmf"]), st.text() | JSON) | JSON,
        "error_msg": JSON,
    },
)


def test_asterisks_own_messages_are_understood() -> None:
    setup = parse(SETUP)
    assert isinstance(setup, Request) and setup.codecs == ("ulaw",)
    assert json.loads(setup_accepted(setup)) == {
        "response": "setup",
        "id": "8195a811",
        "codecs": [{"name": "ulaw"}],
    }
    asked = parse(GRAMMAR)
    assert isinstance(asked, Request) and asked.name == "set"
    assert parse_grammar(asked.values["grammar"]) == SpokenGrammar("en", ("退款", "agent"), 0.5)
    assert parse('{"request":"get","params":["state"],"id":"a"}') == Request("get", "a", names=("state",))
    assert parse('{"response":"set","id":"r1"}') == Answer("set", "r1")
    assert json.loads(accepted(asked)) == {"response": "set", "id": "326eb103"}
    assert json.loads(accepted(Request("get", "a", names=("state",)), {"state": "ready"}))["params"] == {
        "state": "ready"
    }


def test_a_result_says_what_asterisk_hands_to_the_leg() -> None:
    told = json.loads(results("result-1", Recognised("heard", "退款", 91)))
    assert told["request"] == "set"
    assert told["params"]["results"] == [{"text": "退款", "score": 91, "grammar": "heard", "best": 0}]


def test_an_asterisk_that_cannot_send_ulaw_is_told_what_to_change() -> None:
    with pytest.raises(AeapError, match=r"aeap\.conf"):
        setup_accepted(Request("setup", "1", codecs=("opus",)))
    assert "error_msg" in json.loads(refused(Request("setup", "1"), "no"))


@given(st.text(max_size=300) | JSON.map(json.dumps) | NEARLY.map(json.dumps))
@example("[" * 20000)
@example('{"request":"set","id":"1","params":{"grammar":null}}')
@example('{"request":"get","id":"1","params":[1]}')
@example("1" * 5000)
def test_any_text_is_a_message_or_refused(text: str) -> None:
    try:
        message = parse(text)
    except AeapError as error:
        assert str(error)
        return
    assert message.id
    if isinstance(message, Request):
        assert all(isinstance(value, str) for value in message.values.values())
        assert json.loads(accepted(message, {}))["id"] == message.id


@given(
    st.text(max_size=200)
    | JSON.map(json.dumps)
    | st.fixed_dictionaries(
        {"language": st.text(max_size=30) | JSON},
        optional={"words": st.lists(st.text()) | JSON, "end": st.floats() | JSON},
    ).map(json.dumps)
)
@example('{"language": "en", "end": NaN}')
@example('{"language": "en", "end": true}')
@example('{"language": "en", "words": "yes"}')
def test_any_text_is_a_grammar_or_refused(text: str) -> None:
    try:
        grammar = parse_grammar(text)
    except AeapError as error:
        assert str(error)
        return
    assert grammar.language and 0.2 <= grammar.end_seconds <= 5
    assert all(isinstance(word, str) for word in grammar.words)
