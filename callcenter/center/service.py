"""The center in force: read at start, changed by `apply`, kept beside the data so that a restart knows it.

The admin edits center.yaml at leisure; nothing of it counts until it is applied. What is in force stands in
a file of our own, so that a broken center.yaml never stops a running center nor its restart.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from callcenter.center.check import parse_center
from callcenter.center.diff import Change, changes
from callcenter.center.model import LANGUAGES, Center, Reason
from callcenter.center.problems import Problem, has_errors
from callcenter.storage.facts import Journal
from callcenter.telephony.clock import Clock

Applied = Callable[[Center], Awaitable[None]]


class CenterBroken(Exception):
    """There is no usable center to start with. Carries the problems."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(p.render() for p in problems))
        self.problems = problems


class CenterService:
    """Implements the web server's `CenterAdmin` port."""

    def __init__(
        self,
        declared: Path,
        in_force: Path,
        *,
        clock: Clock,
        journal: Journal,
        flows: Callable[[], set[str]],
        reasons: Callable[[Center], dict[str, dict[str, str]]],
    ) -> None:
        """`declared` is the admin's file, `in_force` our copy; `flows` are the ids of the flow files there.

        Raises CenterBroken when neither file is usable.
        """
        self._declared = declared
        self._copy = in_force
        self._clock = clock
        self._journal = journal
        self._flows = flows
        self._reasons = reasons
        self.on_applied: Applied | None = None
        self.problems: list[Problem] = []
        self.center, self._text = self._load()
        self._since = clock.now()
        self._by = ""
        self._applying = asyncio.Lock()

    def _load(self) -> tuple[Center, str]:
        found: list[Problem] = []
        for path in (self._copy, self._declared):
            if not path.exists() and path is self._copy:
                continue
            try:
                data = path.read_bytes()
            except OSError as failure:
                hint = "set `center` in callcenter.yaml to your center's file"
                found.append(Problem(str(path), 1, 1, "error", f"can not be read: {failure.strerror}", hint))
                continue
            center, problems = parse_center(data, str(path), self._flows(), self._declared.parent)
            if center is not None:
                if path is self._declared:
                    self._keep(data.decode())
                return center, data.decode()
            found += problems
        raise CenterBroken(found)

    def _keep(self, text: str) -> None:
        self._copy.parent.mkdir(parents=True, exist_ok=True)
        partial = self._copy.with_suffix(".partial")
        partial.write_text(text, encoding="utf-8")
        partial.replace(self._copy)

    def differs(self) -> bool:
        """True when the admin's file says something else than what is in force."""
        try:
            return self._declared.read_text(encoding="utf-8") != self._text
        except (OSError, UnicodeDecodeError):
            return True

    def in_force(self) -> dict[str, Any]:
        """Version, time and author of what is in force, and what was wrong with the last attempt."""
        return {
            "in_force": {
                "version": hashlib.sha256(self._text.encode()).hexdigest()[:12],
                "at": self._since,
                "by": self._by,
                "text": self._text,
            },
            "problems": [p.as_dict() for p in self.problems],
        }

    async def plan(self, text: str) -> dict[str, Any]:
        """What applying this text would change, and what is wrong with it."""
        center, problems = await self._parse(text)
        found = changes(self.center, center) if center is not None else []
        return {"changes": [_change(c) for c in found], "problems": [p.as_dict() for p in problems]}

    async def apply(self, text: str, by: str) -> dict[str, Any]:
        """Put a center in force. With any error in it, nothing changes and the problems are answered. One
        after the other, in the order they came in."""
        async with self._applying:
            return await self._apply(text, by)

    async def _apply(self, text: str, by: str) -> dict[str, Any]:
        center, problems = await self._parse(text)
        self.problems = problems
        if center is None or has_errors(problems):
            return {"changes": [], "problems": [p.as_dict() for p in problems]}
        found = changes(self.center, center)
        self._keep(text)
        self.center, self._text, self._since, self._by = center, text, self._clock.now(), by
        self._journal.write("center.applied", by=by, summary=[_change(c) for c in found][:50])
        if self.on_applied is not None:
            await self.on_applied(center)
        return {"changes": [_change(c) for c in found], "problems": [p.as_dict() for p in problems]}

    async def _parse(self, text: str) -> tuple[Center | None, list[Problem]]:
        """In a thread: a center of 150 agents takes a tenth of a second, for which no call is to wait."""
        return await asyncio.to_thread(
            parse_center, text.encode(), self._declared.name, self._flows(), self._declared.parent
        )

    def public(self) -> dict[str, Any]:
        """What every signed-in page may know of the center."""
        c = self.center
        return {
            "name": dict(c.name),
            "languages": list(LANGUAGES),
            "default_language": c.default_language,
            "time_zone": c.time_zone,
            "queues": {
                k: {
                    "name": dict(q.name),
                    "wrap_up_seconds": q.wrap_up_rule().seconds,
                    "service_level": q.service_level.model_dump(),
                    "dispositions": q.dispositions or list(c.dispositions),
                }
                for k, q in c.queues.items()
            },
            "skills": {k: {"name": dict(s.name)} for k, s in c.skills.items()},
            "agents": {
                k: {"name": a.name, "extension": a.extension, "skills": dict(a.skills)}
                for k, a in c.agents.items()
            },
            "not_ready_reasons": {
                k: _reason(name, c.not_ready_reasons.get(k)) for k, name in self._reasons(c).items()
            },
            "dispositions": {
                k: {"name": dict(d.name), "resolved": d.resolved} for k, d in c.dispositions.items()
            },
            "numbers": [{"did": n.did, "name": dict(n.name), "flow": n.flow} for n in c.numbers],
        }


def _reason(name: dict[str, str], own: Reason | None) -> dict[str, Any]:
    """A reason as pages know it; the engine's own have no limits."""
    limits = (own or Reason(name={})).model_dump(exclude={"name"})
    return {"name": name, "own": own is not None, **limits}


def _change(change: Change) -> dict[str, str]:
    return {"what": change.what, "kind": change.kind, "detail": change.detail}
