"""Writing names and numbers into SIP so that they mean what was meant."""

from __future__ import annotations

from urllib.parse import quote

_URI_USER_SAFE = "-_.!~*'()&=+$,;?/"


def quoted_name(name: str) -> str:
    r"""A display name as a SIP quoted string.

    SIP knows no line break inside a header's value: each becomes a blank, as every other control character.
    """
    calm = "".join(" " if ord(sign) < 32 or ord(sign) == 127 else sign for sign in name)
    return '"' + calm.replace("\\", "\\\\").replace('"', '\\"') + '"'


def from_value(ani: str, name: str, host: str = "127.0.0.1") -> str:
    """The value of a From header without its tag. No number: an anonymous caller."""
    user = quote(ani, safe=_URI_USER_SAFE) if ani else "anonymous"
    shown = quoted_name(name) + " " if name else ""
    return f"{shown}<sip:{user}@{host}>"
