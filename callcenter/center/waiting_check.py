"""What is wrong with what callers of a queue are to hear while they wait, with its place in center.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from callcenter.center.base import LANGUAGES, Language
from callcenter.center.model import Center, Queue
from callcenter.center.problems import Problem, Severity, did_you_mean
from callcenter.center.source import Document, Place
from callcenter.center.waiting_model import Offer
from callcenter.speech.spoken import unsayable

LANGUAGE_NAMES: dict[str, str] = {"zh-CN": "Chinese (zh-CN)", "en": "English (en)"}
_SOUNDS = {".wav", ".mp3", ".ogg", ".flac", ".gsm", ".ulaw", ".alaw", ".sln"}


def waiting_problems(doc: Document, center: Center, name: str, folder: Path | None) -> Iterable[Problem]:
    """The problems of one queue. Sound files are looked for in `folder`, unless that is None."""
    queue = center.queues[name]
    place: Place = ("queues", name, "waiting")
    waiting = queue.waiting
    if (said := waiting.announce) is not None:
        here = (*place, "announce")
        if not said.position and not said.wait:
            hint = "set `position` or `wait` to true, or remove `announce`"
            yield doc.problem(here, "nothing is announced", hint, at_key=True)
        if said.wait and said.wait_at_most < said.wait_at_least:
            message = "'wait_at_most' is less than 'wait_at_least': no wait is ever said"
            at = "wait_at_most" if "wait_at_most" in doc.keys(here) else "wait_at_least"
            yield doc.problem((*here, at), message)
        yield from _too_late(doc, here, said.after, queue)
    if (messages := waiting.messages) is not None:
        here = (*place, "messages")
        yield from _too_late(doc, here, messages.after, queue)
        for index, item in enumerate(messages.items):
            one = (*here, "items", index)
            if not item.say and not item.audio:
                yield doc.problem(one, "this message says nothing", "add `say` or `audio`")
            yield from _heard(doc, one, item.say, item.audio, center.default_language, folder)
    yield from _offers(doc, (*place, "offers"), waiting.offers, center, queue, folder)


def _offers(
    doc: Document,
    place: Place,
    offers: Mapping[str, Offer],
    center: Center,
    queue: Queue,
    folder: Path | None,
) -> Iterable[Problem]:
    made: dict[tuple[str, str | None], str] = {}
    for key, offer in offers.items():
        here = (*place, key)
        if offer.offer == "voicemail" and offer.mailbox is None:
            hint = did_you_mean("", center.mailboxes, "mailboxes")
            yield doc.problem(here, "the offer 'voicemail' needs a 'mailbox'", hint, at_key=True)
        elif offer.offer == "voicemail" and offer.mailbox not in doc.keys(("mailboxes",)):
            hint = did_you_mean(str(offer.mailbox), center.mailboxes, "mailboxes")
            yield doc.problem((*here, "mailbox"), f"there is no mailbox '{offer.mailbox}'", hint)
        elif offer.offer == "callback" and offer.mailbox is not None:
            message = "'mailbox' is for the offer 'voicemail' alone"
            yield doc.problem((*here, "mailbox"), message, at_key=True)
        what = (offer.offer, offer.mailbox)
        if what in made:
            message = f"the same is offered on key {made[what]} already"
            yield doc.problem(here, message, "remove one of them", at_key=True)
        made.setdefault(what, key)
        yield from _too_late(doc, here, offer.after, queue)
        yield from _heard(doc, here, offer.say, offer.audio, center.default_language, folder)


def _too_late(doc: Document, place: Place, after: float, queue: Queue) -> Iterable[Problem]:
    if after >= queue.max_wait_seconds:
        message = f"nobody waits so long: 'max_wait_seconds' is {queue.max_wait_seconds:g}"
        at = (*place, "after") if "after" in doc.keys(place) else place
        yield doc.problem(at, message, severity="warning", at_key=at is place)


def _heard(
    doc: Document,
    place: Place,
    say: Mapping[Language, str],
    audio: Mapping[Language, str],
    default: Language,
    folder: Path | None,
) -> Iterable[Problem]:
    """Texts and sounds of one thing: in every language, sayable, there."""
    given = {language for language, text in say.items() if text.strip()} | set(audio)
    for language in LANGUAGES if say or audio else ():
        if language not in given:
            severity: Severity = "error" if language == default else "warning"
            message = f"there is no text in {LANGUAGE_NAMES[language]}"
            where = (*place, "say") if say else (*place, "audio")
            yield doc.problem(where, message, f"add `{language}: …`", severity, at_key=True)
    for language, text in say.items():
        strange = unsayable(text, language)
        if strange:
            message = f"the {LANGUAGE_NAMES[language]} voice cannot say {' '.join(strange[:5])}"
            yield doc.problem((*place, "say", language), message, severity="warning")
    for language, file in audio.items() if folder is not None else ():
        at = (*place, "audio", language)
        root = folder.resolve() if folder is not None else Path()
        path = (root / file).resolve() if "\0" not in file else root
        if not path.is_relative_to(root) or path == root:
            yield doc.problem(at, f"'{file[:80]}' is not inside the folder of the center", "copy it there")
        elif not path.is_file():
            there = [str(p.relative_to(root)) for p in path.parent.glob("*") if p.suffix in _SOUNDS]
            hint = did_you_mean(file, there, "files there") if there else "paths begin at the center file"
            yield doc.problem(at, f"there is no file '{file[:80]}'", hint)
