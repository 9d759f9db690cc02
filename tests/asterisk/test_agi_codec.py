"""FastAGI's bytes: openings, commands and replies, cut anywhere and with anything in them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.asterisk.agi_codec import (
    HANGUP,
    MAX_COMMAND_BYTES,
    AgiHangup,
    AgiReply,
    CommandTooLong,
    EnvironmentParser,
    ReplyParser,
    arguments,
    encode_command,
)
from callcenter.asterisk.ami_codec import ProtocolError, UnsafeValue

PLAIN = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n\0"), max_size=40)
NAMES = st.text("abcdefghijklmnopqrstuvwxyz_0123456789", min_size=1, max_size=20).map("agi_{}".format)
CUTS = st.lists(st.integers(0, 3000), max_size=10)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    marks = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(marks)]


def as_asterisk_splits(line: bytes) -> list[str]:
    """Words as Asterisk's own reader takes them apart: blanks separate, quotes join, a backslash keeps."""
    words: list[str] = []
    quoted = escaped = False
    blank = True
    for character in line.decode().removesuffix("\n"):
        if character == '"' and not escaped:
            quoted = not quoted
            if quoted and blank:
                words.append("")
                blank = False
        elif character in " \t" and not quoted and not escaped:
            blank = True
        elif character == "\\" and not escaped:
            escaped = True
            continue
        else:
            if blank:
                words.append("")
                blank = False
            words[-1] += character
        escaped = False
    return words


@given(st.lists(PLAIN, max_size=8))
def test_every_argument_arrives_as_one_word(words: list[str]) -> None:
    assert as_asterisk_splits(encode_command("SET VARIABLE", *words)) == ["SET", "VARIABLE", *words]


@given(PLAIN, st.sampled_from("\r\n\0"), PLAIN)
def test_a_line_break_never_becomes_a_second_command(before: str, bad: str, after: str) -> None:
    with pytest.raises(UnsafeValue):
        encode_command("VERBOSE", before + bad + after)
    with pytest.raises(UnsafeValue):
        encode_command(before + bad + after)


def test_what_asterisk_would_cut_is_refused() -> None:
    room = MAX_COMMAND_BYTES - len('EXEC "NoOp" ""\n') - 1
    assert len(encode_command("EXEC", "NoOp", "x" * room)) == MAX_COMMAND_BYTES - 1
    with pytest.raises(CommandTooLong):
        encode_command("EXEC", "NoOp", "x" * (room + 1))
    encode_command("EXEC", *["a"] * 126)
    with pytest.raises(CommandTooLong):
        encode_command("EXEC", *["a"] * 127)


@given(st.dictionaries(NAMES, PLAIN, min_size=1, max_size=20), st.binary(max_size=20), CUTS)
def test_an_opening_is_the_same_wherever_it_is_cut(
    env: dict[str, str], rest: bytes, places: list[int]
) -> None:
    stream = "".join(f"{name}: {value}\n" for name, value in env.items()).encode() + b"\n" + rest
    parser = EnvironmentParser()
    after = b""
    for chunk in cut(stream, places):
        if parser.complete:
            after += chunk
        else:
            parser.feed(chunk)
    assert parser.complete
    assert parser.env == env
    assert parser.rest + after == rest


@given(st.lists(st.binary(max_size=60), max_size=10), st.booleans())
def test_garbage_for_an_opening_is_refused(chunks: list[bytes], plausible: bool) -> None:
    parser = EnvironmentParser()
    try:
        for chunk in [b"agi_x: 1\n", *chunks] if plausible else chunks:
            if parser.feed(chunk):
                break
    except ProtocolError:
        pass


def test_an_opening_without_end_is_given_up() -> None:
    with pytest.raises(ProtocolError):
        EnvironmentParser().feed(b"agi_a: " + b"x" * 70_000)
    with pytest.raises(ProtocolError):
        EnvironmentParser().feed(b"agi_a: b\n" * 201 + b"\n")


def test_arguments_come_in_order() -> None:
    env = {"agi_arg_2": "b", "agi_arg_1": "a", "agi_arg_3": ""}
    assert arguments(env) == ["a", "b", ""]
    assert arguments({}) == []


