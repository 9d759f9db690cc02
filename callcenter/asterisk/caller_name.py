"""A caller's whole name: Asterisk keeps 79 bytes of it, the SIP message has all."""

from __future__ import annotations

import re

from callcenter.asterisk.agi_server import AgiGone, AgiSession, AgiTimeout

#: a name this long, in bytes, may have been cut, also in the middle of a character
MAYBE_CUT_BYTES = 76
LONGEST_NAME = 1000
ASK_SECONDS = 2.0
FROM_HEADER = "${PJSIP_HEADER(read,From)}"

_QUOTED = re.compile(r'\s*"((?:[^"\\]|\\.)*)"\s*<')


def name_of_header(header: str) -> str:
    """The quoted name of a From header, as written there; empty when there is none."""
    match = _QUOTED.match(header)
    return match[1] if match else ""


async def whole_name(session: AgiSession) -> str:
    """The name of a SIP caller as written in his message. Only a long one is asked for."""
    cut = session.env.get("agi_calleridname", "")
    if len(cut.encode()) < MAYBE_CUT_BYTES:
        return cut
    try:
        reply = await session.command("GET FULL VARIABLE", FROM_HEADER, deadline=ASK_SECONDS)
    except (AgiGone, AgiTimeout):
        return cut
    name = name_of_header(reply.data or "")
    # a trunk may have given another name elsewhere in the message: then that one counts
    return name[:LONGEST_NAME] if name.startswith(cut.rstrip("\ufffd")) else cut
