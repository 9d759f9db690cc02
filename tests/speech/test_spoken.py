"""Written texts made ready for the voice, and the checker's list of what no voice can say."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.speech.pinyin import PINYIN_VOICE, pinyin_markup
from callcenter.speech.spoken import spoken
from callcenter.speech.tts import EspeakSpeaker, unsayable

ZH, EN = "zh-CN", "en"


def phonemes(text: str, voice: str) -> str:
    """What espeak-ng is about to say."""
    command = ["espeak-ng", "-v", voice, "-b", "1", "--stdin", "-q", "-x", "-m"]
    return (
        subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout.decode().strip()
    )


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("满3.5元，打8折，省20%，共¥12.50", "满三点五元，打八折，省百分之二十，共十二元五角"),
        ("周一到周五 9:00-18:00", "周一到周五 九点到十八点"),
        ("14:05", "十四点零五分"),
        ("请拨400-800-1234或010-62345678", "请拨四零零，八零零，幺二三四或零幺零，六二三四，五六七八"),
        ("请拨10086", "请拨幺零零八六"),
        ("2026年2月2日，2个，12个，2点，第2位", "二零二六年二月二日，两个，十二个，两点，第二位"),
        ("2026-11-22发货，3-5天到", "二零二六年十一月二十二日发货，三到五天到"),
        ("订单2024-001", "订单二零二四，零零幺"),
        ("按#号键或*键，按2", "按井号键或星号键，按二"),
        ("共12345元，100000积分", "共一万两千三百四十五元，十万积分"),
        ("气温 -3℃", "气温 负三摄氏度"),
        ("ＶＩＰ１２　客户", "VIP十二客户"),
        ("版本1.2.3", "版本1.2.3"),
        ("您好，欢迎致电。", "您好，欢迎致电。"),
    ],
)
def test_figures_in_chinese_texts_are_written_out(written: str, said: str) -> None:
    assert spoken(written, ZH) == said


def test_english_texts_keep_their_figures_since_the_voice_reads_them() -> None:
    assert spoken("Open 9:00-18:00,\n 20% off £5.50", EN) == "Open 9:00-18:00, 20% off £5.50"


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("您好，VIP 客户请按1，咖啡馆 Café。", ZH, []),
        ("Café, “50 %” of £5 – press #.", EN, []),
        ("Hello 你好 😀", EN, ["你", "好", "😀"]),
        ("مرحبا", ZH, ["م", "ر", "ح", "ب", "ا"]),
        ("カタカナ", ZH, ["カ", "タ", "ナ"]),
        ("Привет", EN, ["П", "р", "и", "в", "е", "т"]),
        ("请按①，然后★", ZH, ["①", "★"]),
        ("价格 € 多少", ZH, ["€"]),
        ("\ue000 丆 㐂", ZH, ["\ue000", "丆", "㐂"]),
        ("臺灣繁體", ZH, []),
    ],
)
def test_what_a_voice_can_not_say_is_found(text: str, language: str, found: list[str]) -> None:
    assert unsayable(text, language) == found


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=8, max_size=8))
def test_what_is_taken_for_sayable_has_a_sound(text: str) -> None:
    known = [sign for sign in text if not unsayable(sign, ZH)]
    said = phonemes("\n\n".join(known), PINYIN_VOICE)
    assert "@:" not in said, "espeak-ng would say the character's number"


@given(st.text())
def test_any_text_becomes_one_line_in_which_every_sign_is_judged(text: str) -> None:
    for language in (ZH, EN):
        said = spoken(text, language)
        assert said.isprintable() or unsayable(text, language)
        assert "\n" not in said
        assert all(len(sign) == 1 for sign in unsayable(text, language))
        pinyin_markup(said, PINYIN_VOICE, "en-us")


def test_the_chinese_voice_says_characters_and_not_the_numbers_of_their_tones() -> None:
    voice = EspeakSpeaker.DEFAULT_VOICES[ZH]
    said = phonemes(pinyin_markup("您好，请按一二三四五六七八九零。", voice, "en-us"), voice)
    assert "(en)" not in said


def test_words_of_two_readings_are_said_as_the_word_wants() -> None:
    assert pinyin_markup("请到银行还款，重新了解", PINYIN_VOICE, "en-us") == (
        "qing3 dao4 yin2 hang2 huan2 kuan3 ， chong2 xin1 liao3 jie3"
    )


def test_latin_words_in_a_chinese_text_are_left_to_the_english_voice() -> None:
    markup = pinyin_markup("请用 WeChat 付款 <1", PINYIN_VOICE, "en-us")
    assert '<voice name="en-us">WeChat</voice>' in markup and "&lt;1" in markup
    said = phonemes(markup, PINYIN_VOICE)
    assert phonemes("WeChat", "en-us") in said and "(en)" not in said
    assert phonemes("V I P", "en-us") in phonemes(pinyin_markup("VIP", PINYIN_VOICE, "en-us"), PINYIN_VOICE)


async def test_a_mixed_text_is_spoken(tmp_path: Path) -> None:
    await EspeakSpeaker().speak("尊敬的VIP客户 A&B <您>，请按 #。", ZH, tmp_path / "said.wav")
    assert (tmp_path / "said.wav").stat().st_size > 2 * 8000 * 2