def replies(stream: bytes, places: list[int] | None = None) -> list[AgiReply | AgiHangup]:
    parser = ReplyParser()
    return [item for chunk in cut(stream, places or []) for item in parser.feed(chunk)]


def one(line: bytes) -> AgiReply:
    (reply,) = replies(line)
    assert isinstance(reply, AgiReply)
    return reply


def test_each_form_of_reply() -> None:
    plain = one(b"200 result=0\n")
    assert (plain.ok, plain.number, plain.data, plain.endpos, plain.key) == (True, 0, None, None, "")
    key = one(b"200 result=53 endpos=1234\n")
    assert (key.key, key.endpos, key.data) == ("5", 1234, None)
    assert one(b"200 result=35 (dtmf) endpos=8000\n").data == "dtmf"
    gone = one(b"200 result=-1 (hangup) endpos=12\n")
    assert (gone.number, gone.data, gone.endpos, gone.key) == (-1, "hangup", 12, "")
    assert one(b"200 result=*12#\n").result == "*12#"
    late = one(b"200 result= (timeout)\n")
    assert (late.result, late.data, late.number) == ("", "timeout", None)
    spoken = one(b"200 result=1 (digit) digit=5 endpos=80\n")
    assert (spoken.data, spoken.endpos) == ("digit", 80)
    assert one(b"510 Invalid or unknown command\n").code == 510
    dead = one(b"511 Command Not Permitted on a dead channel or intercept routine\n")
    assert (dead.code, dead.ok) == (511, False)


def test_usage_is_one_reply_and_does_not_shift_the_next() -> None:
    stream = (
        b"520-Invalid command syntax.  Proper usage follows:\nUsage: SET MUSIC ON <class>\n\n"
        b'  on or off (see "200 result=1")\n520 End of proper usage.\n200 result=1 (next)\n'
    )
    usage, following = replies(stream)
    assert isinstance(usage, AgiReply) and isinstance(following, AgiReply)
    assert (usage.code, following.data) == (520, "next")
    assert one(b"520 Invalid command syntax.  Proper usage not available.\n").code == 520


@given(PLAIN)
def test_a_value_with_anything_in_it_is_read_back(value: str) -> None:
    reply = one(f"200 result=1 ({value})\n".encode())
    assert reply.data == value


@given(st.lists(st.text("ab (", max_size=5), min_size=2, max_size=4).map("\n".join))
def test_a_value_of_several_lines_is_read_back_whole(value: str) -> None:
    first, second = replies(f"200 result=1 ({value})\n200 result=0\n".encode())
    assert isinstance(first, AgiReply) and first.data == value
    assert isinstance(second, AgiReply) and second.number == 0


LINES = st.lists(
    st.one_of(
        st.just("HANGUP\n"),
        st.integers(-1, 99).map("200 result={}\n".format),
        PLAIN.map("200 result=1 ({})\n".format),
        st.just("520-Usage\ntext\n520 End of proper usage.\n"),
        st.just("510 Invalid or unknown command\n"),
    ),
    max_size=8,
)


@given(LINES, CUTS)
def test_replies_and_hangups_are_the_same_wherever_the_stream_is_cut(
    lines: list[str], places: list[int]
) -> None:
    stream = "".join(lines).encode()
    whole = replies(stream)
    assert len(whole) == len(lines)
    for item, line in zip(whole, lines, strict=True):
        assert (item is HANGUP) == (line == "HANGUP\n")
    pieces = [str(item) for item in replies(stream, places) if item is not HANGUP]
    assert pieces == [str(item) for item in whole if item is not HANGUP]


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from(
                [b"200 result=", b"(", b")", b" endpos=", b"\n", b"520-", b"HANGUP", b"9" * 30, "²".encode()]
            ),
        ),
        max_size=12,
    )
)
def test_garbage_replies_raise_nothing_but_protocol_errors(chunks: list[bytes]) -> None:
    parser = ReplyParser()
    try:
        for chunk in chunks:
            parser.feed(chunk)
    except ProtocolError:
        pass


def test_a_reply_without_end_is_given_up() -> None:
    parser = ReplyParser()
    with pytest.raises(ProtocolError):
        for _ in range(100):
            parser.feed(b"200 result=1 (" + b"x" * 9000 + b"\n")
