"""Values read out: what a caller hears for a number, a price, a date or a telephone number."""

from __future__ import annotations

import re
import string
import subprocess
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.speech.reading import CURRENCIES, HOWS, LARGEST, duration, read

ZH, EN = "zh-CN", "en"


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (0, "零", "zero"),
        (2, "二", "two"),
        (10, "十", "ten"),
        (12, "十二", "twelve"),
        (20, "二十", "twenty"),
        (105, "一百零五", "one hundred five"),
        (110, "一百一十", "one hundred ten"),
        (200, "两百", "two hundred"),
        (2000, "两千", "two thousand"),
        (20000, "两万", "twenty thousand"),
        (10030, "一万零三十", "ten thousand thirty"),
        (120_000, "十二万", "one hundred twenty thousand"),
        (100_500_000, "一亿零五十万", "one hundred million five hundred thousand"),
        (105_000_000, "一亿零五百万", "one hundred five million"),
        (200_000_000, "两亿", "two hundred million"),
        (10**15, "一千万亿", "one quadrillion"),
        ("-3.50", "负三点五", "minus three point five"),
        ("1,234.05", "一千两百三十四点零五", "one thousand two hundred thirty-four point zero five"),
        ("０１２", "十二", "twelve"),
        (0.1 + 0.2, "零点三", "zero point three"),
        (3.0, "三", "three"),
    ],
)
def test_a_number(value: object, zh: str, en: str) -> None:
    assert read(value, "number", ZH) == zh
    assert read(value, "number", EN) == en


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (1, "第一", "first"),
        ("2", "第二", "second"),
        (12, "第十二", "twelfth"),
        (20, "第二十", "twentieth"),
        (22, "第二十二", "twenty-second"),
        (103, "第一百零三", "one hundred third"),
        (200, "第二百", "two hundredth"),
    ],
)
def test_a_place_in_line(value: object, zh: str, en: str) -> None:
    assert read(value, "ordinal", ZH) == zh
    assert read(value, "ordinal", EN) == en


@pytest.mark.parametrize(
    ("value", "currency", "zh", "en"),
    [
        ("12.50", "CNY", "十二元五角", "twelve yuan fifty"),
        ("12.05", "CNY", "十二元零五分", "twelve yuan and five fen"),
        ("2", "CNY", "两元", "two yuan"),
        (0, "CNY", "零元", "zero yuan"),
        ("0.20", "CNY", "两角", "twenty fen"),
        ("-88.88", "CNY", "负八十八元八角八分", "minus eighty-eight yuan eighty-eight"),
        ("1,299.00", "CNY", "一千两百九十九元", "one thousand two hundred ninety-nine yuan"),
        ("0.005", "CNY", "一分", "one fen"),
        ("-0.001", "CNY", "零元", "zero yuan"),
        ("1.01", "USD", "一美元零一美分", "one dollar and one cent"),
        ("30.5", "EUR", "三十欧元五十欧分", "thirty euros and fifty cents"),
        ("12.5", "HKD", "十二港元五角", "twelve Hong Kong dollars and fifty cents"),
        ("2.01", "GBP", "两英镑零一便士", "two pounds and one penny"),
        ("1980", "JPY", "一千九百八十日元", "one thousand nine hundred eighty yen"),
    ],
)
def test_a_price(value: object, currency: str, zh: str, en: str) -> None:
    assert read(value, "money", ZH, currency=currency) == zh
    assert read(value, "money", EN, currency=currency) == en


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        ("2026-11-22", "二零二六年十一月二十二日", "November twenty-second, twenty twenty-six"),
        (date(2006, 1, 2), "二零零六年一月二日", "January second, two thousand six"),
        ("20101001", "二零一零年十月一日", "October first, twenty ten"),
        ("2026/5/3", "二零二六年五月三日", "May third, twenty twenty-six"),
        ("1905-12-31", "一九零五年十二月三十一日", "December thirty-first, nineteen oh five"),
        ("1900-08-08", "一九零零年八月八日", "August eighth, nineteen hundred"),
        (
            "2026-11-22T14:05:00+08:00",
            "二零二六年十一月二十二日",
            "November twenty-second, twenty twenty-six",
        ),
    ],
)
def test_a_date(value: object, zh: str, en: str) -> None:
    assert read(value, "date", ZH) == zh
    assert read(value, "date", EN) == en


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        ("15:20", "下午三点二十分", "three twenty p.m."),
        ("14:05", "下午两点零五分", "two oh five p.m."),
        ("9:00", "上午九点", "nine a.m."),
        ("0705", "早上七点零五分", "seven oh five a.m."),
        ("00:00", "凌晨零点", "midnight"),
        ("00:20:59", "凌晨零点二十分", "twelve twenty a.m."),
        ("12:00", "中午十二点", "noon"),
        ("12:30", "中午十二点三十分", "twelve thirty p.m."),
        (time(22, 10), "晚上十点十分", "ten ten p.m."),
        ("2026-11-22T18:00:00Z", "晚上六点", "six p.m."),
    ],
)
def test_a_time(value: object, zh: str, en: str) -> None:
    assert read(value, "time", ZH) == zh
    assert read(value, "time", EN) == en


