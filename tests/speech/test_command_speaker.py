"""Another speech engine by a command: here a script around espeak-ng, which stands for piper and its like."""

from __future__ import annotations

import asyncio
import stat
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from callcenter.ivr.steps import Utterance
from callcenter.speech.command_speaker import CommandSpeaker
from callcenter.speech.command_template import command_problem
from callcenter.speech.prompts import PromptStore
from callcenter.speech.tts import EspeakSpeaker, SpeechError

ENGLISH = Utterance("Your order is on its way.", language="en")
CHINESE = Utterance("您的订单已发货。", language="zh-CN")


def script(folder: Path, body: str, name: str = "engine") -> str:
    """A program of our own, in a folder with a space and a quote in its name."""
    place = folder / "an admin's voices"
    place.mkdir(exist_ok=True)
    file = place / name
    file.write_text(f"#!{sys.executable}\nimport os, subprocess, sys, time\n{body}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return f'"{file}"'


SPEAK = """
text = sys.stdin.read() if sys.argv[1] == "-" else open(sys.argv[1]).read()
with open(os.path.join(os.path.dirname(__file__), "heard"), "a") as heard:
    heard.write(text)
subprocess.run(["espeak-ng", "--stdin", "-v", "en-us", "-w", sys.argv[2]], input=text.encode(), check=True)
"""


def heard(folder: Path) -> str:
    return (folder / "an admin's voices" / "heard").read_text()


@pytest.mark.parametrize("arguments", ["- {file}", "{text_file} {file}", "- {file}.aiff"])
async def test_a_command_speaks_the_text_from_its_input_or_a_file(tmp_path: Path, arguments: str) -> None:
    engine = script(tmp_path, SPEAK.replace('"-w", sys.argv[2]]', '"-w", sys.argv[2] + ".x"]') + CONVERT)
    store = PromptStore(tmp_path, CommandSpeaker({"en": f"{engine} {arguments}"}, EspeakSpeaker()))
    path = await store.make(ENGLISH)
    assert Path(f"{path}.wav").stat().st_size > 8000
    assert heard(tmp_path) == "Your order is on its way.\n"


CONVERT = (
    'subprocess.run(["sox", "-t", "wav", sys.argv[2] + ".x", sys.argv[2]], check=True)'  # in the asked format
)


async def test_the_text_is_no_part_of_the_command_whatever_stands_in_it(tmp_path: Path) -> None:
    speaker = CommandSpeaker({"en": script(tmp_path, SPEAK) + " - {file}"}, EspeakSpeaker())
    nasty = "$(touch /tmp/x) `id` ; rm {file} --help | 'a\" {language}"
    await speaker.speak(nasty, "en", tmp_path / "said.wav")
    assert heard(tmp_path).strip() == nasty


async def test_a_language_without_a_command_is_spoken_by_espeak(tmp_path: Path) -> None:
    espeak = EspeakSpeaker()
    speaker = CommandSpeaker({"en": "no-such-program {file}"}, espeak)
    assert speaker.identity("zh-CN") == espeak.identity("zh-CN")
    await speaker.speak(CHINESE.text, "zh-CN", tmp_path / "said.wav")
    assert (tmp_path / "said.wav").exists()


async def test_while_the_command_fails_espeak_stands_in_and_one_line_tells_it(tmp_path: Path) -> None:
    switch = tmp_path / "works"
    engine = script(
        tmp_path, f"if not os.path.exists({str(switch)!r}): sys.exit('the voice is gone')\n{SPEAK}"
    )
    speaker = CommandSpeaker({"en": f"{engine} - {{file}}"}, EspeakSpeaker())
    store = PromptStore(tmp_path, speaker, stand_in=EspeakSpeaker())
    with capture_logs() as logs:
        stood_in = [await store.make(Utterance(f"Number {n}.", language="en")) for n in "123456"]
    assert [(line["event"], "the voice is gone" in line["error"]) for line in logs] == [
        ("prompt.stand_in_speaks", True)
    ]
    switch.touch()
    again = CommandSpeaker({"en": f"{engine} - {{file}}"}, EspeakSpeaker())
    by_the_engine = await PromptStore(tmp_path, again, stand_in=EspeakSpeaker()).make(
        Utterance("Number 1.", language="en")
    )
    assert by_the_engine not in stood_in, "espeak-ng's prompts are not taken for those of the engine"


async def test_after_three_failures_the_command_is_left_alone_so_that_no_caller_waits(tmp_path: Path) -> None:
    speaker = CommandSpeaker(
        {"en": script(tmp_path, "open(__file__ + '.n', 'a').write('x'); sys.exit(1)") + " {file}"},
        EspeakSpeaker(),
    )
    for n in range(6):
        with pytest.raises(SpeechError):
            await speaker.speak(f"Number {n}", "en", tmp_path / "said.wav")
    assert len((tmp_path / "an admin's voices" / "engine.n").read_text()) == 3


async def test_a_command_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    body = """
child = subprocess.Popen(["sleep", "60"])
with open(__file__ + ".pid", "w") as told:
    told.write(str(child.pid))
time.sleep(60)
"""
    speaker = CommandSpeaker({"en": script(tmp_path, body) + " {file}"}, EspeakSpeaker(), seconds=1)
    with pytest.raises(SpeechError, match="took longer than 1 s"):
        await speaker.speak("Hello", "en", tmp_path / "said.wav")
    pid = int((tmp_path / "an admin's voices" / "engine.pid").read_text())
    for _ in range(100):
        if not running(pid):
            break
        await asyncio.sleep(0.05)
    assert not running(pid)


def running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("sys.exit(0)", "wrote no sound"),
        ("open(sys.argv[2], 'w').write('not a sound')", "sox"),
        ("print('loading', file=sys.stderr); sys.exit('no such voice')", "no such voice"),
    ],
)
async def test_a_lying_command_is_a_failure_with_a_reason(tmp_path: Path, body: str, reason: str) -> None:
    speaker = CommandSpeaker({"en": script(tmp_path, body) + " - {file}"}, EspeakSpeaker())
    with pytest.raises(SpeechError, match=reason):
        await speaker.speak("Hello", "en", tmp_path / "said.wav")
    assert not (tmp_path / "said.wav").exists()


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("piper --model /v/en.onnx --output_file {file}", ""),
        ("curl -o {file}.mp3 --data-binary @{text_file} http://127.0.0.1/say/{language}", ""),
        ("piper --output_file out.wav", "the command must say where {file} goes"),
        ("piper {file} {voice}", "there is no {voice}"),
        ("piper 'x {file}", "the command can not be read: no closing quotation"),
        ("  ", "the command is empty"),
    ],
)
def test_a_command_is_checked_before_anyone_calls(template: str, problem: str) -> None:
    assert command_problem(template).startswith(problem) and bool(command_problem(template)) == bool(problem)
    if problem:
        with pytest.raises(ValueError, match=r"command|there is no"):
            CommandSpeaker({"en": template}, EspeakSpeaker())
