"""What a caller in line was told and chose, in sentences. Pure."""

from __future__ import annotations

from collections.abc import Callable

from callcenter.storage.facts import Fact
from callcenter.storage.projection import number
from callcenter.storage.sentences import Sentence, Teller, get, term

_OFFERS: dict[str, Sentence] = {
    "callback": ("a call-back", "回电"),
    "voicemail": ("leaving a message", "留言"),
}


def _announced(teller: Teller, fact: Fact) -> Sentence:
    place, wait = int(number(fact.data.get("position"))), round(number(fact.data.get("wait")))
    english, chinese = [], []
    if place:
        english.append(f"position {place}")
        chinese.append(f"第 {place} 位")
    if wait:
        minutes, seconds = divmod(wait, 60)
        english.append(f"a wait of about {minutes}:{seconds:02d}")
        chinese.append(f"预计等待约 {minutes} 分" + (f" {seconds} 秒" if seconds else ""))
    return f"Was told: {', '.join(english)}", f"播报：{'，'.join(chinese)}"


def _message(teller: Teller, fact: Fact) -> Sentence:
    which = int(number(fact.data.get("item"))) + 1
    return f"Heard comfort message {which}", f"播放安抚语 {which}"


def _offered(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = term(_OFFERS, get(fact, "offer"))
    return f"Was offered {english} on key {get(fact, 'key')}", f"提示可按 {get(fact, 'key')} {chinese}"


def _taken(teller: Teller, fact: Fact) -> Sentence:
    english, chinese = term(_OFFERS, get(fact, "offer"))
    return f"Pressed {get(fact, 'key')} in line: {english}", f"排队中按 {get(fact, 'key')}：选择{chinese}"


SAY: dict[str, Callable[[Teller, Fact], Sentence]] = {
    "waiting.announced": _announced,
    "waiting.message": _message,
    "waiting.offered": _offered,
    "waiting.taken": _taken,
}
"""How each kind of fact is said."""
