"""Conditions and values as admins write them: what they come to, what they cannot reach, how they fail."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.ivr.expressions import (
    FUNCTIONS,
    MAX_LENGTH,
    MAX_NUMBER,
    MAX_TEXT,
    Expression,
    ExpressionError,
    expression,
)
from callcenter.ivr.templates import Template, template

SCOPE: dict[str, Any] = {
    "typed": "0010",
    "amount": "12.50",
    "words": "我要退款",
    "empty": "",
    "order": {"status": "paid", "items": [{"name": "Tea"}, {"name": "Cup"}], "total": 25},
    "customer": {"known": True, "level": "vip", "name": "李娜", "note": None},
    "time": {"hour": 17, "weekday": 1},
}


def value(text: str, **more: Any) -> Any:
    return expression(text).value({**SCOPE, **more})


@pytest.mark.parametrize(
    ("written", "comes_to"),
    [
        ("customer.level == 'vip' and time.hour < 18", True),
        ("customer.level in ['vip', 'gold']", True),
        ("customer.level not in ['vip', 'gold']", False),
        ("order.total * 2 + 1", 51),
        ("order.total // 2 - -order.total % 4", 9),
        ("order.items[1].name", "Cup"),
        ("order['status']", "paid"),
        ("order.items[-1].name + '!'", "Cup!"),
        ("words[0]", "我"),
        ("'退' in words", True),
        ("'a' if time.weekday == 1 else 'b'", "a"),
        ("not customer.known", False),
        ("true and not false", True),
        ("none is null", True),
        ("1 < order.total <= 25", True),
    ],
)
def test_what_admins_write_comes_to_what_they_mean(written: str, comes_to: Any) -> None:
    assert value(written) == comes_to


ON_DIGITS = [
    ("typed == 10", True),
    ("typed == '10'", False),
    ("typed == '0010'", True),
    ("typed in [9, 10]", True),
    ("typed in ['9', '10']", False),
    ("typed > 9 and 11 > typed", True),
    ("typed + typed", "00100010"),
    ("typed * 2", 20),
    ("int(typed) + 1", 11),
    ("amount * 2", 25.0),
    ("amount > 12 and amount < 13", True),
    ("max(amount, 3, typed)", 12.5),
    ("round(amount)", 12),
    ("round(amount * 1.333, 1)", 16.7),
    ("abs(0 - typed)", 10),
    ("len(typed)", 4),
    ("'Total: ' + 5", "Total: 5"),
]


@pytest.mark.parametrize(("written", "comes_to"), ON_DIGITS)
def test_digits_that_a_caller_typed_count_as_the_number_they_write(written: str, comes_to: Any) -> None:
    assert value(written) == comes_to


@pytest.mark.parametrize(
    "written",
    [
        "order.discount", "order.discount.code", "order.items[7].name", "customer.note", "order.items[0][1]",
        "empty.name", "customer.note.text",
    ],
)  # fmt: skip
def test_what_data_lacks_is_nothing(written: str) -> None:
    if written == "order.items[0][1]":  # a map has no key 1
        assert value(written) is None
    assert value(f"{written} == none") is True
    assert value(f"{written} == ''") is False
    assert value(f"{written} > 0 or {written} < 0 or {written} >= 0") is False
    assert value(f"'a' in [{written}] or {written} in 'a'") is False
    assert value(f"lower({written}) + 'x'") == "x"


OF_FUNCTIONS = [
    ("last('13812345678', 4)", "5678"),
    ("last('12', 4)", "12"),
    ("last('12', 0)", ""),
    ("upper('ab') + lower('CD')", "ABcd"),
    ("starts_with('4001', '400')", True),
    ("ends_with(4001, 1)", True),
    ("luhn('79927398713')", True),
    ("luhn('79927398710')", False),
    ("luhn(79927398713)", True),
    ("luhn('7992739871x')", False),
    ("luhn('')", False),
    ("str(12) + '3'", "123"),
    ("float('1.5') + 1", 2.5),
    ("min([3, '2'])", 2),
    ("len(none)", 0),
    ("len([1, 2])", 2),
]


@pytest.mark.parametrize(("written", "comes_to"), OF_FUNCTIONS)
def test_each_function(written: str, comes_to: Any) -> None:
    assert value(written) == comes_to


def test_no_function_is_left_out_above() -> None:
    tried = " ".join(written for written, _ in [*ON_DIGITS, *OF_FUNCTIONS])
    assert [name for name in FUNCTIONS if f"{name}(" not in tried] == []


@pytest.mark.parametrize(
    ("written", "column", "message"),
    [
        ("", 0, "is empty"),
        ("customer.level = 'vip'", 15, "to compare, write =="),
        ("a && b", 3, "write 'and' and 'or'"),
        ("a ==", None, "cannot be read"),
        ("  1 +* 2", 5, "cannot be read"),
        ("x ** 9", 0, "'pow' cannot be used here"),
        ("lambda: 1", 0, "'lambda' cannot be used here"),
        ("[n for n in order]", 0, "'listcomp' cannot be used here"),
        ("f'{order}'", 0, "'joinedstr' cannot be used here"),
        ("{1: 2}", 0, "'dict' cannot be used here"),
        ("words[1:2]", 6, "'slice' cannot be used here"),
        ("(x := 1)", 1, "'namedexpr' cannot be used here"),
        ("order.__class__", 0, "'__class__' cannot be read"),
        ("'我' == order.__class__", 7, "'__class__' cannot be read"),
        ("open('a')", 0, "there is no function 'open'"),
        ("order.items()", 0, "only functions can be called"),
        ("round(1, digits=2)", 0, "functions take values without names"),
        ("b'1'", 0, "only texts and numbers can stand here"),
        ("9" * 31, 0, "the number is too large"),
        ("1" * (MAX_LENGTH + 1), 0, f"is longer than {MAX_LENGTH} characters"),
        ("-" * 200 + "1", 60, "is nested too deeply"),
        ("(" * 300 + "1" + ")" * 100, None, "cannot be read"),
        ("a\x00", None, "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(written: str, column: int | None, message: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        Expression(written)
    assert message in str(refused.value)
    assert column is None or refused.value.column == column


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("nobody", "there is no 'nobody' here"),
        ("len", "there is no 'len' here"),
        ("1 / 0", "divides by zero"),
        ("words * 2", "only numbers can be reckoned with"),
        ("words < 5", "a text cannot be compared with a number"),
        ("order < 5", "it cannot be compared with a number"),
        ("words.size", "'size' cannot be taken from a text"),
        ("order.total.size", "'size' cannot be taken from a number"),
        ("int('x')", "has no value here"),
        ("min([])", "has no value here"),
        ("len(5)", "has no value here"),
        ("round(words)", "only numbers can be reckoned with"),
        ("last(typed)", "has no value here"),
    ],
)
def test_what_has_no_value_fails_in_plain_words(written: str, message: str) -> None:
    with pytest.raises(ExpressionError) as failed:
        value(written)
    assert message in str(failed.value)


def test_names_are_told_with_their_places_in_characters() -> None:
    names = Expression(" '中文' == customer.level and len(order.items[n].name) > 0").names
    assert [(name.parts, name.column) for name in names] == [
        (("customer", "level"), 9), (("order", "items"), 32), (("n",), 44),
    ]  # fmt: skip


def test_a_value_that_grows_each_time_round_comes_to_an_end() -> None:
    with pytest.raises(ExpressionError, match="the number is too large"):
        number: Any = 10
        for _ in range(50):
            number = value("n * n", n=number)
    assert number <= MAX_NUMBER
    with pytest.raises(ExpressionError, match="the text is longer"):
        text: Any = "ab"
        for _ in range(50):
            text = value("t + t", t=text)
    assert len(text) <= MAX_TEXT
    with pytest.raises(ExpressionError, match="the text is longer"):
        template("{t}{t}{t}").fill({"t": text}, lambda value, hole: str(value))


class Tempting:
    """A Python object as no flow should ever see into."""

    secret = "seen"

    def __getitem__(self, key: object) -> str:
        return self.secret

    def __call__(self) -> str:
        return self.secret


@pytest.mark.parametrize(
    "written",
    [
        "it.secret", "it['secret']", "it()", "it.__class__", "it.__class__.__mro__", "str.mro", "(1).real",
        "'{0.secret}'.format(it)", "'%s' % it", "words.join", "order.keys", "order.get('status')",
        "[it][0].secret", "().__class__.__bases__[0].__subclasses__()", "__import__('os')", "eval('1')",
        "getattr(it, 'secret')", "type(it)", "vars()", "it._secret", "lower.__globals__", "max(it, key=it)",
    ],
)  # fmt: skip
def test_no_attribute_or_method_of_any_python_object_is_within_reach(written: str) -> None:
    try:
        got = Expression(written).value({**SCOPE, "it": Tempting()})
    except ExpressionError:
        return
    assert got is None


# --- texts with values -------------------------------------------------------------------------------


def filled(text: str) -> str:
    return template(text).fill(SCOPE, lambda value, hole: f"<{value}|{hole.how}{hole.currency}>")


def test_a_text_holds_values_and_how_each_is_said() -> None:
    assert filled("您好，{customer.name}：{amount|money}") == "您好，<李娜|text>：<12.50|money>"
    assert filled("{order.total + 1 | money USD}") == "<26|moneyUSD>"
    assert filled("{{{typed|digits}}} {{x}}") == "{<0010|digits>} {x}"
    assert filled("no values") == "no values"
    assert filled("{'a|b'|text}") == "<a|b|text>"


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("a { b", 2, "a '{' alone; for the sign itself write it twice"),
        ("50 } ", 3, "a '}' alone"),
        ("{}", 1, "is empty"),
        ("付款{amount|mony}", 3, "cannot be said as 'mony' (there are text, digits, "),
        ("{amount|money yuan}", 1, "'yuan' is not a currency such as CNY"),
        ("{amount|digits CNY}", 1, "cannot be said as 'digits CNY'"),
        ("付款{amount = 1}", 10, "to compare, write =="),
        ("token {secret:TOKEN}", 6, "a secret cannot stand here"),
        ("{a {b} c}", 0, "a '{' alone"),
    ],
)
def test_a_text_that_cannot_be_read_is_told_with_its_place(text: str, column: int, message: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        Template(text)
    assert message in str(refused.value)
    assert refused.value.column == column


def test_a_secret_is_left_for_who_sends_the_text() -> None:
    found = Template("Bearer {secret:SHOP_TOKEN}", secrets=True)
    assert found.secrets == ["SHOP_TOKEN"]
    assert found.fill({}, lambda value, hole: "never") == "Bearer {secret:SHOP_TOKEN}"


# --- any text at all ---------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "order", "customer", ".", "level", "(", ")", "[", "]", ",", " ", "'", '"', "1", "9" * 20, "1e308",
        "+", "-", "*", "/", "//", "%", "**", "==", "<", " in ", " and ", " or ", "not ", " if ", " else ",
        " is ", "len", "last", "min", "round", "luhn", "typed", "words", "{", "}", "|", "money", "secret:",
        "lambda ", " for ", "_", "__class__", ":=", "中", "\n", "\\", "@", "await ", "none", "\ud800", "\x00",
    ]
)  # fmt: skip
SHORT = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=25).map("".join))
TEXTS = st.one_of(SHORT, st.builds(lambda text, often: text * often, SHORT, st.integers(5, 200)))
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just("007"))
DATA = st.recursive(
    VALUES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None)
@given(TEXTS, DATA)
def test_any_text_has_a_value_or_an_error_with_a_place(text: str, data: Any) -> None:
    try:
        found = Expression(text)
        for name in found.names:
            assert 0 <= name.column < max(1, len(text))
        got = found.value({name: data for name in ("order", "customer", "typed", "words")})
    except ExpressionError as error:
        assert 0 <= error.column <= len(text)
        assert str(error)
        return
    assert got is None or isinstance(got, str | int | float | bool | list | tuple | dict)


@settings(max_examples=300, deadline=None)
@given(TEXTS, DATA)
def test_any_text_with_values_is_filled_or_an_error_with_a_place(text: str, data: Any) -> None:
    try:
        found = Template(text, secrets=True)
        got = found.fill({"order": data, "typed": data}, lambda value, hole: str(value)[:100])
    except ExpressionError as error:
        assert 0 <= error.column <= len(text)
        return
    if not found.holes and not found.secrets:
        assert got == text.replace("{{", "{").replace("}}", "}")


@settings(max_examples=200, deadline=None)
@given(DATA, DATA, st.sampled_from(["==", "<", "<=", ">", ">=", "in", "not in", "+", "-", "*", "/", "%"]))
def test_any_two_values_can_be_held_against_each_other(a: Any, b: Any, sign: str) -> None:
    try:
        got = expression(f"a {sign} b").value({"a": a, "b": b})
    except ExpressionError:
        return
    if sign == "==":
        assert got == expression("b == a").value({"a": a, "b": b})
        assert got != expression("a != b").value({"a": a, "b": b})
    if sign == "in":
        assert got != expression("a not in b").value({"a": a, "b": b})
    if sign == "<":
        assert got == expression("b > a").value({"a": a, "b": b})