def test_a_date_with_its_time_is_read_in_the_zone_it_is_written_in() -> None:
    shanghai = timezone(timedelta(hours=8))
    for value in (
        "2026-11-22T14:05:00+08:00",
        "2026-11-22 14:05",
        datetime(2026, 11, 22, 14, 5, tzinfo=shanghai),
    ):
        assert read(value, "datetime", ZH) == "二零二六年十一月二十二日下午两点零五分"
        assert read(value, "datetime", EN) == "November twenty-second, twenty twenty-six, at two oh five p.m."


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        ("0012", "零零幺二", "zero zero one two"),
        (123456, "幺二三，四五六", "one two three, four five six"),
        ("2024-00123", "二零二四，零零幺二三", "two zero two four, zero zero one two three"),
        ("A12", "A 幺二", "A, one two"),
        ("jd7", "J D 七", "J D seven"),
        (10086.0, "幺零零八六", "one zero zero eight six"),
    ],
)
def test_digits_stand_apart_in_a_rhythm_with_leading_zeros(value: object, zh: str, en: str) -> None:
    assert read(value, "digits", ZH) == zh
    assert read(value, "digits", EN) == en


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (
            "13800138000",
            "幺三八，零零幺三，八零零零",
            "one three eight, zero zero one three, eight zero zero zero",
        ),
        (
            "+86 138 0013 8000",
            "幺三八，零零幺三，八零零零",
            "plus eight six, one three eight, zero zero one three, eight zero zero zero",
        ),
        (
            "400-800-1234",
            "四零零，八零零，幺二三四",
            "four zero zero, eight zero zero, one two three four",
        ),
        (
            "01062345678",
            "零幺零，六二三四，五六七八",
            "zero one zero, six two three four, five six seven eight",
        ),
        (
            "+14155552671",
            "加 幺，四幺五，五五五，二六七幺",
            "plus one, four one five, five five five, two six seven one",
        ),
        ("1001", "幺零零幺", "one zero zero one"),
        ("*72", "星号 七二", "star seven two"),
    ],
)
def test_a_telephone_number_is_grouped_as_people_group_it(value: object, zh: str, en: str) -> None:
    assert read(value, "phone", ZH) == zh
    assert read(value, "phone", EN) == en


def test_text_is_said_as_it_stands() -> None:
    assert read("  星河\n商城 ", "text", ZH) == "星河 商城"
    assert read(12.50, "text", EN) == "12.5"
    assert read(3.0, "text", EN) == "3"


@pytest.mark.parametrize(
    ("value", "how", "reason"),
    [
        (None, "text", "an empty value is nothing that can be read out"),
        ("", "text", "the value is empty"),
        (True, "number", "'true' is not a number"),
        ("twelve", "number", "'twelve' is not a number"),
        ("1e5", "number", "'1e5' is not a number"),
        ("12,34", "number", "'12,34' is not a number"),
        (float("nan"), "number", "'nan' is not a number"),
        (10**15 + 1, "number", "too large"),
        ([1], "money", "a list is not a number"),
        (0, "ordinal", "is not a place in a row"),
        ("1.5", "ordinal", "is not a place in a row"),
        ("2026-02-30", "date", "'2026-02-30' is not a day of the calendar"),
        (1_700_000_000, "date", "is not a date such as 2026-11-22"),
        ("24:00", "time", "'24:00' is not a time of the day"),
        ("2026-11-22", "time", "is not a time such as 15:20"),
        ("2026-11-22", "datetime", "is not a date with a time"),
        ("12½", "digits", "can not be read digit by digit"),
        ("anonymous", "phone", "'anonymous' is not a telephone number"),
        ({"a": 1}, "text", "an object is nothing that can be read out"),
    ],
)
def test_what_can_not_be_read_gives_a_reason_an_admin_understands(
    value: object, how: str, reason: str
) -> None:
    for language in (ZH, EN):
        with pytest.raises(ValueError, match=re.escape(reason)):
            read(value, how, language)


