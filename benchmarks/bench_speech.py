"""How well, how fast and how cautiously callers are understood, by engine.

    python -m benchmarks.bench_speech [--language en] [--engine vosk] [--model FOLDER] [--quick] [--fit]

Synthetic voices that were not used in training say digits, numbers, yes or no, ten menu words, and
what is none of
these, over a telephone line (8 kHz ulaw, 300 to 3,400 Hz, half of the calls with noise 20 dB below the
voice). No
human voice was tried. `--fit` says the same with other voices, and prints the curve of the score and
what each threshold would cost.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.speech_cases import PIECE, RATE, Case, Voice, cases, flite_voices, on_the_line, speak, voices
from callcenter.speech.recognition.port import EngineMissing, Recognised, Recogniser, SpokenGrammar
from callcenter.speech.recognition.scoring import Evidence, Scoring
from callcenter.speech.recognition.service import OWN_MODELS, SURE, UNSURE
from callcenter.speech.recognition.worker import load

NUMBER_END = 0.9
"""Numbers are said with pauses."""


@dataclass
class Outcome:
    """One utterance."""

    case: Case
    voice: Voice
    result: Recognised | None
    delay: float
    """From the end of speech to the result, in seconds of the call and of computing."""
    busy: float
    seconds: float
    evidence: Evidence | None = None

    @property
    def right(self) -> bool:
        """The words are right, whatever the score."""
        return self.result is not None and self.result.text == self.case.wanted != ""

    @property
    def score(self) -> int:
        return self.result.score if self.result is not None and self.result.text else 0


def hear(recogniser: Recogniser, language: str, case: Case, voice: Voice, folder: Path, seed: int) -> Outcome:
    """Say one case to an engine."""
    line, spoken = on_the_line(speak(case.text, voice, folder), voice.noise, seed)
    end = NUMBER_END if case.group == "numbers" else 0.5
    hearing = recogniser.open(SpokenGrammar(language, case.grammar, end))
    busy, result, at = 0.0, None, 0.0
    for start in range(0, len(line), PIECE):
        begun = time.process_time()
        result = hearing.feed(line[start : start + PIECE])
        took = time.process_time() - begun
        busy += took
        at = min(len(line), start + PIECE) / 2 / RATE + took
        if result is not None:
            break
    if result is None:
        result = hearing.finish()
    hearing.close()
    evidence = getattr(hearing, "evidence", None)
    return Outcome(case, voice, result, at - spoken, busy, at, evidence)


@dataclass
class Tally:
    """One row of the table."""

    name: str
    outcomes: list[Outcome] = field(default_factory=list)

    def accuracy(self) -> str:
        right = sum(one.right for one in self.outcomes)
        return f"{100 * right / len(self.outcomes):.1f} %"

    def cells(self) -> list[str]:
        inside = [one for one in self.outcomes if one.case.wanted]
        count = len(self.outcomes)
        real_time = sum(one.busy for one in self.outcomes) / sum(one.seconds for one in self.outcomes)
        if not inside:
            sure = sum(one.score >= SURE for one in self.outcomes)
            asked = sum(UNSURE <= one.score < SURE for one in self.outcomes)
            return [self.name, str(count), "", "", "", "", f"{sure} = {100 * sure / count:.1f} %",
                    f"{asked} = {100 * asked / count:.1f} %", "", f"{real_time:.3f}"]  # fmt: skip
        right = [one for one in inside if one.right]
        taken = sum(one.score >= SURE for one in right)
        asked = sum(UNSURE <= one.score < SURE for one in right)
        wrong = sum(not one.right and one.score >= SURE for one in inside)
        delays = [one.delay for one in right]
        delay = (
            f"{statistics.median(delays):.2f} / {sorted(delays)[int(0.95 * len(delays))]:.2f}"
            if delays
            else "-"
        )
        return [
            self.name, str(count), f"{100 * len(right) / count:.1f} %", f"{100 * taken / count:.1f} %",
            f"{100 * asked / count:.1f} %", f"{100 * wrong / count:.1f} %", "", "", delay, f"{real_time:.3f}",
        ]  # fmt: skip


def tell(title: str, outcomes: Sequence[Outcome], console: Console) -> None:
    """The table of one engine and language."""
    table = Table(title=title, title_justify="left")
    for heading in ("said", "calls", "right words", f"taken (score ≥ {SURE})", f"asked back (≥ {UNSURE})",
                    "wrong and taken", "outside, taken", "outside, asked back", "delay s median / 95 %",
                    "real-time factor"):  # fmt: skip
        table.add_column(heading, justify="left" if heading == "said" else "right")
    for group in dict.fromkeys(one.case.group for one in outcomes):
        table.add_row(*Tally(group, [one for one in outcomes if one.case.group == group]).cells())
    console.print(table)


def run(
    engine: str, language: str, model: str, who: Iterable[Voice], folder: Path, step: int = 1
) -> list[Outcome]:
    """All cases by all voices; one in `step` of them. Raises EngineMissing."""
    recogniser = load(engine, language, model)
    lot = random.Random(1)
    outcomes = []
    seed = 0
    for voice in who:
        for case in cases(language):
            seed += 1
            if lot.random() < 1 / step:
                outcomes.append(hear(recogniser, language, case, voice, folder, seed))
    return outcomes


# -- the score -----------------------------------------------------------------------------------------------


def thresholds(outcomes: Sequence[Outcome], console: Console) -> None:
    """What each threshold would cost."""
    inside = [one for one in outcomes if one.case.wanted]
    outside = [one for one in outcomes if not one.case.wanted]
    table = Table(title="what a threshold costs", title_justify="left")
    for heading in ("score ≥", "right words taken", "wrong words taken", "outside taken"):
        table.add_column(heading, justify="right")
    for level in (1, 10, 20, 30, 40, 50, 60, 70, 80, 85, 90, 95, 98):
        right = sum(one.right and one.score >= level for one in inside)
        wrong = sum(not one.right and one.score >= level for one in inside)
        false = sum(one.score >= level for one in outside)
        table.add_row(str(level), f"{100 * right / len(inside):.1f} %", f"{100 * wrong / len(inside):.1f} %",
                      f"{100 * false / max(1, len(outside)):.1f} %")  # fmt: skip
    console.print(table)


def fitted_curve(
    rows: Sequence[tuple[Sequence[float], bool]], rounds: int = 3000, pace: float = 0.5
) -> list[float]:
    """Logistic regression by gradient: the offset, then a weight for each feature."""
    count = len(rows[0][0])
    means = [statistics.fmean(row[0][n] for row in rows) for n in range(count)]
    spreads = [statistics.pstdev([row[0][n] for row in rows]) or 1.0 for n in range(count)]
    scaled = [
        ([1.0, *((v - m) / s for v, m, s in zip(row, means, spreads, strict=True))], right)
        for row, right in rows
    ]
    weights = [0.0] * (count + 1)
    for _ in range(rounds):
        slope = [0.0] * (count + 1)
        for row, right in scaled:
            logit = sum(w * v for w, v in zip(weights, row, strict=True))
            gap = float(right) - 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
            for n, value in enumerate(row):
                slope[n] += gap * value
        weights = [w + pace * (s / len(scaled) - 0.0005 * w) for w, s in zip(weights, slope, strict=True)]
    plain = [weight / spread for weight, spread in zip(weights[1:], spreads, strict=True)]
    return [weights[0] - sum(w * m for w, m in zip(plain, means, strict=True)), *plain]


def tell_curve(outcomes: Sequence[Outcome], console: Console) -> None:
    """The curve that fits best what was heard: for callcenter.json in the model's folder."""
    widest = Scoring().widest_margin
    rows: list[tuple[Sequence[float], bool]] = []
    for one in outcomes:
        found = one.evidence
        if found is not None and one.result is not None and one.result.text:
            per_word = min(found.seconds / max(1, found.words), 0.5)
            rows.append(([min(found.margin, widest), per_word, float(found.alone)], one.right))
    if len({right for _, right in rows}) == 2:
        weights = fitted_curve(rows)
        names = ("base", "per_margin", "per_word_second", "alone")
        console.print({name: round(value, 3) for name, value in zip(names, weights, strict=True)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--language", choices=["en", "zh-CN"])
    parser.add_argument("--engine", choices=["vosk", "pocketsphinx"])
    parser.add_argument("--model", default="", help="a vosk model folder (default: ours)")
    parser.add_argument("--quick", action="store_true", help="one call in seven")
    parser.add_argument(
        "--fit", action="store_true", help="the score's thresholds, with voices kept for that"
    )
    options = parser.parse_args()
    console = Console(width=160)
    os.nice(5)
    with tempfile.TemporaryDirectory(prefix="bench-speech-") as kept:
        folder = Path(os.environ.get("BENCH_SPEECH_SOUNDS", kept))
        folder.mkdir(parents=True, exist_ok=True)
        for language in [options.language] if options.language else ["en", "zh-CN"]:
            for engine in [options.engine] if options.engine else ["vosk", "pocketsphinx"]:
                if engine == "pocketsphinx" and language != "en":
                    continue
                model = options.model or str(OWN_MODELS / language)
                step = 7 if options.quick else 1
                try:
                    outcomes = run(engine, language, model, voices(language, fit=options.fit), folder, step)
                    tell(f"{engine}, {language}, espeak-ng voices", outcomes, console)
                    if options.fit:
                        tell_curve(outcomes, console)
                        thresholds(outcomes, console)
                    elif language == "en":
                        others = run(engine, language, model, flite_voices(), folder, step)
                        tell(f"{engine}, {language}, voices of another synthesiser (flite)", others, console)
                except EngineMissing as error:
                    console.print(f"{engine}, {language}: {error}")
                except FileNotFoundError as error:
                    console.print(f"{engine}, {language}: {error.filename} is not installed; left out")


if __name__ == "__main__":
    main()
