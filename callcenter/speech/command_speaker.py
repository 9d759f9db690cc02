"""Any other speech engine, as a command: piper, a cloud service's client, a script."""

from __future__ import annotations

import asyncio
import shlex
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from callcenter.speech.command_template import FILE, command_problem, filled
from callcenter.speech.spoken import spoken
from callcenter.speech.tts import Speaker, SpeechError, run, sayable, to_telephone

_FAILURES_IN_A_ROW = 3
_PAUSE_SECONDS = 30.0


class CommandSpeaker:
    """Speaks by a command for each language; languages without one are left to `others`.

    No shell reads the command, and the text is no part of it. After three failures in a row it is left alone
    for 30 seconds, so that callers wait for no dead service.
    """

    def __init__(self, commands: Mapping[str, str], others: Speaker, seconds: float = 10.0, sox: str = "sox"):
        """`seconds`: how long one text may take. Raises ValueError when a command makes no sense."""
        for template in commands.values():
            if problem := command_problem(template):
                raise ValueError(problem)
        self._commands = {language: shlex.split(template) for language, template in commands.items()}
        self._others = others
        self._seconds = seconds
        self._sox = sox
        self._failures = 0
        self._resting_until = 0.0

    def identity(self, language: str) -> str:
        command = self._commands.get(language)
        return f"command {shlex.join(command)}" if command else self._others.identity(language)

    async def speak(self, text: str, language: str, target: Path) -> None:
        command = self._commands.get(language)
        if command is None:
            await self._others.speak(text, language, target)
            return
        now = asyncio.get_running_loop().time()
        if now < self._resting_until:
            raise SpeechError(f"{command[0]} failed {_FAILURES_IN_A_ROW} times and is left alone for a while")
        said = sayable(spoken(text, language))
        if not said:
            raise SpeechError("there is nothing to say")
        try:
            await self._speak(command, said, language, target)
        except SpeechError:
            self._failures += 1
            if self._failures >= _FAILURES_IN_A_ROW:
                self._resting_until = asyncio.get_running_loop().time() + _PAUSE_SECONDS
            raise
        self._failures = 0

    async def _speak(self, command: Sequence[str], said: str, language: str, target: Path) -> None:
        with tempfile.TemporaryDirectory(prefix="callcenter-speech-") as folder:
            text_file = Path(folder) / "text.txt"
            text_file.write_text(said + "\n", encoding="utf-8")
            sound = Path(folder) / "said.wav"
            if (ending := FILE.search(" ".join(command))) and ending[1]:
                sound = sound.with_suffix(ending[1])
            values = {"file": str(sound.with_suffix("")), "text_file": str(text_file), "language": language}
            words = [filled(word, values) for word in command]
            piped = b"" if any("{text_file}" in word for word in command) else f"{said}\n".encode()
            await run(words, piped, self._seconds)
            if not sound.exists() or sound.stat().st_size == 0:
                raise SpeechError(f"{command[0]} wrote no sound")
            await to_telephone(sound, target, self._sox)
