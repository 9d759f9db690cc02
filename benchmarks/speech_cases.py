# ruff: noqa: E501 (Chinese characters count double)
"""What the speech benchmark says to the engines: words, voices, speeds, and the telephone line between."""

from __future__ import annotations

import array
import os
import random
import subprocess
from dataclasses import dataclass
from pathlib import Path

from callcenter.speech.recognition import ulaw

RATE = 8000
PIECE = 1280
"""Audio reaches an engine in pieces of 80 ms (bytes), as in the live system."""

TEST_VARIANTS = ("f5", "m6", "Andrea", "Alex", "linda", "pablo")
TEST_SPEEDS = (140, 175, 210)
"""Neither was heard in training."""
FIT_VARIANTS = ("f2", "m3", "Annie", "Gene", "steph", "paul")
FIT_SPEEDS = (150, 165, 195)
"""For fitting the score and choosing thresholds: other voices than those of the test."""

BASES = {
    "en": ("en-us", "en", "en-us", "en-gb-x-rp", "en-us", "en-gb-scotland"),
    "zh-CN": ("cmn-latn-pinyin",) * 6,
}
FLITE = ("slt", "rms")
"""Another synthesiser's voices; in training two others of it were heard, in a sixth of the lines."""


@dataclass(frozen=True, slots=True)
class Case:
    """A text said against a grammar. `wanted`: the right answer, '' if nothing must be taken."""

    group: str
    text: str
    wanted: str
    grammar: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Voice:
    """Who says it. `noise`: how far the noise is below the voice, in dB; None is a quiet line."""

    name: str
    speed: int
    noise: float | None = None
    flite: bool = False


DIGITS = {
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "oh"),
    "zh-CN": ("零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "幺"),
}
YES_NO = {
    "en": ("yes", "no", "yeah", "right", "correct", "wrong"),
    "zh-CN": ("是", "不是", "是的", "对", "不对", "好", "不要"),
}
MENU = {
    "en": (
        "order",
        "delivery",
        "refund",
        "exchange",
        "complaint",
        "invoice",
        "agent",
        "repeat",
        "main menu",
        "cancel",
    ),
    "zh-CN": ("订单", "物流", "退款", "换货", "投诉", "发票", "人工", "重复", "主菜单", "取消"),
}
OUTSIDE = {
    "en": (
        "elephant", "pizza", "wednesday", "banana", "umbrella", "hospital", "computer", "orange juice", "kitchen",
        "library", "guitar", "window", "doctor", "airport", "insurance", "mortgage", "bicycle", "candle light", "hat",
        "cup", "leg", "dish", "pencils", "seventy", "million", "double", "underneath", "concert", "vinegar", "deliberate",
        "composite", "content", "angel", "urgently", "reunion", "rebound", "cancer", "council house", "melon", "venue",
        "what did you say", "hold on a second", "is anybody there", "i cannot hear you", "could you speak up",
        "let me think about that", "i do not know", "come here", "good afternoon", "never mind",
    ),
    "zh-CN": (
        "大象", "披萨", "星期三", "十七", "雨伞", "厨房", "图书馆", "吉他", "窗户", "医生", "机场", "贷款", "电动车", "蜡烛", "杯子",
        "铅笔", "七十", "一百", "音乐会", "酱油", "政府", "天使", "推理", "定金", "武器", "退伍", "环保", "头像", "发炎", "人参",
        "重点", "取笑", "主管", "菜谱", "曲奇", "逗号", "你说啥", "稍微等等", "有人在吗", "我没听见", "大声一点", "让我想一想",
        "不晓得怎么弄", "过来一下", "今晚见", "太贵了吧", "真麻烦", "哪里人", "猫", "肉",
    ),
}  # fmt: skip
WITHIN = {
    "en": {
        "i am calling about a refund": "refund",
        "connect me with an agent if you can": "agent",
        "there is a complaint from us": "complaint",
        "did the delivery go out": "delivery",
        "send us an invoice by mail": "invoice",
    },
    "zh-CN": {
        "打电话就是要退款": "退款",
        "请接一下人工": "人工",
        "看看物流到哪儿了": "物流",
        "这次必须投诉": "投诉",
        "把发票开出来": "发票",
    },
}
"""A menu word within a sentence."""
NUMBERS = {
    "en": ("four seven one nine", "eight oh two five", "three three six zero", "one two nine four seven six"),
    "zh-CN": ("四七一九", "八零二五", "三三六零", "一二九四七六"),
}


