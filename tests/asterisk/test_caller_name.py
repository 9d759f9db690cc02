"""Reading a caller's whole name out of the SIP message he came with."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from callcenter.asterisk.caller_name import name_of_header
from callcenter.demo.sip_text import from_value


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), st.text("0123456789+"))
def test_a_quoted_name_is_found_as_it_was_written(name: str, number: str) -> None:
    written = from_value(number, name)
    assert f'"{name_of_header(written)}"' == written.rpartition(" <")[0]


@given(st.text())
def test_any_header_is_survived(header: str) -> None:
    assert name_of_header(header) in header


def test_a_header_without_a_quoted_name_has_none() -> None:
    for header in ("<sip:1@x>", "Ann <sip:1@x>", '"Ann', "", '"Ann" sip:1@x'):
        assert name_of_header(header) == ""
