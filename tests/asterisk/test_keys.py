"""Two witnesses tell of each key, in any order and at any distance; it counts once, and none is lost."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callcenter.asterisk.agi_codec import encode_command
from callcenter.asterisk.keys import ALL_KEYS, MOST_WAITING, Keys
from callcenter.asterisk.orders import dial_words, transfer_words
from callcenter.asterisk.speech import REPORT, background_words, grammar_value, parse_report
from callcenter.simulation.virtual_time import run_virtual
from callcenter.telephony.legs import ConnectOrder, Grammar, Heard, Prompt, TransferOrder

keys_typed = st.text(alphabet="0123456789*#", min_size=1, max_size=12)


def all_of(keys: Keys) -> str:
    found = ""
    while key := keys.take(ALL_KEYS):
        found += key
    return found


@given(typed=keys_typed, replied=st.lists(st.booleans(), min_size=12, max_size=12), late=st.floats(0, 0.15))
def test_keys_that_both_tell_count_once(typed: str, replied: list[bool], late: float) -> None:
    """A command hears of some of the keys; the manager of all, a little earlier or later."""

    async def story() -> str:
        keys = Keys(lambda: None)
        for key, heard_by_command in zip(typed, replied, strict=False):
            if heard_by_command and late > 0.07:
                reply = asyncio.create_task(keys.replied(key, 0.2, told_later=True))
                await asyncio.sleep(late)
                keys.begun(key)
                await reply
            else:
                keys.begun(key)
                await asyncio.sleep(late)
                if heard_by_command:
                    await keys.replied(key, 0.2, told_later=True)
            keys.ended(key)
            keys.ended(key)  # Asterisk tells some ends twice
        return all_of(keys)

    assert run_virtual(story()) == typed


@given(typed=keys_typed)
def test_keys_that_only_commands_tell_are_not_lost(typed: str) -> None:
    async def story() -> str:
        keys = Keys(lambda: None)
        for key in typed:
            await keys.replied(key, 0.0, told_later=False)
        return all_of(keys)

    assert run_virtual(story()) == typed


@given(typed=keys_typed)
def test_keys_that_the_manager_tells_too_late_are_not_counted_again(typed: str) -> None:
    async def story() -> str:
        keys = Keys(lambda: None)
        for key in typed:
            await keys.replied(key, 0.2, told_later=True)
        await asyncio.sleep(1.0)
        for key in typed:
            keys.begun(key)
        return all_of(keys)

    assert run_virtual(story()) == typed


def test_after_a_new_link_the_same_key_is_a_new_key() -> None:
    async def story() -> str:
        keys = Keys(lambda: None)
        await keys.replied("1", 0.0, told_later=True)
        keys.link_lost()
        keys.begun("1")
        return all_of(keys)

    assert run_virtual(story()) == "11"


def test_a_phone_that_tells_ends_only_is_understood() -> None:
    async def story() -> str:
        keys = Keys(lambda: None)
        for key in "1123":
            keys.ended(key)
        return all_of(keys)

    assert run_virtual(story()) == "1123"


def test_a_key_that_was_not_asked_for_stands_before_those_behind_it() -> None:
    async def story() -> None:
        heard: list[str] = []
        keys = Keys(lambda: heard.append("key"))
        keys.begun("5")
        keys.begun("1")
        assert (keys.take("12"), keys.next_is("12")) == ("", False)
        assert (keys.take("5"), keys.next_is("12"), keys.take("12")) == ("5", True, "1")
        assert heard == ["key", "key"]

    run_virtual(story())


def test_keys_of_a_talk_do_not_pile_up() -> None:
    async def story() -> None:
        keys = Keys(lambda: None)
        keys.deaf = True
        for _ in range(1000):
            keys.begun("1")
        keys.deaf = False
        assert all_of(keys) == ""
        for _ in range(1000):
            keys.begun("2")
        assert len(all_of(keys)) == MOST_WAITING

    run_virtual(story())


@given(st.text())
def test_what_is_not_a_key_does_not_count(key: str) -> None:
    async def story() -> str:
        keys = Keys(lambda: None)
        keys.begun(key)
        return all_of(keys)

    assert run_virtual(story()) == (key if len(key) == 1 and key in ALL_KEYS else "")


# -- speech --------------------------------------------------------------------------------------------------


@given(st.text())
@example("1|heard|90|ready")
@example("1|heard|٣|ready|x")
def test_any_report_is_read(text: str) -> None:
    report = parse_report(text)
    assert 0 <= report.heard.score <= 100
    assert len(report.key) <= 1


def test_what_the_recogniser_says_is_understood() -> None:
    assert parse_report("1|heard|87|ready|four two|seven").heard == Heard(text="four two|seven", score=87)
    assert parse_report("1|unclear|0|ready|").heard == Heard()
    assert parse_report("1|failed|0|ready|").heard == Heard(failed=True)
    assert parse_report("1|dtmf|1000|ready|7").key == "7"
    assert parse_report("0|||ready|").heard == Heard()
    assert parse_report("0||||").broken and parse_report("0||||").heard.failed
    assert parse_report("").broken
    assert REPORT.count("|") == 4


@given(st.lists(st.text(max_size=200), max_size=400), st.sampled_from(["zh-CN", "en"]))
@example(['\\"' * 100] * 40, "en")
@example(["转人工"] * 600, "zh-CN")
def test_a_grammar_fits_into_one_line_and_arrives_whole(words: list[str], language: str) -> None:
    value = grammar_value(Grammar(tuple(words), language))
    encode_command("SET VARIABLE", "SPEECH_ENGINE(grammar)", value)
    told = json.loads(value)
    assert told["language"] == language
    assert told["words"] in (words, [])


@given(st.lists(st.text(min_size=1).map(Path), max_size=5), st.floats(0, 60))
def test_prompts_to_listen_by_never_say_more(files: list[Path], seconds: float) -> None:
    try:
        words = background_words(files, seconds)
    except ValueError:
        return
    joined, _, last = words.rpartition(",")
    assert float(last) > 0
    assert joined.split("&") == ([str(file) for file in files] or ["silence/1"])
    assert "," not in joined


# -- orders --------------------------------------------------------------------------------------------------


@given(st.text(), st.text(), st.text())
@example("13900001111,g", "", "")
@example("139&PJSIP/1001", "provider", "")
@example("139", "provider/sip:evil@example.com", "")
@example("139", "provider", "1)U(evil")
@example("١٣٩", "provider", "")
def test_a_number_or_trunk_never_says_more(number: str, trunk: str, shown: str) -> None:
    try:
        words = transfer_words(TransferOrder(number, 20, "c1", caller_id=shown), trunk)
    except ValueError:
        return
    option = f"f({shown})" if shown else ""
    assert words == f"PJSIP/{number}{f'@{trunk}' if trunk else ''},20,gim(default){option}"
    assert not set(f"{number}{trunk}{shown}") & set(" ,()&|/:;${}\n\"'")


def test_a_transfer_goes_through_the_trunk_with_our_number() -> None:
    order = TransferOrder("+8613900001111", 25, "c1", caller_id="4008001234")
    assert transfer_words(order, "provider") == ("PJSIP/+8613900001111@provider,25,gim(default)f(4008001234)")
    assert transfer_words(TransferOrder("1001", 25, "c1"), "") == "PJSIP/1001,25,gim(default)"


@given(st.text(min_size=1))
@example("a)U(evil")
@example("a:b")
@example("a&b")
def test_a_whispers_name_never_says_more(name: str) -> None:
    order = ConnectOrder("1001", 15, "c1", whisper=Prompt(Path(f"/p/{name}")))
    try:
        words = dial_words(order)
    except ValueError:
        return
    assert words == f"PJSIP/1001,15,gim(default)A({Path(f'/p/{name}')})"
    assert not set(name) & set("(),|^&:;`$%\n\r\"'\\")


def test_a_whisper_with_a_name_that_says_more_is_refused() -> None:
    with pytest.raises(ValueError, match="not a name"):
        dial_words(ConnectOrder("1001", 15, "c1", whisper=Prompt(Path("/p/a:b"))))
