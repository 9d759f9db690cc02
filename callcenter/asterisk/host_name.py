"""This machine's own name: Asterisk looks it up at its start and at every call.

If the answer has to time out (a name in no file, a name server out of reach), Asterisk needs five seconds for
each call before it even knocks at our door. A line in /etc/hosts ends that.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from pathlib import Path

SLOW_S = 0.5
LIMIT_S = 2.0
HOSTS = Path("/etc/hosts")

# For those who may not write /etc/hosts: the resolver gives up after one second instead of five.
IMPATIENT = {"RES_OPTIONS": "timeout:1 attempts:1"}


async def lookup_problem(limit_s: float = LIMIT_S) -> str:
    """What is wrong with the lookup of our own name; '' if it resolves fast."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        async with asyncio.timeout(limit_s):
            await loop.getaddrinfo(socket.gethostname(), None)
    except TimeoutError:
        return f"takes more than {limit_s:.0f} s to resolve"
    except OSError as error:
        return f"does not resolve ({error.strerror})"
    took = loop.time() - began
    return f"takes {took:.1f} s to resolve" if took > SLOW_S else ""


def with_host(text: str, name: str) -> str:
    """A hosts file that knows `name`; unchanged if it did already."""
    for line in text.splitlines():
        if name in line.split("#", 1)[0].split()[1:]:
            return text
    end = "" if not text or text.endswith("\n") else "\n"
    return f"{text}{end}127.0.1.1 {name} # callcenter: Asterisk looks this name up at each call\n"


async def mend(say: Callable[[str], None], hosts: Path = HOSTS) -> dict[str, str]:
    """Make the lookup fast if it is not; returns what Asterisk's environment needs for that, if anything."""
    problem = await lookup_problem()
    if not problem:
        return {}
    name = socket.gethostname()
    if os.access(hosts, os.W_OK):
        await asyncio.to_thread(_rewrite, hosts, name)
        say(f"This machine's name '{name}' {problem}: added it to {hosts}, or each call would wait for it.")
        return {}
    say(f"This machine's name '{name}' {problem}; each call may wait. Add '127.0.1.1 {name}' to {hosts}.")
    return IMPATIENT


def _rewrite(hosts: Path, name: str) -> None:
    """In place: in a container /etc/hosts is a mount and cannot be replaced."""
    hosts.write_text(with_host(hosts.read_text(encoding="utf-8"), name), encoding="utf-8")
