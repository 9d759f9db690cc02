"""Agents' phones: from our own data to ``pjsip_agents.conf``, and Asterisk told of it.

The file is made from the phones alone, always in the same order, so an unchanged center writes nothing and
reloads nothing. What may stand in a value of an Asterisk file is decided here, once.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from callcenter.telephony.switch import Phone

RELOAD_MODULE = "res_pjsip.so"
"""The module to reload (AMI: ``Action: Reload``, ``Module: res_pjsip.so``). Calls and registrations stay."""

LONGEST_NAME_BYTES = 79
"""Asterisk cuts a caller id's name here."""
LONGEST_SECRET_BYTES = 128

_EXTENSION = re.compile(r"[0-9]{2,15}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")

_HEAD = """\
; Written by callcenter from its own list of agents: changes made here are lost.

"""


class PhoneRefused(ValueError):
    """A phone's data cannot be written so that Asterisk reads the same back; the text names the phone."""


def escape_value(text: str) -> str:
    """Write a value so that Asterisk's file reader gives exactly `text` back.

    Only ``;`` has a meaning inside a value. Raises ValueError for what no notation can carry: line breaks
    and control characters, blanks at either end, a leading ``>`` (``key => value`` is Asterisk's own).
    """
    if _CONTROL.search(text):
        raise ValueError("holds a line break or a control character")
    if text != text.strip():
        raise ValueError("begins or ends with a blank")
    if not text:
        raise ValueError("is empty")
    if text.startswith(">"):
        raise ValueError("begins with '>'")
    return text.replace(";", "\\;")


def quote_caller_id(name: str, number: str) -> str:
    """A caller id as Asterisk writes it: ``"name" <number>``, quotes and backslashes escaped."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{number}>'


def render_phone(phone: Phone) -> str:
    """One phone's part of the file: endpoint, sign-in and place. Raises PhoneRefused."""
    if not _EXTENSION.fullmatch(phone.extension):
        raise PhoneRefused(f"phone {phone.extension!r}: an extension is 2 to 15 digits")
    number = phone.extension
    try:
        if len(phone.secret.encode()) > LONGEST_SECRET_BYTES:
            raise ValueError(f"is longer than {LONGEST_SECRET_BYTES} bytes")
        secret = escape_value(phone.secret)
    except ValueError as error:
        raise PhoneRefused(f"phone {number}: its secret {error}") from None
    try:
        name = escape_value(phone.display_name)
        if len(phone.display_name.encode()) > LONGEST_NAME_BYTES:
            raise ValueError(f"is longer than {LONGEST_NAME_BYTES} bytes")
        name = escape_value(quote_caller_id(phone.display_name, number))
    except ValueError as error:
        raise PhoneRefused(f"phone {number}: its name {error}") from None
    kind = "callcenter-browser" if phone.webrtc else "callcenter-phone"
    return (
        f"[{number}]({kind})\nauth = {number}\naors = {number}\ncallerid = {name}\n"
        f"[{number}](callcenter-login)\nusername = {number}\npassword = {secret}\n"
        f"[{number}](callcenter-place)\n\n"
    )


def render_phones(phones: Iterable[Phone]) -> str:
    """The whole file, in order of extension. Raises PhoneRefused, also when an extension is given twice."""
    known: dict[str, Phone] = {}
    for phone in phones:
        if phone.extension in known:
            raise PhoneRefused(f"phone {phone.extension}: two agents have this extension")
        known[phone.extension] = phone
    ordered = sorted(known.values(), key=lambda phone: (len(phone.extension), phone.extension))
    return _HEAD + "".join(render_phone(phone) for phone in ordered)


async def provision(phones: Iterable[Phone], file: Path, reload: Callable[[], Awaitable[None]]) -> bool:
    """Make Asterisk know exactly these phones; True if something changed.

    Writes and reloads only when the content differs. If the reload fails, the old file is put back, so that
    the next attempt is not taken for unchanged, and the failure is raised. Raises PhoneRefused before
    anything is touched.
    """
    text = render_phones(phones)
    before = await asyncio.to_thread(_replace, file, text)
    if before == text:
        return False
    try:
        await reload()
    except BaseException:
        _put_back(file, before)
        raise
    return True


def _replace(file: Path, text: str) -> str | None:
    """Write the file if it differs; returns what was there before."""
    before = file.read_text(encoding="utf-8") if file.exists() else None
    if before != text:
        write_atomically(file, text)
    return before


def _put_back(file: Path, before: str | None) -> None:
    if before is None:
        file.unlink(missing_ok=True)
    else:
        write_atomically(file, before)


def write_atomically(file: Path, text: str, mode: int = 0o640) -> None:
    """Replace a file in one step. It keeps its owner; a new one gets its folder's group, Asterisk's."""
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape", newline="") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        keep = file.stat() if file.exists() else None
        temporary.chmod(keep.st_mode & 0o777 if keep else mode)
        with contextlib.suppress(PermissionError):  # not ours to give away: then Asterisk runs as we do
            os.chown(temporary, keep.st_uid if keep else -1, (keep or file.parent.stat()).st_gid)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
