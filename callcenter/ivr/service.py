"""The flows in force, watched: a saved file counts for new calls within a second, a broken one is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog

from callcenter.ivr.library import FlowLibrary
from callcenter.ivr.steps import Utterance
from callcenter.speech import phrases
from callcenter.speech.prompts import PromptStore
from callcenter.storage.facts import Journal
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
    ) -> None:
        """`tell` lets open admin pages know that problems changed."""
        self._library = library
        self._prompts = prompts
        self._clock = clock
        self._journal = journal
        self._tell = tell
        self._since: dict[str, float] = {}

    def read(self) -> None:
        """Read what changed on disk."""
        changes = self._library.reload_changed()
        for change in changes:
            if change.kind == "in_force":
                self._since[change.flow] = self._clock.now()
                self._journal.write("flow.in_force", flow=change.flow, version=change.version, by="")
                log.info("flow in force", flow=change.flow, version=change.version)
            elif change.kind == "rejected":
                self._journal.write("flow.rejected", flow=change.flow, errors=change.errors)
                for problem in self._library.problems.get(change.flow, []):
                    log.error("flow rejected", problem=problem.render())
        if changes:
            self._tell()

    async def speak(self) -> None:
        """Render every text of every flow, and the engine's own, before somebody waits for one."""
        wanted = [u for flow in self._library.flows.values() for u in flow.utterances()]
        wanted += [Utterance(words, language=language) for words, language in phrases.all_texts()]
        await self._prompts.prerender(wanted)

    async def watch(self) -> None:
        """To be called every second."""
        before = {k: f.version for k, f in self._library.flows.items()}
        self.read()
        if {k: f.version for k, f in self._library.flows.items()} != before:
            await self.speak()

    def views(self) -> list[dict[str, Any]]:
        """For the admin page."""
        flows, problems = self._library.flows, self._library.problems
        return [
            {
                "id": flow_id,
                "version": flows[flow_id].version if flow_id in flows else "",
                "at": self._since.get(flow_id),
                "problems": [p.as_dict() for p in problems.get(flow_id, [])],
            }
            for flow_id in sorted(flows.keys() | problems.keys())
        ]
