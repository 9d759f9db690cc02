"""The flows in force, watched: a saved file counts for new calls within a second, a broken one is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import structlog

from callcenter.center.model import Center
from callcenter.center.problems import has_errors
from callcenter.ivr.check import SUFFIX, parse_flow
from callcenter.ivr.flow_file import read_flow_file
from callcenter.ivr.library import FlowChange, FlowLibrary
from callcenter.ivr.model import version_of
from callcenter.ivr.steps import Utterance
from callcenter.speech import phrases
from callcenter.speech.prompts import PromptStore
from callcenter.storage.facts import Journal
from callcenter.storage.flow_versions import FlowVersion
from callcenter.telephony.clock import Clock

log = structlog.get_logger(__name__)


class FlowService:
    """Joins the library with prompts, journal and pages."""

    def __init__(
        self,
        library: FlowLibrary,
        prompts: PromptStore,
        *,
        clock: Clock,
        journal: Journal,
        tell: Callable[[], None],
        heard_elsewhere: Callable[[], Iterable[Utterance]] = tuple,
    ) -> None:
        """`tell` lets open admin pages know that problems changed. `heard_elsewhere` is what callers hear
        outside of flows: it is rendered with them."""
        self._library = library
        self._prompts = prompts
        self._clock = clock
        self._journal = journal
        self._tell = tell
        self._heard_elsewhere = heard_elsewhere
        self._since: dict[str, FlowVersion] = {}
        self._authors: dict[str, tuple[str, str]] = {}  # of texts a page saved: (version, user)

    def remember(self, newest: Mapping[str, FlowVersion]) -> None:
        """Before the first `read`: the last version of each flow that came into force, from the database."""
        self._since = dict(newest)

    def written(self, flow: str, version: str, by: str) -> None:
        """A page wrote this version to disk (or removed the file: version ''), and will be named for it."""
        self._authors[flow] = (version, by)

    def read(self) -> None:
        """Read what changed on disk, before the first call."""
        self._changed(self._library.reload_changed())

    def _changed(self, changes: list[FlowChange]) -> None:
        for change in changes:
            if change.kind == "in_force":
                self._in_force(change.flow, change.version)
            elif change.kind == "removed":
                self._since.pop(change.flow, None)
                self._journal.write("flow.removed", flow=change.flow, by=self._author(change.flow, ""))
            elif change.kind == "rejected":
                self._journal.write("flow.rejected", flow=change.flow, errors=change.errors)
                for problem in self._library.problems.get(change.flow, []):
                    log.error("flow rejected", problem=problem.render())
        if changes:
            self._tell()

    async def fall_back(self, text_of: Callable[[str, str], Awaitable[str | None]], center: Center) -> None:
        """After the first `read`: a flow whose file has mistakes goes on with the version that was in force
        before the restart. `text_of` a flow and version is its text, None when it is not kept."""
        for flow_id, problems in self._library.problems.items():
            last = self._since.get(flow_id)
            if not has_errors(problems) or self._library.get(flow_id) is not None or last is None:
                continue
            text = await text_of(flow_id, last.version)
            path = self._library.folder / f"{flow_id}{SUFFIX}"
            if text is None:
                continue
            flow, _ = parse_flow(text.encode(), path, center, self._library.secrets)
            if flow is not None:
                self._library.stand_in(flow)
                log.warning("a flow goes on with its last good version", flow=flow_id, version=flow.version)

    def _in_force(self, flow: str, version: str) -> None:
        known = self._since.get(flow)
        if known is not None and known.version == version:
            return  # as before the restart
        by = self._author(flow, version)
        data = read_flow_file(self._library.folder / f"{flow}{SUFFIX}") or b""
        kept = {"text": data.decode()} if version_of(data) == version else {}  # else it changed once more
        fact = self._journal.write("flow.in_force", flow=flow, version=version, by=by, **kept)
        self._since[flow] = FlowVersion(version, fact.at, by)
        log.info("flow in force", flow=flow, version=version, by=by)

    def _author(self, flow: str, version: str) -> str:
        written, by = self._authors.pop(flow, ("", ""))
        return by if by and written == version else "file"

    async def speak(self) -> None:
        """Render every text of every flow, the center's and our own, before somebody waits for one."""
        wanted = [u for flow in self._library.flows.values() for u in flow.utterances()]
        wanted += self._heard_elsewhere()
        wanted += [Utterance(words, language=language) for words, language in phrases.all_texts()]
        await self._prompts.prerender(wanted)

    async def watch(self) -> None:
        """To be called every second."""
        # a large file takes a tenth of a second to read and check: not in the way of calls
        changes = await asyncio.to_thread(self._library.reload_changed)
        self._changed(changes)
        if any(change.kind == "in_force" for change in changes):
            await self.speak()

    def views(self) -> list[dict[str, Any]]:
        """For the admin page: every flow that is in force or has a file."""
        return [
            self.view(flow) for flow in sorted(self._library.flows.keys() | self._library.problems.keys())
        ]

    def view(self, flow_id: str) -> dict[str, Any]:
        """`{id, name, version, at, by, problems}`; version '' and `at` None while none is in force."""
        flow, since = self._library.get(flow_id), self._since.get(flow_id)
        known = since is not None and flow is not None
        return {
            "id": flow_id,
            "name": dict(flow.file.name) if flow is not None else {},
            "version": flow.version if flow is not None else "",
            "at": since.at if known and since is not None else None,
            "by": since.by if known and since is not None else "",
            "problems": [p.as_dict() for p in self._library.problems.get(flow_id, [])],
        }
