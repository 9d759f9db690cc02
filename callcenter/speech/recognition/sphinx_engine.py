"""The pocketsphinx engine: the English model that comes with its package, a third choice.

Its model wants 16 kHz: our 8 kHz are doubled. Exact digital silence upsets it, so the faintest noise
is added.
"""

from __future__ import annotations

import array
import random

import pocketsphinx  # type: ignore[import-untyped]

from callcenter.speech.recognition.phrases import DIGITS, UNKNOWN, Fitted, choose, fit, split
from callcenter.speech.recognition.port import RATE, EngineMissing, HeardWord, Recognised, SpokenGrammar

LONGEST_SECONDS = 15.0
_SURE, _KEYWORD = 60, 45
"""No curve was measured for this engine: what it hears is to be confirmed."""


class SphinxRecogniser:
    """English only. Raises EngineMissing."""

    def __init__(self, language: str) -> None:
        if language != "en":
            raise EngineMissing(f"pocketsphinx has no model for {language}")
        self._dictionary = pocketsphinx.Decoder(lm=None, loglevel="FATAL")

    def knows(self, word: str) -> bool:
        """Whether the dictionary has this word."""
        return self._dictionary.lookup_word(word) is not None

    def unknown_words(self, phrase: str) -> list[str]:
        return [word for word in split(phrase, self.knows) if not self.knows(word)]

    def open(self, grammar: SpokenGrammar) -> SphinxHearing:
        fitted = [one for one in fit(grammar.words, self.knows) if UNKNOWN not in one.words]
        if not fitted:
            raise ValueError("pocketsphinx listens for given phrases only, and knows none of these")
        return SphinxHearing(fitted, grammar)


class SphinxHearing:
    """One listening: speech is cut out by its energy over the noise, then decoded as it comes."""

    def __init__(self, fitted: list[Fitted], grammar: SpokenGrammar) -> None:
        self._fitted = fitted
        self._wait = max(grammar.end_seconds, 0.4)
        self._decoder = pocketsphinx.Decoder(lm=None, loglevel="FATAL")
        again = "+" if all(word in DIGITS for one in fitted for word in one.words) else ""
        choices = " | ".join(" ".join(one.words) for one in fitted)
        self._decoder.add_jsgf_string(
            "menu", f"#JSGF V1.0; grammar menu; public <menu> = ( {choices} ){again} ;"
        )
        self._decoder.activate_search("menu")
        self._vad = pocketsphinx.Vad(pocketsphinx.Vad.STRICT, RATE, 0.03)
        self._noise = random.Random(1)
        self._rest = b""
        self._before = b""
        self._speaking = False
        self._voiced = self._quiet = self._length = 0.0

    @property
    def partial(self) -> str:
        found = self._decoder.hyp() if self._speaking else None
        return found.hypstr if found else ""

    def feed(self, pcm: bytes) -> Recognised | None:
        self._rest += pcm
        size = self._vad.frame_bytes
        while len(self._rest) >= size:
            frame, self._rest = self._rest[:size], self._rest[size:]
            result = self._frame(frame)
            if result is not None:
                return result
        return None

    def finish(self) -> Recognised | None:
        return self._end() if self._speaking else None

    def close(self) -> None:
        if self._speaking:
            self._decoder.end_utt()
            self._speaking = False

    def _frame(self, frame: bytes) -> Recognised | None:
        seconds = len(frame) / 2 / RATE
        voiced = self._vad.is_speech(frame)
        self._voiced = self._voiced + seconds if voiced else max(0.0, self._voiced - seconds)
        if not self._speaking:
            self._before = (self._before + frame)[-int(0.4 * RATE) * 2 :]
            if self._voiced >= 0.12:
                self._speaking, self._quiet, self._length = True, 0.0, 0.0
                self._decoder.start_utt()
                self._decoder.process_raw(self._doubled(self._before), False, False)
                self._before = b""
            return None
        self._decoder.process_raw(self._doubled(frame), False, False)
        self._quiet = 0.0 if voiced else self._quiet + seconds
        self._length += seconds
        return self._end() if self._quiet >= self._wait or self._length >= LONGEST_SECONDS else None

    def _doubled(self, pcm: bytes) -> bytes:
        """16 kHz, by the mean between neighbours, with a little noise."""
        samples = array.array("h", pcm)
        doubled = array.array("h")
        for now, then in zip(samples, [*samples[1:], samples[-1]], strict=True):
            faint = self._noise.randint(-3, 3)
            doubled.append(max(-32768, min(32767, now + faint)))
            doubled.append(max(-32768, min(32767, (now + then) // 2 - faint)))
        return doubled.tobytes()

    def _end(self) -> Recognised | None:
        self._decoder.end_utt()
        self._speaking, self._voiced = False, 0.0
        found = self._decoder.hyp()
        heard = found.hypstr.split() if found else []
        if not heard:
            return Recognised("unclear")
        choice = choose(heard, self._fitted)
        words = tuple(HeardWord(word, 0.0, 0.0, 0.5) for word in heard)
        if choice is None:
            return Recognised("unclear", words=words)
        return Recognised("heard", choice.text, _SURE if choice.alone else _KEYWORD, words)
