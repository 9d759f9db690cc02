"""Values in Chinese words, as a person on the telephone says them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal

_DIGITS = "零一二三四五六七八九"
_UNITS = ("", "十", "百", "千")
_SIGNS = {"*": "星号", "#": "井号", "+": "加"}

# Of each currency: its unit, its tenth ('' where cents are counted whole), its hundredth.
_MONEY = {
    "CNY": ("元", "角", "分"),
    "HKD": ("港元", "角", "分"),
    "USD": ("美元", "", "美分"),
    "EUR": ("欧元", "", "欧分"),
    "GBP": ("英镑", "", "便士"),
    "JPY": ("日元", "", ""),
}
# (from this hour on, what the part of the day is called)
_PARTS_OF_DAY = ((18, "晚上"), (13, "下午"), (12, "中午"), (8, "上午"), (5, "早上"), (0, "凌晨"))


def number(value: Decimal) -> str:
    """两百, 十二, 一百零五, 负三点五."""
    sign = "负" if value < 0 else ""
    whole, _, decimals = format(abs(value), "f").partition(".")
    said = sign + _whole(int(whole))
    return f"{said}点{''.join(_DIGITS[int(d)] for d in decimals)}" if decimals else said


def ordinal(value: int) -> str:
    """第一, 第十二, 第二百."""
    return "第" + _whole(value).replace("两百", "二百")


def digits(groups: Sequence[str]) -> str:
    """Each sign by itself. One is yāo, as on the telephone, since yī is easily taken for qī."""
    return "，".join(_apart(group) for group in groups)


def money(value: Decimal, currency: str) -> str:
    """十二元五角, 三十美元零五美分."""
    unit, tenth, hundredth = _MONEY[currency]
    cents = int(abs(value) * 100)
    whole, rest = divmod(cents, 100)
    said = _counted(whole, unit) if whole or not rest else ""
    if tenth:
        tens, ones = divmod(rest, 10)
        said += _counted(tens, tenth) if tens else ""
        said += ("零" if whole and ones and not tens else "") + (_counted(ones, hundredth) if ones else "")
    elif rest:
        said += ("零" if whole and rest < 10 else "") + _counted(rest, hundredth)
    return ("负" if value < 0 else "") + said


def day(value: date) -> str:
    """二零二六年十一月二十二日."""
    year = "".join(_DIGITS[int(d)] for d in str(value.year))
    return f"{year}年{_whole(value.month)}月{_whole(value.day)}日"


def clock(value: time) -> str:
    """下午三点二十分, 上午九点, 凌晨零点零五分."""
    part = next(name for hour, name in _PARTS_OF_DAY if value.hour >= hour)
    hour = value.hour - 12 if value.hour > 12 else value.hour
    said = part + _counted(hour, "点")
    if value.minute:
        said += ("零" if value.minute < 10 else "") + _whole(value.minute) + "分"
    return said


def moment(day_words: str, clock_words: str) -> str:
    """A date and a time in one."""
    return day_words + clock_words


def span(hours: int, minutes: int, seconds: int) -> str:
    """两分钟, 一小时十分钟."""
    counted = ((hours, "小时"), (minutes, "分钟"), (seconds, "秒"))
    return "".join(_counted(n, unit) for n, unit in counted if n)


def _apart(group: str) -> str:
    said = ""
    for sign in group:
        if sign == "1":
            said += "幺"
        elif sign.isdigit():
            said += _DIGITS[int(sign)]
        else:
            said += f" {_SIGNS.get(sign, sign)} "
    return " ".join(said.split())


def _counted(value: int, unit: str) -> str:
    """Before a measure word a bare two is 两."""
    return ("两" if value == 2 else _whole(value)) + unit


def _whole(value: int) -> str:
    """A whole number from 0 to below 10^16."""
    if value == 0:
        return "零"
    high, low = divmod(value, 10**8)
    said = ("两" if high == 2 else _below_yi(high)) + "亿" if high else ""
    if low:
        said += ("零" if said and low < 10**7 else "") + _below_yi(low, first=not said)
    return said


def _below_yi(value: int, first: bool = True) -> str:
    """Up to eight digits. `first`: nothing was said before."""
    high, low = divmod(value, 10**4)
    said = ("两" if high == 2 and first else _four(high, first)) + "万" if high else ""
    if low:
        said += ("零" if said and low < 1000 else "") + _four(low, first and not said)
    return said


def _four(value: int, first: bool) -> str:
    """Up to four digits. At the very beginning ten is 十, elsewhere 一十."""
    said, zero = "", False
    for position in (3, 2, 1, 0):
        digit = value // 10**position % 10
        if digit == 0:
            zero = bool(said)
            continue
        if zero:
            said += "零"
            zero = False
        if digit == 1 and position == 1 and first and not said:
            said += "十"
        elif digit == 2 and position >= 2:
            said += "两" + _UNITS[position]
        else:
            said += _DIGITS[digit] + _UNITS[position]
    return said
