"""The manager's bytes: what is sent cannot be misread, what comes may be cut anywhere."""

from __future__ import annotations

import itertools

import pytest
from asterisk.manager import ManagerMsg
from hypothesis import given
from hypothesis import strategies as st
from panoramisk.message import Message

from callcenter.asterisk.ami_codec import (
    MAX_MESSAGE_BYTES,
    AmiDecoder,
    AmiMessage,
    ProtocolError,
    UnsafeValue,
    encode_action,
)

NAMES = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", min_size=1, max_size=20)
# Leading and trailing blanks are left to the reader of a header; everything else must arrive.
VALUES = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n\0"), max_size=60).map(
    str.strip
)
MESSAGES = st.lists(st.tuples(NAMES, VALUES), min_size=1, max_size=12)
GREETING = b"Asterisk Call Manager/11.0.0\r\n"


def as_bytes(headers: list[tuple[str, str]]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode() + b"\r\n"


def cut(data: bytes, places: list[int]) -> list[bytes]:
    marks = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(marks)]


def decode(chunks: list[bytes], wanted: set[bytes] | None = None) -> list[AmiMessage]:
    decoder = AmiDecoder(wanted)
    return [message for chunk in chunks for message in decoder.feed(chunk)]


@given(st.lists(MESSAGES, max_size=6), st.lists(st.integers(0, 5000), max_size=12))
def test_messages_are_the_same_wherever_the_stream_is_cut(
    sent: list[list[tuple[str, str]]], places: list[int]
) -> None:
    stream = GREETING + b"".join(as_bytes(message) for message in sent)
    whole = decode([stream])
    assert len(whole) == len(sent)
    for message, headers in zip(whole, sent, strict=True):
        for name, _ in headers:
            assert message.getall(name) == [value for other, value in headers if other == name]
    assert decode(cut(stream, places)) == whole
    assert decode([stream[i : i + 1] for i in range(len(stream))]) == whole


@given(st.lists(st.binary(max_size=200), max_size=8))
def test_garbage_is_refused_or_ignored_but_never_breaks_anything_else(chunks: list[bytes]) -> None:
    for banner in (True, False):
        decoder = AmiDecoder({b"Hangup"}, banner=banner)
        try:
            for chunk in chunks:
                decoder.feed(chunk)
        except ProtocolError:
            with pytest.raises(ProtocolError):
                decoder.feed(b"\r\n")


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b": ", b":", b"Event: ", b"A", b"ActionID: 1"])))
def test_well_chosen_garbage_after_the_greeting_is_harmless(pieces: list[bytes]) -> None:
    data = GREETING + b"".join(pieces)
    assert decode([data]) == decode([data[i : i + 1] for i in range(len(data))])


@given(NAMES, NAMES, st.dictionaries(NAMES.filter(lambda n: n not in ("Action", "ActionID")), VALUES))
def test_an_encoded_action_reads_back_as_it_was(name: str, action_id: str, headers: dict[str, str]) -> None:
    (message,) = decode([GREETING + encode_action(name, action_id, headers)])
    assert dict(message.items()) == {"Action": name, "ActionID": action_id} | headers


@given(
    st.sampled_from(["name", "id", "header", "value", "variable", "variable value"]),
    st.sampled_from(["\r", "\n", "\0", "\r\n"]),
    st.text(max_size=5),
    st.text(max_size=5),
)
def test_a_line_break_never_leaves_the_house(where: str, what: str, before: str, after: str) -> None:
    bad = before + what + after
    good = {"name": "Ping", "id": "1", "header": "Channel", "value": "x", "variable": "V"}
    good["variable value"] = "y"
    used = good | {where: bad}
    with pytest.raises(UnsafeValue) as refused:
        encode_action(
            used["name"],
            used["id"],
            {used["header"]: used["value"]},
            {used["variable"]: used["variable value"]},
        )
    assert "\n" not in str(refused.value)
    assert "\r" not in str(refused.value)


def test_the_refusal_names_the_field_and_keeps_the_value_to_itself() -> None:
    with pytest.raises(UnsafeValue) as refused:
        encode_action("Setvar", "1", {"Value": "secret\r\nAction: Command"})
    assert refused.value.field == "Value"
    assert "secret" not in str(refused.value)


