"""Flows as the admin page edits them: checked while typing, saved to their files, compared and put back.

A saved file comes into force by the same watch as one saved in any editor.
"""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from callcenter.center.hours import is_open
from callcenter.center.model import Center
from callcenter.center.problems import Problem, has_errors
from callcenter.ivr import rehearsal
from callcenter.ivr.check import SUFFIX, parse_flow
from callcenter.ivr.drawing import DrawingError, draw
from callcenter.ivr.flow_file import read_flow_file, write_flow_file
from callcenter.ivr.library import FlowLibrary
from callcenter.ivr.model import Flow, FlowFile, flow_schema, version_of
from callcenter.ivr.rehearsal import Setting
from callcenter.ivr.service import FlowService
from callcenter.storage.flow_steps import Heat
from callcenter.storage.flow_versions import FlowVersions
from callcenter.telephony.clock import Clock
from callcenter.telephony.refusal import Refused

log = structlog.get_logger(__name__)
Json = dict[str, Any]
ON_DISK = "file"  # stands for the text on disk where a version is asked for
PERIODS = {"day": 24 * 3600.0, "week": 7 * 24 * 3600.0}


class FlowEditing:
    """Implements the web server's `FlowAdmin` port. Checking and files are work for other threads."""

    def __init__(
        self,
        library: FlowLibrary,
        service: FlowService,
        versions: FlowVersions,
        *,
        center: Callable[[], Center],
        clock: Clock,
        heat: Callable[[str, float], Awaitable[Heat]],
    ) -> None:
        """`heat` counts the callers of a flow since a time."""
        self._library = library
        self._service = service
        self._versions = versions
        self._center = center
        self._clock = clock
        self._heat = heat
        self._saving = asyncio.Lock()
        self._checking = asyncio.Semaphore(2)

    # --- reading ------------------------------------------------------------------------------------

    def views(self) -> list[Json]:
        """Every flow, with the numbers that lead to it."""
        return [{**view, "numbers": self._numbers(view["id"])} for view in self._service.views()]

    async def get(self, flow: str) -> Json:
        """A flow with the text of its file. Raises Refused when there is none."""
        data = await asyncio.to_thread(read_flow_file, self._path(flow))
        if data is None and self._library.get(flow) is None:
            raise _unknown()
        return {
            **self._service.view(flow),
            "numbers": self._numbers(flow),
            "text": (data or b"").decode("utf-8", "replace"),
            "base_version": _version(data),
        }

    def schema(self) -> Json:
        """The JSON Schema of a flow, and what a flow may refer to by id."""
        center = self._center()
        names: dict[str, Json] = {
            "queues": {name: dict(queue.name) for name, queue in center.queues.items()},
            "skills": {name: dict(skill.name) for name, skill in center.skills.items()},
            "hours": {name: {} for name in center.hours},
            "emergencies": {name: dict(one.name) for name, one in center.emergencies.items()},
            "flows": {name: dict(flow.file.name) for name, flow in self._library.flows.items()},
        }
        return {"schema": flow_schema(), "names": names}

    async def check(self, flow: str, text: str) -> Json:
        """What is wrong with a text that would be this flow's."""
        _, problems = await self._parse(flow, text)
        return {"problems": [problem.as_dict() for problem in problems]}

    # --- versions -----------------------------------------------------------------------------------

    async def versions(self, flow: str) -> list[Json]:
        """Each coming into force, newest first."""
        return [version._asdict() for version in await self._versions.of(flow)]

    async def version_text(self, flow: str, version: str) -> str:
        """The text of a version, or of the file. Raises Refused when there is none."""
        if version == ON_DISK:
            data = await asyncio.to_thread(read_flow_file, self._path(flow))
            text = None if data is None else data.decode("utf-8", "replace")
        else:
            text = await self._versions.text(flow, version)
        if text is None:
            raise Refused(
                "version_unknown", "There is no such version of this flow", "该流程没有这个版本", status=404
            )
        return text

    async def diff(self, flow: str, before: str, after: str) -> str:
        """A unified diff from one version to another; '' when they say the same."""
        old, new = await self.version_text(flow, before), await self.version_text(flow, after)
        return await asyncio.to_thread(_unified, old, new, before, after)

    # --- changing -----------------------------------------------------------------------------------

    async def save(self, flow: str, text: str, base_version: str, by: str) -> Json:
        """Write a text to the flow's file, if it has no errors and the file is still `base_version`.

        `base_version` '' makes a new flow. Answers `{saved, base_version, problems}`. Raises Refused when the
        file changed since, or can not be written.
        """
        _, problems = await self._parse(flow, text)
        answer = {"saved": False, "base_version": base_version, "problems": [p.as_dict() for p in problems]}
        if has_errors(problems):
            return answer
        data = text.encode()
        async with self._saving:
            await self._expect(flow, base_version)
            if version_of(data) != base_version:
                self._service.written(flow, version_of(data), by)
                await _to_disk(write_flow_file, self._path(flow), data)
        return {**answer, "saved": True, "base_version": version_of(data)}

    async def restore(self, flow: str, version: str, base_version: str, by: str) -> Json:
        """Put a former version back. As `save` with its text."""
        return await self.save(flow, await self.version_text(flow, version), base_version, by)

    async def delete(self, flow: str, by: str) -> None:
        """Remove the file of a flow that nothing leads to. Raises Refused."""
        if self._numbers(flow) or self._called(flow):
            raise Refused(
                "flow_in_use", "Numbers or other flows lead to this flow", "有号码或其他流程正在使用该流程"
            )
        async with self._saving:
            if await asyncio.to_thread(read_flow_file, self._path(flow)) is None:
                raise _unknown()
            self._service.written(flow, "", by)
            await _to_disk(self._path(flow).unlink)

    # --- looking and trying -------------------------------------------------------------------------

    async def draw(self, flow: str, text: str, language: str, period: str) -> Json:
        """`{svg, entered}`: the text as a picture, with the callers of the last day or week on it.

        The picture is '' while the text has errors.
        """
        parsed, _ = await self._parse(flow, text)
        if parsed is None:
            return {"svg": "", "entered": 0}
        if not period:
            return {"svg": await _drawn(parsed.file, language), "entered": 0}
        heat = await self._heat(flow, self._clock.now() - PERIODS[period])
        counts: dict[tuple[str, str], int] = {}
        for step, count in heat.steps.items():
            if step.target:
                edge = (step.node, step.target)  # the drawing shows exits to the same node as one count
                counts[edge] = counts.get(edge, 0) + count
        return {"svg": await _drawn(parsed.file, language, counts, heat.left), "entered": heat.entered}

    async def rehearse(
        self,
        flow: str,
        text: str,
        *,
        language: str,
        at: float,
        ani: str,
        did: str,
        notes_in: str,
        emergencies: list[str],
        inputs: list[str],
    ) -> Json:
        """The text played with these inputs. Raises Refused while it has errors."""
        parsed, _ = await self._parse(flow, text)
        if parsed is None:
            raise Refused("flow_broken", "Mend the mistakes first", "请先修正错误")
        center = self._center()

        def opened(hours: str, when: datetime) -> bool:
            return hours in center.hours and is_open(center.hours[hours], center.time_zone, when.timestamp())

        setting = Setting(
            datetime.fromtimestamp(at, ZoneInfo(center.time_zone)),
            {**self._library.flows, flow: parsed},
            opened,
            emergencies=frozenset(emergencies),
            ani=ani,
            did=did,
            language=language,
            notes_in=notes_in,
        )
        told = await asyncio.to_thread(rehearsal.rehearse, parsed, setting, inputs)
        return {
            "lines": [{"who": line.who, "text": line.text, "node": line.node} for line in told.lines],
            "waits_for": told.waits_for,
            "node": told.node,
            "outcome": told.outcome,
        }

    # --- within -------------------------------------------------------------------------------------

    def _path(self, flow: str) -> Path:
        return self._library.folder / f"{flow}{SUFFIX}"

    def _numbers(self, flow: str) -> list[Json]:
        return [{"did": n.did, "name": dict(n.name)} for n in self._center().numbers if n.flow == flow]

    def _called(self, flow: str) -> bool:
        """Does another flow in force name this one?"""
        return any(
            node.get("flow") == flow
            for name, other in self._library.flows.items()
            if name != flow
            for node in other.file.model_dump()["nodes"].values()
        )

    async def _parse(self, flow: str, text: str) -> tuple[Flow | None, list[Problem]]:
        async with self._checking:
            return await asyncio.to_thread(
                parse_flow,
                text.encode(),
                self._path(flow),
                self._center(),
                self._library.secrets,
                self._library.ears,
            )

    async def _expect(self, flow: str, base_version: str) -> None:
        found = _version(await asyncio.to_thread(read_flow_file, self._path(flow)))
        if found != base_version:
            raise Refused(
                "flow_changed",
                "The file was changed meanwhile; compare before you save",
                "该文件已被他人修改，请先对比再保存",
            )


async def _to_disk(work: Callable[..., Any], *arguments: Any) -> None:
    try:
        await asyncio.to_thread(work, *arguments)
    except OSError as failure:
        why = failure.strerror or "unknown"
        raise Refused(
            "file_not_written", f"The file can not be written: {why}", f"文件无法写入：{why}", status=503
        ) from failure


async def _drawn(
    flow: FlowFile,
    language: str,
    heat: Mapping[tuple[str, str], int] | None = None,
    left: Mapping[str, int] | None = None,
) -> str:
    try:
        return await draw(flow, language=language, heat=heat, left=left)
    except DrawingError as failure:
        log.warning("a flow could not be drawn", why=str(failure))
        raise Refused(
            "not_drawn", "The picture can not be drawn here", "此处无法绘制流程图", status=503
        ) from failure


def _version(data: bytes | None) -> str:
    return "" if data is None else version_of(data)


def _unified(old: str, new: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), before, after, lineterm="", n=3)
    return "\n".join(lines)


def _unknown() -> Refused:
    return Refused("flow_unknown", "There is no such flow", "没有这个流程", status=404)
