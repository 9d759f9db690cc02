"""Callers are heard by real workers with our own small models; a worker that dies or hangs hurts no call."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from callcenter.speech.recognition.pool import Listening
from callcenter.speech.recognition.port import Recognised, SpokenGrammar
from callcenter.speech.recognition.service import OWN_MODELS, RecognitionService, RecognitionSettings
from tests.speech.saying import frames, said

DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "oh"]
MENU = SpokenGrammar("en", ("order", "refund", "agent", "main menu"))
YES_NO = SpokenGrammar("zh-CN", ("是", "不是", "不要"))


@asynccontextmanager
async def running(**settings: object) -> AsyncIterator[RecognitionService]:
    service = RecognitionService(RecognitionSettings(port=0, **settings))  # type: ignore[arg-type]
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


class Ear:
    """A listening and what it heard."""

    def __init__(self, service: RecognitionService, grammar: SpokenGrammar) -> None:
        self.heard: asyncio.Queue[Recognised] = asyncio.Queue()
        listening = service.open(grammar, self.heard.put_nowait)
        assert listening is not None
        self.listening: Listening = listening

    def hears(self, sound: bytes) -> None:
        for frame in frames(sound):
            self.listening.feed(frame)

    async def result(self, seconds: float = 20.0) -> Recognised:
        return await asyncio.wait_for(self.heard.get(), seconds)

    async def listens(self, text: str, language: str = "en") -> Recognised:
        """As fast as it is worked through, not as fast as it is said."""
        for frame in frames(said(text, language)):
            self.listening.feed(frame)
            if self.listening.sent - self.listening.done > 4000:
                await asyncio.sleep(0.01)
        return await self.result()


async def test_words_of_a_menu_are_heard_in_both_languages() -> None:
    async with running() as service:
        refund = await Ear(service, MENU).listens("refund")
        assert (refund.kind, refund.text) == ("heard", "refund") and refund.score > 50
        main = await Ear(service, MENU).listens("main menu")
        assert main.text == "main menu" and [word.word for word in main.words] == ["main", "menu"]
        no = await Ear(service, YES_NO).listens("不是", "zh-CN")
        assert (no.kind, no.text) == ("heard", "不是") and no.score > 50


async def test_a_number_said_digit_by_digit_is_one_result() -> None:
    digits = SpokenGrammar("en", tuple(DIGITS), 0.9)
    async with running() as service:
        assert (await Ear(service, digits).listens("four seven, one nine")).text == "four seven one nine"


async def test_other_speech_is_not_taken_for_a_choice() -> None:
    async with running() as service:
        for text in ("umbrella", "could you speak up"):
            heard = await Ear(service, MENU).listens(text)
            assert heard.kind == "unclear" or heard.score < 40


async def test_many_callers_share_a_worker_and_one_more_is_told_at_once() -> None:
    async with running(listenings_per_worker=3) as service:
        ears = [Ear(service, MENU) for _ in range(3)]
        assert service.open(MENU, lambda result: None) is None
        assert len({id(ear.listening) for ear in ears}) == 3
        words = ["order", "refund", "agent"]
        heard = await asyncio.gather(*(ear.listens(word) for ear, word in zip(ears, words, strict=True)))
        assert [one.text for one in heard] == words
        ears[0].listening.close()
        assert service.open(MENU, lambda result: None) is not None


async def test_a_killed_worker_fails_its_calls_only_and_comes_back() -> None:
    async with running() as service:
        english, chinese = service.pools["en"].workers[0], service.pools["zh-CN"].workers[0]
        ear, other = Ear(service, MENU), Ear(service, YES_NO)
        ear.hears(said("refund")[:3200])
        assert english.pid is not None
        os.kill(english.pid, signal.SIGKILL)
        assert (await ear.result()).kind == "failed" and ear.listening.over
        ear.hears(said("refund"))  # the caller talks on: nothing happens
        assert (await other.listens("不要", "zh-CN")).text == "不要"
        async with asyncio.timeout(20):
            await english.ready.wait()
        assert english.starts == 2 and chinese.starts == 1
        assert (await Ear(service, MENU).listens("agent")).text == "agent"


async def test_a_stuck_worker_fails_the_call_and_is_replaced() -> None:
    async with running() as service:
        worker = service.pools["en"].workers[0]
        ear = Ear(service, MENU)
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGSTOP)
        ear.hears(
            said("refund")[:8000]
        )  # one second: too little to be late, so only its silence gives it away
        assert (await ear.result()).kind == "failed"
        async with asyncio.timeout(20):
            while worker.starts < 2 or not worker.ready.is_set():
                await asyncio.sleep(0.02)
        assert (await Ear(service, MENU).listens("order")).text == "order"


async def test_a_call_whose_audio_is_not_worked_through_in_time_fails() -> None:
    async with running() as service:
        worker = service.pools["en"].workers[0]
        ear = Ear(service, MENU)
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGSTOP)
        ear.hears(said("refund", after=4.0))
        assert ear.heard.get_nowait().kind == "failed"
        os.kill(worker.pid, signal.SIGCONT)


async def test_a_wrong_model_folder_is_one_line_in_the_log_and_the_other_language_works(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        async with running(models={"en": str(tmp_path / "none")}) as service:
            assert not service.ready("en") and service.ready("zh-CN")
            assert service.open(MENU, lambda result: None) is None
            assert (await Ear(service, YES_NO).listens("是", "zh-CN")).text == "是"
    (line,) = [record.getMessage() for record in caplog.records]
    assert "en/1" in line and "is no vosk model" in line


async def test_a_model_that_makes_vosk_abort_fails_calls_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(OWN_MODELS / "en", folder)
    conf = folder / "conf" / "model.conf"
    lines = conf.read_text().splitlines(keepends=True)
    conf.write_text("".join(line for line in lines if "endpoint.silence-phones" not in line))
    async with running(models={"en": str(folder)}) as service:
        ear = Ear(service, MENU)
        ear.hears(said("refund")[:8000])
        assert (await ear.result()).kind == "failed"
        assert (await Ear(service, YES_NO).listens("是", "zh-CN")).text == "是"


async def test_a_grammar_of_words_nobody_knows_fails() -> None:
    async with running() as service:
        assert (await Ear(service, SpokenGrammar("en", ("parcel",))).result()).kind == "failed"
        assert service.open(SpokenGrammar("fr", ("oui",)), lambda result: None) is None


async def test_a_taken_port_is_logged_and_hearing_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    async with running() as first:
        second = RecognitionService(RecognitionSettings(port=first.port))
        await second.start()
        assert second.port == 0 and second.ready("en")
        assert "cannot listen on port" in caplog.text
        await second.stop()


# -- as Asterisk's client sees it
# ------------------------------------------------------------------------------


@asynccontextmanager
async def asterisk(service: RecognitionService) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Speaks Asterisk's side of the protocol."""
    async with aiohttp.ClientSession() as session:
        url = f"ws://127.0.0.1:{service.port}/stt"
        async with session.ws_connect(url, protocols=("speech_to_text",)) as socket:
            await ask(socket, request="setup", version="0.1.0", codecs=[{"name": "ulaw"}], params={})
            yield socket


