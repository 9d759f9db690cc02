"""From what an engine found to a score between 0 and 100.

The score is a logistic curve over what separates choices from other speech. Its coefficients were chosen by
hand
after looking at the measured ones (`python -m benchmarks.bench_speech --fit`), which differed too much from
language to language: the score orders answers, it is no probability. A model folder may bring its own in
`callcenter.json`.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of an utterance."""

    margin: float
    """How much better the best reading is than the next other one (log likelihood); 0: a tie."""
    seconds: float
    """How long the choice took."""
    words: int
    alone: bool
    """Nothing else was said."""


@dataclass(frozen=True, slots=True)
class Scoring:
    """The curve of a model."""

    base: float = -1.0
    per_margin: float = 0.45
    per_word_second: float = 0.0
    alone: float = 1.0
    most_among: int = 75
    """No more than this for a choice among other words: "I do not know" ends like "no"."""
    widest_margin: float = 12.0
    """What is taken when there was no other reading."""
    unknown_weight: int = 1
    """How often `[unk]` stands in a grammar: more makes choices harder."""
    pause_seconds: float = 0.5
    """The silence after which the model itself ends an utterance."""

    @classmethod
    def of_model(cls, folder: Path) -> Scoring:
        """Read from `callcenter.json` in the model's folder; the default curve if there is none.

        Unknown members are ignored. Raises ValueError for a file that is not what it should be.
        """
        file = folder / "callcenter.json"
        if not file.is_file():
            return cls()
        try:
            raw = json.loads(file.read_text(encoding="utf-8"))["scoring"]
            known = {field.name: raw[field.name] for field in fields(cls) if field.name in raw}
            return cls(**{name: type(getattr(cls(), name))(value) for name, value in known.items()})
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{file} is no scoring file: {error}") from error

    def score(self, evidence: Evidence) -> int:
        """0 to 100."""
        per_word = evidence.seconds / max(1, evidence.words)
        logit = (
            self.base
            + self.per_margin * min(evidence.margin, self.widest_margin)
            + self.per_word_second * min(per_word, 0.5)
            + (self.alone if evidence.alone else 0.0)
        )
        score = round(100 / (1 + math.exp(-max(-30.0, min(30.0, logit)))))
        return score if evidence.alone else min(score, self.most_among)
