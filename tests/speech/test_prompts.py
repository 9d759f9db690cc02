"""What callers hear: texts spoken by the real espeak-ng, kept, shared, and never in a call's way."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import wave
from pathlib import Path

import pytest

from callcenter.ivr.steps import Utterance
from callcenter.speech import phrases
from callcenter.speech.music import compose, ensure_music
from callcenter.speech.prompts import PromptStore
from callcenter.speech.tts import EspeakSpeaker, SpeechError, sayable

CHINESE = Utterance("欢迎致电星河商城，中文服务请按一。", language="zh-CN")
ENGLISH = Utterance("Welcome to Galaxy Mall.", language="en")


@pytest.fixture
def store(tmp_path: Path) -> PromptStore:
    return PromptStore(tmp_path / "prompts", EspeakSpeaker())


def levels(path: Path) -> tuple[float, float, float]:
    """Seconds, peak and root mean square (of full scale) of a prompt as the switch plays it."""
    with wave.open(f"{path}.wav") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        data = file.readframes(file.getnframes())
    samples = memoryview(data).cast("h")
    peak = max(abs(value) for value in samples) / 32768
    return len(samples) / 8000, peak, (sum(value * value for value in samples) / len(samples)) ** 0.5 / 32768


class Counting(EspeakSpeaker):
    """espeak-ng, and how often it was asked."""

    asked = 0

    async def speak(self, text: str, language: str, target: Path) -> None:
        self.asked += 1
        await super().speak(text, language, target)


@pytest.mark.parametrize(("utterance", "least", "most"), [(CHINESE, 2.5, 6.0), (ENGLISH, 0.9, 2.5)])
async def test_a_text_becomes_a_telephone_sound_at_an_even_level(
    store: PromptStore, utterance: Utterance, least: float, most: float
) -> None:
    path = await store.path(utterance)
    assert path.suffix == "", "the switch adds the extension itself"
    seconds, peak, rms = levels(path)
    assert least < seconds < most
    assert 0.5 < peak < 0.75  # -3 dBFS
    assert 0.08 < rms < 0.2  # -22 to -14 dBFS


async def test_every_phrase_of_the_engine_can_be_said_in_both_languages(store: PromptStore) -> None:
    told: list[tuple[int, int]] = []
    wanted = [Utterance(text, language=language) for text, language in phrases.all_texts()]
    assert {language for phrase in phrases.ALL for language in phrase} == {"zh-CN", "en"}
    assert await store.prerender(wanted, lambda done, total: told.append((done, total))) == []
    assert told[-1] == (len(wanted), len(wanted))


async def test_the_same_text_is_spoken_once_however_many_callers_want_it(tmp_path: Path) -> None:
    speaker = Counting()
    store = PromptStore(tmp_path, speaker)
    paths = await asyncio.gather(*[store.path(ENGLISH) for _ in range(50)])
    assert len(set(paths)) == 1 and speaker.asked == 1
    again = PromptStore(tmp_path, speaker)  # the program starts anew
    assert await again.path(ENGLISH) == paths[0] and speaker.asked == 1


async def test_other_words_another_language_or_another_voice_is_another_prompt(tmp_path: Path) -> None:
    store = PromptStore(tmp_path, EspeakSpeaker())
    british = PromptStore(tmp_path, EspeakSpeaker({"en": "en-gb"}))
    paths = {
        await store.path(ENGLISH),
        await store.path(Utterance("Welcome to Galaxy Mall!", language="en")),
        await store.path(Utterance(ENGLISH.text, language="zh-CN")),
        await british.path(ENGLISH),
    }
    assert len(paths) == 4


async def test_a_caller_who_hangs_up_does_not_end_the_work_others_wait_for(tmp_path: Path) -> None:
    store = PromptStore(tmp_path, EspeakSpeaker())
    first = asyncio.create_task(store.path(CHINESE))
    second = asyncio.create_task(store.path(CHINESE))
    await asyncio.sleep(0.01)
    first.cancel()
    assert (await second).name != "beep"


async def test_without_espeak_the_caller_hears_a_beep_at_once_and_the_reason_is_told(tmp_path: Path) -> None:
    store = PromptStore(tmp_path, EspeakSpeaker(program="espeak-is-not-here"))
    path = await store.path(ENGLISH)
    assert path == tmp_path / "beep"
    assert 0.2 < levels(path)[0] < 0.5
    with pytest.raises(SpeechError, match="'espeak-is-not-here' is not installed"):
        await store.make(ENGLISH)
    assert (await store.prerender([ENGLISH]))[0].startswith("Welcome to Galaxy Mall.: ")


async def test_a_failure_is_not_tried_again_for_every_caller(tmp_path: Path) -> None:
    speaker = Counting(program="espeak-is-not-here")
    store = PromptStore(tmp_path, speaker)
    for _ in range(5):
        await store.path(ENGLISH)
    assert speaker.asked == 1


async def test_nothing_half_written_is_left_when_work_is_ended(tmp_path: Path) -> None:
    store = PromptStore(tmp_path, EspeakSpeaker())
    waiting = [asyncio.create_task(store.path(Utterance("一二三四五" * n))) for n in range(1, 8)]
    await asyncio.sleep(0.05)
    await store.close()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert list(tmp_path.rglob("*.part*")) == []


@pytest.mark.parametrize(
    "text",
    [
        "-f /etc/passwd",
        "$(touch /tmp/x); `id`",
        "[[h@loU]] <break/>",
        'quote " and \\ back',
        "a\x00b\nc",
        "😀 你好",
    ],
)
async def test_texts_that_look_like_commands_are_only_spoken(store: PromptStore, text: str) -> None:
    assert (await store.path(Utterance(text, language="en"))).name != "beep"


def test_phoneme_brackets_and_control_characters_are_taken_out() -> None:
    assert sayable(" a\x00\x1b[31m [[x]]\n") == "a [31m [ [x]]"


async def test_a_sound_file_is_converted_whatever_its_rate_and_replaces_the_text(tmp_path: Path) -> None:
    raw = tmp_path / "hello.wav"
    with wave.open(str(raw), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        loud = b"\x00\x20\x00\x20" * 50 + b"\x00\xe0\x00\xe0" * 50
        file.writeframes(loud * 441)
    store = PromptStore(tmp_path / "prompts", EspeakSpeaker())
    path = await store.path(Utterance("Hello", str(raw), "en"))
    assert 0.9 < levels(path)[0] < 1.2
    raw.unlink()
    assert await store.path(Utterance("Hello", str(raw), "en")) == await store.path(
        Utterance("Hello", "", "en")
    )
    assert (await store.path(Utterance("", str(raw), "en"))).name == "beep"


async def test_a_sound_file_that_is_none_falls_back_to_the_text(tmp_path: Path) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"this is no sound" * 10)
    store = PromptStore(tmp_path / "prompts", EspeakSpeaker())
    assert (await store.path(Utterance("Hello", str(broken), "en"))).name != "beep"
    with pytest.raises(SpeechError, match="sox"):
        await store.make(Utterance("", str(broken), "en"))


async def test_the_switch_may_see_the_folder_under_another_name(tmp_path: Path) -> None:
    store = PromptStore(tmp_path, EspeakSpeaker(), seen_as=Path("/srv/prompts"))
    path = await store.path(ENGLISH)
    assert path.is_relative_to("/srv/prompts")
    assert (tmp_path / path.relative_to("/srv/prompts")).with_suffix(".wav").is_file()


async def test_a_full_or_forbidden_folder_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "prompts").write_text("a file where a folder should be")
    store = PromptStore(tmp_path / "prompts", EspeakSpeaker())
    with pytest.raises(SpeechError, match="prompts"):
        await store.make(ENGLISH)
    assert (await store.path(ENGLISH)).name == "beep"


def test_music_is_pleasantly_level_long_enough_and_no_test_tone(tmp_path: Path) -> None:
    path = ensure_music(tmp_path)
    seconds, peak, rms = levels(path.with_suffix(""))
    assert 60 <= seconds <= 90
    assert 0.09 < rms < 0.11  # -20 dBFS
    assert peak < 0.5
    made = path.stat().st_mtime_ns
    assert ensure_music(tmp_path).stat().st_mtime_ns == made, "made once"
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    samples = compose()
    half_seconds = [samples[n : n + 4000] for n in range(0, len(samples), 4000)]
    loudness = [(sum(value * value for value in part) / len(part)) ** 0.5 for part in half_seconds]
    assert min(loudness) > 0.02, "no gap"
    crossings = {sum((a < 0) != (b < 0) for a, b in itertools.pairwise(part)) // 20 for part in half_seconds}
    assert len(crossings) > 8, "the pitch moves"
    assert abs(samples[0] - samples[-1]) < 0.1, "no click where it begins again"


def test_the_tools_are_installed() -> None:
    assert shutil.which("espeak-ng") and shutil.which("sox")
