"""Values put into the words that a voice then says rightly.

Engines read figures each in its own way, and often wrongly (espeak-ng's Chinese leaves out the point of 3.5),
so figures never reach them: numbers, money, dates and telephone numbers are written out here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, Protocol, get_args

import phonenumbers

from callcenter.speech import reading_en, reading_zh

How = Literal["text", "digits", "number", "ordinal", "money", "date", "time", "datetime", "phone"]
HOWS: tuple[str, ...] = get_args(How)
CURRENCIES = ("CNY", "USD", "EUR", "HKD", "GBP", "JPY")
LARGEST = 10**15
_MOST_DECIMALS = 6
_MOST_SIGNS = 64  # of something read sign by sign


class _Words(Protocol):
    """What each language's module gives."""

    def number(self, value: Decimal) -> str: ...
    def ordinal(self, value: int) -> str: ...
    def digits(self, groups: Sequence[str]) -> str: ...
    def money(self, value: Decimal, currency: str) -> str: ...
    def day(self, value: date) -> str: ...
    def clock(self, value: time) -> str: ...
    def moment(self, day_words: str, clock_words: str) -> str: ...
    def span(self, hours: int, minutes: int, seconds: int) -> str: ...


_LANGUAGES: Mapping[str, _Words] = {"zh-CN": reading_zh, "en": reading_en}
_ASCII = str.maketrans(
    "０１２３４５６７８９．，－＋：＊＃　", "0123456789.,-+:*# "
)  # as Chinese forms and inputs write them
_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", re.ASCII)
_DATE = re.compile(r"(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(:\d{2}(\.\d+)?)?", re.ASCII)
_KEYED_TIME = re.compile(r"(\d{2})(\d{2})", re.ASCII)
_SIGNS = re.compile(r"[0-9A-Za-z*#]+")
_BETWEEN_SIGNS = re.compile(r"[\s\-./()_]+")
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_SERVICE = re.compile(r"[48]00\d{7}", re.ASCII)
_LANDLINE = re.compile(r"(010|02\d|0[3-9]\d{2})(\d{7,8})", re.ASCII)


def read(value: object, how: str, language: str, *, currency: str = "CNY") -> str:
    """The words for `value`, ready for a voice of `language` ("zh-CN" or "en").

    `how` is one of `HOWS`. Values may be Python's own or the text that JSON, a database or a caller's
    keys give ("12.50", "2026-11-22T14:05:00+08:00"). A time is read as it is written, in its own zone;
    seconds are left out. Money is rounded to the currency's smallest coin. Raises ValueError with a
    reason for an admin.
    """
    words = _LANGUAGES.get(language)
    if words is None:
        raise ValueError(f"there is no reading in the language '{language}'")
    reader = _READERS.get(how)
    if reader is None:
        raise ValueError(f"'{how}' is not a way to read a value; choose one of {', '.join(HOWS)}")
    return reader(value, words, currency)


def duration(seconds: float, language: str) -> str:
    """How long something takes, in words: `two minutes`, `一小时十分钟`; from two minutes on without seconds.

    Raises ValueError for a language without a reading, and for less than a second.
    """
    words = _LANGUAGES.get(language)
    if words is None:
        raise ValueError(f"there is no reading in the language '{language}'")
    whole = round(seconds)
    if whole < 1:
        raise ValueError("less than a second can not be said")
    if whole >= 120:
        whole = round(whole / 60) * 60
    minutes, rest = divmod(whole, 60)
    return words.span(*divmod(minutes, 60), rest)


def _text(value: object, words: _Words, currency: str) -> str:
    if isinstance(value, float | Decimal):
        return format(_decimal(value), "f")
    return _plain(value)


def _number(value: object, words: _Words, currency: str) -> str:
    return words.number(_decimal(value))


def _ordinal(value: object, words: _Words, currency: str) -> str:
    number = _decimal(value)
    if number != number.to_integral_value() or number < 1:
        raise ValueError(f"{_shown(value)} is not a place in a row: only 1, 2, 3 … are")
    return words.ordinal(int(number))


def _money(value: object, words: _Words, currency: str) -> str:
    if currency not in CURRENCIES:
        raise ValueError(f"the currency '{currency}' is not one of {', '.join(CURRENCIES)}")
    coin = Decimal(1) if currency == "JPY" else Decimal("0.01")
    return words.money(_decimal(value).quantize(coin, ROUND_HALF_UP), currency)


def _digits(value: object, words: _Words, currency: str) -> str:
    groups = [group for group in _BETWEEN_SIGNS.split(_signs(value)) if group]
    if not groups or not all(_SIGNS.fullmatch(group) for group in groups):
        raise ValueError(f"{_shown(value)} can not be read digit by digit")
    return words.digits([part for group in groups for part in _rhythm(group.upper())])


def _phone(value: object, words: _Words, currency: str) -> str:
    written = _signs(value)
    number = _BETWEEN_SIGNS.sub("", written.removeprefix("+"))
    if not re.fullmatch(r"[0-9*#]{2,20}", number):
        raise ValueError(f"{_shown(value)} is not a telephone number")
    if not written.startswith("+"):
        return words.digits(_phone_groups(number))
    if number.startswith("86"):
        home = _phone_groups(number[2:])
        return words.digits(
            home if words is reading_zh else ["+86", *home]
        )  # at home nobody says the country
    try:
        parsed = phonenumbers.parse("+" + number)
        form = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        return words.digits([group for group in re.split(r"[ \-]+", form) if group])
    except phonenumbers.NumberParseException:
        return words.digits(["+", *_rhythm(number)])