def test_variables_with_separators_are_escaped_one_header_each() -> None:
    sent = encode_action("Originate", "1", {}, {"NAME": 'Wu, "Ann" (a\\b) [c]', "LANG": "zh"})
    assert b'Variable: NAME=Wu\\, \\"Ann\\" \\(a\\\\b\\) \\[c\\]\r\n' in sent
    assert b"Variable: LANG=zh\r\n" in sent


def test_a_value_longer_than_asterisk_reads_is_refused() -> None:
    encode_action("Setvar", "1", {"Value": "x" * 1015})
    with pytest.raises(UnsafeValue, match="Value"):
        encode_action("Setvar", "1", {"Value": "x" * 1016})


def test_half_a_character_is_waited_for_and_a_broken_one_is_marked() -> None:
    raw = as_bytes([("Event", "Newchannel"), ("CallerIDName", "王小明")])
    middle = raw.index("王".encode()) + 1
    (message,) = decode([GREETING, raw[:middle], raw[middle:]])
    assert message["CallerIDName"] == "王小明"
    (broken,) = decode([GREETING, b"Event: Newchannel\r\nCallerIDName: Jos\xe9\r\n\r\n"])
    assert broken["CallerIDName"] == "Jos�"


def test_unwanted_events_are_dropped_but_not_those_that_answer_an_action() -> None:
    stream = GREETING + b"".join(
        [
            as_bytes([("Event", "VarSet"), ("Variable", "A")]),
            as_bytes([("Event", "Hangup"), ("Uniqueid", "1")]),
            as_bytes([("Event", "HangupRequest"), ("Uniqueid", "2")]),
            as_bytes([("Event", "CoreShowChannel"), ("ActionID", "7")]),
            as_bytes([("Response", "Success"), ("ActionID", "7")]),
        ]
    )
    decoder = AmiDecoder({b"Hangup"})
    assert [m.event or m.response for m in decoder.feed(stream)] == ["Hangup", "CoreShowChannel", "Success"]
    assert decoder.dropped == 2


def test_the_greeting_is_read_and_a_stranger_is_recognised() -> None:
    decoder = AmiDecoder()
    decoder.feed(GREETING)
    assert decoder.version == "11.0.0"
    with pytest.raises(ProtocolError):
        AmiDecoder().feed(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with pytest.raises(ProtocolError):
        AmiDecoder().feed(b"Asterisk Call Manager/" + b"1" * 300)


def test_a_message_without_end_is_given_up() -> None:
    decoder = AmiDecoder(banner=False)
    line = b"Output: " + b"x" * 9990 + b"\r\n"
    with pytest.raises(ProtocolError):
        for _ in range(MAX_MESSAGE_BYTES // len(line) + 2):
            decoder.feed(line)


def test_variables_of_a_channel_are_read_as_pairs() -> None:
    (message,) = decode(
        [
            GREETING,
            as_bytes(
                [
                    ("Event", "Newstate"),
                    ("ChanVariable", "CALL=c-1"),
                    ("ChanVariable", "EXPR=a=b"),
                    ("ChanVariable", "E="),
                ]
            ),
        ]
    )
    assert message.variables() == {"CALL": "c-1", "EXPR": "a=b", "E": ""}


PRINTABLE = VALUES.filter(str.isprintable)
# panoramisk takes a header called `content` for its own text
FOREIGN = NAMES.map(str.lower).filter(lambda name: name != "content")
UNIQUE = st.dictionaries(FOREIGN, PRINTABLE, min_size=1, max_size=8)


@given(UNIQUE)
def test_panoramisk_and_pyst2_read_the_same_headers(headers: dict[str, str]) -> None:
    lines = [("Event", "Test"), *headers.items()]
    raw = as_bytes(lines)
    (ours,) = decode([GREETING + raw])
    theirs = Message.from_line(raw.decode().removesuffix("\r\n\r\n"))
    pyst = ManagerMsg([line + "\r\n" for line in raw.decode().removesuffix("\r\n\r\n").split("\r\n")])
    for name, value in lines:
        assert ours[name] == value
        if name.lower() != "event":
            assert theirs[name] == value
            assert pyst[name] == value
