"""Written text made ready for a voice: figures and signs in words, and what no voice can say.

espeak-ng's Chinese voice leaves out the point of 3.5, the colon of 9:00 and every currency sign, and says %
in English; so figures in Chinese texts are written out before it sees them. Its English reads them well.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from callcenter.speech.reading import read

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
# Joiners, marks of variants and of direction: they have no sound, and engines trip over them.
_SILENT = re.compile("[\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]")
# Full-width letters, figures and signs are the same ones, only wider. Chinese punctuation stays.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0xFFE5: ord("¥"), 0x3000: ord(" ")}
for _mark in "，！？；：（）～":
    del _NARROW[ord(_mark)]

_CURRENCY_SIGNS = {"¥": "CNY", "$": "USD", "€": "EUR", "£": "GBP"}
_COUNTED = "元块角分个人位次件条张家天年点周岁层米万亿名份台套倍"  # before these 2 is 两
_MEASURES = _COUNTED + "月日号楼度秒级积"  # a figure before these is a number, not a row of digits
_SIGNS_ZH = {
    "℃": "摄氏度", "#号": "井号", "#": "井号", "*号": "星号", "*": "星号", "&": "和", "+": "加", "=": "等于",
    "×": "乘", "÷": "除以",
}  # fmt: skip

_NUMBER = r"(?<![\d.])\d+(?:,\d{3})*(?:\.\d+)?(?![\d.]*\d)"
_TIME = r"(?<![\d:])([01]?\d|2[0-4]):([0-5]\d)(?::[0-5]\d)?(?![\d:])"
_PHONE = re.compile(r"(?<![\d.-])(?:\d{3,4}-\d{3,4}-\d{4}|0\d{2,3}-\d{7,8})(?![\d-])")
_ISO_DATE = re.compile(r"(?<![\d-])\d{4}-\d{2}-\d{2}(?![\d-])")
_RANGE = re.compile(rf"(?<=\d)\s*[-–—~～]\s*(?=\d\d?:\d\d|\d+[{_MEASURES}])")
_GROUPS = re.compile(r"(?<![\d.-])\d+(?:-\d+)+(?![\d.-])")  # such as order 2024-001
_CLOCK = re.compile(_TIME)
_MONEY = re.compile(rf"([¥$€£])\s*({_NUMBER})")
_PERCENT = re.compile(rf"({_NUMBER})\s*([%‰])")
_YEAR = re.compile(r"(?<!\d)\d{4}(?=年)")
_FIGURES = re.compile(
    rf"(?P<minus>(?:(?<=^)|(?<=[\s,:，：（(]))-)?(?P<figure>{_NUMBER})\s*(?P<next>[\u4e00-\u9fff]?)"
)


def spoken(text: str, language: str) -> str:
    """The text as a voice of `language` is to be given it, in one line."""
    said = _SILENT.sub("", _CONTROL.sub(" ", text)).translate(_NARROW)
    if language == "zh-CN":
        said = _chinese_figures(said)
    return " ".join(said.split())


def unsayable(text: str, language: str) -> list[str]:
    """The signs of a text that the voice of a language skips or spells out, each once, in their order.

    Give it literal text: places for values are the caller's business. An empty list means all is well.
    """
    sayable = _sayable_zh if language == "zh-CN" else _sayable_en
    return list(dict.fromkeys(sign for sign in spoken(text, language) if not sayable(sign)))


# Han characters outside these sets are rare, and the voice knows only some of them.
_HAN_ENCODINGS = ("gb2312", "big5")
_HAN_UNKNOWN = frozenset("忄扌氵犭衤仩伬俬兙兡呣哖嗧堔娳崰巕泹濏炚爦犞瓩瞣礂粀粌糬繌舿萣蒏蕱藲螁謢隡韕韟駇麶")
_PAUSES = frozenset(" .,;:!?'\"()[]-_|…–—‐‑‘’“”«»、。，！？；：（）《》〈〉「」『』【】·～")
_SIGNS_EN = frozenset("/\\&@%+=*#$€£¥°~^<>±×÷§©®™½¼¾")
_SIGNS_OF_ZH = frozenset("/\\^<>")


def _sayable_zh(sign: str) -> bool:
    return sign in _PAUSES or sign in _SIGNS_OF_ZH or _is_latin(sign) or _is_known_han(sign)


def _sayable_en(sign: str) -> bool:
    return sign in _PAUSES or sign in _SIGNS_EN or _is_latin(sign)


def _is_latin(sign: str) -> bool:
    """A figure or a letter, also one with an accent, as in Café."""
    return (sign.isascii() and sign.isalnum()) or ("À" <= sign <= "ÿ" and sign.isalpha())


@lru_cache(8192)
def _is_known_han(sign: str) -> bool:
    if not unicodedata.name(sign, "").startswith("CJK UNIFIED") or sign in _HAN_UNKNOWN:
        return False
    for encoding in _HAN_ENCODINGS:
        try:
            sign.encode(encoding)
        except UnicodeEncodeError:
            continue
        return True
    return False


def _chinese_figures(text: str) -> str:
    """Figures and signs of a Chinese text in words."""
    text = _PHONE.sub(lambda found: _try(found[0], "phone"), text)
    text = _ISO_DATE.sub(lambda found: _try(found[0], "date"), text)
    text = _RANGE.sub("到", text)
    text = _GROUPS.sub(lambda found: _try(found[0], "digits"), text)
    text = _CLOCK.sub(_clock, text)
    text = _MONEY.sub(lambda found: _try(found[2], "money", _CURRENCY_SIGNS[found[1]]), text)
    text = _PERCENT.sub(
        lambda found: f"{'百' if found[2] == '%' else '千'}分之{_try(found[1], 'number')}", text
    )
    text = _YEAR.sub(lambda found: "".join("零一二三四五六七八九"[int(digit)] for digit in found[0]), text)
    text = _FIGURES.sub(_figures, text)
    for sign, words in _SIGNS_ZH.items():
        text = text.replace(sign, words)
    return text


def _clock(found: re.Match[str]) -> str:
    """As written: 18:00 is 十八点, not 下午六点."""
    hour, minute = int(found[1]), int(found[2])
    said = ("两" if hour == 2 else _try(str(hour), "number")) + "点"
    return said + (("零" if minute < 10 else "") + _try(str(minute), "number") + "分" if minute else "")


def _figures(found: re.Match[str]) -> str:
    figure, following = found["figure"], found["next"]
    counted = bool(following) and following in _MEASURES
    whole = figure.isdigit()
    if whole and ((figure[0] == "0" and len(figure) > 1) or (len(figure) > 4 and not counted)):
        said = _try(figure, "digits")
    elif figure == "2" and counted and following in _COUNTED and found.string[: found.start()][-1:] != "第":
        said = "两"
    else:
        said = _try(figure, "number")
    return ("负" if found["minus"] else "") + said + following


def _try(figure: str, how: str, currency: str = "CNY") -> str:
    """The words, or the figure itself where it is too long to be read."""
    try:
        return read(figure, how, "zh-CN", currency=currency)
    except ValueError:
        return figure
