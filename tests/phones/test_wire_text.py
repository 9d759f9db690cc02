"""What is written to SIP processes, and what is read of them: bytes from outside."""

from __future__ import annotations

import random
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.demo.accounts import parse_cdr
from callcenter.demo.netstring import NetstringError, Netstrings, encode
from callcenter.demo.sip_text import from_value, quoted_name
from callcenter.demo.sipp_phones import credentials
from callcenter.demo.sipp_process import SippProcess, parse_event
from callcenter.demo.sipp_scenarios import caller, phone, registration
from callcenter.demo.voices import ulaw


@given(st.lists(st.binary(max_size=300), max_size=6), st.randoms())
def test_payloads_survive_a_stream_cut_anywhere(payloads: list[bytes], chance: random.Random) -> None:
    stream = b"".join(encode(payload) for payload in payloads)
    reader, found = Netstrings(), []
    while stream:
        piece = chance.randrange(1, len(stream) + 1)
        found += reader.feed(stream[:piece])
        stream = stream[piece:]
    assert found == payloads


@given(st.binary(max_size=200))
def test_garbage_on_the_control_port_is_refused_or_waits(data: bytes) -> None:
    try:
        Netstrings().feed(data)
    except NetstringError:
        return


@pytest.mark.parametrize("garbage", [b"x:y,", b"99999999:", b"3:abcd", b"-1:,", b":"])
def test_what_is_no_netstring_is_told(garbage: bytes) -> None:
    with pytest.raises(NetstringError):
        Netstrings().feed(garbage)


@given(st.text(max_size=600))
def test_a_name_never_leaves_its_quotes_nor_its_header(name: str) -> None:
    quoted = quoted_name(name)
    assert quoted[0] == quoted[-1] == '"'
    assert not any(sign in quoted for sign in "\r\n\0")
    inner, shown, escaped = quoted[1:-1], [], False
    for sign in inner:
        if escaped or sign not in '\\"':
            shown.append(sign)
            escaped = False
        else:
            assert sign == "\\", "an unescaped quote inside"
            escaped = True
    assert not escaped
    assert "".join(shown) == "".join(" " if ord(c) < 32 or ord(c) == 127 else c for c in name)


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_number_is_one_address(ani: str, name: str) -> None:
    try:
        value = from_value(ani, name)
    except UnicodeEncodeError:
        return  # lone surrogates are no text
    address = value[value.rindex("<") :]
    assert address.startswith("<sip:") and address.endswith("@127.0.0.1>")
    assert not any(sign in address[1:-1] for sign in '<>" \r\n')


@given(st.text(max_size=200))
def test_any_line_of_a_log_is_an_event_or_nothing(line: str) -> None:
    event = parse_event(line)
    assert event is None or event.kind == line.split()[0]


def test_an_event_has_its_time_and_its_call() -> None:
    event = parse_event("ringing 1795322551.000000 748174.000000 abc-1 1001")
    assert event is not None
    assert (event.kind, event.call_id, event.words) == ("ringing", "abc-1", ("1001",))
    assert event.at == pytest.approx(1795322551.748174)


def test_an_order_cannot_smuggle_a_second_header() -> None:
    process = SippProcess("x", [], {}, folder=Path("unused"), port=1)
    with pytest.raises(ValueError, match="one line"):
        process.tell("call-1", "KEY", X_Key="1\r\nX-Evil: yes")


@given(st.text(min_size=1, max_size=40).filter(lambda s: s.isprintable() and not set(s) & set("[]")))
def test_a_secret_of_most_signs_is_one_csv_field(secret: str) -> None:
    row = credentials({"1001": secret})
    assert row.count(";") == 2 and row.count("[") == row.count("]") == 1
    assert bytes.fromhex(row.split("password=0x")[1].split("]")[0]).decode() == secret


@pytest.mark.parametrize(
    "scenario",
    [
        caller(), caller('/tmp/a "quoted" & odd.ul'), phone(None, None), phone(500, 2500, own_ports=False),
        phone(0, None, quiet=True), registration(300, 240),
    ],
)  # fmt: skip
def test_each_scenario_is_whole(scenario: str) -> None:
    tree = ElementTree.fromstring(scenario.split("\n", 1)[1])
    labels = {node.get("id") for node in tree.iter("label")}
    jumps = {node.get(name) for node in tree.iter() for name in ("next", "ontimeout") if node.get(name)}
    assert jumps <= labels, "a jump leads nowhere"


@given(st.text(max_size=400))
def test_any_cdr_file_is_read(text: str) -> None:
    parse_cdr(text.replace("\0", "").splitlines())


def test_a_cdr_line_is_understood() -> None:
    line = (
        '"","13800138001","4008001234","callcenter-inbound","""A \\""b\\"""" <138>","PJSIP/trunk-01",'
        '"PJSIP/1002-0f","Dial","PJSIP/1002,15,gim(default)","2026-11-22 05:16:14","2026-11-22 05:16:14",'
        '"2026-11-22 05:16:27",12,12,"ANSWERED","DOCUMENTATION","local-17.10","","","local-17.10",10\r\n'
    )
    (record,) = parse_cdr([line])
    assert (record.leg_id, record.dstchannel, record.disposition) == (
        "local-17.10",
        "PJSIP/1002-0f",
        "ANSWERED",
    )
    assert record.end - record.start == 13


@pytest.mark.parametrize(
    ("sample", "code"), [(0, 0xFF), (-1, 0x7F), (32767, 0x80), (-32768, 0x00), (1000, 0xCE)]
)
def test_ulaw_is_that_of_the_standard(sample: int, code: int) -> None:
    assert ulaw(sample) == code
