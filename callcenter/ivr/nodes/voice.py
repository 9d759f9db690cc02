"""Choosing by voice: what was said, how sure that is, and asking again where it is not.

`menu` and `ask` share it. Words are compared as the recogniser gives them: lower case, without spaces in
Chinese. A choice counts when its words, and those of no other choice, were heard.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass

from callcenter.center.model import Language
from callcenter.ivr.fields import ALL_KEYS
from callcenter.ivr.steps import AskKey, Deaf, Listen, Outcome, Pressed, Spoken, Step, Utterance
from callcenter.ivr.visit import Visit
from callcenter.speech import phrases

CONFIRM_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Sayable:
    """One thing that can be chosen."""

    key: str  # '' when only words choose it
    words: Mapping[Language, list[str]]
    name: str  # of the choice


@dataclass(frozen=True, slots=True)
class Chosen:
    """What came of asking. Nothing given: the caller was silent."""

    key: str = ""  # pressed
    name: str = ""  # of the choice that was said
    text: str = ""  # what was heard, understood or not


@dataclass(frozen=True, slots=True)
class Sureness:
    """From which score on words are taken (`sure`), or asked back about (`unsure`)."""

    sure: int
    unsure: int


def plain(text: str, language: str) -> str:
    """Words in one form."""
    words = "".join(c for c in text.lower() if c.isalnum() or c.isspace() or c == "'").split()
    return ("" if language.startswith("zh") else " ").join(words)


def match(text: str, choices: Iterable[Sayable], language: str) -> str:
    """The name of the one choice whose words were said; '' for none or more than one.

    Words inside longer ones do not count (不是 is not 是); words that overlap speak for both (不是的 has 不是
    and 是的), so that nobody is taken for having said yes who did not.
    """
    said = plain(text, language)
    spans = [
        (start, start + len(word), choice.name)
        for choice in choices
        for word in {plain(word, language) for word in choice.words.get(language, [])}  # type: ignore[call-overload]
        for start in _places(word, said, language)
    ]
    names = {name for start, end, name in spans if not any(_inside((start, end), other) for other in spans)}
    return next(iter(names)) if len(names) == 1 else ""


def _places(word: str, said: str, language: str) -> Iterator[int]:
    """Where a phrase was said: in Chinese anywhere, else only as whole words."""
    start = said.find(word) if word else -1
    while start >= 0:
        before, behind = said[:start][-1:], said[start + len(word) :][:1]
        if language.startswith("zh") or (before in ("", " ") and behind in ("", " ")):
            yield start
        start = said.find(word, start + 1)


def _inside(span: tuple[int, int], other: tuple[int, int, str]) -> bool:
    return other[0] <= span[0] and span[1] <= other[1] and other[1] - other[0] > span[1] - span[0]


def ask(
    at: Visit, utterances: tuple[Utterance, ...], choices: list[Sayable], sureness: Sureness, seconds: float
) -> Generator[Step, Outcome, Chosen]:
    """Say it and hear a choice, by voice or key."""
    keys = "".join(key for key in ALL_KEYS if any(choice.key == key for choice in choices))
    words = tuple(
        dict.fromkeys(
            plain(word, "")
            for c in choices
            for word in c.words.get(at.language, [])  # type: ignore[call-overload]
        )
    )
    if not words:
        outcome = yield AskKey(at.node, utterances, keys, seconds)
        return Chosen(key=outcome.key if isinstance(outcome, Pressed) else "")
    outcome = yield Listen(at.node, utterances, words, at.language, keys, seconds)
    if isinstance(outcome, Deaf):
        at.note("ivr.deaf", node=at.node)
        outcome = yield AskKey(at.node, (), keys, seconds)
    if isinstance(outcome, Pressed):
        return Chosen(key=outcome.key)
    if not isinstance(outcome, Spoken) or not outcome.text.strip():
        return Chosen()
    name = match(outcome.text, choices, at.language)
    at.note("ivr.heard", node=at.node, text=outcome.text[:200], score=outcome.score, choice=name)
    if name and outcome.score >= sureness.sure:
        return Chosen(name=name, text=outcome.text)
    if name and outcome.score >= sureness.unsure:
        said = next(w for c in choices if c.name == name for w in c.words.get(at.language, []))  # type: ignore[call-overload]
        if (yield from confirm(at, at.phrase(phrases.DID_YOU_SAY, said))):
            return Chosen(name=name, text=outcome.text)
    return Chosen(text=outcome.text)


def confirm(at: Visit, question: tuple[Utterance, ...]) -> Generator[Step, Outcome, bool]:
    """Ask back; 1 or yes is yes. Silence is no. A pound key still belongs to the digits before, if those were
    as many as could be: then it is asked once more."""
    yes: list[str] = phrases.YES.get(at.language, [])
    no: list[str] = phrases.NO.get(at.language, [])
    choices = [Sayable("1", {at.language: yes}, "yes"), Sayable("2", {at.language: no}, "no")]  # type: ignore[dict-item]
    outcome = yield Listen(at.node, question, tuple(yes + no), at.language, "12", CONFIRM_SECONDS)
    if isinstance(outcome, Pressed) and outcome.key == "#":
        outcome = yield Listen(at.node, question, tuple(yes + no), at.language, "12", CONFIRM_SECONDS)
    if isinstance(outcome, Deaf):
        outcome = yield AskKey(at.node, (), "12", CONFIRM_SECONDS)
    if isinstance(outcome, Pressed):
        return outcome.key == "1"
    return isinstance(outcome, Spoken) and match(outcome.text, choices, at.language) == "yes"
