"""Which kinds of Asterisk's threads the time goes to."""

from __future__ import annotations

import re

from callcenter.asterisk.local_server import LocalAsterisk

OWN = "the calls' own threads"


async def thread_names(pbx: LocalAsterisk) -> dict[int, str]:
    """What Asterisk calls its threads, by the kernel's number."""
    found = {}
    for line in (await pbx.rx("core show threads")).splitlines():
        match = re.match(r"\S+\s+(\d+)\s+(\S+)\s+started at \[\s*\d+\]\s+(\S+)", line)
        if match:
            found[int(match[1])] = f"{match[2]} ({match[3]})"
    return found


def by_kind(
    first: dict[int, float], last: dict[int, float], names: dict[int, str], total: float
) -> dict[str, float]:
    """Seconds by kind of thread; what ended within the window were the calls' own threads."""
    kinds: dict[str, float] = {}
    for thread, seconds in last.items():
        kind = names.get(thread, "unnamed")
        kinds[kind] = kinds.get(kind, 0.0) + seconds - first.get(thread, 0.0)
    own = [kind for kind in kinds if kind.startswith(("pbx_thread", "unnamed", "agi", "bridge"))]
    rest = total - sum(kinds.values())
    kinds[OWN] = rest + sum(kinds.pop(kind) for kind in own)
    return kinds
