"""Values in English words, as a person on the telephone says them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal

_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_LARGE = ("", "thousand", "million", "billion", "trillion", "quadrillion")
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SIGNS = {"*": "star", "#": "pound", "+": "plus"}

# Of each currency: one unit, many units, one hundredth, many hundredths.
_MONEY = {
    "CNY": ("yuan", "yuan", "fen", "fen"),
    "HKD": ("Hong Kong dollar", "Hong Kong dollars", "cent", "cents"),
    "USD": ("dollar", "dollars", "cent", "cents"),
    "EUR": ("euro", "euros", "cent", "cents"),
    "GBP": ("pound", "pounds", "penny", "pence"),
    "JPY": ("yen", "yen", "", ""),
}


def number(value: Decimal) -> str:
    """one hundred five, minus three point five."""
    sign = "minus " if value < 0 else ""
    whole, _, decimals = format(abs(value), "f").partition(".")
    said = sign + _whole(int(whole))
    return f"{said} point {' '.join(_SMALL[int(d)] for d in decimals)}" if decimals else said


def ordinal(value: int) -> str:
    """first, twenty-second, one hundredth."""
    said = _whole(value)
    cut = max(said.rfind(" "), said.rfind("-")) + 1
    last = said[cut:]
    if last in _ORDINALS:
        last = _ORDINALS[last]
    elif last.endswith("y"):
        last = last[:-1] + "ieth"
    else:
        last += "th"
    return said[:cut] + last


def digits(groups: Sequence[str]) -> str:
    """Each sign by itself."""
    said = ", ".join(" ".join(_sign(sign) for sign in group) for group in groups)
    return re.sub(r"\bA (?=.)", "A, ", said)  # the letter's name; before a word it would be the article


def money(value: Decimal, currency: str) -> str:
    """twelve yuan fifty, thirty dollars and five cents."""
    one, many, one_cent, many_cents = _MONEY[currency]
    whole, rest = divmod(int(abs(value) * 100), 100)
    units = f"{_whole(whole)} {one if whole == 1 else many}" if whole or not rest else ""
    cents = f"{_whole(rest)} {one_cent if rest == 1 else many_cents}" if rest else ""
    if units and cents:
        said = f"{units} {_whole(rest)}" if currency == "CNY" and rest >= 10 else f"{units} and {cents}"
    else:
        said = units or cents
    return ("minus " if value < 0 else "") + said


def day(value: date) -> str:
    """November twenty-second, twenty twenty-six."""
    return f"{_MONTHS[value.month - 1]} {ordinal(value.day)}, {_year(value.year)}"


def clock(value: time) -> str:
    """three twenty p.m., nine a.m., noon."""
    if value.minute == 0 and value.hour in (0, 12):
        return "noon" if value.hour else "midnight"
    said = _SMALL[value.hour % 12 or 12]
    if value.minute:
        said += f" {_two(value.minute)}"
    return said + (" a.m." if value.hour < 12 else " p.m.")


def moment(day_words: str, clock_words: str) -> str:
    """A date and a time in one."""
    return f"{day_words}, at {clock_words}"


def span(hours: int, minutes: int, seconds: int) -> str:
    """two minutes, one hour and ten minutes."""
    counted = ((hours, "hour"), (minutes, "minute"), (seconds, "second"))
    return " and ".join(f"{_whole(n)} {unit}{'' if n == 1 else 's'}" for n, unit in counted if n)


def _sign(sign: str) -> str:
    return _SMALL[int(sign)] if sign.isdigit() else _SIGNS.get(sign, sign)


def _year(year: int) -> str:
    """nineteen oh five, two thousand six, twenty twenty-six."""
    high, low = divmod(year, 100)
    if year < 1000 or year % 1000 < 10:
        return _whole(year)
    return f"{_whole(high)} {_two(low) if low else 'hundred'}"


def _two(value: int) -> str:
    """Two digits at the end of a year or a time: oh five, twenty."""
    return f"oh {_SMALL[value]}" if value < 10 else _whole(value)


def _whole(value: int) -> str:
    """A whole number from 0 to below 10^18. Without "and", before which engines make a pause."""
    if value < 1000:
        return _below_thousand(value)
    parts = ((value // 1000**power % 1000, _LARGE[power]) for power in range(len(_LARGE) - 1, -1, -1))
    return " ".join(f"{_below_thousand(part)} {name}".rstrip() for part, name in parts if part)


def _below_thousand(value: int) -> str:
    if value < 20:
        return _SMALL[value]
    if value < 100:
        tens, ones = divmod(value, 10)
        return _TENS[tens] + (f"-{_SMALL[ones]}" if ones else "")
    hundreds, rest = divmod(value, 100)
    return f"{_SMALL[hundreds]} hundred" + (f" {_below_thousand(rest)}" if rest else "")
