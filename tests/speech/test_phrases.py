"""Phrases of a menu and words of a model: cut, fitted, found again in what was heard."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from callcenter.speech.recognition import ulaw, wire
from callcenter.speech.recognition.phrases import UNKNOWN, as_digits, choose, fit, split
from callcenter.speech.recognition.service import OWN_MODELS
from callcenter.speech.recognition.vocabulary import Vocabulary

ZH = {"订单", "查询", "我要", "退款", "人工", "主菜单", "菜单", "一", "二", "幺", "零"}.__contains__
EN = {"main", "menu", "order", "refund", "agent", "one", "two", "oh", "seven"}.__contains__


def test_chinese_phrases_are_cut_into_as_few_words_as_cover_them() -> None:
    assert split("订单查询", ZH) == ["订单", "查询"]
    assert split("主菜单", ZH) == ["主菜单"]
    assert split("我要退款！", ZH) == ["我要", "退款"]
    assert split("Main Menu", EN) == ["main", "menu"]


def test_a_word_the_model_does_not_know_leaves_the_rest_of_the_phrase_to_be_heard() -> None:
    (one,) = fit(["track my order"], EN)
    assert one.words == (UNKNOWN, "order")
    assert fit(["parcel"], EN) == []


def test_a_choice_is_found_with_words_around_it() -> None:
    menu = fit(["refund", "agent", "main menu"], EN)
    alone = choose(["main", "menu"], menu)
    assert alone is not None and alone.text == "main menu" and alone.alone
    within = choose([UNKNOWN, "refund", UNKNOWN], menu)
    assert within is not None and within.text == "refund" and not within.alone and within.first == 1


def test_half_a_phrase_is_other_speech() -> None:
    menu = fit(["refund", "main menu"], EN)
    said = choose([UNKNOWN, "refund", "main"], menu)
    assert said is not None and said.text == "refund" and not said.alone
    assert choose(["menu"], menu) is None


def test_two_different_choices_are_none() -> None:
    menu = fit(["refund", "agent"], EN)
    assert choose(["refund", "agent"], menu) is None
    assert choose([UNKNOWN], menu) is None
    assert choose([], menu) is None


def test_digits_follow_one_another() -> None:
    digits = fit(["one", "two", "oh", "seven"], EN)
    said = choose(["one", "oh", "seven", "one"], digits)
    assert said is not None and said.text == "one oh seven one" and as_digits(said.text) == "1071"
    assert as_digits("幺 零 二") == "102"
    assert as_digits("one refund") == ""


@given(st.lists(st.sampled_from(["refund", "agent", "main", "menu", "one", "two", UNKNOWN]), max_size=8))
def test_what_is_chosen_was_asked_for_and_said(heard: list[str]) -> None:
    fitted = fit(["refund", "agent", "main menu", "one", "two"], EN)
    choice = choose(heard, fitted)
    if choice is not None:
        assert all(word in heard for word in choice.text.split())
        assert 0 <= choice.first < choice.last <= len(heard)


@given(st.text(alphabet="订单查询主菜一二 abc,。", max_size=30))
def test_cutting_loses_nothing(text: str) -> None:
    kept = "".join(sign for sign in text.lower() if sign not in " ,。")
    assert "".join(split(text, ZH)) == kept


@given(st.lists(st.tuples(st.integers(0, 2**31), st.binary(max_size=50)), max_size=8), st.integers(1, 20))
def test_messages_to_a_worker_come_out_as_they_went_in(sent: list[tuple[int, bytes]], size: int) -> None:
    stream = b"".join(wire.pack(number, wire.AUDIO, payload) for number, payload in sent)
    unpacker = wire.Unpacker()
    got = [
        one for start in range(0, len(stream), size) for one in unpacker.feed(stream[start : start + size])
    ]
    assert got == [(number, wire.AUDIO, payload) for number, payload in sent]


@given(st.binary(max_size=400))
def test_ulaw_there_and_back_is_the_same(data: bytes) -> None:
    again = ulaw.encode(ulaw.decode(data))
    assert ulaw.decode(again) == ulaw.decode(data)  # ulaw has two zeros


def test_a_checker_learns_which_words_our_models_cannot_hear() -> None:
    english = Vocabulary.of_folder(OWN_MODELS / "en")
    assert english.unknown_words("Main menu") == []
    assert english.unknown_words("order a parcel") == ["a", "parcel"]
    assert Vocabulary.of_folder(OWN_MODELS / "zh-CN").unknown_words("订单查询") == []
    assert "[unk]" not in english.words and "<eps>" not in english.words
