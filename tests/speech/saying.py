"""Words as callers say them: espeak-ng and sox make ulaw of the telephone's band."""

from __future__ import annotations

import subprocess
from functools import cache

VOICES = {"en": "en-us+f3", "zh-CN": "cmn-latn-pinyin+f3"}
FRAME = 160
"""20 ms, as Asterisk sends them."""


@cache
def said(text: str, language: str = "en", *, before: float = 0.4, after: float = 1.5) -> bytes:
    """Headerless ulaw with a little line noise and silence around."""
    spoken = subprocess.run(
        ["espeak-ng", "-v", VOICES[language], "-s", "160", "--stdout", text], check=True, capture_output=True
    ).stdout
    shape = ["norm", "-6", "highpass", "300", "lowpass", "3400", "pad", str(before), str(after)]
    return subprocess.run(
        ["sox", "-t", "wav", "-", "-r", "8000", "-c", "1", "-t", "ul", "-", *shape],
        input=spoken,
        check=True,
        capture_output=True,
    ).stdout


def frames(sound: bytes) -> list[bytes]:
    """Cut as the wire cuts it."""
    return [sound[start : start + FRAME] for start in range(0, len(sound), FRAME)]
