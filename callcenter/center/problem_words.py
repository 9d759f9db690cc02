"""The checkers' messages and hints in Chinese. Pure.

The checkers speak English; here their sentences are known again and said in Chinese. Names, numbers and
places in them stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from callcenter.center import flow_phrases, queue_phrases, scenario_phrases
from callcenter.center import problem_phrases as phrases

MAX_LENGTH = 1000  # longer ones hold a garbage name of a file: not worth the matching
_HOLE = re.compile(r"<(\w+)>")
_PIECES = frozenset(
    {"language", "reason", "kind", "other"}
)  # what stands in their place has Chinese of its own


@dataclass(frozen=True, slots=True)
class _Phrase:
    """An English sentence with holes, and the Chinese one with the same holes."""

    english: re.Pattern[str]
    sure: tuple[str, ...]  # what must be in a text, looked for before the pattern is tried
    chinese: str

    @classmethod
    def of(cls, english: str, chinese: str) -> _Phrase:
        parts = _HOLE.split(english)  # text, name, text, name, …
        pattern = "".join(
            f"(?P<{part}>.*?)" if index % 2 else re.escape(part) for index, part in enumerate(parts)
        )
        return cls(re.compile(pattern, re.DOTALL), tuple(filter(None, parts[::2])), chinese)

    def said(self, text: str) -> str | None:
        """The Chinese of a text; None when it is another sentence."""
        if not all(part in text for part in self.sure):
            return None
        found = self.english.fullmatch(text)
        if found is None:
            return None
        filling = {
            name: phrases.INSIDE.get(value, value) if name in _PIECES else value
            for name, value in found.groupdict().items()
        }
        return _HOLE.sub(lambda hole: filling.get(hole[1], hole[0]), self.chinese)


def all_phrases() -> Iterator[tuple[str, str]]:
    """Every sentence that is known, in English and in Chinese."""
    tables = (
        phrases.FILES, flow_phrases.FLOWS, scenario_phrases.SCENARIOS, phrases.CENTER,
        queue_phrases.QUEUES, phrases.SETTINGS, phrases.YAML,
    )  # fmt: skip
    for table in tables:
        yield from table
    for english, chinese in phrases.VALUES:
        alone = chinese.removeprefix("的")
        yield english, alone
        yield f"'<key>' {english}", f"'<key>' {chinese}"
        yield f"'<key>' cannot be a key here: {english}", f"'<key>' 不能用作这里的键：{alone}"
    for english, chinese in flow_phrases.EXPRESSIONS:
        yield english, chinese
        yield f"'<expression>' {english}", f"'<expression>' {chinese}"
    for english, chinese in phrases.THINGS.items():
        yield f"{english}: <names>", f"{chinese}：<names>"
        yield f"none is {english} yet", f"{chinese}：还一个都没有"


def _wordiest(phrase: _Phrase) -> int:
    return -sum(map(len, phrase.sure))


# The more of a sentence is words, the earlier it is tried: '<name>' may be anything, also other words.
_PHRASES = tuple(sorted((_Phrase.of(english, chinese) for english, chinese in all_phrases()), key=_wordiest))


def in_chinese(text: str) -> str:
    """A message or hint of a checker in Chinese; as it is when it is not known."""
    if len(text) > MAX_LENGTH:
        return text
    return next((said for phrase in _PHRASES if (said := phrase.said(text)) is not None), text)