async def ask(socket: aiohttp.ClientWebSocketResponse, **message: object) -> dict[str, object]:
    await socket.send_json(message | {"id": "q"})
    answer: dict[str, object] = await socket.receive_json(timeout=10)
    assert answer["id"] == "q"
    return answer


async def grammar(socket: aiohttp.ClientWebSocketResponse, value: object) -> dict[str, object]:
    text = value if isinstance(value, str) else json.dumps(value)
    return await ask(socket, request="set", params={"grammar": text})


async def result(socket: aiohttp.ClientWebSocketResponse) -> dict[str, object]:
    told = await socket.receive_json(timeout=20)
    assert told["request"] == "set"
    await socket.send_json({"response": "set", "id": told["id"]})
    (one,) = told["params"]["results"]
    assert isinstance(one, dict)
    return one


async def speak(socket: aiohttp.ClientWebSocketResponse, text: str) -> None:
    for frame in frames(said(text)):
        await socket.send_bytes(frame)
        await asyncio.sleep(0.002)


async def test_asterisk_sets_a_grammar_sends_audio_and_is_told_a_result_twice_on_one_connection() -> None:
    async with running() as service, asterisk(service) as socket:
        for word in ("agent", "order"):
            answer = await grammar(socket, {"words": list(MENU.words), "language": "en"})
            assert "error_msg" not in answer
            await speak(socket, word)
            told = await result(socket)
            assert (told["text"], told["grammar"]) == (word, "heard")


async def test_a_dead_engine_is_told_with_the_first_audio_and_each_listening_anew(tmp_path: Path) -> None:
    async with running(models={"en": str(tmp_path)}) as service, asterisk(service) as socket:
        for _ in range(2):
            await grammar(socket, {"words": ["agent"], "language": "en"})
            state = await ask(socket, request="get", params=["state"])
            assert state["params"] == {"state": "failed"}
            await socket.send_bytes(b"\xff" * 160)
            assert (await result(socket))["grammar"] == "failed"


async def test_garbage_is_refused_and_the_connection_lives_on() -> None:
    async with running() as service, asterisk(service) as socket:
        await socket.send_str("not json")
        await socket.send_str('{"request":"dance","id":"1"}')
        await socket.send_bytes(b"audio before any grammar")
        assert "error_msg" in await grammar(socket, "two")
        await socket.send_bytes(b"\xff" * 160)
        assert (await result(socket))["grammar"] == "failed"
        await grammar(socket, {"words": ["agent"], "language": "en"})
        await speak(socket, "agent")
        assert (await result(socket))["text"] == "agent"


async def test_a_key_or_a_hang_up_ends_the_listening() -> None:
    async with running() as service:
        worker = service.pools["en"].workers[0]
        async with asterisk(service) as socket:
            await grammar(socket, {"words": ["agent"], "language": "en"})
            assert worker.load == 1
            await ask(socket, request="set", params={"dtmf": "1"})
            assert worker.load == 0
            await grammar(socket, {"words": ["agent"], "language": "en"})
            assert worker.load == 1
        async with asyncio.timeout(5):
            while worker.load:
                await asyncio.sleep(0.01)