def cases(language: str) -> list[Case]:
    """All that is said, once a voice."""
    found = []
    for group, words in (("digits", DIGITS), ("yes/no", YES_NO), ("menu", MENU)):
        grammar = words[language]
        found += [Case(group, word, word, grammar) for word in grammar]
    for text in NUMBERS[language]:
        digits = text.split() if language == "en" else list(text)
        found.append(Case("numbers", text, " ".join(digits), DIGITS[language]))
    for text, wanted in WITHIN[language].items():
        found.append(Case("menu word in a sentence", text, wanted, MENU[language]))
    for place, text in enumerate(OUTSIDE[language]):
        grammar = (MENU, MENU, YES_NO, DIGITS)[place % 4][language]
        found.append(Case("outside", text, "", grammar))
    return found


def voices(language: str, *, fit: bool = False) -> list[Voice]:
    """Six voices at three speeds, half of the lines noisy (20 dB)."""
    variants, speeds = (FIT_VARIANTS, FIT_SPEEDS) if fit else (TEST_VARIANTS, TEST_SPEEDS)
    return [
        Voice(f"{base}+{variant}", speed, 20.0 if (place + number) % 2 else None)
        for place, (base, variant) in enumerate(zip(BASES[language], variants, strict=True))
        for number, speed in enumerate(speeds)
    ]


def flite_voices() -> list[Voice]:
    """The other synthesiser, if it is installed."""
    return [Voice(name, 0, noise, True) for name in FLITE for noise in (None, 20.0)]


def speak(text: str, voice: Voice, folder: Path) -> bytes:
    """Headerless ulaw of the text as the telephone carries it, kept in `folder`."""
    name = f"{voice.name}-{voice.speed}-{text}".replace("/", "_").replace(" ", "_")
    file = folder / f"{name}.ul"
    if not file.exists():
        wav = folder / f"{os.getpid()}.wav"
        if voice.flite:
            command = ["flite", "-voice", voice.name, "-t", text, "-o", str(wav)]
        else:
            command = ["espeak-ng", "-v", voice.name, "-s", str(voice.speed), "-w", str(wav), text]
        subprocess.run(command, check=True, capture_output=True)
        shape = [
            "norm",
            "-9",
            "silence",
            "1",
            "0.01",
            "0.2%",
            "reverse",
            "silence",
            "1",
            "0.01",
            "0.2%",
            "reverse",
        ]
        sox = [
            "sox",
            str(wav),
            "-r",
            "8000",
            "-c",
            "1",
            "-t",
            "ul",
            str(file),
            "highpass",
            "300",
            "lowpass",
            "3400",
        ]
        subprocess.run([*sox, *shape], check=True, capture_output=True)
    return file.read_bytes()


def on_the_line(voice_ulaw: bytes, noise: float | None, seed: int) -> tuple[bytes, float]:
    """16-bit samples with silence before and after, and when the speech in them ends (seconds)."""
    draw = random.Random(seed)
    samples = array.array("h", ulaw.decode(voice_ulaw))
    level = (sum(value * value for value in samples) / max(1, len(samples))) ** 0.5
    hiss = level * 10 ** (-noise / 20) if noise is not None else 12.0
    before, after = int(0.6 * RATE), int(1.6 * RATE)
    line = array.array("h", [0] * before) + samples + array.array("h", [0] * after)
    noisy = array.array("h", (max(-32768, min(32767, int(value + draw.gauss(0, hiss)))) for value in line))
    return ulaw.decode(ulaw.encode(noisy.tobytes())), (before + len(samples)) / RATE
