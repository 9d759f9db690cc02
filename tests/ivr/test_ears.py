"""Words that the recogniser cannot hear are found by the checker, not by a caller."""

from __future__ import annotations

from pathlib import Path

from callcenter.ivr.check import parse_flow
from callcenter.speech.recognition.service import OWN_MODELS
from callcenter.speech.recognition.vocabulary import Vocabulary

FLOW = """\
version: 1
name: {zh-CN: 语音, en: Speech}
language: en
start: what
nodes:
  what:
    type: menu
    say: {en: Refund or zeppelin}
    keys:
      "1": {go: bye, words: {en: [refund, zeppelin]}}
    on_timeout: bye
  bye: {type: hangup, say: {en: Good-bye}}
"""


def ears(language: str, phrase: str) -> list[str]:
    return Vocabulary.of_folder(OWN_MODELS / language).unknown_words(phrase)


def test_a_word_the_model_does_not_know_is_shown_at_its_place() -> None:
    flow, problems = parse_flow(FLOW.encode(), Path("speech.yaml"), ears=ears)
    assert flow is not None, "it is a warning: keys work all the same"
    [problem] = [p for p in problems if "recogniser" in p.message]
    assert (problem.line, problem.column) == (10, 43)
    assert "'zeppelin'" in problem.message and problem.severity == "warning"


def test_without_a_model_words_are_not_checked() -> None:
    assert not any("recogniser" in p.message for p in parse_flow(FLOW.encode(), Path("speech.yaml"))[1])
