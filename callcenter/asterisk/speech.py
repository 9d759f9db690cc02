"""What a leg says to Asterisk's speech API, and what it is answered.

Asterisk holds a link to our recogniser (AEAP, see aeap.conf) for each leg that listens. Its applications
report in variables; what the recogniser itself has to say comes as the name of a result's grammar:
`heard`, `unclear` (somebody spoke, but nothing that was offered) or `failed`. Asterisk's own is `dtmf`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from callcenter.asterisk.agi_codec import AgiReply
from callcenter.asterisk.orders import plain_file
from callcenter.telephony.legs import Grammar, Heard

log = logging.getLogger(__name__)

ENGINE = "callcenter"
"""The section of aeap.conf."""
RETRY_SECONDS = 10.0
"""After a recogniser that kept a caller waiting in vain nobody else waits for it so long."""
SLOW_SECONDS = 0.3
REPORT = (
    "${SPEECH(results)}|${SPEECH_GRAMMAR(0)}|${SPEECH_SCORE(0)}|${SPEECH_ENGINE(state)}|${SPEECH_TEXT(0)}"
)
SILENCE = "silence/1"
"""Asterisk's own second of silence: SpeechBackground does not mind its time limit without a file."""
SILENCE_SECONDS = 1.0
MOST_BYTES = 7000
"""What fits into one line of AGI besides the rest of it, marks of escape counted."""


@dataclass(frozen=True, slots=True)
class SpeechReport:
    """What SpeechBackground has left behind."""

    heard: Heard
    key: str = ""  # a key ended it
    pretended: bool = False  # it was not let go yet: we made believe that it was
    broken: bool = False  # the link to the recogniser does not work any more


def grammar_value(grammar: Grammar) -> str:
    """What the recogniser is told of a listen about to begin. Words too many for one line: anything."""
    value = _json(grammar.words, grammar.language)
    size = len(value.encode("utf-8", "replace")) + value.count('"') + value.count("\\")
    return value if size <= MOST_BYTES else _json((), grammar.language)


def background_words(files: Sequence[Path], seconds: float) -> str:
    """The argument of SpeechBackground. Raises ValueError for files that cannot be played this way."""
    if not files:
        return f"{SILENCE},{max(0.1, seconds - SILENCE_SECONDS):g}"
    joined = "&".join(plain_file(file) for file in files)
    if len(joined.encode("utf-8", "replace")) > MOST_BYTES:
        raise ValueError(f"{len(files)} prompts are too many to listen meanwhile")
    return f"{joined},{max(0.1, seconds):g}"


def parse_report(text: str) -> SpeechReport:
    """Read REPORT's answer. What cannot be understood counts as a broken link."""
    results, _, rest = text.partition("|")
    grammar, _, rest = rest.partition("|")
    score, _, rest = rest.partition("|")
    state, bar, said = rest.partition("|")
    if not bar:
        return SpeechReport(Heard(failed=True), broken=True)
    if grammar == "dtmf":
        return SpeechReport(Heard(), key=said[:1])
    if results in ("", "0"):
        return SpeechReport(Heard(failed=not state), broken=not state)
    if grammar == "failed":
        return SpeechReport(Heard(failed=True))
    if grammar == "unclear" or not said:
        return SpeechReport(Heard())
    points = int(score) if score.isascii() and score.isdigit() and len(score) < 5 else 0
    return SpeechReport(Heard(text=said, score=min(100, points)))


class Recogniser:
    """The recogniser as one leg has it. `ask` and `ask_until_key` are the line's: they raise LegGone when the
    leg has ended."""

    def __init__(
        self,
        ask: Callable[..., Awaitable[AgiReply]],
        ask_until_key: Callable[..., Awaitable[tuple[AgiReply, bool]]],
        rest: SpeechRest,
    ) -> None:
        self._ask = ask
        self._ask_until_key = ask_until_key
        self._rest = rest
        self._open = False

    async def open(self) -> bool:
        """Make sure that there is a link to it; False if there is none to be had."""
        if self._open:
            return True
        if self._rest.resting:
            return False
        began = asyncio.get_running_loop().time()
        await self._ask("EXEC", "SpeechCreate", ENGINE)
        error = await self._ask("GET FULL VARIABLE", "${ERROR}")
        if error.data or not error.ok:
            self._rest.failed(asyncio.get_running_loop().time() - began)
            return False
        # one key ends it, whichever; by itself it would wait for more, and swallow a #
        await self._ask("SET VARIABLE", "SPEECH_DTMF_MAXLEN", "1")
        await self._ask("SET VARIABLE", "SPEECH_DTMF_TERMINATOR", "x")
        self._open = True
        return True

    async def listen(self, grammar: Grammar, words: str, keys: str) -> SpeechReport:
        """Play and listen once, or until a key of `keys`; see `background_words`."""
        await self._ask("SET VARIABLE", "SPEECH_ENGINE(grammar)", grammar_value(grammar))
        _, pretended = await self._ask_until_key(keys, "EXEC", "SpeechBackground", words, listening=True)
        reply = await self._ask("GET FULL VARIABLE", REPORT)
        report = replace(parse_report(reply.data or ""), pretended=pretended)
        if report.broken:
            log.warning("the link to the speech recogniser broke")
            await self.close()
        return report

    async def close(self) -> None:
        """Give the link up, if there is one. It ends with the leg anyway."""
        if self._open:
            self._open = False
            await self._ask("EXEC", "SpeechDestroy")


class SpeechRest:
    """Whether the recogniser is left in peace: one that kept a caller waiting in vain gets no other for a
    while."""

    def __init__(self) -> None:
        self._until = 0.0

    @property
    def resting(self) -> bool:
        return asyncio.get_running_loop().time() < self._until

    def failed(self, seconds: float) -> None:
        """It could not be reached, which took so long to find out."""
        log.warning("the speech recogniser cannot be reached: callers go on by keys")
        if seconds > SLOW_SECONDS:
            self._until = asyncio.get_running_loop().time() + RETRY_SECONDS


def _json(words: Sequence[str], language: str) -> str:
    return json.dumps({"words": list(words), "language": language}, ensure_ascii=False, separators=(",", ":"))
