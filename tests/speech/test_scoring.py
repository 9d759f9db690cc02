"""The score: surer where less else could have been said; a model's own curve; nonsense in its file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.speech.recognition.scoring import Evidence, Scoring

NUMBERS = st.floats(-1e6, 1e6)
EVIDENCE = st.builds(Evidence, NUMBERS, st.floats(0, 60), st.integers(0, 40), st.booleans())


@given(EVIDENCE, NUMBERS)
def test_the_score_is_between_0_and_100_and_grows_with_the_margin(evidence: Evidence, margin: float) -> None:
    scoring = Scoring()
    other = Evidence(margin, evidence.seconds, evidence.words, evidence.alone)
    low, high = sorted([evidence, other], key=lambda one: one.margin)
    assert 0 <= scoring.score(low) <= scoring.score(high) <= 100


def test_a_choice_said_alone_counts_more_than_one_among_other_words() -> None:
    alone, among = (Scoring().score(Evidence(3.0, 0.5, 1, alone)) for alone in (True, False))
    assert alone > among


def test_a_model_brings_its_own_curve(tmp_path: Path) -> None:
    assert Scoring.of_model(tmp_path) == Scoring()
    file = tmp_path / "callcenter.json"
    file.write_text(json.dumps({"scoring": {"base": -9, "unknown_weight": 3, "of another version": 1}}))
    own = Scoring.of_model(tmp_path)
    assert own.base == -9.0 and own.unknown_weight == 3 and own.per_margin == Scoring().per_margin


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"scoring": 1}', '{"scoring": {"base": "x"}}', '{"scoring": {"base": null}}']
)
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "callcenter.json").write_text(text)
    with pytest.raises(ValueError, match=r"callcenter\.json"):
        Scoring.of_model(tmp_path)
