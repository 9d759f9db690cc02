"""Chinese text for espeak-ng's pinyin voice: a syllable with its tone a character, Latin letters apart.

Left alone, the voice knows one reading of each character and takes Latin letters for pinyin: 银行 becomes
yín xíng, "WiFi" nonsense. pypinyin knows the words, and Latin letters are given to the English voice.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial
from html import escape

PINYIN_VOICE = "cmn-latn-pinyin"

# Words of the telephone that pypinyin's dictionary lacks.
_WORDS = {
    "还款": "huán kuǎn", "还清": "huán qīng", "应还": "yīng huán", "待还": "dài huán", "未还": "wèi huán",
    "会儿": "huì er", "一会儿": "yí huì er", "一月": "yī yuè", "应付": "yìng fù", "长按": "cháng àn",
    "重拨": "chóng bō", "重听": "chóng tīng", "重播": "chóng bō", "重说": "chóng shuō", "重录": "chóng lù",
    "行号": "háng hào", "开户行": "kāi hù háng", "分行": "fēn háng", "支行": "zhī háng",
    "拨打的": "bō dǎ de", "打的": "dǎ de",
}  # fmt: skip
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+")
_LATIN = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ](?:[A-Za-zÀ-ÖØ-öø-ÿ'&., -]*[A-Za-zÀ-ÖØ-öø-ÿ.])?")
_CAPITALS = re.compile(r"\b[A-Z]{2,5}\b")
_SYLLABLE = re.compile("[a-z]*[aeiouv][a-z]*[1-5]")


def pinyin_markup(text: str, voice: str, english_voice: str) -> str:
    """SSML for espeak-ng -m. `voice` is the pinyin voice, perhaps with a variant (cmn-latn-pinyin+f2)."""
    parts: list[tuple[str, str]] = []  # the voice and what it says
    at = 0
    for found in _LATIN.finditer(text):
        parts.append((voice, _syllables(text[at : found.start()])))
        parts.append((english_voice, escape(_CAPITALS.sub(_letters, found[0]), quote=False)))
        at = found.end()
    parts.append((voice, _syllables(text[at:])))
    if len(parts) == 1:
        return parts[0][1]
    # After a voice element espeak-ng goes on in another Chinese voice, so each part names its own.
    return "".join(f'<voice name="{escape(by)}">{said}</voice>' for by, said in parts if said.strip())


def _letters(found: re.Match[str]) -> str:
    """VIP, APP: letter by letter. A before another letter would be said as the article."""
    return " ".join("eigh" if letter == "A" else letter for letter in found[0])


def _syllables(text: str) -> str:
    return _HAN.sub(lambda found: f" {' '.join(_read(found[0]))} ", escape(text, quote=False)).strip()


def _read(characters: str) -> list[str]:
    syllables = _dictionary()(characters)
    if len(syllables) != len(characters):
        return [characters]
    return [
        syllable if _SYLLABLE.fullmatch(syllable) else character
        for character, syllable in zip(characters, syllables, strict=True)
    ]


@lru_cache(1)
def _dictionary() -> Callable[[str], list[str]]:
    # imported when first needed: it takes 200 ms, and only speaking needs it
    from pypinyin import Style, lazy_pinyin, load_phrases_dict

    load_phrases_dict({word: [[part] for part in said.split()] for word, said in _WORDS.items()})
    return partial(lazy_pinyin, style=Style.TONE3, neutral_tone_with_five=True)