def _date(value: object, words: _Words, currency: str) -> str:
    return words.day(_day_of(value))


def _time(value: object, words: _Words, currency: str) -> str:
    if isinstance(value, datetime):
        return words.clock(value.time())
    if isinstance(value, time):
        return words.clock(value)
    written = _plain(value).translate(_ASCII)
    match = _TIME.fullmatch(written) or _KEYED_TIME.fullmatch(written)
    if match is None:
        moment = _moment_of(value, f"{_shown(value)} is not a time such as 15:20")
        return words.clock(moment.time())
    try:
        return words.clock(time(int(match[1]), int(match[2])))
    except ValueError:
        raise ValueError(f"{_shown(value)} is not a time of the day") from None


def _datetime(value: object, words: _Words, currency: str) -> str:
    moment = _moment_of(value, f"{_shown(value)} is not a date with a time such as 2026-11-22T14:05")
    return words.moment(words.day(moment.date()), words.clock(moment.time()))


_READERS: Mapping[str, Callable[[object, _Words, str], str]] = {
    "text": _text,
    "digits": _digits,
    "number": _number,
    "ordinal": _ordinal,
    "money": _money,
    "date": _date,
    "time": _time,
    "datetime": _datetime,
    "phone": _phone,
}


def _plain(value: object) -> str:
    """A value as one line of text."""
    if (
        value is None
        or isinstance(value, bool)
        or not isinstance(value, str | int | float | Decimal | date | time)
    ):
        raise ValueError(f"{_shown(value)} is nothing that can be read out")
    if isinstance(value, int) and abs(value) > 10**_MOST_SIGNS:
        raise ValueError("the number is too long to be read out")
    written = " ".join(str(value).split())
    if not written:
        raise ValueError("the value is empty")
    return written


def _signs(value: object) -> str:
    """What is to be read sign by sign; a whole number that JSON made a float is one again."""
    if isinstance(value, float | Decimal) and value == int(_decimal(value)):
        value = int(value)
    if not isinstance(value, str | int):
        raise ValueError(f"{_shown(value)} can not be read digit by digit")
    written = _plain(value).translate(_ASCII)
    if len(written) > _MOST_SIGNS:
        raise ValueError(f"{_shown(value)} is too long to be read digit by digit")
    return written


def _decimal(value: object) -> Decimal:
    """A number without needless zeros, of at most six decimals."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError(f"{_shown(value)} is not a number")
    if isinstance(value, int) and abs(value) > LARGEST:
        raise ValueError("the number is too large to be read out")
    if isinstance(value, str):
        written = value.strip().translate(_ASCII)
        if len(written) > _MOST_SIGNS or not _NUMBER.fullmatch(written):
            raise ValueError(f"{_shown(value)} is not a number")
        number = Decimal(written.replace(",", ""))
    else:
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise ValueError(f"{_shown(value)} is not a number")
    if abs(number) > LARGEST:
        raise ValueError("the number is too large to be read out")
    number = number.quantize(Decimal(1).scaleb(-_MOST_DECIMALS), ROUND_HALF_UP)
    number = number.normalize()
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number


def _day_of(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    problem = f"{_shown(value)} is not a date such as 2026-11-22"
    if isinstance(value, int) and not isinstance(value, bool) and 10**7 <= value < 10**8:
        value = str(value)  # keyed as 20261122
    if not isinstance(value, str):
        raise ValueError(problem)
    match = _DATE.fullmatch(value.strip().translate(_ASCII))
    if match is None or (not match[2] and len(match[0]) != 8):
        return _moment_of(value, problem).date()
    try:
        return date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        raise ValueError(f"{_shown(value)} is not a day of the calendar") from None


def _moment_of(value: object, problem: str) -> datetime:
    """A date with a time. Raises ValueError(problem)."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or ":" not in value:
        raise ValueError(problem)
    try:
        return datetime.fromisoformat(value.strip())
    except ValueError:
        raise ValueError(problem) from None


def _phone_groups(number: str) -> list[str]:
    """As people group them: 138 0013 8000, 400 800 1234, 010 6234 5678."""
    if _MOBILE.fullmatch(number):
        return [number[:3], number[3:7], number[7:]]
    if _SERVICE.fullmatch(number):
        return [number[:3], number[3:6], number[6:]]
    if match := _LANDLINE.fullmatch(number):
        return [match[1], *_rhythm(match[2])]
    return _rhythm(number)


def _rhythm(group: str) -> list[str]:
    """Parts of three or four, the shorter ones first; up to five stay together."""
    if len(group) <= 5:
        return [group]
    if _MOBILE.fullmatch(group):
        return [group[:3], group[3:7], group[7:]]
    count = -(-len(group) // 4)
    short = count * 4 - len(group)
    parts, at = [], 0
    for index in range(count):
        size = 3 if index < short else 4
        parts.append(group[at : at + size])
        at += size
    return parts


def _shown(value: object) -> str:
    """A value in a message, cut short."""
    if value is None:
        return "an empty value"
    if isinstance(value, bool):
        return "'true'" if value else "'false'"
    if isinstance(value, list | tuple | set):
        return "a list"
    if isinstance(value, Mapping):
        return "an object"
    written = (
        " ".join(str(value)[:200].split())
        if not isinstance(value, int) or abs(value) < 10**_MOST_SIGNS
        else "it"
    )
    return f"'{written[:40]}…'" if len(written) > 40 else f"'{written}'"
