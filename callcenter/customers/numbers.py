"""Callers' numbers: one form for the file, one for people, and where they are from."""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

LONGEST = 60  # characters of an ANI that are looked at
SHORTEST = 3  # digits of a number that can belong to somebody


@dataclass(frozen=True, slots=True)
class Number:
    """An ANI, read once for all who ask."""

    e164: str
    display: str
    parsed: PhoneNumber | None  # None for what is no telephone number


def normalise(ani: str, country: str) -> str:
    """The number in E.164; an inside number's digits as they are; '' for anonymous or unreadable callers."""
    return read(ani, country).e164


def display(ani: str, country: str) -> str:
    """The number as people write it, national within the center's own country."""
    return read(ani, country).display


@lru_cache(maxsize=20_000)
def read(ani: str, country: str) -> Number:
    """An ANI as a trunk sent it. `country` is that of the center, such as CN."""
    parsed = _parse(ani, country)
    if parsed is None:
        digits = _digits(ani)
        inside = SHORTEST <= len(digits) <= 15 and digits == _bare(ani)
        shown = "".join(char for char in ani[:LONGEST] if char.isprintable())
        return Number(digits if inside else "", shown, None)
    own = parsed.country_code == phonenumbers.country_code_for_region(country)
    written = PhoneNumberFormat.NATIONAL if own else PhoneNumberFormat.INTERNATIONAL
    return Number(
        f"+{parsed.country_code}{phonenumbers.national_significant_number(parsed)}",
        phonenumbers.format_number(parsed, written),
        parsed,
    )


def region(ani: str, country: str, language: str) -> str:
    """Where the number is from, such as 北京市; '' when unknown or before `load_geography`."""
    return _region(ani, country, language) if "phonenumbers.geocoder" in sys.modules else ""


def load_geography() -> None:
    """Load where numbers are from: half a second and 60 MB, so not when the first call is there."""
    from phonenumbers import geocoder

    geocoder.description_for_number(phonenumbers.parse("+8613800138000"), "zh")


@lru_cache(maxsize=20_000)
def _region(ani: str, country: str, language: str) -> str:
    from phonenumbers import geocoder

    parsed = read(ani, country).parsed
    return "" if parsed is None else str(geocoder.description_for_number(parsed, language.split("-")[0]))


def _parse(ani: str, country: str) -> PhoneNumber | None:
    text = _bare(ani)
    if not text or len(text) > LONGEST:
        return None
    try:
        parsed = phonenumbers.parse(text, country)
    except NumberParseException:
        return None
    return parsed if phonenumbers.is_possible_number(parsed) else None


def _bare(ani: str) -> str:
    """Without what trunks put around a number: sip: and tel:, hosts, spaces, brackets; in plain digits."""
    text = unicodedata.normalize("NFKC", ani[:LONGEST]).strip()
    for scheme in ("sips:", "sip:", "tel:"):
        text = text.removeprefix(scheme)
    text = text.split("@")[0].split(";")[0]
    return "".join(char for char in text if char not in " -.()/")


def _digits(ani: str) -> str:
    return "".join(char for char in _bare(ani) if char in "0123456789")
