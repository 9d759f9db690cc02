"""What callers in line are told, in their language, with the values of the moment. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from callcenter.calls.waiting_plan import Item
from callcenter.center.base import LANGUAGES, Language
from callcenter.center.model import Center
from callcenter.center.waiting_model import Announcements, Offer, Waiting
from callcenter.ivr.steps import Utterance
from callcenter.speech import phrases
from callcenter.speech.reading import duration, read

COARSE_FROM, COARSE = 10, 5
"""From so many steps on a wait is rounded so many times as coarsely: `about seventeen minutes` pretends."""
_KEY_NAMES = {"*": {"zh-CN": "星号键", "en": "star"}, "#": {"zh-CN": "井号键", "en": "pound"}}


def rounded_wait(said: Announcements, seconds: float | None) -> int | None:
    """The wait as it is said: rounded, None when it is not to be said."""
    if seconds is None or not said.wait or not said.wait_at_least <= seconds <= said.wait_at_most:
        return None
    step = said.rounded_to
    if round(seconds / step) >= COARSE_FROM:
        step *= COARSE
    return max(1, round(seconds / step)) * step


def said_position(said: Announcements, position: int) -> int | None:
    """The position as it is said; None when it is not to be said."""
    return position if said.position and 1 <= position <= said.position_at_most else None


def announcement(position: int | None, wait: int | None, language: str) -> tuple[Utterance, ...]:
    """`You are third in line. We expect to answer you in about two minutes.`"""
    texts = []
    if position == 1:
        texts.append(phrases.text(phrases.YOU_ARE_NEXT, language))
    elif position is not None:
        texts.append(phrases.filled(phrases.YOUR_POSITION, language, read(position, "ordinal", language)))
    if wait is not None:
        texts.append(phrases.filled(phrases.EXPECTED_WAIT, language, duration(wait, language)))
    return tuple(Utterance(text, language=language) for text in texts)


def offered(key: str, offer: Offer, language: str, default: str, folder: Path) -> tuple[Utterance, ...]:
    """An offer, in the center's words or the engine's own."""
    if own := _heard(offer.say, offer.audio, language, default, folder):
        return own
    phrase = phrases.CALLBACK_OFFERED if offer.offer == "callback" else phrases.VOICEMAIL_OFFERED
    name = _KEY_NAMES[key][language] if key in _KEY_NAMES else read(key, "number", language)
    return (Utterance(phrases.filled(phrase, language, name), language=language),)


def words(waiting: Waiting, item: Item, language: str, default: str, folder: Path) -> tuple[Utterance, ...]:
    """An offer or a message. Announcements have values: see `announcement`."""
    if item.what == "offer":
        return offered(item.which, waiting.offers[item.which], language, default, folder)
    assert waiting.messages is not None
    message = waiting.messages.items[int(item.which)]
    return _heard(message.say, message.audio, language, default, folder)


def all_words(center: Center, folder: Path) -> Iterator[Utterance]:
    """All that callers of any queue may hear in line, for rendering it before somebody waits for it."""
    for queue in center.queues.values():
        for language in LANGUAGES:
            yield from _of_queue(queue.waiting, language, center.default_language, folder)


def _of_queue(waiting: Waiting, language: str, default: str, folder: Path) -> Iterator[Utterance]:
    if (said := waiting.announce) is not None:
        if said.position:
            for position in range(1, said.position_at_most + 1):
                yield from announcement(position, None, language)
        for wait in waits(said):
            yield from announcement(None, wait, language)
    for key, offer in waiting.offers.items():
        yield from offered(key, offer, language, default, folder)
        if offer.offer == "voicemail":
            yield Utterance(phrases.text(phrases.LEAVE_A_MESSAGE, language), language=language)
    if (messages := waiting.messages) is not None:
        for index in range(len(messages.items)):
            yield from words(waiting, Item("message", str(index)), language, default, folder)


def waits(said: Announcements) -> list[int]:
    """Every wait that may be said."""
    if not said.wait:
        return []
    step = said.rounded_to / 2  # rounding changes at halves
    halves = [n * step for n in range(int(said.wait_at_most / step) + 2)]
    edges = [said.wait_at_least, said.wait_at_most]
    near = [at + more for at in (*halves, *edges) for more in (-0.001, 0.0, 0.001)]
    return sorted({wait for at in near if (wait := rounded_wait(said, at)) is not None})


def _heard(
    say: Mapping[Language, str], audio: Mapping[Language, str], language: str, default: str, folder: Path
) -> tuple[Utterance, ...]:
    """In a language; where it lacks, in the center's own, or in any. A sound with its text behind it."""
    for choice in (language, default, *say, *audio):
        text = say.get(choice, "").strip()  # type: ignore[call-overload]
        sound = audio.get(choice, "")  # type: ignore[call-overload]
        if text or sound:
            return (Utterance(text, str(folder / sound) if sound else "", str(choice)),)
    return ()