@pytest.mark.parametrize("how", HOWS)
def test_a_number_of_ten_thousand_figures_is_refused(how: str) -> None:
    with pytest.raises(ValueError, match=r"too l|not a date|not a time"):
        read(10**9999, how, ZH)


def test_an_unknown_way_language_or_currency_is_said() -> None:
    with pytest.raises(ValueError, match="'loud' is not a way to read a value; choose one of text, digits"):
        read("1", "loud", EN)
    with pytest.raises(ValueError, match="no reading in the language 'fr'"):
        read("1", "text", "fr")
    with pytest.raises(ValueError, match="the currency 'XAU' is not one of CNY, USD"):
        read("1", "money", EN, currency="XAU")


# --- the way back: parsers of their own, which know nothing of how the words were made -------------------

_ZH_DIGIT = {
    "零": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_ZH_DIGIT |= {"幺": 1}
_ZH_UNIT = {"十": 10, "百": 100, "千": 1000}


def heard_zh(words: str) -> Decimal:
    """The number a Chinese listener understands."""
    sign = -1 if words.startswith("负") else 1
    whole, _, decimals = words.removeprefix("负").partition("点")
    total = Decimal(_heard_zh_whole(whole))
    for place, digit in enumerate(decimals, 1):
        total += Decimal(_ZH_DIGIT[digit]).scaleb(-place)
    return sign * total


def _heard_zh_whole(words: str) -> int:
    for unit, size in (("亿", 10**8), ("万", 10**4)):
        if unit in words:
            high, _, low = words.rpartition(unit)
            return _heard_zh_whole(high) * size + _heard_zh_whole(low)
    total = digit = 0
    for sign in words:
        if sign in _ZH_UNIT:
            total += (digit or 1) * _ZH_UNIT[sign]
            digit = 0
        else:
            digit = _ZH_DIGIT[sign]
    return total + digit


_EN_SMALL = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40,
    "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_EN_LARGE = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "quadrillion": 10**15}


def heard_en(words: str) -> Decimal:
    """The number an English listener understands."""
    sign = -1 if words.startswith("minus ") else 1
    whole, _, decimals = words.removeprefix("minus ").partition(" point ")
    total = part = 0
    for word in re.split("[ -]", whole):
        if word in _EN_LARGE:
            total, part = total + part * _EN_LARGE[word], 0
        elif word == "hundred":
            part *= 100
        else:
            part += _EN_SMALL[word]
    number = Decimal(total + part)
    for place, word in enumerate(decimals.split(), 1):
        number += Decimal(_EN_SMALL[word]).scaleb(-place)
    return sign * number


whole_numbers = st.one_of(
    st.integers(0, 20_000),
    st.integers(0, LARGEST),
    # zeros in every place are where readings go wrong
    st.lists(st.sampled_from("0000125"), min_size=1, max_size=15).map(lambda signs: int("".join(signs))),
)


@given(whole_numbers, st.integers(0, 999_999), st.booleans())
def test_every_number_is_heard_as_it_was_meant(whole: int, millionths: int, minus: bool) -> None:
    value = Decimal(whole) + (Decimal(millionths) / 10**6 if whole < LARGEST else 0)
    value = -value if minus else value
    assert heard_zh(read(value, "number", ZH)) == value
    assert heard_en(read(str(value), "number", EN)) == value
    assert not re.search("零零|零[万亿]|零$", read(whole, "number", ZH)) or whole == 0


@given(st.text(st.sampled_from(string.digits), min_size=1, max_size=30))
def test_every_digit_is_heard_in_its_order(written: str) -> None:
    heard = [_ZH_DIGIT[sign] for sign in read(written, "digits", ZH) if sign != "，"]
    assert "".join(map(str, heard)) == written
    words = read(written, "digits", EN).replace(",", "").split()
    assert "".join(str(_EN_SMALL[word]) for word in words) == written
    assert all(len(group) <= 5 for group in read(written, "digits", ZH).split("，"))


@given(st.decimals(0, 10**9, places=2), st.sampled_from(["USD", "EUR", "GBP"]))
def test_every_price_is_heard_to_the_cent(value: Decimal, currency: str) -> None:
    said = read(value, "money", EN, currency=currency)
    match = re.fullmatch(
        r"(?:(.*?) (?:dollar|euro|pound)s?)?(?: and )?(?:(.*?) (?:cents?|penny|pence))?", said
    )
    assert match is not None
    assert heard_en(match[1] or "zero") + heard_en(match[2] or "zero") / 100 == value


@given(st.decimals(0, 10**9, places=2))
def test_every_price_in_yuan_is_heard_to_the_fen(value: Decimal) -> None:
    match = re.fullmatch("(?:(.*?)元)?(?:(.)角)?零?(?:(.)分)?", read(value, "money", ZH))
    assert match is not None
    whole, tenths, hundredths = (heard_zh(part) if part else Decimal(0) for part in match.groups())
    assert whole + tenths / 10 + hundredths / 100 == value


def anything() -> st.SearchStrategy[object]:
    plain = st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text()
    odd = st.datetimes() | st.dates() | st.times() | st.lists(st.integers(), max_size=2) | st.binary()
    looks_right = st.from_regex(r"[+-]?[0-9０-９,.:T/ -]{1,30}", fullmatch=True)
    return plain | odd | looks_right


@given(anything(), st.sampled_from(HOWS), st.sampled_from([ZH, EN]), st.sampled_from(CURRENCIES))
def test_anything_is_read_or_refused_with_a_short_reason(
    value: object, how: str, language: str, currency: str
) -> None:
    try:
        said = read(value, how, language, currency=currency)
    except ValueError as error:
        assert 0 < len(str(error)) < 200 and "\n" not in str(error)
    else:
        assert said.strip() == said != ""
        if how != "text":
            assert not re.search(r"\d", said), "figures would be left to the engine"


def every_reading(language: str) -> Iterator[str]:
    for value in (*range(0, 101), 200, 1001, 10030, 20_000, 10**8, 2 * 10**12, "-7.25"):
        yield read(value, "number", language)
    for currency in CURRENCIES:
        yield read("12.55", "money", language, currency=currency)
        yield read("2.02", "money", language, currency=currency)
    for month in range(1, 13):
        yield read(date(2020 + month, month, month * 2), "date", language)
    for hour in range(24):
        yield read(time(hour, hour * 2), "time", language)
    for place in range(1, 32):
        yield read(place, "ordinal", language)
    yield read("+86 13800138000", "phone", language)
    yield read("0123456789*#", "digits" if language == EN else "phone", language)


@pytest.mark.parametrize(("language", "voice"), [(ZH, "cmn-latn-pinyin"), (EN, "en-us")])
def test_espeak_ng_says_each_reading_in_its_own_language_and_spells_nothing(
    language: str, voice: str
) -> None:
    said = "\n\n".join(every_reading(language))
    phonemes = subprocess.run(
        ["espeak-ng", "-v", voice, "-b", "1", "--stdin", "-q", "-x"],
        input=said.encode(),
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert len(phonemes) > len(said) / 2
    # "(en)": the Chinese voice fell back to English; "_!" marks signs spelt one by one
    assert not re.search(r"\([a-z]{2,3}\)|_!", phonemes)


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (1, "一秒", "one second"),
        (30, "三十秒", "thirty seconds"),
        (60, "一分钟", "one minute"),
        (90, "一分钟三十秒", "one minute and thirty seconds"),
        (120, "两分钟", "two minutes"),
        (149, "两分钟", "two minutes"),
        (720, "十二分钟", "twelve minutes"),
        (3600, "一小时", "one hour"),
        (7800, "两小时十分钟", "two hours and ten minutes"),
    ],
)
def test_how_long_something_takes(seconds: float, zh: str, en: str) -> None:
    assert (duration(seconds, ZH), duration(seconds, EN)) == (zh, en)


def test_no_time_at_all_is_not_said() -> None:
    with pytest.raises(ValueError, match="less than a second"):
        duration(0.2, EN)
    with pytest.raises(ValueError, match="no reading in the language"):
        duration(60, "fr")
