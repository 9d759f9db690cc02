"""The vosk engine: any model folder.

A phrase wins against `[unk]`, the model's idea of other speech, which stands in every grammar. vosk's own
confidence is nearly always 1; the score comes from how much worse the best other reading is (`scoring.py`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import vosk  # type: ignore[import-untyped]

from callcenter.speech.recognition.phrases import UNKNOWN, Choice, Fitted, choose, fit, split
from callcenter.speech.recognition.port import (
    RATE,
    EngineMissing,
    HeardWord,
    Recognised,
    SpokenGrammar,
)
from callcenter.speech.recognition.scoring import Evidence, Scoring

ALTERNATIVES = 10
UNCLEAR_SECONDS = 0.35
"""Shorter other speech is taken for a noise and not reported."""


class VoskRecogniser:
    """One model folder. Raises EngineMissing if vosk refuses it (and may end the process if it is broken)."""

    def __init__(self, folder: Path) -> None:
        for needed in ("am/final.mdl", "conf/mfcc.conf", "conf/model.conf"):
            if not (folder / needed).is_file() and not (folder / Path(needed).name).is_file():
                raise EngineMissing(f"{folder} is no vosk model: it has no {needed}")
        try:
            self._scoring = Scoring.of_model(folder)
        except ValueError as error:
            raise EngineMissing(str(error)) from error
        vosk.SetLogLevel(-1)
        try:
            self._model = vosk.Model(model_path=str(folder))
        except Exception as error:
            raise EngineMissing(f"vosk refuses the model in {folder}: {error}") from error
        self._known: dict[str, bool] = {}

    def knows(self, word: str) -> bool:
        """Whether the model has this word."""
        if word not in self._known:
            if len(self._known) > 10000:
                self._known.clear()
            self._known[word] = bool(word) and self._model.vosk_model_find_word(word) >= 0
        return self._known[word]

    def unknown_words(self, phrase: str) -> list[str]:
        return [word for word in split(phrase, self.knows) if not self.knows(word)]

    def open(self, grammar: SpokenGrammar) -> VoskHearing:
        fitted = fit(grammar.words, self.knows)
        if grammar.words and not fitted:
            raise ValueError(f"the model knows no word of {', '.join(grammar.words)}"[:200])
        return VoskHearing(self._model, fitted, grammar, self._scoring)


class VoskHearing:
    """One listening."""

    def __init__(
        self, model: vosk.Model, fitted: list[Fitted], grammar: SpokenGrammar, scoring: Scoring
    ) -> None:
        self._fitted = fitted
        self._open = not grammar.words
        self._wait = grammar.end_seconds
        self._scoring = scoring
        if self._open:
            self._recogniser = vosk.KaldiRecognizer(model, RATE)
        else:
            entries = list(dict.fromkeys(" ".join(one.words) for one in fitted))
            entries += [UNKNOWN] * scoring.unknown_weight
            self._recogniser = vosk.KaldiRecognizer(model, RATE, json.dumps(entries, ensure_ascii=False))
        self._recogniser.SetMaxAlternatives(ALTERNATIVES)
        self._recogniser.SetWords(True)
        self._heard: list[dict[str, Any]] = []
        self._margins: list[float] = []
        self._quiet = 0.0
        self.evidence: Evidence | None = None
        """What the last score was made of."""

    @property
    def partial(self) -> str:
        said = [one["word"] for one in self._heard]
        text = str(json.loads(self._recogniser.PartialResult()).get("partial", ""))
        return " ".join([*said, text]).replace(UNKNOWN, "").strip()

    def feed(self, pcm: bytes) -> Recognised | None:
        ended = self._recogniser.AcceptWaveform(pcm)
        seconds = len(pcm) / 2 / RATE
        if ended:
            spoke = self._take(json.loads(self._recogniser.Result()))
            # the model's own pause is over; a longer one may have been asked for
            self._quiet = self._scoring.pause_seconds if spoke else self._quiet + seconds
        elif self._heard:
            still_quiet = not json.loads(self._recogniser.PartialResult()).get("partial")
            self._quiet = self._quiet + seconds if still_quiet else 0.0
        if self._heard and self._quiet >= self._wait:
            return self._result()
        return None

    def finish(self) -> Recognised | None:
        self._take(json.loads(self._recogniser.FinalResult()))
        return self._result() if self._heard else None

    def close(self) -> None:
        self._recogniser = None

    def _take(self, raw: dict[str, Any]) -> bool:
        """Keep one part of an utterance; False if nothing was said in it."""
        readings = [one for one in raw.get("alternatives", []) if one.get("text")]
        if not readings or not readings[0].get("result"):
            return False
        best = readings[0]
        self._heard += best["result"]
        choice = self._choose(best["text"].split())
        others = [one["confidence"] for one in readings[1:] if self._choose(one["text"].split()) != choice]
        self._margins.append(best["confidence"] - max(others) if others else self._scoring.widest_margin)
        return True

    def _choose(self, heard: list[str]) -> str:
        """What these words come to; '' for none."""
        if self._open:
            return " ".join(word for word in heard if word != UNKNOWN)
        choice = choose(heard, self._fitted)
        return choice.text if choice else ""

    def _result(self) -> Recognised | None:
        words, margins = self._heard, self._margins
        self._heard, self._margins, self._quiet = [], [], 0.0
        heard = [one["word"] for one in words]
        listed = tuple(HeardWord(one["word"], float(one["start"]), float(one["end"]), 1.0) for one in words)
        if self._open:
            said = [word for word in heard if word != UNKNOWN]
            choice = Choice(" ".join(said), len(said) == len(heard), 0, len(heard)) if said else None
        else:
            choice = choose(heard, self._fitted)
        if choice is None:
            spoken = sum(one["end"] - one["start"] for one in words)
            return Recognised("unclear", words=listed) if spoken >= UNCLEAR_SECONDS else None
        self.evidence = Evidence(
            margin=min(margins),
            seconds=words[choice.last - 1]["end"] - words[choice.first]["start"],
            words=choice.last - choice.first,
            alone=choice.alone,
        )
        return Recognised("heard", choice.text, self._scoring.score(self.evidence), listed)
